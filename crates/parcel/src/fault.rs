//! What can be wrong with a parcel, in words that say what it means and what to do.

use std::io;
use std::path::PathBuf;
use writ_vocabulary::{CaseId, Digest};

/// Why a parcel was not opened. Nothing of it is left where it should have been unpacked.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    // The file.
    /// It cannot be read.
    #[error("the parcel `{path}` cannot be read: {source}")]
    Read {
        /// Where it is.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not an age file.
    #[error(
        "`{0}` is not a parcel: it is not an age file in binary form; fetch it again from the provider's portal, and do not let a mail or editor convert it"
    )]
    NotAge(PathBuf),
    /// It is an age file of a later version.
    #[error(
        "`{0}` is sealed with a newer version of age than this program knows: use a newer version of this program"
    )]
    NewerAge(PathBuf),
    /// It is sealed to somebody else.
    #[error(
        "`{path}` cannot be opened with the key `{recipient}`: it is sealed to another key, or its first lines were changed; use the identity of the key that was enrolled when it was sealed, or fetch it again"
    )]
    AnotherKey {
        /// Where it is.
        path: PathBuf,
        /// The recipient that belongs to the identity given.
        recipient: String,
    },
    /// It ends too early.
    #[error("`{path}` is cut short: only {bytes} bytes arrived; fetch it again")]
    Truncated {
        /// Where it is.
        path: PathBuf,
        /// How long it is.
        bytes: u64,
    },
    /// It is not as it was sealed.
    #[error(
        "`{0}` was changed or cut short after it was sealed: its seal is broken; fetch it again, and if that does not help ask the provider for its digest"
    )]
    Damaged(PathBuf),

    // The statement.
    /// It is not a parcel.
    #[error(
        "`{0}` can be decrypted but is not a parcel: it holds no `statement.json` of the form `writ-parcel`; do not trust what it holds"
    )]
    NotAParcel(PathBuf),
    /// It is of a later version.
    #[error(
        "the parcel is of the form `{0}`, this program opens `writ-parcel/1`: use a newer version of this program"
    )]
    NewerFormat(String),
    /// The statement contradicts itself or the format.
    #[error("`statement.json` cannot be accepted: {0}; ask the provider to seal the parcel again")]
    Statement(String),
    /// The statement is not in canonical form.
    #[error(
        "`statement.json` is not in its canonical form, so that two readers could read it differently; ask the provider to seal the parcel again"
    )]
    NotCanonical,
    /// There is no readable signature.
    #[error(
        "`statement.sig` is missing or is no signature: nobody vouches for this parcel; do not use what it holds"
    )]
    Unsigned,
    /// The statement was exchanged.
    #[error(
        "`statement.json` is not the statement that was signed: it was exchanged or changed by somebody else; do not use what it holds, and tell the provider"
    )]
    StatementSwapped,
    /// The signature is false.
    #[error(
        "the signature is not that of the key `{0}` that the parcel names: it is forged; do not use what it holds, and tell the provider"
    )]
    SignatureWrong(Digest),
    /// The provider's key is not the one expected.
    #[error(
        "the parcel is signed by key `{found}` of somebody who calls himself `{name}`, not by the key you expect, `{expected}`; compare with the fingerprint that the provider publishes, by a way other than the one the parcel came"
    )]
    UnknownProvider {
        /// The name it gives.
        name: String,
        /// The fingerprint of its key.
        found: Digest,
        /// What was expected.
        expected: String,
    },
    /// It was signed for somebody else.
    #[error(
        "the parcel was signed for `{authority}`, key `{named}`, and not for yours, `{yours}`: somebody passed it on under the provider's signature; it is not an answer to you"
    )]
    OtherRecipient {
        /// The authority it was signed for.
        authority: String,
        /// The key it was signed for.
        named: String,
        /// The recipient that belongs to the identity given.
        yours: String,
    },
    /// It answers another case.
    #[error("the parcel is of case `{found}`, not of `{expected}`: take the parcel of your case")]
    OtherCase {
        /// The case expected.
        expected: CaseId,
        /// The parcel's case.
        found: CaseId,
    },

    // The files.
    /// A file is not there.
    #[error(
        "`{0}` is missing: the signed statement lists it, the parcel does not hold it in its place; files were removed, renamed or reordered after signing; do not use the rest, and tell the provider"
    )]
    Missing(String),
    /// A file is too many.
    #[error(
        "`{0}` is not in the signed statement: it was added or renamed after signing; do not use what the parcel holds, and tell the provider"
    )]
    Added(String),
    /// A file is there twice.
    #[error(
        "`{0}` is in the parcel twice: a second file was added after signing; do not use what it holds, and tell the provider"
    )]
    Twice(String),
    /// A file has another size or content.
    #[error(
        "`{path}` is not the file that was signed: the statement says {listed}, the parcel holds {found}; do not use what it holds, and tell the provider"
    )]
    FileChanged {
        /// Its path.
        path: String,
        /// What the statement says.
        listed: String,
        /// What is there.
        found: String,
    },
    /// The manifest was exchanged.
    #[error(
        "`manifest.json` is not the manifest that was signed: it was exchanged after signing; do not use what the parcel holds, and tell the provider"
    )]
    ManifestSwapped,
    /// The manifest cannot be read.
    #[error(
        "`manifest.json` is signed but cannot be read ({0}): ask the provider to seal the parcel again"
    )]
    Manifest(String),
    /// The manifest and the production do not agree.
    #[error(
        "`{path}` stands {stands}: manifest and production do not agree; ask the provider to seal the parcel again"
    )]
    ManifestDisagrees {
        /// The file.
        path: String,
        /// Where it stands, and where it does not.
        stands: &'static str,
    },

    // The archive.
    /// Something that a parcel never holds.
    #[error(
        "the archive holds `{entry}`, {what}: no parcel holds such a thing, and unpacking it could write elsewhere on your system; do not unpack it by other means, and tell the provider"
    )]
    Hostile {
        /// Its name, escaped.
        entry: String,
        /// What it is.
        what: &'static str,
    },
    /// An archive that is not a parcel's.
    #[error(
        "the archive inside {0}, which no parcel does; do not unpack it by other means, and ask the provider to seal it again"
    )]
    Broken(&'static str),
    /// A header that says more than a parcel's does.
    #[error(
        "the archive's header of `{0}` has an owner, mode, time or extension that no parcel has; do not unpack it by other means, and ask the provider to seal it again"
    )]
    Irregular(String),
    /// The statement or signature is too large.
    #[error(
        "`{path}` has {bytes} bytes, more than a parcel's may have; do not unpack it by other means"
    )]
    TooLarge {
        /// Which.
        path: &'static str,
        /// How large.
        bytes: u64,
    },

    // The place.
    /// There is something already.
    #[error(
        "`{path}` cannot be filled: {source}; name a folder that does not exist yet, or remove what is named"
    )]
    Occupied {
        /// Where it should go.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("the parcel cannot be unpacked to `{path}`: {source}")]
    Write {
        /// Where it should go.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
