//! What is no demand: a clear message with the place and the remedy, exit code 2, nothing stored.

use super::{run, writ};
use std::path::Path;

const GOOD: &str = r#"format = "writ-case/1"
[demand]
reference = "J-1"
instrument = "us/subpoena"
issued = "2026-11-01"
signed = true
issuer = { name = "Office of Example (invented)", class = "us-attorney", jurisdiction = "US" }
accounts = [{ ref = "a1", mail = "lena@meridian.example" }]
items = [{ elements = ["name"] }]
"#;

fn assessed(dir: &Path, bytes: &[u8]) -> (i32, String, String) {
    let file = dir.join("demand.toml");
    std::fs::write(&file, bytes).unwrap();
    run(writ().arg("assess").arg(&file))
}

#[test]
fn each_bad_file_is_refused_with_its_own_message() {
    let temp = tempfile::tempdir().unwrap();
    let many: String =
        (0..1_000).map(|n| format!("{{ ref = \"a{n}\", customer = \"{n}\" }},")).collect();
    let many = format!("accounts = [{many}]");
    let account = "accounts = [{ ref = \"a1\", mail = \"lena@meridian.example\" }]";
    let bad: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "the file is empty"),
        (b"%PDF-1.7 not a demand".to_vec(), "is not a demand"),
        (vec![0xff, 0xfe, b'f', 0], "not UTF-8"),
        (vec![b'#'; (1 << 20) + 1], "at most 1048576"),
        (GOOD.as_bytes()[..GOOD.len() / 2].to_vec(), "is not a demand"),
        (GOOD.replace("reference", "refrence").into(), "unknown field `refrence`"),
        (GOOD.replace("\"name\"]", "\"nam\"]").into(), "did you mean `name`"),
        (GOOD.replace("2026-11-01", "2026-02-31").into(), "is not a demand"),
        (
            GOOD.replace(
                "[\"name\"]",
                "[\"name\"], from = \"2026-02-01T00:00:00Z\", until = \"2026-01-01T00:00:00Z\"",
            )
            .into(),
            "not after its start",
        ),
        (GOOD.replace(account, &many).into(), "at most 250"),
        (GOOD.replace("us-attorney", "us-atorney").into(), "us-atorney"),
        (GOOD.replace("lena@meridian.example", "*@meridian.example").into(), "everyone"),
        (
            format!("{GOOD}states = {{ \"enforcing_authority.silent\" = true }}\n").into(),
            "is for the provider to establish",
        ),
    ];
    for (bytes, words) in bad {
        let (code, out, err) = assessed(temp.path(), &bytes);
        assert_eq!(code, 2, "{words}: {out}{err}");
        assert!(err.replace("\n  │ ", " ").contains(words), "wanted `{words}` in {err}");
        assert!(!err.contains("panicked"), "{err}");
    }
    assert_eq!(assessed(temp.path(), GOOD.as_bytes()).0, 0);
}

#[test]
fn a_missing_file_and_a_home_that_is_none_are_told() {
    let (code, _, err) = run(writ().args(["assess", "no-such-file.toml"]));
    assert!(code == 2 && err.contains("no-such-file.toml"), "{err}");
    let temp = tempfile::tempdir().unwrap();
    let (code, _, err) = run(writ().arg("--home").arg(temp.path()).arg("cases"));
    assert!(code == 2 && err.contains("init"), "{err}");
}

#[test]
fn a_bad_demand_leaves_nothing_stored() {
    let temp = tempfile::tempdir().unwrap();
    let home = temp.path().join("home");
    std::fs::create_dir(&home).unwrap();
    assert_eq!(run(writ().arg("--home").arg(&home).arg("init")).0, 0);
    let file = temp.path().join("demand.toml");
    std::fs::write(&file, GOOD.replace("\"name\"]", "\"nmae\"]")).unwrap();
    let (code, _, err) = run(writ().arg("--home").arg(&home).arg("lodge").arg(&file));
    assert_eq!(code, 2, "{err}");
    let (code, out, _) = run(writ().arg("--home").arg(&home).args(["cases", "--all"]));
    assert!(code == 0 && out.contains("no cases"), "{out}");
}
