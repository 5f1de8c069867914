//! Reach: what an instrument says of every element, sorted by category.

use std::collections::BTreeMap;
use writ_lawbook::{Instrument, Reached};
use writ_vocabulary::{Category, ElementId, FindingState};

/// An instrument's reach, category by category.
#[derive(Default)]
pub(crate) struct Reach<'a> {
    /// What it reaches.
    pub(crate) reached: BTreeMap<Category, Vec<&'a ElementId>>,
    /// What it does not reach and could have.
    pub(crate) left_out: BTreeMap<Category, Vec<&'a ElementId>>,
    /// What its row takes out by name, with the reason.
    pub(crate) excepted: Vec<(&'a ElementId, &'a Reached)>,
    /// What its law does not classify.
    pub(crate) unclear: Vec<&'a ElementId>,
}

impl<'a> Reach<'a> {
    pub(crate) fn of(row: &'a Instrument) -> Self {
        let mut reach = Self::default();
        for (id, of_element) in &row.reach {
            let reached = &of_element.reached;
            match (of_element.category, reached.state) {
                (None, _) | (_, FindingState::Unknown) => reach.unclear.push(id),
                (Some(category), FindingState::Holds) => {
                    reach.reached.entry(category).or_default().push(id);
                }
                // The same for every instrument: the rules say it once.
                (Some(Category::Credential | Category::Assistance), FindingState::Fails) => {}
                (Some(category), FindingState::Fails) => {
                    if reached.why.contains(&format!("`{id}`")) {
                        reach.left_out.entry(category).or_default().push(id);
                    } else {
                        reach.excepted.push((id, reached));
                    }
                }
            }
        }
        reach
    }
}
