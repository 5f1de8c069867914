//! Transparency logs in the formats that others read: Merkle trees, tiles, notes, checkpoints, witnesses, proofs.
//! Pure.
//!
//! | what | here | specification |
//! |---|---|---|
//! | hashes, proofs | [`Hash`], [`Frontier`], [`verify_inclusion`], [`verify_consistency`] | RFC 6962 section 2.1 |
//! | tiles, entry bundles | [`Tile`], [`Bundle`], [`Tree`] | C2SP tlog-tiles v0.1.0 |
//! | signed notes, keys | [`Note`], [`VerifierKey`], [`Signer`] | C2SP signed-note v1.0.0, types `0x01` and `0x04` |
//! | checkpoints | [`Checkpoint`], [`SignedCheckpoint`] | C2SP tlog-checkpoint v1.0.0 |
//! | cosignatures | [`Cosigner`] | C2SP tlog-cosignature v1.0.1 (Ed25519) |
//! | witnesses | [`Witness`], [`AddCheckpoint`] | C2SP tlog-witness v1.0.0, `add-checkpoint` |
//! | proofs on their own | [`TlogProof`] | C2SP tlog-proof of 22 May 2026 |
//! | whom to trust | [`Policy`] | C2SP tlog-policy of 22 June 2026 |
//!
//! Nothing here writes a log; whoever verifies one needs nothing else. Every parser takes a stranger's bytes, bounds
//! what it takes, and accepts only the one form that it would print itself. Time and stored state are arguments.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod bundle;
mod checkpoint;
mod frontier;
mod hash;
mod head;
mod key;
mod note;
mod policy;
mod proof;
mod text;
mod tile;
mod tlog_proof;
mod tree;
mod witness;

pub use bundle::{BundleError, EntryTooLong, MAX_ENTRY, append_entry};
pub use checkpoint::{Checkpoint, CheckpointError, OpenError, SignedCheckpoint};
pub use frontier::{Frontier, FrontierError};
pub use hash::{Hash, HashError};
pub use head::FormError;
pub use key::{
    Cosigner, KeyError, KeyId, KeyKind, KeyName, MAX_TIME, Signer, TimeError, VerifierKey,
};
pub use note::{MAX_NOTE, MAX_SIGNATURES, Note, NoteError, NoteSignature, Verified, VerifyError};
pub use policy::{
    Cosigned, LineFault, Policy, PolicyError, PolicyLog, PolicyRefusal, PolicyWitness, Standing,
};
pub use proof::{MAX_PROOF, ProofError, verify_consistency, verify_inclusion};
pub use tile::{
    Bundle, FULL, MAX_LEVEL, PathError, Tile, TileError, edge, new_bundles, new_tiles, root_of,
};
pub use tlog_proof::{TlogProof, TlogProofRefusal};
pub use tree::{TileSource, Tree, TreeError};
pub use witness::{
    Accepted, AddCheckpoint, Known, MAX_REQUEST, Refused, Reply, ReplyError, StateError, Vetted,
    Witness, WitnessedLog, monitoring_path,
};

/// The most leaves that a log may have, 2^63 - 1: as many as proofs of 63 hashes reach, and as others' signed
/// numbers hold.
pub const MAX_SIZE: u64 = i64::MAX as u64;
