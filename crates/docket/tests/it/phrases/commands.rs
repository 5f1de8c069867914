//! Commands by their phrases: a dictionary for each subject.

use super::rulings::ruling;
use super::{
    ALLOWED, UNREACHABLE, authority, both, collected, digest, factor, lodging, minute, person,
    reviewer, scope, statement,
};
use writ_docket::{AnswerKind, Command, Decider};
use writ_vocabulary::{FactorKind, Scope};

const DICTIONARIES: [fn(&str) -> Option<Command>; 8] =
    [intake, assessment, grants, overrides, answers, preservation, production, beside_the_line];

/// The command that a phrase names.
pub fn command(phrase: &str) -> Command {
    let found = DICTIONARIES.iter().find_map(|dictionary| dictionary(phrase));
    found.unwrap_or_else(|| panic!("cases.toml: no command is called `{phrase}`"))
}

fn intake(phrase: &str) -> Option<Command> {
    let call_back = |by| Command::AddFactor { factor: factor(FactorKind::CallBack, Some(by)) };
    Some(match phrase {
        "lodge" => Command::Lodge(lodging()),
        "supplement" => Command::Supplement { lodging: lodging() },
        "add a call-back by clerk-2" => call_back("clerk-2"),
        "add a call-back by clerk-1" => call_back("clerk-1"),
        "authenticate" => {
            Command::Authenticate { authority: authority(), recipient: Some(digest("key")) }
        }
        _ => return None,
    })
}

fn assessment(phrase: &str) -> Option<Command> {
    let silent = |by| Command::Establish { by: person(by), statement: statement(), holds: true };
    match phrase {
        "establish that the other authority is silent by reviewer-1" => Some(silent("reviewer-1")),
        "establish that the other authority is silent by clerk-1" => Some(silent("clerk-1")),
        _ => Some(Command::Assess { ruled: ruling(phrase.strip_prefix("assess: ")?)? }),
    }
}

fn grants(phrase: &str) -> Option<Command> {
    let grant = |by: &str, scope| Command::Grant { by: Decider::Person(person(by)), scope };
    Some(match phrase {
        "grant by the machine" => Command::Grant { by: Decider::Machine, scope: scope(&ALLOWED) },
        "grant by reviewer-1" => grant("reviewer-1", scope(&ALLOWED)),
        "grant by reviewer-2" => grant("reviewer-2", scope(&ALLOWED)),
        "grant by clerk-1" => grant("clerk-1", scope(&ALLOWED)),
        "grant the name by reviewer-2" => grant("reviewer-2", scope(&["name"])),
        "grant the key by reviewer-1" => grant("reviewer-1", scope(&["encryption_key"])),
        "grant nothing by reviewer-1" => grant("reviewer-1", Scope::nothing()),
        _ => return None,
    })
}

fn overrides(phrase: &str) -> Option<Command> {
    let element = match phrase.strip_prefix("override for ")? {
        "the content" => "message_body",
        "the key" => "encryption_key",
        "photos" => "photos",
        _ => return None,
    };
    Some(Command::Override { by: both(), scope: scope(&[element]), reason: digest("reason") })
}

fn answers(phrase: &str) -> Option<Command> {
    let (by, answer) = match phrase {
        "refuse by the machine" => (Decider::Machine, AnswerKind::Refuse),
        "refuse by reviewer-1" => (reviewer(), AnswerKind::Refuse),
        "act by the machine" => (Decider::Machine, AnswerKind::Act),
        "act by reviewer-1" => (reviewer(), AnswerKind::Act),
        _ => return None,
    };
    Some(Command::Answer { by, answer })
}

fn preservation(phrase: &str) -> Option<Command> {
    let extend = |by, until| Command::ExtendPreservation { by, until: minute(until) };
    Some(match phrase {
        "preserve to minute 60" => Command::Preserve { by: Decider::Machine, until: minute(60) },
        "extend preservation to minute 120" => extend(reviewer(), 120),
        "extend preservation by the machine to minute 120" => extend(Decider::Machine, 120),
        "extend preservation by the machine to minute 180" => extend(Decider::Machine, 180),
        "end the preservation" => Command::EndPreservation,
        _ => return None,
    })
}

fn production(phrase: &str) -> Option<Command> {
    let sealed = |manifest, recipient| Command::RecordSealed {
        manifest: digest(manifest),
        parcel: digest("parcel"),
        recipient: digest(recipient),
    };
    Some(match phrase {
        "record collected" => Command::RecordCollected(collected(7, 2)),
        "record that collecting failed" => {
            Command::RecordCollectionFailed { why: UNREACHABLE.into() }
        }
        "record sealed" => sealed("manifest", "key"),
        "record sealed with another manifest" => sealed("other", "key"),
        "record sealed to another key" => sealed("manifest", "other"),
        "record delivered" => {
            Command::RecordDelivered { door: "outbox".into(), receipt: digest("receipt") }
        }
        "close" => Command::Close,
        _ => return None,
    })
}

/// What is asked beside the line from the demand to its end.
fn beside_the_line(phrase: &str) -> Option<Command> {
    let hashes = |by, entries: &[u32]| Command::RecordHashesContributed {
        by: person(by),
        bank: "violence".into(),
        entries: entries.to_vec(),
    };
    Some(match phrase {
        "record that the customer was told" => Command::RecordNotice { message: digest("message") },
        "defer notice to minute 90" => {
            Command::DeferNotice { until: minute(90), order: digest("order") }
        }
        "confirm" => Command::Confirm { by: person("reviewer-1"), document: digest("document") },
        "miss the confirmation" => Command::MissConfirmation,
        "withdraw" => Command::Withdraw,
        "suspend" => Command::Suspend { document: digest("document") },
        "resume" => Command::Resume { document: digest("document") },
        "contribute hashes by reviewer-1" => hashes("reviewer-1", &[4, 5]),
        "contribute hashes by clerk-1" => hashes("clerk-1", &[4]),
        "contribute no hashes by reviewer-1" => hashes("reviewer-1", &[]),
        _ => return None,
    })
}
