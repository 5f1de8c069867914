//! Looking up: signals of one piece of content go to the indexes, and what is near is judged by the hash bank.

use crate::index::code;
use crate::memory::Shared;
use crate::{Hashed, Memory};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use writ_hamming::{Limits, Query, Radius};
use writ_hashbank::{
    Action, BankName, Coin, EntryId, EntryState, HeldBack, Hit, IncidentId, Label, Match, MemberId,
    Purpose, SignalId, SignalType, State, judge,
};
use writ_signals::{Pdq, Signal, Threshold, Tlsh, Vpdq, pdq, tlsh, vpdq};
use writ_vocabulary::{IdError, Instant};

/// The most near signals that are judged for one hash. Beyond it the nearest are, and the true number is told.
const NEAR: usize = 1_000;
/// How near the line between match and none a scaled picture may lie before the whole picture decides, in bits.
const SLACK: u32 = 10;

/// What is looked up: the signals of one piece of content.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Its signals.
    pub samples: &'a [Sample],
    /// For whom: what this member disabled does not match.
    pub member: Option<&'a MemberId>,
    /// Only these banks; missing: all.
    pub banks: Option<&'a [BankName]>,
    /// Whether banks of a ratio below 1 take part.
    pub coin: Coin<'a>,
    /// How many matches to tell in full.
    pub limit: usize,
}

/// One signal of the content.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The signal.
    pub signal: Signal,
    /// The quality that hashing told, 0 to 100.
    pub quality: Option<u8>,
    /// The page of a document that it is of, from 1.
    pub page: Option<u32>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The matches: what may be done at once first, then by distance.
    pub matches: Vec<Found>,
    /// How many there are in all.
    pub total: u64,
    /// Matches of negative banks, which spared the content or a part of it.
    pub spared_by: Vec<Spared>,
}

/// A match.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// The entry.
    pub entry: EntryId,
    /// Its bank.
    pub bank: BankName,
    /// The type of the signal that was found.
    #[serde(rename = "type")]
    pub kind: SignalType,
    /// Its text.
    pub hash: String,
    /// How far, in the signal type's own unit.
    pub distance: u32,
    /// The number of the nearest frame, for a video; of the nearest page, for a document.
    pub part: u32,
    /// What it may lead to.
    pub action: Action,
    /// Why not to more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_back: Option<&'static str>,
    /// Where the signal stands, and why.
    pub state: EntryState,
    /// Why it stands there, for people.
    pub because: String,
    /// The members who stand by it.
    pub members: Vec<MemberId>,
    /// The labels these members give it.
    pub labels: Vec<Label>,
    /// The incident it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
}

/// A match of a negative bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spared {
    /// The entry.
    pub entry: EntryId,
    /// Its bank.
    pub bank: BankName,
}

/// Why nothing was looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// A bank that is not there.
    #[error("there is no bank `{0}`: ask for the list of banks")]
    NoBank(BankName),
}

/// How far searches in all banks go, kept until the banks or the rules change.
#[derive(Debug, Default)]
pub(crate) struct Reaches(RwLock<BTreeMap<&'static str, Arc<Limits>>>);

impl Reaches {
    /// Banks or rules have changed.
    pub fn forget(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn all(&self, state: &State, kind: &'static str) -> Arc<Limits> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(kind) {
            return Arc::clone(known);
        }
        let limits = Arc::new(limits(state, kind, None));
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.insert(kind, Arc::clone(&limits));
        limits
    }
}

impl Memory {
    /// Looks up one piece of content.
    ///
    /// # Errors
    /// Where a bank is asked for that is not there.
    pub fn look_up(&self, asked: &Asked<'_>) -> Result<Answer, LookupError> {
        let shared = self.shared();
        let (state, now) = (shared.state(), shared.tick());
        let known = |bank: &&BankName| state.bank(bank).is_none();
        if let Some(bank) = asked.banks.unwrap_or_default().iter().find(known) {
            return Err(LookupError::NoBank(bank.clone()));
        }
        let (hits, beyond) = hits(shared, &state, asked);
        let question = writ_hashbank::Asked {
            member: asked.member,
            banks: asked.banks,
            coin: asked.coin,
            limit: asked.limit,
        };
        let judged = judge(&state, &hits, question, now);
        let matches: Vec<_> = judged.matches.iter().map(|one| found(&state, one)).collect();
        count(shared, &state, &matches, now);
        Ok(Answer {
            total: judged.total as u64 + beyond,
            spared_by: spared(&state, &judged.spared_by, now),
            matches,
        })
    }
}

impl Memory {
    /// Every signal near this one, whatever its bank's ratio or its standing, as long as it is not gone; nearest first,
    /// at most `limit`.
    pub fn near(
        &self,
        signal: &Signal,
        banks: Option<&[BankName]>,
        limit: usize,
    ) -> Vec<(SignalId, u32)> {
        let shared = self.shared();
        let (state, now) = (shared.state(), shared.tick());
        let samples = [Sample { signal: signal.clone(), quality: None, page: None }];
        let asked = Asked { samples: &samples, member: None, banks, coin: Coin::Bypass, limit };
        let (mut hits, _) = hits(shared, &state, &asked);
        hits.retain(|hit| {
            let standing = state.standing(hit.signal, now);
            standing.is_some_and(|standing| !standing.state.is_gone())
        });
        hits.sort_by_key(|hit| (hit.distance, hit.signal));
        hits.truncate(limit);
        hits.into_iter().map(|hit| (hit.signal, hit.distance)).collect()
    }

    /// A sample as a bank takes it: of a picture, with how far the nearest harmless one lies.
    ///
    /// # Errors
    /// Where its type has a name that the hash bank does not take.
    pub fn for_bank(&self, sample: &Sample) -> Result<writ_hashbank::Signal, IdError> {
        Ok(writ_hashbank::Signal {
            kind: sample.signal.kind().name.parse()?,
            hash: sample.signal.text().to_owned(),
            quality: sample.quality,
            nearest_benign: sample.picture().and_then(|hash| self.nearest_harmless(&hash)),
        })
    }

    /// Whether a picture that was decoded at a part of its size lies so near the line between match and none that the
    /// whole picture has to decide.
    pub fn is_close_call(&self, hashed: &Hashed) -> bool {
        let mut pictures = hashed.samples.iter().filter_map(Sample::picture);
        hashed.scaled && pictures.any(|hash| self.is_near_line(&hash))
    }

    /// How far the nearest picture of a negative bank lies, within what the rules call near.
    fn nearest_harmless(&self, hash: &Pdq) -> Option<u32> {
        let limits = {
            let state = self.shared().state();
            let kind = pdq::TYPE.name.parse::<SignalType>().ok()?;
            let most = *state.rules()?.benign.get(&kind)?;
            let negative = state.banks().filter(|bank| bank.purpose == Purpose::Negative);
            let numbers = negative.filter_map(|bank| state.bank_number(&bank.name));
            numbers.fold(Limits::none(), |limits, number| limits.with(number, radius(most)))
        };
        limits.widest()?;
        self.nearest(hash, &limits)
    }

    fn is_near_line(&self, hash: &Pdq) -> bool {
        let line = widest(&self.shared().state(), pdq::TYPE.name, None);
        let nearest = self.nearest(hash, &Limits::all(radius(line + SLACK)));
        nearest.is_some_and(|distance| distance + SLACK >= line)
    }

    fn nearest(&self, hash: &Pdq, limits: &Limits) -> Option<u32> {
        let photos = self.shared().indexes.photos();
        let answer = photos.search(&Query { code: code(hash), limits }, 1);
        answer.hits.first().map(|near| near.distance.into())
    }
}

impl Sample {
    /// The hash of a picture; nothing where it is of another type.
    fn picture(&self) -> Option<Pdq> {
        let picture = *self.signal.kind() == pdq::TYPE;
        picture.then(|| self.signal.text().parse().ok()).flatten()
    }
}

/// Everything near, and how much more there is beyond what is judged.
fn hits(shared: &Shared, state: &State, asked: &Asked<'_>) -> (Vec<Hit>, u64) {
    let (mut hits, mut beyond) = (Vec::new(), 0);
    for sample in asked.samples {
        let text = sample.signal.text();
        let quality = sample.quality;
        match sample.signal.kind().name {
            name if name == pdq::TYPE.name => {
                let Ok(hash) = text.parse::<Pdq>() else { continue };
                let limits = reach(shared, state, pdq::TYPE.name, asked.banks);
                let answer = shared
                    .indexes
                    .photos()
                    .search(&Query { code: code(&hash), limits: &limits }, NEAR);
                beyond += answer.total - answer.hits.len() as u64;
                hits.extend(answer.hits.iter().map(|near| Hit {
                    signal: SignalId(near.id),
                    distance: near.distance.into(),
                    quality,
                    part: sample.page.unwrap_or_default(),
                }));
            }
            name if name == vpdq::TYPE.name => {
                let Ok(video) = text.parse::<Vpdq>() else { continue };
                hits.extend(videos(shared, state, &video, asked.banks));
            }
            name if name == tlsh::TEXT.name => {
                let Ok(hash) = text.parse::<Tlsh>() else { continue };
                let most = widest(state, tlsh::TEXT.name, asked.banks);
                hits.extend(
                    shared.indexes.texts(&hash, most).into_iter().map(|(signal, distance)| Hit {
                        signal,
                        distance,
                        quality,
                        part: 0,
                    }),
                );
            }
            _ => hits.extend(same(state, &sample.signal, asked.banks)),
        }
    }
    (hits, beyond)
}

/// Videos of which enough frames are found, by the type's own rule; each at its nearest frame.
fn videos(shared: &Shared, state: &State, asked: &Vpdq, banks: Option<&[BankName]>) -> Vec<Hit> {
    let limits = reach(shared, state, vpdq::TYPE.name, banks);
    let frames = shared.indexes.frames();
    let mut nearest: BTreeMap<SignalId, Hit> = BTreeMap::new();
    let good = asked.frames().iter().filter(|frame| frame.quality >= pdq::ENOUGH);
    for frame in good {
        let answer = frames.search(&Query { code: code(&frame.hash), limits: &limits }, NEAR);
        for near in answer.hits {
            let hit = Hit {
                signal: SignalId(near.id),
                distance: near.distance.into(),
                quality: Some(frame.quality),
                part: frame.number,
            };
            let kept = nearest.entry(hit.signal).or_insert(hit);
            if hit.distance < kept.distance {
                *kept = hit;
            }
        }
    }
    nearest.into_values().filter(|hit| is_same_video(state, asked, hit.signal)).collect()
}

fn is_same_video(state: &State, asked: &Vpdq, known: SignalId) -> bool {
    let Threshold::Frames(rule) = &vpdq::TYPE.threshold else { return false };
    let text = state.signal(known).map(|(_, text)| text);
    let known = text.and_then(|text| text.parse::<Vpdq>().ok());
    known.is_some_and(|known| asked.compare(&known, rule).matches)
}

/// The very same signal, in each bank.
fn same<'a>(
    state: &'a State,
    signal: &'a Signal,
    banks: Option<&'a [BankName]>,
) -> impl Iterator<Item = Hit> + 'a {
    let kind: Option<SignalType> = signal.kind().name.parse().ok();
    kind.into_iter().flat_map(move |kind| {
        let numbers: BTreeSet<u16> =
            state.reach(&kind, banks).into_iter().map(|(number, _)| number).collect();
        let asked = state.banks().filter(move |bank| {
            state.bank_number(&bank.name).is_some_and(|number| numbers.contains(&number))
        });
        let found = asked.filter_map(move |bank| state.find(&bank.name, &kind, signal.text()));
        found.map(|signal| Hit { signal, distance: 0, quality: None, part: 0 })
    })
}

fn reach(
    shared: &Shared,
    state: &State,
    kind: &'static str,
    banks: Option<&[BankName]>,
) -> Arc<Limits> {
    match banks {
        None => shared.reaches.all(state, kind),
        some => Arc::new(limits(state, kind, some)),
    }
}

fn limits(state: &State, kind: &str, banks: Option<&[BankName]>) -> Limits {
    let Ok(kind) = kind.parse::<SignalType>() else { return Limits::none() };
    let each = state.reach(&kind, banks).into_iter();
    each.fold(Limits::none(), |limits, (number, most)| limits.with(number, radius(most)))
}

fn widest(state: &State, kind: &str, banks: Option<&[BankName]>) -> u32 {
    let kind = kind.parse::<SignalType>().ok();
    let each = kind.map(|kind| state.reach(&kind, banks)).unwrap_or_default();
    each.into_iter().map(|(_, most)| most).max().unwrap_or_default()
}

fn radius(most: u32) -> Radius {
    u8::try_from(most).ok().and_then(|most| Radius::new(most).ok()).unwrap_or(Radius::MAX)
}

fn found(state: &State, one: &Match<'_>) -> Found {
    Found {
        entry: one.signal.entry(),
        bank: one.bank.name.clone(),
        kind: one.kind.clone(),
        hash: state.signal(one.signal).map(|(_, text)| text).unwrap_or_default(),
        distance: one.distance,
        part: one.part,
        action: one.action,
        held_back: one.held_back.map(why),
        state: one.standing.state,
        because: one.standing.because.to_owned(),
        members: one.members.iter().copied().cloned().collect(),
        labels: one.labels.iter().copied().cloned().collect(),
        incident: one.incident.cloned(),
    }
}

fn why(held_back: HeldBack) -> &'static str {
    match held_back {
        HeldBack::Bank => "its bank asks for no more",
        HeldBack::Disputed => "members disagree on it",
        HeldBack::Distance => "it is not near enough for more",
        HeldBack::Members => "more would need another member's word",
        HeldBack::Evidence => "more would need a second kind of evidence",
    }
}

fn spared(state: &State, signals: &[SignalId], now: Instant) -> Vec<Spared> {
    let entries: BTreeSet<EntryId> = signals.iter().map(|signal| signal.entry()).collect();
    let told = entries.into_iter().filter_map(|id| state.entry(id, now));
    told.map(|entry| Spared { entry: entry.id, bank: entry.bank.name.clone() }).collect()
}

/// Counts the matches, so that a flood is noticed.
fn count(shared: &Shared, state: &State, matches: &[Found], now: Instant) {
    let Some(flood) = state.rules().map(|rules| &rules.flood) else { return };
    let entries: BTreeSet<EntryId> = matches.iter().map(|found| found.entry).collect();
    if entries.is_empty() {
        return;
    }
    let mut watch = shared.watch.lock().unwrap_or_else(PoisonError::into_inner);
    for entry in entries {
        if let Some(matches) = watch.matched(entry, now, flood) {
            shared.floods.lock().unwrap_or_else(PoisonError::into_inner).insert(entry, matches);
        }
    }
}
