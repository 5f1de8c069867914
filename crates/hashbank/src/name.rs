//! Names: each is checked text, so that a member can never be taken for a bank.

use serde::{Deserialize, Serialize};
use std::fmt;
use writ_vocabulary::text_id;

text_id!(
    /// A provider that shares: `meridian-video`.
    MemberId,
    "a member",
    "lower-case words joined by `-`, at most 64 characters",
    is_word
);
text_id!(
    /// A curated set of entries: `RECRUITMENT_VIDEO`.
    BankName,
    "a bank's name",
    "capital letters, digits and `_`, at most 64 characters",
    is_bank
);
text_id!(
    /// A kind of hash, as the clients in use write it: `pdq`, `video_md5`.
    SignalType,
    "a signal type",
    "lower-case letters, digits and `_`, at most 32 characters",
    is_signal
);
text_id!(
    /// A label of the taxonomy: `behaviour/recruitment-and-instruction`.
    Label, "a label", "write `<axis>/<label>`, both lower-case words joined by `-`", is_label
);
text_id!(
    /// An attack that members answer together: `riverside-2026`.
    IncidentId,
    "an incident",
    "lower-case words joined by `-`, at most 64 characters",
    is_word
);
text_id!(
    /// One who follows the feed: `meridian-index-2`.
    ReaderId,
    "a reader",
    "lower-case words joined by `-`, at most 64 characters",
    is_word
);

impl Label {
    /// The part before the `/`.
    pub fn axis(&self) -> &str {
        self.0.split_once('/').map_or("", |(axis, _)| axis)
    }

    /// The part after the `/`.
    pub fn word(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, word)| word)
    }
}

/// The number of an entry. Given in order, never given twice.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EntryId(pub u32);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number under which an index holds one signal of an entry: the entry and the signal's place in it.
///
/// ```
/// use writ_hashbank::{EntryId, SignalId};
/// let second = SignalId::of(EntryId(7), 1);
/// assert_eq!((second.entry(), second.place()), (EntryId(7), 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignalId(pub u64);

impl SignalId {
    /// The signal at `place` (0 to 15) of `entry`.
    pub fn of(entry: EntryId, place: u8) -> Self {
        Self(u64::from(entry.0) << 4 | u64::from(place & 15))
    }

    /// The entry. A number too great for any names the greatest there can be, which is never given.
    pub fn entry(self) -> EntryId {
        EntryId(u32::try_from(self.0 >> 4).unwrap_or(u32::MAX))
    }

    /// The signal's place in its entry, from 0.
    pub fn place(self) -> u8 {
        (self.0 & 15) as u8
    }
}

/// The number of a sighting. Given in order, never given twice.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SightingId(pub u32);

pub(crate) fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_bank(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn is_signal(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_label(text: &str) -> bool {
    text.split_once('/').is_some_and(|(axis, word)| is_word(axis) && is_word(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_wrong_form_are_refused_with_the_right_one() {
        assert_eq!(
            "my bank".parse::<BankName>().unwrap_err().to_string(),
            "`my bank` is not a bank's name: capital letters, digits and `_`, at most 64 characters"
        );
        assert!("behaviour".parse::<Label>().is_err());
        assert!("behaviour/a/b".parse::<Label>().is_err());
        assert!("PDQ".parse::<SignalType>().is_err());
        assert_eq!("ideology/unknown".parse::<Label>().unwrap().axis(), "ideology");
    }

    #[test]
    fn a_signal_number_beyond_every_entry_names_none() {
        assert_eq!(SignalId(u64::MAX).entry(), EntryId(u32::MAX));
    }
}
