//! Any assessment at all: every state, gag, flag and category, whether the law book could ever bring it about or not.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use writ_lawbook::{
    AssessedItem, Assessment, Confidence, ControllerRoute, EmergencyState, FINDINGS, GagState,
    InstrumentSummary, IssuerSummary, Reached,
};
use writ_vocabulary::{
    Ambiguity, Category, Controller, Digest, Finding, FindingState, Flag, Instant, Item,
    NoticeRule, Period, Purpose, Then,
};

const STATES: [FindingState; 3] = [FindingState::Holds, FindingState::Fails, FindingState::Unknown];
const FLAGS: [Flag; 7] = [
    Flag::Press,
    Flag::Lawyer,
    Flag::Doctor,
    Flag::Parliament,
    Flag::Judge,
    Flag::Immunity,
    Flag::Staff,
];
const CATEGORIES: [Option<Category>; 8] = [
    None,
    Some(Category::Subscriber),
    Some(Category::Identification),
    Some(Category::Traffic),
    Some(Category::Content),
    Some(Category::Realtime),
    Some(Category::Credential),
    Some(Category::Assistance),
];
const ELEMENTS: [&str; 9] = [
    "name",
    "login_ip",
    "message_body",
    "password",
    "hack_device",
    "weaken_encryption",
    "standing_access",
    "update_signing",
    "help_of_a_new_kind",
];

/// Mostly `Holds`, so that not everything is denied for many reasons at once.
fn state() -> impl Strategy<Value = FindingState> {
    prop_oneof![9 => Just(FindingState::Holds), 1 => select(STATES.to_vec())]
}

fn purpose() -> impl Strategy<Value = Purpose> {
    select(vec![Purpose::Disclose, Purpose::Disclose, Purpose::Preserve, Purpose::Remove])
}

fn gag() -> impl Strategy<Value = GagState> {
    let instrument = || "us/gag-2705b".parse().unwrap();
    let until = Instant::UNIX_EPOCH;
    prop_oneof![
        5 => Just(GagState::None),
        1 => select(vec![
            GagState::SentenceOnly,
            GagState::ByLaw,
            GagState::Named { instrument: instrument(), until },
            GagState::Endless { instrument: instrument() },
            GagState::NoEnd { instrument: instrument() },
            GagState::TooLong { instrument: instrument(), until, latest: until },
            GagState::Past { instrument: instrument(), until },
            GagState::Unrecognised { instrument: instrument() },
        ]),
    ]
}

fn notice() -> impl Strategy<Value = NoticeRule> {
    select(vec![
        NoticeRule::Before,
        NoticeRule::After { due: Instant::UNIX_EPOCH },
        NoticeRule::Deferred { until: Instant::UNIX_EPOCH },
        NoticeRule::Barred,
        NoticeRule::ByAuthority,
        NoticeRule::Nothing,
    ])
}

fn route() -> impl Strategy<Value = ControllerRoute> {
    prop_oneof![
        5 => Just(ControllerRoute::NotApplicable),
        1 => select(vec![ControllerRoute::ExceptionClaimed, ControllerRoute::Open, ControllerRoute::ForeignPublicAuthority]),
    ]
}

/// Any item of any demand.
pub fn item() -> impl Strategy<Value = AssessedItem> {
    let flags = prop_oneof![5 => Just(Vec::new()), 1 => subsequence(FLAGS.to_vec(), 0..3)];
    let mostly = || proptest::bool::weighted(0.9);
    (
        (select(ELEMENTS.to_vec()), purpose(), select(CATEGORIES.to_vec()), state(), state()),
        (mostly(), mostly(), mostly(), state(), proptest::bool::weighted(0.1)),
        (route(), flags),
    )
        .prop_map(
            |(
                (element, want, category, compelled, territorial),
                (exists, specific, clear, held, keys),
                (route, flags),
            )| {
                AssessedItem {
                    item: Item {
                        account: "a1".parse().unwrap(),
                        element: element.parse().unwrap(),
                        period: Period::ALL,
                    },
                    want,
                    category,
                    compelled: Reached { state: compelled, why: "why".to_owned(), cite: None },
                    territorial,
                    account_exists: exists,
                    specific,
                    ambiguities: if clear { Vec::new() } else { vec![Ambiguity::NoZone] },
                    held,
                    customer_keys: keys,
                    controller: Controller::Provider,
                    route,
                    flags,
                    residence: None,
                }
            },
        )
}

fn instrument() -> impl Strategy<Value = Option<InstrumentSummary>> {
    let purposes = select(vec![
        vec![Purpose::Disclose],
        vec![Purpose::Disclose, Purpose::Preserve],
        vec![Purpose::Preserve],
        vec![],
    ]);
    let row = (purposes, proptest::bool::weighted(0.1), 0u8..3).prop_map(
        |(purposes, national_security, people)| InstrumentSummary {
            id: "us/search-warrant".parse().unwrap(),
            title: "Search warrant".to_owned(),
            jurisdiction: "US".parse().unwrap(),
            cite: "18 U.S.C. 2703(a)".to_owned(),
            confidence: Confidence::Read,
            purposes,
            national_security,
            people,
            cure_form: None,
        },
    );
    proptest::option::weighted(0.95, row)
}

/// Any assessment of up to four items.
pub fn assessment() -> impl Strategy<Value = Assessment> {
    let findings = proptest::collection::vec(state(), FINDINGS.len() + 1);
    let emergency = (any::<bool>(), any::<bool>(), any::<bool>());
    let aim = select(vec![None, None, None, Some("ethnicity"), Some("attack")]);
    (
        (instrument(), findings, proptest::collection::vec(item(), 1..4)),
        (any::<bool>(), proptest::bool::weighted(0.3), emergency, gag(), notice(), aim),
    )
        .prop_map(
            |(
                (instrument, states, items),
                (judge_level, voluntary, (claimed, provided_for, facts_stated), gag, notice, aim),
            )| {
                let ids = FINDINGS.iter().copied().chain(["requires:particularity"]);
                let findings: Vec<Finding> =
                    ids.zip(&states).map(|(id, state)| finding(id, *state)).collect();
                let proven = findings
                    .iter()
                    .find(|finding| finding.id == "sender-proven")
                    .map(|finding| finding.state);
                Assessment {
                    lawbook: Digest::of("law book"),
                    received: Instant::UNIX_EPOCH,
                    claimed: "us/search-warrant".parse().unwrap(),
                    instrument,
                    issuer: IssuerSummary {
                        class: "us-court".parse().unwrap(),
                        jurisdiction: "US".parse().unwrap(),
                        judge_level,
                        us_governmental: true,
                        on_behalf_of: None,
                    },
                    sender_proven: proven.unwrap_or(FindingState::Unknown),
                    findings,
                    items,
                    judge_level,
                    voluntary,
                    emergency: EmergencyState {
                        claimed,
                        provided_for,
                        facts_stated,
                        danger_meets: FindingState::Holds,
                        current: FindingState::Holds,
                    },
                    gag,
                    controller_route: ControllerRoute::NotApplicable,
                    deadline: None,
                    notice,
                    preserve_until: None,
                    follow_ups: Vec::new(),
                    dates: Vec::new(),
                    objections: Vec::new(),
                    sign_off: None,
                    aim: aim.map(str::to_owned),
                }
            },
        )
}

fn finding(id: &str, state: FindingState) -> Finding {
    Finding {
        id: id.to_owned(),
        state,
        text: format!("{id} {state}"),
        cite: None,
        then: Some(Then::Cure),
    }
}
