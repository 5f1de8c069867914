//! Fetching a partner: page after page, each kept with its place before the next is asked for.

use super::kept::{Anew, End, Event, Holding, Kept, Known, Part, Setting};
use super::shared::Shared;
use super::take::{AT_ONCE, Taking};
use super::voices::Voices;
use super::{Brought, PartnerError, PartnerName, Partners};
use std::collections::BTreeSet;
use std::time::Duration;
use writ_exchange::{Change, Checkpoint, FetchError, Page, Record};
use writ_hashbank::{Bank, BankName, Command, MemberId, Refused, Voice};
use writ_vocabulary::Instant;

/// The most pages of one fetch. The service goes on at once where there is more.
const PAGES: u32 = 10_000;
/// How often it is looked whether a partner that is to be removed is still being fetched.
const LOOK: Duration = Duration::from_millis(100);
/// Why a partner is read from the start, for people.
const ASKED: &str = "it was asked for";
const NO_BANK: &str = "its bank was removed";

impl Partners {
    /// Fetches a partner until it has no more, or 10,000 pages came. `anew` reads it from the start, and lets go of what it
    /// no longer names then. `told` hears after each page what came so far.
    ///
    /// What came is kept, whatever ends the fetch, be it that the future is dropped; the next one goes on from there.
    ///
    /// # Errors
    /// [`PartnerError::Busy`] where it is being fetched already; [`PartnerError::Fetch`] with what to do. How it failed
    /// is told by [`Partners::list`] too.
    pub async fn fetch(
        &self,
        name: &PartnerName,
        anew: bool,
        told: &mut (dyn FnMut(&Brought) + Send),
    ) -> Result<Brought, PartnerError> {
        let _alone = self.shared.alone(name)?;
        let setting = self.shared.known_setting(name)?;
        let mut brought = Brought::nothing(Instant::now());
        let fetched = self.shared.fetch(&setting, anew, &mut brought, told).await;
        brought.ended = Instant::now();
        match fetched {
            Ok(()) => Ok(brought),
            Err(error) => {
                brought.error = Some(error.to_string());
                self.shared.note(name, brought).await;
                Err(error)
            }
        }
    }

    /// Withdraws what a partner that leaves stood by, and forgets it.
    pub(super) async fn finish_removal(&self, name: &PartnerName) -> Result<(), PartnerError> {
        let shared = &self.shared;
        let _alone = loop {
            match shared.alone(name) {
                Ok(alone) => break alone,
                Err(_) => tokio::time::sleep(LOOK).await,
            }
        };
        let left = |known: &Known| {
            let kept = known.partners.get(name)?;
            Some((kept.setting.clone(), kept.taking, kept.round))
        };
        let Some((setting, taking, round)) = left(&shared.known()) else { return Ok(()) };
        let mut brought = Brought::nothing(Instant::now());
        let mut taker = shared.taker(&setting)?;
        if let Some(since) = taking {
            taker.recover(since, &mut brought).await?;
        }
        loop {
            let gone = shared.some_keys(name, |_, _| true);
            if gone.is_empty() {
                break;
            }
            shared.take(&mut taker, gone, &mut brought).await?;
        }
        let part = Part { settled: true, ..Part::new(name, round) };
        shared.append(vec![Event::Fetched(Box::new(part))]).await
    }
}

impl Shared {
    async fn fetch(
        &self,
        setting: &Setting,
        anew: bool,
        brought: &mut Brought,
        told: &mut (dyn FnMut(&Brought) + Send),
    ) -> Result<(), PartnerError> {
        let name = &setting.name;
        let partner = self.partner(setting)?;
        let bank_is_new = self.found(name, &setting.bank, false).await?;
        if anew {
            self.begin_anew(name, ASKED).await?;
        } else if bank_is_new && !self.some_keys(name, |_, _| true).is_empty() {
            self.begin_anew(name, NO_BANK).await?;
        }
        let mut taker = self.taker(setting)?;
        if let Some(since) = self.kept(name, |kept| kept.taking)? {
            taker.recover(since, brought).await?;
        }
        let mut stale = false;
        while brought.pages < PAGES {
            let (since, round) = self.place(setting)?;
            taker.round = round;
            brought.anew |= since.is_none();
            let page = match partner.fetch(since.as_ref()).await {
                // Once only: a partner that says so of its own start says it for ever.
                Err(FetchError::Stale { why }) if !stale && since.is_some() => {
                    stale = true;
                    self.begin_anew(name, &why).await?;
                    continue;
                }
                page => page?,
            };
            let more = page.more;
            self.take_page(&mut taker, page, brought).await?;
            told(brought);
            if !more {
                break;
            }
        }
        Ok(())
    }

    /// Takes a page to its end, and keeps the place where it ends.
    async fn take_page(
        &self,
        taker: &mut Taking<'_>,
        page: Page,
        brought: &mut Brought,
    ) -> Result<(), PartnerError> {
        let Page { mut records, malformed, skipped, whole, next, more } = page;
        let name = taker.setting.name.clone();
        brought.records = brought.records.saturating_add(records.len() as u64);
        malformed.iter().for_each(|fault| brought.malformed.add(fault.key.as_deref(), &fault.what));
        skipped.iter().for_each(|(kind, many)| brought.skip(kind, *many));
        let unnamed = malformed.iter().any(|fault| fault.key.is_none());
        let misread: BTreeSet<String> =
            malformed.into_iter().filter_map(|fault| fault.key).collect();
        if whole {
            let named: BTreeSet<&str> = records.iter().map(|record| &*record.key).collect();
            let gone = self.unnamed(&name, |key| named.contains(key) || misread.contains(key));
            records.extend(gone);
        }
        self.mark_seen(&name, taker.round, &misread).await?;
        while !records.is_empty() {
            // A long list is not taken to its end for a partner that was changed or removed meanwhile.
            self.place(taker.setting)?;
            let rest = records.split_off(records.len().min(AT_ONCE));
            self.take(taker, std::mem::replace(&mut records, rest), brought).await?;
        }
        if !more {
            self.sweep(taker, unnamed, brought).await?;
        }
        brought.pages += 1;
        brought.up_to_date = !more;
        brought.ended = Instant::now();
        let end = End { checkpoint: Some(next), more, unnamed, brought: brought.clone() };
        let part = Part { end: Some(end), ..Part::new(&name, taker.round) };
        self.append(vec![Event::Fetched(Box::new(part))]).await
    }

    /// Takes records, and keeps what their keys stand for.
    async fn take(
        &self,
        taker: &mut Taking<'_>,
        records: Vec<Record>,
        brought: &mut Brought,
    ) -> Result<(), PartnerError> {
        let (name, round) = (taker.setting.name.clone(), taker.round);
        if self.kept(&name, |kept| kept.taking)?.is_none() {
            let head = self.memory.read(|state, _| state.head());
            let part = Part { taking: Some(head), ..Part::new(&name, round) };
            self.append(vec![Event::Fetched(Box::new(part))]).await?;
            // One that held nothing may have been removed meanwhile: then nobody would withdraw what follows.
            self.kept(&name, |_| ())?;
        }
        let mut taken = taker.take(records, brought).await?;
        self.kept(&name, |kept| {
            // While it is read anew, each key that was named has to be told from those that were not.
            taken.retain(|(key, holding)| match kept.keys.get(key.as_str()) {
                None => !holding.signals.is_empty(),
                Some(before) if kept.anew.is_some() => before != holding,
                Some(before) => Holding { round: before.round, ..holding.clone() } != *before,
            });
            let gone = taken.iter().filter(|(_, holding)| holding.signals.is_empty()).count();
            brought.gone = brought.gone.saturating_add(gone as u64);
        })?;
        self.append(Part::split(&name, round, taken)).await
    }

    /// Counts keys that came and could not be read as named: what was known of them stays.
    async fn mark_seen(
        &self,
        name: &PartnerName,
        round: u32,
        misread: &BTreeSet<String>,
    ) -> Result<(), PartnerError> {
        let seen = self.kept(name, |kept| {
            let known = misread.iter().filter(|_| kept.anew.is_some()).filter_map(|key| {
                let holding = kept.keys.get(key.as_str()).filter(|kept| kept.round < round)?;
                Some((key.clone(), Holding { round, ..holding.clone() }))
            });
            known.collect::<Vec<_>>()
        })?;
        self.append(Part::split(name, round, seen)).await
    }

    /// At the end of a feed that was read anew: lets go of what was not named in it.
    async fn sweep(
        &self,
        taker: &mut Taking<'_>,
        unnamed: bool,
        brought: &mut Brought,
    ) -> Result<(), PartnerError> {
        let (name, round) = (taker.setting.name.clone(), taker.round);
        let anew = self.kept(&name, |kept| kept.anew.filter(|_| kept.round == round))?;
        let Some(before) = anew else { return Ok(()) };
        if before || unnamed {
            // Any of them may be the one that could not be read.
            let many =
                |kept: &Kept| kept.keys.values().filter(|holding| holding.round < round).count();
            brought.left_standing = self.kept(&name, many)? as u64;
            return Ok(());
        }
        loop {
            let gone = self.some_keys(&name, |_, holding| holding.round < round);
            if gone.is_empty() {
                return Ok(());
            }
            self.take(taker, gone, brought).await?;
        }
    }

    /// Rules and labels to judge by, the partner's bank and its voices: what is missing of the last two is made. Tells
    /// whether the bank was. A partner that is created gets its voice back.
    pub(super) async fn found(
        &self,
        name: &PartnerName,
        bank: &BankName,
        created: bool,
    ) -> Result<bool, PartnerError> {
        let (mut commands, bank_is_new) = self.memory.read(|state, _| {
            state.rules().ok_or(Refused::NoRules)?;
            state.taxonomy().ok_or(Refused::NoTaxonomy)?;
            let voices = Voices::of(name, &[])?;
            let mut commands = Vec::new();
            for member in [voices.own, voices.against] {
                match state.member(&member) {
                    Some(known) if known.voice == Voice::Full => {}
                    Some(_) if created => commands.push(voice(member)),
                    Some(known) => return Err(no_voice(member, known.voice).into()),
                    None => {
                        commands.push(Command::AdmitMember { member, voice: Voice::Full });
                    }
                }
            }
            Ok::<_, PartnerError>((commands, state.bank(bank).is_none()))
        })?;
        if bank_is_new {
            let source = Some(name.to_string());
            commands.push(Command::CreateBank(Bank { source, ..Bank::new(bank.clone()) }));
        }
        for decided in self.tell(commands).await {
            decided?;
        }
        Ok(bank_is_new)
    }

    async fn begin_anew(&self, name: &PartnerName, why: &str) -> Result<(), PartnerError> {
        tracing::info!(partner = %name, why, "the partner is read from the start");
        let anew = Anew { name: name.clone(), why: why.chars().take(300).collect() };
        self.append(vec![Event::BeganAnew(anew)]).await
    }

    /// Keeps how a fetch failed, where the partner is still there.
    async fn note(&self, name: &PartnerName, brought: Brought) {
        let Ok(round) = self.kept(name, |kept| kept.round) else { return };
        let end = End { checkpoint: None, more: false, unnamed: false, brought };
        let part = Part { end: Some(end), ..Part::new(name, round) };
        if let Err(error) = self.append(vec![Event::Fetched(Box::new(part))]).await {
            tracing::warn!(partner = %name, %error, "how the fetch failed could not be kept");
        }
    }

    fn taker<'a>(&'a self, setting: &'a Setting) -> Result<Taking<'a>, PartnerError> {
        let voices = self.memory.read(|state, _| Voices::of(&setting.name, state.members()))?;
        let round = self.kept(&setting.name, |kept| kept.round)?;
        Ok(Taking { shared: self, setting, voices, round })
    }

    /// Where to go on, unless the partner was changed since the fetch began.
    fn place(&self, setting: &Setting) -> Result<(Option<Checkpoint>, u32), PartnerError> {
        let now = self.setting(&setting.name);
        let same = |now: &Setting| now.bank == setting.bank && now.config == setting.config;
        if !now.as_ref().is_some_and(same) {
            return Err(PartnerError::Changed(setting.name.clone()));
        }
        self.kept(&setting.name, |kept| (kept.checkpoint.clone(), kept.round))
    }

    fn kept<T>(
        &self,
        name: &PartnerName,
        read: impl FnOnce(&Kept) -> T,
    ) -> Result<T, PartnerError> {
        let known = self.known();
        let kept = known.partners.get(name);
        kept.map(read).ok_or_else(|| PartnerError::Unknown(name.clone()))
    }

    /// Some of the keys, as records that are gone.
    fn some_keys(&self, name: &PartnerName, which: impl Fn(&str, &Holding) -> bool) -> Vec<Record> {
        let known = self.known();
        let keys = known.partners.get(name).into_iter().flat_map(|kept| &kept.keys);
        let keys = keys.filter(|(key, holding)| which(key, holding)).take(AT_ONCE);
        keys.map(|(key, _)| gone(key)).collect()
    }

    /// The keys that a whole list does not name, as records that are gone.
    fn unnamed(&self, name: &PartnerName, is_named: impl Fn(&str) -> bool) -> Vec<Record> {
        let known = self.known();
        let keys = known.partners.get(name).into_iter().flat_map(|kept| kept.keys.keys());
        keys.filter(|key| !is_named(key)).map(|key| gone(key)).collect()
    }
}

fn gone(key: &str) -> Record {
    Record { key: key.to_owned(), change: Change::Gone }
}

fn voice(member: MemberId) -> Command {
    Command::SetVoice { member, voice: Voice::Full }
}

fn no_voice(member: MemberId, voice: Voice) -> Refused {
    Refused::Voice { member, voice, what: "to contribute what the partner shares" }
}
