//! The founding night: every outcome as expected, and a changed expectation is found out.

use super::{copy, root, run, writ};

const SMALL: [&str; 4] = ["--accounts", "200", "--logins", "5000"];

#[test]
fn the_founding_night_ends_as_expected_and_every_parcel_opens() {
    let (code, out, err) = run(writ().args(["--json", "demo"]).args(SMALL));
    assert_eq!(code, 0, "{out}\n{err}");
    let played: serde_json::Value = serde_json::from_str(&out).unwrap();
    let cases = played["cases"].as_array().unwrap();
    let sealed = cases.iter().filter(|case| case["sealed"] == true).count();
    assert!(sealed >= 14, "{sealed} sealed");
    assert!(cases.len() >= 30, "{} cases", cases.len());
    assert_eq!(played["parcels_opened"], sealed);
    let figures = played["figures"]["rows"].as_array().unwrap();
    let received: u64 = figures.iter().map(|row| row["received"].as_u64().unwrap()).sum();
    assert_eq!(received, cases.len() as u64, "the report counts every demand once");
}

#[test]
fn a_changed_expected_outcome_makes_the_demo_fail() {
    let temp = tempfile::tempdir().unwrap();
    let home = temp.path().join("home");
    let scenario = temp.path().join("scenario");
    copy(&root().join("scenarios/founding-night"), &scenario);
    let mut files: Vec<_> = std::fs::read_dir(&scenario)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name().unwrap().to_string_lossy().starts_with(|c: char| c.is_ascii_digit())
        })
        .collect();
    files.sort();
    let full = std::env::var_os("WRIT_EVERY_OUTCOME").is_some();
    let tried: Vec<_> =
        if full { files } else { vec![files[0].clone(), files[files.len() - 1].clone()] };
    for file in tried {
        let text = std::fs::read_to_string(&file).unwrap();
        let line = text.lines().find(|line| line.starts_with("outcome = ")).unwrap().to_owned();
        let other =
            if line.contains("\"refuse\"") { "outcome = \"hold\"" } else { "outcome = \"refuse\"" };
        std::fs::write(&file, text.replacen(&line, other, 1)).unwrap();
        let mut demo = writ();
        demo.arg("demo").args(SMALL).arg("--into").arg(&home).arg("--scenario").arg(&scenario);
        let (code, out, _) = run(&mut demo);
        assert_eq!(code, 1, "{}: {out}", file.display());
        assert!(out.contains("WRONG") && out.contains("outcome: expected"), "{out}");
        std::fs::write(&file, text).unwrap();
        // The case id follows from the bytes: a home keeps what was played in it.
        std::fs::remove_dir_all(home.join("outbox")).unwrap();
        for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            let _ = std::fs::remove_file(home.join(name));
        }
    }
}
