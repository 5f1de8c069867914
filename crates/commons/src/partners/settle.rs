//! Settling entries: what the shared memory has in a partner's names becomes what the partner stands by and its members say.
//!
//! It looks at what is there and gives only what is missing, so that doing it twice, or after a kill, changes nothing more.

use super::kept::{Holding, Kept, Setting, Tally};
use super::take::{Coming, Taking, is_against, not_counted};
use super::voices::Voices;
use super::{Brought, PartnerError};
use std::collections::{BTreeMap, BTreeSet};
use writ_exchange::Held;
use writ_hashbank::{
    Command, Contribution, Entry, EntryId, Label, MemberId, Signal, SignalId, Stored, Verdict,
};
use writ_vocabulary::Instant;

/// Why a contribution is withdrawn, and why an entry is disputed, for people.
const NO_LONGER: &str = "the partner no longer shares it";
const DISPUTED: &str = "a member of the partner is against it";

/// What a member of the partner says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub by: MemberId,
    pub verdict: Verdict,
    pub labels: Vec<Label>,
}

/// What records change: which entries have to be settled, and how they are held then.
pub(super) struct Settled<'a> {
    setting: &'a Setting,
    voices: &'a Voices,
    coming: &'a [Coming],
    /// Further entries to look at.
    pub entries: BTreeSet<EntryId>,
}

/// How the records change what is held of each signal, and how much of it they hold themselves.
#[derive(Default)]
struct Changed {
    by: BTreeMap<SignalId, Tally>,
    here: BTreeMap<SignalId, Tally>,
    entries: BTreeMap<EntryId, Vec<usize>>,
}

impl Word {
    /// Adds the word to those of one record. Where several speak in one name, a word against goes before the others.
    pub fn join(self, words: &mut Vec<Self>) {
        match words.iter_mut().find(|other| other.by == self.by) {
            Some(other) if is_against(self.verdict) || !is_against(other.verdict) => *other = self,
            Some(_) => {}
            None => words.push(self),
        }
    }
}

impl<'a> Settled<'a> {
    pub fn of(setting: &'a Setting, voices: &'a Voices, coming: &'a [Coming]) -> Self {
        Self { setting, voices, coming, entries: BTreeSet::new() }
    }

    fn changed(&self, kept: &Kept) -> Changed {
        let mut changed = Changed::default();
        for entry in &self.entries {
            changed.entries.entry(*entry).or_default();
        }
        for (at, coming) in self.coming.iter().enumerate() {
            if let Some(before) = kept.keys.get(coming.key.as_str()) {
                count(&mut changed.by, before, -1);
                for signal in &before.signals {
                    changed.entries.entry(signal.entry()).or_default();
                }
            }
            count(&mut changed.by, &coming.holding, 1);
            count(&mut changed.here, &coming.holding, 1);
            for entry in coming.entries().collect::<BTreeSet<_>>() {
                changed.entries.entry(entry).or_default().push(at);
            }
        }
        changed
    }

    /// What has to be told to the shared memory about one entry.
    fn commands(
        &self,
        kept: &Kept,
        changed: &Changed,
        coming: &[usize],
        entry: &Entry<'_>,
        now: Instant,
    ) -> Vec<Command> {
        let mut tallies: BTreeMap<SignalId, Tally> = kept.held_of(entry.id).collect();
        for stored in &entry.signals {
            if let Some(by) = changed.by.get(&stored.id) {
                let tally = tallies.entry(stored.id).or_default();
                (tally.keys, tally.against) = (tally.keys + by.keys, tally.against + by.against);
            }
        }
        tallies.retain(|_, tally| tally.keys > 0);
        let here = |signal| changed.here.get(signal).map_or(0, |here| here.keys);
        // Whether no other key holds anything of the entry: then what is not said here is not said at all.
        let alone = tallies.iter().all(|(signal, tally)| tally.keys <= here(signal));
        let coming: Vec<&Coming> = coming.iter().filter_map(|at| self.coming.get(*at)).collect();
        let mut commands = Vec::new();
        self.stand(&mut commands, entry, &tallies, now);
        if let (true, [only]) = (alone, coming.as_slice())
            && let Some(held) = &only.held
        {
            self.date_and_note(&mut commands, entry, held);
        }
        self.speak(&mut commands, entry, &coming, alone);
        self.dispute(&mut commands, entry, tallies.values().any(|tally| tally.against > 0));
        commands
    }

    /// The partner stands by what it holds of the entry, and by nothing else of it.
    fn stand(
        &self,
        commands: &mut Vec<Command>,
        entry: &Entry<'_>,
        tallies: &BTreeMap<SignalId, Tally>,
        now: Instant,
    ) {
        let Some(own) = entry.own(&self.voices.own) else { return };
        let by = &self.voices.own;
        let is_held = |place: &u8| tallies.contains_key(&SignalId::of(entry.id, *place));
        if own.contributed.iter().all(is_held) {
            return;
        }
        let (entry_id, reason) = (entry.id, Some(NO_LONGER.to_owned()));
        commands.push(Command::WithdrawContribution { entry: entry_id, by: by.clone(), reason });
        // A contribution is withdrawn as a whole: what is still held is contributed again.
        let still = entry.signals.iter().filter(|stored| {
            tallies.contains_key(&stored.id) && own.contributed.contains(&stored.id.place())
        });
        let signals: Vec<Signal> = still.map(signal).collect();
        if !signals.is_empty() {
            commands.push(Command::Contribute(Contribution {
                labels: own.labels.iter().map(|label| (*label).clone()).collect(),
                note: own.note.map(str::to_owned),
                expires: entry.expires.filter(|end| *end > now),
                review_by: entry.review_by.filter(|date| *date > now),
                ..Contribution::new(entry.bank.name.clone(), by.clone(), signals)
            }));
        }
    }

    /// Contributing again puts an end off and keeps a note; what the partner brought forward or let go of is told here.
    fn date_and_note(&self, commands: &mut Vec<Command>, entry: &Entry<'_>, held: &Held) {
        let (id, by) = (entry.id, &self.voices.own);
        let sooner = |end: &Instant| entry.expires.is_none_or(|kept| *end < kept);
        // Ends are kept in whole seconds.
        if let Some(end) = held.expires.filter(sooner)
            && entry.expires.is_none_or(|kept| kept.as_second() != end.as_second())
        {
            commands.push(Command::Reschedule {
                entry: id,
                by: by.clone(),
                expires: Some(end),
                review_by: entry.review_by,
            });
        }
        let noted = entry.own(by).is_some_and(|own| own.note.is_some());
        if noted && held.note.is_none() {
            commands.push(Command::Annotate { entry: id, by: by.clone(), note: None });
        }
    }

    /// The partner's members say what they say, and where no other key tells of the entry, nothing else.
    fn speak(
        &self,
        commands: &mut Vec<Command>,
        entry: &Entry<'_>,
        coming: &[&Coming],
        alone: bool,
    ) {
        let mut words: Vec<Word> = Vec::new();
        for word in coming.iter().flat_map(|coming| &coming.words) {
            word.clone().join(&mut words);
        }
        for opinion in &entry.opinions {
            let spoke = opinion.verdict.is_some() && self.voices.is_source(opinion.member);
            if alone && spoke && !words.iter().any(|word| word.by == *opinion.member) {
                let by = opinion.member.clone();
                commands.push(Command::TakeOpinionBack { entry: entry.id, by });
            }
        }
        for Word { by, verdict, labels } in words {
            let (labels, reason) = (Some(labels), None);
            commands.push(Command::Opine { entry: entry.id, by, verdict, labels, reason });
        }
    }

    fn dispute(&self, commands: &mut Vec<Command>, entry: &Entry<'_>, wanted: bool) {
        let by = &self.voices.against;
        let disputes = entry.own(by).is_some_and(|own| own.verdict.is_some());
        let (entry, by) = (entry.id, by.clone());
        match (wanted, disputes) {
            (true, false) => commands.push(Command::Opine {
                entry,
                by,
                verdict: Verdict::Dispute,
                labels: None,
                reason: Some(DISPUTED.to_owned()),
            }),
            (false, true) => commands.push(Command::TakeOpinionBack { entry, by }),
            (true, true) | (false, false) => {}
        }
    }
}

impl Taking<'_> {
    /// Brings the entries that records change to where they should be.
    pub async fn settle(
        &self,
        settled: &Settled<'_>,
        brought: &mut Brought,
    ) -> Result<(), PartnerError> {
        let commands: Vec<Command> = self.shared.memory.read(|state, now| {
            let known = self.shared.known();
            let Some(kept) = known.partners.get(&settled.setting.name) else { return Vec::new() };
            let changed = settled.changed(kept);
            let entries = changed.entries.iter();
            let entries = entries.filter_map(|(id, at)| Some((state.entry(*id, now)?, at)));
            entries
                .flat_map(|(entry, at)| settled.commands(kept, &changed, at, &entry, now))
                .collect()
        });
        let answered = self.shared.tell(commands).await;
        answered
            .into_iter()
            .filter_map(Result::err)
            .try_for_each(|error| not_counted(error, brought))
    }

    /// Settles what a page left behind that did not come to its end: it is among what changed since the feed was at
    /// `since`.
    pub async fn recover(&self, since: u64, brought: &mut Brought) -> Result<(), PartnerError> {
        use writ_hashbank::{Checkpoint, Feed};
        let mut next = Checkpoint { began: since, seen: since };
        loop {
            let (entries, more) = self.shared.memory.read(|state, now| {
                let page = match state.feed(next, super::take::AT_ONCE, now) {
                    // The rules changed since: all entries may have.
                    Feed::Resync(_) => state.feed(Checkpoint::START, super::take::AT_ONCE, now),
                    page => page,
                };
                let Feed::Page { entries, next: after, more } = page else {
                    return (BTreeSet::new(), false);
                };
                next = after;
                let spoke = |entry: &&Entry<'_>| {
                    let voices = [&self.voices.own, &self.voices.against];
                    voices.into_iter().any(|voice| entry.own(voice).is_some())
                };
                (entries.iter().filter(spoke).map(|entry| entry.id).collect(), more)
            });
            let mut settled = Settled::of(self.setting, &self.voices, &[]);
            settled.entries = entries;
            self.settle(&settled, brought).await?;
            if !more {
                return Ok(());
            }
        }
    }
}

/// A kept signal as it is contributed.
pub(super) fn signal(stored: &Stored<'_>) -> Signal {
    Signal {
        kind: stored.kind.clone(),
        hash: stored.hash.clone(),
        quality: stored.quality,
        nearest_benign: None,
    }
}

fn count(tallies: &mut BTreeMap<SignalId, Tally>, holding: &Holding, by: i64) {
    for signal in &holding.signals {
        tallies.entry(*signal).or_default().add(holding, by);
    }
}
