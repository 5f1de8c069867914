//! The public page and the manual's tables, as the program makes them.

use super::{root, run, writ};

#[test]
fn the_page_is_printed_for_an_invented_provider_where_there_is_no_home() {
    let temp = tempfile::tempdir().unwrap();
    let (code, out, err) =
        run(writ().current_dir(&temp).args(["guidelines", "--on", "2026-11-22"]));
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("<!doctype html>") && out.contains("Meridian is invented"), "{out}");
}

#[test]
fn the_page_of_a_home_bears_its_own_name_and_rules_and_is_written_in_both_forms() {
    let temp = tempfile::tempdir().unwrap();
    let home = temp.path().join("home");
    let (code, out, err) = run(writ().arg("--home").arg(&home).arg("init"));
    assert_eq!(code, 0, "{out}\n{err}");
    let settings = std::fs::read_to_string(root().join("scenarios/founding-night/provider.toml"));
    let settings = settings.unwrap().replace("\"Meridian\"", "\"Halcyon <Mail>\"");
    std::fs::write(home.join("writ.toml"), settings).unwrap();
    let own = "@id(\"local-1\")\n@rule(\"local-1\")\n@reason(\"counsel sees every photograph\")\n@cite(\"our own\")\n\
               @then(\"escalate\")\nforbid (principal, action == Action::\"disclose\", resource)\n\
               when { resource.element == \"photos\" };\n";
    std::fs::create_dir_all(home.join("policy/local")).unwrap();
    std::fs::write(home.join("policy/local/own.cedar"), own).unwrap();
    let into = temp.path().join("public");
    let mut make = writ();
    make.arg("--home").arg(&home).args(["guidelines", "--lang", "fr", "--into"]).arg(&into);
    let (code, out, err) = run(&mut make);
    assert_eq!(code, 0, "{out}\n{err}");
    let html = std::fs::read_to_string(into.join("guidelines.fr.html")).unwrap();
    assert!(
        html.contains("Halcyon &lt;Mail&gt;") && html.contains("counsel sees every photograph")
    );
    assert!(!html.contains("est une invention"));
    let pdf = std::fs::read(into.join("guidelines.fr.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
}

#[test]
fn the_tables_of_the_manual_are_those_that_the_program_makes() {
    let manual = std::fs::read_to_string(root().join("docs/manual.md")).unwrap();
    for book in ["lawbook", "policy"] {
        let copy = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(copy.path(), &manual).unwrap();
        let (code, out, err) = run(writ().args([book, "table", "--into"]).arg(copy.path()));
        assert_eq!(code, 0, "{out}\n{err}");
        assert!(
            std::fs::read_to_string(copy.path()).unwrap() == manual,
            "the manual's table is stale: renew it with `writ {book} table --into docs/manual.md`"
        );
    }
}
