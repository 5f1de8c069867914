//! Receipts: what they prove, and what poses as one.

use crate::provider::{Folder, ORIGIN, log, policy};
use crate::world::{World, YEAR};
use std::convert::Infallible;
use writ_audit::{Receipt, ReceiptError, ReceiptRefusal};
use writ_tally::{Body, Content, Leaf, Opening};
use writ_tlog::{SignedCheckpoint, Tile, TlogProof, Tree};

fn receipt_in(folder: &Folder, index: u64, epoch: u32, opening: Opening) -> Receipt {
    let checkpoint = SignedCheckpoint::parse(&folder.0["checkpoint"]).unwrap();
    let (size, root) = (checkpoint.checkpoint().size(), checkpoint.checkpoint().root());
    let read = |tile: Tile| Ok::<_, Infallible>(folder.0[&tile.to_string()].clone());
    let proof = Tree::open(size, root, read).unwrap().prove_inclusion(index, size).unwrap();
    Receipt::new(epoch, opening, index, proof, checkpoint)
}

fn receipt(world: &World, stream: &str) -> Receipt {
    let (index, epoch, opening) = world.events[stream].clone();
    receipt_in(&world.folder, index, epoch, opening)
}

fn refusal(receipt: &Receipt) -> String {
    receipt.check(&YEAR.bases, &policy([1, 2])).unwrap_err().to_string()
}

#[test]
fn a_receipt_shows_what_was_logged_where_when_and_how_it_counts() {
    let text = receipt(&YEAR, "C-5-0").to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra "), "{text}");
    let read = Receipt::parse(YEAR.bases.schema(), text.as_bytes()).unwrap();
    let checked = read.check(&YEAR.bases, &policy([1, 2])).unwrap();
    let (index, ..) = YEAR.events["C-5-0"];
    assert_eq!((checked.index, checked.epoch, checked.time), (index, 5, Some(YEAR.end)));
    assert_eq!((checked.origin.as_str(), checked.event.as_str()), (ORIGIN, r#"{"case":"C-5-0"}"#));
    assert_eq!(
        checked.to_string(),
        format!(
            "entry {index} of the record `{ORIGIN}`, in epoch 5, counts as `us/content` in `received`, counts as `1` in \
             `sealed`; in the record by 2027-01-08T01:20:00Z, confirmed by `witness-1.example`, `witness-2.example`"
        )
    );
    assert!(text.len() < 3000, "a receipt has {} bytes", text.len());
}

#[test]
fn a_receipt_stands_under_any_checkpoint_that_covers_its_leaf() {
    let entries = YEAR.folder.entries();
    let (index, epoch, opening) = YEAR.events["C-5-0"].clone();
    for size in [index as usize + 1, 200, 256, 300] {
        let folder = Folder(log(&entries[..size], YEAR.end, &[1, 2]));
        receipt_in(&folder, index, epoch, opening.clone())
            .check(&YEAR.bases, &policy([1, 2]))
            .unwrap();
    }
}

#[test]
fn a_decoy_that_poses_as_a_demand_is_refused() {
    let schema = YEAR.bases.schema();
    let decoy = Opening::decoy(schema, &[3; 32]);
    let nowhere = Opening::new(schema, r#"{"case":"C-9"}"#, &[0, 0, 0], &[3; 32]).unwrap();
    let no_event = Opening::new(schema, "", &[1, 0, 0], &[3; 32]).unwrap();
    for opening in [decoy, nowhere, no_event] {
        let body = Body::seal(&YEAR.bases, &opening).unwrap();
        let leaf = Leaf { epoch: 4, content: Content::Sealed(body) }.to_bytes().unwrap();
        let folder = Folder(log(&[b"before".to_vec(), leaf], YEAR.end, &[1, 2]));
        let error =
            receipt_in(&folder, 1, 4, opening).check(&YEAR.bases, &policy([1, 2])).unwrap_err();
        assert!(matches!(error, ReceiptRefusal::Decoy { index: 1 }), "{error}");
        assert!(error.to_string().starts_with("this is a decoy, not a demand"), "{error}");
    }
}

#[test]
fn a_receipt_for_another_leaf_epoch_or_row_is_refused() {
    let (index, epoch, opening) = YEAR.events["C-5-0"].clone();
    let other = YEAR.events["C-5-1"].2.clone();
    let retold = String::from_utf8(opening.to_json().to_vec()).unwrap().replace("C-5-0", "C-5-9");
    let retold = Opening::parse(YEAR.bases.schema(), retold.as_bytes()).unwrap();
    for (index, epoch, opening) in [
        (index, epoch + 1, opening.clone()),
        (index + 1, epoch, opening.clone()),
        (index, epoch, other),
        (index, epoch, retold),
    ] {
        let refused = refusal(&receipt_in(&YEAR.folder, index, epoch, opening));
        assert!(
            refused.starts_with("the leaf that it opens is not proven to be in the record"),
            "{refused}"
        );
    }
}

#[test]
fn a_receipt_without_its_witnesses_is_refused() {
    let folder = YEAR.folder.clone().with_log(&YEAR.folder.entries(), YEAR.end, &[1, 3]);
    let (index, epoch, opening) = YEAR.events["C-5-0"].clone();
    let refused = refusal(&receipt_in(&folder, index, epoch, opening));
    assert!(refused.contains("lacks witnesses"), "{refused}");
}

#[test]
fn any_changed_byte_of_a_receipt_is_found() {
    let text = receipt(&YEAR, "C-5-0").to_string();
    for byte in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[byte] ^= 1;
        let read = Receipt::parse(YEAR.bases.schema(), &bytes);
        let checked =
            read.ok().and_then(|receipt| receipt.check(&YEAR.bases, &policy([1, 2])).ok());
        assert_eq!(checked, None, "byte {byte}");
    }
}

#[test]
fn a_proof_without_an_opening_is_no_receipt() {
    let proof = TlogProof::parse(receipt(&YEAR, "C-5-0").to_string().as_bytes()).unwrap();
    let with = |extra: Option<&[u8]>| {
        let extra = extra.map(<[u8]>::to_vec);
        let text = TlogProof { extra, ..proof.clone() }.to_string();
        Receipt::parse(YEAR.bases.schema(), text.as_bytes()).unwrap_err()
    };
    let json = String::from_utf8(proof.extra.clone().unwrap()).unwrap();
    let spaced = json.replace(":5,", ": 5,");
    let more = json.replace("{\"epoch\"", "{\"a\":1,\"epoch\"");
    let twice = json.replace("{\"epoch\"", "{\"epoch\":9,\"epoch\"");
    for extra in [
        None,
        Some("x"),
        Some("{}"),
        Some("{\"epoch\":5}"),
        Some("{\"epoch\":-1}"),
        Some(&*spaced),
        Some(&*more),
        Some(&*twice),
    ] {
        let error = with(extra.map(str::as_bytes));
        assert!(matches!(error, ReceiptError::Extra(_)), "{extra:?}: {error}");
    }
    let error = with(Some(b"{\"epoch\":5,\"opening\":{\"rows\":[1]}}"));
    assert!(matches!(error, ReceiptError::Opening(_)), "{error}");
}

#[test]
fn a_receipt_printed_for_debugging_opens_nothing() {
    let shown = format!("{:?}", receipt(&YEAR, "C-5-0"));
    assert!(shown.len() < 60 && !shown.contains("case"), "{shown}");
}
