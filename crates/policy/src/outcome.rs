//! From answers to a ruling: one question for each different item, then who decides and who is told.

use crate::clause::Clause;
use crate::policy::Policy;
use crate::question::{Action, Traits, Unsayable};
use crate::reasons;
use cedar_policy::{Context, Decision, Effect, Entities, PolicySet, Request};
use std::collections::{BTreeMap, BTreeSet};
use writ_lawbook::Assessment;
use writ_vocabulary::{
    Answer, Finding, FindingState, ItemRuling, NoticeRule, Outcome, Purpose, Ruling, Then,
};

impl Policy {
    /// The ruling on what the law book found. Total: what cannot be asked or answered is denied, and escalates.
    pub fn rule_on(&self, assessment: &Assessment) -> Ruling {
        let hearing = Hearing::open(self, assessment);
        let items = hearing.items();
        let outcome = outcome(&items);
        let at_stake = hearing.at_stake(outcome, &items);
        let (approvers, approvals) = hearing.approvers(outcome, &at_stake);
        let (notice, notices) = hearing.notice(outcome, &at_stake);
        let findings =
            assessment.findings.iter().cloned().chain(approvals).chain(notices).collect();
        Ruling {
            outcome,
            items,
            findings,
            deadline: assessment.deadline.clone(),
            notice,
            approvers,
            objections: assessment.objections.clone(),
            sign_off: assessment.sign_off.clone(),
            lawbook: assessment.lawbook,
            policy: self.digest(),
        }
    }

    /// What of the questions about an assessment does not fit the schema, if anything. The hot path does not ask: types
    /// guarantee it, and every case checks it.
    pub(crate) fn misfit(&self, assessment: &Assessment) -> Option<String> {
        let Hearing { traits, .. } = Hearing::open(self, assessment);
        let words = &self.words;
        let checked = || {
            words.entities(assessment, &traits, Some(&self.schema))?;
            let context = words.context(assessment)?;
            for action in Action::ALL {
                let (principal, resource) = (words.principal(), words.item(0));
                Request::new(
                    principal,
                    words.action(action)?,
                    resource,
                    context.clone(),
                    Some(&self.schema),
                )
                .map_err(Unsayable::because)?;
            }
            Ok(())
        };
        checked().err().map(|Unsayable(why)| why)
    }
}

/// An answer to one question, with every policy that determined it.
#[derive(Clone, Default)]
pub(crate) struct Verdict<'p> {
    pub(crate) allowed: bool,
    pub(crate) by: Vec<&'p Clause>,
    /// Whether a policy could not be applied at all.
    pub(crate) faulty: bool,
}

impl Verdict<'_> {
    /// The verdict where there is none: no, and a person decides.
    fn unsayable() -> Self {
        Self { allowed: false, by: Vec::new(), faulty: true }
    }
}

impl<'p> Verdict<'p> {
    /// The verdict of two sets of policies together, as Cedar would give it of both in one: any forbid means no, and a
    /// yes needs a permit.
    fn and(&self, other: Self) -> Self {
        let mut by: Vec<&'p Clause> = self.by.iter().copied().chain(other.by).collect();
        let forbidden = by.iter().any(|clause| clause.effect == Effect::Forbid);
        let faulty = self.faulty || other.faulty;
        let allowed = !forbidden && !faulty && !by.is_empty();
        if !allowed {
            by.retain(|clause| clause.effect == Effect::Forbid);
        }
        by.sort_by(|a, b| (a.then, &a.id).cmp(&(b.then, &b.id)));
        Self { allowed, by, faulty }
    }
}

/// One demand before the policy: its different items, and all that Cedar needs to answer about them.
struct Hearing<'p, 'a> {
    policy: &'p Policy,
    assessment: &'a Assessment,
    /// For each item, the number of its question.
    numbers: Vec<usize>,
    traits: Vec<Traits>,
    /// Where it cannot be said in Cedar's terms, every answer is no.
    scene: Result<(Entities, Context), Unsayable>,
}

impl<'p, 'a> Hearing<'p, 'a> {
    fn open(policy: &'p Policy, assessment: &'a Assessment) -> Self {
        let mut known: BTreeMap<Traits, usize> = BTreeMap::new();
        let numbers = assessment.items.iter().map(|assessed| {
            let next = known.len();
            *known.entry(Traits::of(assessed, policy.reads)).or_insert(next)
        });
        let numbers = numbers.collect();
        let mut traits: Vec<(Traits, usize)> = known.into_iter().collect();
        traits.sort_by_key(|(_, number)| *number);
        let traits: Vec<Traits> = traits.into_iter().map(|(traits, _)| traits).collect();
        let scene = policy.words.entities(assessment, &traits, None);
        let scene = scene.and_then(|entities| Ok((entities, policy.words.context(assessment)?)));
        Self { policy, assessment, numbers, traits, scene }
    }

    fn items(&self) -> Vec<ItemRuling> {
        let verdicts = self.verdicts();
        let none = Verdict::unsayable();
        let rulings = self.assessment.items.iter().zip(&self.numbers).map(|(assessed, number)| {
            let verdict = verdicts.get(number).unwrap_or(&none);
            ItemRuling {
                item: assessed.item.clone(),
                want: assessed.want,
                answer: if verdict.allowed { Answer::Allowed } else { Answer::Denied },
                then: reasons::then(verdict, self.assessment),
                category: assessed.category,
                fixed: verdict.by.iter().any(|clause| clause.fixed),
                reasons: reasons::of_item(verdict, assessed, self.assessment),
            }
        });
        rulings.collect()
    }

    /// For each question about what is wanted, its answer.
    fn verdicts(&self) -> BTreeMap<usize, Verdict<'p>> {
        let mut verdicts = BTreeMap::new();
        for want in [Purpose::Disclose, Purpose::Preserve, Purpose::Remove] {
            let of_want = self.traits.iter().enumerate().filter(|(_, traits)| traits.want == want);
            let numbers: Vec<usize> = of_want.map(|(number, _)| number).collect();
            verdicts.extend(
                numbers.iter().copied().zip(self.ask(want.into(), numbers.iter().copied())),
            );
        }
        verdicts
    }

    /// The questions whose items are given, or would be if the person to whom the demand escalates says so.
    fn at_stake(&self, outcome: Outcome, items: &[ItemRuling]) -> BTreeSet<usize> {
        let stake = |item: &ItemRuling| {
            item.answer == Answer::Allowed
                || (outcome == Outcome::Escalate && item.then == Some(Then::Escalate))
        };
        items
            .iter()
            .zip(&self.numbers)
            .filter(|(item, _)| stake(item))
            .map(|(_, number)| *number)
            .collect()
    }

    /// The answers about several items. What looks at the demand alone is asked once for all of them.
    fn ask(&self, action: Action, numbers: impl IntoIterator<Item = usize>) -> Vec<Verdict<'p>> {
        let sets = self.policy.sets.get(&action);
        let mut of_demand = None;
        let mut answer = |number: usize| -> Result<Verdict<'p>, Unsayable> {
            let sets = sets.ok_or_else(|| Unsayable::because(action))?;
            let demand = match &of_demand {
                Some(demand) => demand,
                None => of_demand.insert(self.answer(action, number, &sets.of_demand)?),
            };
            Ok(demand.and(self.answer(action, number, &sets.of_item)?))
        };
        numbers
            .into_iter()
            .map(|number| answer(number).unwrap_or_else(|_| Verdict::unsayable()))
            .collect()
    }

    fn answer(
        &self,
        action: Action,
        number: usize,
        set: &PolicySet,
    ) -> Result<Verdict<'p>, Unsayable> {
        let policy = self.policy;
        let (entities, context) = self.scene.as_ref().map_err(Clone::clone)?;
        let words = &policy.words;
        let request = Request::new(
            words.principal(),
            words.action(action)?,
            words.item(number),
            context.clone(),
            None,
        )
        .map_err(Unsayable::because)?;
        let response = policy.authorizer.is_authorized(&request, set, entities);
        let said = response.diagnostics();
        // Cedar passes over a policy that it cannot evaluate. A forbid that is passed over must not become a yes.
        let faulty = said.errors().next().is_some();
        let by = said.reason().map(|id| {
            let clause = policy.clauses.get(AsRef::<str>::as_ref(id));
            clause.map(AsRef::as_ref).ok_or_else(|| Unsayable::because(id))
        });
        Ok(Verdict {
            by: by.collect::<Result<_, _>>()?,
            allowed: response.decision() == Decision::Allow,
            faulty,
        })
    }

    /// How many people must agree, and the policies that say so as findings `approval:<policy>`.
    fn approvers(&self, outcome: Outcome, at_stake: &BTreeSet<usize>) -> (u8, Vec<Finding>) {
        let ask = |action| self.ask(action, at_stake.iter().copied());
        let refused = |mut verdicts: Vec<Verdict<'p>>| {
            verdicts.retain(|verdict| !verdict.allowed);
            verdicts
        };
        let alone = refused(ask(Action::DecideAlone));
        if !alone.is_empty() {
            return (2, self.findings("approval", &alone));
        }
        let unattended = refused(ask(Action::DecideUnattended));
        let findings = self.findings("approval", &unattended);
        match outcome {
            // What escalates is given only by an override, which needs two people (rule P40).
            Outcome::Escalate => (2, findings),
            _ => (u8::from(!unattended.is_empty()), findings),
        }
    }

    /// How the customer is told, and the policies that say so as findings `notice:<policy>`.
    fn notice(&self, outcome: Outcome, at_stake: &BTreeSet<usize>) -> (NoticeRule, Vec<Finding>) {
        let given = |number: &usize| {
            self.traits.get(*number).is_some_and(|traits| traits.want != Purpose::Preserve)
        };
        let verdicts = self.ask(Action::Notify, at_stake.iter().copied().filter(given));
        if verdicts.is_empty() {
            return (NoticeRule::Nothing, Vec::new());
        }
        let may = verdicts.iter().all(|verdict| verdict.allowed);
        let notice = match (may, &self.assessment.notice) {
            (true, NoticeRule::Nothing) if outcome != Outcome::Escalate => NoticeRule::Before,
            // In doubt nobody is told, and a person sees to it.
            (false, NoticeRule::Before | NoticeRule::Nothing) => NoticeRule::Barred,
            (_, rule) => rule.clone(),
        };
        (notice, self.findings("notice", &verdicts))
    }

    /// The policies behind some verdicts as findings, each once.
    fn findings(&self, kind: &str, verdicts: &[Verdict<'p>]) -> Vec<Finding> {
        let clauses: BTreeMap<&str, &Clause> = verdicts
            .iter()
            .flat_map(|verdict| &verdict.by)
            .map(|clause| (clause.id.as_str(), *clause))
            .collect();
        let finding = |clause: &&Clause| Finding {
            id: format!("{kind}:{}", clause.id),
            state: FindingState::Holds,
            text: clause.reason.clone(),
            cite: Some(reasons::cite(clause, self.assessment)),
            then: None,
        };
        clauses.values().map(finding).collect()
    }
}

/// What becomes of the demand, from the answers for its items.
fn outcome(items: &[ItemRuling]) -> Outcome {
    let allowed = |want: Purpose| {
        items.iter().any(|item| item.want == want && item.answer == Answer::Allowed)
    };
    let strongest = items.iter().filter_map(|item| item.then).min();
    let given = allowed(Purpose::Disclose) || allowed(Purpose::Remove);
    match strongest {
        None if allowed(Purpose::Disclose) => Outcome::Disclose,
        None if allowed(Purpose::Remove) => Outcome::Act,
        None if allowed(Purpose::Preserve) => Outcome::Preserve,
        None => Outcome::Escalate,
        Some(_) if given => Outcome::Narrow,
        // A refusal of one thing does not keep another from the person who must see it.
        Some(_) if items.iter().any(|item| item.then == Some(Then::Escalate)) => Outcome::Escalate,
        Some(_) if allowed(Purpose::Preserve) => Outcome::Preserve,
        // Left out to answer the rest, and there is no rest.
        Some(Then::Narrow | Then::Refuse) => Outcome::Refuse,
        Some(Then::Hold) => Outcome::Hold,
        Some(Then::Redirect) => Outcome::Redirect,
        Some(Then::Cure) => Outcome::Cure,
        Some(Then::Preserve) => Outcome::Preserve,
        Some(Then::Escalate) => Outcome::Escalate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use writ_vocabulary::{Item, Period};

    fn ruled(want: Purpose, then: Option<Then>) -> ItemRuling {
        ItemRuling {
            item: Item {
                account: "a1".parse().unwrap(),
                element: "name".parse().unwrap(),
                period: Period::ALL,
            },
            want,
            answer: if then.is_none() { Answer::Allowed } else { Answer::Denied },
            then,
            category: None,
            fixed: false,
            reasons: Vec::new(),
        }
    }

    #[test]
    fn the_outcome_follows_from_the_answers() {
        use Purpose::{Disclose, Preserve, Remove};
        type Answered = (Purpose, Option<Then>);
        let table: [(&[Answered], Outcome); 14] = [
            (&[(Disclose, None)], Outcome::Disclose),
            (&[(Remove, None)], Outcome::Act),
            (&[(Preserve, None)], Outcome::Preserve),
            (&[(Disclose, None), (Disclose, Some(Then::Refuse))], Outcome::Narrow),
            (&[(Preserve, None), (Disclose, Some(Then::Preserve))], Outcome::Preserve),
            (&[(Preserve, None), (Disclose, Some(Then::Hold))], Outcome::Preserve),
            (&[(Preserve, None), (Disclose, Some(Then::Escalate))], Outcome::Escalate),
            (
                &[(Disclose, Some(Then::Refuse)), (Disclose, Some(Then::Escalate))],
                Outcome::Escalate,
            ),
            (&[(Disclose, Some(Then::Preserve))], Outcome::Preserve),
            (&[(Disclose, Some(Then::Narrow))], Outcome::Refuse),
            (&[(Disclose, Some(Then::Cure)), (Disclose, Some(Then::Narrow))], Outcome::Cure),
            (&[(Disclose, Some(Then::Cure)), (Disclose, Some(Then::Hold))], Outcome::Hold),
            (&[(Disclose, Some(Then::Redirect)), (Disclose, Some(Then::Cure))], Outcome::Redirect),
            (&[], Outcome::Escalate),
        ];
        for (answers, expected) in table {
            let items: Vec<_> = answers.iter().map(|(want, then)| ruled(*want, *then)).collect();
            assert_eq!(outcome(&items), expected, "{answers:?}");
        }
    }
}
