//! Proving: every property before the solver, and what breaks one as a demand.

use crate::demand::{Aim, Finder, described};
use crate::property::{Pair, Property, Shows, asks, set};
use crate::solve::{Answer, Asks, Query, SolveError, Solvers};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use writ_policy::{Action, Policy, Question};
use writ_vocabulary::{CaseFile, RuleId};

/// What became of one property.
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// The property's id.
    pub property: String,
    /// The property in one sentence.
    pub says: String,
    /// The rules it belongs to.
    pub rules: Vec<RuleId>,
    /// The law or principle behind it.
    pub cite: String,
    /// Whether it holds.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The time that the solver took for it.
    #[serde(serialize_with = "milliseconds")]
    pub took: Duration,
}

/// Whether a property holds.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// For every question that can be asked.
    Holds,
    /// For every demand that is known: it says what is asked at all, which cannot be proven of a policy.
    Checked {
        /// How many questions of known demands it was held against.
        questions: usize,
    },
    /// It does not: something breaks it.
    Refuted(Box<Refutation>),
    /// It is not known to hold, which counts as a failure.
    Unproven {
        /// Why.
        why: String,
    },
}

/// What breaks a property.
#[derive(Debug, Clone, Serialize)]
pub struct Refutation {
    /// What is asked.
    #[serde(serialize_with = "word")]
    pub action: Action,
    /// The question that the solver found, attribute by attribute: `resource.category` is `content`.
    pub question: BTreeMap<String, String>,
    /// A demand that breaks it, for `writ assess`. `None`: among all that were tried none does, so as far as is known the law
    /// book stands before it.
    pub demand: Option<CaseFile>,
    /// How many demands were tried.
    pub tried: usize,
}

/// Proves the properties of a collective policy, its own clauses alone: what a provider adds can only narrow.
///
/// `all` is every property of the policy, of which those that `only` names are proven (all, where it names none): some
/// rest on what others say is never asked. What is found to break one is sought as a demand by `finder`.
pub fn prove(
    policy: &Policy,
    all: &[Property],
    only: Option<&str>,
    solvers: &Solvers,
    finder: &Finder<'_>,
) -> Vec<Proof> {
    let bench = Bench { policy, asked: Property::never_asked(all), finder };
    let properties: Vec<&Property> =
        all.iter().filter(|property| only.is_none_or(|only| property.id == only)).collect();
    let asked: Vec<(usize, Aspect, Query)> =
        properties.iter().enumerate().flat_map(|(n, it)| bench.queries(n, it)).collect();
    let (aspects, queries): (Vec<(usize, Aspect)>, Vec<Query>) =
        asked.into_iter().map(|(n, aspect, query)| ((n, aspect), query)).unzip();
    let answers = solvers.ask(&queries);
    let mut told: Vec<Told> = properties.iter().map(|_| Told::default()).collect();
    for (((number, aspect), query), answer) in aspects.into_iter().zip(&queries).zip(answers) {
        if let Some(told) = told.get_mut(number) {
            told.add(aspect, query.action, answer);
        }
    }
    properties.into_iter().zip(told).map(|(property, told)| bench.proof(property, told)).collect()
}

/// What proofs are made with.
struct Bench<'a> {
    policy: &'a Policy,
    /// What nobody asks.
    asked: Vec<cedar_policy::Policy>,
    finder: &'a Finder<'a>,
}

/// What a question to the solver is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Aspect {
    /// That the property holds: nothing may be found.
    Holds,
    /// That a policy of it says something: something must be found.
    Says(String),
}

impl Bench<'_> {
    fn queries(&self, number: usize, property: &Property) -> Vec<(usize, Aspect, Query)> {
        let query = |action, asks| Query { schema: property.schema.clone(), action, asks };
        let mut all = Vec::new();
        for action in property.actions.iter().copied().filter(|_| property.shows != Shows::Asked) {
            let Pair { left, right } = property.pair(self.policy, &self.asked, action);
            if property.shows == Shows::NeverErrs {
                let each = left.policies().cloned().map(Asks::NeverErrs);
                all.extend(each.map(|asks| (number, Aspect::Holds, query(action, asks))));
            } else {
                all.push((number, Aspect::Holds, query(action, Asks::Implies(left, right))));
            }
        }
        let stating =
            matches!(property.shows, Shows::AllowsNoMore | Shows::AllowsNoLess | Shows::Asked);
        for stated in property.policies.iter().filter(|_| stating) {
            let action = property.actions.iter().copied().find(|action| asks(stated, *action));
            let says = Aspect::Says(stated.id().to_string());
            let asked = action.map(|action| query(action, Asks::NeverMatches(stated.clone())));
            all.extend(asked.map(|query| (number, says, query)));
        }
        all
    }

    fn proof(&self, property: &Property, told: Told) -> Proof {
        Proof {
            property: property.id.clone(),
            says: property.says.clone(),
            rules: property.rules.clone(),
            cite: property.cite.clone(),
            took: told.took,
            verdict: match (told.against, told.unproven) {
                (Some((action, question)), _) => {
                    Verdict::Refuted(Box::new(self.refutation(property, action, question)))
                }
                (None, Some(why)) => Verdict::Unproven { why },
                (None, None) if property.shows == Shows::Asked => self.checked(property),
                (None, None) => Verdict::Holds,
            },
        }
    }

    /// Holds what nobody is said to ask against every known demand.
    fn checked(&self, property: &Property) -> Verdict {
        let mut questions = 0;
        for action in property.actions.iter().copied() {
            let Pair { left, right } = property.pair(self.policy, &self.asked, action);
            let breaks = |question: &Question| !question.allowed_by(&right);
            let like = BTreeMap::new();
            let aim = Aim { action, like: &like, sets: [&left, &right, &right], breaks: &breaks };
            let known = self.finder.known(self.policy, &aim);
            questions += known.tried;
            if let Some(demand) = known.demand {
                let demand = Some(titled(property, demand));
                let broken = Refutation { action, question: like, demand, tried: questions };
                return Verdict::Refuted(Box::new(broken));
            }
        }
        Verdict::Checked { questions }
    }

    fn refutation(
        &self,
        property: &Property,
        action: Action,
        question: BTreeMap<String, String>,
    ) -> Refutation {
        let Pair { left, right } = property.pair(self.policy, &self.asked, action);
        let supposed = |question: &Question| match &property.free {
            Some(free) => {
                [true, false].into_iter().filter_map(|so| question.supposing(free, so)).collect()
            }
            None => vec![question.clone()],
        };
        let breaks = |question: &Question| {
            supposed(question).iter().any(|question| match property.shows {
                Shows::NeverErrs => question.errs_in(&left),
                _ => !question.allowed_by(&right) && question.allowed_by(&left),
            })
        };
        let own = set(&property.policies);
        let aim = Aim { action, like: &question, sets: [&left, &right, &own], breaks: &breaks };
        let shown = self.finder.find(self.policy, &aim);
        let demand = shown.demand.map(|demand| titled(property, demand));
        Refutation { action, question, demand, tried: shown.tried }
    }
}

fn titled(property: &Property, demand: CaseFile) -> CaseFile {
    let title = format!("Breaks the property `{}` of the policy: {}", property.id, property.says);
    CaseFile { title, ..demand }
}

/// What the solver said of one property so far.
#[derive(Default)]
struct Told {
    against: Option<(Action, BTreeMap<String, String>)>,
    unproven: Option<String>,
    took: Duration,
}

impl Told {
    fn add(&mut self, aspect: Aspect, action: Action, answer: Answer) {
        self.took += answer.took;
        let unproven = match (aspect, answer.said) {
            (_, Err(why)) => unproven(action, &why),
            (Aspect::Holds, Ok(Some(env))) => {
                let question = described(&env.request, &env.entities);
                self.against.get_or_insert((action, question));
                return;
            }
            (Aspect::Says(id), Ok(None)) => {
                format!("no question ever meets its policy `{id}`: it states nothing")
            }
            _ => return,
        };
        self.unproven.get_or_insert(unproven);
    }
}

fn unproven(action: Action, why: &SolveError) -> String {
    match why {
        SolveError::NoSolver => why.to_string(),
        other => format!("`{action}`: {other}"),
    }
}

fn milliseconds<S: serde::Serializer>(took: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}

pub(crate) fn word<S: serde::Serializer>(action: &Action, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(action.as_str())
}
