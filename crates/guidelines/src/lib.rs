//! Guidelines: the provider's public page for authorities, and the tables of the manual, made from law book and policy.
//!
//! Nothing on the page is written by hand (collective policy P29): [`Subject::page`] reads the rows of the law book that
//! are law on a day or will be, and every rule of the policy, and puts them into a [`Page`], which becomes HTML or PDF.
//! The same books, settings and day give the same page.
//!
//! Under a row that is `uncertain`, and under one written from memory that counsel has not signed off, the page says
//! that a person decides. The text of the law and of the rules stands as the books have it, in English; the words
//! around it are in `crates/letters/templates/guidelines.<lang>.toml`.
//!
//! An instrument or a rule that is added to the books is on the page; nothing here changes.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod about;
mod asking;
mod conflicts;
mod data;
mod glance;
mod instruments;
mod pen;
mod reach;
mod row;
mod rules;
mod tables;

pub use tables::{NoPlace, crosswalk, kept, renewed};

use jiff::civil::Date;
use pen::Pen;
use writ_lawbook::Lawbook;
use writ_letters::{Lang, Page, PageWords, Part};
use writ_policy::Policy;
use writ_vocabulary::{Digest, Provider, SignOff};

/// What the page is made from.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The law book.
    pub lawbook: &'a Lawbook,
    /// The policy, with the provider's own rules.
    pub policy: &'a Policy,
    /// Whose page it is.
    pub publisher: &'a Publisher,
    /// What the provider's counsel signed off; what was signed after the day does not count.
    pub sign_offs: &'a [SignOff],
    /// The day for which the page speaks.
    pub on: Date,
}

/// Whose page it is: the provider as authorities meet it.
#[derive(Debug, Clone, Default)]
pub struct Publisher {
    /// Its name, entities and languages.
    pub provider: Provider,
    /// Its postal address, a line each.
    pub address: Vec<String>,
    /// Where demands are sent.
    pub contact: String,
    /// The fingerprint of the key that signs its parcels, where it has one yet.
    pub fingerprint: Option<Digest>,
    /// Whether it is invented: the page then says so.
    pub invented: bool,
}

impl Subject<'_> {
    /// The page in `lang`, or in English where that language is not available.
    pub fn page(&self, lang: &Lang) -> Page {
        let pen = Pen::new(*self, lang);
        let about = about::section(&pen);
        let sections = [
            asking::asking(&pen),
            glance::section(&pen),
            asking::proof(&pen),
            asking::emergencies(&pen),
            asking::answers(&pen),
            instruments::section(&pen),
            data::section(&pen),
            rules::refusals(&pen),
            rules::customers(&pen),
        ];
        let further = [conflicts::section(&pen), rules::local(&pen), Some(about)];
        let sections = sections.into_iter().chain(further.into_iter().flatten()).collect();
        Page {
            title: pen.say("title"),
            lang: pen.words.lang().clone(),
            publisher: self.publisher.provider.name.clone(),
            publisher_lines: self.publisher.address.clone(),
            day: self.on,
            opening: opening(&pen),
            sections,
            words: PageWords {
                contents: pen.say("contents"),
                skip: pen.say("skip"),
                page: pen.say("page"),
            },
        }
    }
}

fn opening(pen: &Pen<'_>) -> Vec<Part> {
    let name = pen.subject.publisher.provider.name.as_str();
    let date = pen.words.date(pen.subject.on);
    let mut parts = vec![
        Part::paragraph(pen.words.fill("lede", &[("provider", name)])),
        Part::paragraph(pen.words.fill("made", &[("date", &date)])),
    ];
    let english = pen.say("english");
    if !english.is_empty() {
        parts.push(Part::paragraph(english));
    }
    if pen.subject.publisher.invented {
        parts.push(Part::note(pen.words.fill("invented", &[("provider", name)])));
    }
    parts
}
