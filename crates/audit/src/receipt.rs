//! The receipt: that one demand is in the record, when, and how it counts; checked offline, without asking anybody.

use crate::time::instant;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use writ_tally::{
    Bases, Body, Content, Leaf, LeafError, Opening, OpeningError, OtherSchema, Schema,
};
use writ_tlog::{FormError, Hash, Policy, SignedCheckpoint, TlogProof, TlogProofRefusal};

/// A receipt for one sealed leaf. Its text form is a C2SP tlog-proof whose `extra` line is the canonical JSON
/// `{"epoch":…,"opening":…}` in Base64.
///
/// Whoever holds it can open the leaf: it is given to whom the demand concerns, and to nobody else.
pub struct Receipt {
    epoch: u32,
    opening: Opening,
    proof: TlogProof,
}

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Whose record it is in.
    pub origin: String,
    /// The index of its leaf.
    pub index: u64,
    /// The epoch it was logged in.
    pub epoch: u32,
    /// What was logged.
    pub event: String,
    /// In which row of each table it counts.
    pub counts: Vec<Counts>,
    /// By when it was in the record, in seconds since 1970: the oldest cosignature of a witness of the policy. Nothing
    /// where the policy takes the log's word alone.
    pub time: Option<u64>,
    /// The witnesses of the policy that confirmed it.
    pub witnesses: Vec<String>,
}

/// A row that a leaf counts in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The table.
    pub table: String,
    /// The row.
    pub row: String,
}

/// Why text is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// It is no proof of a log.
    #[error("the receipt cannot be read: {0}")]
    Form(#[from] FormError),
    /// It has no `extra` line, or another one.
    #[error(
        "the receipt's `extra` line does not open a leaf: {0}; a receipt has the JSON of an epoch and an opening there"
    )]
    Extra(String),
    /// Its opening is none of this schema.
    #[error("the receipt's opening cannot be read: {0}")]
    Opening(#[from] OpeningError),
}

/// Why a receipt does not prove what it should.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptRefusal {
    /// It opens a leaf that counts as nothing.
    #[error(
        "this is a decoy, not a demand: entry {index} has no event or counts in no table; ask the provider for the receipt of the demand itself"
    )]
    Decoy {
        /// The index of the leaf.
        index: u64,
    },
    /// Its leaf is not in the log, or the log is not believed.
    #[error("the leaf that it opens is not proven to be in the record: {0}")]
    Proof(#[from] TlogProofRefusal),
    /// It was made under another schema.
    #[error(transparent)]
    Schema(#[from] OtherSchema),
    /// What it opens is no leaf.
    #[error(transparent)]
    Leaf(#[from] LeafError),
}

impl Receipt {
    /// The receipt of the leaf at `index`, which `opening` opens, under a checkpoint that covers it.
    pub fn new(
        epoch: u32,
        opening: Opening,
        index: u64,
        proof: Vec<Hash>,
        checkpoint: SignedCheckpoint,
    ) -> Self {
        let extra = Some(extra(epoch, &opening));
        Self { epoch, opening, proof: TlogProof { extra, index, proof, checkpoint } }
    }

    /// Reads a receipt and believes nothing of it.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn parse(schema: &Schema, bytes: &[u8]) -> Result<Self, ReceiptError> {
        let proof = TlogProof::parse(bytes)?;
        let wrong = |what: &str| ReceiptError::Extra(what.to_owned());
        let json = proof.extra.as_deref().ok_or_else(|| wrong("there is none"))?;
        let value: Value =
            serde_json::from_slice(json).map_err(|error| wrong(&error.to_string()))?;
        let epoch = value.get("epoch").and_then(Value::as_u64);
        let epoch = epoch.and_then(|epoch| u32::try_from(epoch).ok());
        let epoch = epoch.ok_or_else(|| wrong("it has no `epoch`"))?;
        let opening = value.get("opening").ok_or_else(|| wrong("it has no `opening`"))?;
        let opening = Opening::parse(schema, opening.to_string().as_bytes())?;
        if extra(epoch, &opening) != json {
            return Err(wrong("it is not in canonical form"));
        }
        Ok(Self { epoch, opening, proof })
    }

    /// Checks everything: that the leaf made from epoch and opening is the entry at this index, under a checkpoint that
    /// the policy believes, and that it stands for something.
    ///
    /// # Errors
    /// [`ReceiptRefusal`].
    pub fn check(&self, bases: &Bases, policy: &Policy) -> Result<Checked, ReceiptRefusal> {
        let body = Body::seal(bases, &self.opening)?;
        let leaf = Leaf { epoch: self.epoch, content: Content::Sealed(body) }.to_bytes()?;
        let standing = self.proof.verify(&Hash::of_leaf(&leaf), policy)?;
        let index = self.proof.index;
        if self.opening.event().is_empty() || self.opening.rows().iter().all(|row| *row == 0) {
            return Err(ReceiptRefusal::Decoy { index });
        }
        let rows = bases.schema().tables().iter().zip(self.opening.rows());
        let counts = rows.filter_map(|(table, row)| {
            let row = table.rows().get(usize::from(*row))?.clone();
            Some(Counts { table: table.name().to_owned(), row })
        });
        Ok(Checked {
            origin: standing.checkpoint().checkpoint().origin().to_owned(),
            index,
            epoch: self.epoch,
            event: self.opening.event().to_owned(),
            counts: counts.collect(),
            time: standing.oldest(),
            witnesses: standing
                .cosigned()
                .iter()
                .map(|by| by.witness.key.name().to_string())
                .collect(),
        })
    }
}

fn extra(epoch: u32, opening: &Opening) -> Vec<u8> {
    let start = format!("{{\"epoch\":{epoch},\"opening\":");
    [start.as_bytes(), &opening.to_json(), b"}"].concat()
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.proof.fmt(f)
    }
}

/// Tells nothing of what is inside.
impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").field("index", &self.proof.index).finish_non_exhaustive()
    }
}

/// One sentence.
impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} of the record `{}`, in epoch {}", self.index, self.origin, self.epoch)?;
        let zero = |counts: &&Counts| counts.row != "nothing";
        for counts in self.counts.iter().filter(zero) {
            write!(f, ", counts as `{}` in `{}`", counts.row, counts.table)?;
        }
        match self.time {
            Some(time) => write!(
                f,
                "; in the record by {}, confirmed by `{}`",
                instant(time),
                self.witnesses.join("`, `")
            ),
            None => f.write_str("; by the word of the log alone"),
        }
    }
}
