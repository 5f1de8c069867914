//! Parcels: a production, sealed to the authority's enrolled key and signed by the provider, and their opener.
//!
//! A parcel is an [age](https://c2sp.org/age) file for one X25519 recipient. Inside lies a ustar archive whose bytes
//! follow from what is sealed and from nothing else:
//!
//! ```text
//! statement.json     what this parcel is: case, provider, recipient, when, every file with size and digest
//! statement.sig      the provider's Ed25519 signature of statement.json
//! manifest.json      the production's manifest
//! custody.json       the custody chain, as CASE/UCO JSON-LD
//! ruling.txt         the ruling in plain words
//! certificate.pdf    the certificate of authenticity, to print
//! certificate.txt    the same as text
//! production/...     the files, by path
//! ```
//!
//! What one may rely on:
//!
//! - [`seal`] encrypts to exactly one key, which was enrolled for sealing at the moment the parcel is dated. The
//!   recipient is named inside the signed statement, so that a recipient who passes the content on under the
//!   provider's signature is found out by whoever opens it.
//! - [`open`] verifies everything before anything is left in the folder it fills.
//! - Files stream from disk to disk. What is held in memory is the statement and the manifest, never a production file.
//! - The same contents give the same inner archive, byte for byte. Only the age layer differs each time.
//!
//! Nothing here reads a clock. The one source of randomness is age itself, which draws the file key, the ephemeral
//! share and the nonce from the operating system while it encrypts, and a new identity in [`Identity::generate`].
//!
//! The form is `writ-parcel/1`; `docs/parcel-format.md` states it for those who write an opener of their own, and
//! `vectors/parcel` holds a parcel to try it on. Any age tool opens the outer layer and any tar reads the inner one.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod archive;
mod canonical;
mod custody;
mod digesting;
mod fault;
mod identity;
mod key;
mod open;
mod path;
mod room;
mod seal;
mod statement;

pub use canonical::{CanonicalError, canonical_json};
pub use custody::{CustodyChain, CustodyError};
pub use fault::OpenError;
pub use identity::{Identity, IdentityError};
pub use key::{KeyError, ProviderKey, ProviderPin, PublicKey};
pub use open::{Expect, Opened, open};
pub use path::check_path;
pub use seal::{Contents, SealError, Sealed, seal};
pub use statement::{
    FORMAT, FileLine, MAX_FILE, MAX_FILES, MAX_PAPER, MAX_STATEMENT, MAX_TOTAL, ParcelId, Provider,
    Recipient, Statement,
};
