//! `judge`: raw hits of an index become matches, or are passed over for a reason that can be told.

use crate::kept::{OpinionRow, Row, SignalRow, seconds};
use crate::state::verdict;
use crate::{
    Action, Bank, BankName, EntryState, Fact, IncidentId, Label, Limits, MemberId, Purpose, Ratio,
    Rules, SignalId, SignalType, Standing, State, Verdict, Voice,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use writ_vocabulary::{Digest, Instant};

/// One hash of the content, found near one signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The signal, as the index holds it.
    pub signal: SignalId,
    /// How far, in the signal type's own unit.
    pub distance: u32,
    /// The quality of the content's hash, 0 to 100, where the type has one.
    pub quality: Option<u8>,
    /// The part of the content that was hashed: 0 for a picture as a whole, a number for each frame of a video.
    pub part: u32,
}

/// Who asks, and how.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// For whom: what this member disabled does not match.
    pub member: Option<&'a MemberId>,
    /// Only these banks; missing: all. Negative banks count always.
    pub banks: Option<&'a [BankName]>,
    /// Whether banks of a ratio below 1 take part.
    pub coin: Coin<'a>,
    /// How many matches to tell in full.
    pub limit: usize,
}

/// Decides whether a bank takes part in a lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coin<'a> {
    /// The same seed and the same bank give the same answer, today and next year. For a lookup without a seed,
    /// draw one.
    Seed(&'a str),
    /// Every bank takes part whose ratio is not 0.
    Bypass,
}

/// What became of the hits.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged<'a> {
    /// Those that match: what may be done at once first, then by distance, then by number; at most `limit`.
    pub matches: Vec<Match<'a>>,
    /// How many match in all.
    pub total: usize,
    /// The signals of negative banks that spared a part of the content.
    pub spared_by: Vec<SignalId>,
    /// Those that do not match, and why.
    pub passed_over: Vec<(SignalId, PassedOver)>,
}

/// A match, with what there is to know before acting on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Match<'a> {
    /// The signal, and in it the entry.
    pub signal: SignalId,
    /// Its type.
    pub kind: &'a SignalType,
    /// Its bank.
    pub bank: &'a Bank,
    /// How far, at the nearest part.
    pub distance: u32,
    /// That part of the content.
    pub part: u32,
    /// What it may lead to.
    pub action: Action,
    /// Why that is not more.
    pub held_back: Option<HeldBack>,
    /// Where the signal stands, and why.
    pub standing: Standing<'a>,
    /// The members who stand by it.
    pub members: Vec<&'a MemberId>,
    /// All labels that these members give it.
    pub labels: Vec<&'a Label>,
    /// The incident it belongs to.
    pub incident: Option<&'a IncidentId>,
}

/// Why nothing is done automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBack {
    /// The bank asks for no more.
    Bank,
    /// Members disagree.
    Disputed,
    /// It is a match, but not near enough.
    Distance,
    /// Too few members stand by it.
    Members,
    /// One kind of evidence only: the two-signal rule.
    Evidence,
}

/// Why a hit is no match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassedOver {
    /// The index holds what is no longer there; it will learn of it from the feed.
    Unknown,
    /// Other banks were asked.
    OtherBank,
    /// Too far for its bank.
    Distance,
    /// The content's hash is too poor for its bank.
    Quality,
    /// It stands so that it does not match.
    State(EntryState),
    /// The asking member disabled it.
    Disabled,
    /// Its bank sits this lookup out.
    Coin,
    /// A negative bank spares this part of the content.
    Spared,
    /// The same signal matched nearer at another part.
    Nearer,
}

/// Judges raw hits. Pure: the same hits, state, question and instant give the same answer.
///
/// A hit within the limit of a *negative* bank's active signal spares that part of the content: nothing matches it.
/// Something may be done automatically only where the bank allows it, the signal is active and near enough, enough
/// members stand by it, and the two-signal rule holds: as many kinds of evidence agree as the rules ask, a kind being
/// a signal type on one part of the content, found by a signal of its own.
pub fn judge<'a>(state: &'a State, hits: &[Hit], asked: Asked<'_>, now: Instant) -> Judged<'a> {
    let mut judged =
        Judged { matches: Vec::new(), total: 0, spared_by: Vec::new(), passed_over: Vec::new() };
    let Some(rules) = state.rules() else {
        judged.passed_over = hits.iter().map(|hit| (hit.signal, PassedOver::Unknown)).collect();
        return judged;
    };
    let mut bench = Bench { state, rules, asked, now: seconds(now), coins: BTreeMap::new() };
    let (mut found, mut spared) = (Vec::new(), BTreeSet::new());
    for hit in hits {
        match bench.weigh(hit) {
            Err(why) => judged.passed_over.push((hit.signal, why)),
            Ok(weighed) if weighed.bank.purpose == Purpose::Negative => {
                spared.insert(hit.part);
                judged.spared_by.push(hit.signal);
            }
            Ok(weighed) => found.push(weighed),
        }
    }
    found.sort_by_key(|weighed| (weighed.hit.distance, weighed.hit.signal, weighed.hit.part));
    let mut nearest = BTreeSet::new();
    let mut evidence = (BTreeSet::new(), BTreeSet::new());
    found.retain(|weighed| {
        let hit = weighed.hit;
        if spared.contains(&hit.part) {
            judged.passed_over.push((hit.signal, PassedOver::Spared));
            return false;
        }
        if weighed.standing.state == EntryState::Active {
            evidence.0.insert((weighed.signal.kind, hit.part));
            evidence.1.insert(hit.signal);
        }
        if !nearest.insert(hit.signal) {
            judged.passed_over.push((hit.signal, PassedOver::Nearer));
            return false;
        }
        true
    });
    let kinds = u32::try_from(evidence.0.len().min(evidence.1.len())).unwrap_or(u32::MAX);
    judged.total = found.len();
    let mut ruled: Vec<_> =
        found.iter().map(|weighed| (bench.action(weighed, kinds), weighed)).collect();
    ruled.sort_by_key(|((action, _), w)| (Reverse(*action), w.hit.distance, w.hit.signal));
    judged.matches = ruled
        .into_iter()
        .take(asked.limit)
        .filter_map(|((action, held_back), weighed)| bench.tell(weighed, action, held_back))
        .collect();
    judged
}

/// Where one question is judged.
struct Bench<'a, 'q> {
    state: &'a State,
    rules: &'a Rules,
    asked: Asked<'q>,
    now: u32,
    coins: BTreeMap<u16, bool>,
}

/// A hit that may be a match.
struct Weighed<'a> {
    hit: Hit,
    row: &'a Row,
    signal: &'a SignalRow,
    bank: &'a Bank,
    limits: Limits,
    standing: Standing<'a>,
}

impl<'a> Bench<'a, '_> {
    fn weigh(&mut self, hit: &Hit) -> Result<Weighed<'a>, PassedOver> {
        let found = self.find(hit.signal).ok_or(PassedOver::Unknown)?;
        let (row, signal, bank, limits) = found;
        let negative = bank.purpose == Purpose::Negative;
        if !negative && self.asked.banks.is_some_and(|banks| !banks.contains(&bank.name)) {
            return Err(PassedOver::OtherBank);
        }
        if hit.distance > limits.review {
            return Err(PassedOver::Distance);
        }
        if hit.quality.is_some_and(|quality| quality < bank.quality) {
            return Err(PassedOver::Quality);
        }
        let standing = self.state.stands(row, Some(hit.signal.place()), self.now);
        let standing = standing.ok_or(PassedOver::Unknown)?;
        match standing.state {
            EntryState::Active => {}
            EntryState::Disputed if !negative => {}
            state => return Err(PassedOver::State(state)),
        }
        if self.is_disabled(row) {
            return Err(PassedOver::Disabled);
        }
        if !self.takes_part(row.bank, bank) {
            return Err(PassedOver::Coin);
        }
        Ok(Weighed { hit: *hit, row, signal, bank, limits, standing })
    }

    fn find(&self, id: SignalId) -> Option<(&'a Row, &'a SignalRow, &'a Bank, Limits)> {
        let kept = &self.state.kept;
        let row = kept.rows.get(kept.place(id.entry().0)?)?;
        let signal = kept.signals(row).get(usize::from(id.place()))?;
        let bank = kept.banks.get(usize::from(row.bank)).filter(|bank| !bank.removed)?;
        let kind = kept.kinds.get(usize::from(signal.kind))?;
        let limits = bank.bank.limits.get(kind).or_else(|| self.rules.limits.get(kind));
        Some((row, signal, &bank.bank, limits.copied().unwrap_or(EXACT)))
    }

    fn is_disabled(&self, row: &Row) -> bool {
        let state = self.state;
        let member = self.asked.member.and_then(|member| state.index.members.get(member));
        let until = member.and_then(|member| state.kept.disabled.get(&(row.id, *member)));
        until.is_some_and(|until| *until > self.now)
    }

    /// A negative bank of any ratio but 0 takes part always: an allow-list with gaps is none.
    fn takes_part(&mut self, place: u16, bank: &Bank) -> bool {
        let whole = bank.ratio == Ratio::ALL || bank.purpose == Purpose::Negative;
        match self.asked.coin {
            _ if bank.ratio == Ratio::NONE => false,
            Coin::Bypass => true,
            Coin::Seed(_) if whole => true,
            Coin::Seed(seed) => {
                *self.coins.entry(place).or_insert_with(|| toss(seed, &bank.name) < bank.ratio)
            }
        }
    }

    fn action(&self, weighed: &Weighed<'_>, kinds: u32) -> (Action, Option<HeldBack>) {
        let rules = &self.rules.automatic;
        let kind = self.state.kept.kinds.get(usize::from(weighed.signal.kind));
        let alone =
            weighed.hit.distance == 0 && kind.is_some_and(|kind| rules.alone.contains(kind));
        let bank = weighed.bank.action;
        let held = match weighed.standing.state {
            _ if bank < Action::Auto => HeldBack::Bank,
            EntryState::Disputed => HeldBack::Disputed,
            _ if weighed.limits.auto.is_none_or(|auto| weighed.hit.distance > auto) => {
                HeldBack::Distance
            }
            _ if weighed.standing.facts.of(Fact::For) < rules.members => HeldBack::Members,
            _ if kinds < rules.evidence && !alone => HeldBack::Evidence,
            _ => return (Action::Auto, None),
        };
        (bank.min(Action::Review), Some(held))
    }

    fn tell(
        &self,
        weighed: &Weighed<'a>,
        action: Action,
        held_back: Option<HeldBack>,
    ) -> Option<Match<'a>> {
        let kept = &self.state.kept;
        let place = weighed.hit.signal.place();
        let (mut members, mut labels) = (Vec::new(), BTreeSet::<u16>::new());
        for (_, opinion) in kept.opinions(weighed.row) {
            let Some(member) = kept.members.get(usize::from(opinion.member)) else { continue };
            if member.voice == Voice::Full && stands_by(opinion, place) {
                members.push(&member.id);
                labels.extend(kept.label_sets.get(opinion.labels as usize).into_iter().flatten());
            }
        }
        let incident = usize::from(weighed.row.incident).checked_sub(1);
        Some(Match {
            signal: weighed.hit.signal,
            kind: kept.kinds.get(usize::from(weighed.signal.kind))?,
            bank: weighed.bank,
            distance: weighed.hit.distance,
            part: weighed.hit.part,
            action,
            held_back,
            standing: weighed.standing,
            members,
            labels: labels.iter().filter_map(|l| kept.labels.get(usize::from(*l))).collect(),
            incident: incident.and_then(|at| kept.incidents.get(at)).map(|incident| &incident.id),
        })
    }
}

/// For types of which neither bank nor rules say a limit.
const EXACT: Limits = Limits { auto: Some(0), review: 0 };

fn stands_by(opinion: &OpinionRow, place: u8) -> bool {
    match verdict(opinion.verdict) {
        Some(Verdict::Dispute | Verdict::NotTerrorist) => false,
        Some(Verdict::Confirm) => true,
        Some(Verdict::Seen) | None => opinion.mask & 1 << (place & 15) != 0,
    }
}

/// A number below one for a seed and a bank, the same for ever.
fn toss(seed: &str, bank: &BankName) -> Ratio {
    let digest = Digest::of(format!("writ bank coin\n{bank}\n{seed}"));
    let number = digest.as_bytes().first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    Ratio::of_millionths(((u64::from(number) * 1_000_000) >> 32) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coin_falls_as_often_as_the_ratio_says_and_the_same_each_time() {
        let bank: BankName = "SAMPLED".parse().unwrap();
        let quarter = Ratio::try_from(0.25).unwrap();
        let tosses = (0..20_000).filter(|n| toss(&n.to_string(), &bank) < quarter).count();
        assert!((4_700..5_300).contains(&tosses), "{tosses}");
        assert_eq!(toss("seed", &bank).millionths(), 297_786);
    }
}
