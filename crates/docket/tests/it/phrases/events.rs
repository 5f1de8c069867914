//! Events by their phrases: a dictionary for each subject.

use super::rulings::ruling;
use super::{
    ALLOWED, UNREACHABLE, authority, both, collected, digest, factor, lodging, minute, person,
    reviewer, scope, statement,
};
use writ_docket::{AnswerKind, Approvers, ClosedAs, Decider, Event};
use writ_vocabulary::FactorKind;

const DICTIONARIES: [fn(&str) -> Option<Event>; 8] =
    [intake, assessment, grants, answers, preservation, production, beside_the_line, closings];

/// The events that a phrase names: one, but for a proof, which takes three.
pub fn events(phrase: &str) -> Vec<Event> {
    let proof = |last| ["aligned mail", "call-back", last].map(event).to_vec();
    match phrase {
        "proven" => proof("authenticated"),
        "proven without a key" => proof("authenticated without a key"),
        _ => vec![event(phrase)],
    }
}

fn event(phrase: &str) -> Event {
    let found = DICTIONARIES.iter().find_map(|dictionary| dictionary(phrase));
    found.unwrap_or_else(|| panic!("cases.toml: no event is called `{phrase}`"))
}

fn intake(phrase: &str) -> Option<Event> {
    let authenticated = |recipient| Event::Authenticated { authority: authority(), recipient };
    Some(match phrase {
        "lodged" => Event::Lodged(lodging()),
        "supplemented" => Event::Supplemented { lodging: lodging() },
        "aligned mail" => Event::FactorAdded { factor: factor(FactorKind::AlignedDkim, None) },
        "call-back" => Event::FactorAdded { factor: factor(FactorKind::CallBack, Some("clerk-2")) },
        "authenticated" => authenticated(Some(digest("key"))),
        "authenticated without a key" => authenticated(None),
        "not proven" => Event::NotAuthenticated { authority: authority() },
        _ => return None,
    })
}

fn assessment(phrase: &str) -> Option<Event> {
    if phrase == "established" {
        let (by, statement) = (person("reviewer-1"), statement());
        return Some(Event::Established { by, statement, holds: true });
    }
    let ruled = ruling(phrase.strip_prefix("ruled: ")?)?;
    Some(Event::Assessed { ruled })
}

fn grants(phrase: &str) -> Option<Event> {
    let granted =
        |by, elements: &[&str]| Event::Granted { by, scope: scope(elements), confirm_by: None };
    Some(match phrase {
        "approved by reviewer-1" => {
            Event::Approved { by: person("reviewer-1"), scope: scope(&ALLOWED) }
        }
        "granted by reviewer-1" => granted(Approvers::One(person("reviewer-1")), &ALLOWED),
        "granted by the machine" => granted(Approvers::Machine, &ALLOWED),
        "granted by both" => granted(Approvers::Two(both()), &ALLOWED),
        "granted by both, the name alone" => granted(Approvers::Two(both()), &["name"]),
        "granted in emergency" => Event::Granted {
            by: Approvers::Two(both()),
            scope: scope(&ALLOWED),
            confirm_by: Some(minute(48 * 60)),
        },
        "overridden" => Event::Overridden {
            by: both(),
            scope: scope(&["message_body"]),
            reason: digest("reason"),
        },
        _ => return None,
    })
}

fn answers(phrase: &str) -> Option<Event> {
    let (by, answer) = match phrase {
        "refused" => (Decider::Machine, AnswerKind::Refuse),
        "refused by reviewer-1" => (reviewer(), AnswerKind::Refuse),
        "acted on by reviewer-1" => (reviewer(), AnswerKind::Act),
        "cure asked" => (Decider::Machine, AnswerKind::AskCure),
        "held" => (Decider::Machine, AnswerKind::Hold),
        "answered: preserved" => (Decider::Machine, AnswerKind::Preserved),
        _ => return None,
    };
    Some(Event::Answered { by, answer })
}

fn preservation(phrase: &str) -> Option<Event> {
    let extended = |by| Event::PreservationExtended { by, until: minute(120) };
    Some(match phrase {
        "preserved to minute 60" => {
            let (by, scope) = (Decider::Machine, lodging().asked);
            Event::Preserved { by, scope, until: minute(60) }
        }
        "preservation extended to minute 120" => extended(reviewer()),
        "preservation extended by the machine to minute 120" => extended(Decider::Machine),
        "preservation ended" => Event::PreservationEnded,
        _ => return None,
    })
}

fn production(phrase: &str) -> Option<Event> {
    Some(match phrase {
        "collected" => Event::Collected(collected(7, 2)),
        "collected: no content" => Event::Collected(collected(7, 0)),
        "collected: nothing" => Event::Collected(collected(0, 0)),
        "collection failed" => Event::CollectionFailed { why: UNREACHABLE.into() },
        "sealed" => Event::Sealed { parcel: digest("parcel"), recipient: digest("key") },
        "delivered" => Event::Delivered { door: "outbox".into(), receipt: digest("receipt") },
        _ => return None,
    })
}

/// What happens beside the line from the demand to its end.
fn beside_the_line(phrase: &str) -> Option<Event> {
    Some(match phrase {
        "told" => Event::NoticeGiven { message: digest("message") },
        "notice deferred to minute 90" => {
            Event::NoticeDeferred { until: minute(90), order: digest("order") }
        }
        "confirmed" => Event::Confirmed { by: person("reviewer-1"), document: digest("document") },
        "confirmation missed" => Event::ConfirmationMissed,
        "withdrawn" => Event::Withdrawn,
        "suspended" => Event::Suspended { document: digest("document") },
        "resumed" => Event::Resumed { document: digest("document") },
        "hashes contributed" => Event::HashesContributed {
            by: person("reviewer-1"),
            bank: "violence".into(),
            entries: vec![4, 5],
        },
        _ => return None,
    })
}

fn closings(phrase: &str) -> Option<Event> {
    let outcome = match phrase.strip_prefix("closed as ")? {
        "content" => ClosedAs::Content,
        "non-content" => ClosedAs::NonContent,
        "nothing held" => ClosedAs::NothingHeld,
        "acted on" => ClosedAs::Acted,
        "refused" => ClosedAs::Refused,
        "withdrawn" => ClosedAs::Withdrawn,
        "not cured" => ClosedAs::NotCured,
        _ => return None,
    };
    Some(Event::Closed { outcome })
}
