//! Counsel's sign-off: a row written from memory allows nothing before the provider's counsel has put a name under its text.

use crate::fault::{Fault, Page};
use crate::{Confidence, Instrument};
use serde::Deserialize;
use toml::Spanned;
use writ_vocabulary::{FindingState, SignOff};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignOffFile {
    #[serde(default)]
    sign_off: Vec<Spanned<SignOff>>,
}

/// Reads the provider's list of sign-offs, all or nothing. A sign-off counts from its own day on, which is for the caller to see.
///
/// A sign-off of a text that the law book no longer has, or of a row that it does not have, is no fault: it signs nothing.
///
/// # Errors
/// Each fault of the file, under the name `path`, with its line.
///
/// ```
/// let text = r#"
/// [[sign_off]]
/// instrument = "be/46bis"
/// by = "Ottoline Fairweather"
/// on = "2026-09-01"
/// digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
/// "#;
/// assert_eq!(writ_lawbook::sign_offs("sign-off.toml", text).unwrap().len(), 1);
/// ```
pub fn sign_offs(path: &str, text: &str) -> Result<Vec<SignOff>, Vec<Fault>> {
    let mut page = Page::new(path, text);
    let read = page.read::<SignOffFile>().map(|file| file.sign_off).unwrap_or_default();
    let mut signed = Vec::new();
    for entry in read {
        let span = entry.span();
        let entry = entry.into_inner();
        for what in wrong(&entry) {
            page.fault(Some(span.clone()), what);
        }
        signed.push(entry);
    }
    if page.faults.is_empty() { Ok(signed) } else { Err(page.faults) }
}

fn wrong(entry: &SignOff) -> Vec<String> {
    let instrument = &entry.instrument;
    let mut wrong = Vec::new();
    if entry.digest.is_none() {
        wrong.push(format!(
            "the sign-off of `{instrument}` names no text: add the `digest` that `writ lawbook show {instrument}` prints"
        ));
    }
    if entry.by.trim().is_empty() {
        wrong.push(format!("the sign-off of `{instrument}` bears no name: fill in `by`"));
    }
    wrong
}

impl Instrument {
    /// The latest of `sign_offs` that is for this row and its text.
    pub fn signed_off<'a>(&self, sign_offs: &'a [SignOff]) -> Option<&'a SignOff> {
        let of_this_text = |entry: &&SignOff| {
            entry.instrument == *self.id()
                && entry.digest.is_none_or(|digest| digest == self.digest)
        };
        sign_offs.iter().filter(of_this_text).max_by_key(|entry| entry.on)
    }

    /// Whether the row still waits for counsel before anything is given under it.
    pub fn awaits_sign_off(&self, sign_offs: &[SignOff]) -> bool {
        self.summary.confidence == Confidence::Memory && self.signed_off(sign_offs).is_none()
    }

    /// Whether the row may be relied upon, and in words why, or what counsel must do.
    pub(crate) fn certainty(&self, sign_offs: &[SignOff]) -> (FindingState, String) {
        match self.summary.confidence {
            Confidence::Read => (
                FindingState::Holds,
                "the row was written with the text of the law before its author".to_owned(),
            ),
            Confidence::Uncertain => (
                FindingState::Unknown,
                "the law behind this row is uncertain or changing: a person decides, and no sign-off changes that".to_owned(),
            ),
            Confidence::Memory => match self.signed_off(sign_offs) {
                Some(entry) => (
                    FindingState::Holds,
                    format!("counsel ({}) signed this row off on {}", entry.by, entry.on),
                ),
                None => (FindingState::Unknown, self.unsigned(sign_offs)),
            },
        }
    }

    fn unsigned(&self, sign_offs: &[SignOff]) -> String {
        let id = self.id();
        let other =
            sign_offs.iter().filter(|entry| entry.instrument == *id).max_by_key(|one| one.on);
        let why = match other {
            Some(entry) => format!(
                "{} signed another text of this row off on {}, and it has changed since",
                entry.by, entry.on
            ),
            None => "this row was written from memory and counsel has not signed it off".to_owned(),
        };
        format!(
            "{why}: nothing is given under it. Counsel reads the row and the law (`writ lawbook show {id}`) and adds its \
             line to the provider's `lawbook/sign-off.toml`"
        )
    }
}
