//! What every store asks of events and dues before it takes them.

use crate::{Due, NewEvent};
use jiff::{Timestamp, Unit};

/// The most bytes of JSON that one event may hold.
const DATA_LIMIT: usize = 1 << 20;

/// The most events that one command may record.
const EVENTS_LIMIT: usize = 1_000;

/// The JSON text of each event's data, or why they cannot be stored.
pub(crate) fn events(events: &[NewEvent]) -> Result<Vec<String>, String> {
    if events.is_empty() {
        return Err("no event was given".into());
    }
    if events.len() > EVENTS_LIMIT {
        return Err(format!(
            "{} events are too many for one command: at most {EVENTS_LIMIT}",
            events.len()
        ));
    }
    events.iter().map(event).collect()
}

fn event(event: &NewEvent) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let kind = &event.kind;
    if kind.is_empty() || kind.len() > 64 || !kind.chars().all(good) {
        return Err(format!(
            "`{kind}` cannot be a kind of event: use up to 64 letters, digits, `_`, `-` and `.`"
        ));
    }
    let data = event.data.to_string();
    if data.len() > DATA_LIMIT {
        let size = data.len();
        return Err(format!(
            "a `{kind}` of {size} bytes is too long: at most {DATA_LIMIT}; put documents into the vault"
        ));
    }
    Ok(data)
}

/// The dues as they will be kept, sorted and each once, or why they cannot be stored.
pub(crate) fn dues(dues: &[Due]) -> Result<Vec<Due>, String> {
    let mut kept = dues.iter().map(due).collect::<Result<Vec<_>, _>>()?;
    kept.sort();
    kept.dedup();
    Ok(kept)
}

fn due(due: &Due) -> Result<Due, String> {
    let what = &due.what;
    if what.is_empty() || what.chars().count() > 200 || what.chars().any(char::is_control) {
        return Err(format!(
            "`{}` cannot name what is owed: use 1 to 200 characters in one line",
            what.escape_debug()
        ));
    }
    Ok(Due { at: to_microsecond(due.at), what: what.clone() })
}

/// Rounds up, so that nothing is reported as owed before it is.
fn to_microsecond(at: Timestamp) -> Timestamp {
    let round = jiff::TimestampRound::new().smallest(Unit::Microsecond).mode(jiff::RoundMode::Ceil);
    at.round(round).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of_kind(kind: &str) -> NewEvent {
        NewEvent { kind: kind.into(), version: 1, data: json!({}), at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_kind_is_one_word() {
        assert!(events(&[of_kind("Lodged")]).is_ok());
        for bad in ["", "two words", "é", &"x".repeat(65)] {
            assert!(events(&[of_kind(bad)]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_due_is_never_rounded_to_an_earlier_instant() {
        let at = Timestamp::from_nanosecond(1_500).unwrap();
        let kept = dues(&[Due { at, what: "reply".into() }]).unwrap();
        assert_eq!(kept[0].at, Timestamp::from_microsecond(2).unwrap());
    }
}
