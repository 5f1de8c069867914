//! Checks what was kept before it is believed: every place named is there, and every chain ends.

use crate::Damaged;
use crate::kept::{DROPPED, HEX16, HEX32, Kept, Row, SignalRow, TEXT, VERDICTS};
use crate::table::in_shares;

/// So many `threads` work at it.
///
/// # Errors
/// [`Damaged`] with what does not fit.
pub(crate) fn check(kept: &Kept, threads: usize) -> Result<(), Damaged> {
    let damaged = |what| Err(Damaged(what));
    if !crate::state::readable(kept) {
        return damaged("another version wrote it");
    }
    let each = |count: usize, holds: &(dyn Fn(usize) -> bool + Sync)| {
        in_shares(count, threads, |mut share| share.all(holds)).into_iter().all(|all| all)
    };
    let last = kept.rows.last();
    if last.is_some_and(|row| row.id >= kept.next_entry || end(row) != kept.signals.len() as u64) {
        return damaged("entries are out of order");
    }
    let rows = in_shares(kept.rows.len(), threads, |share| {
        share.map(|place| row_fits(kept, place)).sum::<Option<usize>>()
    });
    match rows.into_iter().sum::<Option<usize>>() {
        None => return damaged("an entry is out of order or names what is not there"),
        Some(dropped) if dropped != kept.dropped as usize => {
            return damaged("the number of dropped entries is wrong");
        }
        Some(_) => {}
    }
    if kept.rows.is_empty() && !kept.signals.is_empty() {
        return damaged("a signal belongs to no entry");
    }
    if !each(kept.opinions.len(), &|place| opinion_fits(kept, place)) {
        return damaged("an opinion names what is not there");
    }
    if !each(kept.sightings.len(), &|place| sighting_fits(kept, place)) {
        return damaged("a sighting names what is not there");
    }
    if !kept.texts.are_whole() {
        return damaged("a text is cut off or is none");
    }
    let labels = kept.label_sets.iter().flatten().all(|l| usize::from(*l) < kept.labels.len());
    if !labels || kept.label_sets.first().is_none_or(|set| !set.is_empty()) {
        return damaged("a label is not there");
    }
    let in_order = |place: usize| match kept.changes.get(place..place.saturating_add(2)) {
        Some([before, after]) => before.number() < after.number(),
        _ => true,
    };
    if !each(kept.changes.len(), &in_order) {
        return damaged("changes are out of order");
    }
    check_rest(kept)
}

fn check_rest(kept: &Kept) -> Result<(), Damaged> {
    let damaged = |what| Err(Damaged(what));
    let last = kept.changes.last().map_or(0, |change| change.number());
    if last.max(kept.floor).max(kept.cut) > kept.head {
        return damaged("changes are out of order");
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

/// Rows are in order, and so are their signals, without a gap. How many dropped ones this row is.
fn row_fits(kept: &Kept, place: usize) -> Option<usize> {
    let row = kept.rows.get(place)?;
    let before = place.checked_sub(1).and_then(|before| kept.rows.get(before));
    let number = u32::try_from(place).ok()?;
    let signals = kept.signals(row);
    let fits = row.id > before.map_or(0, |before| before.id)
        && u64::from(row.first_signal) == before.map_or(0, end)
        && signals.len() == usize::from(row.signals)
        && (1..=crate::MAX_SIGNALS).contains(&signals.len())
        && signals.iter().all(|signal| signal.row == number && signal_fits(kept, signal))
        && usize::from(row.bank) < kept.banks.len()
        && usize::from(row.incident) <= kept.incidents.len()
        && row.opinions as usize <= kept.opinions.len()
        && row.sightings as usize <= kept.sightings.len()
        && row.changed <= kept.head;
    fits.then_some(usize::from(row.flags & DROPPED != 0))
}

/// The place after a row's last signal.
fn end(row: &Row) -> u64 {
    u64::from(row.first_signal) + u64::from(row.signals)
}

fn signal_fits(kept: &Kept, signal: &SignalRow) -> bool {
    let [a, b, c, d, ..] = signal.bytes;
    let hash = match signal.form {
        HEX32 | HEX16 => true,
        TEXT => (u32::from_le_bytes([a, b, c, d]) as usize) < kept.texts.len(),
        _ => false,
    };
    hash && usize::from(signal.kind) < kept.kinds.len()
}

fn opinion_fits(kept: &Kept, place: usize) -> bool {
    kept.opinions.get(place).is_some_and(|opinion| {
        opinion.next as usize <= place
            && usize::from(opinion.member) < kept.members.len()
            && usize::from(opinion.verdict) <= VERDICTS.len()
            && (opinion.labels as usize) < kept.label_sets.len()
            && opinion.note.max(opinion.reason) as usize <= kept.texts.len()
    })
}

fn sighting_fits(kept: &Kept, place: usize) -> bool {
    kept.sightings.get(place).is_some_and(|sighting| {
        sighting.next as usize <= place
            && usize::from(sighting.member) < kept.members.len()
            && usize::from(sighting.platform.max(sighting.form)) < kept.labels.len()
            && sighting.text as usize <= kept.texts.len()
            && sighting.id < kept.next_sighting
    })
}
