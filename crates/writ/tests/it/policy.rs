//! The policy put to the test: changed in every way, proven, compared.

use super::{copy, root, run, writ};
use std::path::Path;

fn solver() -> bool {
    let there = std::process::Command::new("cvc5").arg("--version").output().is_ok();
    assert!(there || std::env::var("CI").is_err(), "install cvc5");
    there
}

/// A copy of the policy with one text of one file exchanged.
fn changed(folder: &Path, file: &str, from: &str, to: &str) {
    copy(&root().join("policy"), folder);
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
}

/// The organisation rule with a hole: content is given although its organisation was never asked.
const HOLE: [&str; 3] = [
    "disclosure.cedar",
    "when { resource.route == Route::\"open\" }",
    "when { resource.route == Route::\"open\" && resource.category != Category::\"content\" }",
];

#[test]
fn without_a_solver_nothing_counts_as_proven_and_it_is_said_how_to_get_one() {
    let mut prove = writ();
    prove.args(["policy", "prove", "--property", "customer-keys"]).env("CVC5", "/no/such/solver");
    let (code, out, err) = run(&mut prove);
    assert_eq!(code, 1, "{out}\n{err}");
    assert!(out.contains("NOT PROVEN") && out.contains("apt-get install cvc5"), "{out}");
    let (code, _, err) = run(writ().args(["policy", "prove", "--property", "nothing-at-all"]));
    assert!(code == 2 && err.contains("customer-keys"), "{err}");
}

#[test]
fn a_hole_in_the_policy_is_refuted_with_a_demand_that_writ_assess_shows() {
    if !solver() {
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let (policy, into) = (temp.path().join("policy"), temp.path().join("shown"));
    changed(&policy, HOLE[0], HOLE[1], HOLE[2]);
    let mut prove = writ();
    prove.arg("--policy").arg(&policy).args([
        "policy",
        "prove",
        "--property",
        "organisation-first",
    ]);
    let (code, out, err) = run(prove.arg("--into").arg(&into));
    assert_eq!(code, 1, "{out}\n{err}");
    assert!(out.contains("DOES NOT HOLD") && out.contains("organisation-first.toml"), "{out}");
    let demand = into.join("organisation-first.toml");
    let (code, out, err) = run(writ().arg("--policy").arg(&policy).arg("assess").arg(&demand));
    assert!(code == 0 && out.contains("Outcome    disclose"), "{out}\n{err}");
    let (_, out, _) = run(writ().arg("assess").arg(&demand));
    assert!(out.contains("Outcome    redirect"), "{out}");
}

#[test]
fn a_comparison_names_what_became_looser_and_which_cases_are_ruled_otherwise() {
    if !solver() {
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let policy = temp.path().join("policy");
    changed(&policy, HOLE[0], HOLE[1], HOLE[2]);
    let now = root().join("policy");
    let (code, out, err) = run(writ().args(["policy", "diff"]).arg(&now).arg(&now));
    assert_eq!(code, 0, "{out}\n{err}");
    assert!(!out.contains("looser") && out.contains(" 0 answered differently"), "{out}");
    let (code, out, err) = run(writ().args(["--json", "policy", "diff"]).arg(&now).arg(&policy));
    assert_eq!(code, 1, "{out}\n{err}");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let disclose = &found["comparisons"][0];
    assert!(disclose["action"] == "disclose" && disclose["stricter"].is_null(), "{disclose}");
    assert!(disclose["looser"]["demand"].is_object(), "{disclose}");
    let cases = found["replayed"]["differing"].as_array().unwrap();
    let of_rule =
        |case: &serde_json::Value| case["case"].as_str().unwrap().starts_with("cases/p4/");
    assert!(cases.iter().any(of_rule), "{cases:?}");
}
