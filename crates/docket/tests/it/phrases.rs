//! The phrases of `cases.toml`: each names an event or a command of one small case. What that case is about is here; what
//! may be said of it is in the dictionaries beside this file.

mod commands;
mod events;
mod rulings;

pub use commands::command;
pub use events::events;

use writ_docket::{Collected, Decider, FourEyes, Lodging};
use writ_vocabulary::{
    AuthorityId, Digest, Factor, FactorKind, Instant, Item, Period, PersonId, Scope, StatementId,
};

/// What a ruling of the case allows where it allows anything.
const ALLOWED: [&str; 2] = ["name", "message_body"];
const UNREACHABLE: &str = "source `logins` is unreachable";

/// Minute `minute` of the night.
pub fn minute(minute: i64) -> Instant {
    "2026-11-13T21:00:00Z".parse::<Instant>().unwrap() + jiff::SignedDuration::from_mins(minute)
}

fn item(element: &str) -> Item {
    Item { account: "a1".parse().unwrap(), element: element.parse().unwrap(), period: Period::ALL }
}

fn scope(elements: &[&str]) -> Scope {
    Scope::of(elements.iter().map(|element| item(element)))
}

fn digest(what: &str) -> Digest {
    Digest::of(what)
}

fn person(id: &str) -> PersonId {
    id.parse().unwrap()
}

fn reviewer() -> Decider {
    Decider::Person(person("reviewer-1"))
}

fn both() -> FourEyes {
    FourEyes::of(person("reviewer-1"), person("reviewer-2")).unwrap()
}

fn authority() -> AuthorityId {
    "us-example".parse().unwrap()
}

fn statement() -> StatementId {
    "enforcing_authority.silent".parse().unwrap()
}

fn lodging() -> Lodging {
    Lodging {
        received: minute(0),
        door: "native".into(),
        entered_by: Some(person("clerk-1")),
        demand: digest("demand"),
        instrument: "us/search-warrant".parse().unwrap(),
        jurisdiction: "US".parse().unwrap(),
        accounts: 1,
        asked: scope(&["name", "message_body", "encryption_key"]),
        preserve: Scope::nothing(),
        emergency: false,
        counted_as: None,
    }
}

fn factor(kind: FactorKind, by: Option<&str>) -> Factor {
    Factor {
        kind,
        at: minute(1),
        from_request: kind == FactorKind::AlignedDkim,
        by: by.map(person),
        officer: None,
    }
}

fn collected(rows: u64, content_rows: u64) -> Collected {
    Collected { manifest: digest("manifest"), rows, content_rows }
}
