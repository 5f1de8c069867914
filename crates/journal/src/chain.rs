//! The hash chain: every event's digest covers the event and the digest of the event before it.
//!
//! Who knows one digest can therefore tell whether anything up to its position was changed, left out, added or put in
//! another order. The chain alone cannot tell that events were cut off its *end*, nor that all of it was computed anew by
//! whoever can write the file: for that, a [`Head`] has to be kept somewhere else and given to
//! [`Journal::verify`](crate::Journal::verify).
//!
//! The digest is SHA-256 over these parts, in this order. Integers are big-endian; a text is its length in bytes as 64
//! bits, then its bytes in UTF-8:
//!
//! | part | form |
//! |---|---|
//! | `writ journal event 1` | text |
//! | the previous event's digest | 32 bytes, zeros at position 1 |
//! | position | 64 bits |
//! | stream | text |
//! | sequence | 64 bits |
//! | kind | text |
//! | version | 16 bits |
//! | instant | text, RFC 3339 in UTC |
//! | command id | text |
//! | data | text: the JSON, byte for byte as it is stored |

use crate::{Head, RecordedEvent};
use sha2::{Digest as _, Sha256};
use writ_vocabulary::Digest;

/// What stands in place of the previous digest at position 1.
pub fn no_digest() -> Digest {
    Digest::from_bytes([0; 32])
}

/// The digest that `event` should carry, computed from all its other fields.
pub fn digest_of(event: &RecordedEvent) -> Digest {
    with_link(event, |link| link.digest())
}

fn with_link<T>(event: &RecordedEvent, then: impl FnOnce(&Link<'_>) -> T) -> T {
    then(&Link {
        previous_digest: event.previous_digest,
        position: event.position,
        stream: event.stream.as_str(),
        sequence: event.sequence,
        kind: &event.kind,
        version: event.version,
        at: &event.at.to_string(),
        command_id: event.command_id.as_str(),
        data: &event.data.to_string(),
    })
}

/// An event in the form that the digest covers: texts exactly as they are stored.
pub(crate) struct Link<'a> {
    pub previous_digest: Digest,
    pub position: u64,
    pub stream: &'a str,
    pub sequence: u64,
    pub kind: &'a str,
    pub version: u16,
    pub at: &'a str,
    pub command_id: &'a str,
    pub data: &'a str,
}

impl Link<'_> {
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        text(&mut hash, "writ journal event 1");
        hash.update(self.previous_digest.as_bytes());
        hash.update(self.position.to_be_bytes());
        text(&mut hash, self.stream);
        hash.update(self.sequence.to_be_bytes());
        text(&mut hash, self.kind);
        hash.update(self.version.to_be_bytes());
        text(&mut hash, self.at);
        text(&mut hash, self.command_id);
        text(&mut hash, self.data);
        Digest::from_bytes(hash.finalize().into())
    }
}

fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text.as_bytes());
}

/// The first place where a journal does not hold what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal is damaged at position {position}: {what}")]
pub struct Fault {
    /// Where.
    pub position: u64,
    /// What is wrong there.
    pub what: String,
}

impl Fault {
    pub(crate) fn new(position: u64, what: impl Into<String>) -> Self {
        Self { position, what: what.into() }
    }
}

/// A walk along the chain that stops at the first fault.
pub(crate) struct Walk {
    head: Head,
    known: Option<Head>,
}

impl Walk {
    /// A walk that will also look for `known`, a head kept from an earlier time.
    pub fn new(known: Option<Head>) -> Self {
        Self { head: Head::empty(), known: known.filter(|known| known.position > 0) }
    }

    /// How far the walk has come.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Takes the next event, with the digest stored beside it.
    pub fn step(&mut self, link: &Link<'_>, stored: Digest) -> Result<(), Fault> {
        let expected = self.head.position + 1;
        if link.position != expected {
            let found = link.position;
            return Err(Fault::new(
                expected,
                format!("this event is missing: position {found} comes next"),
            ));
        }
        if link.previous_digest != self.head.digest {
            return Err(Fault::new(expected, "it does not follow the event stored before it"));
        }
        if link.digest() != stored {
            return Err(Fault::new(expected, "its content is not what was recorded"));
        }
        if self.known.is_some_and(|known| known.position == expected && known.digest != stored) {
            return Err(Fault::new(
                expected,
                "its digest is not the one that was kept: the journal was rewritten",
            ));
        }
        self.head = Head { position: expected, digest: stored };
        Ok(())
    }

    /// Takes the next event as it was read.
    pub fn step_over(&mut self, event: &RecordedEvent) -> Result<(), Fault> {
        with_link(event, |link| self.step(link, event.digest))
    }

    /// Ends the walk after the last event.
    pub fn end(self) -> Result<Head, Fault> {
        match self.known {
            Some(known) if known.position > self.head.position => Err(Fault::new(
                self.head.position + 1,
                format!(
                    "the journal ends here, but it once reached position {}: events were cut off",
                    known.position
                ),
            )),
            _ => Ok(self.head),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link<'a>(head: Head, data: &'a str) -> Link<'a> {
        Link {
            previous_digest: head.digest,
            position: head.position + 1,
            stream: "case/a",
            sequence: head.position + 1,
            kind: "Lodged",
            version: 1,
            at: "2026-01-02T03:04:05Z",
            command_id: "c1",
            data,
        }
    }

    #[test]
    fn the_form_of_the_digest_does_not_change() {
        let expected = "7baf3bfad2287c8e2edc3346f0ea600dfb88a883a7c9bfc65d83ebfb7ec60e2a";
        let digest = link(Head::empty(), "{}").digest().to_string();
        assert_eq!(digest, expected, "a stored journal would no longer verify");
    }

    #[test]
    fn moving_a_byte_from_one_field_to_the_next_changes_the_digest() {
        let one = Link { kind: "ab", stream: "c", ..link(Head::empty(), "{}") };
        let other = Link { kind: "b", stream: "ca", ..link(Head::empty(), "{}") };
        assert_ne!(one.digest(), other.digest());
    }

    #[test]
    fn a_journal_that_lost_its_end_is_told_from_one_that_never_had_it() {
        let mut walk = Walk::new(None);
        let first = link(Head::empty(), "{}");
        walk.step(&first, first.digest()).unwrap();
        let head = walk.head();
        assert_eq!(walk.end(), Ok(head));

        let longer = Head { position: 2, digest: first.digest() };
        let mut walk = Walk::new(Some(longer));
        walk.step(&first, first.digest()).unwrap();
        assert_eq!(walk.end().unwrap_err().position, 2);
    }
}
