//! In whose names a partner speaks: one member for the partner, one where its own members are against, and an observer for
//! each of these.
//!
//! A partner counts as one member, whatever its members say among themselves: `partner-<name>` stands by what it
//! shares. Where one of its members is against, `partner-<name>--against` disputes the entry, so that one stands by it and one
//! does not, and it matches for review only. Who said it is `partner-<name>--<who>`, which does not count.

use super::PartnerName;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use writ_hashbank::{Command, Member, MemberId, Voice};
use writ_vocabulary::IdError;

/// The most members of one partner that are told apart.
const SOURCES: usize = 200;
/// The longest name of a member.
const LONGEST: usize = 64;
const AGAINST: &str = "against";
const OTHERS: &str = "others";

/// A partner's voices.
#[derive(Debug)]
pub(super) struct Voices {
    pub own: MemberId,
    pub against: MemberId,
    others: MemberId,
    /// What the names of its members begin with.
    prefix: String,
    sources: BTreeSet<MemberId>,
}

impl Voices {
    pub fn of(name: &PartnerName, members: &[Member]) -> Result<Self, IdError> {
        let own = format!("partner-{}", name.as_str().to_ascii_lowercase().replace('_', "-"));
        // No name of a partner has two `-` in a row: none is taken for a member of another.
        let prefix = format!("{own}--");
        let named = |word: &str| format!("{prefix}{word}").parse::<MemberId>();
        let (against, others) = (named(AGAINST)?, named(OTHERS)?);
        let of_it = members
            .iter()
            .map(|member| &member.id)
            .filter(|id| id.as_str().starts_with(&prefix) && **id != against && **id != others);
        let sources = of_it.cloned().collect();
        Ok(Self { own: own.parse()?, against, others, prefix, sources })
    }

    /// Whether this is a member of the partner, who does not count.
    pub fn is_source(&self, member: &MemberId) -> bool {
        member.as_str().starts_with(&self.prefix) && *member != self.against
    }

    /// The member that stands for one of the partner's, and what admits it where it is new.
    pub fn source(&mut self, name: &str) -> (MemberId, Option<Command>) {
        let named = format!("{}{}", self.prefix, self.word(name)).parse::<MemberId>();
        let Ok(member) = named else { return (self.others.clone(), Some(admit(&self.others))) };
        if self.sources.contains(&member) {
            return (member, None);
        }
        if self.sources.len() >= SOURCES {
            return (self.others.clone(), Some(admit(&self.others)));
        }
        self.sources.insert(member.clone());
        let command = admit(&member);
        (member, Some(command))
    }

    /// The name as a word; where that loses something, with a digest of it, so that two remain two.
    fn word(&self, name: &str) -> String {
        let room = LONGEST.saturating_sub(self.prefix.len());
        let mut word = String::new();
        for c in name.chars().take(room) {
            match c.to_ascii_lowercase() {
                c if c.is_ascii_alphanumeric() => word.push(c),
                _ if word.is_empty() || word.ends_with('-') => {}
                _ => word.push('-'),
            }
        }
        if word == name && !name.ends_with('-') && ![AGAINST, OTHERS, ""].contains(&name) {
            return word;
        }
        let digest = hex::encode(Sha256::digest(name.as_bytes()).get(..4).unwrap_or_default());
        word.truncate(room.saturating_sub(digest.len() + 1));
        format!("{}-{digest}", word.trim_end_matches('-')).trim_start_matches('-').to_owned()
    }
}

fn admit(member: &MemberId) -> Command {
    Command::AdmitMember { member: member.clone(), voice: Voice::Observer }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voices(name: &str) -> Voices {
        Voices::of(&name.parse().unwrap(), &[]).unwrap()
    }

    #[test]
    fn members_of_a_partner_are_told_apart_and_none_is_a_voice_that_counts() {
        let mut voices = voices("NORTH_COAST");
        assert_eq!(voices.own.as_str(), "partner-north-coast");
        let mut named = |name: &str| voices.source(name).0.to_string();
        assert_eq!(named("harbour-social"), "partner-north-coast--harbour-social");
        let names =
            ["Harbour Social", "HARBOUR-SOCIAL", "-", "", "日本", "against", "others", "a-"];
        let words: BTreeSet<_> = names.iter().map(|name| named(name)).collect();
        assert_eq!(words.len(), names.len());
        assert!(!words.contains("partner-north-coast--against"));
        assert!(words.iter().all(|word| word.len() <= LONGEST));
        assert!(named(&"x".repeat(200)).len() <= LONGEST);
    }

    #[test]
    fn beyond_two_hundred_they_are_one() {
        let mut voices = voices("NORTH");
        for n in 0..SOURCES {
            assert!(voices.source(&format!("m{n}")).1.is_some());
        }
        assert_eq!(voices.source("one-more").0.as_str(), "partner-north--others");
        assert_eq!(voices.source("m7").0.as_str(), "partner-north--m7");
        assert!(voices.source("m7").1.is_none());
    }

    #[test]
    fn no_partner_speaks_in_the_name_of_another() {
        let mut short = voices("NORTH");
        assert_ne!(short.source("coast").0, voices("NORTH_COAST").own);
        assert!("NORTH__COAST".parse::<PartnerName>().is_err());
        assert!("NORTH_".parse::<PartnerName>().is_err());
        assert!("north".parse::<PartnerName>().is_err());
    }
}
