//! Proofs that stand alone: that an entry is in a log, checked without asking anybody (C2SP tlog-proof).

use crate::head::{FormError, HeadLines};
use crate::{
    Hash, MAX_NOTE, MAX_PROOF, Policy, PolicyRefusal, ProofError, SignedCheckpoint, Standing, text,
    verify_inclusion,
};
use std::fmt;

/// The most bytes of extra data.
pub const MAX_EXTRA: usize = 1 << 20;
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// The index of an entry, its inclusion proof, and the checkpoint that it leads to. Its text form is a `.tlog-proof` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// What the application put in beside the proof. Nothing vouches for it.
    pub extra: Option<Vec<u8>>,
    /// The index of the entry.
    pub index: u64,
    /// The inclusion proof: the leaf's sibling first.
    pub proof: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
}

/// Why a proof does not prove that the entry is in the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofRefusal {
    /// Its checkpoint is not believed.
    #[error(transparent)]
    Policy(#[from] PolicyRefusal),
    /// The entry is not in the tree.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl TlogProof {
    /// Reads a proof and believes nothing of it.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        let most = MAX_EXTRA.div_ceil(3) * 4 + (MAX_PROOF + 3) * 64 + MAX_NOTE;
        let mut lines = HeadLines::new(bytes, most)?;
        lines.next("`c2sp.org/tlog-proof@v1`", |line| (line == FIRST_LINE).then_some(()))?;
        let wanted =
            "`index` and a decimal number without leading zeros, nor `extra` and Base64 before it";
        let extra = |line: &str| match line.strip_prefix("extra ") {
            Some(extra) => text::unbase64(extra, MAX_EXTRA).filter(|e| !e.is_empty()).map(Ok),
            None => line.strip_prefix("index ").and_then(text::decimal).map(Err),
        };
        let (extra, index) = match lines.next(wanted, extra)? {
            Ok(extra) => {
                let wanted = "`index` and a decimal number without leading zeros";
                let index = |line: &str| line.strip_prefix("index ").and_then(text::decimal);
                (Some(extra), lines.next(wanted, index)?)
            }
            Err(index) => (None, index),
        };
        let proof = lines.hashes()?;
        Ok(Self { extra, index, proof, checkpoint: lines.checkpoint()? })
    }

    /// Checks that the entry whose leaf hash is `leaf` is in the log, under a checkpoint that the policy believes: signed by
    /// one of its logs, cosigned by a quorum. Gives the checkpoint and who cosigned it when.
    pub fn verify<'p>(
        &self,
        leaf: &Hash,
        policy: &'p Policy,
    ) -> Result<Standing<'p>, TlogProofRefusal> {
        let standing = policy.judge(self.checkpoint.clone())?.with_quorum()?;
        let tree = self.checkpoint.checkpoint();
        verify_inclusion(leaf, self.index, tree.size(), &tree.root(), &self.proof)?;
        Ok(standing)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = self.extra.as_ref().filter(|extra| !extra.is_empty()) {
            writeln!(f, "extra {}", text::base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
