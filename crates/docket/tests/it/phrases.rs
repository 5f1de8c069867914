//! The phrases of `cases.toml`: each names an event or a command of one small case.

use writ_docket::{
    AnswerKind, Approvers, ClosedAs, Collected, Command, Decider, Event, FourEyes, Lodging, Ruled,
    RuledItem,
};
use writ_vocabulary::{
    Answer, Category, Digest, Factor, FactorKind, Instant, Item, NoticeRule, Outcome, Period,
    Purpose, Scope, Then,
};

/// Minute `minute` of the night.
pub fn minute(minute: i64) -> Instant {
    "2026-11-13T21:00:00Z".parse::<Instant>().unwrap() + jiff::SignedDuration::from_mins(minute)
}

pub fn item(element: &str) -> Item {
    Item { account: "a1".parse().unwrap(), element: element.parse().unwrap(), period: Period::ALL }
}

pub fn scope(elements: &[&str]) -> Scope {
    Scope::of(elements.iter().map(|element| item(element)))
}

fn digest(what: &str) -> Digest {
    Digest::of(what)
}

fn person(id: &str) -> writ_vocabulary::PersonId {
    id.parse().unwrap()
}

pub fn lodging() -> Lodging {
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
    }
}

/// A ruling: the name is given, the content is given when `content`, the key never.
pub fn ruled(outcome: Outcome, approvers: u8, notice: NoticeRule) -> Ruled {
    let allowed: &[&str] = match outcome {
        Outcome::Disclose | Outcome::Narrow => &["name", "message_body"],
        _ => &[],
    };
    let one = |element: &str, category, fixed| RuledItem {
        item: item(element),
        want: Purpose::Disclose,
        category: Some(category),
        answer: if allowed.contains(&element) { Answer::Allowed } else { Answer::Denied },
        then: if allowed.contains(&element) { None } else { Some(Then::Refuse) },
        fixed,
        rules: vec!["P2".parse().unwrap()],
    };
    Ruled {
        ruling: digest("ruling"),
        outcome,
        items: vec![
            one("name", Category::Subscriber, false),
            one("message_body", Category::Content, false),
            one("encryption_key", Category::Credential, true),
        ],
        approvers,
        deadline: None,
        notice,
        confirm_by: None,
        lawbook: digest("lawbook"),
        policy: digest("policy"),
    }
}

/// A ruling on the order to remove one thing that customers made public.
fn removal(outcome: Outcome, notice: NoticeRule) -> Ruled {
    let mut ruled = ruled(outcome, 1, notice);
    ruled.items.truncate(1);
    for one in &mut ruled.items {
        one.item.element = "stored_files".parse().unwrap();
        one.want = Purpose::Remove;
        if outcome == Outcome::Act {
            (one.answer, one.then) = (Answer::Allowed, None);
        }
    }
    ruled
}

fn emergency() -> Ruled {
    let notice = NoticeRule::After { due: minute(3 * 24 * 60) };
    Ruled { confirm_by: Some(minute(48 * 60)), ..ruled(Outcome::Narrow, 2, notice) }
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

fn silent(by: &str) -> Command {
    let statement = "enforcing_authority.silent".parse().unwrap();
    Command::Establish { by: person(by), statement, holds: true }
}

/// The events that a phrase names.
pub fn events(phrase: &str) -> Vec<Event> {
    let granted =
        |by, elements: &[&str]| Event::Granted { by, scope: scope(elements), confirm_by: None };
    let one = |event| vec![event];
    match phrase {
        "lodged" => one(Event::Lodged(lodging())),
        "call-back" => {
            one(Event::FactorAdded { factor: factor(FactorKind::CallBack, Some("clerk-2")) })
        }
        "established" => one(Event::Established {
            by: person("reviewer-1"),
            statement: "enforcing_authority.silent".parse().unwrap(),
            holds: true,
        }),
        "aligned mail" => one(Event::FactorAdded { factor: factor(FactorKind::AlignedDkim, None) }),
        "proven" => [
            events("aligned mail"),
            events("call-back"),
            one(Event::Authenticated {
                authority: "us-example".parse().unwrap(),
                recipient: Some(digest("key")),
            }),
        ]
        .concat(),
        "proven without a key" => [
            events("aligned mail"),
            events("call-back"),
            one(Event::Authenticated { authority: "us-example".parse().unwrap(), recipient: None }),
        ]
        .concat(),
        "authenticated" => one(Event::Authenticated {
            authority: "us-example".parse().unwrap(),
            recipient: Some(digest("key")),
        }),
        "not proven" => one(Event::NotAuthenticated { authority: "us-example".parse().unwrap() }),
        "ruled: narrow, two people" => {
            one(Event::Assessed { ruled: ruled(Outcome::Narrow, 2, NoticeRule::Nothing) })
        }
        "ruled: narrow, one person" => {
            one(Event::Assessed { ruled: ruled(Outcome::Narrow, 1, NoticeRule::Nothing) })
        }
        "ruled: narrow, the machine may" => {
            one(Event::Assessed { ruled: ruled(Outcome::Narrow, 0, NoticeRule::Nothing) })
        }
        "ruled: narrow, tell before" => {
            one(Event::Assessed { ruled: ruled(Outcome::Narrow, 1, NoticeRule::Before) })
        }
        "ruled: narrow, tell at minute 90" => one(Event::Assessed {
            ruled: ruled(Outcome::Narrow, 1, NoticeRule::Deferred { until: minute(90) }),
        }),
        "ruled: narrow, gag without end" => {
            one(Event::Assessed { ruled: ruled(Outcome::Narrow, 1, NoticeRule::Barred) })
        }
        "ruled: narrow, in emergency" => one(Event::Assessed { ruled: emergency() }),
        "ruled: act" => one(Event::Assessed { ruled: removal(Outcome::Act, NoticeRule::Nothing) }),
        "ruled: act, tell before" => {
            one(Event::Assessed { ruled: removal(Outcome::Act, NoticeRule::Before) })
        }
        "ruled: escalate a removal" => {
            one(Event::Assessed { ruled: removal(Outcome::Escalate, NoticeRule::Nothing) })
        }
        "ruled: refuse a removal" => {
            one(Event::Assessed { ruled: removal(Outcome::Refuse, NoticeRule::Nothing) })
        }
        "ruled: refuse" => {
            one(Event::Assessed { ruled: ruled(Outcome::Refuse, 0, NoticeRule::Nothing) })
        }
        "ruled: cure" => {
            one(Event::Assessed { ruled: ruled(Outcome::Cure, 0, NoticeRule::Nothing) })
        }
        "ruled: hold" => {
            one(Event::Assessed { ruled: ruled(Outcome::Hold, 0, NoticeRule::Nothing) })
        }
        "ruled: preserve" => {
            one(Event::Assessed { ruled: ruled(Outcome::Preserve, 0, NoticeRule::Nothing) })
        }
        "ruled: escalate" => {
            one(Event::Assessed { ruled: ruled(Outcome::Escalate, 2, NoticeRule::Nothing) })
        }
        "approved by reviewer-1" => one(Event::Approved {
            by: person("reviewer-1"),
            scope: scope(&["name", "message_body"]),
        }),
        "granted by reviewer-1" => {
            one(granted(Approvers::One(person("reviewer-1")), &["name", "message_body"]))
        }
        "granted by the machine" => one(granted(Approvers::Machine, &["name", "message_body"])),
        "granted by both" => {
            let eyes = FourEyes::of(person("reviewer-1"), person("reviewer-2")).unwrap();
            one(granted(Approvers::Two(eyes), &["name", "message_body"]))
        }
        "granted by both, the name alone" => {
            let eyes = FourEyes::of(person("reviewer-1"), person("reviewer-2")).unwrap();
            one(granted(Approvers::Two(eyes), &["name"]))
        }
        "granted in emergency" => {
            let eyes = FourEyes::of(person("reviewer-1"), person("reviewer-2")).unwrap();
            let scope = scope(&["name", "message_body"]);
            one(Event::Granted {
                by: Approvers::Two(eyes),
                scope,
                confirm_by: Some(minute(48 * 60)),
            })
        }
        "overridden" => {
            let by = FourEyes::of(person("reviewer-1"), person("reviewer-2")).unwrap();
            one(Event::Overridden { by, scope: scope(&["message_body"]), reason: digest("reason") })
        }
        "refused" => one(Event::Answered { by: Decider::Machine, answer: AnswerKind::Refuse }),
        "refused by reviewer-1" => one(Event::Answered {
            by: Decider::Person(person("reviewer-1")),
            answer: AnswerKind::Refuse,
        }),
        "acted on by reviewer-1" => one(Event::Answered {
            by: Decider::Person(person("reviewer-1")),
            answer: AnswerKind::Act,
        }),
        "hashes contributed" => one(Event::HashesContributed {
            by: person("reviewer-1"),
            bank: "violence".into(),
            entries: vec![4, 5],
        }),
        "cure asked" => one(Event::Answered { by: Decider::Machine, answer: AnswerKind::AskCure }),
        "held" => one(Event::Answered { by: Decider::Machine, answer: AnswerKind::Hold }),
        "preserved to minute 60" => one(Event::Preserved {
            by: Decider::Machine,
            scope: lodging().asked,
            until: minute(60),
        }),
        "answered: preserved" => {
            one(Event::Answered { by: Decider::Machine, answer: AnswerKind::Preserved })
        }
        "preservation extended to minute 120" => one(Event::PreservationExtended {
            by: Decider::Person(person("reviewer-1")),
            until: minute(120),
        }),
        "preservation extended by the machine to minute 120" => {
            one(Event::PreservationExtended { by: Decider::Machine, until: minute(120) })
        }
        "preservation ended" => one(Event::PreservationEnded),
        "supplemented" => one(Event::Supplemented { lodging: lodging() }),
        "collected" => one(Event::Collected(collected(7, 2))),
        "collected: no content" => one(Event::Collected(collected(7, 0))),
        "collected: nothing" => one(Event::Collected(collected(0, 0))),
        "collection failed" => {
            one(Event::CollectionFailed { why: "source `logins` is unreachable".into() })
        }
        "sealed" => one(Event::Sealed { parcel: digest("parcel"), recipient: digest("key") }),
        "delivered" => one(Event::Delivered { door: "outbox".into(), receipt: digest("receipt") }),
        "told" => one(Event::NoticeGiven { message: digest("message") }),
        "notice deferred to minute 90" => {
            one(Event::NoticeDeferred { until: minute(90), order: digest("order") })
        }
        "confirmed" => {
            one(Event::Confirmed { by: person("reviewer-1"), document: digest("document") })
        }
        "confirmation missed" => one(Event::ConfirmationMissed),
        "withdrawn" => one(Event::Withdrawn),
        "suspended" => one(Event::Suspended { document: digest("document") }),
        "resumed" => one(Event::Resumed { document: digest("document") }),
        "closed as content" => one(Event::Closed { outcome: ClosedAs::Content }),
        "closed as non-content" => one(Event::Closed { outcome: ClosedAs::NonContent }),
        "closed as nothing held" => one(Event::Closed { outcome: ClosedAs::NothingHeld }),
        "closed as acted on" => one(Event::Closed { outcome: ClosedAs::Acted }),
        "closed as refused" => one(Event::Closed { outcome: ClosedAs::Refused }),
        "closed as withdrawn" => one(Event::Closed { outcome: ClosedAs::Withdrawn }),
        "closed as not cured" => one(Event::Closed { outcome: ClosedAs::NotCured }),
        other => panic!("cases.toml: no event is called `{other}`"),
    }
}

fn hashes(by: &str, entries: &[u32]) -> Command {
    let (bank, entries) = ("violence".to_owned(), entries.to_vec());
    Command::RecordHashesContributed { by: person(by), bank, entries }
}

/// The command that a phrase names.
pub fn command(phrase: &str) -> Command {
    let by = |id: &str| Decider::Person(person(id));
    let ruled_scope = scope(&["name", "message_body"]);
    match phrase {
        "lodge" => Command::Lodge(lodging()),
        "add a call-back by clerk-2" => {
            Command::AddFactor { factor: factor(FactorKind::CallBack, Some("clerk-2")) }
        }
        "add a call-back by clerk-1" => {
            Command::AddFactor { factor: factor(FactorKind::CallBack, Some("clerk-1")) }
        }
        "establish that the other authority is silent by reviewer-1" => silent("reviewer-1"),
        "establish that the other authority is silent by clerk-1" => silent("clerk-1"),
        "authenticate" => Command::Authenticate {
            authority: "us-example".parse().unwrap(),
            recipient: Some(digest("key")),
        },
        "assess: narrow, one person" => {
            Command::Assess { ruled: ruled(Outcome::Narrow, 1, NoticeRule::Nothing) }
        }
        "assess: wider than asked" => {
            let mut wide = ruled(Outcome::Disclose, 1, NoticeRule::Nothing);
            wide.items[0].item.element = "photos".parse().unwrap();
            wide.items[0].answer = Answer::Allowed;
            Command::Assess { ruled: wide }
        }
        "grant by the machine" => Command::Grant { by: Decider::Machine, scope: ruled_scope },
        "grant by reviewer-1" => Command::Grant { by: by("reviewer-1"), scope: ruled_scope },
        "grant by reviewer-2" => Command::Grant { by: by("reviewer-2"), scope: ruled_scope },
        "grant the name by reviewer-2" => {
            Command::Grant { by: by("reviewer-2"), scope: scope(&["name"]) }
        }
        "grant by clerk-1" => Command::Grant { by: by("clerk-1"), scope: ruled_scope },
        "grant the key by reviewer-1" => {
            Command::Grant { by: by("reviewer-1"), scope: scope(&["encryption_key"]) }
        }
        "grant nothing by reviewer-1" => {
            Command::Grant { by: by("reviewer-1"), scope: Scope::nothing() }
        }
        "refuse by the machine" => {
            Command::Answer { by: Decider::Machine, answer: AnswerKind::Refuse }
        }
        "refuse by reviewer-1" => {
            Command::Answer { by: by("reviewer-1"), answer: AnswerKind::Refuse }
        }
        "act by the machine" => Command::Answer { by: Decider::Machine, answer: AnswerKind::Act },
        "act by reviewer-1" => Command::Answer { by: by("reviewer-1"), answer: AnswerKind::Act },
        "contribute hashes by reviewer-1" => hashes("reviewer-1", &[4, 5]),
        "contribute hashes by clerk-1" => hashes("clerk-1", &[4]),
        "contribute no hashes by reviewer-1" => hashes("reviewer-1", &[]),
        "preserve to minute 60" => Command::Preserve { by: Decider::Machine, until: minute(60) },
        "extend preservation to minute 120" => {
            Command::ExtendPreservation { by: by("reviewer-1"), until: minute(120) }
        }
        "extend preservation by the machine to minute 120" => {
            Command::ExtendPreservation { by: Decider::Machine, until: minute(120) }
        }
        "extend preservation by the machine to minute 180" => {
            Command::ExtendPreservation { by: Decider::Machine, until: minute(180) }
        }
        "end the preservation" => Command::EndPreservation,
        "supplement" => Command::Supplement { lodging: lodging() },
        "override for the content" => Command::Override {
            by: FourEyes::of(person("reviewer-1"), person("reviewer-2")).unwrap(),
            scope: scope(&["message_body"]),
            reason: digest("reason"),
        },
        "override for the key" => Command::Override {
            by: FourEyes::of(person("reviewer-1"), person("reviewer-2")).unwrap(),
            scope: scope(&["encryption_key"]),
            reason: digest("reason"),
        },
        "override for photos" => Command::Override {
            by: FourEyes::of(person("reviewer-1"), person("reviewer-2")).unwrap(),
            scope: scope(&["photos"]),
            reason: digest("reason"),
        },
        "record collected" => Command::RecordCollected(collected(7, 2)),
        "record that collecting failed" => {
            Command::RecordCollectionFailed { why: "source `logins` is unreachable".into() }
        }
        "record sealed" => Command::RecordSealed {
            manifest: digest("manifest"),
            parcel: digest("parcel"),
            recipient: digest("key"),
        },
        "record sealed with another manifest" => Command::RecordSealed {
            manifest: digest("other"),
            parcel: digest("parcel"),
            recipient: digest("key"),
        },
        "record sealed to another key" => Command::RecordSealed {
            manifest: digest("manifest"),
            parcel: digest("parcel"),
            recipient: digest("other"),
        },
        "record delivered" => {
            Command::RecordDelivered { door: "outbox".into(), receipt: digest("receipt") }
        }
        "record that the customer was told" => Command::RecordNotice { message: digest("message") },
        "defer notice to minute 90" => {
            Command::DeferNotice { until: minute(90), order: digest("order") }
        }
        "confirm" => Command::Confirm { by: person("reviewer-1"), document: digest("document") },
        "miss the confirmation" => Command::MissConfirmation,
        "withdraw" => Command::Withdraw,
        "suspend" => Command::Suspend { document: digest("document") },
        "resume" => Command::Resume { document: digest("document") },
        "close" => Command::Close,
        other => panic!("cases.toml: no command is called `{other}`"),
    }
}
