//! Mutants: the policy with one thing changed, to see whether a case, or a proof, notices.

use crate::cases::PreparedCase;
use crate::clause::{self, Clause, Origin};
use crate::page::Page;
use crate::policy::Policy;
use crate::question::Action;
use cedar_policy::PolicySet;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use writ_lawbook::Fault;

/// One change of one policy.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// The policy's id.
    pub clause: String,
    /// What is changed.
    pub change: Change,
    /// Its new stored form; none where it is gone.
    body: Option<Value>,
}

/// What is changed in a policy. Conditions are given as they stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is gone.
    Deleted,
    /// It permits where it forbade, or forbids where it permitted.
    Flipped,
    /// It no longer looks at this condition.
    Dropped(String),
    /// It asks for the contrary of this condition.
    Negated(String),
}

/// A policy with something changed. It can be asked and nothing else: no desk takes it.
#[derive(Debug)]
pub struct Mutant {
    policy: Policy,
    /// The one policy that was changed, before and after. None where several were.
    changed: Option<[PolicySet; 2]>,
}

impl Policy {
    /// Every single change of every policy: deleted, turned round, and each condition, whole and in its parts, dropped
    /// and negated.
    pub fn mutations(&self) -> Vec<Mutation> {
        self.clauses().flat_map(mutations).collect()
    }

    /// The policy with one change made; `None` where what comes of it is no policy.
    pub fn mutated(&self, mutation: &Mutation) -> Option<Mutant> {
        let mut clauses = self.clauses.clone();
        let clause = clauses.remove(&mutation.clause)?;
        if let Some(body) = &mutation.body {
            clauses.insert(clause.id.clone(), Arc::new(clause.with_body(body.clone())?));
        }
        let alone = |clause: Option<&Arc<Clause>>| {
            PolicySet::from_policies(clause.map(|clause| clause.policy().clone())).ok()
        };
        let changed = [alone(Some(&clause))?, alone(clauses.get(&clause.id))?];
        let policy = self.with_clauses(clauses, &clause.actions)?;
        Some(Mutant { policy, changed: Some(changed) })
    }

    /// The policy without the policies of `removed`, and with those of the text `added`: a fault planted on purpose, so
    /// that a test can see it found.
    ///
    /// # Errors
    /// The faults of the text, as [`Policy::load`] tells them.
    pub fn with_fault(&self, removed: &[&str], added: &str) -> Result<Mutant, Vec<Fault>> {
        let mut faults = Vec::new();
        let page = Page { file: "planted.cedar", text: added };
        let planted = clause::read(page, Origin::Collective, &mut faults);
        let mut clauses = self.clauses.clone();
        for id in removed.iter().filter(|id| !self.clauses.contains_key(**id)) {
            faults.push(page.fault(format!("there is no policy `{id}` to leave out")));
        }
        clauses.retain(|id, _| !removed.contains(&id.as_str()));
        clauses.extend(planted.into_iter().map(|clause| (clause.id.clone(), Arc::new(clause))));
        match self.with_clauses(clauses, &Action::ALL) {
            Some(policy) if faults.is_empty() => Ok(Mutant { policy, changed: None }),
            _ => Err(faults),
        }
    }
}

impl Mutant {
    /// The changed policy, to be asked.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The first of the cases whose ruling it changes; those of the changed rule are asked first.
    pub fn noticed_by<'a>(
        &self,
        mutation: &Mutation,
        cases: &'a [PreparedCase],
    ) -> Option<&'a PreparedCase> {
        let rule = mutation.clause.split('.').next().unwrap_or_default().to_lowercase();
        let own = |case: &&PreparedCase| case.file.split('/').any(|folder| folder == rule);
        let others = |case: &&PreparedCase| !own(case);
        let mut asked = cases.iter().filter(own).chain(cases.iter().filter(others));
        asked.find(|case| self.touches(case) && !case.differences(&self.policy).is_empty())
    }

    /// Whether the changed policy weighs otherwise in some question of the case. If not, neither does its ruling change:
    /// to ask one policy costs far less than to ask all.
    fn touches(&self, case: &PreparedCase) -> bool {
        let Some([before, after]) = &self.changed else { return true };
        case.questions
            .iter()
            .any(|question| question.weighed_by(before) != question.weighed_by(after))
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.clause, self.change)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deleted => f.write_str("deleted"),
            Self::Flipped => f.write_str("turned round"),
            Self::Dropped(condition) => write!(f, "without `{condition}`"),
            Self::Negated(condition) => write!(f, "with the contrary of `{condition}`"),
        }
    }
}

fn mutations(clause: &Clause) -> Vec<Mutation> {
    let mut found = vec![(Change::Deleted, None)];
    found.extend(flipped(&clause.body).map(|body| (Change::Flipped, Some(body))));
    for part in parts(&clause.body) {
        let Some(value) = clause.body.pointer(&part.at) else { continue };
        let shown = cedar(value);
        let dropped = with(&clause.body, &part.at, json!({ "Value": part.neutral }));
        let negated = with(&clause.body, &part.at, json!({ "!": { "arg": value } }));
        found.push((Change::Dropped(shown.clone()), dropped));
        found.push((Change::Negated(shown), negated));
    }
    let mutation = |(change, body)| Mutation { clause: clause.id.clone(), change, body };
    found.into_iter().map(mutation).collect()
}

fn flipped(body: &Value) -> Option<Value> {
    let effect = if body.get("effect")?.as_str()? == "permit" { "forbid" } else { "permit" };
    with(body, "/effect", json!(effect))
}

/// A condition, or a part of one: where it stands, and the constant that takes its weight away.
struct Part {
    at: String,
    neutral: bool,
}

/// Every `when` and `unless` of a policy, and every part of each that `&&` or `||` joins.
fn parts(body: &Value) -> Vec<Part> {
    let conditions = body.get("conditions").and_then(Value::as_array);
    let mut found = Vec::new();
    for (number, condition) in conditions.into_iter().flatten().enumerate() {
        let at = format!("/conditions/{number}/body");
        let when = condition.get("kind").and_then(Value::as_str) == Some("when");
        joined(body, &at, &mut found);
        found.push(Part { at, neutral: when });
    }
    found
}

/// The parts below a place. A chain `a && b && c` has three, however it is bracketed.
fn joined(body: &Value, at: &str, found: &mut Vec<Part>) {
    let Some((operator, neutral)) = operator(body, at) else { return };
    for side in ["left", "right"] {
        let below = format!("{at}/{operator}/{side}");
        joined(body, &below, found);
        if self::operator(body, &below) != Some((operator, neutral)) {
            found.push(Part { at: below, neutral });
        }
    }
}

fn operator(body: &Value, at: &str) -> Option<(&'static str, bool)> {
    let value = body.pointer(at)?;
    [("&&", true), ("||", false)].into_iter().find(|(operator, _)| value.get(operator).is_some())
}

fn with(body: &Value, at: &str, new: Value) -> Option<Value> {
    let mut body = body.clone();
    *body.pointer_mut(at)? = new;
    Some(body)
}

/// How much of a long condition is shown.
const SHOWN: usize = 120;

/// A condition in Cedar's own words, on one line.
fn cedar(condition: &Value) -> String {
    let everything = json!({ "op": "All" });
    let policy = json!({
        "effect": "permit", "principal": everything, "action": everything, "resource": everything,
        "conditions": [{ "kind": "when", "body": condition }],
    });
    let text = cedar_policy::Policy::from_json(None, policy).ok().and_then(|it| it.to_cedar());
    let text = text.unwrap_or_default();
    let inside = text.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
    let inside = inside.map_or("", |(inside, _)| inside);
    let line = inside.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
