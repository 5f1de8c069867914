//! The totals of a period: counts in the clear, counts in a band, and the proof that they are the leaves' sum.

use bulletproofs::{BulletproofGens, PedersenGens, RangeProof};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use merlin::{Transcript, TranscriptRng};
use rand_core::RngCore;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::band::{Band, BandError, Width};
use crate::bases::Bases;
use crate::canonical::{Digest, JsonError, from_json, hex_array, hex_bytes, to_json};
use crate::random::Seeded;
use crate::schema::{OtherSchema, Table};
use crate::sum::{Counted, Sum};

/// What the first member of the JSON says.
const FORMAT: &str = "writ-totals/1";
/// The longest totals read, in bytes.
const MAX_TEXT: usize = 1024 * 1024;
/// The greatest whole number that JSON carries safely (RFC 8785).
const MAX_NUMBER: u64 = (1 << 53) - 1;
/// Both distances of a count from the ends of its band are below 2^16.
const BAND_BITS: usize = 16;
/// A hidden count is below 2^32.
const HIDDEN_BITS: usize = 32;

/// The leaves that totals are about, by their indices in the log.
///
/// Totals of overlapping periods open what lies between them: whoever subtracts the counts of leaves 0 to 99 from those
/// of 0 to 100 knows leaf 100. The same is true of bands, where the difference crosses a border, and of a period whose
/// other leaves have all been revealed. Whoever calls keeps periods disjoint and long, and publishes each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The index of the first leaf.
    pub from: u64,
    /// The index after the last leaf.
    pub to: u64,
}

/// The totals of a period, as published: JSON in canonical form (RFC 8785).
///
/// For each table it must hold that
///
/// ```text
/// sum over exact rows n_k G_k  +  sum over other rows T_k  +  delta B  =  sum of the leaves' commitments.
/// ```
///
/// A banded row has a point `T_k = n_k G_k + s_k B` and a range proof (Bünz et al., *Bulletproofs*, IEEE S&P 2018; the
/// crate `bulletproofs`, with value base `G_k` and blinding base `B`) that `n_k - from` and `to - n_k` both lie in
/// [0, 2^16), so that `n_k` lies in the band. The range proof also proves that its maker knows `n_k` and `s_k`, so
/// nothing of another row hides in `T_k`: by the independence of the generators each count is the leaves' sum of its
/// row. Where any row of a table is banded, row 0 is hidden: it has a point `T_0` and a proof that its count lies in
/// [0, 2^32). `delta` is the sum of the leaves' blindings less the sum of all `s_k`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    format: String,
    leaves: u32,
    origin: String,
    period: Period,
    schema: Digest,
    tables: Vec<TableTotals>,
    width: Width,
}

/// The totals of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableTotals {
    #[serde(with = "hex_array")]
    delta: [u8; 32],
    rows: Vec<RowTotal>,
    table: String,
}

/// The total of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowTotal {
    row: String,
    total: Total,
}

/// How a row's total is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Total {
    /// The count.
    Exact(u32),
    /// The count lies between `from` and `to`.
    Band {
        /// The least count.
        from: u32,
        /// `T_k`.
        #[serde(with = "hex_array")]
        point: [u8; 32],
        /// The range proof of both distances.
        #[serde(with = "hex_bytes")]
        proof: Vec<u8>,
        /// The greatest count.
        to: u32,
    },
    /// Nothing is told: row 0 beside banded rows.
    Hidden {
        /// `T_0`.
        #[serde(with = "hex_array")]
        point: [u8; 32],
        /// The range proof.
        #[serde(with = "hex_bytes")]
        proof: Vec<u8>,
    },
}

/// Why totals cannot be made or read, or are not the record's sum.
#[derive(Debug, thiserror::Error)]
pub enum TotalsError {
    /// Too long to be read.
    #[error("the totals have {0} bytes; at most {MAX_TEXT} are read")]
    TooLong(usize),
    /// Not the JSON of totals.
    #[error("the totals cannot be read: {0}")]
    Json(#[from] JsonError),
    /// Written for another record, period or form.
    #[error("the totals are for {what} `{found}`, not `{wanted}`")]
    Other {
        /// What differs.
        what: &'static str,
        /// What the totals say.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// Counted or summed under another schema.
    #[error(transparent)]
    OtherSchema(#[from] OtherSchema),
    /// A period that ends before it starts, or lies beyond 2^53.
    #[error("a period from leaf {0} to before leaf {1} is none")]
    Period(u64, u64),
    /// A period of 2^32 sealed leaves or more.
    #[error("{0} leaves are more than totals are made for; a period has fewer than 2^32")]
    TooMany(u64),
    /// Another number of sealed leaves than were summed.
    #[error(
        "the totals speak of {stated} leaves, the period has {summed}: one was dropped or added"
    )]
    Leaves {
        /// How many the totals state.
        stated: u64,
        /// How many were summed.
        summed: u64,
    },
    /// Tables or rows that are not the schema's.
    #[error("the totals have {found} where the schema has {wanted}")]
    Shape {
        /// What the totals have.
        found: String,
        /// What belongs there.
        wanted: String,
    },
    /// A row at fault.
    #[error("row `{row}` of table `{table}`: {error}")]
    Row {
        /// The table.
        table: String,
        /// The row.
        row: String,
        /// What is wrong with it.
        error: RowError,
    },
    /// A table's `delta` at or above the group's order.
    #[error("the `delta` of table `{0}` is no canonical scalar of ristretto255")]
    Delta(String),
    /// The counts do not add up to the number of leaves.
    #[error(
        "the counts of table `{table}` add up to {counted}, the period has {leaves} leaves: each counts once"
    )]
    Count {
        /// The table.
        table: String,
        /// The sum of its counts.
        counted: u64,
        /// The number of leaves.
        leaves: u64,
    },
    /// The totals are not what the leaves committed to.
    #[error(
        "the totals of table `{0}` are not the sum of the record's leaves: a count was changed, or a leaf was added, dropped or replaced"
    )]
    NotTheSum(String),
}

/// What is wrong with the total of a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// Published in another way than the schema says.
    #[error("the schema wants it published {0}")]
    Manner(&'static str),
    /// A range that is no band of the report.
    #[error(transparent)]
    Band(#[from] BandError),
    /// Bytes that are no point of the group in its one spelling.
    #[error("its point is no canonical point of ristretto255")]
    Point,
    /// The count is not proven to lie where it is said to.
    #[error("no proof that its count lies in {0}")]
    Range(String),
    /// The range proof could not be made.
    #[error("the prover gives no range proof for it, which is a fault of this program")]
    Prover,
}

impl Totals {
    /// Makes the totals of what was counted in `period` of the record named `origin`, with bands of one width.
    /// `seed` is 32 random bytes.
    ///
    /// # Errors
    /// [`TotalsError`]: no period, too many leaves, another schema.
    pub fn prove(
        bases: &Bases,
        origin: &str,
        period: Period,
        width: Width,
        counted: &Counted,
        seed: &[u8; 32],
    ) -> Result<Totals, TotalsError> {
        bases.schema().same(counted.schema())?;
        period.check()?;
        let leaves =
            u32::try_from(counted.leaves()).map_err(|_| TotalsError::TooMany(counted.leaves()))?;
        let mut totals = Totals {
            format: FORMAT.to_owned(),
            leaves,
            origin: origin.to_owned(),
            period,
            schema: bases.schema().digest(),
            tables: Vec::new(),
            width,
        };
        let ranges = Ranges::new(bases, &totals);
        totals.tables = (bases.schema().tables().iter().enumerate())
            .zip(counted.rows().iter().zip(counted.blindings()))
            .map(|((t, table), (counts, blinding))| {
                ranges.prove_table(t, table, counts, blinding, seed)
            })
            .collect::<Result<_, _>>()?;
        Ok(totals)
    }

    /// Checks that these totals are for `period` of the record named `origin`, are published as the schema says, and are
    /// the sum of the leaves that were summed.
    ///
    /// # Errors
    /// [`TotalsError`], which names the table and row at fault.
    pub fn verify(
        &self,
        bases: &Bases,
        origin: &str,
        period: Period,
        sum: &Sum,
    ) -> Result<(), TotalsError> {
        self.check_frame(bases, origin, period, sum)?;
        let ranges = Ranges::new(bases, self);
        let tables = bases.schema().tables().iter().enumerate();
        for (((t, table), stated), summed) in tables.zip(&self.tables).zip(sum.points()) {
            ranges.verify_table(t, table, stated, summed, self.leaves.into())?;
        }
        Ok(())
    }

    fn check_frame(
        &self,
        bases: &Bases,
        origin: &str,
        period: Period,
        sum: &Sum,
    ) -> Result<(), TotalsError> {
        let other = |what, found: &dyn ToString, wanted: &dyn ToString| {
            let (found, wanted) = (found.to_string(), wanted.to_string());
            if found == wanted { Ok(()) } else { Err(TotalsError::Other { what, found, wanted }) }
        };
        let schema = bases.schema();
        schema.same(sum.schema())?;
        other("format", &self.format, &FORMAT)?;
        other("schema", &self.schema, &schema.digest())?;
        other("record", &self.origin, &origin)?;
        other("period", &self.period, &period)?;
        self.period.check()?;
        if u64::from(self.leaves) != sum.leaves() {
            return Err(TotalsError::Leaves { stated: self.leaves.into(), summed: sum.leaves() });
        }
        let found = self.tables.iter().map(TableTotals::table).collect();
        same_names("tables", found, schema.tables().iter().map(Table::name).collect())
    }

    /// Reads totals from their canonical JSON. Nothing is checked but the form: [`Totals::verify`].
    ///
    /// # Errors
    /// [`TotalsError::TooLong`] or [`TotalsError::Json`].
    pub fn parse(json: &[u8]) -> Result<Totals, TotalsError> {
        if json.len() > MAX_TEXT {
            return Err(TotalsError::TooLong(json.len()));
        }
        Ok(from_json(json)?)
    }

    /// The totals as canonical JSON.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }

    /// SHA-256 of the canonical JSON, as the public leaf of kind 4 has it.
    pub fn digest(&self) -> Digest {
        Digest::of(&[&self.to_json()])
    }

    /// The period they are for.
    pub fn period(&self) -> Period {
        self.period
    }

    /// How many sealed leaves the period has, decoys with them.
    pub fn leaves(&self) -> u32 {
        self.leaves
    }

    /// The tables in the schema's order.
    pub fn tables(&self) -> &[TableTotals] {
        &self.tables
    }

    /// A row's count, if it is published.
    pub fn exact(&self, table: &str, row: &str) -> Option<u32> {
        match self.total(table, row)? {
            Total::Exact(count) => Some(*count),
            Total::Band { .. } | Total::Hidden { .. } => None,
        }
    }

    /// The band of a row, if it is published in one.
    pub fn band(&self, table: &str, row: &str) -> Option<Band> {
        match self.total(table, row)? {
            Total::Band { from, to, .. } => Band::new(self.width, *from, *to).ok(),
            Total::Exact(_) | Total::Hidden { .. } => None,
        }
    }

    fn total(&self, table: &str, row: &str) -> Option<&Total> {
        let table = self.tables.iter().find(|t| t.table == table)?;
        table.rows.iter().find(|r| r.row == row).map(|r| &r.total)
    }
}

impl TableTotals {
    /// The table's name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Its rows in the schema's order.
    pub fn rows(&self) -> &[RowTotal] {
        &self.rows
    }
}

impl RowTotal {
    /// The row's name.
    pub fn row(&self) -> &str {
        &self.row
    }

    /// Its total.
    pub fn total(&self) -> &Total {
        &self.total
    }
}

impl Period {
    fn check(self) -> Result<(), TotalsError> {
        if self.from < self.to && self.to <= MAX_NUMBER {
            return Ok(());
        }
        Err(TotalsError::Period(self.from, self.to))
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "leaves {} to before {}", self.from, self.to)
    }
}

/// How the schema wants a row published.
enum Manner {
    Exact,
    Band,
    Hidden,
}

fn manner(table: &Table, row: &str, k: usize) -> Manner {
    match k {
        0 if table.has_bands() => Manner::Hidden,
        _ if table.is_banded(row) => Manner::Band,
        _ => Manner::Exact,
    }
}

/// What the range proofs of one statement share: generators, and the transcript of what they speak about.
struct Ranges<'b> {
    bases: &'b Bases,
    generators: BulletproofGens,
    width: Width,
    frame: Transcript,
}

/// A range to prove or check: a row's point, the bits, and where the band starts and ends.
struct Range {
    point: CompressedRistretto,
    band: Option<Band>,
}

impl<'b> Ranges<'b> {
    fn new(bases: &'b Bases, totals: &Totals) -> Ranges<'b> {
        let mut frame = Transcript::new(b"writ-tally/totals/1");
        frame.append_message(b"origin", totals.origin.as_bytes());
        frame.append_message(b"schema", bases.schema().digest().as_bytes());
        frame.append_u64(b"from", totals.period.from);
        frame.append_u64(b"to", totals.period.to);
        frame.append_u64(b"leaves", totals.leaves.into());
        frame.append_u64(b"width", totals.width.counts().into());
        let generators = BulletproofGens::new(HIDDEN_BITS, 2);
        Ranges { bases, generators, width: totals.width, frame }
    }

    fn prove_table(
        &self,
        t: usize,
        table: &Table,
        counts: &[u64],
        blinding: &Scalar,
        seed: &[u8; 32],
    ) -> Result<TableTotals, TotalsError> {
        let mut delta = *blinding;
        let mut rows = Vec::with_capacity(counts.len());
        for (k, (row, count)) in table.rows().iter().zip(counts).enumerate() {
            let total = match manner(table, row, k) {
                // No count exceeds the number of leaves, which is below 2^32.
                Manner::Exact => Total::Exact(u32::try_from(*count).unwrap_or(u32::MAX)),
                manner => {
                    let (total, s) = self
                        .prove_row((t, k), manner, *count, blinding, seed)
                        .map_err(at_row(table, row))?;
                    delta -= *s;
                    total
                }
            };
            rows.push(RowTotal { row: row.clone(), total });
        }
        Ok(TableTotals { delta: delta.to_bytes(), rows, table: table.name().to_owned() })
    }

    /// The total of a row whose count is not told, and the blinding of its point.
    fn prove_row(
        &self,
        at: (usize, usize),
        manner: Manner,
        count: u64,
        blinding: &Scalar,
        seed: &[u8; 32],
    ) -> Result<(Total, Zeroizing<Scalar>), RowError> {
        let mut random = self.random(at, count, blinding, seed);
        let mut wide = Zeroizing::new([0; 64]);
        random.fill_bytes(&mut *wide);
        let s = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&wide));
        let band = match manner {
            Manner::Band => Some(Band::around(self.width, count)?),
            Manner::Hidden | Manner::Exact => None,
        };
        let (values, blindings) = match band {
            Some(band) => {
                let below = count.saturating_sub(band.from().into());
                let above = u64::from(band.to()).saturating_sub(count);
                (Zeroizing::new(vec![below, above]), Zeroizing::new(vec![*s, -*s]))
            }
            None => (Zeroizing::new(vec![count]), Zeroizing::new(vec![*s])),
        };
        let point = (self.base(at) * Scalar::from(count) + RistrettoPoint::mul_base(&s)).compress();
        let range = Range { point, band };
        let (proof, _) = RangeProof::prove_multiple_with_rng(
            &self.generators,
            &self.pedersen(at),
            &mut self.transcript(at, &range),
            &values,
            &blindings,
            range.bits(),
            &mut random,
        )
        .map_err(|_| RowError::Prover)?;
        let (point, proof) = (point.to_bytes(), proof.to_bytes());
        let total = match band {
            Some(band) => Total::Band { from: band.from(), point, proof, to: band.to() },
            None => Total::Hidden { point, proof },
        };
        Ok((total, s))
    }

    fn verify_table(
        &self,
        t: usize,
        table: &Table,
        stated: &TableTotals,
        summed: &RistrettoPoint,
        leaves: u64,
    ) -> Result<(), TotalsError> {
        let found = stated.rows.iter().map(RowTotal::row).collect();
        same_names("rows", found, table.rows().iter().map(String::as_str).collect())?;
        let delta = Option::from(Scalar::from_canonical_bytes(stated.delta))
            .ok_or_else(|| TotalsError::Delta(table.name().to_owned()))?;
        let (mut scalars, mut points) = (vec![delta], vec![*self.bases.blinding()]);
        let mut counted = 0u64;
        for (k, stated) in stated.rows.iter().enumerate() {
            let (scalar, point) = match (&stated.total, manner(table, &stated.row, k)) {
                (Total::Exact(count), Manner::Exact) => {
                    counted = counted.saturating_add((*count).into());
                    (Scalar::from(*count), self.base((t, k)))
                }
                (total, manner) => {
                    let point = self.verify_row((t, k), total, manner);
                    (Scalar::ONE, point.map_err(at_row(table, &stated.row))?)
                }
            };
            scalars.push(scalar);
            points.push(point);
        }
        // Where all is in the clear this says more than that the points differ.
        if !table.has_bands() && counted != leaves {
            return Err(TotalsError::Count { table: table.name().to_owned(), counted, leaves });
        }
        if RistrettoPoint::vartime_multiscalar_mul(&scalars, &points) == *summed {
            return Ok(());
        }
        Err(TotalsError::NotTheSum(table.name().to_owned()))
    }

    /// The point of a row whose count is not in the clear, once its range is proven.
    fn verify_row(
        &self,
        at: (usize, usize),
        total: &Total,
        manner: Manner,
    ) -> Result<RistrettoPoint, RowError> {
        let (point, proof, band) = match (total, manner) {
            (Total::Band { from, point, proof, to }, Manner::Band) => {
                (point, proof, Some(Band::new(self.width, *from, *to)?))
            }
            (Total::Hidden { point, proof }, Manner::Hidden) => (point, proof, None),
            (_, Manner::Exact) => return Err(RowError::Manner("as a count")),
            (_, Manner::Band) => return Err(RowError::Manner("in a band")),
            (_, Manner::Hidden) => {
                return Err(RowError::Manner("hidden, since other rows of its table are banded"));
            }
        };
        let range = Range { point: CompressedRistretto(*point), band };
        let point = range.point.decompress().ok_or(RowError::Point)?;
        if self.holds(at, &range, &point, proof) {
            return Ok(point);
        }
        Err(RowError::Range(range.to_string()))
    }

    fn holds(
        &self,
        at: (usize, usize),
        range: &Range,
        point: &RistrettoPoint,
        proof: &[u8],
    ) -> bool {
        let Ok(parsed) = RangeProof::from_bytes(proof) else { return false };
        let base = self.base(at);
        let values = match range.band {
            Some(band) => vec![
                (point - base * Scalar::from(band.from())).compress(),
                (base * Scalar::from(band.to()) - point).compress(),
            ],
            None => vec![range.point],
        };
        let mut transcript = self.transcript(at, range);
        // The verifier's own random number, unknown to whoever made the proof until the proof was made.
        let mut fork = transcript.clone();
        fork.append_message(b"proof", proof);
        let mut seed = [0; 32];
        fork.challenge_bytes(b"verify", &mut seed);
        parsed
            .verify_multiple_with_rng(
                &self.generators,
                &self.pedersen(at),
                &mut transcript,
                &values,
                range.bits(),
                &mut Seeded::new(&seed),
            )
            .is_ok()
    }

    /// The generator of a row. The neutral point for a row that is not there; none is asked for.
    fn base(&self, (t, k): (usize, usize)) -> RistrettoPoint {
        let rows = self.bases.rows().get(t).map_or(&[][..], Vec::as_slice);
        rows.get(k).copied().unwrap_or_default()
    }

    fn pedersen(&self, at: (usize, usize)) -> PedersenGens {
        PedersenGens { B: self.base(at), B_blinding: *self.bases.blinding() }
    }

    fn place(&self, (t, k): (usize, usize)) -> Transcript {
        let mut transcript = self.frame.clone();
        transcript.append_u64(b"table", t as u64);
        transcript.append_u64(b"row", k as u64);
        transcript
    }

    fn transcript(&self, at: (usize, usize), range: &Range) -> Transcript {
        let mut transcript = self.place(at);
        transcript.append_message(b"T", range.point.as_bytes());
        transcript.append_message(b"range", range.to_string().as_bytes());
        transcript
    }

    /// The random numbers for one row: keyed with the caller's seed and all that is secret here.
    fn random(
        &self,
        at: (usize, usize),
        count: u64,
        blinding: &Scalar,
        seed: &[u8; 32],
    ) -> TranscriptRng {
        self.place(at)
            .build_rng()
            .rekey_with_witness_bytes(b"count", &count.to_le_bytes())
            .rekey_with_witness_bytes(b"blinding", blinding.as_bytes())
            .finalize(&mut Seeded::new(seed))
    }
}

impl Range {
    fn bits(&self) -> usize {
        if self.band.is_some() { BAND_BITS } else { HIDDEN_BITS }
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.band {
            Some(band) => write!(f, "{band}"),
            None => write!(f, "0-{}", u32::MAX),
        }
    }
}

/// Compared as lists: a name with a comma inside is not two names.
fn same_names(what: &str, found: Vec<&str>, wanted: Vec<&str>) -> Result<(), TotalsError> {
    let told = |names: &[&str]| format!("{what} `{}`", names.join("`, `"));
    if found == wanted {
        return Ok(());
    }
    Err(TotalsError::Shape { found: told(&found), wanted: told(&wanted) })
}

fn at_row(table: &Table, row: &str) -> impl FnOnce(RowError) -> TotalsError {
    let (table, row) = (table.name().to_owned(), row.to_owned());
    move |error| TotalsError::Row { table, row, error }
}
