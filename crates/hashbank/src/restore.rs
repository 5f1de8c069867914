//! Checks what was kept before it is believed: every place named is there, and every chain ends.

use crate::Damaged;
use crate::kept::{Kept, Row, VERDICTS};

/// # Errors
/// [`Damaged`] with what does not fit.
pub(crate) fn check(kept: &Kept) -> Result<(), Damaged> {
    let damaged = |what| Err(Damaged(what));
    if !crate::state::readable(kept) {
        return damaged("another version wrote it");
    }
    if !kept.rows.is_sorted_by(|a, b| a.id < b.id)
        || kept.rows.last().is_some_and(|row| row.id >= kept.next_entry)
        || kept.rows.first().is_some_and(|row| row.id == 0)
    {
        return damaged("entries are out of order");
    }
    if !kept.rows.iter().zip(0u32..).all(|(row, place)| row_fits(kept, row, place)) {
        return damaged("an entry names what is not there");
    }
    if kept.signals.len() != kept.rows.iter().map(|row| usize::from(row.signals)).sum::<usize>() {
        return damaged("a signal belongs to no entry");
    }
    let earlier = |next: u32, place: u32| next <= place;
    let opinions = kept.opinions.iter().zip(0..).all(|(opinion, place)| {
        earlier(opinion.next, place)
            && usize::from(opinion.member) < kept.members.len()
            && usize::from(opinion.verdict) <= VERDICTS.len()
            && (opinion.labels as usize) < kept.label_sets.len()
            && opinion.note.max(opinion.reason) as usize <= kept.texts.len()
    });
    if !opinions {
        return damaged("an opinion names what is not there");
    }
    let sightings = kept.sightings.iter().zip(0..).all(|(sighting, place)| {
        earlier(sighting.next, place)
            && usize::from(sighting.member) < kept.members.len()
            && usize::from(sighting.platform.max(sighting.form)) < kept.labels.len()
            && sighting.text as usize <= kept.texts.len()
            && sighting.id < kept.next_sighting
    });
    if !sightings {
        return damaged("a sighting names what is not there");
    }
    let labels = kept.label_sets.iter().flatten().all(|l| usize::from(*l) < kept.labels.len());
    if !labels || kept.label_sets.first().is_none_or(|set| !set.is_empty()) {
        return damaged("a label is not there");
    }
    check_feed(kept)
}

fn check_feed(kept: &Kept) -> Result<(), Damaged> {
    let damaged = |what| Err(Damaged(what));
    let in_order = kept.changes.is_sorted_by(|a, b| a.number() < b.number());
    let last = kept.changes.last().map_or(0, |change| change.number());
    if !in_order || last.max(kept.floor).max(kept.cut) > kept.head {
        return damaged("changes are out of order");
    }
    let dropped = kept.rows.iter().filter(|row| row.flags & crate::kept::DROPPED != 0).count();
    if dropped != kept.dropped as usize {
        return damaged("the number of dropped entries is wrong");
    }
    let rules = kept.rules.as_ref().map_or(Ok(()), |rules| rules.check().map_err(|_| ()));
    let taxonomy = kept.taxonomy.as_ref().map_or(Ok(()), |t| t.check().map_err(|_| ()));
    if rules.and(taxonomy).is_err() || (kept.rules.is_none() && !kept.rows.is_empty()) {
        return damaged("the rules or the taxonomy cannot be used");
    }
    let few = |len: usize| len < usize::from(u16::MAX);
    let lists = [kept.members.len(), kept.banks.len(), kept.incidents.len(), kept.kinds.len()];
    if lists.into_iter().chain([kept.labels.len()]).all(few) {
        Ok(())
    } else {
        damaged("a list is too long")
    }
}

fn row_fits(kept: &Kept, row: &Row, place: u32) -> bool {
    let signals = kept.signals(row);
    signals.len() == usize::from(row.signals)
        && (1..=crate::MAX_SIGNALS).contains(&signals.len())
        && signals.iter().all(|signal| {
            signal.row == place
                && usize::from(signal.kind) < kept.kinds.len()
                && crate::state::body_of(signal, &kept.texts).is_some()
        })
        && usize::from(row.bank) < kept.banks.len()
        && usize::from(row.incident) <= kept.incidents.len()
        && row.opinions as usize <= kept.opinions.len()
        && row.sightings as usize <= kept.sightings.len()
        && row.changed <= kept.head
}
