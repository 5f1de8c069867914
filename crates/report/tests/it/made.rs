//! Histories made for tests: what the docket writes, without the docket.

use jiff::ToSpan;
use std::path::Path;
use std::sync::LazyLock;
use writ_docket::{
    AnswerKind, Approvers, ClosedAs, Collected, Decider, Event, FourEyes, Lodging, Ruled,
};
use writ_lawbook::Lawbook;
use writ_report::{Cases, Counting, ReportingPeriod};
use writ_vocabulary::{Digest, Instant, Item, NoticeRule, Outcome, Period, Scope};

pub type History = Vec<(Instant, Event)>;

/// How the project's own law book counts.
pub static LAW: LazyLock<Counting> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lawbook");
    let mut files = Vec::new();
    read(&root, &root, &mut files);
    Counting::of(&Lawbook::load(files).unwrap()).unwrap()
});

fn read(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(root, &path, files);
        } else if path.extension().is_some_and(|end| end == "toml") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

pub fn period(text: &str) -> ReportingPeriod {
    text.parse().unwrap()
}

pub fn cases(histories: &[History]) -> Cases {
    Cases::of(histories.iter().map(Vec::as_slice), &LAW)
}

/// A demand as it comes in.
#[derive(Clone)]
pub struct Demand {
    pub received: Instant,
    pub instrument: &'static str,
    pub state: String,
    pub accounts: u32,
    pub emergency: bool,
    pub asks: &'static [&'static str],
    pub keeps: &'static [&'static str],
}

impl Demand {
    pub fn of(received: &str, instrument: &'static str, state: &str) -> Self {
        Self {
            received: received.parse().unwrap(),
            instrument,
            state: state.to_owned(),
            accounts: 1,
            emergency: false,
            asks: &["name"],
            keeps: &[],
        }
    }

    fn lodging(&self) -> Lodging {
        Lodging {
            received: self.received,
            door: "native".to_owned(),
            entered_by: None,
            demand: digest(),
            instrument: self.instrument.parse().unwrap(),
            jurisdiction: self.state.parse().unwrap(),
            accounts: self.accounts,
            asked: scope(self.asks),
            preserve: scope(self.keeps),
            emergency: self.emergency,
            counted_as: None,
        }
    }

    /// The history of this demand, which ended so and so many minutes after it was received.
    pub fn ended(&self, end: End, minutes: i64) -> History {
        let at = |minutes: i64| self.received.checked_add(minutes.minutes()).unwrap();
        let mut history = vec![(at(0), Event::Lodged(self.lodging()))];
        for (event, share) in end.events(self) {
            history.push((at(minutes * share / 4), event));
        }
        history
    }
}

/// How a made case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Given { rows: u64, content: u64, closed: bool },
    Emergency { confirmed: bool },
    Overridden,
    Told(AnswerKind, Option<ClosedAs>),
    Preserved,
    Gagged,
    Withdrawn,
    Nothing,
}

impl End {
    /// Its events, each with its share in the time, in quarters.
    fn events(self, demand: &Demand) -> Vec<(Event, i64)> {
        let asked = scope(demand.asks);
        let one = || Approvers::One("reviewer-1".parse().unwrap());
        let delivered = || Event::Delivered { door: "native".to_owned(), receipt: digest() };
        let grant = |confirm_by| Event::Granted { by: one(), scope: asked.clone(), confirm_by };
        let collected = |rows, content_rows| {
            Event::Collected(Collected { manifest: digest(), rows, content_rows })
        };
        match self {
            Self::Given { rows, content, closed } => {
                let mut events = vec![
                    (assessed(None, NoticeRule::Before), 1),
                    (grant(None), 2),
                    (collected(rows, content), 3),
                    (delivered(), 4),
                ];
                let outcome = match (rows, content) {
                    (0, _) => ClosedAs::NothingHeld,
                    (_, 0) => ClosedAs::NonContent,
                    _ => ClosedAs::Content,
                };
                events.extend(closed.then_some((Event::Closed { outcome }, 4)));
                events
            }
            Self::Emergency { confirmed } => {
                let by = demand.received.checked_add(72.hours()).unwrap();
                let confirmation = if confirmed {
                    Event::Confirmed { by: "reviewer-1".parse().unwrap(), document: digest() }
                } else {
                    Event::ConfirmationMissed
                };
                vec![
                    (assessed(Some(by), NoticeRule::After { due: by }), 1),
                    (grant(Some(by)), 2),
                    (collected(4, 0), 3),
                    (delivered(), 4),
                    (confirmation, 5),
                    (Event::Closed { outcome: ClosedAs::NonContent }, 6),
                ]
            }
            Self::Overridden => {
                let by = FourEyes::of("reviewer-1".parse().unwrap(), "reviewer-2".parse().unwrap());
                vec![
                    (assessed(None, NoticeRule::Before), 1),
                    (
                        Event::Overridden {
                            by: by.unwrap(),
                            scope: asked.clone(),
                            reason: digest(),
                        },
                        2,
                    ),
                    (collected(3, 3), 3),
                    (delivered(), 4),
                ]
            }
            Self::Told(answer, closed) => {
                let mut events = vec![
                    (assessed(None, NoticeRule::Nothing), 1),
                    (Event::Answered { by: Decider::Machine, answer }, 4),
                    (delivered(), 4),
                ];
                events.extend(closed.map(|outcome| (Event::Closed { outcome }, 8)));
                events
            }
            Self::Preserved => {
                let until = demand.received.checked_add(2160.hours()).unwrap();
                let kept =
                    Event::Preserved { by: Decider::Machine, scope: scope(demand.keeps), until };
                let answered =
                    Event::Answered { by: Decider::Machine, answer: AnswerKind::Preserved };
                vec![
                    (assessed(None, NoticeRule::Nothing), 1),
                    (kept, 2),
                    (answered, 3),
                    (delivered(), 4),
                ]
            }
            Self::Gagged => {
                let until = demand.received.checked_add(8760.hours()).unwrap();
                vec![
                    (assessed(None, NoticeRule::Deferred { until }), 1),
                    (grant(None), 2),
                    (collected(9, 2), 3),
                    (delivered(), 4),
                ]
            }
            Self::Withdrawn => {
                vec![(Event::Withdrawn, 4), (Event::Closed { outcome: ClosedAs::Withdrawn }, 4)]
            }
            Self::Nothing => Vec::new(),
        }
    }
}

fn assessed(confirm_by: Option<Instant>, notice: NoticeRule) -> Event {
    let ruled = Ruled {
        ruling: digest(),
        outcome: Outcome::Disclose,
        items: Vec::new(),
        approvers: 1,
        deadline: None,
        notice,
        confirm_by,
        lawbook: digest(),
        policy: digest(),
    };
    Event::Assessed { ruled }
}

fn scope(elements: &[&str]) -> Scope {
    Scope::of(elements.iter().map(|element| Item {
        account: "a1".parse().unwrap(),
        element: element.parse().unwrap(),
        period: Period::ALL,
    }))
}

pub fn digest() -> Digest {
    Digest::from_bytes([7; 32])
}

/// Numbers that look drawn and are the same in every run.
pub struct Draw(pub u64);

impl Draw {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % limit
    }
}

const STATES: [(&str, u64); 18] = [
    ("US", 24),
    ("DE", 17),
    ("GB", 15),
    ("BR", 10),
    ("IN", 9),
    ("FR", 8),
    ("ES", 5),
    ("AU", 4),
    ("BE", 3),
    ("CH", 3),
    ("SE", 2),
    ("IE", 2),
    ("CA", 2),
    ("PL", 2),
    ("PT", 2),
    ("IT", 2),
    ("JP", 2),
    ("NL", 1),
];

const NOTHING: Option<ClosedAs> = None;

/// Three years of a provider that does not exist, the same in every run.
pub fn house() -> Vec<History> {
    let mut draw = Draw(2026);
    (0..1400).map(|_| one(&mut draw)).collect()
}

fn one(draw: &mut Draw) -> History {
    let start: Instant = "2025-03-01T00:00:00Z".parse().unwrap();
    let received = start.checked_add((draw.below(480 * 1440) as i64).minutes()).unwrap();
    let mut pick = draw.below(STATES.iter().map(|(_, weight)| weight).sum());
    let state = STATES.iter().find(|(_, weight)| {
        let here = pick < *weight;
        pick = pick.saturating_sub(*weight);
        here
    });
    let state = state.unwrap().0;
    let kind = draw.below(100);
    let member = ["DE", "FR", "ES", "BE", "SE", "IE", "PL", "PT", "IT", "NL"].contains(&state);
    let (instrument, asks, keeps): (_, &[&str], &[&str]) = match (state, kind) {
        (_, 0..9) => ("us/emergency-2702", &["name", "login_ip"], &[]),
        ("US", 9..12) => ("us/nsl-2709", &["name"], &[]),
        ("US", 12..14) => ("us/fisa-702", &["message_body"], &[]),
        ("US", 14..24) => ("us/preservation-2703f", &[], &["name", "message_body"]),
        ("US", 24..55) => ("us/subpoena", &["name", "session_times"], &[]),
        ("US", 55..85) => ("us/search-warrant", &["name", "message_body", "login_ip"], &[]),
        ("US", 85..97) => ("us/court-order-2703d", &["login_ip", "message_headers"], &[]),
        ("US", _) => ("us/civil-subpoena", &["name"], &[]),
        (_, 9..16) if member => ("eu/tco-removal-order", &[], &[]),
        (_, 16..20) if member => ("eu/dsa-9-order-to-act", &[], &[]),
        (_, 20..24) if member => ("eu/dsa-10-order-to-inform", &["name"], &[]),
        (_, 24..32) if member => ("eu/epoc-pr", &[], &["name", "login_ip"]),
        (_, 32..40) if member => ("eu/epoc-emergency", &["name", "registration_ip"], &[]),
        (_, 40..60) if member => ("eu/epoc-traffic-content", &["login_ip", "message_body"], &[]),
        (_, 60..) if member => ("eu/epoc-subscriber", &["name", "contact_mail"], &[]),
        ("GB", 9..80) => ("gb/ipa-part-3", &["name", "login_ip"], &[]),
        ("GB", _) => ("gb/overseas-production-order", &["message_body"], &[]),
        (_, 97..) => ("xx/letter", &["name"], &[]),
        _ => ("us/mlat", &["name", "login_ip"], &[]),
    };
    let emergency = instrument.contains("emergency") || draw.below(40) == 0;
    let accounts = if draw.below(10) == 0 { 2 + draw.below(30) } else { 1 } as u32;
    let state = state.to_owned();
    let demand = Demand { received, instrument, state, accounts, emergency, asks, keeps };
    let removal = instrument.contains("removal") || instrument.contains("order-to-act");
    let minutes = match (emergency, removal) {
        (true, _) => 6 + draw.below(80),
        (_, true) => 4 + draw.below(60),
        _ => 60 + draw.below(200) * draw.below(90),
    };
    demand.ended(end(draw, &demand), minutes as i64)
}

fn end(draw: &mut Draw, demand: &Demand) -> End {
    let chance = draw.below(100);
    let removal =
        demand.instrument.contains("removal") || demand.instrument.contains("order-to-act");
    let content = demand.asks.contains(&"message_body");
    match chance {
        0..80 if removal => End::Told(AnswerKind::Act, Some(ClosedAs::Acted)),
        80.. if removal => End::Told(AnswerKind::AskCure, NOTHING),
        0..12 => End::Told(AnswerKind::Refuse, Some(ClosedAs::Refused)),
        12..17 => End::Told(AnswerKind::Redirect, Some(ClosedAs::Redirected)),
        17..22 => End::Told(AnswerKind::AskCure, (chance < 20).then_some(ClosedAs::NotCured)),
        22..25 => End::Told(AnswerKind::Hold, NOTHING),
        25..27 => End::Withdrawn,
        27..29 => End::Nothing,
        29..31 => End::Overridden,
        _ if !demand.keeps.is_empty() => End::Preserved,
        31..44 => End::Given { rows: 0, content: 0, closed: true },
        44..90 if demand.instrument == "us/emergency-2702" => {
            End::Emergency { confirmed: chance > 50 }
        }
        44..52 if demand.state == "US" => End::Gagged,
        _ if content => End::Given { rows: 12, content: 5, closed: chance < 90 },
        _ => End::Given { rows: 6, content: 0, closed: chance < 90 },
    }
}
