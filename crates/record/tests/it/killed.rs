//! A writer that is killed at any moment has kept every promise it made, and what it published reads.

use crate::real::{Said, append, arguments, asked, open_in, publish, told};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use writ_record::{OpenError, WalError};

/// How often it is killed; `WRIT_KILLS` says another number.
const KILLS: u32 = 20;
/// After so many kills another log is begun.
const LIVES: u32 = 10;

#[test]
fn every_promise_is_kept_and_every_checkpoint_of_one_tree_after_each_kill() {
    let kills = std::env::var("WRIT_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let (mut promised, mut checkpoints, mut refused) = (0, 0, 0);
    for first in (0..kills).step_by(LIVES as usize) {
        let home = tempfile::tempdir().unwrap();
        let mut said = Said::default();
        for run in first..kills.min(first + LIVES) {
            refused += u32::from(hear_until_killed(&mut said, home.path(), run));
            checkpoints += said.checkpoints.len();
            said.holds(home.path(), &format!("kill {run}"));
            // What was said of trees so far is said by the one that was just published.
            said.checkpoints.drain(..said.checkpoints.len() - 1);
        }
        promised += said.entries();
    }
    println!(
        "{kills} kills, {promised} entries promised and {checkpoints} checkpoints signed, none lost; {refused} second writers refused"
    );
}

/// Lets the test below run in a process, and kills it at some moment: some while it opens the log, most after it has said
/// something. Whether a second writer was tried beside it; it is refused.
fn hear_until_killed(said: &mut Said, home: &Path, run: u32) -> bool {
    let [exe, rest @ ..] = arguments("killed::writes_until_it_is_killed");
    let mut process = told(Command::new(exe).args(rest), home, run).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let opening = run % 4 == 3;
    if !opening {
        let said_lines =
            lines.by_ref().map(Result::unwrap).filter(|line| line.starts_with("said "));
        said_lines.take(1 + run as usize * 17 % 60).for_each(|line| said.hear(&line));
        let second = open_in(home).err().expect("a second writer is refused");
        assert!(matches!(second, OpenError::Wal(WalError::Held(_))), "{second}");
    }
    std::thread::sleep(Duration::from_micros(u64::from(run) * 7_919 % 30_000));
    process.kill().unwrap();
    process.wait().unwrap();
    lines.map_while(Result::ok).for_each(|line| said.hear(&line));
    !opening
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn writes_until_it_is_killed() {
    let Some((home, run)) = asked() else { return };
    let mut writer = open_in(&home).unwrap().writer;
    println!();
    for turn in 0u32.. {
        let draw = (run.wrapping_mul(0x9e37_79b9) ^ turn).wrapping_mul(0x85eb_ca6b) >> 8;
        // Mostly small batches, and now and then one over several tiles.
        let count = if draw % 11 == 0 { draw % 900 } else { draw % 40 };
        writer = append(writer, u64::from(count), run).unwrap();
        if draw % 3 == 0 {
            writer = publish(writer).unwrap();
        }
    }
}
