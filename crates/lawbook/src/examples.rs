//! Runs the examples of the law book: what the law book alone can say of them must be what they expect.

use crate::book::{Example, Lawbook};
use writ_vocabulary::Difference;

/// An example that does not come out as it expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The example's path.
    pub path: String,
    /// Where it differs.
    pub differences: Vec<Difference>,
}

impl Lawbook {
    /// Every example whose findings or deadline are not what it expects. The outcome and the answers for items are the
    /// policy's, and are checked with it.
    pub fn check_examples(&self) -> Vec<Disagreement> {
        self.examples()
            .iter()
            .map(|example| Disagreement {
                path: example.path.clone(),
                differences: self.differences(example),
            })
            .filter(|disagreement| !disagreement.differences.is_empty())
            .collect()
    }

    fn differences(&self, example: &Example) -> Vec<Difference> {
        let (Some(facts), Some(expect)) = (&example.case.facts, &example.case.expect) else {
            return vec![difference("facts", "facts and an expectation", "none")];
        };
        let assessment = match self.assess(&example.case.demand, facts) {
            Ok(assessment) => assessment,
            Err(unknown) => {
                return vec![difference("demand", "words of the law book", &unknown.to_string())];
            }
        };
        let mut found = Vec::new();
        for (id, state) in &expect.findings {
            let actual =
                assessment.finding(id).map_or("no such finding", |finding| finding.state.as_str());
            found.extend(differs(&format!("findings.{id}"), state.as_str(), actual));
        }
        if let Some(expected) = expect.deadline {
            let actual =
                assessment.deadline.map_or("none".to_owned(), |deadline| deadline.due.to_string());
            found.extend(differs("deadline", &expected.to_string(), &actual));
        }
        found
    }
}

fn differs(place: &str, expected: &str, actual: &str) -> Option<Difference> {
    (expected != actual).then(|| difference(place, expected, actual))
}

fn difference(place: &str, expected: &str, found: &str) -> Difference {
    Difference { place: place.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}
