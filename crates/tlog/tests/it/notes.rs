//! Notes, keys and checkpoints: what is refused, where, and in which words.

use crate::log::signer;
use writ_tlog::{
    Checkpoint, Cosigner, Hash, KeyName, Note, NoteSignature, OpenError, SignedCheckpoint,
    VerifierKey, VerifyError,
};

const LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn what_is_not_a_note_is_refused_by_line() {
    let cases = [
        ("", "has no signatures"),
        ("text\n", "has no signatures"),
        ("text\n\n", "has no signatures"),
        ("text\n\n— a AAAAAAA=", "does not end in a newline after line 3"),
        ("text\n\n\n", "has no signatures"),
        ("te\txt\n\n— a AAAAAAA=\n", "line 1 of the note is not plain UTF-8"),
        ("text\r\n\r\n— a AAAAAAA=\r\n", "line 1 of the note is not plain UTF-8"),
        ("one\ntwo\n\n— a AAAAAAA=\n- b AAAAAAA=\n", "line 5 of the note, `- b AAAAAAA=`"),
        ("text\n\n— Bad Name AAAAAAA=\n", "line 3 of the note, `— Bad Name AAAAAAA=`"),
        ("text\n\n— a+b AAAAAAA=\n", "line 3 of the note"),
        ("text\n\n—  AAAAAAA=\n", "line 3 of the note"),
        ("text\n\n— a\u{2003}b AAAAAAA=\n", "line 3 of the note"),
        ("text\n\n— a AAAA\n", "line 3 of the note"),
        ("text\n\n— a AAAAAA==\n", "line 3 of the note"),
        ("text\n\n— a AAAAAAB=\n", "line 3 of the note"),
        ("text\n\n— a AAAAAAA= \n", "line 3 of the note"),
    ];
    for (bytes, wanted) in cases {
        let error = Note::parse(bytes.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(wanted), "{bytes:?}: {error}");
    }
    assert!(Note::parse(b"te\xffxt\n\n").unwrap_err().to_string().contains("line 1"));
}

#[test]
fn a_note_may_have_a_hundred_signatures_and_no_more() {
    let note = |count: usize| format!("text\n\n{}", LINE.repeat(count));
    assert_eq!(Note::parse(note(100).as_bytes()).unwrap().signatures().len(), 100);
    assert!(Note::parse(note(101).as_bytes()).is_err());
    assert!(Note::parse(&vec![b'a'; 1_000_001]).unwrap_err().to_string().contains("1000001 bytes"));
    let mut full = Note::parse(note(100).as_bytes()).unwrap();
    let own = signer("a", 1).sign("text\n");
    assert!(full.add(own).is_err());
}

#[test]
fn signatures_of_strangers_are_passed_over_and_a_bad_one_of_a_friend_is_not() {
    let (friend, other) = (signer("friend", 1), signer("other", 2));
    let mut note = Note::sign("text\n", &friend).unwrap();
    note.add(other.sign("something else\n")).unwrap();
    // The same name with another id, and the same id with another name, are strangers.
    let namesake = signer("friend", 3).sign("x\n");
    note.add(NoteSignature { name: "friends".parse().unwrap(), ..friend.sign("x\n") }).unwrap();
    note.add(namesake).unwrap();
    let keys = [friend.key().clone()];
    assert_eq!(note.verify(&keys).unwrap().len(), 1);
    assert!(
        matches!(note.verify(&[]), Err(VerifyError::Unknown { signed_by }) if signed_by.len() == 4)
    );
    let keys = [friend.key().clone(), other.key().clone()];
    assert!(
        matches!(note.verify(&keys), Err(VerifyError::Bad { name, .. }) if name.as_str() == "other")
    );
    note.add(friend.sign("something else\n")).unwrap();
    assert!(note.verify(&keys[..1]).is_err(), "a second, bad line of a known key");
}

#[test]
fn a_witness_answer_adds_only_what_is_good() {
    let (log, mine) = (signer("example.com/log", 1), Cosigner::from_seed(name("w1"), &[2; 32]));
    let other = Cosigner::from_seed(name("w2"), &[3; 32]);
    let checkpoint = Checkpoint::new("example.com/log", 7, Hash([1; 32])).unwrap();
    let elsewhere = Checkpoint::new("example.com/log", 8, Hash([1; 32])).unwrap();
    let lines = [
        mine.cosign(&checkpoint, 1000).unwrap(),
        other.cosign(&checkpoint, 1000).unwrap(),
        mine.cosign(&elsewhere, 1001).unwrap(),
    ];
    let body: String = lines.iter().map(ToString::to_string).collect();
    let answer = NoteSignature::parse_lines(body.as_bytes()).unwrap();
    assert_eq!(answer, lines);
    let mut signed = checkpoint.sign(&log).unwrap();
    assert_eq!(signed.note_mut().adopt(answer, &[mine.key().clone()]).unwrap(), 1);
    assert_eq!(signed.note().signatures().len(), 2);
    let time = signed.note().verify(&[mine.key().clone()]).unwrap()[0].time;
    assert_eq!(time, Some(1000));
    let wrong = NoteSignature::parse_lines(format!("{body}\n{LINE}").as_bytes()).unwrap_err();
    assert!(wrong.to_string().starts_with("line 1 of the note"), "{wrong}");
    assert!(NoteSignature::parse_lines(b"").is_err());
    let cut = NoteSignature::parse_lines(format!("{LINE}nonsense\n").as_bytes()).unwrap_err();
    assert!(cut.to_string().starts_with("line 2 of the note"), "{cut}");
}

fn name(name: &str) -> KeyName {
    name.parse().unwrap()
}

#[test]
fn a_cosignature_binds_every_line_and_its_time() {
    let cosigner = Cosigner::from_seed(name("w1"), &[2; 32]);
    let keys = [cosigner.key().clone()];
    let text = "example.com/log\n7\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nextension\n";
    let line = cosigner.cosign(&text.parse().unwrap(), 1_700_000_000).unwrap();
    let note = |text: &str, line: &NoteSignature| {
        Note::parse(format!("{text}\n{line}").as_bytes()).unwrap()
    };
    assert_eq!(note(text, &line).verify(&keys).unwrap()[0].time, Some(1_700_000_000));
    assert!(note(&text.replace("extension", "Extension"), &line).verify(&keys).is_err());
    for place in 0..line.signature.len() {
        let mut forged = line.clone();
        forged.signature[place] ^= 1;
        assert!(note(text, &forged).verify(&keys).is_err(), "byte {place}");
    }
    for time in [0, 1 << 63, u64::MAX] {
        assert!(cosigner.cosign(&text.parse().unwrap(), time).is_err());
    }
    // Type 0x04 and type 0x01 of one key are two keys.
    let as_note_key: VerifierKey =
        VerifierKey::new(name("w1"), writ_tlog::KeyKind::Note, cosigner.key().public()).unwrap();
    assert!(matches!(note(text, &line).verify(&[as_note_key]), Err(VerifyError::Unknown { .. })));
    assert_eq!(Cosigner::from_skey(&cosigner.to_skey()).unwrap().key(), cosigner.key());
    assert!(!format!("{cosigner:?}").contains("PRIVATE"));
}

#[test]
fn what_is_not_a_checkpoint_is_refused_by_line() {
    let root = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let cases = [
        (String::new(), "line 1"),
        ("log\n7\n".to_owned(), "line 3 of the checkpoint, ``"),
        (format!("log\n7\n{root}"), "line 1"),
        (format!("\n7\n{root}\n"), "line 1"),
        (format!("log\n07\n{root}\n"), "line 2 of the checkpoint, `07`, is not the tree's size"),
        (format!("log\n+7\n{root}\n"), "line 2"),
        (format!("log\n18446744073709551616\n{root}\n"), "line 2"),
        (format!("log\n7\n{}\n", &root[4..]), "line 3"),
        (format!("log\n7\n{root}\n\n"), "line 4"),
        (format!("log\n7\n{root}\none\n\ntwo\n"), "line 5"),
    ];
    for (text, wanted) in cases {
        let error = text.parse::<Checkpoint>().unwrap_err().to_string();
        assert!(error.contains(wanted), "{text:?}: {error}");
    }
    for origin in ["", "a\nb", "a\u{1}b"] {
        assert!(Checkpoint::new(origin, 7, Hash([1; 32])).is_err(), "{origin:?}");
    }
    assert!(Checkpoint::new("Any line + spaces will do", 7, Hash([1; 32])).is_ok());
}

#[test]
fn a_checkpoint_of_another_log_or_key_is_refused() {
    let log = signer("example.com/log", 1);
    let signed = Checkpoint::new("example.com/log", 7, Hash([1; 32])).unwrap().sign(&log).unwrap();
    let bytes = signed.to_string();
    let open = |origin, key: &VerifierKey| {
        SignedCheckpoint::open(bytes.as_bytes(), origin, std::slice::from_ref(key))
    };
    assert_eq!(open("example.com/log", log.key()).unwrap(), signed);
    assert!(matches!(open("example.com/other", log.key()), Err(OpenError::Origin { .. })));
    let stranger = signer("example.com/log", 2);
    assert!(matches!(
        open("example.com/log", stranger.key()),
        Err(OpenError::Verify(VerifyError::Unknown { .. }))
    ));
    for place in 0..bytes.len() {
        let mut forged = bytes.clone().into_bytes();
        forged[place] ^= 1;
        assert!(
            SignedCheckpoint::open(&forged, "example.com/log", &[log.key().clone()]).is_err(),
            "byte {place}"
        );
    }
}
