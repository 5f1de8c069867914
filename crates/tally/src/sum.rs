//! The two sides of a period: what the provider counted, and what a stranger adds up.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::body::{Body, Opening};
use crate::canonical::Digest;
use crate::schema::{OtherSchema, Schema, same};

/// The sum of the commitments of some leaves: all that the totals are checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    schema: Digest,
    leaves: u64,
    points: Vec<RistrettoPoint>,
}

impl Sum {
    /// The sum of no leaf.
    pub fn new(schema: &Schema) -> Sum {
        let points = vec![RistrettoPoint::identity(); schema.tables().len()];
        Sum { schema: schema.digest(), leaves: 0, points }
    }

    /// Adds a leaf, whose proof is to be checked elsewhere: [`crate::Bases::verify_all`] does both.
    ///
    /// # Errors
    /// [`OtherSchema`]; nothing is added then.
    pub fn add(&mut self, body: &Body) -> Result<(), OtherSchema> {
        same(body.schema(), self.schema)?;
        self.leaves = self.leaves.saturating_add(1);
        for (sum, commitment) in self.points.iter_mut().zip(body.commitments()) {
            *sum += commitment.point;
        }
        Ok(())
    }

    /// Adds the leaves of `other`.
    ///
    /// # Errors
    /// [`OtherSchema`]; nothing is added then.
    pub fn merge(&mut self, other: &Sum) -> Result<(), OtherSchema> {
        same(other.schema, self.schema)?;
        self.leaves = self.leaves.saturating_add(other.leaves);
        for (sum, point) in self.points.iter_mut().zip(&other.points) {
            *sum += point;
        }
        Ok(())
    }

    /// How many leaves are in the sum.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    pub(crate) fn schema(&self) -> Digest {
        self.schema
    }

    pub(crate) fn points(&self) -> &[RistrettoPoint] {
        &self.points
    }
}

/// What the provider counted in a period, with the sum of the blindings. Secret; wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Counted {
    #[zeroize(skip)]
    schema: Digest,
    #[zeroize(skip)]
    leaves: u64,
    rows: Vec<Vec<u64>>,
    blindings: Vec<Scalar>,
}

impl Counted {
    /// Nothing counted yet.
    pub fn new(schema: &Schema) -> Counted {
        Counted {
            schema: schema.digest(),
            leaves: 0,
            rows: schema.tables().iter().map(|table| vec![0; table.rows().len()]).collect(),
            blindings: vec![Scalar::ZERO; schema.tables().len()],
        }
    }

    /// Counts a leaf. Takes the same time for each row.
    ///
    /// # Errors
    /// [`OtherSchema`]; nothing is counted then.
    pub fn add(&mut self, opening: &Opening) -> Result<(), OtherSchema> {
        same(opening.schema(), self.schema)?;
        self.leaves = self.leaves.saturating_add(1);
        for (counts, row) in self.rows.iter_mut().zip(opening.rows()) {
            for (k, count) in (0u8..).zip(counts) {
                *count = count.saturating_add(k.ct_eq(row).unwrap_u8().into());
            }
        }
        for (sum, blinding) in self.blindings.iter_mut().zip(opening.blindings()) {
            *sum += blinding;
        }
        Ok(())
    }

    /// How many leaves were counted, decoys with them.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// The counts of each table's rows.
    pub fn rows(&self) -> &[Vec<u64>] {
        &self.rows
    }

    pub(crate) fn schema(&self) -> Digest {
        self.schema
    }

    pub(crate) fn blindings(&self) -> &[Scalar] {
        &self.blindings
    }
}
