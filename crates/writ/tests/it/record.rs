//! A public record from the promise at intake to a stranger's audit, with a witness.

use super::hashes::Place;
use super::{removal, run, writ};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

const AUTHORITY: &str = "outbox/fr-contre-terreur-montclair";

/// How long an epoch lasts here, in seconds.
const EPOCH: i64 = 20;

/// A home whose record has short epochs, and has begun.
fn keeping(witnesses: Option<&str>) -> (Place, String) {
    let place = Place::begun();
    let now = jiff::Timestamp::now().as_second();
    let start = jiff::Timestamp::from_second(now - now % EPOCH).unwrap();
    let mut record = format!(
        "origin = \"record.meridian.example\"\nstart = \"{start}\"\nepoch_seconds = {EPOCH}\nleaves_per_epoch = 8\n"
    );
    if let Some(policy) = witnesses {
        place.file("witnesses.policy", policy.as_bytes());
        record.push_str("witnesses = \"witnesses.policy\"\n");
    }
    place.file("record.toml", record.as_bytes());
    let case = removal::order(&place);
    (place, case)
}

/// Carries the order out, waits until its epoch is over, and keeps the record.
fn concluded(place: &Place, case: &str) {
    place.ok(&["act", case, "--as", "reviewer-1"]);
    place.ok(&["work", "--once"]);
    epoch_ends();
    place.ok(&["record", "keep"]);
}

fn epoch_ends() {
    let left = EPOCH - jiff::Timestamp::now().as_second() % EPOCH;
    std::thread::sleep(std::time::Duration::from_secs(left.unsigned_abs()));
}

/// The policy of a reader who had the log's key from elsewhere.
fn policy(place: &Place, witness: &str, quorum: &str) -> PathBuf {
    let key = std::fs::read_to_string(record(place).join("log.vkey")).unwrap();
    place.file("reader.policy", format!("log {key}{witness}quorum {quorum}\n").as_bytes())
}

fn record(place: &Place) -> PathBuf {
    place.file("unused", b"").with_file_name("record")
}

fn receipts(place: &Place, case: &str) -> Vec<PathBuf> {
    let folder = record(place).with_file_name(AUTHORITY).join(case);
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("receipt"))
        .collect();
    found.sort();
    found
}

fn audited(place: &Place, more: &[&str]) -> (i32, String) {
    let record = record(place);
    let (code, out, err) =
        run(&mut place.writ(&[&["audit", record.to_str().unwrap()], more].concat()));
    assert!(!err.contains("panicked"), "{err}");
    (code, format!("{out}{err}").split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn a_demand_is_promised_logged_receipted_summed_and_audited() {
    let (place, case) = keeping(None);
    let promise = place.read(AUTHORITY, &case, "promise.txt");
    assert!(promise.starts_with("writ-record-promise/1\nrecord.meridian.example\n"), "{promise}");
    let letter = place.read(AUTHORITY, &case, "acknowledgement.txt");
    assert!(letter.contains("record.meridian.example:"), "{letter}");
    concluded(&place, &case);
    let reader = policy(&place, "", "none");
    let reader = reader.to_str().unwrap();
    let (code, verdict) = audited(&place, &["--policy", reader, "--keep", "seen"]);
    assert!(code == 0 && verdict.contains("is whole"), "{verdict}");

    let receipts = receipts(&place, &case);
    assert_eq!(receipts.len(), 2, "{receipts:?}");
    let said = receipts.iter().map(|receipt| {
        place.ok(&["receipt", "check", receipt.to_str().unwrap(), "--policy", reader])
    });
    let said: Vec<_> =
        said.map(|said| said.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(said.iter().any(|said| said.contains("`eu/removal` in `received`")), "{said:?}");
    assert!(said.iter().any(|said| said.contains("`acted` in `concluded`")), "{said:?}");
    let promise = place.file("promise.txt", promise.as_bytes());
    let record = record(&place);
    let words = ["receipt", "check", promise.to_str().unwrap(), "--policy", reader];
    let kept = place.ok(&[&words[..], &["--record", record.to_str().unwrap()]].concat());
    assert!(kept.starts_with("KEPT:"), "{kept}");

    let (start, now) =
        (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(60), jiff::Timestamp::now());
    let totals = ["record", "totals", "--from", &start.to_string(), "--until", &now.to_string()];
    let figures = place.ok(&totals);
    assert!(figures.contains("eu/removal") && figures.contains("acted"), "{figures}");
    place.no(&totals, "subtracting the two would open");
    let (code, verdict) = audited(&place, &["--policy", reader, "--since", "seen"]);
    assert!(code == 0 && verdict.contains("1 published totals"), "{verdict}");
}

#[test]
fn a_byte_changed_a_record_rewound_or_a_file_taken_away_is_found_and_named() {
    let (place, case) = keeping(None);
    concluded(&place, &case);
    let record = record(&place);
    let bundle = newest(&record.join("tile/entries/000.p"));
    let mut bytes = std::fs::read(&bundle).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let whole = std::fs::read(&bundle).unwrap();
    std::fs::write(&bundle, &bytes).unwrap();
    let (code, verdict) = audited(&place, &[]);
    assert!(code == 1 && verdict.contains("tile/entries/000.p"), "{verdict}");
    std::fs::remove_file(&bundle).unwrap();
    let (code, verdict) = audited(&place, &[]);
    assert!(code == 1 && verdict.contains("tile/entries/000.p"), "{verdict}");
    // The next keeping makes it again from the write-ahead file.
    let kept = place.writ(&["record", "keep"]).output().unwrap();
    assert!(String::from_utf8_lossy(&kept.stdout).contains("made again"), "{kept:?}");
    assert_eq!(std::fs::read(&bundle).unwrap(), whole);

    std::fs::remove_file(record.with_file_name("keys").join("record.wal")).unwrap();
    place.no(&["record", "keep"], "never sign without it");
}

#[test]
fn a_witness_cosigns_what_grows_and_nothing_is_published_without_it() {
    let place = Place::begun();
    let made = place.ok(&["witness", "init", "--name", "witness.example", "--key", "witness.key"]);
    let key = made.lines().next().unwrap().to_owned();
    let closed = format!("witness w1 {key} http://127.0.0.1:9/\nquorum w1\n");
    let (home, case) = keeping(Some(&closed));
    let (code, out, _) = run(&mut home.writ(&["record", "keep"]));
    assert!(
        code == 1 && out.contains("NOT published") && out.contains("w1 has not cosigned"),
        "{out}"
    );
    assert!(!record(&home).join("checkpoint").exists());

    let logs = policy(&home, "", "none");
    let mut witness = Serving::begun(&place, &logs);
    let open = format!("witness w1 {key} http://{}/\nquorum w1\n", witness.address);
    home.file("witnesses.policy", open.as_bytes());
    concluded(&home, &case);
    let reader = policy(&home, &format!("witness w1 {key}\n"), "w1");
    let (code, verdict) = audited(&home, &["--policy", reader.to_str().unwrap()]);
    assert!(code == 0 && verdict.contains("witness.example"), "{verdict}");

    // It remembers over its own death, and cosigns only what goes on from there.
    witness.child.kill().unwrap();
    witness.child.wait().unwrap();
    let witness = Serving::begun(&place, &logs);
    let open = format!("witness w1 {key} http://{}/\nquorum w1\n", witness.address);
    home.file("witnesses.policy", open.as_bytes());
    home.ok(&["record", "keep"]);
    let unknown = policy(
        &home,
        "witness w2 other.example+7d0e2b2e+BGm1J6Tl3uGm7lB9v0pTqg2Zr1mXkQ4m5e8b8Yk0dT8b\n",
        "none",
    );
    let (code, verdict) = audited(&home, &["--policy", unknown.to_str().unwrap()]);
    assert!(code != 0 && verdict.contains("reader.policy"), "{verdict}");
}

/// A witness that serves, until it is dropped.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn begun(place: &Place, logs: &Path) -> Self {
        let mut command = writ();
        command.current_dir(place.file("unused", b"").parent().unwrap());
        command.args(["witness", "serve", "--key", "witness.key", "--state", "state"]);
        command.args(["--listen", "127.0.0.1:0", "--logs"]).arg(logs).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().to_owned();
        Self { child, address }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The partial bundle with the most entries.
fn newest(folder: &Path) -> PathBuf {
    let width =
        |path: &PathBuf| path.file_name().unwrap().to_string_lossy().parse::<u16>().unwrap();
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.max_by_key(width).unwrap()
}
