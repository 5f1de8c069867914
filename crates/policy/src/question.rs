//! Questions: an assessment as Cedar sees it. Who asks, about which items, and what was found.

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use writ_lawbook::{AssessedItem, Assessment, ControllerRoute, GagState};
use writ_vocabulary::{Category, ElementId, FindingState, Flag, Jurisdiction, Purpose};

/// The questions that the policy answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// May this item be given?
    Disclose,
    /// May it be kept from deletion?
    Preserve,
    /// May it be removed from public view?
    Remove,
    /// May one person alone decide about it?
    DecideAlone,
    /// May the machine decide about it?
    DecideUnattended,
    /// May the customer be told now?
    Notify,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Disclose,
        Self::Preserve,
        Self::Remove,
        Self::DecideAlone,
        Self::DecideUnattended,
        Self::Notify,
    ];

    /// The word used in the policy's files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disclose => "disclose",
            Self::Preserve => "preserve",
            Self::Remove => "remove",
            Self::DecideAlone => "decide_alone",
            Self::DecideUnattended => "decide_unattended",
            Self::Notify => "notify",
        }
    }

    /// The action that Cedar knows by this id.
    pub fn of(uid: &EntityUid) -> Option<Self> {
        let known = |action: &Self| {
            uid.type_name().to_string() == "Action" && uid.id().unescaped() == action.as_str()
        };
        Self::ALL.into_iter().find(known)
    }

    pub(crate) fn list() -> String {
        format!("`{}`", Self::ALL.map(Self::as_str).join("`, `"))
    }
}

impl From<Purpose> for Action {
    fn from(want: Purpose) -> Self {
        match want {
            Purpose::Disclose => Self::Disclose,
            Purpose::Preserve => Self::Preserve,
            Purpose::Remove => Self::Remove,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// All that the policy may see of an item. Two items with equal traits are one question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Traits {
    pub(crate) want: Purpose,
    pub(crate) category: Option<Category>,
    compelled: FindingState,
    territorial: FindingState,
    exists: bool,
    specific: bool,
    unambiguous: bool,
    held: FindingState,
    customer_keys: bool,
    route: ControllerRoute,
    flags: Vec<Flag>,
    help: Help,
    /// Empty where no policy reads it, so that items of different elements may be one question.
    element: Option<ElementId>,
    /// Empty where no policy reads it.
    residence: Option<Jurisdiction>,
}

/// Which of an item's open-ended attributes some policy reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    pub(crate) element: bool,
    pub(crate) residence: bool,
}

/// The help that is asked instead of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Help {
    None,
    Attack,
    Weaken,
    StandingAccess,
    Freeze,
    Other,
}

impl Traits {
    pub(crate) fn of(assessed: &AssessedItem, reads: Reads) -> Self {
        let mut flags = assessed.flags.clone();
        flags.sort();
        flags.dedup();
        Self {
            want: assessed.want,
            category: assessed.category,
            compelled: assessed.compelled.state,
            territorial: assessed.territorial,
            exists: assessed.account_exists,
            specific: assessed.specific,
            unambiguous: assessed.ambiguities.is_empty(),
            held: assessed.held,
            customer_keys: assessed.customer_keys,
            route: assessed.route,
            flags,
            help: Help::of(assessed),
            element: reads.element.then(|| assessed.item.element.clone()),
            residence: assessed.residence.filter(|_| reads.residence),
        }
    }
}

impl Help {
    /// What kind of help an element is. An element that the law book adds later is `Other`: refused all the same.
    fn of(assessed: &AssessedItem) -> Self {
        match (assessed.item.element.as_str(), assessed.category) {
            ("hack_account" | "hack_device" | "remote_activation" | "reset_access", _) => {
                Self::Attack
            }
            ("weaken_device" | "weaken_encryption" | "update_signing", _) => Self::Weaken,
            ("standing_access", _) => Self::StandingAccess,
            ("freeze_funds" | "delete_account", _) => Self::Freeze,
            (_, Some(Category::Assistance)) => Self::Other,
            _ => Self::None,
        }
    }
}

/// The words of the schema, made once: each is used in every question.
#[derive(Debug)]
pub(crate) struct Words {
    authority: EntityUid,
    item: EntityTypeName,
    actions: BTreeMap<Action, EntityUid>,
    known: BTreeMap<&'static str, BTreeMap<&'static str, RestrictedExpression>>,
}

/// The enumerated entities of the schema, as this program uses them.
const VOCABULARY: [(&str, &[&str]); 8] = [
    ("State", &["holds", "fails", "unknown"]),
    (
        "Category",
        &[
            "subscriber",
            "identification",
            "traffic",
            "content",
            "realtime",
            "credential",
            "assistance",
            "unknown",
        ],
    ),
    ("Want", &["disclose", "preserve", "remove"]),
    ("Help", &["none", "attack", "weaken", "standing-access", "freeze", "other"]),
    ("Route", &["not-applicable", "exception-claimed", "open", "foreign-public-authority"]),
    ("Flag", &["press", "lawyer", "doctor", "parliament", "judge", "immunity", "staff"]),
    (
        "Gag",
        &[
            "none",
            "sentence-only",
            "by-law",
            "named",
            "endless",
            "no-end",
            "too-long",
            "past",
            "unrecognised",
        ],
    ),
    ("Notice", &["before", "after", "deferred", "barred", "by-authority", "nothing"]),
];

/// Something that cannot be said in Cedar's terms, and why. No assessment is known to bring it about; it is denied all
/// the same.
#[derive(Debug, Clone)]
pub(crate) struct Unsayable(pub(crate) String);

impl Unsayable {
    pub(crate) fn because(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

impl Words {
    /// The words, or `None` if Cedar does not take their types for names, which no change of data can bring about.
    pub(crate) fn new() -> Option<Self> {
        let uid = |kind: &str, word: &str| {
            let kind: EntityTypeName = kind.parse().ok()?;
            Some(EntityUid::from_type_name_and_id(kind, EntityId::new(word)))
        };
        let mut known = BTreeMap::new();
        for (kind, words) in VOCABULARY {
            let entry = |word: &&'static str| {
                Some((*word, RestrictedExpression::new_entity_uid(uid(kind, word)?)))
            };
            known.insert(kind, words.iter().map(entry).collect::<Option<BTreeMap<_, _>>>()?);
        }
        let action = |action: Action| Some((action, uid("Action", action.as_str())?));
        Some(Self {
            authority: uid("Authority", "issuer")?,
            item: "Item".parse().ok()?,
            actions: Action::ALL.into_iter().map(action).collect::<Option<_>>()?,
            known,
        })
    }

    pub(crate) fn principal(&self) -> EntityUid {
        self.authority.clone()
    }

    pub(crate) fn action(&self, action: Action) -> Result<EntityUid, Unsayable> {
        self.actions.get(&action).cloned().ok_or_else(|| Unsayable::because(action))
    }

    pub(crate) fn item(&self, number: usize) -> EntityUid {
        EntityUid::from_type_name_and_id(self.item.clone(), EntityId::new(number.to_string()))
    }

    fn word(&self, kind: &str, word: &str) -> Result<RestrictedExpression, Unsayable> {
        let known = self.known.get(kind).and_then(|words| words.get(word));
        known.cloned().ok_or_else(|| Unsayable(format!("`{word}` is no {kind}")))
    }

    fn state(&self, state: FindingState) -> Result<RestrictedExpression, Unsayable> {
        self.word("State", state.as_str())
    }

    /// The issuer and every different item, as entities; held against the schema where one is given.
    pub(crate) fn entities(
        &self,
        assessment: &Assessment,
        items: &[Traits],
        schema: Option<&Schema>,
    ) -> Result<Entities, Unsayable> {
        let mut entities = vec![self.issuer(assessment)?];
        for (number, traits) in items.iter().enumerate() {
            entities.push(self.resource(number, traits)?);
        }
        Entities::from_entities(entities, schema).map_err(Unsayable::because)
    }

    fn issuer(&self, assessment: &Assessment) -> Result<Entity, Unsayable> {
        let issuer = &assessment.issuer;
        let behalf = issuer.on_behalf_of.as_ref().map_or("", Jurisdiction::as_str);
        let attributes = [
            ("class", text(issuer.class.as_str())),
            ("jurisdiction", text(issuer.jurisdiction.as_str())),
            ("on_behalf_of", text(behalf)),
            ("judge_level", yes(issuer.judge_level)),
            ("us_governmental", yes(issuer.us_governmental)),
            ("registered", self.state(assessment.state("authority-registered"))?),
            ("is_issuer", self.state(assessment.state("sender-is-issuer"))?),
            ("proven", self.state(assessment.sender_proven)?),
        ];
        entity(self.authority.clone(), attributes)
    }

    fn resource(&self, number: usize, traits: &Traits) -> Result<Entity, Unsayable> {
        let flags = traits.flags.iter().map(|flag| self.word("Flag", flag_word(*flag)));
        let flags = flags.collect::<Result<Vec<_>, _>>()?;
        let attributes = [
            ("element", text(traits.element.as_ref().map_or("", ElementId::as_str))),
            (
                "category",
                self.word("Category", traits.category.map_or("unknown", Category::as_str))?,
            ),
            ("want", self.word("Want", Action::from(traits.want).as_str())?),
            ("help", self.word("Help", traits.help.as_str())?),
            ("compelled", self.state(traits.compelled)?),
            ("territorial", self.state(traits.territorial)?),
            ("exists", yes(traits.exists)),
            ("specific", yes(traits.specific)),
            ("unambiguous", yes(traits.unambiguous)),
            ("held", self.state(traits.held)?),
            ("customer_keys", yes(traits.customer_keys)),
            ("route", self.word("Route", route_word(traits.route))?),
            ("flags", RestrictedExpression::new_set(flags)),
            ("residence", text(traits.residence.as_ref().map_or("", Jurisdiction::as_str))),
        ];
        entity(self.item(number), attributes)
    }

    /// What was found about the demand as a whole.
    pub(crate) fn context(&self, assessment: &Assessment) -> Result<Context, Unsayable> {
        let row = assessment.instrument.as_ref();
        let preserves_only = row.is_some_and(|row| {
            row.purposes.contains(&Purpose::Preserve) && !row.purposes.contains(&Purpose::Disclose)
        });
        let emergency = &assessment.emergency;
        let validation_owed = assessment.follow_ups.iter().any(|owed| owed.id == VALIDATION_OWED);
        let oral = assessment.state("in-writing") == FindingState::Fails;
        let mut pairs = vec![
            ("instrument", text(assessment.claimed.as_str())),
            (
                "requirements",
                self.state(all_of(assessment.requirements().map(|finding| finding.state)))?,
            ),
            ("validation_owed", yes(validation_owed)),
            ("judge_level", yes(assessment.judge_level)),
            ("voluntary", yes(assessment.voluntary)),
            ("preserves_only", yes(preserves_only)),
            ("national_security", yes(row.is_some_and(|row| row.national_security))),
            ("people", RestrictedExpression::new_long(row.map_or(0, |row| i64::from(row.people)))),
            ("emergency_claimed", yes(emergency.claimed)),
            ("oral_emergency", yes(emergency.claimed && emergency.provided_for && oral)),
            ("gag", self.word("Gag", gag_word(&assessment.gag))?),
            ("notice", self.word("Notice", assessment.notice.word())?),
            ("aim", text(assessment.aim.as_deref().unwrap_or_default())),
        ];
        for (attribute, finding) in FINDINGS_SHOWN {
            pairs.push((attribute, self.state(assessment.state(finding))?));
        }
        let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value));
        Context::from_pairs(pairs).map_err(Unsayable::because)
    }
}

/// What the law book calls the validation that may follow an emergency order.
const VALIDATION_OWED: &str = "validation-after";

/// The findings that the context shows one by one, by attribute and id.
const FINDINGS_SHOWN: [(&str, &str); 14] = [
    ("instrument_in_force", "instrument-in-force"),
    ("row_certain", "row-certain"),
    ("issuer_competent", "issuer-competent"),
    ("validated", "validated"),
    ("addressee_right", "addressee-right"),
    ("in_writing", "in-writing"),
    ("signed", "signed"),
    ("dated", "dated"),
    ("not_expired", "not-expired"),
    ("language", "language"),
    ("conflict", "conflict-of-laws"),
    ("emergency_facts", "emergency-facts"),
    ("emergency_danger", "emergency-danger"),
    ("emergency_current", "emergency-current"),
];

/// Several states as one: a failure weighs most, then what is unknown.
fn all_of(states: impl Iterator<Item = FindingState>) -> FindingState {
    states.fold(FindingState::Holds, |all, state| match (all, state) {
        (FindingState::Fails, _) | (_, FindingState::Fails) => FindingState::Fails,
        (FindingState::Unknown, _) | (_, FindingState::Unknown) => FindingState::Unknown,
        _ => FindingState::Holds,
    })
}

impl Help {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Attack => "attack",
            Self::Weaken => "weaken",
            Self::StandingAccess => "standing-access",
            Self::Freeze => "freeze",
            Self::Other => "other",
        }
    }
}

fn flag_word(flag: Flag) -> &'static str {
    match flag {
        Flag::Press => "press",
        Flag::Lawyer => "lawyer",
        Flag::Doctor => "doctor",
        Flag::Parliament => "parliament",
        Flag::Judge => "judge",
        Flag::Immunity => "immunity",
        Flag::Staff => "staff",
    }
}

fn route_word(route: ControllerRoute) -> &'static str {
    match route {
        ControllerRoute::NotApplicable => "not-applicable",
        ControllerRoute::ExceptionClaimed => "exception-claimed",
        ControllerRoute::Open => "open",
        ControllerRoute::ForeignPublicAuthority => "foreign-public-authority",
    }
}

fn gag_word(gag: &GagState) -> &'static str {
    match gag {
        GagState::None => "none",
        GagState::SentenceOnly => "sentence-only",
        GagState::ByLaw => "by-law",
        GagState::Named { .. } => "named",
        GagState::Endless { .. } => "endless",
        GagState::NoEnd { .. } => "no-end",
        GagState::TooLong { .. } => "too-long",
        GagState::Past { .. } => "past",
        GagState::Unrecognised { .. } => "unrecognised",
    }
}

fn text(word: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(word.to_owned())
}

fn yes(state: bool) -> RestrictedExpression {
    RestrictedExpression::new_bool(state)
}

fn entity<const N: usize>(
    uid: EntityUid,
    attributes: [(&str, RestrictedExpression); N],
) -> Result<Entity, Unsayable> {
    let attributes: HashMap<_, _> =
        attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Entity::new(uid, attributes, HashSet::new()).map_err(Unsayable::because)
}
