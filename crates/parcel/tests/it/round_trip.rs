//! What sealing and opening promise when nothing is wrong, and what sealing refuses.

use crate::bench::{Bench, at, custody, entry};
use std::fs::{self, File};
use std::sync::atomic::{AtomicBool, Ordering};
use writ_parcel::{Identity, SealError, check_path};
use writ_vocabulary::{Digest, KeyPurpose};

#[test]
fn a_sealed_production_opens_whole_for_its_recipient() {
    let bench = Bench::new();
    let sealed = bench.seal().unwrap();
    let opened = bench.open().unwrap();
    assert_eq!(opened.manifest, bench.manifest);
    assert_eq!(opened.parcel_digest, sealed.parcel_digest);
    assert_eq!(opened.inner_digest, sealed.inner_digest);
    assert_eq!(opened.bytes, sealed.bytes);
    assert_eq!(opened.statement.manifest, sealed.manifest_digest);
    assert_eq!(sealed.parcel_digest, Digest::of(fs::read(bench.parcel()).unwrap()));
    assert_eq!(sealed.inner_digest, Digest::of(bench.plain()));
    assert_eq!(sealed.recipient_fingerprint, bench.identity.fingerprint());
    assert!(opened.provider_known);
    for file in &bench.manifest.files {
        let (given, got) =
            (bench.production().join(&file.path), bench.out().join("production").join(&file.path));
        assert_eq!(fs::read(given).unwrap(), fs::read(got).unwrap());
    }
    assert!(
        bench.out().join("custody.json").exists() && bench.out().join("statement.json").exists()
    );
}

#[test]
fn the_statement_has_the_form_that_is_written_down() {
    let bench = Bench::new();
    bench.seal().unwrap();
    let files = bench.files();
    let names: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        names,
        [
            "statement.json",
            "statement.sig",
            "manifest.json",
            "custody.json",
            "ruling.txt",
            "certificate.pdf",
            "certificate.txt",
            "production/profile/a1.csv",
            "production/sign-ins/a1.ndjson",
        ]
    );
    golden("statement.json", &files[0].1);
    golden("statement.sig", &files[1].1);
    golden("custody.json", &files[3].1);
}

/// Compares with a golden file; `BLESS=1` writes it anew.
#[allow(clippy::disallowed_methods, reason = "a test may be told to write its golden files")]
fn golden(name: &str, bytes: &[u8]) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, bytes).unwrap();
    }
    let expected = fs::read(&path).unwrap();
    assert_eq!(String::from_utf8_lossy(bytes), String::from_utf8_lossy(&expected), "{name}");
}

#[test]
fn the_same_contents_give_the_same_archive_and_another_age_file() {
    let bench = Bench::new();
    let first = bench.seal().unwrap();
    let plain = bench.plain();
    let second = bench.seal().unwrap();
    assert_eq!(plain, bench.plain());
    assert_eq!(first.inner_digest, second.inner_digest);
    assert_ne!(first.parcel_digest, second.parcel_digest);
}

#[test]
fn the_age_header_names_one_recipient_only() {
    let bench = Bench::new();
    bench.seal().unwrap();
    let parcel = fs::read(bench.parcel()).unwrap();
    assert_eq!(parcel.windows(10).filter(|at| *at == b"-> X25519 ").count(), 1);
}

#[test]
fn a_production_without_files_is_sealed_too() {
    let bench = Bench::with(&[]);
    bench.seal().unwrap();
    assert_eq!(bench.open().unwrap().statement.production().count(), 0);
}

#[test]
fn an_archive_that_fills_its_chunks_exactly_opens() {
    // Plaintext lengths around the 64 KiB chunks of age: the last chunk full, and one block more or less.
    let empty = Bench::with(&[("a", vec![])]);
    empty.seal().unwrap();
    let rest = 3 * 65536 - (empty.plain().len() + 512);
    for bytes in [rest - 512, rest, rest + 512] {
        let bench = Bench::with(&[("a", vec![b'x'; bytes])]);
        bench.seal().unwrap();
        bench.open().unwrap();
    }
}

#[test]
fn long_paths_are_carried_as_far_as_ustar_goes() {
    let long = format!("{}/{}", "d".repeat(130), "n".repeat(100));
    let bench = Bench::with(&[(&long, b"x".to_vec())]);
    bench.seal().unwrap();
    assert_eq!(bench.files().last().unwrap().0, format!("production/{long}"));
    bench.open().unwrap();
    assert!(check_path(&"n".repeat(240)).is_err());
}

#[test]
fn opening_into_a_folder_that_holds_something_is_refused() {
    let bench = Bench::new();
    bench.seal().unwrap();
    fs::create_dir(bench.out()).unwrap();
    fs::write(bench.out().join("mine"), "kept").unwrap();
    assert!(bench.open().unwrap_err().to_string().contains("not empty"));
    assert_eq!(fs::read_to_string(bench.out().join("mine")).unwrap(), "kept");
    fs::remove_file(bench.out().join("mine")).unwrap();
    bench.open().unwrap();
    let error = bench.open().unwrap_err().to_string();
    assert!(error.contains("name a folder that does not exist yet"), "{error}");
}

#[cfg(unix)]
#[test]
fn what_is_opened_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    bench.seal().unwrap();
    bench.open().unwrap();
    assert_eq!(fs::metadata(bench.out()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn sealing_takes_only_a_key_that_is_enrolled_for_sealing_then() {
    let mut bench = Bench::new();
    bench.key.purpose = KeyPurpose::Sign;
    assert!(matches!(bench.seal(), Err(SealError::Purpose { .. })));
    bench.key.purpose = KeyPurpose::Seal;
    bench.key.enrolled = at("2026-11-20T10:05:01Z");
    assert!(matches!(bench.seal(), Err(SealError::NotYetEnrolled { .. })));
    bench.key.enrolled = bench.made_at;
    bench.key.withdrawn = Some(bench.made_at);
    assert!(matches!(bench.seal(), Err(SealError::Withdrawn { .. })));
    bench.key.withdrawn = Some(at("2026-11-20T10:05:01Z"));
    bench.seal().unwrap();
    bench.key.key = "age1nonsense".into();
    assert!(matches!(bench.seal(), Err(SealError::Recipient { .. })));
}

#[test]
fn sealing_refuses_files_that_are_not_what_was_collected_and_leaves_nothing() {
    let bench = Bench::new();
    let file = bench.production().join("profile/a1.csv");
    let original = fs::read(&file).unwrap();
    let refused = |bench: &Bench| {
        let error = bench.seal().unwrap_err();
        assert_eq!(
            fs::read_dir(bench.folder.path()).unwrap().count(),
            1,
            "{error} but something was left"
        );
        error
    };
    fs::write(&file, original.to_ascii_uppercase()).unwrap();
    assert!(matches!(refused(&bench), SealError::Changed { .. }));
    fs::write(&file, [original.as_slice(), b"more"].concat()).unwrap();
    assert!(matches!(refused(&bench), SealError::Changed { .. }));
    fs::remove_file(&file).unwrap();
    assert!(matches!(refused(&bench), SealError::Production { .. }));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../sign-ins/a1.ndjson", &file).unwrap();
        assert!(matches!(refused(&bench), SealError::Production { .. }));
    }
}

#[test]
fn sealing_refuses_another_cases_custody_chain_and_paths_that_cannot_travel() {
    let mut bench = Bench::new();
    bench.custody = custody("C-0000-0000");
    assert!(matches!(bench.seal(), Err(SealError::OtherCase { .. })));
    bench.custody = custody("C-7K3M-Q2XD");
    for bad in ["../secret", "/etc/passwd", "a\\b", "con.txt", "é"] {
        bench.manifest.files = vec![entry(bad, 0, Digest::of(""))];
        assert!(matches!(bench.seal(), Err(SealError::Path { .. })), "{bad}");
    }
    for (one, other) in [("a", "a"), ("a", "A"), ("a", "a/b")] {
        bench.manifest.files = vec![entry(one, 0, Digest::of("")), entry(other, 0, Digest::of(""))];
        assert!(matches!(bench.seal(), Err(SealError::Statement(_))), "{one} {other}");
    }
}

#[test]
fn a_failed_sealing_leaves_the_parcel_that_stood_there() {
    let bench = Bench::new();
    let sealed = bench.seal().unwrap();
    fs::remove_file(bench.production().join("profile/a1.csv")).unwrap();
    bench.seal().unwrap_err();
    assert_eq!(Digest::of(fs::read(bench.parcel()).unwrap()), sealed.parcel_digest);
}

#[test]
fn another_identity_does_not_open_it() {
    let bench = Bench::new();
    bench.seal().unwrap();
    let error = bench.refused_as(&Identity::generate(), &bench.expect()).to_string();
    assert!(error.contains("sealed to another key"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_of_64_mib_is_sealed_and_opened_in_little_memory() {
    const BYTES: u64 = 64 << 20;
    let mut bench = Bench::with(&[]);
    fs::create_dir_all(bench.production()).unwrap();
    File::create(bench.production().join("large")).unwrap().set_len(BYTES).unwrap();
    let digest =
        "3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351".parse().unwrap();
    bench.manifest.files = vec![entry("large", BYTES, digest)];
    let (before, done) = (resident(), AtomicBool::new(false));
    let most = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            std::iter::from_fn(|| (!done.load(Ordering::Relaxed)).then(resident))
                .max()
                .unwrap_or_default()
        });
        bench.seal().unwrap();
        bench.open().unwrap();
        done.store(true, Ordering::Relaxed);
        watch.join().unwrap()
    });
    let grown = most.saturating_sub(before);
    assert!(grown < 24 << 10, "{grown} KiB more");
}

/// The memory this process holds, in KiB.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    std::thread::sleep(std::time::Duration::from_millis(2));
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
