//! The cases of a report: their facts, classed.

use crate::case::CaseFacts;
use crate::counting::{Act, Class, Counting, Section};
use crate::period::ReportingPeriod;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use writ_docket::Event;
use writ_vocabulary::{Category, Instant};

/// One case, classed.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// What its events say.
    pub facts: CaseFacts,
    /// How its instrument counts.
    pub class: Class,
    /// The categories of data asked for, as the law of its instrument has them.
    pub categories: BTreeSet<Category>,
}

impl Deref for Case {
    type Target = CaseFacts;
    fn deref(&self) -> &CaseFacts {
        &self.facts
    }
}

impl Case {
    /// A case with these facts, under `law`.
    pub fn of(facts: CaseFacts, law: &Counting) -> Self {
        let class = law.class(&facts.instrument);
        let category = |element| {
            let by_row = law.category(&facts.instrument, element);
            by_row.or_else(|| facts.ruled.get(element).copied())
        };
        let categories = facts.asked.iter().filter_map(category).collect();
        Self { class, categories, facts }
    }

    /// Whether it may be published as a count.
    pub fn is_countable(&self) -> bool {
        self.class.section != Section::NationalSecurity
    }

    /// Whether it asks for data, rather than to keep them or to remove content.
    pub fn asks_data(&self) -> bool {
        self.class.act == Act::Disclose
    }

    /// Whether it is of an emergency: claimed, or under an instrument that exists only in one.
    pub fn is_emergency(&self) -> bool {
        self.emergency_claimed || self.class.section == Section::Emergency
    }
}

/// Cases, in the order in which they were given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cases(Vec<Case>);

impl Cases {
    /// The cases that these histories made; one that does not begin with a demand is none.
    pub fn of<'a>(
        histories: impl IntoIterator<Item = &'a [(Instant, Event)]>,
        law: &Counting,
    ) -> Self {
        let facts = histories
            .into_iter()
            .filter_map(|history| CaseFacts::of(history.iter().map(|(at, event)| (*at, event))));
        Self(facts.map(|facts| Case::of(facts, law)).collect())
    }

    /// Those whose demand was received in `period`.
    pub fn within(&self, period: &ReportingPeriod) -> Self {
        Self(self.0.iter().filter(|case| period.contains(case.received)).cloned().collect())
    }

    /// Each case.
    pub fn iter(&self) -> std::slice::Iter<'_, Case> {
        self.0.iter()
    }

    /// Those that may be published as counts.
    pub fn countable(&self) -> impl Iterator<Item = &Case> {
        self.0.iter().filter(|case| case.is_countable())
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many cases each section holds: the house's own figures, national security included. Their sum is [`Cases::len`].
    pub fn by_section(&self) -> BTreeMap<Section, u64> {
        let mut sections: BTreeMap<_, _> = Section::ALL.into_iter().map(|one| (one, 0)).collect();
        for case in &self.0 {
            *sections.entry(case.class.section).or_default() += 1;
        }
        sections
    }
}

impl FromIterator<Case> for Cases {
    fn from_iter<I: IntoIterator<Item = Case>>(cases: I) -> Self {
        Self(cases.into_iter().collect())
    }
}
