//! What others published: `vectors/tlog`, sources in its README.

use writ_tlog::{
    Bundle, Cosigner, Frontier, Hash, KeyError, KeyKind, KeyName, Note, SignedCheckpoint, Signer,
    Tile, Tree, VerifierKey, VerifyError, append_entry, verify_consistency, verify_inclusion,
};

macro_rules! vectors {
    ($file:literal) => {
        include_str!(concat!("../../../../vectors/tlog/", $file))
    };
}
pub(crate) use vectors;

pub fn rows(file: &str) -> impl Iterator<Item = Vec<&str>> {
    file.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn unhex(hex: &str) -> Vec<u8> {
    let hex = hex.trim_matches('-');
    (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
}

/// Nothing if one of them is not a hash: then what it is in is refused before it is a proof.
fn hashes(text: &str) -> Option<Vec<Hash>> {
    if text == "-" {
        return Some(Vec::new());
    }
    text.split(',').map(|hash| hash.parse().ok()).collect()
}

#[test]
fn the_reference_tree_has_its_roots() {
    let mut tree = Frontier::default();
    assert_eq!(tree.root(), Hash::EMPTY);
    for row in rows(vectors!("reference-tree.tsv")) {
        tree.append(Hash::of_leaf(&unhex(row[0])));
        assert_eq!(tree.root().to_hex(), row[1], "at {}", tree.size());
    }
    assert_eq!(tree.size(), 8);
}

#[test]
fn inclusion_proofs_of_others_are_judged_as_they_say() {
    let judged = |row: &Vec<&str>| {
        let (leaf, root, proof) = (row[3].parse().ok()?, row[4].parse().ok()?, hashes(row[5])?);
        let (index, size) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        verify_inclusion(&leaf, index, size, &root, &proof).ok()
    };
    let rows: Vec<_> = rows(vectors!("inclusion.tsv")).collect();
    assert_eq!(rows.len(), 98);
    for row in rows {
        assert_eq!(judged(&row).is_some(), row[6] == "yes", "{}", row[0]);
    }
}

#[test]
fn consistency_proofs_of_others_are_judged_as_they_say() {
    let judged = |row: &Vec<&str>| {
        let (old_root, root, proof) = (row[3].parse().ok(), row[4].parse().ok(), hashes(row[5])?);
        let (old_size, size) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        // Whatever the roots, trees of size 1 with one root are the same: one vector has such roots of 12 bytes.
        let (old_root, root) = match (row[3] == row[4], old_size, size) {
            (true, 1, 1) => (Hash([7; 32]), Hash([7; 32])),
            _ => (old_root?, root?),
        };
        verify_consistency(old_size, &old_root, size, &root, &proof).ok()
    };
    let rows: Vec<_> = rows(vectors!("consistency.tsv")).collect();
    assert_eq!(rows.len(), 98);
    for row in rows {
        assert_eq!(judged(&row).is_some(), row[6] == "yes", "{}", row[0]);
    }
}

/// C2SP CCTV: refused are keys of small order or not canonically encoded; under other keys what Go's `crypto/ed25519` refuses: an `R`
/// not canonically encoded, and what verifies only with the cofactor.
#[test]
fn signatures_on_the_edge_of_the_curve_are_judged_as_documented() {
    let name: KeyName = "example.com/edge".parse().unwrap();
    let mut accepted = 0;
    for row in rows(vectors!("ed25519.tsv")) {
        let flags: Vec<&str> = row[4].split(',').collect();
        let public: [u8; 32] = unhex(row[1]).try_into().unwrap();
        let key = VerifierKey::new(name.clone(), KeyKind::Note, &public);
        let refused_key = flags.contains(&"low_order_A") || flags.contains(&"non_canonical_A");
        assert_eq!(matches!(key, Err(KeyError::Point { .. })), refused_key, "{row:?}");
        let Ok(key) = key else { continue };
        // The messages have no newline, which a note's text must: the signature is checked as a note's all the same.
        let wanted = !flags.contains(&"non_canonical_R") && !flags.contains(&"low_order_residue");
        assert_eq!(key.is_signature(row[3], &unhex(row[2])), wanted, "{row:?}");
        accepted += usize::from(wanted);
    }
    assert!(accepted >= 8, "{accepted}");
}

fn note_file(name: &str) -> &'static str {
    match name {
        "signed-note-example.txt" => vectors!("notes/signed-note-example.txt"),
        "signed-note-verse.txt" => vectors!("notes/signed-note-verse.txt"),
        "checkpoint-example.txt" => vectors!("notes/checkpoint-example.txt"),
        "cosignature-example.txt" => vectors!("notes/cosignature-example.txt"),
        "peter-neumann.txt" => vectors!("notes/peter-neumann.txt"),
        "witnessed-rome.txt" => vectors!("notes/witnessed-rome.txt"),
        "witnessed-milan.txt" => vectors!("notes/witnessed-milan.txt"),
        "mirrored-rome.txt" => vectors!("notes/mirrored-rome.txt"),
        other => panic!("`{other}` is not listed here"),
    }
}

#[test]
fn notes_of_others_are_judged_as_they_say_and_printed_as_they_were() {
    for row in rows(vectors!("notes.tsv")) {
        let bytes = note_file(row[0]);
        let note = Note::parse(bytes.as_bytes()).unwrap();
        assert_eq!(note.to_string(), bytes);
        let keys = [row[1].parse::<VerifierKey>().unwrap()];
        assert_eq!(keys[0].to_string(), row[1]);
        let outcome = match note.verify(&keys) {
            Ok(good) => good[0].time.map_or("good".to_owned(), |time| time.to_string()),
            Err(VerifyError::Unknown { .. }) => "unknown".to_owned(),
            Err(VerifyError::Bad { .. }) => "bad".to_owned(),
        };
        assert_eq!(outcome, row[2], "{}", row[0]);
        // Any other letter in the signed text, and the signature is bad.
        let forged = bytes.replacen('e', "a", 1);
        if row[2] != "unknown" {
            let note = Note::parse(forged.as_bytes()).unwrap();
            assert!(matches!(note.verify(&keys), Err(VerifyError::Bad { .. })), "{}", row[0]);
        }
    }
}

#[test]
fn the_verse_is_cut_at_its_last_empty_line() {
    let note = Note::parse(note_file("signed-note-verse.txt").as_bytes()).unwrap();
    assert!(note.text().ends_with("sole:\n\ned è subito sera.\n"));
    assert_eq!(note.signatures()[0].name.as_str(), "quasimodo.example/salvatore");
}

#[test]
fn the_example_of_a_cosigned_checkpoint_is_read() {
    let signed = SignedCheckpoint::parse(note_file("cosignature-example.txt").as_bytes()).unwrap();
    let checkpoint = signed.checkpoint();
    assert_eq!(
        (checkpoint.origin(), checkpoint.size()),
        ("example.com/behind-the-sofa", 20_852_163)
    );
    assert_eq!(checkpoint.root().to_string(), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    assert_eq!(checkpoint.to_string(), signed.note().text());
    let times: Vec<_> =
        signed.note().signatures().iter().map(|line| line.signature.len()).collect();
    assert_eq!(times, [64, 72]);
    assert_eq!(signed.note().signatures()[1].signature[..8], 1_679_315_147_u64.to_be_bytes());
}

#[test]
fn a_text_is_signed_as_others_sign_it() {
    let skey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let signer = Signer::from_skey(skey).unwrap();
    assert_eq!(signer.to_skey(), skey);
    let both = note_file("peter-neumann.txt");
    let note = Note::sign(both.split_once("\n\n").unwrap().0.to_owned().as_str(), &signer);
    assert!(note.is_err(), "a text without its newline");
    let text = format!("{}\n", both.split_once("\n\n").unwrap().0);
    let note = Note::sign(&text, &signer).unwrap().to_string();
    assert_eq!(note, both.lines().take(4).map(|line| format!("{line}\n")).collect::<String>());
}

#[test]
fn keys_of_others_are_read_or_refused_as_they_say() {
    let cases = [
        ("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", "read"),
        ("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2", "read"),
        // Of 37 bytes, and of an unknown type, each with the id that it has.
        (
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "is not a key",
        ),
        ("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "is of type 0x65"),
        ("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "is not a key"),
        (
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "has the id `c74f20a3`",
        ),
        ("bananas.sigstore.dev+12344556", "is not a key"),
        ("rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!", "is not a key"),
        ("rekor.sigstore.dev+12345678+AwEB", "is of type 0x03"),
        (
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "cannot name a key",
        ),
    ];
    for (vkey, outcome) in cases {
        match vkey.parse::<VerifierKey>() {
            Ok(key) => assert_eq!((key.to_string().as_str(), outcome), (vkey, "read")),
            Err(error) => assert!(error.to_string().contains(outcome), "{vkey}: {error}"),
        }
    }
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    for end in 0..vkey.len() {
        assert!(vkey[..end].parse::<VerifierKey>().is_err());
    }
    assert!(
        Cosigner::from_skey(
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
        )
        .is_err()
    );
}

const SMALL_LOG: &str =
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

#[test]
fn a_log_written_by_others_is_read_whole() {
    let key: VerifierKey = SMALL_LOG.parse().unwrap();
    let origin = key.name().to_string();
    let (mut tree, mut level_0, mut bundle) = (Frontier::default(), Vec::new(), Vec::new());
    for row in rows(vectors!("small-log.tsv")) {
        if row[0] != "-" {
            tree.append(Hash::of_leaf(row[0].as_bytes()));
            level_0.extend(Hash::of_leaf(row[0].as_bytes()).0);
            append_entry(&mut bundle, row[0].as_bytes()).unwrap();
        }
        let size = tree.size();
        let note = format!("{origin}\n{size}\n{}\n\n— {origin} {}\n", row[1], row[2]);
        let signed =
            SignedCheckpoint::open(note.as_bytes(), &origin, std::slice::from_ref(&key)).unwrap();
        assert_eq!((signed.checkpoint().size(), signed.checkpoint().root()), (size, tree.root()));
        let mut read = Tree::open(size, tree.root(), |tile: Tile| {
            assert_eq!(tile.to_string(), format!("tile/0/000.p/{size}"));
            Ok::<_, ()>(level_0.clone())
        })
        .unwrap();
        assert_eq!(read.frontier().unwrap(), tree);
    }
    let bundle_15 = Bundle::in_log(0, 15).unwrap();
    let entries = bundle_15.entries(&bundle).unwrap();
    assert_eq!(entries[14], b"fivten");
    let hashes = bundle_15.tile().hashes(&level_0).unwrap();
    bundle_15.check(&entries, &hashes).unwrap();
}
