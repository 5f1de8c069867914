//! Policies and proofs that stand alone: what is refused, what counts, and when a quorum is met.

use crate::log::{Log, signer};
use writ_tlog::{
    Checkpoint, Cosigner, Policy, PolicyRefusal, SignedCheckpoint, TlogProof, TlogProofRefusal,
    Tree,
};

const ORIGIN: &str = "example.com/log";

fn witness(number: u8) -> Cosigner {
    Cosigner::from_seed(format!("w{number}.example").parse().unwrap(), &[100 + number; 32])
}

/// Puts the key of witness 1 for `@1`, of the log for `@log`, and so on.
fn with_keys(policy: &str) -> String {
    let mut text = policy.replace("@log", &signer(ORIGIN, 1).key().to_string());
    for number in 1..=9 {
        text = text.replace(&format!("@{number}"), &witness(number).key().to_string());
    }
    text
}

fn policy(text: &str) -> Policy {
    Policy::parse(with_keys(text).as_bytes()).unwrap()
}

/// A checkpoint signed by the log and cosigned by these witnesses at these times.
fn checkpoint(log: &Log, by: &[(u8, u64)]) -> SignedCheckpoint {
    let checkpoint = Checkpoint::new(ORIGIN, log.size(), log.frontier.root()).unwrap();
    let mut signed = checkpoint.clone().sign(&signer(ORIGIN, 1)).unwrap();
    for (number, time) in by {
        signed.note_mut().add(witness(*number).cosign(&checkpoint, *time).unwrap()).unwrap();
    }
    signed
}

#[test]
fn what_is_not_a_policy_is_refused_by_line() {
    let cases = [
        ("", "has no `quorum` line"),
        ("log @log\n", "has no `quorum` line"),
        ("quorum none\nquorum none\n", "line 2 of the policy: there is a `quorum` before"),
        ("quorum w\nwitness w @1\n", "line 1 of the policy: `w` is not defined on a line before"),
        ("quorum\n", "line 1 of the policy: it is not of the form `quorum NAME`"),
        ("quorum none extra\n", "line 1"),
        ("quorum none\nlogs @log\n", "line 2 of the policy: `logs` is not a line of a policy"),
        ("log nonsense\nquorum none\n", "line 1 of the policy: `nonsense` is not a key"),
        (
            "log @log a b\nquorum none\n",
            "line 1 of the policy: it is not of the form `log KEY [URL]`",
        ),
        (
            "log @log\nlog @log\nquorum none\n",
            "line 2 of the policy: the key of `example.com/log` is listed twice",
        ),
        (
            "witness a @1\nwitness b @1\nquorum a\n",
            "line 2 of the policy: the key of `w1.example` is listed twice",
        ),
        ("witness a @1\nwitness a @2\nquorum a\n", "line 2 of the policy: `a` is defined before"),
        ("witness a @1\ngroup a any a\nquorum a\n", "line 2 of the policy: `a` is defined before"),
        ("witness none @1\nquorum none\n", "line 1 of the policy: `none` cannot be defined"),
        (
            "witness a @log\nquorum a\n",
            "line 1 of the policy: the key of `example.com/log` is of the wrong type for a witness",
        ),
        ("group g any\nquorum g\n", "line 1 of the policy: it is not of the form `group NAME"),
        ("group g any g\nquorum g\n", "line 1 of the policy: `g` is not defined on a line before"),
        (
            "group g any none\nquorum g\n",
            "line 1 of the policy: `none` cannot be defined or be a member",
        ),
        (
            "witness a @1\ngroup g 0 a\nquorum g\n",
            "line 2 of the policy: `0` is not `all`, `any` or a number from 1 to 1",
        ),
        ("witness a @1\ngroup g 2 a\nquorum g\n", "line 2 of the policy: `2` is not"),
        ("witness a @1\ngroup g 01 a\nquorum g\n", "line 2 of the policy: `01` is not"),
        ("witness a @1\ngroup g ALL a\nquorum g\n", "line 2 of the policy: `ALL` is not"),
        (
            "witness a @1\ngroup g any a a\nquorum g\n",
            "line 2 of the policy: `a` is a member of a group already",
        ),
        (
            "witness a @1\ngroup g any a\ngroup h any a\nquorum h\n",
            "line 3 of the policy: `a` is a member of a group already",
        ),
        ("quorum none\r\n", "line 1 of the policy: it has the control character 0x0d"),
    ];
    for (text, wanted) in cases {
        let error = Policy::parse(with_keys(text).as_bytes()).unwrap_err().to_string();
        assert!(
            error.starts_with("the policy ") && error.contains(wanted) || error.starts_with(wanted),
            "{text:?}: {error}"
        );
    }
    assert!(Policy::parse(&vec![b'#'; (1 << 20) + 1]).is_err());
    // One key under two names is one key.
    let renamed = Cosigner::from_seed("other.example".parse().unwrap(), &[101; 32]);
    let twice = format!("witness a @1\nwitness b {}\nquorum a\n", renamed.key());
    assert!(
        Policy::parse(with_keys(&twice).as_bytes())
            .unwrap_err()
            .to_string()
            .contains("`other.example` is listed twice")
    );
}

#[test]
fn what_the_specification_allows_is_read() {
    policy("quorum none");
    policy("\t # a comment\n\n quorum \t none \t\n");
    policy("log @log https://log.example/\nwitness w @1 https://w.example/submit\nquorum w\n");
    policy("quorum none\nwitness late @1\n");
    // A name is octets, whatever they are; `all` is as good as another.
    let octets = [
        &b"witness \xff\xfe "[..],
        witness(1).key().to_string().as_bytes(),
        b"\ngroup all all \xff\xfe\nquorum all\n",
    ]
    .concat();
    assert_eq!(Policy::parse(&octets).unwrap().witnesses()[0].name, b"\xff\xfe");
    let witness = |i: u8| Cosigner::from_seed(format!("w{i}").parse().unwrap(), &[i; 32]);
    let many: String = (0..40).map(|i| format!("witness w{i} {}\n", witness(i).key())).collect();
    let read = Policy::parse(format!("{many}quorum none\n").as_bytes()).unwrap();
    assert_eq!(read.witnesses().len(), 40);
}

/// The example of the specification: two of the X, and any of the Y.
const TWO_LEVELS: &str = "log @log\nwitness X1 @1\nwitness X2 @2\nwitness X3 @3\ngroup X 2 X1 X2 X3\n\
    witness Y1 @4\nwitness Y2 @5\nwitness Y3 @6\ngroup Y any Y1 Y2 Y3\ngroup X-and-Y all X Y\nquorum X-and-Y\n";

#[test]
fn a_quorum_is_met_exactly_when_its_groups_are() {
    let (policy, log) = (policy(TWO_LEVELS), Log::of(10));
    for set in 0_u8..64 {
        let by: Vec<(u8, u64)> =
            (0..6).filter(|bit| set >> bit & 1 == 1).map(|bit| (bit + 1, 1000)).collect();
        let met = (set & 0b111).count_ones() >= 2 && set & 0b111_000 != 0;
        let bytes = checkpoint(&log, &by).to_string();
        assert_eq!(policy.evaluate(bytes.as_bytes()).unwrap().quorum(), met, "{set:06b}");
        assert_eq!(policy.open(bytes.as_bytes()).is_ok(), met);
    }
    let lacking =
        policy.open(checkpoint(&log, &[(1, 1000), (4, 1000)]).to_string().as_bytes()).unwrap_err();
    let words = "the checkpoint lacks witnesses: `X1`, `Y1` cosigned it, `X2`, `X3`, `Y2`, `Y3` did not, and that is not the policy's quorum";
    assert!(lacking.to_string().starts_with(words), "{lacking}");
}

#[test]
fn a_quorum_has_a_time() {
    let (policy, log) = (policy(TWO_LEVELS), Log::of(10));
    // Witness 7 is not of the policy; witness 2 has cosigned twice, and its later word counts.
    let by = [(1, 50), (2, 10), (2, 40), (3, 30), (4, 20), (7, 99)];
    let bytes = checkpoint(&log, &by).to_string();
    let standing = policy.evaluate(bytes.as_bytes()).unwrap();
    let times: Vec<_> =
        standing.cosigned().iter().map(|by| (by.witness.name.as_slice(), by.time)).collect();
    assert_eq!(times, [(&b"X1"[..], 50), (b"X2", 40), (b"X3", 30), (b"Y1", 20)]);
    assert_eq!(
        (standing.oldest(), standing.youngest(), standing.quorum_time()),
        (Some(20), Some(50), Some(20))
    );
    assert!(standing.quorum_since(20) && !standing.quorum_since(21));
    let by = [(1, 50), (2, 40), (3, 30), (4, 60)];
    let bytes = checkpoint(&log, &by).to_string();
    assert_eq!(policy.evaluate(bytes.as_bytes()).unwrap().quorum_time(), Some(40));
    let bytes = checkpoint(&log, &[(1, 50)]).to_string();
    assert_eq!(policy.evaluate(bytes.as_bytes()).unwrap().quorum_time(), None);
    let none = crate::policy::policy("log @log\nwitness X1 @1\nquorum none\n");
    let standing = none.open(bytes.as_bytes()).unwrap();
    assert_eq!((standing.quorum_time(), standing.youngest()), (None, Some(50)));
}

#[test]
fn a_checkpoint_of_an_unknown_log_or_not_by_its_log_is_refused() {
    let log = Log::of(10);
    let bytes = checkpoint(&log, &[(1, 50)]).to_string();
    let without = policy("witness w @1\nquorum w\n");
    assert!(matches!(without.open(bytes.as_bytes()), Err(PolicyRefusal::Log { .. })));
    let with = without.clone().with_log(signer(ORIGIN, 1).key().clone());
    assert_eq!(with.open(bytes.as_bytes()).unwrap().log().key, *signer(ORIGIN, 1).key());
    let namesake = without.with_log(signer(ORIGIN, 2).key().clone());
    assert!(matches!(namesake.open(bytes.as_bytes()), Err(PolicyRefusal::NotByLog { .. })));
    // A known witness whose line is bad makes the whole checkpoint bad, even where the quorum does not need it.
    let mut forged = checkpoint(&log, &[(1, 50)]);
    let elsewhere = Checkpoint::new(ORIGIN, 3, log.frontier.root()).unwrap();
    forged.note_mut().add(witness(2).cosign(&elsewhere, 50).unwrap()).unwrap();
    let both = policy("log @log\nwitness w @1\nwitness v @2\ngroup g any w v\nquorum g\n");
    assert!(matches!(both.open(forged.to_string().as_bytes()), Err(PolicyRefusal::Verify(_))));
}

fn proof(log: &Log, index: u64, by: &[(u8, u64)], extra: Option<Vec<u8>>) -> TlogProof {
    let mut tree = Tree::open(log.size(), log.frontier.root(), log.source()).unwrap();
    let proof = tree.prove_inclusion(index, log.size()).unwrap();
    TlogProof { extra, index, proof, checkpoint: checkpoint(log, by) }
}

#[test]
fn a_proof_stands_alone_and_proves_one_entry_under_a_quorum() {
    let log = Log::of(700);
    let policy = policy("log @log\nwitness w @1\nwitness v @2\ngroup g all w v\nquorum g\n");
    let proof_of =
        |by: &[(u8, u64)]| proof(&log, 333, by, Some(b"what the officer asked".to_vec()));
    let text = proof_of(&[(1, 60), (2, 50)]).to_string();
    let read = TlogProof::parse(text.as_bytes()).unwrap();
    assert_eq!(read.to_string(), text);
    let standing = read.verify(&log.leaves[333], &policy).unwrap();
    assert_eq!((standing.oldest(), standing.checkpoint().checkpoint().size()), (Some(50), 700));
    assert!(matches!(read.verify(&log.leaves[334], &policy), Err(TlogProofRefusal::Proof(_))));
    let moved = TlogProof { index: 334, ..read.clone() };
    assert!(matches!(moved.verify(&log.leaves[333], &policy), Err(TlogProofRefusal::Proof(_))));
    let lacking = proof_of(&[(1, 60)]);
    let refused = lacking.verify(&log.leaves[333], &policy);
    assert!(matches!(refused, Err(TlogProofRefusal::Policy(PolicyRefusal::Quorum { .. }))));
    // A bit of any byte but of the extra data, for which nobody vouches: refused.
    let extra = text.find("extra").unwrap()..text.find("index").unwrap();
    for place in (0..text.len()).filter(|place| !extra.contains(place)) {
        let mut forged = text.clone().into_bytes();
        forged[place] ^= 1;
        let believed =
            TlogProof::parse(&forged).is_ok_and(|p| p.verify(&log.leaves[333], &policy).is_ok());
        assert!(!believed, "byte {place}");
    }
}

#[test]
fn what_is_not_a_proof_is_refused_by_line() {
    let log = Log::of(1);
    let checkpoint = checkpoint(&log, &[]).to_string();
    let hash = format!("{}\n", log.frontier.root());
    let head = "c2sp.org/tlog-proof@v1\n";
    let cases = [
        (String::new(), "line 1, ``"),
        (format!("wrong-header\nindex 0\n\n{checkpoint}"), "line 1, `wrong-header`"),
        (format!("{head}extra !!\nindex 0\n\n{checkpoint}"), "line 2, `extra !!`"),
        (format!("{head}extra \nindex 0\n\n{checkpoint}"), "line 2"),
        (format!("{head}\n\n{checkpoint}"), "line 2, ``"),
        (format!("{head}index x\n\n{checkpoint}"), "line 2, `index x`"),
        (format!("{head}index -5\n\n{checkpoint}"), "line 2"),
        (format!("{head}index 05\n\n{checkpoint}"), "line 2"),
        (format!("{head}index 0\nextra AAAA\n\n{checkpoint}"), "line 3"),
        (format!("{head}extra AAAA\nextra AAAA\nindex 0\n\n{checkpoint}"), "line 3"),
        (format!("{head}index 0\nAAAA\n\n{checkpoint}"), "line 3, `AAAA`, is not a hash"),
        (format!("{head}index 0\n{}\n{checkpoint}", hash.repeat(64)), "line 66"),
        (format!("{head}index 0\n{checkpoint}"), "line 3"),
        (format!("{head}index 0\n\n"), "in the checkpoint, which begins at line 4"),
    ];
    for (text, wanted) in cases {
        let error = TlogProof::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(wanted), "{text:?}: {error}");
    }
    let only = format!("{head}index 0\n\n{checkpoint}");
    let policy = policy("log @log\nquorum none\n");
    TlogProof::parse(only.as_bytes()).unwrap().verify(&log.leaves[0], &policy).unwrap();
}
