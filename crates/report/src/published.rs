//! One published figure, whoever published it, and how two reports differ.

use crate::country;
use crate::period::ReportingPeriod;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use writ_vocabulary::Jurisdiction;

/// One published figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Published {
    /// Of which period.
    pub period: ReportingPeriod,
    /// In which section.
    pub section: String,
    /// Of which state; nothing where it is a total or the state is not known.
    pub country: Option<Jurisdiction>,
    /// The state as the report calls it.
    pub country_as_published: String,
    /// What is counted, in the word of the format.
    pub metric: String,
    /// The figure.
    pub value: f64,
}

/// Where two reports say different things.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Period, section, country and metric.
    pub cell: [String; 4],
    /// What the first report says; nothing where it has no such cell.
    pub ours: Option<f64>,
    /// What the second says.
    pub theirs: Option<f64>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [period, section, country, metric] = &self.cell;
        let said =
            |value: Option<f64>| value.map_or("nothing".to_owned(), |value| value.to_string());
        write!(
            f,
            "{period} {section}, {country}, {metric}: {} here, {} there",
            said(self.ours),
            said(self.theirs)
        )
    }
}

/// Cell by cell, where two reports differ. A cell that is zero in one and missing in the other is no difference: published
/// tables leave zeros out.
pub fn differences(ours: &[Published], theirs: &[Published]) -> Vec<Difference> {
    let (ours, theirs) = (cells(ours), cells(theirs));
    let keys: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let differing = keys.into_iter().filter_map(|key| {
        let (our, their) = (ours.get(key).copied(), theirs.get(key).copied());
        let same = our.unwrap_or_default() == their.unwrap_or_default();
        (!same).then(|| Difference { cell: key.clone(), ours: our, theirs: their })
    });
    differing.collect()
}

/// Two figures of one cell are added: a report may name one state twice.
fn cells(figures: &[Published]) -> BTreeMap<[String; 4], f64> {
    let mut cells = BTreeMap::new();
    for one in figures {
        let country = match one.country {
            Some(state) => country::name(state),
            None => one.country_as_published.clone(),
        };
        let key = [one.period.to_string(), one.section.clone(), country, one.metric.clone()];
        *cells.entry(key).or_default() += one.value;
    }
    cells
}
