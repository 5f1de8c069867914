//! Hashes on the command line: a memory begun, files hashed and found, the past searched, and every wrong word told.

use super::{run, writ};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A home with a bank, and a folder of pictures.
pub struct Place {
    room: tempfile::TempDir,
}

impl Place {
    pub fn begun() -> Self {
        let place = Self { room: tempfile::tempdir().unwrap() };
        place.ok(&["bank", "init", "--member", "meridian-video"]);
        place.ok(&["bank", "create", "VIOLENT", "--description", "Violence"]);
        place
    }

    pub fn writ(&self, words: &[&str]) -> Command {
        let mut command = writ();
        command.arg("--home").arg(self.room.path()).args(words).current_dir(self.room.path());
        command
    }

    pub fn ok(&self, words: &[&str]) -> String {
        let (code, out, err) = run(&mut self.writ(words));
        assert_eq!(code, 0, "{words:?}: {out}{err}");
        out
    }

    pub fn no(&self, words: &[&str], said: &str) {
        let (code, out, err) = run(&mut self.writ(words));
        let err = err.replace("\n  │ ", " ");
        assert!(code != 0 && err.contains(said), "{words:?} wanted `{said}`: {code} {out}{err}");
        assert!(!err.contains("panicked"), "{err}");
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.room.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The text of a file that the desk put out for a case.
    pub fn read(&self, folder: &str, case: &str, name: &str) -> String {
        std::fs::read_to_string(self.room.path().join(folder).join(case).join(name)).unwrap()
    }
}

/// A picture that nobody made: waves, as a BMP file of 256 by 256 pixels.
pub fn picture(seed: u32, brighter: u8) -> Vec<u8> {
    let side = 256u32;
    let size = side * side * 3;
    let mut bytes = b"BM".to_vec();
    bytes.extend((54 + size).to_le_bytes());
    bytes.extend([0; 4]);
    for word in [54, 40, side, side] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend([1, 0, 24, 0]);
    for word in [0, size, 2_835, 2_835, 0, 0] {
        bytes.extend(u32::to_le_bytes(word));
    }
    for y in 0..side {
        for x in 0..side {
            let wave = |a: u32, b: u32| {
                let phase = f64::from(x * (a + seed) % 97 + y * (b + 3 * seed) % 89) / 14.0;
                (phase.sin() * 100.0 + 120.0) as u8
            };
            bytes.extend([wave(1, 2), wave(3, 1), wave(2, 5)].map(|v| v.saturating_add(brighter)));
        }
    }
    bytes
}

#[test]
fn an_altered_copy_of_a_known_picture_is_found_and_told_with_its_page() {
    let place = Place::begun();
    place.file("known/a.bmp", &picture(1, 0));
    place.file("uploads/copy.bmp", &picture(1, 9));
    place.file("uploads/other.bmp", &picture(5, 0));
    let added = place.ok(&["bank", "add", "VIOLENT", "known", "--label", "media/image"]);
    assert!(added.contains("1 added, 0 refused"), "{added}");
    let found = place.ok(&["match", "uploads", "--html", "report.html"]);
    assert!(found.contains("uploads/copy.bmp\n  entry 1 of VIOLENT, pdq at "), "{found}");
    assert!(found.contains("1 of 2 match"), "{found}");
    let page = std::fs::read_to_string(place.room.path().join("report.html")).unwrap();
    assert!(page.contains("entry 1") && page.contains("media/image"), "{page}");
    assert!(!page.contains("<img") && !page.contains("src="), "no content is in the page");
}

#[test]
fn the_past_is_searched_in_folders_and_tables_for_what_came_later() {
    let place = Place::begun();
    place.file("uploads/old.bmp", &picture(1, 0));
    let hashed = place.ok(&["hash", "uploads", "--type", "pdq"]);
    let hash = hashed.split_whitespace().nth(1).unwrap().to_owned();
    let table = format!(
        "id,type,hash,quality,uploaded\nu1,pdq,{hash},100,2026-01-01T00:00:00Z\nu2,pdq,{hash},100,2100-01-01T00:00:00Z\n"
    );
    place.file("uploads.csv", table.as_bytes());
    place.ok(&["bank", "add", "VIOLENT", "uploads/old.bmp"]);
    let found = place.ok(&["hunt", "uploads"]);
    assert!(found.contains("uploads/old.bmp") && found.contains("1 earlier uploads"), "{found}");
    let found = place.ok(&["hunt", "uploads.csv"]);
    assert!(found.contains("u1\n  entry 1") && !found.contains("u2\n"), "{found}");
    place.file("broken.csv", format!("id,type,hash\nu1,pdq,zz\nu2,pdq,{hash}\n").as_bytes());
    let (code, out, err) = run(&mut place.writ(&["hunt", "broken.csv"]));
    assert!(code == 1 && out.contains("u2\n") && err.contains("1 of them"), "{out}{err}");
    place.file("short.csv", b"id,hash\n");
    place.no(&["hunt", "short.csv"], "it has no column `type`");
    place.file("no.parquet", b"PAR1 not");
    place.no(&["hunt", "no.parquet"], "no.parquet");
}

#[test]
fn opinions_sightings_clusters_and_keys_are_kept() {
    let place = Place::begun();
    place.file("a.bmp", &picture(1, 0));
    place.ok(&["bank", "add", "VIOLENT", "a.bmp"]);
    place.ok(&["bank", "admit", "harbour-social"]);
    place.ok(&[
        "bank",
        "opine",
        "1",
        "dispute",
        "--member",
        "harbour-social",
        "--reason",
        "satire",
    ]);
    let shown = place.ok(&["bank", "show", "1"]);
    assert!(shown.contains("disputed") && shown.contains("satire"), "{shown}");
    let (platform, form) = ("platform/messaging", "form/cropped");
    let told = place.ok(&["sightings", "1", "--platform", platform, "--form", form]);
    assert!(told.contains("form/cropped"), "{told}");
    let clusters = place.ok(&["cluster", "1", "--html", "c.html"]);
    assert!(clusters.contains("1 cluster"), "{clusters}");
    let key = place.ok(&["key", "issue", "--member", "harbour-social", "--role", "reader"]);
    let id = key.split_whitespace().next().unwrap();
    assert!(place.ok(&["key", "list"]).contains("harbour-social"));
    place.ok(&["key", "revoke", id]);
    assert!(place.ok(&["key", "list"]).contains("no key is in use"));
    assert!(place.ok(&["bank", "export", "VIOLENT"]).starts_with("pdq "));
    place.ok(&["bank", "withdraw", "1"]);
    assert!(place.ok(&["bank", "show", "1"]).contains("withdrawn"));
}

#[test]
fn files_that_cannot_be_hashed_are_told_one_by_one_and_the_others_are_hashed() {
    let place = Place::begun();
    place.file("in/good.bmp", &picture(1, 0));
    place.file("in/empty.png", b"");
    place.file("in/list.m3u8", b"#EXTM3U\nlist.m3u8\n");
    place.file("in/cut.bmp", &picture(1, 0)[..200]);
    let (code, out, err) = run(&mut place.writ(&["hash", "in"]));
    assert!(code == 1 && out.contains("good.bmp"), "{out}{err}");
    for told in
        ["empty.png: the file is empty", "list.m3u8: the file is a playlist", "3 files of 4"]
    {
        assert!(err.contains(told), "wanted `{told}` in {err}");
    }
}

#[test]
fn wrong_words_are_told_with_what_to_do() {
    let room = tempfile::tempdir().unwrap();
    let (code, _, err) = run(writ().arg("--home").arg(room.path()).args(["bank", "list"]));
    assert!(code == 2 && err.contains("bank init --member"), "{err}");
    let place = Place::begun();
    place.file("list.txt", b"pdq zz\n");
    place.no(&["bank", "init", "--member", "other"], "is there already");
    place.no(&["bank", "create", "violent"], "capital letters");
    place.no(&["bank", "create", "VIOLENT"], "VIOLENT");
    place.no(&["bank", "add", "NOWHERE", "--list", "list.txt"], "list.txt, line 1");
    place.no(&["bank", "add", "VIOLENT"], "nothing was named");
    place.no(&["bank", "entries", "NOWHERE"], "there is no bank `NOWHERE`");
    place.no(&["bank", "show", "9"], "there is no entry 9");
    place.no(&["bank", "opine", "9", "confirm"], "9");
    place.no(&["hash", "list.txt", "--type", "phash"], "there is no signal type `phash`");
    place.no(&["hash", "nowhere"], "nowhere");
    place.no(&["match", "list.txt", "--bank", "NOWHERE"], "NOWHERE");
    place.no(&["key", "revoke", "k-000000"], "there is no key");
    place.no(&["bank", "create", "B", "--limit", "pdq"], "pdq=31");
    place.no(&["bank", "create", "B", "--ratio", "2"], "from 0 to 1");
}

#[test]
fn a_memory_that_is_open_elsewhere_says_so() {
    let place = Place::begun();
    let lock = std::fs::File::open(Path::new(place.room.path()).join("hashes/lock")).unwrap();
    lock.lock().unwrap();
    place.no(&["bank", "list"], "is open already");
}
