//! Leaves and proofs that cheat, each refused with the table and the leaf at fault.

use crate::forger::{self, number, scalar};
use crate::period::{ORIGIN, SCHEMA, bases, entry, opening, usual};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use writ_tally::{Bases, Body, BodyError, OpeningError, ProofError, Schema, repeated};

fn refused(table: &str) -> Result<(), ProofError> {
    Err(ProofError::Refused { table: table.to_owned() })
}

/// A leaf whose first table has these weights; the other two count for nothing, honestly. All proofs by the forger.
fn weighted(bases: &Bases, weights: [i64; 4]) -> (Body, Vec<u8>) {
    let tables = [weights.map(number).to_vec(), one_hot(4), one_hot(3)];
    let blindings = [scalar(100), scalar(101), scalar(102)];
    let commitments: Vec<RistrettoPoint> =
        (0..3).map(|t| forger::commit(bases, t, &tables[t], blindings[t])).collect();
    let body = forger::body(bases, [7; 32], &commitments);
    let proof = (0..3)
        .flat_map(|t| forger::prove(bases, ORIGIN, t, &body, &tables[t], blindings[t]))
        .collect();
    (body, proof)
}

fn one_hot(rows: usize) -> Vec<Scalar> {
    (0..rows).map(|k| if k == 0 { Scalar::ONE } else { Scalar::ZERO }).collect()
}

#[test]
fn a_prover_written_from_the_documentation_is_accepted_for_each_row() {
    let bases = bases();
    for weights in [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] {
        let (body, proof) = weighted(&bases, weights);
        assert_eq!(bases.verify(ORIGIN, &body, &proof), Ok(()), "{weights:?}");
    }
}

#[test]
fn a_leaf_counts_neither_twice_nor_less_than_once_nor_in_two_rows() {
    let bases = bases();
    let cheats = [
        [0, 2, 0, 0],
        [0, -1, 0, 0],
        [0, 0, 0, 0],
        [0, 2, -1, 0],
        [2, -1, 0, 0],
        [0, 1, 1, 0],
        [1, 1, 0, 0],
        [1, 1, -1, 0],
        [-2, 1, 1, 1],
        [1, 1, 1, 1],
    ];
    for weights in cheats {
        let (body, proof) = weighted(&bases, weights);
        assert_eq!(bases.verify(ORIGIN, &body, &proof), refused("left"), "{weights:?}");
    }
}

#[test]
fn a_proof_is_good_for_its_leaf_table_record_and_schema_only() {
    let logged = usual();
    let bases = &logged.bases;
    let [first, second, ..] = logged.entries.as_slice() else { panic!("two leaves") };
    let (body, proof) = (&first.body, &first.proof);
    assert_eq!(bases.verify(ORIGIN, body, proof), Ok(()));

    assert_eq!(bases.verify(ORIGIN, body, &second.proof), refused("left"), "another leaf's");
    assert_eq!(bases.verify("other.example/record", body, proof), refused("left"));

    // The tables `left` and `right` have one size: their proofs fit each other's place.
    let size = 32 * 8;
    let swapped = [&proof[size..2 * size], &proof[..size], &proof[2 * size..]].concat();
    assert_eq!(bases.verify(ORIGIN, body, &swapped), refused("left"), "another table's");

    let later = SCHEMA.replace("version = 1", "version = 2");
    let later = Bases::new(Schema::parse(&later).unwrap());
    let refusal = later.verify(ORIGIN, body, proof).unwrap_err();
    assert!(matches!(refusal, ProofError::OtherSchema(_)), "{refusal}");
    let moved = Body::parse(later.schema(), &body.to_bytes()).unwrap();
    assert_eq!(later.verify(ORIGIN, &moved, proof), refused("left"), "another schema's");
}

#[test]
fn a_commitment_is_not_used_again_under_another_hash() {
    let logged = usual();
    let entry = &logged.entries[0];
    let mut bytes = entry.body.to_bytes();
    bytes[1..33].copy_from_slice(&[9; 32]);
    let copy = Body::parse(logged.bases.schema(), &bytes).unwrap();
    assert_eq!(logged.bases.verify(ORIGIN, &copy, &entry.proof), refused("left"));
}

#[test]
fn a_leaf_logged_twice_is_seen() {
    let logged = usual();
    let digests = || logged.entries.iter().map(|entry| (entry.index, entry.body.digest()));
    assert_eq!(repeated(digests()), None);
    assert_eq!(repeated(digests().chain([(40, logged.entries[2].body.digest())])), Some((2, 40)));
}

#[test]
fn a_decoy_does_not_pose_as_a_demand_nor_a_demand_as_a_decoy() {
    let bases = bases();
    let demand = opening(&bases, 5, &[1, 0, 2]);
    let body = Body::seal(&bases, &demand).unwrap();
    demand.check(&bases, &body).unwrap();

    for (rows, table, row) in
        [([2, 0, 2], "left", 2), ([0, 0, 2], "left", 0), ([1, 0, 0], "secret", 0)]
    {
        // The same event, nonce and blindings, with other rows.
        let json = String::from_utf8(demand.to_json().to_vec()).unwrap();
        let claimed = json.replace("[1,0,2]", &format!("[{},{},{}]", rows[0], rows[1], rows[2]));
        let claimed = writ_tally::Opening::parse(bases.schema(), claimed.as_bytes()).unwrap();
        let refusal = claimed.check(&bases, &body).unwrap_err();
        let told = matches!(&refusal, OpeningError::OtherRow { table: t, row: r } if t == table && *r == row);
        assert!(told, "{refusal}");
    }
    let other = opening(&bases, 6, &[1, 0, 2]).check(&bases, &body).unwrap_err();
    assert!(matches!(other, OpeningError::OtherEvent { .. }), "{other}");
}

#[test]
fn a_proof_is_not_made_for_a_body_that_the_opening_does_not_open() {
    let bases = bases();
    let body = Body::seal(&bases, &opening(&bases, 1, &[1, 0, 0])).unwrap();
    let refusal = bases.prove(ORIGIN, &body, &opening(&bases, 2, &[1, 0, 0]), &[0; 32]);
    assert!(refusal.unwrap_err().to_string().contains("another event"));
}

#[test]
fn any_flipped_bit_of_a_proof_is_refused() {
    let logged = usual();
    let entry = &logged.entries[4];
    for at in 0..entry.proof.len() {
        let mut proof = entry.proof.clone();
        proof[at] ^= 1 << (at % 8);
        assert!(logged.bases.verify(ORIGIN, &entry.body, &proof).is_err(), "byte {at}");
    }
}

#[test]
fn a_proof_has_one_spelling() {
    let logged = usual();
    let (bases, entry) = (&logged.bases, &logged.entries[0]);
    let changed = |at: usize, part: [u8; 32]| {
        let mut proof = entry.proof.clone();
        proof[at..at + 32].copy_from_slice(&part);
        bases.verify(ORIGIN, &entry.body, &proof)
    };
    let part = |at: usize| <[u8; 32]>::try_from(&entry.proof[at..at + 32]).unwrap();

    // A point with its sign bit set, and one beyond the field.
    let mut negative = part(0);
    negative[0] |= 1;
    let point = |part| Err(ProofError::Point { table: "left".to_owned(), part });
    assert_eq!(changed(0, negative), point("A"));
    assert_eq!(changed(32, [0xff; 32]), point("E_1"));
    // A scalar, the order of the group added.
    let more = plus_order(part(96));
    assert_eq!(changed(96, more), Err(ProofError::Scalar { table: "left".to_owned() }));
    // Both answers moved so that any fixed combination of the two equations would still hold.
    let (z, w) = (32 * 6, 32 * 7);
    let moved = |at: usize, by: Scalar| {
        (Option::<Scalar>::from(Scalar::from_canonical_bytes(part(at))).unwrap() + by).to_bytes()
    };
    let mut proof = entry.proof.clone();
    proof[z..z + 32].copy_from_slice(&moved(z, Scalar::ONE));
    proof[w..w + 32].copy_from_slice(&moved(w, -Scalar::ONE));
    assert_eq!(bases.verify(ORIGIN, &entry.body, &proof), refused("left"));
    // Cut, and grown.
    for size in [0, 31, entry.proof.len() - 1, entry.proof.len() + 1] {
        let mut proof = entry.proof.clone();
        proof.resize(size, 0);
        let wanted = bases.proof_len();
        let refusal = Err(ProofError::Size { found: size, wanted });
        assert_eq!(bases.verify(ORIGIN, &entry.body, &proof), refusal);
    }
}

/// The same number modulo the group's order, written another way.
fn plus_order(bytes: [u8; 32]) -> [u8; 32] {
    let minus_one = (-Scalar::ONE).to_bytes();
    let mut carry = 1u16;
    std::array::from_fn(|i| {
        let sum = u16::from(bytes[i]) + u16::from(minus_one[i]) + carry;
        carry = sum >> 8;
        sum as u8
    })
}

#[test]
fn a_body_has_one_spelling_and_commits_to_something() {
    let bases = bases();
    let bytes = Body::seal(&bases, &opening(&bases, 1, &[1, 0, 0])).unwrap().to_bytes();
    let changed = |at: usize, part: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + part.len()].copy_from_slice(part);
        Body::parse(bases.schema(), &bytes).unwrap_err()
    };
    assert_eq!(changed(0, &[2]), BodyError::Version(2));
    assert_eq!(changed(33, &[0; 32]), BodyError::Neutral("left".to_owned()));
    assert_eq!(changed(65, &[0xff; 32]), BodyError::Point("right".to_owned()));
    assert_eq!(changed(97, &[bytes[97] | 1]), BodyError::Point("secret".to_owned()));
    let cut = Body::parse(bases.schema(), &bytes[..bytes.len() - 1]).unwrap_err();
    assert_eq!(cut, BodyError::Size { found: 128, wanted: 129 });
}

#[test]
fn a_batch_names_the_leaf_at_fault() {
    let logged = usual();
    let bases = &logged.bases;
    assert!(bases.verify_all(ORIGIN, logged.entries.clone()).is_ok());

    let mut entries = logged.entries.clone();
    entries[3].proof = entries[4].proof.clone();
    let fault = bases.verify_all(ORIGIN, entries.clone()).unwrap_err();
    assert_eq!((fault.index, fault.error), (3, ProofError::Refused { table: "left".to_owned() }));

    entries[3].proof.pop();
    let fault = bases.verify_all(ORIGIN, entries).unwrap_err();
    assert_eq!(fault.to_string(), "leaf 3: the proof has 735 bytes; under this schema it has 736");

    // Two leaves whose errors would cancel out, were they not weighted apart.
    let mut entries = logged.entries;
    for (at, by) in [(1, Scalar::ONE), (2, -Scalar::ONE)] {
        let part: [u8; 32] = entries[at].proof[192..224].try_into().unwrap();
        let z = Option::<Scalar>::from(Scalar::from_canonical_bytes(part)).unwrap() + by;
        entries[at].proof[192..224].copy_from_slice(z.as_bytes());
    }
    assert_eq!(bases.verify_all(ORIGIN, entries).unwrap_err().index, 1);
}

#[test]
fn a_batch_longer_than_a_chunk_is_summed_as_a_whole() {
    let bases = Bases::new(
        Schema::parse(
            "name = \"s\"\nversion = 1\n[[table]]\nname = \"t\"\nrows = [\"nothing\", \"a\"]",
        )
        .unwrap(),
    );
    let openings: Vec<_> = (0..530).map(|n| opening(&bases, n, &[(n % 2) as u8])).collect();
    let mut entries: Vec<_> = (0..).zip(&openings).map(|(n, o)| entry(&bases, n, o)).collect();
    let (front, back) = entries.split_at(300);
    let mut sum = bases.verify_all(ORIGIN, front.to_vec()).unwrap();
    sum.merge(&bases.verify_all(ORIGIN, back.to_vec()).unwrap()).unwrap();
    assert_eq!(bases.verify_all(ORIGIN, entries.clone()).unwrap(), sum);
    assert_eq!(sum.leaves(), 530);
    entries[520].proof[100] ^= 1;
    assert_eq!(bases.verify_all(ORIGIN, entries).unwrap_err().index, 520);
}
