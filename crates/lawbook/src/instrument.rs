//! An instrument: one row of the law book, as read and checked.

use crate::clock::Length;
use crate::condition::Condition;
use crate::{InstrumentSummary, Reached};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use writ_vocabulary::{
    AuthorityClass, Category, Danger, Digest, ElementId, InstrumentId, Jurisdiction, PauseCause,
    Purpose, StatementId, Then,
};

/// One row of the law book: a kind of legal process, who may issue it, what it compels and by when.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// Its id, title, law and certainty.
    pub summary: InstrumentSummary,
    /// Which map of categories its law uses: `us`, `eu`, ...
    pub regime: String,
    /// What it is, in plain words for the published guidelines.
    pub text: String,
    /// What counsel must check before the row is relied upon.
    pub checks: Vec<String>,
    /// The first day on which it is law.
    pub valid_from: Date,
    /// The last day on which it is law.
    pub valid_to: Option<Date>,
    /// The digest of the row's file: what counsel's sign-off is for.
    pub digest: Digest,
    /// By when somebody must read the law again.
    pub review_by: Date,
    /// Whether it only permits and does not compel.
    pub voluntary: bool,
    /// Whether the law only permits the provider to help under this process, and compels nothing. A person decides.
    pub permits: bool,
    /// Whether it is, in law, a judge's instrument.
    pub judge_level: bool,
    /// Who may issue it.
    pub issue: Issue,
    /// What it reaches, for every element of the law book.
    pub reach: BTreeMap<ElementId, ElementReach>,
    /// How far back it reaches without a person's judgement.
    pub look_back: Option<LookBack>,
    /// Where content may go, if not to every issuer.
    pub content_only_to: Option<ContentOnlyTo>,
    /// What its document must state.
    pub requires: Vec<Requirement>,
    /// Its clock.
    pub deadline: Option<ClockRow>,
    /// How the customer is told.
    pub notice: Notice,
    /// The instruments that may impose silence about it.
    pub gags: Vec<InstrumentId>,
    /// What it says about silence, where it imposes some.
    pub silence: Option<Silence>,
    /// Its emergency variant, or the emergency that it is.
    pub emergency: Option<EmergencyRow>,
    /// Its rule for data that an organisation controls.
    pub controller: Option<ControllerRule>,
    /// How long it preserves.
    pub preservation: Option<Preservation>,
    /// What is owed after an answer.
    pub follow_ups: Vec<FollowUpRow>,
    /// Its other clocks: what may, must or can no longer happen from a date on, and holds up no answer.
    pub clocks: Vec<FollowUpRow>,
    /// On which grounds the provider may or must say no.
    pub refusal_grounds: Vec<Ground>,
    /// What threatens a provider that does not comply.
    pub sanction: Option<Cited>,
}

/// Who may issue an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// The classes that may issue it alone.
    #[serde(default)]
    pub alone: Vec<AuthorityClass>,
    /// Whether any class may (a voluntary row).
    #[serde(default)]
    pub anyone: bool,
    /// The classes that may issue it when it is validated.
    #[serde(default)]
    pub validated: Vec<AuthorityClass>,
    /// The classes that may validate it.
    #[serde(default)]
    pub validators: Vec<AuthorityClass>,
    /// Within how many hours validation may follow an emergency. Missing: it must come first.
    #[serde(default)]
    pub validation_after_hours: Option<u16>,
    /// Whether issuers of other states may use it.
    #[serde(default)]
    pub any_state: bool,
    /// The states that its law leaves out.
    #[serde(default)]
    pub leaves_out: Vec<Jurisdiction>,
    /// The jurisdiction in which the addressed entity must be established.
    #[serde(default)]
    pub served_on: Option<Jurisdiction>,
    /// What follows if the issuer may not.
    #[serde(default = "refuse")]
    pub otherwise: Then,
    /// Who may, in words to the authority.
    pub text: String,
    /// The law.
    pub cite: String,
}

/// What an instrument says of one element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementReach {
    /// Its category under the instrument's law.
    pub category: Option<Category>,
    /// Whether it is reached.
    pub reached: Reached,
}

/// How far back an instrument reaches without a person's judgement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookBack {
    /// How many months before receipt.
    pub months: u8,
    /// Why.
    pub text: String,
    /// The law.
    pub cite: String,
}

/// To whom a voluntary row confines content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentOnlyTo {
    /// Governmental entities of the United States (18 U.S.C. 2711(4)).
    UsGovernmentalEntity,
}

/// One thing that the document must state.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    /// Its id: finding `requires:<id>`.
    pub id: String,
    /// What is missing and how to mend it, in words to the authority.
    pub text: String,
    /// The law.
    pub cite: String,
    /// What follows if it is missing.
    pub then: Then,
    /// When it is needed: when all of these hold. Empty: always.
    pub when: Vec<Condition>,
    /// It is there if one of these holds.
    pub any: Vec<Condition>,
    /// It is there only if all of these hold.
    pub all: Vec<Condition>,
}

/// A clock: from when, how long, and what makes it stand still.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockRow {
    /// What starts it.
    pub from: ClockStart,
    /// How long it runs. Missing where the document's own date counts.
    #[serde(default)]
    pub length: Option<Length>,
    /// How long it runs in an emergency.
    #[serde(default)]
    pub emergency: Option<Length>,
    /// What makes it stand still.
    #[serde(default)]
    pub suspended_by: Vec<PauseCause>,
    /// After what it begins anew.
    #[serde(default)]
    pub restarted_by: Vec<PauseCause>,
    /// The law.
    pub cite: String,
}

/// What starts a clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockStart {
    /// The receipt.
    #[default]
    Receipt,
    /// The date of the order.
    Order,
    /// The document names the date.
    Face,
    /// The authority was asked for a clarification.
    Clarification,
}

/// How the customer is told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The rule where no gag stands in the way.
    pub rule: NoticeWord,
    /// How many days after an emergency disclosure the customer is told at the latest.
    #[serde(default)]
    pub emergency_days: Option<u16>,
    /// The law or the principle.
    pub cite: String,
}

/// Who tells the customer, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeWord {
    /// The provider, before anything is given; after an emergency, afterwards.
    ProviderBefore,
    /// The authority.
    ByAuthority,
    /// Nobody: the instrument's own law imposes silence.
    Sealed,
}

/// What an instrument says about the silence it imposes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// Whether it must name its end.
    pub must_end: bool,
    /// The longest it may last, in days from receipt.
    #[serde(default)]
    pub most_days: Option<u16>,
    /// The law.
    pub cite: String,
}

/// An emergency as an instrument's law defines it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyRow {
    /// Whether the instrument exists only in an emergency.
    #[serde(default)]
    pub required: bool,
    /// The dangers that it names.
    pub dangers: Vec<Danger>,
    /// How many hours after the danger arose it still counts as current. A choice of the members, not of the law.
    pub current_within_hours: u16,
    /// What follows if the emergency does not stand.
    #[serde(default = "refuse")]
    pub otherwise: Then,
    /// The law's own words.
    pub words: String,
    /// The law.
    pub cite: String,
}

/// The rule for data that an organisation controls.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControllerRule {
    /// The flags, one of which the document must state to come to the provider first.
    pub exceptions: Vec<StatementId>,
    /// The text that must justify it.
    pub reasons: StatementId,
    /// Whether a public authority's data may be asked only by its own state.
    #[serde(default)]
    pub public_authority_own_state: bool,
    /// The law.
    pub cite: String,
}

/// How long an instrument preserves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preservation {
    /// Days from receipt.
    pub days: u16,
    /// How often it may be extended.
    pub extensions: u8,
    /// By how many days each time.
    pub extension_days: u16,
    /// The law.
    pub cite: String,
}

/// Something that is owed after an answer, or another date of the instrument's law.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowUpRow {
    /// Its id.
    pub id: String,
    /// What is owed, by whom, and what follows if it does not come.
    pub text: String,
    /// From when.
    pub from: ClockStart,
    /// How long after it.
    pub within: Length,
    /// The law.
    pub cite: String,
    /// When it is owed: when all of these hold.
    pub when: Vec<Condition>,
}

/// A ground for saying no.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// Its id.
    pub id: String,
    /// The ground, in words to the authority.
    pub text: String,
    /// The law.
    pub cite: String,
}

/// A sentence and the law behind it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cited {
    /// The sentence.
    pub text: String,
    /// The law.
    pub cite: String,
}

impl Instrument {
    /// Its id.
    pub fn id(&self) -> &InstrumentId {
        &self.summary.id
    }

    /// Whether it is law on `day`.
    pub fn in_force(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    /// Whether it may be used for `purpose`.
    pub fn serves(&self, purpose: Purpose) -> bool {
        self.summary.purposes.contains(&purpose)
    }
}

fn refuse() -> Then {
    Then::Refuse
}
