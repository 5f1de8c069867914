//! Rulings by their phrases.

use super::{ALLOWED, digest, item, minute};
use writ_docket::{Ruled, RuledItem};
use writ_vocabulary::{Answer, Category, NoticeRule, Outcome, Purpose, Then};

/// The ruling that the words after `ruled: ` or `assess: ` name.
pub fn ruling(words: &str) -> Option<Ruled> {
    disclosure(words).or_else(|| removal(words)).or_else(|| no_disclosure(words))
}

fn disclosure(words: &str) -> Option<Ruled> {
    let narrow = |approvers, notice| ruled(Outcome::Narrow, approvers, notice);
    Some(match words {
        "narrow, two people" => narrow(2, NoticeRule::Nothing),
        "narrow, one person" => narrow(1, NoticeRule::Nothing),
        "narrow, the machine may" => narrow(0, NoticeRule::Nothing),
        "narrow, tell before" => narrow(1, NoticeRule::Before),
        "narrow, tell at minute 90" => narrow(1, NoticeRule::Deferred { until: minute(90) }),
        "narrow, gag without end" => narrow(1, NoticeRule::Barred),
        "narrow, in emergency" => {
            let notice = NoticeRule::After { due: minute(3 * 24 * 60) };
            Ruled { confirm_by: Some(minute(48 * 60)), ..narrow(2, notice) }
        }
        "wider than asked" => wider_than_asked(),
        _ => return None,
    })
}

fn no_disclosure(words: &str) -> Option<Ruled> {
    let (outcome, approvers) = match words {
        "refuse" => (Outcome::Refuse, 0),
        "cure" => (Outcome::Cure, 0),
        "hold" => (Outcome::Hold, 0),
        "preserve" => (Outcome::Preserve, 0),
        "escalate" => (Outcome::Escalate, 2),
        _ => return None,
    };
    Some(ruled(outcome, approvers, NoticeRule::Nothing))
}

/// A ruling on the order to remove one thing that customers made public.
fn removal(words: &str) -> Option<Ruled> {
    let (outcome, notice) = match words {
        "act" => (Outcome::Act, NoticeRule::Nothing),
        "act, tell before" => (Outcome::Act, NoticeRule::Before),
        "escalate a removal" => (Outcome::Escalate, NoticeRule::Nothing),
        "refuse a removal" => (Outcome::Refuse, NoticeRule::Nothing),
        _ => return None,
    };
    let mut ruled = ruled(outcome, 1, notice);
    ruled.items.truncate(1);
    for one in &mut ruled.items {
        one.item.element = "stored_files".parse().unwrap();
        one.want = Purpose::Remove;
        if outcome == Outcome::Act {
            (one.answer, one.then) = (Answer::Allowed, None);
        }
    }
    Some(ruled)
}

fn wider_than_asked() -> Ruled {
    let mut wide = ruled(Outcome::Disclose, 1, NoticeRule::Nothing);
    wide.items[0].item.element = "photos".parse().unwrap();
    wide.items[0].answer = Answer::Allowed;
    wide
}

/// A ruling: where anything is given, the name and the content are; the key never.
fn ruled(outcome: Outcome, approvers: u8, notice: NoticeRule) -> Ruled {
    let gives = matches!(outcome, Outcome::Disclose | Outcome::Narrow);
    let one = |element: &str, category, fixed| {
        let allowed = gives && ALLOWED.contains(&element);
        RuledItem {
            item: item(element),
            want: Purpose::Disclose,
            category: Some(category),
            answer: if allowed { Answer::Allowed } else { Answer::Denied },
            then: if allowed { None } else { Some(Then::Refuse) },
            fixed,
            rules: vec!["P2".parse().unwrap()],
        }
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
