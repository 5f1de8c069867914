//! SIGKILL at random moments: every case ends as without the kill, nothing is lost, doubled or delivered twice.
//!
//! `WRIT_KILLS=300` plays the long form; the suite's own run is a short one.

use super::{copy, writ};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// What a home shows of its cases: for each the kinds of its events in order, and how many parcels left.
type Shown = BTreeMap<String, (Vec<String>, usize)>;

#[test]
fn a_night_that_is_killed_again_and_again_ends_as_one_that_was_not() {
    let kills: usize =
        std::env::var("WRIT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let temp = tempfile::tempdir().unwrap();
    let fresh = temp.path().join("fresh");
    let undisturbed = temp.path().join("undisturbed");
    prepare(&fresh);
    copy(&fresh, &undisturbed);
    assert!(demo(&undisturbed).status().unwrap().success());
    let expected = shown(&undisturbed);
    let mut seed = 0x5eed_u64;
    let mut killed = 0;
    let mut nights = 0;
    while killed < kills {
        let home = temp.path().join(format!("night-{nights}"));
        copy(&fresh, &home);
        killed += killed_night(&home, &mut seed, kills - killed);
        assert_eq!(shown(&home), expected, "night {nights} ended otherwise");
        std::fs::remove_dir_all(&home).unwrap();
        nights += 1;
    }
    println!("{killed} kills in {nights} nights of {} cases", expected.len());
}

/// The generated data, and nothing played yet.
fn prepare(home: &Path) {
    let none = home.with_extension("none");
    std::fs::create_dir_all(&none).unwrap();
    let from = super::root().join("scenarios/founding-night");
    for name in ["provider.toml", "authorities.toml", "sign-off.toml"] {
        std::fs::copy(from.join(name), none.join(name)).unwrap();
    }
    std::fs::write(none.join("play.toml"), "step = []\n").unwrap();
    assert!(demo(home).arg("--scenario").arg(&none).status().unwrap().success());
}

fn demo(home: &Path) -> std::process::Command {
    let mut command = writ();
    command.args(["demo", "--accounts", "200", "--logins", "5000", "--into"]).arg(home);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Plays a night, killing it at random moments, until it ends by itself.
fn killed_night(home: &Path, seed: &mut u64, most: usize) -> usize {
    let mut killed = 0;
    loop {
        let said = std::fs::File::create(home.with_extension("said")).unwrap();
        let mut night = demo(home).stderr(said).spawn().unwrap();
        if killed < most {
            std::thread::sleep(Duration::from_millis(50 + random(seed) % 900));
            if night.try_wait().unwrap().is_none() {
                night.kill().unwrap();
                night.wait().unwrap();
                killed += 1;
                continue;
            }
        }
        let well = night.wait().unwrap().success();
        let said = std::fs::read_to_string(home.with_extension("said")).unwrap();
        assert!(well, "the night did not end well after {killed} kills: {said}");
        return killed;
    }
}

fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

fn shown(home: &Path) -> Shown {
    let json = |args: &[&str]| -> serde_json::Value {
        let out = writ().arg("--home").arg(home).arg("--json").args(args).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    };
    let cases = json(&["cases", "--all"]);
    let mut shown = Shown::new();
    for case in cases.as_array().unwrap() {
        let id = case["case"].as_str().unwrap().to_owned();
        let history = json(&["show", &id]);
        let kinds = history["history"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event[1].as_str().unwrap().to_owned());
        let kinds: Vec<String> = kinds.collect();
        shown.insert(id.clone(), (kinds, parcels(home, &id)));
    }
    shown
}

fn parcels(home: &Path, id: &str) -> usize {
    let outbox = std::fs::read_dir(home.join("outbox")).unwrap();
    outbox
        .filter(|authority| authority.as_ref().unwrap().path().join(id).join("parcel.age").exists())
        .count()
}
