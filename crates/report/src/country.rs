//! Countries: what a code is called in a published table, and which code a published name means.

use crate::table;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use writ_vocabulary::Jurisdiction;

/// Codes of ISO 3166-1, English short names in common use, and other names and misspellings found in published reports.
const TABLE: &str = include_str!("../data/countries.csv");

static COUNTRIES: LazyLock<Countries> = LazyLock::new(Countries::read);

/// What a published name was found to mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Country {
    /// This state, under the name that this crate publishes.
    Known(Jurisdiction),
    /// This state, under another name or misspelt.
    Other(Jurisdiction),
    /// No state: `To Be Determined`, or a name that nobody knows.
    Unknown,
}

impl Country {
    /// The state, if one.
    pub fn jurisdiction(&self) -> Option<Jurisdiction> {
        match self {
            Self::Known(state) | Self::Other(state) => Some(*state),
            Self::Unknown => None,
        }
    }
}

/// What a state is called in published tables: its code where it has no name there.
pub fn name(state: Jurisdiction) -> String {
    let known = COUNTRIES.names.get(&state);
    known.map_or_else(|| state.to_string(), |name| (*name).to_owned())
}

/// Which state a published name or code means.
///
/// ```
/// use writ_report::{Country, country};
/// assert_eq!(country("United States"), Country::Known("US".parse().unwrap()));
/// assert_eq!(country("USA"), Country::Other("US".parse().unwrap()));
/// assert_eq!(country("To Be Determined"), Country::Unknown);
/// ```
pub fn country(text: &str) -> Country {
    let text = text.trim();
    let key = text.to_lowercase();
    match COUNTRIES.states.get(&key) {
        Some((state, published)) if *published && name(*state) == text => Country::Known(*state),
        Some((state, _)) => Country::Other(*state),
        None => Country::Unknown,
    }
}

struct Countries {
    names: BTreeMap<Jurisdiction, &'static str>,
    /// By lower-case name or code; whether that is the name which is published here.
    states: BTreeMap<String, (Jurisdiction, bool)>,
}

impl Countries {
    fn read() -> Self {
        let mut countries = Self { names: BTreeMap::new(), states: BTreeMap::new() };
        // The file is the crate's own, so that a line which does not fit is caught by the test below.
        for line in TABLE.lines().skip(1) {
            let mut cells = line.splitn(3, ',');
            let (Some(code), Some(name)) = (cells.next(), cells.next()) else { continue };
            let Ok(state) = code.parse::<Jurisdiction>() else { continue };
            countries.names.insert(state, name);
            countries.states.insert(name.to_lowercase(), (state, true));
            countries.states.entry(code.to_lowercase()).or_insert((state, false));
            let also = cells.next().unwrap_or_default().trim_matches('"');
            for other in also.split('|').filter(|other| !other.is_empty()) {
                countries.states.insert(other.to_lowercase(), (state, false));
            }
        }
        countries
    }
}

/// The name in a cell of CSV or of a page.
pub(crate) fn cell(state: Jurisdiction) -> String {
    table::plain(&name(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_state_with_a_name() {
        for line in TABLE.lines().skip(1) {
            let (code, rest) = line.split_once(',').unwrap();
            let name = rest.split(',').next().unwrap();
            let state: Jurisdiction = code.parse().unwrap();
            assert!(!name.is_empty() && !name.starts_with('"'), "{line}");
            assert_eq!(country(name), Country::Known(state), "{line}");
        }
    }

    #[test]
    fn names_found_in_published_reports_are_read() {
        for (text, code) in [
            ("USA", "US"),
            ("Cypress", "CY"),
            ("UK", "GB"),
            ("Korea", "KR"),
            ("Turkey", "TR"),
            ("de", "DE"),
        ] {
            assert_eq!(country(text), Country::Other(code.parse().unwrap()), "{text}");
        }
    }
}
