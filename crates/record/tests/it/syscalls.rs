//! Each system call of the writer fails in turn, and in pairs, on the machine's own disk: no promise is lost, and no two
//! checkpoints disagree.

use crate::real::{Said, append, arguments, asked, open_in, publish, told};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// The calls that read, and those that write and therefore also find the disk full.
const READING: [&str; 6] = ["read", "pread64", "close", "flock", "statfs", "statx"];
const WRITING: [&str; 8] =
    ["openat", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "mkdir", "ftruncate"];

/// One system call: its name, and the how manieth of this name its thread makes.
type Call = (String, u32);

#[test]
#[ignore = "needs strace (Debian's package) and minutes; TMPDIR=/dev/shm makes it quicker"]
fn each_system_call_fails_in_turn_and_in_pairs() {
    let home = tempfile::tempdir().unwrap();
    let calls = traced(home.path(), &[], &mut Said::default()).calls;
    let of = |name: &str| calls.iter().filter(|(call, _)| call == name).count();
    let counts: Vec<_> =
        READING.iter().chain(&WRITING).map(|name| format!("{name} {}", of(name))).collect();
    println!("an undisturbed run makes {} calls: {}", calls.len(), counts.join(", "));
    for name in ["openat", "pwrite64", "fdatasync", "fsync", "mkdir", "ftruncate", "flock"] {
        assert!(of(name) > 0, "no {name} is made");
    }
    let (mut tries, mut hit) = (0, 0);
    for call in &calls {
        let writes = WRITING.contains(&call.0.as_str());
        for error in if writes { &["EIO", "ENOSPC"][..] } else { &["EIO"] } {
            tries += 1;
            hit += u32::from(survives(&[call], error) == 1);
        }
    }
    println!("in turn: {tries} faults planted, {hit} met, no promise lost");
    assert_eq!(tries, hit);
    let (mut tries, mut one, mut both) = (0, 0, 0);
    for first in (0..calls.len()).step_by(3) {
        for apart in [1, 2, 7, 31, 101] {
            let Some(second) = calls.get(first + apart) else { continue };
            tries += 1;
            match survives(&[&calls[first], second], "EIO") {
                0 => panic!("neither was met"),
                1 => one += 1,
                _ => both += 1,
            }
        }
    }
    println!("in pairs: {tries} planted, both met in {both}, one in {one}, no promise lost");
    assert!(both > tries / 2);
}

/// Lets these calls fail in a fresh home, checks everything, and says how many of them were met.
fn survives(calls: &[&Call], error: &str) -> usize {
    let home = tempfile::tempdir().unwrap();
    let faults = match calls {
        [(name, first), (other, second)] if name == other => {
            vec![format!("{name}:error={error}:when={first}..{second}+{}", second - first)]
        }
        calls => calls.iter().map(|(name, at)| format!("{name}:error={error}:when={at}")).collect(),
    };
    let mut said = Said::default();
    let traced = traced(home.path(), &faults, &mut said);
    let what = faults.join(" and ");
    let elsewhere = traced.failed.iter().find(|line| !line.contains(&shown(home.path())));
    // Where the first failed, the second may meet what ends the process.
    assert!(elsewhere.is_none() || calls.len() > 1, "{what} met another file: {elsewhere:?}");
    said.holds(home.path(), &what);
    traced.failed.len()
}

/// What was seen of a process.
struct Traced {
    /// The calls on files of its home, in order.
    calls: Vec<Call>,
    /// The lines of those that were made to fail.
    failed: Vec<String>,
}

/// Lets the test below run in a process, with faults planted.
fn traced(home: &Path, faults: &[String], said: &mut Said) -> Traced {
    let log = tempfile::NamedTempFile::new().unwrap();
    let traced = [&READING[..], &WRITING].concat().join(",");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-y", "-qq", "-s", "4096", "-e", "signal=none", "-e"])
        .arg(format!("trace={traced}"));
    strace.args(faults.iter().flat_map(|fault| ["-e".to_owned(), format!("inject={fault}")]));
    strace.arg("-o").arg(log.path());
    strace.args(arguments("syscalls::writes_three_batches")).arg("--test-threads=1");
    let ended = told(&mut strace, home, 0).output().expect("strace is installed");
    String::from_utf8(ended.stdout).unwrap().lines().for_each(|line| said.hear(line));
    let seen = String::from_utf8_lossy(&std::fs::read(log.path()).unwrap()).into_owned();
    let mut made = BTreeMap::<(&str, &str), u32>::new();
    let (mut calls, mut failed) = (Vec::new(), Vec::new());
    for line in seen.lines() {
        let Some((thread, call)) = line.split_once(char::is_whitespace) else { continue };
        let Some((name, rest)) = call.trim_start().split_once('(') else { continue };
        let number = made.entry((thread, name)).or_default();
        *number += 1;
        if rest.contains(&shown(home)) {
            calls.push((name.to_owned(), *number));
        }
        if rest.contains("(INJECTED)") {
            failed.push(line.to_owned());
        }
    }
    Traced { calls, failed }
}

fn shown(home: &Path) -> String {
    home.to_string_lossy().into_owned()
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn writes_three_batches() {
    let Some((home, _)) = asked() else { return };
    // A fault is planted by number, on every thread, and the harness has one of its own that makes some of the calls: those
    // that are to fail come after more of each than it makes.
    for _ in 0..150 {
        std::fs::read("/proc/self/stat").unwrap();
    }
    // Whoever runs this tries again once.
    if write(&home, 1).is_err() {
        let _ = write(&home, 2);
    }
}

/// Three batches, the second over the border of a tile, each signed and published.
fn write(home: &Path, run: u32) -> Result<(), String> {
    let mut writer = open_in(home).map_err(|error| error.to_string())?.writer;
    for count in [3, 256, 5] {
        writer = append(writer, count, run)?;
        writer = publish(writer).map_err(|error| error.to_string())?;
    }
    Ok(())
}
