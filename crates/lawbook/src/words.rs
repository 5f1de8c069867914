//! Checks the words of a demand: an unknown element, class or statement is an error with its place, never a guess.

use crate::book::Lawbook;
use crate::fault::nearest;
use crate::{StatedBy, TermKind, UnknownTerm, UnknownTerms};
use std::collections::BTreeMap;
use writ_vocabulary::{AuthorityClass, Demand, ElementId, Statement, StatementId};

impl Lawbook {
    /// That the law book has every word of `demand`, and that every statement has a value of its kind.
    pub fn check_terms(&self, demand: &Demand) -> Result<(), UnknownTerms> {
        let mut terms = Vec::new();
        for (n, line) in demand.items.iter().enumerate() {
            for (m, element) in line.elements.iter().enumerate() {
                terms.extend(self.unknown_element(element, format!("items[{n}].elements[{m}]")));
            }
        }
        terms.extend(self.unknown_class(&demand.issuer.class, "issuer.class"));
        if let Some(validator) = &demand.validator {
            terms.extend(self.unknown_class(&validator.class, "validator.class"));
        }
        terms.extend(self.unfit_statements("states", &demand.states, StatedBy::Document));
        if terms.is_empty() { Ok(()) } else { Err(UnknownTerms { terms }) }
    }

    fn unknown_element(&self, element: &ElementId, place: String) -> Option<UnknownTerm> {
        let known = &self.terms.elements;
        (!known.contains_key(element)).then(|| UnknownTerm {
            place,
            kind: TermKind::Element,
            given: element.to_string(),
            nearest: nearest(element.as_str(), known.keys().map(ElementId::as_str)),
            value: None,
        })
    }

    fn unknown_class(&self, class: &AuthorityClass, place: &str) -> Option<UnknownTerm> {
        let known = &self.terms.classes;
        (!known.contains_key(class)).then(|| UnknownTerm {
            place: place.to_owned(),
            kind: TermKind::Class,
            given: class.to_string(),
            nearest: nearest(class.as_str(), known.keys().map(AuthorityClass::as_str)),
            value: None,
        })
    }

    /// That what a provider established is known, for it to establish, and of its kind.
    ///
    /// # Errors
    /// Every statement that is not, with its place.
    pub fn check_established(
        &self,
        established: &BTreeMap<StatementId, Statement>,
    ) -> Result<(), UnknownTerms> {
        let terms: Vec<_> =
            self.unfit_statements("facts.established", established, StatedBy::Desk).collect();
        if terms.is_empty() { Ok(()) } else { Err(UnknownTerms { terms }) }
    }

    fn unfit_statements<'a>(
        &'a self,
        place: &'a str,
        states: &'a BTreeMap<StatementId, Statement>,
        by: StatedBy,
    ) -> impl Iterator<Item = UnknownTerm> + 'a {
        let known = &self.terms.statements;
        let others = match by {
            StatedBy::Document => "is for the provider to establish: leave it out of the demand",
            StatedBy::Desk => "is for the document to state, and not for the provider to establish",
        };
        states.iter().filter_map(move |(id, value)| {
            let kind = known.get(id);
            let wrong = kind.and_then(|kind| match kind.by == by {
                true => kind.wrong(value),
                false => Some(others.to_owned()),
            });
            (kind.is_none() || wrong.is_some()).then(|| UnknownTerm {
                place: format!("{place}.{id}"),
                kind: TermKind::Statement,
                given: id.to_string(),
                nearest: nearest(id.as_str(), known.keys().map(StatementId::as_str))
                    .filter(|_| kind.is_none()),
                value: wrong,
            })
        })
    }
}
