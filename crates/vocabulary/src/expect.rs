//! What a case file expects, and where a ruling differs from it.

use crate::{
    AccountRef, Answer, ElementId, FindingState, Instant, ItemRuling, Outcome, RuleId, Ruling, Then,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a case file expects of the ruling. Only what is written is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The outcome.
    pub outcome: Outcome,
    /// Answers for single items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ExpectItem>,
    /// States of findings, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub findings: BTreeMap<String, FindingState>,
    /// Rules that must be among the reasons of at least one item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleId>,
    /// The deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Instant>,
    /// How many people must agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<u8>,
    /// The policies that ask for people, all of them: `["P16.content"]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_by: Option<BTreeSet<String>>,
    /// The notice rule's word: `before`, `after`, `deferred`, `barred`, `by-authority`, `nothing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The policies that say so, all of them: `["P6.person"]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_by: Option<BTreeSet<String>>,
}

/// The answer expected for the items of one element, of one account or of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectItem {
    /// Which element.
    pub element: ElementId,
    /// Which account. Missing: every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountRef>,
    /// What is wanted of it, where the file asks the element twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub want: Option<crate::Purpose>,
    /// The answer.
    pub answer: Answer,
    /// What follows a no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
    /// Rules that must be among the reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleId>,
}

/// One place where a ruling is not what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// Where: `outcome`, `items[message_body].answer`, ...
    pub place: String,
    /// What the file expects.
    pub expected: String,
    /// What the ruling says.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected `{}`, found `{}`", self.place, self.expected, self.found)
    }
}

impl Expect {
    /// Every place where `ruling` differs, in the order of the file.
    pub fn differences(&self, ruling: &Ruling) -> Vec<Difference> {
        let mut found = Vec::new();
        differs(&mut found, "outcome", self.outcome.to_string(), ruling.outcome.to_string());
        if let Some(deadline) = self.deadline {
            let actual = ruling
                .deadline
                .as_ref()
                .map_or("none".to_owned(), |deadline| deadline.due.to_string());
            differs(&mut found, "deadline", deadline.to_string(), actual);
        }
        if let Some(approvers) = self.approvers {
            differs(&mut found, "approvers", approvers.to_string(), ruling.approvers.to_string());
        }
        if let Some(notice) = &self.notice {
            differs(&mut found, "notice", notice.clone(), ruling.notice.word().to_owned());
        }
        let said_by = [("approval", &self.approval_by), ("notice", &self.notice_by)];
        for (kind, expected) in
            said_by.into_iter().filter_map(|(kind, it)| Some((kind, it.as_ref()?)))
        {
            let said = ruling.findings.iter().filter_map(|it| it.id.split_once(':'));
            let said = said.filter(|(of, _)| *of == kind).map(|(_, policy)| policy.to_owned());
            let listed = |ids: BTreeSet<String>| Vec::from_iter(ids).join(", ");
            differs(
                &mut found,
                &format!("{kind}_by"),
                listed(expected.clone()),
                listed(said.collect()),
            );
        }
        for (id, state) in &self.findings {
            let actual = ruling.findings.iter().find(|finding| &finding.id == id);
            let actual =
                actual.map_or("no such finding".to_owned(), |finding| finding.state.to_string());
            differs(&mut found, &format!("findings.{id}"), state.to_string(), actual);
        }
        for rule in &self.rules {
            let given = ruling
                .items
                .iter()
                .any(|item| item.reasons.iter().any(|reason| &reason.rule == rule));
            differs(
                &mut found,
                "rules",
                rule.to_string(),
                if given { rule.to_string() } else { "not given".into() },
            );
        }
        self.items.iter().for_each(|item| item.differences(ruling, &mut found));
        found
    }
}

impl ExpectItem {
    fn differences(&self, ruling: &Ruling, found: &mut Vec<Difference>) {
        let meant: Vec<&ItemRuling> =
            ruling.items.iter().filter(|ruled| self.means(ruled)).collect();
        let place = format!("items[{}]", self.element);
        if meant.is_empty() {
            differs(found, &place, self.answer.to_string(), "no such item".to_owned());
        }
        for ruled in meant {
            differs(
                found,
                &format!("{place}.answer"),
                self.answer.to_string(),
                ruled.answer.to_string(),
            );
            if let Some(then) = self.then {
                let actual = ruled.then.map_or("nothing".to_owned(), |then| then.to_string());
                differs(found, &format!("{place}.then"), then.to_string(), actual);
            }
            for rule in &self.rules {
                let given: Vec<_> =
                    ruled.reasons.iter().map(|reason| reason.rule.to_string()).collect();
                if !given.contains(&rule.to_string()) {
                    differs(found, &format!("{place}.rules"), rule.to_string(), given.join(", "));
                }
            }
        }
    }

    fn means(&self, ruled: &ItemRuling) -> bool {
        ruled.item.element == self.element
            && self.account.as_ref().is_none_or(|account| account == &ruled.item.account)
            && self.want.is_none_or(|want| want == ruled.want)
    }
}

impl crate::NoticeRule {
    /// The rule's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After { .. } => "after",
            Self::Deferred { .. } => "deferred",
            Self::Barred => "barred",
            Self::ByAuthority => "by-authority",
            Self::Nothing => "nothing",
        }
    }
}

fn differs(found: &mut Vec<Difference>, place: &str, expected: String, actual: String) {
    if expected != actual {
        found.push(Difference { place: place.to_owned(), expected, found: actual });
    }
}
