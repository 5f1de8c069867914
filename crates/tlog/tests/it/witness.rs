//! What a witness answers: the table of `witness.txt`, a public script, and what happens around them.

use crate::log::{Log, signer};
use crate::vectors::vectors;
use writ_tlog::{
    AddCheckpoint, Checkpoint, Cosigner, Hash, KeyKind, Known, Note, Refused, Reply,
    SignedCheckpoint, Signer, Tree, VerifierKey, Witness, WitnessedLog, monitoring_path,
};

const ORIGIN: &str = "example.com/ours";

fn witness() -> Witness {
    let cosigner = Cosigner::from_seed("witness.example/w1".parse().unwrap(), &[9; 32]);
    let keys = vec![signer(ORIGIN, 1).key().clone(), signer(ORIGIN, 2).key().clone()];
    Witness::new(cosigner, [WitnessedLog { origin: ORIGIN.to_owned(), keys }])
}

fn root(log: &Log, size: u64) -> Hash {
    Tree::open(log.size(), log.frontier.root(), log.source()).unwrap().root_at(size).unwrap()
}

fn proof(log: &Log, old: u64, size: u64) -> Vec<Hash> {
    let mut tree = Tree::open(log.size(), log.frontier.root(), log.source()).unwrap();
    tree.prove_consistency(old, size).unwrap()
}

/// What the witness knows once it cosigned this size at time 1000.
fn known(witness: &Witness, log: &Log, size: u64) -> Known {
    let checkpoint = Checkpoint::new(ORIGIN, size, root(log, size)).unwrap();
    let checkpoint = checkpoint.sign(&signer(ORIGIN, 1)).unwrap();
    let request = AddCheckpoint { old_size: 0, proof: vec![], checkpoint }.to_string();
    witness.answer(request.as_bytes(), |_| None, 1000).unwrap().state
}

/// A checkpoint as the column `by` says.
fn signed(checkpoint: &Checkpoint, by: &str) -> String {
    let (text, own) = (checkpoint.to_string(), signer(ORIGIN, 1));
    let forged = own.sign("something else\n").to_string();
    let lines = match by {
        "log" => own.sign(&text).to_string(),
        "both" => format!("{}{}", own.sign(&text), signer(ORIGIN, 2).sign(&text)),
        "stranger" => signer(ORIGIN, 3).sign(&text).to_string(),
        "forged" => forged,
        "bad+log" => format!("{forged}{}", own.sign(&text)),
        "nobody" => return text,
        other => panic!("`{other}` is not in the table's legend"),
    };
    format!("{text}\n{lines}")
}

fn request(row: &[&str], log: &Log) -> String {
    let [_, _, origin, by, old, size, root_is, proof_is, ..] = row else { panic!("{row:?}") };
    let (old, size): (u64, u64) = (old.parse().unwrap(), size.parse().unwrap());
    let origin = if *origin == "ours" { ORIGIN } else { "example.com/other" };
    let mut at = root(log, size);
    at.0[0] ^= u8::from(*root_is == "wrong");
    let mut hashes = if *proof_is == "none" { vec![] } else { proof(log, old, size) };
    match *proof_is {
        "wrong" => hashes[1].0[31] ^= 0x80,
        "long" => hashes.push(Hash([7; 32])),
        "short" => drop(hashes.pop()),
        _ => {}
    }
    let hashes: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
    let checkpoint = Checkpoint::new(origin, size, at).unwrap();
    format!("old {old}\n{hashes}\n{}", signed(&checkpoint, by))
}

#[test]
fn a_witness_answers_as_the_table_says() {
    let (witness, log) = (witness(), Log::of(1000));
    let table = include_str!("witness.txt").lines().filter(|line| !line.starts_with('#'));
    let rows: Vec<Vec<&str>> = table.map(|line| line.split('|').map(str::trim).collect()).collect();
    assert!(rows.len() > 30);
    for row in rows {
        let stored = row[1].parse().ok().map(|size| known(&witness, &log, size));
        let before = stored.clone();
        let asked = request(&row, &log);
        let now = row[8].parse().unwrap();
        match witness.answer(
            asked.as_bytes(),
            |origin| {
                assert_eq!(origin, ORIGIN);
                stored
            },
            now,
        ) {
            Ok(accepted) => {
                assert_eq!(row[9], "200", "{}", row[0]);
                assert_eq!(accepted.state.size().to_string(), row[5]);
                assert_eq!((accepted.state.time(), accepted.state.origin()), (now, ORIGIN));
                assert_served(&witness, &accepted.state, row[3] == "both");
                let mut note = Note::parse(signed_part(&asked).as_bytes()).unwrap();
                let Reply::Cosigned(lines) = Reply::read(200, accepted.body.as_bytes()).unwrap()
                else {
                    panic!()
                };
                assert_eq!(note.adopt(lines, &[witness.key().clone()]).unwrap(), 1);
            }
            Err(Refused { status, content_type, body, evidence }) => {
                assert_eq!(status.to_string(), row[9], "{}: {body}", row[0]);
                match row[10].strip_prefix('=') {
                    Some(size) => {
                        assert_eq!(
                            (body.as_str(), content_type),
                            (format!("{size}\n").as_str(), "text/x.tlog.size")
                        );
                        let conflict = Reply::read(409, body.as_bytes()).unwrap();
                        assert_eq!(
                            conflict,
                            Reply::Conflict { size: before.map_or(0, |known| known.size()) }
                        );
                    }
                    None => assert!(body.contains(row[10]), "{}: {body}", row[0]),
                }
                assert_eq!(
                    evidence,
                    matches!(status, 409 | 422) || row[0].starts_with("from beyond"),
                    "{}",
                    row[0]
                );
            }
        }
    }
}

fn signed_part(request: &str) -> &str {
    request.split_once("\n\n").unwrap().1
}

/// The state is what monitors are served: signed by the log and by the witness, and read again as it was.
fn assert_served(witness: &Witness, state: &Known, both: bool) {
    let served = state.to_string();
    let keys = [signer(ORIGIN, 1).key().clone(), witness.key().clone()];
    let checkpoint = SignedCheckpoint::open(served.as_bytes(), ORIGIN, &keys).unwrap();
    assert_eq!(checkpoint.note().verify(&keys).unwrap().len(), 2);
    assert_eq!(checkpoint.note().signatures().len(), if both { 3 } else { 2 });
    assert_eq!(witness.state(ORIGIN, served.as_bytes()).unwrap(), *state);
}

#[test]
fn a_request_that_cannot_be_read_is_refused_by_line() {
    let (witness, log) = (witness(), Log::of(5));
    let checkpoint = signed(&Checkpoint::new(ORIGIN, 5, root(&log, 5)).unwrap(), "log");
    let hash = format!("{}\n", Hash([1; 32]));
    let cases = [
        (String::new(), "line 1, ``, is not `old`"),
        ("old 0".to_owned(), "line 1, `old 0`"),
        (format!("old 00\n\n{checkpoint}"), "line 1, `old 00`"),
        (format!("old -1\n\n{checkpoint}"), "line 1"),
        (format!("Old 0\n\n{checkpoint}"), "line 1"),
        (format!("old 0\r\n\n{checkpoint}"), "line 1"),
        (format!("old 0\n{checkpoint}"), "line 2"),
        (format!("old 0\n\n\n{checkpoint}"), "in the checkpoint, which begins at line 3"),
        (format!("old 0\nAAAA\n\n{checkpoint}"), "line 2, `AAAA`"),
        (format!("old 0\n{}\n{checkpoint}", hash.repeat(64)), "line 65"),
        (
            format!("old 0\n\n{}", &checkpoint[..checkpoint.len() - 1]),
            "in the checkpoint, which begins at line 3: the note does not end",
        ),
    ];
    for (request, wanted) in cases {
        let refused = witness
            .answer(request.as_bytes(), |_| panic!("asked for the state"), 1000)
            .unwrap_err();
        assert_eq!((refused.status, refused.evidence), (400, false), "{request}");
        assert!(refused.body.contains(wanted), "{request:?}: {}", refused.body);
    }
    // A signature that cannot be read is none of the log's.
    let unread = witness.vet(format!("old 0\n\n{checkpoint}x\n").as_bytes()).unwrap_err();
    assert_eq!(unread.status, 403);
    assert!(unread.body.contains("begins at line 3: line 6 of the note, `x`"), "{}", unread.body);
    let most = format!("old 0\n{}\n{checkpoint}", hash.repeat(63));
    assert_eq!(witness.answer(most.as_bytes(), |_| None, 1000).unwrap_err().status, 422);
    assert_eq!(witness.vet(&vec![b'a'; 2_000_000]).unwrap_err().status, 400);
    let spaced = AddCheckpoint::parse(format!("old 0\n\n{checkpoint}").as_bytes()).unwrap();
    assert_eq!(spaced.to_string(), format!("old 0\n\n{checkpoint}"));
}

#[test]
fn a_witness_answers_a_public_script_as_it_says() {
    let public = "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f";
    let bytes: Vec<u8> =
        (0..32).map(|i| u8::from_str_radix(&public[2 * i..2 * i + 2], 16).unwrap()).collect();
    let origin =
        "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562";
    let key = VerifierKey::new(origin.parse().unwrap(), KeyKind::Note, &bytes.try_into().unwrap())
        .unwrap();
    let cosigner = Cosigner::from_seed("example.com/witness".parse().unwrap(), &[9; 32]);
    let witness =
        Witness::new(cosigner, [WitnessedLog { origin: origin.to_owned(), keys: vec![key] }]);
    let mut stored: Option<Known> = None;
    let script = vectors!("witness.txt").split("ask\n").skip(1);
    let mut asked = 0;
    for step in script {
        let (request, answer) = step.split_once("answer ").unwrap();
        let (status, size) = answer.trim_end().split_once(' ').unwrap_or((answer.trim_end(), ""));
        asked += 1;
        match witness.answer(request.as_bytes(), |_| stored.clone(), 1_000 + asked) {
            Ok(accepted) => {
                assert_eq!(status, "200", "{asked}");
                stored = Some(accepted.state);
            }
            Err(refused) => {
                assert_eq!(refused.status.to_string(), status, "{asked}: {}", refused.body);
                assert!(size.is_empty() || refused.body == format!("{size}\n"));
            }
        }
    }
    assert_eq!((asked, stored.unwrap().size()), (9, 5));
}

#[test]
fn of_two_requests_from_one_size_the_second_meets_a_conflict() {
    let (witness, log) = (witness(), Log::of(1000));
    let row = |size| ["", "", "ours", "log", "300", size, "right", "right"];
    let [first, second] = ["1000", "700"].map(|size| request(&row(size), &log));
    // Both were read while 300 was stored; the second is decided when the first is durable.
    let (first, second) =
        (witness.vet(first.as_bytes()).unwrap(), witness.vet(second.as_bytes()).unwrap());
    let stored = known(&witness, &log, 300);
    let stored = witness.decide(first, Some(&stored), 1001).unwrap().state;
    let refused = witness.decide(second, Some(&stored), 1001).unwrap_err();
    assert_eq!((refused.status, refused.body.as_str()), (409, "1000\n"));
}

#[test]
fn a_stored_state_that_was_changed_is_refused() {
    let (witness, log) = (witness(), Log::of(300));
    let state = known(&witness, &log, 300);
    let (text, bytes) = (state.to_string(), state.to_string().into_bytes());
    // The log's own line is not the witness's word: what the witness cosigned is the text.
    let log_line = text.find("\n\n").unwrap() + 2..text.rfind("— ").unwrap();
    for place in (0..bytes.len()).filter(|place| !log_line.contains(place)) {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(witness.state(ORIGIN, &changed).is_err(), "byte {place}");
    }
    let error = witness.state(ORIGIN, b"").unwrap_err().to_string();
    assert!(error.contains("never start again without it"), "{error}");
    let other = witness.state(
        ORIGIN,
        signed(&Checkpoint::new(ORIGIN, 5, Hash([1; 32])).unwrap(), "log").as_bytes(),
    );
    assert!(other.is_err(), "a checkpoint that this witness did not cosign");
}

#[test]
fn a_state_of_another_log_is_the_witness_own_fault() {
    let (witness, log) = (witness(), Log::of(10));
    let stored = known(&witness, &log, 5);
    let own = vec![signer("example.com/second", 4).key().clone()];
    let cosigner = Cosigner::from_seed("witness.example/w1".parse().unwrap(), &[9; 32]);
    let second = Witness::new(
        cosigner,
        [WitnessedLog { origin: "example.com/second".to_owned(), keys: own }],
    );
    let signer: Signer = signer("example.com/second", 4);
    let checkpoint =
        Checkpoint::new("example.com/second", 9, Hash([1; 32])).unwrap().sign(&signer).unwrap();
    let request = AddCheckpoint { old_size: 5, proof: vec![], checkpoint }.to_string();
    let refused = second.answer(request.as_bytes(), |_| Some(stored), 1001).unwrap_err();
    assert_eq!((refused.status, refused.evidence), (500, false));
}

#[test]
fn monitors_find_a_log_by_the_digest_of_its_origin() {
    let origin = "rome2026h1.example.org";
    let path = "000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706/checkpoint";
    assert_eq!(monitoring_path(origin), path);
}

#[test]
fn answers_that_are_of_no_use_are_told_apart() {
    assert_eq!(Reply::read(409, b"12\n"), Ok(Reply::Conflict { size: 12 }));
    for body in [&b"12"[..], b"012\n", b"12\n\n", b"", b"\xff\n"] {
        assert!(Reply::read(409, body).is_err());
    }
    assert!(Reply::read(200, b"hello\n").is_err());
    let refused = Reply::read(503, b"come back later\n").unwrap_err().to_string();
    assert_eq!(refused, "the witness answered 503: `come back later`");
}
