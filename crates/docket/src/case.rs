//! The case and its stages. Each stage holds only what that stage has learned.

use crate::command::is_content;
use crate::{AnswerKind, ClosedAs, Event, Grant, Lodging};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use writ_vocabulary::{
    self as vocabulary, AuthorityId, CaseId, Category, Deadline, Digest, Factor, Instant, Item,
    NoticeRule, Outcome, PersonId, Purpose, RuleId, Ruling, Scope, StatementId, Then,
};

/// One case, as its events have made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The demand as it now stands.
    pub lodging: Lodging,
    /// The proofs of who sent it.
    pub factors: Vec<Factor>,
    /// What the provider established beside the document.
    pub established: BTreeMap<StatementId, bool>,
    /// Where it stands.
    pub stage: Stage,
    /// Whether a court or an objection stopped it.
    pub suspended: bool,
    /// The customer's notice, beside the line.
    pub notice: NoticeState,
    /// What is frozen, beside the line.
    pub preservation: Option<Preservation>,
    /// What an emergency grant still owes.
    pub confirmation: Confirmation,
}

/// Where a case stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// A demand came in; nobody is proven.
    Lodged,
    /// The factors were not enough; more may come.
    NotAuthenticated,
    /// The sender is proven.
    Authenticated(Proven),
    /// The policy ruled.
    Assessed(Assessed),
    /// An answer without data was decided.
    Answered(Answer),
    /// What may be collected is settled.
    Granted(Granted),
    /// The production exists.
    Collected(Granted, Collected),
    /// The parcel exists.
    Sealed(Granted, Collected, Digest),
    /// The parcel was handed over.
    Delivered(Granted, Collected),
    /// The demand was taken back.
    Withdrawn,
    /// Nothing is owed any more.
    Closed(ClosedAs),
}

/// The proven sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The authority.
    pub authority: AuthorityId,
    /// The key that parcels for it are sealed to.
    pub recipient: Option<Digest>,
}

/// What a case knows once the policy ruled.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessed {
    /// The sender, where proven.
    pub proven: Option<Proven>,
    /// The ruling.
    pub ruled: Ruled,
    /// The first of two people who agreed, and to what.
    pub approved: Option<(PersonId, Scope)>,
}

/// An answer without data.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What was known when it was decided.
    pub assessed: Assessed,
    /// The answer.
    pub kind: AnswerKind,
    /// Since when it stands.
    pub since: Instant,
    /// Whether it was handed over.
    pub sent: bool,
}

/// What a case knows once it is granted.
#[derive(Debug, Clone, PartialEq)]
pub struct Granted {
    /// The proven sender.
    pub proven: Proven,
    /// The ruling.
    pub ruled: Ruled,
    /// What may be collected.
    pub grant: Grant,
}

impl Granted {
    /// The same grant, for a key that the authority enrolled anew.
    pub(crate) fn sealed_to(mut self, recipient: Option<Digest>) -> Self {
        self.proven.recipient = recipient;
        self
    }
}

/// What a case knows once it is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    /// The manifest.
    pub manifest: Digest,
    /// How many rows, messages and objects.
    pub rows: u64,
    /// How many of them are content.
    pub content_rows: u64,
}

/// The ruling as the docket keeps it: answers and rule ids; the words lie with the encrypted ruling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ruled {
    /// The whole ruling, kept encrypted.
    pub ruling: Digest,
    /// The outcome.
    pub outcome: Outcome,
    /// The answers.
    pub items: Vec<RuledItem>,
    /// How many people must agree.
    pub approvers: u8,
    /// When an answer is owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Deadline>,
    /// How the customer is told.
    pub notice: NoticeRule,
    /// When a grant on this ruling owes a confirmation, where it is an emergency's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm_by: Option<Instant>,
    /// The law book that was used.
    pub lawbook: Digest,
    /// The policy that was used.
    pub policy: Digest,
}

/// One answer, as the docket keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuledItem {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// What is wanted.
    pub want: Purpose,
    /// The category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// The answer.
    pub answer: vocabulary::Answer,
    /// What follows a no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
    /// Whether nobody can override it.
    #[serde(default)]
    pub fixed: bool,
    /// The rules.
    pub rules: Vec<RuleId>,
}

/// The customer's notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeState {
    /// Nothing is to be told, so far.
    Nothing,
    /// To be told from this instant on.
    Owed {
        /// When.
        from: Instant,
        /// Whether nothing may be delivered before.
        before_delivery: bool,
    },
    /// A gag without a known end: a person must see to it.
    Barred,
    /// The authority tells.
    ByAuthority,
    /// Told.
    Given,
}

/// What is frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preservation {
    /// What.
    pub scope: Scope,
    /// Until when.
    pub until: Instant,
    /// How often it was renewed.
    pub extensions: u8,
}

/// What an emergency grant still owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// Nothing.
    Nothing,
    /// A confirmation, by this date.
    Owed(Instant),
    /// It came.
    Given,
    /// It did not come in time.
    Missed,
}

impl Stage {
    /// Whether nothing was granted, removed, taken back or closed yet.
    pub(crate) fn is_open_question(&self) -> bool {
        match self {
            Self::Lodged | Self::NotAuthenticated | Self::Authenticated(_) | Self::Assessed(_) => {
                true
            }
            Self::Answered(answer) => answer.kind != AnswerKind::Act,
            _ => false,
        }
    }
}

impl Case {
    /// The grant, from the moment it stands until the case closes.
    pub fn grant(&self) -> Option<&Grant> {
        self.granted().map(|granted| &granted.grant)
    }

    /// The grant with what it rests on.
    pub fn granted(&self) -> Option<&Granted> {
        match &self.stage {
            Stage::Granted(granted)
            | Stage::Collected(granted, _)
            | Stage::Sealed(granted, ..)
            | Stage::Delivered(granted, _) => Some(granted),
            _ => None,
        }
    }

    /// The ruling, once there is one and until the case closes.
    pub fn ruled(&self) -> Option<&Ruled> {
        match &self.stage {
            Stage::Assessed(assessed) => Some(&assessed.ruled),
            Stage::Answered(answer) => Some(&answer.assessed.ruled),
            _ => self.granted().map(|granted| &granted.ruled),
        }
    }

    /// The proven sender.
    pub fn proven(&self) -> Option<&Proven> {
        match &self.stage {
            Stage::Authenticated(proven) => Some(proven),
            Stage::Assessed(assessed) => assessed.proven.as_ref(),
            Stage::Answered(answer) => answer.assessed.proven.as_ref(),
            _ => self.granted().map(|granted| &granted.proven),
        }
    }

    /// Whether a removal order was carried out.
    pub fn has_acted(&self) -> bool {
        matches!(
            &self.stage,
            Stage::Answered(Answer { kind: AnswerKind::Act, .. }) | Stage::Closed(ClosedAs::Acted)
        )
    }

    /// Whether nothing more can happen to it.
    pub fn is_closed(&self) -> bool {
        matches!(self.stage, Stage::Closed(_))
    }

    /// The stage's name, as screens and files show it.
    pub fn stage_name(&self) -> &'static str {
        match &self.stage {
            Stage::Lodged => "lodged",
            Stage::NotAuthenticated => "not authenticated",
            Stage::Authenticated(_) => "authenticated",
            Stage::Assessed(_) => "assessed",
            Stage::Answered(answer) => match answer.kind {
                AnswerKind::Refuse => "refused",
                AnswerKind::AskCure => "cure asked",
                AnswerKind::Redirect => "redirected",
                AnswerKind::Hold => "held",
                AnswerKind::Preserved => "preserved",
                AnswerKind::Act => "acted on",
            },
            Stage::Granted(_) if self.confirmation != Confirmation::Nothing => {
                "granted in emergency"
            }
            Stage::Granted(_) => "granted",
            Stage::Collected(..) => "collected",
            Stage::Sealed(..) => "sealed",
            Stage::Delivered(..) => "delivered",
            Stage::Withdrawn => "withdrawn",
            Stage::Closed(_) => "closed",
        }
    }
}

impl Ruled {
    /// What the docket keeps of a ruling whose encrypted form has the digest `document`.
    pub fn of(ruling: &Ruling, document: Digest, confirm_by: Option<Instant>) -> Self {
        let item = |ruled: &vocabulary::ItemRuling| RuledItem {
            item: ruled.item.clone(),
            want: ruled.want,
            category: ruled.category,
            answer: ruled.answer,
            then: ruled.then,
            fixed: ruled.fixed,
            rules: ruled.reasons.iter().map(|reason| reason.rule.clone()).collect(),
        };
        Self {
            ruling: document,
            outcome: ruling.outcome,
            items: ruling.items.iter().map(item).collect(),
            approvers: ruling.approvers,
            deadline: ruling.deadline.clone(),
            notice: ruling.notice.clone(),
            confirm_by,
            lawbook: ruling.lawbook,
            policy: ruling.policy,
        }
    }

    /// The items that may be disclosed.
    pub fn allowed(&self) -> Scope {
        self.scope(|item| {
            item.want == Purpose::Disclose && item.answer == vocabulary::Answer::Allowed
        })
    }

    /// The items that are to be preserved.
    pub fn preserved(&self) -> Scope {
        self.scope(|item| {
            item.want == Purpose::Preserve && item.answer == vocabulary::Answer::Allowed
        })
    }

    /// What a person may remove: it was ordered, and the policy allows it or leaves it to people.
    pub fn removable(&self) -> Scope {
        let people_decide = self.outcome == Outcome::Escalate;
        self.scope(|item| {
            item.want == Purpose::Remove
                && (item.answer == vocabulary::Answer::Allowed || people_decide && !item.fixed)
        })
    }

    /// The items that no override can reach.
    pub fn fixed(&self) -> Scope {
        self.scope(|item| item.fixed)
    }

    /// Whether `scope` holds content under the instrument's law; an unknown category counts as content.
    pub fn has_content(&self, scope: &Scope) -> bool {
        let content = self.scope(|item| item.category.is_none() || is_content(item.category));
        !content.intersection(scope).is_empty()
    }

    fn scope(&self, keep: impl Fn(&RuledItem) -> bool) -> Scope {
        Scope::of(self.items.iter().filter(|item| keep(item)).map(|item| item.item.clone()))
    }
}

impl Event {
    /// Whether the event ends its case.
    pub fn closes(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }
}
