//! Letters: rulings in plain words, answers, notices and certificates, as text and as PDF; and public pages, as HTML
//! and PDF.
//!
//! Each kind of letter is a struct of strings, digests and dates. Its `blocks` method puts them into words, in a
//! [`Lang`], as a [`Letter`]: headings, paragraphs, facts, lists, files. That one value becomes plain text
//! ([`Letter::to_text`]) or PDF ([`Letter::to_pdf`]), so both always say the same.
//!
//! ```
//! # use writ_letters::{Acknowledgement, Lang, Letterhead, Provider, Party};
//! let acknowledgement = Acknowledgement {
//!     head: Letterhead {
//!         from: Provider { name: "Example Mail".into(), ..Provider::default() },
//!         to: Party { name: "Public Prosecutor of Sampletown".into(), lines: vec![] },
//!         case: "W-2026-0042".into(),
//!         your_reference: None,
//!         written: "2026-11-20T10:00:00Z".parse()?,
//!     },
//!     received: "2026-11-20T09:58:00Z".parse()?,
//!     door: "the portal".into(),
//!     instrument: "European Production Order".into(),
//!     claimed_by: "Public Prosecutor of Sampletown".into(),
//!     items: vec![],
//!     clocks: vec![],
//!     missing_factors: vec![],
//!     record: None,
//! };
//! assert!(acknowledgement.blocks(&Lang::en()).to_text().contains("W-2026-0042"));
//! # Ok::<(), jiff::Error>(())
//! ```
//!
//! A [`Page`] is for everybody: sections, tables and links, in one HTML file ([`Page::to_html`]) or PDF
//! ([`Page::to_pdf`]).
//!
//! Nothing here reads a clock, a disk, a font of the system or a random number: the same input gives the same
//! bytes. Free text of a case is never markup: it travels as a string, cleaned of control characters.
//!
//! Wording lives in `templates/<letter>.<lang>.toml`, what several letters share in `templates/common.<lang>.toml`,
//! the look of the PDF in `templates/letter.typ`, that of pages in `templates/page.css` and `templates/page.typ`. To add a language: translate a file, name it in `words.rs`.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod acknowledgement;
mod answer;
mod certificate_eu;
mod certificate_us;
mod clean;
mod custody_chain;
mod head;
mod html;
mod item;
mod letter;
mod notice;
mod page;
mod pdf;
mod process;
mod ruling_plain;
mod sheet;
mod text;
mod words;

pub use acknowledgement::{Acknowledgement, Clock};
pub use answer::{Answer, Form3Ground, Missing, Outcome, ParcelNote, Redirect};
pub use certificate_eu::{CertificateEu, OutsideTransfer};
pub use certificate_us::{CertificateUs, RecordKind};
pub use custody_chain::CustodyChain;
pub use head::{Letterhead, Party, Provider, Remedy};
pub use item::{ItemAnswer, ItemReason, Then, Verdict};
pub use letter::{Block, Card, Fact, Letter, LetterError};
pub use notice::{Delay, Giving, Notice, NoticedData, Reader};
pub use page::{
    Face, FactRow, Group, Line, Mark, Page, PageError, PageWords, Part, Run, Section, Table, Target,
};
pub use pdf::{MAX_BYTES, MAX_PAGES, PdfEngine};
pub use process::{AtLeastOne, FileHash, NothingListed, ProcessStep, Signing, System};
pub use ruling_plain::RulingPlain;
pub use words::{Lang, Words};
