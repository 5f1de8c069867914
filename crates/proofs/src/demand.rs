//! From a question to a demand: the search for a case file that brings a question about.

use crate::moves;
use crate::property::{asks, set};
use cedar_policy::{Entities, EvalResult, PolicySet, Request};
use std::collections::{BTreeMap, BTreeSet};
use writ_lawbook::{Assessment, Lawbook};
use writ_policy::{Action, Policy, Question};
use writ_vocabulary::{AccountFacts, Answer, Asked, CaseFile, InstrumentId, Item, Purpose};

/// Finds demands that break something, starting from known cases.
///
/// A solver's answer is a question: findings and attributes that may or may not belong to any demand. So it is only the
/// mark to steer by. What is found is a demand whose own question, as law book and policy make it, breaks what is to be
/// shown.
#[derive(Debug)]
pub struct Finder<'a> {
    lawbook: &'a Lawbook,
    /// Demands of one item each.
    seeds: Vec<CaseFile>,
}

/// A demand that was sought.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The demand, if there is one.
    pub demand: Option<CaseFile>,
    /// How many were tried.
    pub tried: usize,
}

/// What is sought.
pub(crate) struct Aim<'a> {
    pub(crate) action: Action,
    /// The question to steer by.
    pub(crate) like: &'a BTreeMap<String, String>,
    /// The policies in question: attributes that none of them reads do not matter.
    pub(crate) sets: [&'a PolicySet; 3],
    pub(crate) breaks: &'a dyn Fn(&Question) -> bool,
}

/// The most demands that one search tries: what there is to be found is found among the first hundreds, and this takes
/// seconds.
const MOST: usize = 4_000;
/// How many demands are changed further in each round, and how many of them may use the same instrument.
const KEPT: usize = 24;
const KEPT_ALIKE: usize = 4;
const ROUNDS: usize = 6;

impl<'a> Finder<'a> {
    /// A finder that starts from these cases: those of the policy and the examples of the law book.
    pub fn new(lawbook: &'a Lawbook, cases: impl IntoIterator<Item = CaseFile>) -> Self {
        let mut known = BTreeSet::new();
        let single =
            cases.into_iter().filter(|case| case.facts.is_some()).flat_map(|it| singles(&it));
        let seeds = single.filter(|seed| known.insert(seed.to_json())).collect();
        Self { lawbook, seeds }
    }

    /// Whether one of the known demands breaks it.
    pub(crate) fn known(&self, policy: &Policy, aim: &Aim<'_>) -> Shown {
        let mut search = self.search(policy, aim);
        let demand = search.seeds().err().map(|case| *case);
        Shown { demand, tried: search.tried }
    }

    /// A demand that breaks it, if one is found: a known one, or one that is made from the nearest of them.
    pub(crate) fn find(&self, policy: &Policy, aim: &Aim<'_>) -> Shown {
        let mut search = self.search(policy, aim);
        let demand = search.run();
        Shown { demand, tried: search.tried }
    }

    fn search<'s>(&'s self, policy: &'s Policy, aim: &'s Aim<'s>) -> Search<'s, 'a> {
        let (matters, known) = (matters(aim), BTreeSet::new());
        Search { finder: self, policy, aim, matters, tried: 0, known }
    }
}

/// One search: what was tried so far.
struct Search<'s, 'a> {
    finder: &'s Finder<'a>,
    policy: &'s Policy,
    aim: &'s Aim<'s>,
    matters: BTreeMap<&'s str, &'s str>,
    tried: usize,
    known: BTreeSet<String>,
}

/// A demand that did not break it, and in how many attributes it differs from the mark.
struct Tried {
    off: usize,
    case: CaseFile,
}

enum Step {
    Found(CaseFile),
    Tried(Tried),
    /// Seen before, or no demand that the law book can read.
    Idle,
}

impl Search<'_, '_> {
    /// The known demands that do not break it, or the first that does.
    fn seeds(&mut self) -> Result<Vec<Tried>, Box<CaseFile>> {
        let mut open = Vec::new();
        for seed in &self.finder.seeds {
            match self.step(seed.clone()) {
                Step::Found(case) => return Err(Box::new(case)),
                Step::Tried(tried) => open.push(tried),
                Step::Idle => {}
            }
        }
        Ok(open)
    }

    fn run(&mut self) -> Option<CaseFile> {
        let mut open = match self.seeds() {
            Ok(open) => open,
            Err(found) => return Some(*found),
        };
        for _ in 0..ROUNDS {
            let mut next = Vec::new();
            for near in nearest(open) {
                for case in moves::around(&near.case, self.finder.lawbook) {
                    match self.step(case) {
                        Step::Found(case) => return Some(case),
                        Step::Tried(tried) => next.push(tried),
                        Step::Idle => {}
                    }
                    if self.tried >= MOST {
                        return None;
                    }
                }
                // What is near stays in the race: another change of it may be the better one.
                next.push(near);
            }
            open = next;
        }
        None
    }

    fn step(&mut self, case: CaseFile) -> Step {
        if !self.known.insert(case.to_json()) {
            return Step::Idle;
        }
        let Some(facts) = &case.facts else { return Step::Idle };
        let Ok(assessment) = self.finder.lawbook.assess(&case.demand, facts) else {
            return Step::Idle;
        };
        let questions = self.policy.questions(&assessment);
        let Some(question) = questions.iter().find(|it| it.action == self.aim.action) else {
            return Step::Idle;
        };
        self.tried += 1;
        if (self.aim.breaks)(question) && self.shows(question, &assessment) {
            return Step::Found(case);
        }
        let said = described(question.request(), question.entities());
        let differs =
            |(name, value): &(&&str, &&str)| said.get(**name).is_none_or(|it| it != **value);
        Step::Tried(Tried { off: self.matters.iter().filter(differs).count(), case })
    }

    /// Whether the answer shows in the ruling. Who decides is asked of what is allowed alone, who is told of what is given
    /// or removed; and one question's answer may be hidden behind another's.
    fn shows(&self, question: &Question, assessment: &Assessment) -> bool {
        let ruling = self.policy.rule_on(assessment);
        let item = ruling.items.get(question.item);
        let allowed = item.is_some_and(|item| item.answer == Answer::Allowed);
        let asked = self.policy.clauses().map(|clause| clause.policy());
        let yes = question.allowed_by(&set(asked.filter(|it| asks(it, question.action))));
        match question.action {
            Action::Disclose | Action::Preserve | Action::Remove => true,
            Action::DecideUnattended => allowed && yes == (ruling.approvers == 0),
            Action::DecideAlone => allowed && yes == (ruling.approvers < 2),
            Action::Notify => allowed && item.is_some_and(|item| item.want != Purpose::Preserve),
        }
    }
}

/// The nearest of those tried, not too many of one instrument.
fn nearest(mut tried: Vec<Tried>) -> Vec<Tried> {
    tried.sort_by_key(|it| it.off);
    let mut alike: BTreeMap<InstrumentId, usize> = BTreeMap::new();
    tried.retain(|it| {
        let count = alike.entry(it.case.demand.instrument.clone()).or_default();
        *count += 1;
        *count <= KEPT_ALIKE
    });
    tried.truncate(KEPT);
    tried
}

/// The attributes of the mark that some policy in question reads.
fn matters<'a>(aim: &Aim<'a>) -> BTreeMap<&'a str, &'a str> {
    let texts: Vec<String> =
        aim.sets.iter().flat_map(|set| set.policies()).filter_map(|it| it.to_cedar()).collect();
    let read = |name: &str| texts.iter().any(|text| text.contains(name));
    let pairs = aim.like.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    pairs.filter(|(name, _)| read(name)).collect()
}

/// A question, attribute by attribute: `principal.proven`, `resource.category`, `context.gag`.
pub(crate) fn described(request: &Request, entities: &Entities) -> BTreeMap<String, String> {
    let mut said = BTreeMap::new();
    for (variable, uid) in [("principal", request.principal()), ("resource", request.resource())] {
        let attributes =
            uid.and_then(|uid| entities.get(uid)).into_iter().flat_map(|it| it.attrs());
        for (name, value) in attributes {
            let value = value.map_or_else(|_| String::new(), |value| shown(&value));
            said.insert(format!("{variable}.{name}"), value);
        }
    }
    let Some(context) = request.context() else { return said };
    for (name, _) in context.clone() {
        let value = context.get(&name).map(|value| shown(&value)).unwrap_or_default();
        said.insert(format!("context.{name}"), value);
    }
    said
}

fn shown(value: &EvalResult) -> String {
    match value {
        EvalResult::EntityUid(uid) => uid.id().unescaped().to_owned(),
        EvalResult::String(text) => text.clone(),
        EvalResult::Set(set) => {
            let mut each: Vec<String> = set.iter().map(shown).collect();
            each.sort();
            each.join(" ")
        }
        other => other.to_string(),
    }
}

/// A case for each item asked, which asks that item alone.
fn singles(case: &CaseFile) -> Vec<CaseFile> {
    case.demand.asked().iter().map(|(item, want)| single(case, item, *want)).collect()
}

fn single(case: &CaseFile, item: &Item, want: Purpose) -> CaseFile {
    let mut case = CaseFile { title: String::new(), expect: None, ..case.clone() };
    let demand = &mut case.demand;
    demand.accounts.retain(|line| line.reference == item.account);
    demand.items = vec![Asked {
        elements: vec![item.element.clone()],
        accounts: Vec::new(),
        from: item.period.from(),
        until: item.period.until(),
        want,
    }];
    if let Some(facts) = &mut case.facts {
        facts.accounts.retain(|known: &AccountFacts| known.account == item.account);
    }
    case
}
