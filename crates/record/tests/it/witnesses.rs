//! Witnesses are asked, asked again where they know another size, and a quorum of them decides whether to publish.

use crate::disk::MemoryDisk;
use crate::setup::{ORIGIN, entries, key, writer};
use std::cell::RefCell;
use std::collections::BTreeMap;
use writ_record::{Gathered, Writer, gather};
use writ_tlog::{Cosigner, Known, Policy, Witness, WitnessedLog};

/// Witnesses that answer as the specification says, by their address.
#[derive(Default)]
struct Street(RefCell<BTreeMap<String, (Witness, Option<Known>)>>);

impl Street {
    /// A witness moves in. Gives the line that a policy has for it.
    fn moves_in(&self, name: &str, seed: u8) -> String {
        let cosigner = Cosigner::from_seed(format!("{name}.example").parse().unwrap(), &[seed; 32]);
        let line = format!("witness {name} {} https://{name}.example/\n", cosigner.key());
        let log = WitnessedLog { origin: ORIGIN.to_owned(), keys: vec![key().key().clone()] };
        let witness = Witness::new(cosigner, [log]);
        let url = format!("https://{name}.example/add-checkpoint");
        self.0.borrow_mut().insert(url, (witness, None));
        line
    }

    async fn post(&self, url: String, body: Vec<u8>) -> Result<(u16, Vec<u8>), String> {
        let mut street = self.0.borrow_mut();
        let (witness, known) = street.get_mut(&url).ok_or("nobody answers")?;
        match witness.answer(&body, |_| known.clone(), 1_800_000_000) {
            Ok(accepted) => {
                *known = Some(accepted.state);
                Ok((200, accepted.body.into_bytes()))
            }
            Err(refused) => Ok((refused.status, refused.body.into_bytes())),
        }
    }
}

fn grown(writer: Writer<MemoryDisk>, count: u64) -> Writer<MemoryDisk> {
    let from = writer.size();
    let admitted = writer.admit(from, Vec::new(), entries(from, count)).unwrap();
    writer.append(admitted).unwrap().sign().unwrap()
}

fn ask(writer: &Writer<MemoryDisk>, street: &Street, policy: &str, known: u64) -> Gathered {
    let policy = Policy::parse(policy.as_bytes()).unwrap();
    let gathered = gather(writer, &policy, known, async |url, body| street.post(url, body).await);
    futures::executor::block_on(gathered).unwrap().unwrap()
}

#[test]
fn a_quorum_cosigns_a_growing_log() {
    let street = Street::default();
    let policy = ["one", "two", "three"]
        .map(|name| street.moves_in(name, name.len() as u8 + name.as_bytes()[1]));
    let policy = format!("{}group most 2 one two three\nquorum most\n", policy.concat());
    let disk = MemoryDisk::default();
    let writer = grown(writer(&disk), 5);
    let gathered = ask(&writer, &street, &policy, 0);
    assert!(gathered.quorum && gathered.missing.is_empty());
    let writer = grown(writer.publish(&gathered.checkpoint).unwrap(), 300);
    // Each says that it knows five entries, and is asked again.
    let gathered = ask(&writer, &street, &policy, 0);
    assert!(gathered.quorum, "{:?}", gathered.missing);
    assert_eq!(gathered.checkpoint.note().signatures().len(), 4);
    writer.publish(&gathered.checkpoint).unwrap();
}

#[test]
fn without_a_quorum_it_is_said_who_is_missing_and_why() {
    let street = Street::default();
    let present = street.moves_in("one", 3);
    let away = Cosigner::from_seed("away.example".parse().unwrap(), &[4; 32]);
    let policy = format!(
        "{present}witness away {} https://away.example/\ngroup both all one away\nquorum both\n",
        away.key()
    );
    let gathered = ask(&grown(writer(&MemoryDisk::default()), 1), &street, &policy, 0);
    assert!(!gathered.quorum);
    let missing: Vec<_> =
        gathered.missing.iter().map(|m| (m.witness.as_str(), m.why.as_str())).collect();
    assert_eq!(missing, [("away", "nobody answers")]);
}

#[test]
fn a_witness_that_has_seen_more_is_a_rewound_record() {
    let street = Street::default();
    let policy = format!("{}quorum one\n", street.moves_in("one", 3));
    ask(&grown(writer(&MemoryDisk::default()), 9), &street, &policy, 0);
    let gathered = ask(&grown(writer(&MemoryDisk::default()), 4), &street, &policy, 0);
    assert!(!gathered.quorum);
    assert!(gathered.missing[0].why.contains("rewound"), "{:?}", gathered.missing);
}

#[test]
fn a_witness_that_saw_another_history_never_cosigns_this_one() {
    let street = Street::default();
    let policy = format!("{}quorum one\n", street.moves_in("one", 3));
    ask(&grown(writer(&MemoryDisk::default()), 4), &street, &policy, 0);
    let forked = writer(&MemoryDisk::default());
    let admitted = forked.admit(0, Vec::new(), entries(50, 9)).unwrap();
    let forked = forked.append(admitted).unwrap().sign().unwrap();
    let gathered = ask(&forked, &street, &policy, 4);
    assert!(!gathered.quorum);
    assert!(gathered.missing[0].why.contains("422"), "{:?}", gathered.missing);
}
