//! Every fault that can be planted, and what a reader is told of it: `tests/faults.txt`.

use crate::forger;
use crate::provider::{Asked, Folder, ORIGIN, policy};
use crate::world::{LEAVES, YEAR};
use curve25519_dalek::scalar::Scalar;
use serde_json::{Value, json};
use writ_audit::{Kind, Verdict, proof_path, totals_path};
use writ_tally::{Body, Content, Genesis, Leaf, Opening, Published, Reveal, Totals};

/// What somebody did to the record, and who looks.
struct Planted {
    what: &'static str,
    folder: Folder,
    asked: Asked,
}

/// The index of the first leaf of an epoch. A public leaf follows epoch 17.
fn first_of(epoch: usize) -> usize {
    1 + epoch * LEAVES as usize + usize::from(epoch > 17)
}

fn proof_len() -> usize {
    YEAR.bases.proof_len()
}

/// The record with its entries changed, signed and cosigned anew: its witnesses have not seen the old one.
fn rewritten(change: impl FnOnce(&mut Vec<Vec<u8>>, &mut Folder)) -> Folder {
    let (mut folder, mut entries) = (YEAR.folder.clone(), YEAR.folder.entries());
    change(&mut entries, &mut folder);
    folder.with_log(&entries, YEAR.end, &[1, 2])
}

fn at(what: &'static str, folder: Folder) -> Planted {
    Planted { what, folder, asked: Asked::default() }
}

fn changed(what: &'static str, change: impl FnOnce(&mut Folder)) -> Planted {
    let mut folder = YEAR.folder.clone();
    change(&mut folder);
    at(what, folder)
}

fn flipped(what: &'static str, path: &str, byte: usize) -> Planted {
    changed(what, |folder| folder.flip(path, byte))
}

fn missing(what: &'static str, path: &str) -> Planted {
    changed(what, |folder| drop(folder.0.remove(path).unwrap_or_else(|| panic!("no {path}"))))
}

fn signed_anew(what: &'static str, change: impl FnOnce(&mut Vec<Vec<u8>>, &mut Folder)) -> Planted {
    at(what, rewritten(change))
}

/// Totals changed in one place, published as if they had always been so.
fn other_totals(what: &'static str, change: impl FnOnce(&mut Value)) -> Planted {
    signed_anew(what, |entries, folder| {
        let (index, period) = YEAR.published(0);
        let mut json: Value = serde_json::from_slice(&YEAR.totals[0].to_json()).unwrap();
        change(&mut json);
        let bytes = serde_json::to_vec(&json).unwrap();
        let digest = Totals::parse(&bytes).unwrap().digest();
        folder.0.insert(totals_path(period), bytes);
        let published = Published { digest, from: period.from, to: period.to };
        entries[index] = leaf(17, Content::Published(published));
    })
}

fn leaf(epoch: u32, content: Content) -> Vec<u8> {
    Leaf { epoch, content }.to_bytes().unwrap()
}

/// A leaf in the place of another, with its proof.
fn replace(entries: &mut [Vec<u8>], folder: &mut Folder, epoch: u32, body: Body, proof: &[u8]) {
    let index = first_of(epoch as usize) + 2;
    entries[index] = leaf(epoch, Content::Sealed(body));
    folder.0.get_mut(&proof_path(epoch)).unwrap()[2 * proof_len()..3 * proof_len()]
        .copy_from_slice(proof);
}

/// A leaf whose first table has weights that are not one 1, proven by whoever follows the protocol all the same.
fn weighted(weights: &[(usize, i64)]) -> (Body, Vec<u8>) {
    let bases = &YEAR.bases;
    let tables: Vec<Vec<Scalar>> = (bases.rows().iter().enumerate())
        .map(|(table, rows)| {
            let mut all = vec![Scalar::ZERO; rows.len()];
            match table {
                0 => weights.iter().for_each(|(row, weight)| all[*row] = forger::number(*weight)),
                _ => all[0] = Scalar::ONE,
            }
            all
        })
        .collect();
    let blindings = [forger::scalar(1), forger::scalar(2), forger::scalar(3)];
    let points: Vec<_> = (0..3)
        .map(|table| forger::commit(bases, table, &tables[table], blindings[table]))
        .collect();
    let body = forger::body(bases, [5; 32], &points);
    let prove =
        |table: usize| forger::prove(bases, ORIGIN, table, &body, &tables[table], blindings[table]);
    let proof = (0..3).flat_map(prove).collect();
    (body, proof)
}

fn cheat(what: &'static str, weights: &[(usize, i64)]) -> Planted {
    let (body, proof) = weighted(weights);
    signed_anew(what, |entries, folder| replace(entries, folder, 20, body, &proof))
}

fn since(what: &'static str, folder: Folder, seen: &[Vec<u8>]) -> Planted {
    let since = Folder::default().with_log(seen, YEAR.end, &[1]).0.remove("checkpoint");
    Planted { what, folder, asked: Asked { since, ..Asked::default() } }
}

fn of_files() -> Vec<Planted> {
    let proof = proof_path(3);
    let (_, period) = YEAR.published(1);
    let totals = totals_path(period);
    let signature = |number: usize| {
        let text = String::from_utf8(YEAR.folder.0["checkpoint"].clone()).unwrap();
        text.match_indices('—').nth(number).unwrap().0 + 60
    };
    vec![
        flipped("a byte of the signed size is changed", "checkpoint", ORIGIN.len() + 1),
        flipped("a byte of the provider's signature is changed", "checkpoint", signature(0)),
        flipped("a byte of a witness's signature is changed", "checkpoint", signature(2)),
        flipped("a byte of a full tile of entries' hashes is changed", "tile/0/000", 40),
        flipped("a byte of a partial tile of entries' hashes is changed", "tile/0/001.p/45", 40),
        flipped("a byte of a tile of the level above is changed", "tile/1/000.p/1", 3),
        flipped("a byte of an entry is changed", "tile/entries/000", 2000),
        flipped("a byte of an entry at the end is changed", "tile/entries/001.p/45", 3),
        flipped("the length of an entry is changed", "tile/entries/001.p/45", 1),
        changed("something is added after the last entry", |folder| {
            folder.0.get_mut("tile/entries/001.p/45").unwrap().push(0);
        }),
        flipped("a byte of a proof is changed", &proof, 5 * proof_len() + 700),
        changed("a proof is cut off", |folder| {
            folder.0.get_mut(&proof).unwrap().pop();
        }),
        flipped("a digit of published totals is changed", &totals, 400),
        missing("the checkpoint is missing", "checkpoint"),
        missing("a partial tile is missing", "tile/0/001.p/45"),
        missing("a full tile is missing", "tile/0/000"),
        missing("a partial bundle of entries is missing", "tile/entries/001.p/45"),
        missing("a full bundle of entries is missing", "tile/entries/000"),
        missing("the proofs of an epoch are missing", &proof),
        missing("published totals are missing", &totals),
    ]
}

fn of_histories() -> Vec<Planted> {
    let entries = YEAR.folder.entries();
    let longer = [entries.clone(), vec![entries[1].clone()]].concat();
    let mut other = entries[..280].to_vec();
    other[9][50] ^= 1;
    let cosigned = |witnesses: &[u8], time| YEAR.folder.clone().with_log(&entries, time, witnesses);
    let now = Some(YEAR.end);
    vec![
        since("the record is shorter than when it was last seen", YEAR.folder.clone(), &longer),
        since("the record began otherwise when it was last seen", YEAR.folder.clone(), &other),
        at("only one of two witnesses has cosigned", cosigned(&[1], YEAR.end)),
        Planted {
            what: "one of the two witnesses is not one that the reader trusts",
            folder: cosigned(&[1, 3], YEAR.end),
            asked: Asked { policy: policy([1, 2]), ..Asked::default() },
        },
        Planted {
            what: "witnesses cosigned a day from now",
            folder: cosigned(&[1, 2], YEAR.end + 86_400),
            asked: Asked { now, ..Asked::default() },
        },
        Planted {
            what: "the record was not kept for a year",
            folder: YEAR.folder.clone(),
            asked: Asked { now: now.map(|now| now + 366 * 86_400), ..Asked::default() },
        },
    ]
}

fn of_leaves() -> Vec<Planted> {
    let genesis = |change: fn(&mut Genesis)| {
        move |entries: &mut Vec<Vec<u8>>, _: &mut Folder| {
            let first = Leaf::parse(YEAR.bases.schema(), &entries[0]).unwrap();
            let Content::Genesis(mut genesis) = first.content else { panic!("no genesis") };
            change(&mut genesis);
            entries[0] = leaf(0, Content::Genesis(genesis));
        }
    };
    let last = 36;
    vec![
        signed_anew(
            "the rules are those of another record",
            genesis(|g| g.origin = "other.example".to_owned()),
        ),
        signed_anew("the rules name another schema", genesis(|g| g.schema = [1; 32].into())),
        signed_anew("the rules say more entries an epoch", genesis(|g| g.leaves_per_epoch = 9)),
        signed_anew("the rules are laid down twice", |entries, _| entries.push(entries[0].clone())),
        signed_anew("the record begins without rules", |entries, _| drop(entries.remove(0))),
        signed_anew("an entry is none that a record has", |entries, _| {
            entries[40] = b"gone".to_vec()
        }),
        signed_anew("the last epoch has one entry too few", |entries, _| {
            drop(entries.remove(first_of(last) + 7))
        }),
        signed_anew("an entry is left out", |entries, _| drop(entries.remove(first_of(30) + 3))),
        signed_anew("an epoch is left out", |entries, _| {
            entries.drain(first_of(last - 1)..first_of(last));
        }),
        signed_anew("an entry is added to an epoch", |entries, _| {
            let (body, _) = weighted(&[(0, 1)]);
            entries.insert(first_of(30), leaf(30, Content::Sealed(body)));
        }),
        signed_anew("an entry is logged twice, with its proof", |entries, folder| {
            let from = first_of(36) + 1;
            entries[from + 1] = entries[from].clone();
            let proofs = folder.0.get_mut(&proof_path(36)).unwrap();
            proofs.copy_within(proof_len()..2 * proof_len(), 2 * proof_len());
        }),
        signed_anew("a commitment is used again under another event", |entries, folder| {
            let from = first_of(36) + 1;
            let commitments = entries[from][39..].to_vec();
            entries[from + 1][39..].copy_from_slice(&commitments);
            let proofs = folder.0.get_mut(&proof_path(36)).unwrap();
            proofs.copy_within(proof_len()..2 * proof_len(), 2 * proof_len());
        }),
        cheat("an entry counts twice in one row and takes one away in another", &[(1, 2), (2, -1)]),
        cheat("an entry counts as two demands", &[(1, 2)]),
        cheat("an entry takes a demand away", &[(1, -1)]),
        cheat("an entry counts as nothing at all", &[]),
        changed("the proofs of two entries are exchanged", |folder| {
            let proofs = folder.0.get_mut(&proof_path(3)).unwrap();
            let (first, second) = proofs.split_at_mut(proof_len());
            first.swap_with_slice(&mut second[..proof_len()]);
        }),
        changed("the proofs of another epoch are given", |folder| {
            let other = folder.0[&proof_path(4)].clone();
            folder.0.insert(proof_path(3), other);
        }),
    ]
}

fn of_reveals() -> Vec<Planted> {
    let (index, _, opening) = &YEAR.events["C-5-0"];
    let reveal =
        |index: u64, opening: Opening| leaf(36, Content::Reveal(Reveal { index, opening }));
    let mut retold: Value = serde_json::from_slice(&opening.to_json()).unwrap();
    retold["event"] = json!(r#"{"case":"C-5-1"}"#);
    let mut reclassed: Value = serde_json::from_slice(&opening.to_json()).unwrap();
    reclassed["rows"][0] = json!(2);
    let parse = |json: &Value| {
        Opening::parse(YEAR.bases.schema(), &serde_json::to_vec(json).unwrap()).unwrap()
    };
    let also = |what, entry: Vec<u8>| signed_anew(what, |entries, _| entries.push(entry));
    vec![
        also("a reveal tells another story", reveal(*index, parse(&retold))),
        also("a reveal names another row", reveal(*index, parse(&reclassed))),
        also("a reveal is of another entry", reveal(index + 1, opening.clone())),
        also("a reveal is of an entry that is not sealed", reveal(0, opening.clone())),
        signed_anew("a case is revealed twice", |entries, _| {
            entries.extend([reveal(*index, opening.clone()), reveal(*index, opening.clone())]);
        }),
    ]
}

fn of_totals() -> Vec<Planted> {
    let period = |from: usize, to: usize| {
        let published = Published { digest: [0; 32].into(), from: from as u64, to: to as u64 };
        move |entries: &mut Vec<Vec<u8>>, _: &mut Folder| {
            entries.push(leaf(36, Content::Published(published)));
        }
    };
    let row = |table: usize, name: &str| {
        let rows = YEAR.bases.schema().tables()[table].rows();
        rows.iter().position(|row| row == name).unwrap()
    };
    let count =
        |table: usize, name: &str| format!("/tables/{table}/rows/{}/total/exact", row(table, name));
    let (us, eu) = (count(0, "us/content"), count(0, "eu/traffic"));
    let band = format!("/tables/0/rows/{}/total", row(0, "us/national-security"));
    vec![
        signed_anew(
            "totals of half an epoch are published",
            period(first_of(36), first_of(36) + 4),
        ),
        signed_anew(
            "totals of entries that are not there yet are published",
            period(first_of(36), first_of(36) + 9),
        ),
        signed_anew(
            "totals of overlapping periods are published",
            period(first_of(35), first_of(37)),
        ),
        other_totals("one demand is told less", |json| *json.pointer_mut(&us).unwrap() = json!(17)),
        other_totals("a count is moved to another row", |json| {
            *json.pointer_mut(&us).unwrap() = json!(17);
            *json.pointer_mut(&eu).unwrap() = json!(19);
        }),
        other_totals("the next band is told", |json| {
            *json.pointer_mut(&format!("{band}/band/from")).unwrap() = json!(250);
            *json.pointer_mut(&format!("{band}/band/to")).unwrap() = json!(499);
        }),
        other_totals("a band is told that no law knows", |json| {
            *json.pointer_mut(&format!("{band}/band/to")).unwrap() = json!(99);
        }),
        other_totals("a count is told where only a band may be", |json| {
            *json.pointer_mut(&band).unwrap() = json!({"exact": 18});
        }),
        signed_anew("a demand is replaced by a decoy, with a good proof", |entries, folder| {
            let (index, epoch, _) = YEAR.events["C-5-0"];
            let decoy = Opening::decoy(YEAR.bases.schema(), &[3; 32]);
            let body = Body::seal(&YEAR.bases, &decoy).unwrap();
            let proof = YEAR.bases.prove(ORIGIN, &body, &decoy, &[4; 32]).unwrap();
            let place = (index as usize - first_of(5)) * proof_len();
            folder.0.get_mut(&proof_path(5)).unwrap()[place..][..proof_len()]
                .copy_from_slice(&proof);
            entries[index as usize] = leaf(epoch, Content::Sealed(body));
        }),
    ]
}

fn all() -> Vec<Planted> {
    [of_files(), of_histories(), of_leaves(), of_reveals(), of_totals()]
        .into_iter()
        .flatten()
        .collect()
}

/// As a reader sees it: one fault a line.
fn told(planted: &Planted) -> String {
    let verdict = planted.folder.audit(&YEAR.bases, &planted.asked);
    assert!(!verdict.is_whole(), "not found: {}", planted.what);
    let lines = verdict.faults().iter().map(|fault| {
        let entry = fault.entry.map(|index| format!(", entry {index}")).unwrap_or_default();
        let byte = fault.byte.map(|byte| format!(", byte {byte}")).unwrap_or_default();
        format!("    {} in {}{entry}{byte}: {}\n", fault.kind.name(), fault.file, fault.what)
    });
    format!("{}\n{}\n", planted.what, lines.collect::<String>())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what is told now is left for whoever changed it")]
fn every_planted_fault_is_named_with_its_place() {
    let told: String = all().iter().map(told).collect();
    let expected = include_str!("../faults.txt");
    if told != expected {
        let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/faults.txt");
        std::fs::write(path, &told).unwrap();
        panic!("not as in tests/faults.txt; what is told now is in {path}");
    }
}

#[test]
fn every_kind_of_fault_is_planted_somewhere() {
    let reports = include_str!("reports.rs");
    for kind in Kind::ALL {
        let line = format!("    {} in ", kind.name());
        let planted = include_str!("../faults.txt").contains(&line);
        assert!(planted || reports.contains(&format!("\"{}", kind.name())), "{}", kind.name());
    }
}

#[test]
fn every_kind_of_fault_is_explained_in_the_documentation() {
    let document = include_str!("../../../../docs/record-format.md");
    for kind in Kind::ALL {
        let row = format!("| `{}` | {} |", kind.name(), kind.meaning());
        assert!(document.contains(&row), "docs/record-format.md lacks\n{row}");
    }
}

#[test]
fn a_verdict_is_one_sentence_that_names_the_first_fault_and_what_it_means() {
    let mut folder = YEAR.folder.clone();
    folder.flip("tile/entries/000", 2000);
    let verdict = folder.audit(&YEAR.bases, &Asked::default()).to_string();
    let expected = "the record is not what it claims to be: 1 fault, the first entry-changed in `tile/entries/000`, \
                    entry 14";
    assert!(verdict.starts_with(expected), "{verdict}");
    assert!(verdict.ends_with(Kind::EntryChanged.meaning()), "{verdict}");
    folder = YEAR.folder.clone();
    folder.0.remove("tile/entries/000").unwrap();
    let verdict = folder.audit(&YEAR.bases, &Asked::default()).to_string();
    assert!(verdict.starts_with("the record could not be checked whole: 1 fault"), "{verdict}");
}

#[test]
fn no_more_than_twenty_faults_are_named() {
    let mut folder = YEAR.folder.clone();
    for epoch in 0..37 {
        folder.0.remove(&proof_path(epoch)).unwrap();
    }
    let verdict = folder.audit(&YEAR.bases, &Asked::default());
    assert_eq!(verdict.faults().len(), 20);
    assert!(verdict.to_string().contains("20 faults or more"));
    assert!(matches!(verdict, Verdict::Faulty(_)));
}

#[test]
fn an_earlier_checkpoint_of_another_log_is_no_fault_of_this_one() {
    for since in [b"not a checkpoint".to_vec(), {
        let mut bytes = YEAR.folder.0["checkpoint"].clone();
        bytes[ORIGIN.len() + 1] ^= 1;
        bytes
    }] {
        let asked = Asked { since: Some(since), ..Asked::default() };
        let error = YEAR.folder.try_audit(&YEAR.bases, &asked).unwrap_err().to_string();
        assert!(error.starts_with("the earlier checkpoint cannot be compared with"), "{error}");
    }
}
