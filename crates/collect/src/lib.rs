//! From a grant to a plan, from rows to a production: the only place where a customer data source is opened.
//!
//! [`Sources`] are the provider's data sources, as declared in `custody.toml`. Without a grant they answer only
//! whether an identifier leads to a customer and who controls that customer's data ([`Sources::lookup`]). A
//! [`Plan`] is drawn from a grant and says, before anything is read, which queries will run. [`execute`] runs it
//! and writes the production: files and their manifest.
//!
//! What one may rely on:
//!
//! * Sources are opened for reading only, three times over: the declared statements are checked to be one `SELECT`,
//!   the connection refuses writes (`SQLITE_OPEN_READONLY` and `query_only`; `default_transaction_read_only`), and
//!   nothing here builds any other statement.
//! * A column that is not wholly granted is not in the query. The columns that say whose a row is and when it was
//!   are read for the check below, and written only where they are granted themselves.
//! * Every row that comes back is checked again. One row of another account, or outside the granted period, fails
//!   the whole collection ([`CollectError::Leak`]): it means that a source or a declaration is wrong.
//! * A production is whole or absent. What exceeds a bound fails; nothing is cut off in silence.
//! * The same sources and the same plan give the same bytes.
//! * No identifier stands in a plan's display, in its digest, in a query of the manifest or in an error.
//!
//! # Why databases are read by our own code
//!
//! The engine is DataFusion. Its community table providers for SQLite and PostgreSQL link OpenSSL and open SQLite
//! read-write; an evidence tool must do neither. Ours (`src/kinds/`) are small: they push the account key and the
//! time range down as bound parameters, stream rows in bounded batches, and cannot write.
//!
//! # To add a kind of source
//!
//! One file in `src/kinds/` that registers tables in a session, one line in `src/kinds/mod.rs`, and one word in
//! `writ_custody::Kind`.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod check;
mod engine;
mod error;
mod execute;
mod kinds;
mod lookup;
mod plan;
mod question;
mod readonly;
mod shown;
mod sources;
mod statement;
mod value;
mod withheld;
mod write;

#[cfg(test)]
mod tests;

pub use error::{CollectError, OpenError};
pub use execute::{Production, Progress, execute};
pub use lookup::{Located, Lookup};
pub use plan::{Bounds, OutputColumn, Plan, Step};
pub use sources::{Settings, Sources};
