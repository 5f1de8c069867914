//! Archives made to harm whoever unpacks them. Each is encrypted to the authority by somebody who has its public key.

use crate::bench::Bench;
use std::fs;
use tar::{EntryType, Header};
use writ_parcel::OpenError;

/// A parcel whose archive begins honestly and then goes on with `header` and `data`.
fn after_the_papers(change: impl FnOnce(&mut Header), data: &[u8]) -> OpenError {
    let bench = Bench::new();
    bench.seal().unwrap();
    let mut archive = tar::Builder::new(Vec::new());
    for (path, bytes) in bench.files().iter().take(7) {
        archive.append(&bench.header(path, bytes.len() as u64), bytes.as_slice()).unwrap();
    }
    let mut header = bench.header("production/profile/a1.csv", data.len() as u64);
    change(&mut header);
    header.set_cksum();
    archive.append(&header, data).unwrap();
    bench.encrypt(&archive.into_inner().unwrap(), &bench.identity.recipient());
    let error = bench.refused();
    assert_eq!(
        fs::read_dir(bench.folder.path()).unwrap().count(),
        2,
        "something was written beside"
    );
    error
}

fn named(name: &str) -> impl FnOnce(&mut Header) {
    move |header| {
        let field = &mut header.as_ustar_mut().unwrap().name;
        field.fill(0);
        field[..name.len()].copy_from_slice(name.as_bytes());
    }
}

#[test]
fn whatever_is_no_plain_file_is_refused() {
    for (kind, what) in [
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Link, "a hard link"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
        (EntryType::Fifo, "a pipe"),
        (EntryType::Directory, "a folder"),
        (EntryType::GNUSparse, "a sparse file"),
        (EntryType::GNULongName, "a name outside its header"),
        (EntryType::XHeader, "an extended header"),
        (EntryType::XGlobalHeader, "an extended header"),
        (EntryType::Continuous, "of an unknown kind"),
        (EntryType::new(b'?'), "of an unknown kind"),
    ] {
        let error = after_the_papers(|header| header.set_entry_type(kind), b"");
        let is_it =
            matches!(&error, OpenError::Hostile { what: found, .. } if found.starts_with(what));
        assert!(is_it, "{kind:?}: {error}");
    }
}

#[test]
fn a_path_that_leaves_the_folder_is_refused() {
    for name in [
        "/etc/passwd",
        "../up",
        "production/../../up",
        "production/./x",
        "production//x",
        "c:\\x",
        "nul",
    ] {
        let error = after_the_papers(named(name), b"x");
        assert!(matches!(error, OpenError::Hostile { .. }), "{name}: {error}");
    }
}

#[test]
fn a_name_with_control_characters_is_shown_escaped() {
    let error = after_the_papers(named("a\x1b[2Jb"), b"x").to_string();
    assert!(error.contains("a\\u{1b}[2Jb"), "{error}");
}

#[test]
fn a_header_that_says_more_than_a_parcels_is_refused() {
    let data = b"name,created\r\nA. Sample,2025-01-01\r\n";
    let says: [fn(&mut Header); 6] = [
        |header| header.set_mode(0o4755),
        |header| header.set_uid(1000),
        |header| header.set_mtime(0),
        |header| header.set_username("root").unwrap(),
        |header| header.as_ustar_mut().unwrap().linkname[0] = b'x',
        |header| header.as_ustar_mut().unwrap().pad[3] = 1,
    ];
    for change in says {
        let error = after_the_papers(change, data);
        assert!(matches!(error, OpenError::Irregular(_)), "{error}");
    }
}

#[test]
fn a_size_that_is_not_the_signed_one_is_refused_before_anything_is_written() {
    let error = after_the_papers(|header| header.set_size(1 << 50), b"x");
    assert!(matches!(error, OpenError::FileChanged { .. }), "{error}");
    let bench = Bench::new();
    let mut header = bench.header("statement.json", 1 << 50);
    header.set_cksum();
    bench.encrypt(header.as_bytes(), &bench.identity.recipient());
    assert!(matches!(bench.refused(), OpenError::TooLarge { path: "statement.json", .. }));
}

#[test]
fn an_archive_of_another_dialect_or_with_a_wrong_checksum_is_refused() {
    let bench = Bench::new();
    let mut gnu = Header::new_gnu();
    gnu.set_path("statement.json").unwrap();
    gnu.set_size(0);
    gnu.set_cksum();
    bench.encrypt(gnu.as_bytes(), &bench.identity.recipient());
    assert!(matches!(bench.refused(), OpenError::Broken(_)));
    let mut header = bench.header("statement.json", 0);
    header.as_ustar_mut().unwrap().cksum[2] ^= 1;
    bench.encrypt(header.as_bytes(), &bench.identity.recipient());
    assert!(matches!(bench.refused(), OpenError::Broken(_)));
}

#[test]
fn nothing_may_hide_between_or_after_the_files() {
    let bench = Bench::new();
    bench.seal().unwrap();
    let plain = bench.plain();
    let me = bench.identity.recipient();
    let refused = |plain: &[u8]| {
        bench.encrypt(plain, &me);
        let error = bench.refused();
        assert!(matches!(error, OpenError::Broken(_)), "{error}");
        error.to_string()
    };
    // The last byte before the closing blocks fills the last file's last block.
    let mut hidden = plain.clone();
    let at = hidden.len() - 1025;
    hidden[at] = b'x';
    assert!(refused(&hidden).contains("hides bytes"));
    assert!(refused(&[plain.as_slice(), &[0; 512]].concat()).contains("goes on"));
    assert!(refused(&plain[..plain.len() - 512]).contains("without its closing blocks"));
    assert!(refused(&plain[..plain.len() - 1024]).contains("without its closing blocks"));
    assert!(refused(&plain[..plain.len() - 1100]).contains("middle of a file"));
    let mut more = plain.clone();
    let at = more.len() - 512;
    more[at] = 1;
    assert!(refused(&more).contains("after its closing block"));
}
