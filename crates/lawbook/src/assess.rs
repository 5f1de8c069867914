//! Judges a demand by the law book: finds its row, asks every question of it, and collects the answers.

use crate::book::Lawbook;
use crate::calendar::Calendar;
use crate::condition::Sight;
use crate::instrument::{ClockRow, ClockStart, FollowUpRow, Instrument, Requirement};
use crate::{Assessment, Confidence, FollowUp, IssuerSummary, Suspension, UnknownTerms};
use crate::{clock, conflict, document, emergency, items, sender, silence};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use writ_vocabulary::{
    Authority, Controller, Deadline, Demand, Facts, Finding, FindingState, Instant, Jurisdiction,
    Pause, PauseCause, ProviderEntity, Purpose, SignOff, Statement, Then,
};

/// A demand, the facts and the row they are judged by, side by side.
pub(crate) struct Reading<'a> {
    pub(crate) book: &'a Lawbook,
    pub(crate) demand: &'a Demand,
    pub(crate) facts: &'a Facts,
    pub(crate) row: Option<&'a Instrument>,
    /// The registry's entry for the issuer, where the demand names one that exists.
    pub(crate) authority: Option<&'a Authority>,
    /// The entity that is addressed, as far as the provider has it.
    pub(crate) entity: Option<&'a ProviderEntity>,
    /// The clock of the issuer's state.
    pub(crate) zone: TimeZone,
}

impl Lawbook {
    /// What the law book establishes about `demand`, given the facts. It never says yes: the policy does.
    ///
    /// An unknown instrument is no error but a finding; an unknown element, class or statement is an error, because nobody
    /// could say what is asked.
    pub fn assess(&self, demand: &Demand, facts: &Facts) -> Result<Assessment, UnknownTerms> {
        self.check_terms(demand)?;
        self.check_established(&facts.established)?;
        Ok(Reading::of(self, demand, facts).assessment())
    }
}

impl<'a> Reading<'a> {
    fn of(book: &'a Lawbook, demand: &'a Demand, facts: &'a Facts) -> Self {
        let place =
            demand.instrument.as_str().split('/').next().unwrap_or_default().to_ascii_uppercase();
        let zone = place.parse().map_or(TimeZone::UTC, |state: Jurisdiction| book.zone(&state));
        let row = book.in_force(&demand.instrument, zone.to_datetime(facts.received).date());
        let reached = |entity: &&ProviderEntity| {
            let needed = row.and_then(|row| row.issue.served_on);
            needed.is_none_or(|needed| needed.reaches(&entity.jurisdiction))
        };
        let entities = &facts.provider.entities;
        let entity = match &demand.addressee {
            Some(name) => facts.provider.entity(name),
            // Nobody was named: it is for the entity that the instrument's law can reach.
            None => entities.iter().find(reached).or(entities.first()),
        };
        let authority = demand.issuer.authority.as_ref().and_then(|id| facts.authority(id));
        let zone = book.zone(&demand.issuer.jurisdiction);
        Self { book, demand, facts, row, authority, entity, zone }
    }

    fn assessment(&self) -> Assessment {
        let items = items::assessed(self);
        let emergency = emergency::state(self);
        let gag = silence::gag(self);
        let mut findings = vec![self.in_force(), self.certain()];
        findings.extend(sender::findings(self));
        findings.extend(document::findings(self));
        findings.extend(emergency::findings(self, &emergency));
        findings.extend(silence::findings(&gag));
        let conflicts = conflict::of(self, &items);
        findings.push(conflicts.finding(self));
        findings.extend(items::findings(self, &items));
        let sight = self.sight(&items);
        findings.extend(
            self.row.iter().flat_map(|row| &row.requires).map(|needed| required(needed, &sight)),
        );
        let proven = findings.iter().find(|finding| finding.id == "sender-proven");
        Assessment {
            lawbook: self.book.digest(),
            received: self.facts.received,
            claimed: self.demand.instrument.clone(),
            instrument: self.row.map(|row| row.summary.clone()),
            issuer: self.issuer(),
            sender_proven: proven.map_or(FindingState::Unknown, |finding| finding.state),
            judge_level: self.judge_level(),
            voluntary: self.row.is_some_and(|row| row.voluntary),
            controller_route: items
                .iter()
                .map(|item| item.route)
                .max()
                .unwrap_or(crate::ControllerRoute::NotApplicable),
            deadline: self.deadline(),
            notice: silence::notice(self, &gag),
            preserve_until: self.preserve_until(),
            follow_ups: self.follow_ups(&sight),
            dates: self.dates(&sight),
            objections: conflicts.objections(self),
            sign_off: self.sign_off().cloned(),
            aim: self.text("aim"),
            findings,
            items,
            emergency,
            gag,
        }
    }

    fn in_force(&self) -> Finding {
        let demand = self.demand;
        if let Some(row) = self.row {
            let text =
                format!("`{}` is in the law book and was law on the day of receipt", row.id());
            return finding(
                "instrument-in-force",
                FindingState::Holds,
                text,
                Some(&row.summary.cite),
                None,
            );
        }
        let versions = self.book.versions(&demand.instrument);
        let text = match versions.first() {
            Some(first) => format!(
                "`{}` was not law on the day of receipt, but {}; name the legal process that is",
                demand.instrument,
                span(first, versions)
            ),
            None => {
                let near = self.book.nearest_instrument(&demand.instrument);
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                format!(
                    "the law book has no instrument `{}`{near} Name a legal process that it has",
                    demand.instrument
                )
            }
        };
        finding("instrument-in-force", FindingState::Fails, text, None, Some(Then::Refuse))
    }

    fn certain(&self) -> Finding {
        let (state, text) = match self.row {
            Some(row) => row.certainty(&self.facts.sign_offs),
            None => (FindingState::Unknown, "there is no row to judge by".to_owned()),
        };
        finding("row-certain", state, text, None, Some(Then::Escalate))
    }

    /// The sign-off that the answer rests on, where the row needs one.
    fn sign_off(&self) -> Option<&'a SignOff> {
        let row = self.row.filter(|row| row.summary.confidence == Confidence::Memory)?;
        row.signed_off(&self.facts.sign_offs)
    }

    fn issuer(&self) -> IssuerSummary {
        let issuer = &self.demand.issuer;
        let class = self.book.terms.classes.get(&issuer.class);
        IssuerSummary {
            class: issuer.class.clone(),
            jurisdiction: issuer.jurisdiction,
            judge_level: class.is_some_and(|class| class.judge_level),
            us_governmental: class.is_some_and(|class| class.us_governmental_entity),
            on_behalf_of: self.demand.on_behalf_of,
        }
    }

    /// A judge answers for it: the row is a judge's, and its issuer or the validator who stands behind it is one.
    fn judge_level(&self) -> bool {
        let Some(row) = self.row.filter(|row| row.judge_level) else { return false };
        let judge =
            |class| self.book.terms.classes.get(class).is_some_and(|class| class.judge_level);
        let issuer = &self.demand.issuer.class;
        let issued = judge(issuer) && row.issue.alone.contains(issuer);
        let validator = self.demand.validator.as_ref().map(|validator| &validator.class);
        issued
            || validator.is_some_and(|class| judge(class) && row.issue.validators.contains(class))
    }

    fn sight(&self, items: &[crate::AssessedItem]) -> Sight<'a> {
        Sight {
            demand: self.demand,
            established: &self.facts.established,
            received: self.zone.to_datetime(self.facts.received).date(),
            categories: items.iter().filter_map(|item| item.category).collect::<BTreeSet<_>>(),
            tenant: items.iter().any(|item| matches!(item.controller, Controller::Tenant(_))),
        }
    }

    /// Whether the row's emergency variant was claimed: the short clock runs from the claim, well founded or not.
    pub(crate) fn in_emergency(&self) -> bool {
        self.demand.emergency.is_some() && self.row.is_some_and(|row| row.emergency.is_some())
    }

    /// The calendar by which periods of days are counted: the state's own; for Union law that of the state in which the addressee
    /// must act (Regulation (EEC, Euratom) 1182/71 Art 2).
    pub(crate) fn calendar(&self) -> Option<&'a Calendar> {
        let row = self.row?;
        let law = row.summary.jurisdiction;
        let acts_in = self
            .entity
            .map(|entity| entity.jurisdiction)
            .filter(|state| law != *state && law.reaches(state));
        acts_in.and_then(|state| self.book.calendar(&state)).or_else(|| self.book.calendar(&law))
    }

    fn deadline(&self) -> Option<Deadline> {
        let clock = self.row?.deadline.as_ref()?;
        let urgent = clock.emergency.filter(|_| self.in_emergency());
        let Some(length) = urgent.or(clock.length) else {
            let due = self.demand.return_by?;
            return Some(Deadline {
                due,
                clock: "the date that the document names".to_owned(),
                cite: clock.cite.clone(),
            });
        };
        let stops = |pause: &&Pause| clock.suspended_by.contains(&pause.by);
        let still = self.facts.pauses.iter().filter(stops);
        let still: Vec<_> =
            still.map(|pause| Suspension { from: pause.from, until: pause.until }).collect();
        let (start, from) = self.start(clock.from)?;
        let start = self.restarted(clock, start)?;
        let due = clock::due(length, start, &still, self.calendar()?)?;
        Some(Deadline { due, clock: format!("{length} from {from}"), cite: clock.cite.clone() })
    }

    /// The end of the last pause after which the clock begins anew, or `start`; nothing while such a pause lasts.
    fn restarted(&self, clock: &ClockRow, start: Instant) -> Option<Instant> {
        let mut again =
            self.facts.pauses.iter().filter(|pause| clock.restarted_by.contains(&pause.by));
        again.try_fold(start, |start, pause| Some(start.max(pause.until?)))
    }

    fn start(&self, from: ClockStart) -> Option<(Instant, &'static str)> {
        Some(match from {
            ClockStart::Receipt | ClockStart::Face => (self.facts.received, "receipt"),
            ClockStart::Order => (self.start_of(self.demand.issued?)?, "the date of the order"),
            ClockStart::Clarification => {
                let asked = |pause: &&Pause| pause.by == PauseCause::Clarification;
                let asked = self.facts.pauses.iter().rfind(asked)?;
                (asked.from, "the request for clarification")
            }
        })
    }

    fn preserve_until(&self) -> Option<Instant> {
        let row = self.row.filter(|row| row.serves(Purpose::Preserve))?;
        self.after_days(row.preservation.as_ref()?.days)
    }

    /// So many whole days after receipt; a wish for a later end is never taken as an earlier one.
    pub(crate) fn after_days(&self, days: u16) -> Option<Instant> {
        self.facts.received.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).ok()
    }

    fn follow_ups(&self, sight: &Sight<'_>) -> Vec<FollowUp> {
        let rows = self.row.map(|row| row.follow_ups.as_slice()).unwrap_or_default();
        let mut all = self.owed(rows, sight);
        all.extend(sender::validation_owed(self));
        all.extend(document::writing_owed(self));
        all
    }

    /// The other dates of the row's law, and the latest to which a preservation can be renewed.
    fn dates(&self, sight: &Sight<'_>) -> Vec<FollowUp> {
        let rows = self.row.map(|row| row.clocks.as_slice()).unwrap_or_default();
        let mut all = self.owed(rows, sight);
        all.extend(self.renewable_until(sight));
        all
    }

    fn owed(&self, rows: &[FollowUpRow], sight: &Sight<'_>) -> Vec<FollowUp> {
        let owed =
            rows.iter().filter(|owed| owed.when.iter().all(|condition| condition.met(sight)));
        let dated = owed.filter_map(|owed| {
            let (start, _) = self.start(owed.from)?;
            Some(FollowUp {
                id: owed.id.clone(),
                text: owed.text.clone(),
                due: clock::due(owed.within, start, &[], self.calendar()?)?,
                cite: owed.cite.clone(),
            })
        });
        dated.collect()
    }

    fn renewable_until(&self, sight: &Sight<'_>) -> Option<FollowUp> {
        let row = self.row.filter(|row| row.serves(Purpose::Preserve))?;
        let kept = row.preservation.as_ref().filter(|kept| kept.extensions > 0)?;
        let wanted = sight.demand.items.iter().any(|line| line.want == Purpose::Preserve);
        let longer = kept.extension_days.saturating_mul(u16::from(kept.extensions));
        wanted.then_some(FollowUp {
            id: "preservation-at-most".to_owned(),
            text: format!(
                "preserved for {} days, and renewed at most {} by {} days: nothing is kept under it from then on",
                kept.days,
                times(kept.extensions),
                kept.extension_days
            ),
            due: self.after_days(kept.days.saturating_add(longer))?,
            cite: kept.cite.clone(),
        })
    }

    pub(crate) fn start_of(&self, day: Date) -> Option<Timestamp> {
        self.zone.to_timestamp(day.to_datetime(Time::midnight())).ok()
    }

    fn text(&self, id: &str) -> Option<String> {
        match self.demand.states.iter().find(|(key, _)| key.as_str() == id)?.1 {
            Statement::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// The days on which an instrument was law, or will be.
fn span(first: &Instrument, versions: &[Instrument]) -> String {
    match versions.last().and_then(|last| last.valid_to) {
        Some(end) => format!("from {} to {end}", first.valid_from),
        None => format!("is from {} on", first.valid_from),
    }
}

fn times(count: u8) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn required(needed: &Requirement, sight: &Sight<'_>) -> Finding {
    let id = format!("requires:{}", needed.id);
    let met = |condition: &crate::Condition| condition.met(sight);
    let applies = needed.when.iter().all(met);
    let there = (needed.any.is_empty() || needed.any.iter().any(met)) && needed.all.iter().all(met);
    let (state, text) = match (applies, there) {
        (false, _) => (FindingState::Holds, "not needed for this demand".to_owned()),
        (true, true) => (FindingState::Holds, "the document states it".to_owned()),
        (true, false) => (FindingState::Fails, needed.text.clone()),
    };
    Finding { id, state, text, cite: Some(needed.cite.clone()), then: Some(needed.then) }
}

pub(crate) fn finding(
    id: &str,
    state: FindingState,
    text: impl Into<String>,
    cite: Option<&str>,
    then: Option<Then>,
) -> Finding {
    Finding { id: id.to_owned(), state, text: text.into(), cite: cite.map(str::to_owned), then }
}
