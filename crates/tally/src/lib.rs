//! Counts that are provably the record's sum: sealed leaves, the proof that each counts once, totals and bands. Pure.
//!
//! A *record* is a provider's public log; a *leaf* is one entry of it; a *table* is a table of the published report,
//! with rows. A sealed leaf tells nothing but a salted hash of its event and one commitment for each table. Beside the
//! log lies, for each leaf, a proof that every commitment stands for exactly one row. At the end of a period the
//! provider publishes [`Totals`]: for each row a count, or a band where the law allows no more. Whoever holds the
//! leaves adds their commitments ([`Sum`]) and checks that the totals are that sum, without opening a single leaf.
//!
//! - [`Schema`]: the tables and their rows, as data; [`Bases`]: the generators that follow from them.
//! - [`Opening`]: what a leaf is about and what opens it; [`Body`]: what of it is public; [`Leaf`]: as logged.
//! - [`Bases::prove`], [`Bases::verify`], [`Bases::verify_all`]: the proofs, one by one and in batches.
//!   The argument, to be checked by a cryptographer, stands in [`onehot`].
//! - [`Counted`] and [`Sum`]: the two sides of a period; [`Totals`] and [`Band`]: what is published of it.
//!
//! What holds, if discrete logarithms in ristretto255 are hard and SHA-256, SHA-512 and Keccak behave as random
//! functions: published totals are the sum of what each leaf committed to when it was logged. What a leaf stands for
//! stays hidden whatever the power of who looks. What does not hold: that every demand got a leaf, or the right row.
//! That is seen by whoever holds an opening: the officer who asked, the customer who was told, the auditor by sampling.
//!
//! **Not yet reviewed by an outside cryptographer.**
//!
//! ```
//! use writ_tally::{Bases, Body, Counted, Entry, Opening, Period, Schema, Sum, Totals, Width};
//!
//! let bases = Bases::new(Schema::v1()?);
//! let row = |table, name| bases.schema().row(table, name);
//!
//! // The provider seals a demand and a decoy. The secrets are random; here they are not.
//! let received = [row("received", "us/content")?, 0, 0];
//! let demand = Opening::new(bases.schema(), r#"{"case":"WR-7"}"#, &received, &[1; 32])?;
//! let decoy = Opening::decoy(bases.schema(), &[2; 32]);
//! let (mut counted, mut entries) = (Counted::new(bases.schema()), Vec::new());
//! for (index, opening) in [(0, demand), (1, decoy)] {
//!     let body = Body::seal(&bases, &opening)?;
//!     let proof = bases.prove("log.example/record", &body, &opening, &[3; 32])?;
//!     counted.add(&opening)?;
//!     entries.push(Entry { index, body, proof });
//! }
//! let period = Period { from: 0, to: 2 };
//! let totals =
//!     Totals::prove(&bases, "log.example/record", period, Width::TwoHundredFifty, &counted, &[4; 32])?;
//!
//! // A stranger checks.
//! let sum: Sum = bases.verify_all("log.example/record", entries)?;
//! totals.verify(&bases, "log.example/record", period, &sum)?;
//! assert_eq!(totals.exact("received", "us/content"), Some(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod band;
mod bases;
mod batch;
mod body;
mod canonical;
mod leaf;
pub mod onehot;
mod random;
mod schema;
mod sum;
mod totals;

pub use band::{Band, BandError, Width};
pub use bases::Bases;
pub use batch::{BadLeaf, Entry, repeated};
pub use body::{Body, BodyError, Opening, OpeningError};
pub use canonical::{Digest, JsonError};
pub use leaf::{Content, Genesis, Leaf, LeafError, Published, Reveal};
pub use onehot::{ProofError, ProveError};
pub use schema::{OtherSchema, Schema, SchemaError, Table};
pub use sum::{Counted, Sum};
pub use totals::{Period, RowError, RowTotal, TableTotals, Total, Totals, TotalsError};
