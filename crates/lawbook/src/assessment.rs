//! What the law book establishes about a demand: findings with citations, and for each item what the instrument reaches.

use std::fmt;
use writ_vocabulary::{
    Ambiguity, AuthorityClass, Category, Controller, Deadline, Digest, ElementId, Finding,
    FindingState, Flag, Instant, InstrumentId, Item, Jurisdiction, NoticeRule, Objection, Purpose,
    SignOff,
};

/// Every finding that stands in [`Assessment::findings`], once each and in this order; after them come the row's own
/// requirements as `requires:<id>`. What does not apply to a demand `Holds`, and its text says so.
pub const FINDINGS: [&str; 27] = [
    "instrument-in-force",
    "row-certain",
    "issuer-competent",
    "validated",
    "authority-registered",
    "sender-is-issuer",
    "sender-proven",
    "addressee-right",
    "in-writing",
    "signed",
    "dated",
    "not-expired",
    "language",
    "emergency-facts",
    "emergency-danger",
    "emergency-current",
    "gag-named",
    "gag-ends",
    "conflict-of-laws",
    "controller-route",
    "territorial",
    "element-compelled",
    "account-exists",
    "account-specific",
    "account-unambiguous",
    "element-held",
    "readable",
];

/// All that the law book establishes about one demand. Pure data: the policy turns it into questions.
///
/// The findings from `controller-route` on sum up what stands in [`Assessment::items`] one by one: such a finding
/// `Fails` if it fails for at least one item, and is `Unknown` if it is unknown for one and fails for none.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// The digest of the law book that was used.
    pub lawbook: Digest,
    /// When the demand was received.
    pub received: Instant,
    /// The instrument that the demand claims to be.
    pub claimed: InstrumentId,
    /// The row of the law book that was in force on the day of receipt. `None`: there is none, so nothing is
    /// compelled, and finding `instrument-in-force` says why.
    pub instrument: Option<InstrumentSummary>,
    /// The issuer: as claimed, with what the law book knows of its class.
    pub issuer: IssuerSummary,
    /// The findings, in the order of [`FINDINGS`], then `requires:<id>` in the order of the row.
    pub findings: Vec<Finding>,
    /// One entry for each item asked, in the order of the demand.
    pub items: Vec<AssessedItem>,
    /// Whether a judge or court answers for this demand: its issuer is judge-level, or the row lets a judge-level
    /// validator answer for it and one is named. Never true of a row that is not `judge_level` itself.
    pub judge_level: bool,
    /// Whether the row only permits and does not compel (a voluntary emergency disclosure).
    pub voluntary: bool,
    /// The emergency, as claimed and as it stands against the row's definition.
    pub emergency: EmergencyState,
    /// The silence that is asked for or imposed.
    pub gag: GagState,
    /// The strictest route of all items; each item has its own.
    pub controller_route: ControllerRoute,
    /// Whether who sent the demand is proven: two independent kinds of factor, at least one of which the request did not
    /// itself supply, and an officer who is still in office. The same state as finding `sender-proven`.
    pub sender_proven: FindingState,
    /// When an answer is owed. `None`: the row names no clock, or the document no date.
    pub deadline: Option<Deadline>,
    /// How the customer is told, if anything is given: the row's rule and the gag taken together.
    pub notice: NoticeRule,
    /// Until when items are kept, where the row preserves.
    pub preserve_until: Option<Instant>,
    /// What follows the disclosure by law: a validation, an objection, a confirmation in writing.
    pub follow_ups: Vec<FollowUp>,
    /// The other dates of the instrument's law: they hold up no answer.
    pub dates: Vec<FollowUp>,
    /// The ways to object that a conflict of laws opens, with their dates; finding `conflict-of-laws` fails where there is one.
    pub objections: Vec<Objection>,
    /// Who signed the row off, where it was written from memory and counsel did.
    pub sign_off: Option<SignOff>,
    /// The stated aim, statement `aim`: one of the words that `statements.toml` lists. `None`: no aim is stated.
    pub aim: Option<String>,
}

/// The row that was used, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstrumentSummary {
    /// Its id.
    pub id: InstrumentId,
    /// Its title.
    pub title: String,
    /// Whose law it is.
    pub jurisdiction: Jurisdiction,
    /// The law it rests on.
    pub cite: String,
    /// How sure the row is. `Uncertain`, and `Memory` without counsel's sign-off, make finding `row-certain` unknown.
    pub confidence: Confidence,
    /// What it may be used for.
    pub purposes: Vec<Purpose>,
    /// Whether it serves national security instead of a criminal investigation.
    pub national_security: bool,
    /// The least number of people who must agree before anything is given under it (0: the row asks for none).
    pub people: u8,
    /// The form in which the provider tells the authority of a defect: `Form 3 (Annex III)`.
    pub cure_form: Option<String>,
}

/// How sure a row is of what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The text of the law was read.
    Read,
    /// Written from memory: nothing is given under it before the provider's counsel signed it off.
    Memory,
    /// Uncertain or changing: a person decides every demand under it.
    Uncertain,
}

/// The issuer as claimed, with what the law book knows of its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerSummary {
    /// Its class, as claimed.
    pub class: AuthorityClass,
    /// Its state, as claimed.
    pub jurisdiction: Jurisdiction,
    /// Whether its class is a judge or a court.
    pub judge_level: bool,
    /// Whether its class is a governmental entity of the United States (18 U.S.C. 2711(4)).
    pub us_governmental: bool,
    /// The state for which it acts, where it passes on another state's request.
    pub on_behalf_of: Option<Jurisdiction>,
}

/// One item of a demand, as the law book sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssessedItem {
    /// The item.
    pub item: Item,
    /// What is wanted with it.
    pub want: Purpose,
    /// What kind of data it is under the instrument's own law. `None`: that law does not classify it, or there is no row.
    /// `Credential` and `Assistance` are the same under every law and without any.
    pub category: Option<Category>,
    /// Whether the instrument reaches it: compels it, or permits it where the row is voluntary. `Fails` also where the row
    /// does not serve what is wanted (a copy under a preservation letter).
    pub compelled: Reached,
    /// Whether the content of this item may go to this issuer at all: `Fails` where a voluntary row confines content
    /// to its own state's bodies and the issuer is none. Finding `territorial`.
    pub territorial: FindingState,
    /// Whether the provider has such an account.
    pub account_exists: bool,
    /// Whether it points at an account and not at a condition (everyone who ...).
    pub specific: bool,
    /// What must be cured before the identifier points at one customer. Empty: it does.
    pub ambiguities: Vec<Ambiguity>,
    /// Whether the provider holds the element for this account. `Unknown`: not established yet.
    pub held: FindingState,
    /// Whether it is held only under the customer's own keys: the provider cannot read it.
    pub customer_keys: bool,
    /// Who controls the data.
    pub controller: Controller,
    /// Whether the demand took the way its law provides for that controller.
    pub route: ControllerRoute,
    /// Who the person is, where the law protects them specially.
    pub flags: Vec<Flag>,
    /// Where the person lives, where known.
    pub residence: Option<Jurisdiction>,
}

/// Whether an instrument reaches an item, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Whether it does.
    pub state: FindingState,
    /// Why, in words to the authority.
    pub why: String,
    /// The law.
    pub cite: Option<String>,
}

/// An emergency as claimed, held against the row's own definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmergencyState {
    /// Whether the demand claims one.
    pub claimed: bool,
    /// Whether the row has an emergency variant, or is one.
    pub provided_for: bool,
    /// Whether facts are stated, and not only the word. False where none is claimed.
    pub facts_stated: bool,
    /// Whether the danger is one that the row's law names. `Holds` where no emergency is claimed and the row needs none.
    pub danger_meets: FindingState,
    /// Whether the danger is of now: it arose within the row's hours before receipt. `Holds` where no emergency is claimed
    /// and the row needs none.
    pub current: FindingState,
}

/// The silence that a demand asks for or that its law imposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GagState {
    /// None.
    None,
    /// Words in the letter that name no instrument: they bind nobody.
    SentenceOnly,
    /// The instrument's own law imposes silence and names no end (secrecy of an inquiry). Not a defect; people review it.
    ByLaw,
    /// A named instrument with an end that is still to come.
    Named {
        /// The instrument that imposes it.
        instrument: InstrumentId,
        /// Its end.
        until: Instant,
    },
    /// A named instrument whose law lets it last without an end (18 U.S.C. 2709(c)). Not a defect; reciprocal notice is due.
    Endless {
        /// The instrument that imposes it.
        instrument: InstrumentId,
    },
    /// A named instrument that should name its end and does not: a person decides, and the court is asked.
    NoEnd {
        /// The instrument that imposes it.
        instrument: InstrumentId,
    },
    /// A named instrument that lasts longer than its law allows.
    TooLong {
        /// The instrument that imposes it.
        instrument: InstrumentId,
        /// The end it names.
        until: Instant,
        /// The latest end that its law allows.
        latest: Instant,
    },
    /// A named instrument that had ended at receipt.
    Past {
        /// The instrument that imposes it.
        instrument: InstrumentId,
        /// The end it names.
        until: Instant,
    },
    /// It names an instrument that the law book does not know, that was not in force, or that cannot impose silence on this
    /// demand: a person decides.
    Unrecognised {
        /// What it names.
        instrument: InstrumentId,
    },
}

/// The way to data that an organisation controls. In order of strictness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ControllerRoute {
    /// The provider controls the data itself.
    NotApplicable,
    /// An organisation controls them, and the document states with reasons the exception of the row's law that lets it come to
    /// the provider (Regulation (EU) 2023/1543 Art 5(6)).
    ExceptionClaimed,
    /// An organisation controls them and no exception is stated: the way to the organisation is open.
    Open,
    /// They are a public authority's of another state than the issuer's (Regulation (EU) 2023/1543 Art 5(8)).
    ForeignPublicAuthority,
}

/// Something that is owed after an answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FollowUp {
    /// What it is, in words joined by `-`: `validation-after`, `objection-after`, `written-confirmation`.
    pub id: String,
    /// What is owed, by whom, and what follows if it does not come.
    pub text: String,
    /// By when.
    pub due: Instant,
    /// The law.
    pub cite: String,
}

/// A demand that uses words the law book does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct UnknownTerms {
    /// Each of them, with its place.
    pub terms: Vec<UnknownTerm>,
}

/// One word that the law book does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTerm {
    /// Where it stands in the demand: `items[2].elements[0]`, `issuer.class`, `states.offence.max_year`.
    pub place: String,
    /// What it should have been and the file that lists them: `an element` ... `elements.toml`.
    pub kind: TermKind,
    /// What was given.
    pub given: String,
    /// The nearest word that the law book has.
    pub nearest: Option<String>,
    /// What else is wrong with it, where the word is known but its value is not of its kind.
    pub value: Option<String>,
}

/// The kinds of words that the law book lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TermKind {
    /// A kind of datum.
    Element,
    /// A kind of body.
    Class,
    /// A thing that a document states.
    Statement,
}

impl Assessment {
    /// The finding with this id.
    pub fn finding(&self, id: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.id == id)
    }

    /// The state of the finding with this id; `Unknown` where there is none.
    pub fn state(&self, id: &str) -> FindingState {
        self.finding(id).map_or(FindingState::Unknown, |finding| finding.state)
    }

    /// The row's own requirements: findings `requires:<id>`.
    pub fn requirements(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.id.starts_with("requires:"))
    }

    /// Every different element asked.
    pub fn elements(&self) -> impl Iterator<Item = &ElementId> {
        self.items
            .iter()
            .map(|assessed| &assessed.item.element)
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
    }
}

impl TermKind {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Element => ("element", "elements.toml"),
            Self::Class => ("authority class", "classes.toml"),
            Self::Statement => ("statement", "statements.toml"),
        }
    }
}

impl fmt::Display for UnknownTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, file) = self.kind.words();
        if let Some(value) = &self.value {
            return write!(
                f,
                "{}: {kind} `{}` {value}; see `{file}` of the law book",
                self.place, self.given
            );
        }
        write!(f, "{}: unknown {kind} `{}`", self.place, self.given)?;
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        } else {
            write!(f, ";")?;
        }
        write!(f, " the list is in `{file}` of the law book")
    }
}

impl fmt::Display for UnknownTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, term) in self.terms.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{term}")?;
        }
        Ok(())
    }
}
