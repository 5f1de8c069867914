//! A dishonest prover, written from the documentation alone: it follows the protocol for any weights of the rows.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::MultiscalarMul;
use merlin::Transcript;
use sha2::{Digest, Sha512};
use writ_tally::{Bases, Body};

pub fn scalar(n: u64) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&Sha512::digest(n.to_le_bytes()).into())
}

pub fn number(n: i64) -> Scalar {
    if n < 0 { -Scalar::from(n.unsigned_abs()) } else { Scalar::from(n.unsigned_abs()) }
}

/// `sum weights_k G_k + blinding B`.
pub fn commit(bases: &Bases, table: usize, weights: &[Scalar], blinding: Scalar) -> RistrettoPoint {
    RistrettoPoint::multiscalar_mul(weights, &bases.rows()[table]) + bases.blinding() * blinding
}

/// A body with these commitments and this hash.
pub fn body(bases: &Bases, event: [u8; 32], commitments: &[RistrettoPoint]) -> Body {
    let mut bytes = vec![1];
    bytes.extend(event);
    commitments.iter().for_each(|c| bytes.extend(c.compress().to_bytes()));
    Body::parse(bases.schema(), &bytes).unwrap()
}

/// What the protocol gives for one table when the rows have these weights.
pub fn prove(
    bases: &Bases,
    origin: &str,
    table: usize,
    body: &Body,
    weights: &[Scalar],
    blinding: Scalar,
) -> Vec<u8> {
    let commitment = &body.to_bytes()[33 + 32 * table..][..32];
    let mut transcript = Transcript::new(b"writ-tally/one-hot/1");
    transcript.append_message(b"origin", origin.as_bytes());
    transcript.append_message(b"schema", bases.schema().digest().as_bytes());
    transcript.append_u64(b"table", table as u64);
    transcript.append_message(b"event", body.event().as_bytes());
    transcript.append_message(b"C", commitment);

    let (p, q1, q0) = (scalar(1), scalar(2), scalar(3));
    let mut a: Vec<Scalar> = (0..weights.len() as u64).map(|k| scalar(10 + k)).collect();
    a[0] = -a[1..].iter().sum::<Scalar>();
    let point_a = commit(bases, table, &a, p).compress();
    transcript.append_message(b"A", point_a.as_bytes());
    let y = challenge(&mut transcript, b"y");

    let (mut e1, mut e0, mut power) = (Scalar::ZERO, Scalar::ZERO, Scalar::ONE);
    for (b, a) in weights.iter().zip(&a) {
        e1 += power * a * (Scalar::ONE - b - b);
        e0 -= power * a * a;
        power *= y;
    }
    let point1 = (bases.square() * e1 + bases.blinding() * q1).compress();
    let point0 = (bases.square() * e0 + bases.blinding() * q0).compress();
    transcript.append_message(b"E1", point1.as_bytes());
    transcript.append_message(b"E0", point0.as_bytes());
    let x = challenge(&mut transcript, b"x");

    let mut proof = Vec::new();
    [point_a, point1, point0].iter().for_each(|point| proof.extend(point.as_bytes()));
    weights.iter().zip(&a).skip(1).for_each(|(b, a)| proof.extend((x * b + a).to_bytes()));
    proof.extend((x * blinding + p).to_bytes());
    proof.extend((x * q1 + q0).to_bytes());
    proof
}

fn challenge(transcript: &mut Transcript, label: &'static [u8]) -> Scalar {
    let mut wide = [0; 64];
    transcript.challenge_bytes(label, &mut wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}
