//! The one case form: a demand, the facts it is judged against, and what is expected, in one TOML or JSON file.

use crate::{AccountRef, Demand, Expect, Facts, Period};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;

/// The most accounts one demand may name. More is split by the authority, so that a person can judge each.
pub const MAX_ACCOUNTS: usize = 250;
/// The most items (element × account) one demand may ask.
pub const MAX_ITEMS: usize = 5_000;

/// A case in one file. Law-book examples, policy cases, intake vectors and `writ assess` share this form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// The version of this form: `writ-case/1`.
    pub format: FormatMark,
    /// One line for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What is asked.
    pub demand: Demand,
    /// What it is judged against. The desk ignores it: it establishes the facts itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// What the ruling should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
}

/// The mark of this version of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FormatMark {
    /// The first version.
    #[serde(rename = "writ-case/1")]
    One,
}

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// TOML.
    Toml,
    /// JSON.
    Json,
}

/// A file that is not a case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CaseFileError {
    /// What is wrong and what to do.
    pub message: String,
    /// Where: bytes of the text, if one place can be named.
    pub span: Option<Range<usize>>,
}

impl CaseFile {
    /// Reads a case; the form is told by its first character (`{` begins JSON).
    pub fn parse(text: &str) -> Result<Self, CaseFileError> {
        match Form::of(text) {
            Form::Json => parse_json(text),
            Form::Toml => parse_toml(text),
        }?
        .coherent()
    }

    /// The case as JSON, one line.
    pub fn to_json(&self) -> String {
        // Serialising plain data to a string cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn coherent(self) -> Result<Self, CaseFileError> {
        let demand = &self.demand;
        let mut known: BTreeSet<&AccountRef> = BTreeSet::new();
        for line in &demand.accounts {
            if !known.insert(&line.reference) {
                return fault(format!(
                    "two accounts are called `{}`: give each its own `ref`",
                    line.reference
                ));
            }
        }
        if known.len() > MAX_ACCOUNTS {
            return fault(format!(
                "the demand names {} accounts; at most {MAX_ACCOUNTS} are judged in one: split it",
                known.len()
            ));
        }
        if demand.items.is_empty() {
            return fault(
                "the demand asks nothing: add an `[[demand.items]]` with `elements`".to_owned(),
            );
        }
        for line in &demand.items {
            if let Err(error) = Period::new(line.from, line.until) {
                return fault(error.to_string());
            }
            if line.elements.is_empty() {
                return fault("an `[[demand.items]]` names no `elements`".to_owned());
            }
            if let Some(unknown) = line.accounts.iter().find(|account| !known.contains(account)) {
                return fault(format!(
                    "an item asks for account `{unknown}`, which no `[[demand.accounts]]` declares"
                ));
            }
        }
        let asked: usize = demand
            .items
            .iter()
            .map(|line| {
                line.elements.len()
                    * if line.accounts.is_empty() { known.len() } else { line.accounts.len() }
            })
            .sum();
        match asked {
            0 => fault("the demand names no account: add an `[[demand.accounts]]`, or `everyone = \"...\"` for a condition".to_owned()),
            1..=MAX_ITEMS => Ok(self),
            _ => fault(format!("the demand asks {asked} items; at most {MAX_ITEMS} are judged in one: split it")),
        }
    }
}

impl Form {
    /// The form a text is written in.
    pub fn of(text: &str) -> Self {
        if text.trim_start().starts_with('{') { Self::Json } else { Self::Toml }
    }
}

fn fault(message: String) -> Result<CaseFile, CaseFileError> {
    Err(CaseFileError { message, span: None })
}

fn parse_toml(text: &str) -> Result<CaseFile, CaseFileError> {
    toml::from_str(text)
        .map_err(|error| CaseFileError { message: error.message().to_owned(), span: error.span() })
}

fn parse_json(text: &str) -> Result<CaseFile, CaseFileError> {
    serde_json::from_str(text).map_err(|error| {
        let before: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (before + error.column().saturating_sub(1)).min(text.len());
        let message = error.to_string();
        let message =
            message.rsplit_once(" at line ").map_or(message.as_str(), |(said, _)| said).to_owned();
        CaseFileError { message, span: Some(at..(at + 1).min(text.len())) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
format = "writ-case/1"
[demand]
reference = "J-1"
instrument = "us/subpoena"
issuer = { name = "Office of Example", class = "us-attorney", jurisdiction = "US" }
accounts = [{ ref = "a1", mail = "lena@meridian.example" }]
items = [{ elements = ["name", "login_ip"], from = "2026-01-01T00:00:00Z" }]
"#;

    #[test]
    fn a_case_reads_back_from_its_json() {
        let case = CaseFile::parse(SMALL).unwrap();
        assert_eq!(case.demand.asked().len(), 2);
        assert_eq!(CaseFile::parse(&case.to_json()), Ok(case));
    }

    #[test]
    fn a_fault_names_its_place_and_remedy() {
        let said = |text: &str| CaseFile::parse(text).unwrap_err();
        let unknown = said(&SMALL.replace("reference", "refrence"));
        assert!(unknown.message.contains("unknown field `refrence`"), "{unknown}");
        assert_eq!(&SMALL.replace("reference", "refrence")[unknown.span.unwrap()], "refrence");
        assert!(said(&SMALL.replace("mail =", "phone =")).message.contains("international form"));
        assert!(
            said(&SMALL.replace("mail =", "customer = \"x\", mail ="))
                .message
                .contains("exactly one")
        );
        assert!(
            said(&SMALL.replace("from = ", "accounts = [\"a2\"], from = "))
                .message
                .contains("`a2`")
        );
        assert!(
            said(&SMALL.replace("[\"name\", \"login_ip\"]", "[]"))
                .message
                .contains("no `elements`")
        );
        let backwards = SMALL.replace("from = ", "until = \"2025-01-01T00:00:00Z\", from = ");
        assert!(said(&backwards).message.contains("not after its start"));
        assert!(said("{").span.is_some());
        assert!(said("").message.contains("format"));
    }
}
