//! Exchange: fetching hashes of known terrorist content from partners, one file per protocol.
//!
//! [`PROTOCOLS`] lists every protocol: its name, what it is, its settings and credentials. [`partner`] makes a
//! [`Partner`] from a [`Config`], a [`Secret`] and the one [`Http`]. A partner gives one [`Page`] at a time; the
//! caller keeps what came and the page's [`Checkpoint`] together, and hands the checkpoint back for the next one.
//!
//! What holds:
//! - One malformed record never breaks a feed: it is told in [`Page::malformed`], and the rest is there.
//! - A partner that pages in circles, for ever or backwards, to another host, or miscounts, ends in an error.
//! - What a page may cost is bounded: its bytes, its records, what one record nests, how long it takes.
//! - No credential stands in an error, in a checkpoint or in what `{:?}` shows.
//!
//! Nothing here knows the store or the index; which labels there are and who may say what is the caller's to check.
//!
//! To add a protocol: write one file that declares its [`Protocol`], and add a line to [`PROTOCOLS`].
//!
//! ```
//! use writ_exchange::{Config, Http, Secret, Settings, partner};
//!
//! let http = Http::new(Settings::default())?;
//! let config: Config = toml::from_str(
//!     r#"
//!     protocol = "writ"
//!     url = "https://hashes.meridian-video.example"
//!     "#,
//! )?;
//! let secret: Secret = toml::from_str(r#"key = "invented""#)?;
//! let partner = partner(&config, &secret, &http)?;
//! # drop(partner);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod checkpoint;
mod config;
mod error;
mod follow;
mod gather;
mod http;
mod json;
mod partner;
mod protocols;
mod reach;
mod xml;

mod ncmec;
mod plain;
mod stopncii;
mod tat;
mod threatexchange;
mod writ;

pub use checkpoint::Checkpoint;
pub use config::{Config, Field, FieldKind, Protocol, Secret};
pub use error::{ConfigError, FetchError};
pub use follow::MAX_PAGES;
pub use gather::{MAX_MALFORMED, MAX_RECORDS};
pub use http::{Http, HttpError, Settings};
pub use partner::{Change, Feedback, Held, Malformed, Page, Partner, Record, Said};
pub use protocols::{PROTOCOLS, partner, protocols};
pub use reach::{NotPublic, PublicOnly, is_public};
