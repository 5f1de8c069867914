//! Places on the machine's own disk that a log cannot be kept in, or hardly: what is wrong is said before anything is
//! promised.

use crate::real::{Said, append, entry, open_in, places_in, publish};
use crate::setup::key;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use writ_record::{LocalDisk, OpenError, Places, Refusal, Writer};

/// Why the log in these places is not opened.
fn refused(places: Places) -> String {
    match Writer::open(LocalDisk, places, key(), |_| ()) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it opened"),
    }
}

fn written(home: &Path) {
    publish(append(open_in(home).unwrap().writer, 300, 0).unwrap()).unwrap();
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Does it without the right of the administrator to pass over modes: a thread of its own gives that up.
fn unprivileged(home: &Path, work: impl FnOnce() + Send) {
    if rustix::process::geteuid().is_root() {
        for path in walk(home) {
            std::os::unix::fs::chown(path, Some(65_534), None).unwrap();
        }
    }
    let nobody = rustix::process::Uid::from_raw(65_534);
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            work();
        });
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

fn walk(path: &Path) -> Vec<PathBuf> {
    let mut all = vec![path.to_owned()];
    if path.is_dir() {
        all.extend(std::fs::read_dir(path).unwrap().flat_map(|each| walk(&each.unwrap().path())));
    }
    all
}

#[test]
fn what_may_not_be_read_or_written_is_said_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    written(home.path());
    unprivileged(home.path(), || {
        let places = places_in(home.path());
        let tile = places.published.join("tile/0/000");
        for path in [
            &places.write_ahead,
            &places.lock,
            &places.published.join("checkpoint"),
            &tile,
            &places.published,
            &home.path().join("private"),
            &home.path().join("lock"),
        ] {
            let before = std::fs::metadata(path).unwrap().permissions().mode();
            mode(path, 0);
            let error = refused(places.clone());
            assert!(error.contains(path.to_str().unwrap()), "{error}");
            assert!(error.contains("right to read and write there"), "{error}");
            mode(path, before);
        }
        // Folders that may be read and not written: nothing could be published later.
        for folder in [&places.published, &home.path().join("lock")] {
            mode(folder, 0o555);
            assert!(refused(places.clone()).contains("right to read and write there"));
            mode(folder, 0o755);
        }
        open_in(home.path()).unwrap();
    });
}

#[test]
fn what_is_no_folder_or_no_file_in_the_place_of_one_is_named() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    std::fs::write(at("file"), "x").unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    symlink(at("circle"), at("circle")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RUSR).unwrap();
    let places = |published: &str, lock: &str| Places {
        write_ahead: at("private/wal"),
        lock: at(lock),
        published: at(published),
    };
    for (published, lock, said) in [
        ("file", "lock", "move it away"),
        ("file/below", "lock", "move it away"),
        ("dangling", "lock", "move it away"),
        ("circle", "lock", "circle"),
        ("published", "private", "a folder has the name of a file"),
        ("published", "pipe", "it is a device or a pipe"),
    ] {
        let error = refused(places(published, lock));
        assert!(error.contains(said) && error.contains(home.path().to_str().unwrap()), "{error}");
    }
    std::fs::create_dir(at("private/wal.d")).unwrap();
    let wal_is_folder = Places { write_ahead: at("private/wal.d"), ..places("published", "lock") };
    assert!(refused(wal_is_folder).contains("a folder has the name of a file"));
}

#[test]
fn a_pipe_among_the_published_tiles_stops_nobody_for_ever() {
    let home = tempfile::tempdir().unwrap();
    written(home.path());
    let tile = places_in(home.path()).published.join("tile/0/000");
    std::fs::remove_file(&tile).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &tile, rustix::fs::Mode::RUSR).unwrap();
    let error = refused(places_in(home.path()));
    assert!(error.contains("tile/0/000") && error.contains("device or a pipe"), "{error}");
}

#[test]
fn folders_may_be_links_and_have_any_name_or_none_that_is_absolute() {
    let home = tempfile::tempdir().unwrap();
    let strange = home.path().join("ein Ordner/ναός\u{202e}\n/'$(x)'");
    std::fs::create_dir_all(&strange).unwrap();
    symlink(&strange, home.path().join("link")).unwrap();
    let up: PathBuf = std::env::current_dir().unwrap().components().skip(1).map(|_| "..").collect();
    let relative = up.join(home.path().strip_prefix("/").unwrap()).join("link/new/home");
    assert!(relative.is_relative());
    written(&relative);
    let mut said = Said { promised: vec![(0..300, 0)], ..Said::default() };
    said.holds(&strange.join("new/home"), "by its other name");
    written(&home.path().join(OsStr::from_bytes(b"\xff\xfe")));
}

#[test]
fn a_log_s_files_never_stand_where_another_does_nor_the_private_ones_among_the_published() {
    let home = tempfile::tempdir().unwrap();
    let places = |write_ahead: &str, lock: &str| Places {
        write_ahead: home.path().join(write_ahead),
        lock: home.path().join(lock),
        published: home.path().join("published"),
    };
    for (write_ahead, lock) in [
        ("wal", "wal"),
        ("published/wal", "lock"),
        ("wal", "published/checkpoint"),
        ("wal", "./wal"),
        ("lock.new", "lock"),
        ("published", "lock"),
    ] {
        let error = Writer::open(LocalDisk, places(write_ahead, lock), key(), |_| ()).err();
        assert!(matches!(error, Some(OpenError::SamePlace { .. })), "{write_ahead}, {lock}");
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }
    // One folder for both is allowed.
    Writer::open(LocalDisk, places("private/wal", "private/lock"), key(), |_| ()).unwrap();
}

#[test]
fn a_log_is_let_go_at_once_though_other_programs_are_started_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                Command::new("true").status().unwrap();
            }
        });
        let opened: Vec<_> = (0..200).map(|_| open_in(home.path()).map(drop)).collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        opened.into_iter().for_each(|opened| opened.unwrap());
    });
}

#[test]
fn the_largest_batch_and_note_are_taken_and_read_again_and_larger_ones_refused() {
    let home = tempfile::tempdir().unwrap();
    let writer = open_in(home.path()).unwrap().writer;
    let most = (64 << 20) - 64 - 2 - entry(0, 0).len();
    let refused = writer.admit(0, vec![7; most + 1], vec![entry(0, 0)]).err().unwrap();
    assert!(matches!(refused, Refusal::TooLarge { .. }), "{refused}");
    assert!(refused.to_string().contains("its note"), "{refused}");
    let huge = writer.admit(0, Vec::new(), vec![vec![0; 65_535]; 1_100]).err().unwrap();
    assert!(matches!(huge, Refusal::TooLarge { longest: 65_535, .. }), "{huge}");
    let admitted = writer.admit(0, vec![7; most], vec![entry(0, 0)]).unwrap();
    let writer = writer.append(admitted).unwrap();
    let admitted = writer.admit(0, Vec::new(), vec![vec![0; 65_535]; 1_000]).unwrap();
    drop(publish(writer.append(admitted).unwrap()).unwrap());
    let mut notes = Vec::new();
    let each = |batch: &writ_record::Batch<'_>| notes.push((batch.note.len(), batch.entries.len()));
    Writer::open(LocalDisk, places_in(home.path()), key(), each).unwrap();
    assert_eq!(notes, [(most, 1), (0, 1_000)]);
}

/// A disk of its own, gone again at the end.
struct Mounted(PathBuf);

impl Mounted {
    fn small(at: PathBuf, options: &str) -> Self {
        std::fs::create_dir_all(&at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&at);
        assert!(mount.status().unwrap().success(), "mounting needs the administrator");
        Self(at)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
#[ignore = "needs the administrator: mounts disks"]
fn a_disk_that_is_small_full_or_only_read_is_told_before_anything_is_promised() {
    for place in ["private", "lock", "published"] {
        let home = tempfile::tempdir().unwrap();
        let small = Mounted::small(home.path().join(place), "size=2m");
        let writer = open_in(home.path()).unwrap().writer;
        let refusal = writer.admit(0, Vec::new(), vec![entry(0, 0)]);
        match (place, refusal) {
            // A checkpoint has room there.
            ("lock", Ok(_)) => {}
            (_, Err(refusal @ Refusal::NoRoom { .. })) => {
                assert!(refusal.to_string().contains(place), "{refusal}");
            }
            (_, other) => panic!("{place}: {:?}", other.err()),
        }
        std::fs::write(small.0.join("filler"), vec![1; 3 << 20]).unwrap_err();
        let refusal = writer.admit(0, Vec::new(), vec![entry(0, 0)]).err().unwrap();
        assert!(refusal.to_string().contains("free some space"), "{refusal}");
        drop((writer, small));
        let home = tempfile::tempdir().unwrap();
        written(home.path());
        let bound = home.path().join(place);
        let _only_read = Mounted::small(bound, "ro,size=2m");
        let error = refused(places_in(home.path()));
        assert!(error.contains("mount the disk for writing"), "{place}: {error}");
    }
}

#[test]
#[ignore = "needs the administrator: mounts disks"]
fn a_disk_that_fills_up_in_the_middle_breaks_the_writer_and_loses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let small = Mounted::small(home.path().to_owned(), "size=80m");
    let mut writer = open_in(home.path()).unwrap().writer;
    let mut said = Said::default();
    let filler = small.0.join("filler");
    for turn in 0.. {
        let from = writer.size();
        let admitted =
            writer.admit(0, Vec::new(), (from..from + 90).map(|i| entry(i, 1)).collect());
        let admitted = admitted.unwrap();
        if turn == 5 {
            // Another program takes all the room after it was asked for.
            std::fs::write(&filler, vec![1; 80 << 20]).unwrap_err();
        }
        let appended = writer.append(admitted);
        let Ok(next) = appended else { break };
        said.promised.push((from..from + 90, 1));
        match publish(next) {
            Ok(next) => writer = next,
            Err(error) => {
                assert!(error.to_string().contains("free some space"), "{error}");
                break;
            }
        }
    }
    assert!(said.entries() >= 450);
    std::fs::remove_file(filler).unwrap();
    said.holds(home.path(), "after a full disk");
}

#[test]
fn the_write_ahead_file_is_its_owners_alone_and_what_is_published_is_everybodys() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let writer = open_in(home.path()).unwrap().writer;
    let admitted = writer.admit(1, Vec::new(), vec![b"entry".to_vec()]).unwrap();
    let writer = writer.append(admitted).unwrap().sign().unwrap();
    let signed = writer.signed().unwrap().clone();
    writer.publish(&signed).unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let places = places_in(home.path());
    assert_eq!(mode(&places.write_ahead), 0o600);
    assert_eq!(mode(&places.published.join("checkpoint")), 0o644);
}
