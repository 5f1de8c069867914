//! Versions of the law book: what differs, which answers would, and a desk that outlives a bad one.

use super::{copy, root, run, writ};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn two_law_books_are_compared_key_by_key_and_every_case_is_asked_under_both() {
    let temp = tempfile::tempdir().unwrap();
    let old = root().join("lawbook");
    let new = temp.path().join("lawbook");
    copy(&old, &new);
    let row = new.join("eu/epoc-subscriber/instrument.toml");
    replace(&row, "length = { days = 10 }", "length = { days = 5 }");
    std::fs::remove_dir_all(new.join("us/preservation-2703f")).unwrap();
    let (code, out, err) = run(writ().args(["lawbook", "diff"]).args([&old, &new]));
    assert_eq!(code, 0, "{err}");
    for line in [
        "changed  eu/epoc-subscriber\n    deadline.length.days: 10 -> 5\n",
        "removed  us/preservation-2703f\n",
        "2 differences",
    ] {
        assert!(out.contains(line), "{line} in:\n{out}");
    }
    let (_, out, err) = run(writ().args(["lawbook", "diff", "--replay"]).args([&old, &new]));
    let unwrapped = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "eu/epoc-subscriber/examples/fits.toml deadline: 2026-11-24T00:00:00Z -> 2026-11-19T00:00:00Z",
        "us/preservation-2703f/examples/fits.toml",
        "answered differently",
    ] {
        assert!(unwrapped.contains(words), "{words} in:\n{out}{err}");
    }
    let (_, out, _) = run(writ().args(["lawbook", "diff", "--replay"]).args([&old, &old]));
    assert!(out.contains("0 differences") && out.contains(" 0 answered differently"), "{out}");
}

#[test]
fn a_desk_at_work_goes_on_with_the_last_good_law_book_and_says_so() {
    let temp = tempfile::tempdir().unwrap();
    let home = temp.path();
    let (code, _, err) = run(writ().arg("--home").arg(home).arg("init"));
    assert_eq!(code, 0, "{err}");
    copy(&root().join("lawbook"), &home.join("lawbook"));
    let mut work = writ()
        .arg("--home")
        .arg(home)
        .arg("work")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (send, said) = std::sync::mpsc::channel();
    let stderr = BufReader::new(work.stderr.take().unwrap());
    std::thread::spawn(move || {
        stderr.lines().map_while(Result::ok).for_each(|line| drop(send.send(line)));
    });
    let hears = |words: &str| {
        let end = Instant::now() + Duration::from_secs(60);
        let mut heard = Vec::new();
        while Instant::now() < end {
            match said.recv_timeout(Duration::from_millis(200)) {
                Ok(line) if line.contains(words) => return,
                Ok(line) => heard.push(line),
                Err(_) => {}
            }
        }
        panic!("wanted `{words}`, heard {heard:?}");
    };
    // The desk has read its books when the journal is there.
    wait_for(&home.join("journal.db"));
    std::thread::sleep(Duration::from_secs(3));
    let row = home.join("lawbook/us/subpoena/instrument.toml");
    replace(&row, "title = \"Subpoena", "titel = \"Subpoena");
    hears("as they were last loaded stay in use");
    hears("us/subpoena/instrument.toml:1: unknown field `titel`");
    replace(&row, "titel = \"Subpoena", "title = \"A subpoena");
    hears("from now on");
    std::fs::write(home.join("lawbook/sign-off.toml"), "[[sign_off]]\ninstrument = \"be/46bis\"\n")
        .unwrap();
    hears("counsel's sign-offs as they were last read stay in use");
    work.kill().unwrap();
    work.wait().unwrap();
}

#[test]
fn counsels_list_beside_no_law_book_leaves_the_programs_own_in_use() {
    let temp = tempfile::tempdir().unwrap();
    let home = temp.path();
    run(writ().arg("--home").arg(home).arg("init"));
    let show = |home: &Path| {
        run(writ().arg("--home").arg(home).args(["--json", "lawbook", "show", "be/46bis"]))
    };
    let (code, out, err) = show(home);
    assert_eq!(code, 0, "{err}");
    let row: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(row["signed_off"].is_null());
    let line = format!(
        "[[sign_off]]\ninstrument = \"be/46bis\"\nby = \"O. Fairweather (invented)\"\non = \"2026-09-01\"\ndigest = {}\n",
        row["digest"]
    );
    std::fs::create_dir_all(home.join("lawbook")).unwrap();
    std::fs::write(home.join("lawbook/sign-off.toml"), &line).unwrap();
    let (_, out, err) = show(home);
    let row: serde_json::Value =
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    assert_eq!(row["signed_off"]["by"], "O. Fairweather (invented)");
    let (_, out, _) = run(writ().arg("--home").arg(home).args(["--json", "doctor"]));
    assert!(out.contains("be/88bis") && !out.contains("be/46bis"), "{out}");
    std::fs::write(home.join("lawbook/sign-off.toml"), line.replace("by =", "who =")).unwrap();
    let (code, _, err) = run(writ().arg("--home").arg(home).arg("doctor"));
    assert_eq!(code, 2);
    let err = err.replace("\n  │ ", " ");
    assert!(err.contains("sign-off.toml:3: unknown field `who`"), "{err}");
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{} has `{from}`", path.display());
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn wait_for(path: &Path) {
    let end = Instant::now() + Duration::from_secs(60);
    while !path.exists() {
        assert!(Instant::now() < end, "{} did not come", path.display());
        std::thread::sleep(Duration::from_millis(50));
    }
}
