//! The generators of a schema: one for each row, hashed to the group.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::{RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use sha2::{Digest as _, Sha512};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use crate::schema::Schema;

/// A schema with its generators. Made once, shared by threads.
///
/// A generator is `from_uniform_bytes` (the map of RFC 9496 section 4.3.4) of SHA-512 over a public label, so nobody
/// knows how two of them, or one and the basepoint `B`, are related. Blinding goes by `B`.
///
/// | generator | label, followed by the schema's digest (32 bytes) |
/// |---|---|
/// | of table `t`, row `k` | `writ-tally/row/1`, zero byte; after the digest `t` and `k` as one byte each |
/// | `S`, of the squares | `writ-tally/square/1`, zero byte |
#[derive(Clone)]
pub struct Bases {
    schema: Schema,
    rows: Vec<Vec<RistrettoPoint>>,
    square: RistrettoPoint,
    /// Ready multiples of `S`, 30 KiB: each proof multiplies `S` twice.
    squares: Box<RistrettoBasepointTable>,
}

/// Names the schema: the generators follow from it.
impl std::fmt::Debug for Bases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bases").field("schema", &self.schema().digest()).finish_non_exhaustive()
    }
}

impl Bases {
    /// The generators of `schema`: about 10 µs a row.
    pub fn new(schema: Schema) -> Bases {
        let digest = schema.digest();
        let row = |t: u8, k: u8| hash(&[b"writ-tally/row/1\0", digest.as_bytes(), &[t, k]]);
        let rows = (0u8..)
            .zip(schema.tables())
            .map(|(t, table)| (0u8..).zip(table.rows()).map(|(k, _)| row(t, k)).collect())
            .collect();
        let square = hash(&[b"writ-tally/square/1\0", digest.as_bytes()]);
        let squares = Box::new(RistrettoBasepointTable::create(&square));
        Bases { schema, rows, square, squares }
    }

    /// The schema that these follow from.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The generators of each table's rows, in the schema's order.
    pub fn rows(&self) -> &[Vec<RistrettoPoint>] {
        &self.rows
    }

    /// The generator `S`, on which the proof's sum of squares is committed.
    pub fn square(&self) -> &RistrettoPoint {
        &self.square
    }

    /// `e S + q B`, in time that does not depend on either number.
    pub(crate) fn commit_square(&self, e: &Scalar, q: &Scalar) -> RistrettoPoint {
        &*self.squares * e + RistrettoPoint::mul_base(q)
    }

    /// The blinding base `B`: ristretto255's basepoint.
    pub fn blinding(&self) -> &RistrettoPoint {
        &RISTRETTO_BASEPOINT_POINT
    }
}

/// `G_row + blinding B`, in time that depends on the number of rows only. A row out of range takes no generator; the
/// types of those who call keep it in range.
pub(crate) fn commit(rows: &[RistrettoPoint], row: u8, blinding: &Scalar) -> RistrettoPoint {
    let mut chosen = RistrettoPoint::identity();
    for (k, point) in (0u8..).zip(rows) {
        chosen.conditional_assign(point, k.ct_eq(&row));
    }
    chosen + RistrettoPoint::mul_base(blinding)
}

fn hash(label: &[&[u8]]) -> RistrettoPoint {
    let mut hash = Sha512::new();
    for part in label {
        hash.update(part);
    }
    RistrettoPoint::from_uniform_bytes(&hash.finalize().into())
}
