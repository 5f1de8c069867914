//! The proof that each commitment of a leaf stands for exactly one row: the argument, and the code that follows it.
//!
//! **Not yet reviewed by an outside cryptographer.** What follows is meant to be checked in one sitting.
//!
//! # Statement
//!
//! The group is ristretto255, of prime order `l` (about 2^252). For a table of `m` rows the generators `G_0 .. G_(m-1)`,
//! `S` and `B` are public ([`Bases`]); nobody knows a relation between them. Given `C`, the prover knows scalars
//! `b_0 .. b_(m-1)` and `r` with
//!
//! ```text
//! C = sum b_k G_k + r B,   every b_k is 0 or 1,   sum b_k = 1.
//! ```
//!
//! # Protocol
//!
//! It is the argument for committed bits with sum 1 of Bootle, Cerulli, Chaidos, Ghadafi, Groth and Petit, *Short
//! accountable ring signatures based on DDH* (ESORICS 2015), with one change: there the products
//! `b_k (1 - b_k)` are committed to each on its own, here a challenge `y` first folds them into one sum, which saves
//! two multiplications of `m` terms.
//!
//! ```text
//! prover    a_1 .. a_(m-1), p, q_1, q_0 at random;  a_0 = -(a_1 + .. + a_(m-1))
//!           A = sum a_k G_k + p B                                                          -> A
//! verifier                                                                                 <- y
//! prover    e_1 =  sum y^k a_k (1 - 2 b_k)          E_1 = e_1 S + q_1 B
//!           e_0 = -sum y^k a_k^2                    E_0 = e_0 S + q_0 B                    -> E_1, E_0
//! verifier                                                                                 <- x
//! prover    f_k = x b_k + a_k  (k = 1 .. m-1)
//!           z = x r + p,  w = x q_1 + q_0                                                  -> f_1 .. f_(m-1), z, w
//! verifier  f_0 = x - (f_1 + .. + f_(m-1)), and checks
//!           (1)  x C + A = sum f_k G_k + z B
//!           (2)  x E_1 + E_0 = (sum y^k f_k (x - f_k)) S + w B
//! ```
//!
//! **Completeness.** `sum b_k = 1` and `sum a_k = 0`, so the implied `f_0` is `x b_0 + a_0`, and (1) holds term by term.
//! `f_k (x - f_k) = x^2 b_k (1 - b_k) + x a_k (1 - 2 b_k) - a_k^2`, whose first part is 0 for bits; weighting by `y^k`
//! and adding gives `x e_1 + e_0`, which is (2).
//!
//! **Special soundness**, for a tree of transcripts with one `A`, `m` different `y` below it, and three different `x`
//! below each `y`. Two answers to `x`, `x'` under (1) give, by subtraction and division by `x - x'`, an opening of `C`:
//! `b_k = (f_k - f'_k) / (x - x')` and `r = (z - z') / (x - x')`, and so `A` opens to `a_k = f_k - x b_k`. Every further
//! answer anywhere in the tree opens the same `x C + A`, so it has `f_k = x b_k + a_k`, or else it yields a relation
//! between the generators. From `sum f_k = x` for two `x`: `sum b_k = 1`, `sum a_k = 0`. Likewise (2) opens `E_1` to
//! `e_1` and `E_0` to `e_0`, both fixed before `x`, and for all three `x`
//! `x e_1 + e_0 = sum y^k f_k (x - f_k)`. Both sides are polynomials in `x` of degree at most 2 that agree in three
//! points, so the coefficient of `x^2` is 0: `sum y^k b_k (1 - b_k) = 0`. This polynomial in `y` has degree below `m`
//! and `m` roots, so every `b_k (1 - b_k) = 0`, and every `b_k` is 0 or 1. As `m < l` and their sum is 1 modulo `l`,
//! exactly one is 1. A prover who convinces with a false statement breaks discrete logarithms, or is lucky with a
//! chance of at most `(m - 1) / l + 2 / l` a try; Fiat-Shamir multiplies that by the number of tries (Attema, Fehr and
//! Klooss, *Fiat-Shamir transformation of multi-round interactive proofs*, TCC 2022).
//!
//! **Zero knowledge** (honest verifier, perfect). The simulator, given `x` and `y`, draws `f_1 .. f_(m-1)`, `z`, `w` and
//! the point `E_1` at random, and computes `A` and `E_0` from (1) and (2). In a real run `a_1 .. a_(m-1)`, `p`, `q_1` and
//! `q_0` make `f_1 .. f_(m-1)`, `z`, `E_1` and `w` uniform and independent of the bits, and (1) and (2) fix the rest: the
//! two have one distribution. With Fiat-Shamir this holds while Keccak behaves as a random function.
//!
//! # Transcript
//!
//! Merlin 3 (STROBE-128), in this order; `append(label, bytes)` and `challenge(label)` are its operations. A challenge
//! is 64 bytes, read as a little-endian number modulo `l`.
//!
//! ```text
//! new("writ-tally/one-hot/1")
//! append("origin", the log's origin)     append("schema", the schema's digest, 32 bytes)
//! append("table", t as 8 bytes, little-endian)
//! append("event", the leaf's salted hash, 32 bytes)     append("C", 32 bytes)
//! append("A", 32 bytes)
//! y = challenge("y")
//! append("E1", 32 bytes)     append("E0", 32 bytes)
//! x = challenge("x")
//! ```
//!
//! So a proof is good for one record, schema, table and leaf body only. It does not bind the leaf's index: a body logged
//! twice is seen by its digest ([`crate::repeated`]).
//!
//! The prover's random scalars come from Merlin's transcript generator after `C`, keyed with row, blinding and the
//! caller's seed: a seed that repeats, or is known to be bad, still never answers two challenges with the same `a_k`
//! unless everything is the same.
//!
//! # Bytes
//!
//! For each table in the schema's order `A`, `E_1`, `E_0`, `f_1 .. f_(m-1)`, `z`, `w`, each 32 bytes: `32 (m + 4)` bytes for a
//! table. Points and scalars have one spelling each, every other is refused.
//!
//! # Time
//!
//! Rows and blindings meet only operations whose time does not depend on them: selection by mask, scalar arithmetic of
//! curve25519-dalek, its constant-time multiplications. Verifying handles public values and is free to be quick.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, MultiscalarMul, VartimeMultiscalarMul};
use merlin::Transcript;
use rand_core::RngCore;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConditionallyNegatable, ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::bases::Bases;
use crate::body::{Body, Commitment, Opening, OpeningError};
use crate::canonical::Digest;
use crate::random::Seeded;
use crate::schema::OtherSchema;

/// Why no proof can be given.
#[derive(Debug, thiserror::Error)]
#[error("no proof for this leaf: {0}")]
pub struct ProveError(#[from] OpeningError);

/// Why a leaf's proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Another number of bytes than the schema asks for.
    #[error("the proof has {found} bytes; under this schema it has {wanted}")]
    Size {
        /// The bytes given.
        found: usize,
        /// The bytes of every proof of the schema.
        wanted: usize,
    },
    /// Bytes that are no point of the group in its one spelling.
    #[error("the proof for table `{table}` has no canonical point as its `{part}`")]
    Point {
        /// The table.
        table: String,
        /// Which part of the proof.
        part: &'static str,
    },
    /// A number at or above the group's order.
    #[error("the proof for table `{table}` has a number that is no canonical scalar")]
    Scalar {
        /// The table.
        table: String,
    },
    /// The proof does not hold.
    #[error(
        "the proof for table `{table}` does not hold: the leaf may count more or less than once there, or the proof is another leaf's"
    )]
    Refused {
        /// The table.
        table: String,
    },
    /// Leaf and generators belong to different schemas.
    #[error(transparent)]
    OtherSchema(#[from] OtherSchema),
}

impl Bases {
    /// The bytes of every leaf's proof under this schema.
    pub fn proof_len(&self) -> usize {
        self.rows().iter().map(|rows| table_len(rows.len())).fold(0, usize::saturating_add)
    }

    /// Proves that `body`, in the record named `origin`, counts in exactly one row of every table. `seed` is 32 random
    /// bytes.
    ///
    /// # Errors
    /// [`ProveError`] where `opening` does not open `body`.
    pub fn prove(
        &self,
        origin: &str,
        body: &Body,
        opening: &Opening,
        seed: &[u8; 32],
    ) -> Result<Vec<u8>, ProveError> {
        opening.check(self, body)?;
        let mut proof = Vec::with_capacity(self.proof_len());
        let tables = (0u64..).zip(body.commitments());
        for ((t, commitment), (row, blinding)) in
            tables.zip(opening.rows().iter().zip(opening.blindings()))
        {
            let Some(rows) = self.rows().get(t as usize) else { break };
            let transcript = self.statement(origin, t, body, commitment);
            self.prove_table(rows, transcript, *row, blinding, seed, &mut proof);
        }
        Ok(proof)
    }

    /// Checks the proof of one leaf; many are checked sooner together: [`Bases::verify_all`].
    ///
    /// # Errors
    /// [`ProofError`], which names the table at fault.
    pub fn verify(&self, origin: &str, body: &Body, proof: &[u8]) -> Result<(), ProofError> {
        let claims = self.claims(origin, body, proof)?;
        let mut weights = Weights::of([(body, proof)], self, origin);
        for (claim, table) in claims.iter().zip(self.schema().tables()) {
            let mut check = Check::new(self);
            check.add(claim, &mut weights);
            if !check.holds() {
                return Err(ProofError::Refused { table: table.name().to_owned() });
            }
        }
        Ok(())
    }

    /// The transcript up to `C`.
    fn statement(&self, origin: &str, t: u64, body: &Body, commitment: &Commitment) -> Transcript {
        let mut transcript = Transcript::new(b"writ-tally/one-hot/1");
        transcript.append_message(b"origin", origin.as_bytes());
        transcript.append_message(b"schema", self.schema().digest().as_bytes());
        transcript.append_u64(b"table", t);
        transcript.append_message(b"event", body.event().as_bytes());
        transcript.append_message(b"C", commitment.compressed.as_bytes());
        transcript
    }

    /// Appends the proof for one table to `proof`.
    fn prove_table(
        &self,
        rows: &[RistrettoPoint],
        mut transcript: Transcript,
        row: u8,
        blinding: &Scalar,
        seed: &[u8; 32],
        proof: &mut Vec<u8>,
    ) {
        let bits: Zeroizing<Bits> = Zeroizing::new(Bits(
            (0u8..).zip(rows).map(|(k, _)| k.ct_eq(&row).unwrap_u8()).collect(),
        ));
        let masks = Masks::draw(rows.len(), &transcript, row, blinding, seed);

        let a = RistrettoPoint::multiscalar_mul(
            masks.a.iter().chain([&masks.p]),
            rows.iter().chain([self.blinding()]),
        )
        .compress();
        let y = announce_a(&mut transcript, &a);

        let (mut e1, mut e0) = (Scalar::ZERO, Scalar::ZERO);
        for ((weight, mask), bit) in powers(y).zip(&masks.a).zip(bits.choices()) {
            let weighted = weight * mask;
            let mut signed = weighted;
            signed.conditional_negate(bit);
            e1 += signed;
            e0 -= weighted * mask;
        }
        let point1 = self.commit_square(&e1, &masks.q1).compress();
        let point0 = self.commit_square(&e0, &masks.q0).compress();
        e1.zeroize();
        e0.zeroize();
        let x = announce_e(&mut transcript, &point1, &point0);

        for point in [&a, &point1, &point0] {
            proof.extend_from_slice(point.as_bytes());
        }
        for (mask, bit) in masks.a.iter().zip(bits.choices()).skip(1) {
            let f = mask + Scalar::conditional_select(&Scalar::ZERO, &x, bit);
            proof.extend_from_slice(f.as_bytes());
        }
        proof.extend_from_slice((x * blinding + masks.p).as_bytes());
        proof.extend_from_slice((x * masks.q1 + masks.q0).as_bytes());
    }

    /// Reads a leaf's proof and computes its challenges: what is left to check are equations.
    pub(crate) fn claims<'a>(
        &self,
        origin: &str,
        body: &'a Body,
        mut proof: &[u8],
    ) -> Result<Vec<Claim<'a>>, ProofError> {
        self.schema().same(body.schema())?;
        let size = ProofError::Size { found: proof.len(), wanted: self.proof_len() };
        if proof.len() != self.proof_len() {
            return Err(size);
        }
        let mut claims = Vec::with_capacity(self.rows().len());
        for (table, (rows, commitment)) in self.rows().iter().zip(body.commitments()).enumerate() {
            let (part, rest) =
                proof.split_at_checked(table_len(rows.len())).ok_or_else(|| size.clone())?;
            proof = rest;
            let transcript = self.statement(origin, table as u64, body, commitment);
            let name = || self.schema().tables().get(table).map_or("", |t| t.name()).to_owned();
            claims
                .push(Claim::parse(table, commitment, transcript, part).map_err(|e| e.at(name()))?);
        }
        Ok(claims)
    }
}

/// The bytes of the proof for a table of `rows` rows.
fn table_len(rows: usize) -> usize {
    rows.saturating_add(4).saturating_mul(32)
}

/// 1 in the row that is meant, 0 in all others; wiped when dropped.
#[derive(Zeroize)]
struct Bits(Vec<u8>);

impl Bits {
    fn choices(&self) -> impl Iterator<Item = Choice> {
        self.0.iter().map(|bit| Choice::from(*bit))
    }
}

/// What the prover draws at random; wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Masks {
    a: Vec<Scalar>,
    p: Scalar,
    q1: Scalar,
    q0: Scalar,
}

impl Masks {
    fn draw(rows: usize, t: &Transcript, row: u8, blinding: &Scalar, seed: &[u8; 32]) -> Masks {
        let mut random = t
            .build_rng()
            .rekey_with_witness_bytes(b"row", &[row])
            .rekey_with_witness_bytes(b"blinding", blinding.as_bytes())
            .finalize(&mut Seeded::new(seed));
        let mut bytes = Zeroizing::new(vec![0; rows.saturating_add(2).saturating_mul(64)]);
        random.fill_bytes(&mut bytes);
        let mut drawn = bytes.as_chunks::<64>().0.iter().map(Scalar::from_bytes_mod_order_wide);
        let mut next = || drawn.next().unwrap_or_default();
        let (p, q1, q0) = (next(), next(), next());
        // Room for all, so that nothing is left behind in memory given back; the first one makes the sum 0.
        let mut a = Vec::with_capacity(rows);
        a.push(Scalar::ZERO);
        a.extend(drawn);
        let sum: Scalar = a.iter().sum();
        if let Some(first) = a.first_mut() {
            *first = -sum;
        }
        Masks { a, p, q1, q0 }
    }
}

/// One table's proof as numbers, with what it is about and its challenges.
pub(crate) struct Claim<'a> {
    table: usize,
    commitment: &'a Commitment,
    a: RistrettoPoint,
    e1: RistrettoPoint,
    e0: RistrettoPoint,
    y: Scalar,
    x: Scalar,
    /// `f_0 .. f_(m-1)`, the first one implied.
    f: Vec<Scalar>,
    z: Scalar,
    w: Scalar,
}

/// What is wrong with the bytes of a table's proof.
enum Malformed {
    Point(&'static str),
    Scalar,
}

impl Malformed {
    fn at(self, table: String) -> ProofError {
        match self {
            Malformed::Point(part) => ProofError::Point { table, part },
            Malformed::Scalar => ProofError::Scalar { table },
        }
    }
}

impl<'a> Claim<'a> {
    fn parse(
        table: usize,
        commitment: &'a Commitment,
        mut transcript: Transcript,
        bytes: &[u8],
    ) -> Result<Claim<'a>, Malformed> {
        let (parts, _) = bytes.as_chunks::<32>();
        let [a, e1, e0, f @ .., z, w] = parts else { return Err(Malformed::Scalar) };
        let point = |bytes: &[u8; 32], part| {
            let compressed = CompressedRistretto(*bytes);
            let point = compressed.decompress().ok_or(Malformed::Point(part))?;
            Ok((compressed, point))
        };
        let scalar = |bytes: &[u8; 32]| {
            Option::from(Scalar::from_canonical_bytes(*bytes)).ok_or(Malformed::Scalar)
        };
        let ((a, a_point), (e1, e1_point), (e0, e0_point)) =
            (point(a, "A")?, point(e1, "E_1")?, point(e0, "E_0")?);
        let y = announce_a(&mut transcript, &a);
        let x = announce_e(&mut transcript, &e1, &e0);
        let mut all = vec![x];
        for bytes in f {
            all.push(scalar(bytes)?);
        }
        let others: Scalar = all.iter().skip(1).sum();
        if let Some(first) = all.first_mut() {
            *first = x - others;
        }
        Ok(Claim {
            table,
            commitment,
            a: a_point,
            e1: e1_point,
            e0: e0_point,
            y,
            x,
            f: all,
            z: scalar(z)?,
            w: scalar(w)?,
        })
    }
}

/// Many claims in one equation: each multiplied by a weight that nobody could know before the proofs were made, then
/// added up. If a claim is false, the sum is the neutral point with a chance of 2^-128.
pub(crate) struct Check<'b> {
    bases: &'b Bases,
    /// What the fixed generators are multiplied by: the rows of each table, `S` and `B`.
    rows: Vec<Vec<Scalar>>,
    square: Scalar,
    blinding: Scalar,
    /// The points of the claims, and what each is multiplied by.
    scalars: Vec<Scalar>,
    points: Vec<RistrettoPoint>,
}

impl<'b> Check<'b> {
    pub(crate) fn new(bases: &'b Bases) -> Check<'b> {
        Check {
            bases,
            rows: bases.rows().iter().map(|rows| vec![Scalar::ZERO; rows.len()]).collect(),
            square: Scalar::ZERO,
            blinding: Scalar::ZERO,
            scalars: Vec::new(),
            points: Vec::new(),
        }
    }

    /// Adds equations (1) and (2) of a claim, each with its own weight.
    pub(crate) fn add(&mut self, claim: &Claim<'_>, weights: &mut Weights) {
        let (u, v) = weights.draw();
        self.scalars.extend([u * claim.x, u, v * claim.x, v]);
        self.points.extend([claim.commitment.point, claim.a, claim.e1, claim.e0]);
        let mut squares = Scalar::ZERO;
        if let Some(rows) = self.rows.get_mut(claim.table) {
            for ((sum, f), weight) in rows.iter_mut().zip(&claim.f).zip(powers(claim.y)) {
                *sum -= u * f;
                squares += weight * (f * (claim.x - f));
            }
        }
        self.square -= v * squares;
        self.blinding -= u * claim.z + v * claim.w;
    }

    /// Whether the sum is the neutral point.
    pub(crate) fn holds(&self) -> bool {
        let fixed = self.rows.iter().flatten().chain([&self.square, &self.blinding]);
        let bases = self.bases.rows().iter().flatten();
        let bases = bases.chain([self.bases.square(), self.bases.blinding()]);
        // Tables without a claim have only zeros here: they cost time, so they are left out.
        let (scalars, points): (Vec<&Scalar>, Vec<&RistrettoPoint>) =
            fixed.zip(bases).filter(|(scalar, _)| **scalar != Scalar::ZERO).unzip();
        RistrettoPoint::vartime_multiscalar_mul(
            scalars.into_iter().chain(&self.scalars),
            points.into_iter().chain(&self.points),
        )
        .is_identity()
    }
}

/// The weights of a batch: 128 bits each, from SHA-256 over everything that the batch claims, so that no proof in it
/// can be made to fit them.
pub(crate) struct Weights {
    seed: Digest,
    next: u64,
}

impl Weights {
    pub(crate) fn of<'a>(
        claims: impl IntoIterator<Item = (&'a Body, &'a [u8])>,
        bases: &Bases,
        origin: &str,
    ) -> Weights {
        let mut hash = Sha256::new();
        hash.update(b"writ-tally/weights/1\0");
        hash.update(bases.schema().digest().as_bytes());
        hash.update((origin.len() as u64).to_le_bytes());
        hash.update(origin);
        // Bodies and proofs have the sizes that the schema gives them, so the borders are plain.
        for (body, proof) in claims {
            hash.update(body.to_bytes());
            hash.update(proof);
        }
        Weights { seed: <[u8; 32]>::from(hash.finalize()).into(), next: 0 }
    }

    fn draw(&mut self) -> (Scalar, Scalar) {
        let drawn = Digest::of(&[self.seed.as_bytes(), &self.next.to_le_bytes()]);
        self.next = self.next.wrapping_add(1);
        let half = |bytes: &[u8; 16]| Scalar::from(u128::from_le_bytes(*bytes));
        match drawn.as_bytes().as_chunks::<16>().0 {
            [u, v] => (half(u), half(v)),
            _ => (Scalar::ONE, Scalar::ONE),
        }
    }
}

fn announce_a(transcript: &mut Transcript, a: &CompressedRistretto) -> Scalar {
    transcript.append_message(b"A", a.as_bytes());
    challenge(transcript, b"y")
}

fn announce_e(
    transcript: &mut Transcript,
    e1: &CompressedRistretto,
    e0: &CompressedRistretto,
) -> Scalar {
    transcript.append_message(b"E1", e1.as_bytes());
    transcript.append_message(b"E0", e0.as_bytes());
    challenge(transcript, b"x")
}

fn challenge(transcript: &mut Transcript, label: &'static [u8]) -> Scalar {
    let mut wide = [0; 64];
    transcript.challenge_bytes(label, &mut wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}

/// `1, y, y^2, ...`
fn powers(y: Scalar) -> impl Iterator<Item = Scalar> {
    std::iter::successors(Some(Scalar::ONE), move |power| Some(power * y))
}
