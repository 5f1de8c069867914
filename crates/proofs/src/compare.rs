//! Comparing two policies: which allows more, and a demand for each difference.

use crate::demand::{Aim, Finder, described};
use crate::property::{Property, asks, set};
use crate::prove::word;
use crate::solve::{Answer, Asks, Query, SolveError, Solvers};
use cedar_policy::{PolicySet, Schema, ValidationMode, Validator};
use serde::Serialize;
use std::collections::BTreeMap;
use writ_policy::{Action, Policy, Question};
use writ_vocabulary::CaseFile;

/// How the answers to one kind of question change from one policy to another.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// What is asked.
    #[serde(serialize_with = "word")]
    pub action: Action,
    /// Something that the new policy allows and the old one does not.
    pub looser: Option<Change>,
    /// Something that the old policy allows and the new one does not.
    pub stricter: Option<Change>,
}

/// A question that two policies answer differently.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// The question, attribute by attribute.
    pub question: BTreeMap<String, String>,
    /// A demand that brings such a question about. `None`: none of those tried does.
    pub demand: Option<CaseFile>,
    /// How many demands were tried.
    pub tried: usize,
}

/// Why two policies could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// Neither schema suits both.
    #[error(
        "the two policies do not share a schema: an attribute of one is missing in the other's, so only cases can be compared"
    )]
    Schemas,
    /// The solver gave no answer.
    #[error("`{action}`: {why}")]
    Unsolved {
        /// About what.
        action: Action,
        /// Why.
        why: SolveError,
    },
}

impl Comparison {
    /// In a word: `equal`, `looser`, `stricter`, or `both`.
    pub fn as_str(&self) -> &'static str {
        match (&self.looser, &self.stricter) {
            (None, None) => "equal",
            (Some(_), None) => "looser",
            (None, Some(_)) => "stricter",
            (Some(_), Some(_)) => "both",
        }
    }
}

/// What changes from `old` to `new` for each kind of question, over all questions that are asked at all, as the properties
/// of that kind among `asked` say.
///
/// # Errors
/// When the policies share no schema, or the solver gives no answer.
pub fn compare(
    old: &Policy,
    new: &Policy,
    asked: &[Property],
    solvers: &Solvers,
    finder: &Finder<'_>,
) -> Result<Vec<Comparison>, CompareError> {
    let schema = shared(old, new).ok_or(CompareError::Schemas)?;
    let never = Property::never_asked(asked);
    let directions =
        || Action::ALL.into_iter().flat_map(|action| [(action, new, old), (action, old, new)]);
    let queries: Vec<Query> = directions()
        .map(|(action, left, right)| Query {
            schema: schema.clone(),
            action,
            asks: Asks::Implies(asked_of(left, &never, action), of(right, action)),
        })
        .collect();
    let mut changes = Vec::new();
    for ((action, left, right), answer) in directions().zip(solvers.ask(&queries)) {
        changes.push(change(action, left, right, answer, finder)?);
    }
    let mut changes = changes.into_iter();
    let comparison = |action| Comparison {
        action,
        looser: changes.next().flatten(),
        stricter: changes.next().flatten(),
    };
    Ok(Action::ALL.map(comparison).into())
}

/// For each of `others`, whether it answers every question that is asked as `policy` does. Reasons may differ.
pub fn same_answers(
    policy: &Policy,
    others: &[&Policy],
    asked: &[Property],
    solvers: &Solvers,
) -> Vec<Result<bool, SolveError>> {
    let never = Property::never_asked(asked);
    let mut queries = Vec::new();
    let mut whose = Vec::new();
    for (number, other) in others.iter().enumerate() {
        for action in Action::ALL.into_iter().filter(|action| differ(policy, other, *action)) {
            let [one, two] = [policy, *other].map(|it| asked_of(it, &never, action));
            let schema = policy.schema().clone();
            queries.push(Query { schema, action, asks: Asks::Equals(one, two) });
            whose.push(number);
        }
    }
    let mut same: Vec<Result<bool, SolveError>> = others.iter().map(|_| Ok(true)).collect();
    for (number, answer) in whose.into_iter().zip(solvers.ask(&queries)) {
        match (same.get_mut(number), answer.said) {
            (Some(same), Err(why)) => *same = Err(why),
            (Some(same), Ok(Some(_))) if same.is_ok() => *same = Ok(false),
            _ => {}
        }
    }
    same
}

/// The policies of two sets that answer an action, if they are not the same ones.
fn differ(one: &Policy, other: &Policy, action: Action) -> bool {
    let of = |policy: &Policy| -> BTreeMap<String, Option<String>> {
        let asked = policy.clauses().filter(|clause| asks(clause.policy(), action));
        asked.map(|clause| (clause.id.clone(), clause.policy().to_cedar())).collect()
    };
    of(one) != of(other)
}

/// A schema that the policies of both fit: the new one's, which mostly has more, or the old one's.
fn shared<'a>(old: &'a Policy, new: &'a Policy) -> Option<&'a Schema> {
    let fits = |policy: &Policy, schema: &Schema| {
        let all = set(policy.clauses().map(|clause| clause.policy()));
        Validator::new(schema.clone()).validate(&all, ValidationMode::Strict).validation_passed()
    };
    if fits(old, new.schema()) {
        Some(new.schema())
    } else {
        fits(new, old.schema()).then(|| old.schema())
    }
}

fn of(policy: &Policy, action: Action) -> PolicySet {
    set(policy.clauses().map(|clause| clause.policy()).filter(|it| asks(it, action)))
}

/// The policies of an action, and those that forbid what is never asked.
fn asked_of(policy: &Policy, never: &[cedar_policy::Policy], action: Action) -> PolicySet {
    let own = policy.clauses().map(|clause| clause.policy());
    set(own.chain(never).filter(|it| asks(it, action)))
}

fn change(
    action: Action,
    left: &Policy,
    right: &Policy,
    answer: Answer,
    finder: &Finder<'_>,
) -> Result<Option<Change>, CompareError> {
    let found = answer.said.map_err(|why| CompareError::Unsolved { action, why })?;
    let Some(env) = found else { return Ok(None) };
    let question = described(&env.request, &env.entities);
    let (allows, denies) = (of(left, action), of(right, action));
    let breaks =
        |question: &Question| question.allowed_by(&allows) && !question.allowed_by(&denies);
    let aim = Aim { action, like: &question, sets: [&allows, &denies, &denies], breaks: &breaks };
    let shown = finder.find(left, &aim);
    Ok(Some(Change { question, demand: shown.demand, tried: shown.tried }))
}
