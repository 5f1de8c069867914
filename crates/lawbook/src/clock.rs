//! Clocks: when a period that the law sets comes to its end, with working days and with times when it stands still.

use crate::calendar::Calendar;
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, ToSpan};
use serde::Deserialize;
use std::fmt;
use writ_vocabulary::Instant;

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// Hours, counted from the instant itself.
    Hours(u16),
    /// Days: the day of the beginning is not counted, and the last one counts to its end.
    Days(u16),
    /// Days on which people work, counted in the same way.
    WorkingDays(u16),
    /// Months: to the end of the day of the same number (Regulation (EEC, Euratom) 1182/71 Art 3(2)(c)).
    Months(u16),
}

/// A time when a clock stands still: while a clarification is awaited, while an objection is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspension {
    /// Since when.
    pub from: Instant,
    /// Until when. `None`: it still stands still.
    pub until: Option<Instant>,
}

/// No clock runs longer than this many days beyond its start, suspensions included: a bound for the count, not a rule of law.
const MOST_DAYS: usize = 3_660;

/// When a period that began at `start` ends. `None`: the clock stands still and no end can be named yet.
///
/// Hours run on through nights, weekends and days off (Regulation (EEC, Euratom) 1182/71 Art 3). Days are those of the
/// calendar's own clock; where the calendar says so, a period of days that would end on a day off ends with the next
/// working day (Art 3(4)). A day during any part of which the clock stood still is not counted.
///
/// ```
/// use writ_lawbook::{Length, Lawbook, due};
/// # let files = vec![("calendars.toml".to_owned(), include_str!("../../../lawbook/calendars.toml").to_owned())];
/// # let elements = ("elements.toml".to_owned(), include_str!("../../../lawbook/elements.toml").to_owned());
/// # let classes = ("classes.toml".to_owned(), include_str!("../../../lawbook/classes.toml").to_owned());
/// # let statements = ("statements.toml".to_owned(), include_str!("../../../lawbook/statements.toml").to_owned());
/// # let agreements = ("agreements.toml".to_owned(), "agreement = []".to_owned());
/// # let conflicts = ("conflicts.toml".to_owned(), "conflict = []".to_owned());
/// # let words = [elements, classes, statements, agreements, conflicts];
/// # let book = Lawbook::load(files.into_iter().chain(words)).unwrap();
/// let france = book.calendar(&"FR".parse().unwrap()).unwrap();
/// let friday = "2026-11-13T21:30:00+01:00".parse().unwrap();
/// assert_eq!(due(Length::Hours(8), friday, &[], france).unwrap(), "2026-11-14T05:30:00+01:00".parse().unwrap());
/// assert_eq!(due(Length::Days(10), friday, &[], france).unwrap(), "2026-11-24T00:00:00+01:00".parse().unwrap());
/// ```
pub fn due(
    length: Length,
    start: Instant,
    still: &[Suspension],
    calendar: &Calendar,
) -> Option<Instant> {
    match length {
        Length::Hours(hours) => after_hours(hours, start, still),
        Length::Days(days) => {
            let last = after_days(days, start, still, calendar, |_| true)?;
            end_of(if calendar.rolls { calendar.working_day_from(last) } else { last }, calendar)
        }
        Length::Months(months) => {
            let first = calendar.zone.to_datetime(start).date();
            let last = first.checked_add(i32::from(months).months()).ok()?;
            let days = u16::try_from(first.until(last).ok()?.get_days()).ok()?;
            due(Length::Days(days), start, still, calendar)
        }
        Length::WorkingDays(days) => {
            let last =
                after_days(days, start, still, calendar, |day| calendar.is_working_day(day))?;
            end_of(last, calendar)
        }
    }
}

fn after_hours(hours: u16, start: Instant, still: &[Suspension]) -> Option<Instant> {
    let mut due = start.checked_add(SignedDuration::from_hours(i64::from(hours))).ok()?;
    for pause in joined(still) {
        let from = pause.from.max(start);
        let over = pause.until.is_some_and(|until| until <= from);
        if from < due && !over {
            due = due.checked_add(pause.until?.duration_since(from)).ok()?;
        }
    }
    Some(due)
}

fn after_days(
    days: u16,
    start: Instant,
    still: &[Suspension],
    calendar: &Calendar,
    counts: impl Fn(Date) -> bool,
) -> Option<Date> {
    let first = calendar.zone.to_datetime(start).date();
    let mut left = days;
    let mut last = first;
    for day in first.series(1.day()).skip(1).take(MOST_DAYS) {
        if left == 0 {
            break;
        }
        last = day;
        if counts(day) && !stands_still(day, still, calendar)? {
            left -= 1;
        }
    }
    (left == 0).then_some(last)
}

/// Whether the clock stood still during a part of `day`; `None` where it has not begun to run again by then.
fn stands_still(day: Date, still: &[Suspension], calendar: &Calendar) -> Option<bool> {
    let (begins, ends) = (start_of(day, calendar)?, end_of(day, calendar)?);
    for pause in still.iter().filter(|pause| pause.from < ends) {
        if begins < pause.until? {
            return Some(true);
        }
    }
    Some(false)
}

fn start_of(day: Date, calendar: &Calendar) -> Option<Instant> {
    calendar.zone.to_timestamp(day.to_datetime(Time::midnight())).ok()
}

/// The end of a day is the beginning of the next.
fn end_of(day: Date, calendar: &Calendar) -> Option<Instant> {
    start_of(day.tomorrow().ok()?, calendar)
}

/// In order of time, those that overlap as one: an hour during which two things stand in the way is one hour.
fn joined(still: &[Suspension]) -> Vec<Suspension> {
    let mut sorted = still.to_vec();
    sorted.sort_by_key(|pause| pause.from);
    let mut apart: Vec<Suspension> = Vec::with_capacity(sorted.len());
    for pause in sorted {
        match apart.last_mut() {
            Some(last) if last.until.is_none_or(|until| pause.from <= until) => {
                last.until = last.until.zip(pause.until).map(|(a, b)| a.max(b));
            }
            _ => apart.push(pause),
        }
    }
    apart
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, one, many) = match self {
            Self::Hours(n) => (n, "hour", "hours"),
            Self::Days(n) => (n, "day", "days"),
            Self::WorkingDays(n) => (n, "working day", "working days"),
            Self::Months(n) => (n, "month", "months"),
        };
        write!(f, "{count} {}", if *count == 1 { one } else { many })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::tests::calendars;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn pause(from: &str, until: &str) -> Suspension {
        Suspension { from: at(from), until: (!until.is_empty()).then(|| at(until)) }
    }

    /// (state, length, start, suspensions, end)
    type Row = (&'static str, Length, &'static str, Vec<Suspension>, Option<&'static str>);

    fn table() -> Vec<Row> {
        use Length::*;
        vec![
            // Hours run through the night, the weekend and the change of the clocks.
            (
                "FR",
                Hours(8),
                "2026-11-13T21:30:00+01:00",
                vec![],
                Some("2026-11-14T05:30:00+01:00"),
            ),
            (
                "FR",
                Hours(8),
                "2026-10-24T23:00:00+02:00",
                vec![],
                Some("2026-10-25T06:00:00+01:00"),
            ),
            // The day of receipt is not counted; the tenth day counts to its end.
            (
                "FR",
                Days(10),
                "2026-11-13T00:00:00+01:00",
                vec![],
                Some("2026-11-24T00:00:00+01:00"),
            ),
            (
                "FR",
                Days(10),
                "2026-11-13T23:59:59+01:00",
                vec![],
                Some("2026-11-24T00:00:00+01:00"),
            ),
            // The tenth day is Saturday 14 November: the end is that of Monday.
            (
                "FR",
                Days(10),
                "2026-11-04T12:00:00+01:00",
                vec![],
                Some("2026-11-17T00:00:00+01:00"),
            ),
            // The tenth day is 11 November, off in France and Belgium, a working day in Ireland.
            (
                "FR",
                Days(10),
                "2026-11-01T12:00:00+01:00",
                vec![],
                Some("2026-11-13T00:00:00+01:00"),
            ),
            (
                "BE",
                Days(10),
                "2026-11-01T12:00:00+01:00",
                vec![],
                Some("2026-11-13T00:00:00+01:00"),
            ),
            ("IE", Days(10), "2026-11-01T12:00:00Z", vec![], Some("2026-11-12T00:00:00Z")),
            // Five working days from Thursday over a weekend.
            (
                "DE",
                WorkingDays(5),
                "2026-11-12T08:00:00+01:00",
                vec![],
                Some("2026-11-20T00:00:00+01:00"),
            ),
            // Christmas and new year are not counted.
            ("GB", WorkingDays(4), "2026-12-23T08:00:00Z", vec![], Some("2027-01-01T00:00:00Z")),
            // Received late on Friday in Washington is Saturday in Paris: the state's own clock decides.
            ("US", Days(1), "2026-11-13T23:30:00-05:00", vec![], Some("2026-11-17T00:00:00-05:00")),
            // Suspended for two hours.
            (
                "FR",
                Hours(8),
                "2026-11-13T21:00:00+01:00",
                vec![pause("2026-11-13T22:00:00+01:00", "2026-11-14T00:00:00+01:00")],
                Some("2026-11-14T07:00:00+01:00"),
            ),
            // Two suspensions that overlap count once; one before the start and one after the end count nothing.
            (
                "FR",
                Hours(8),
                "2026-11-13T21:00:00+01:00",
                vec![
                    pause("2026-11-13T23:00:00+01:00", "2026-11-14T01:00:00+01:00"),
                    pause("2026-11-13T22:00:00+01:00", "2026-11-14T00:00:00+01:00"),
                    pause("2026-11-12T22:00:00+01:00", "2026-11-13T20:00:00+01:00"),
                    pause("2026-11-15T22:00:00+01:00", "2026-11-16T20:00:00+01:00"),
                ],
                Some("2026-11-14T08:00:00+01:00"),
            ),
            // A suspension that reaches over the old end moves the end, so the next one counts too.
            (
                "FR",
                Hours(2),
                "2026-11-13T20:00:00Z",
                vec![
                    pause("2026-11-13T21:00:00Z", "2026-11-13T23:00:00Z"),
                    pause("2026-11-13T23:30:00Z", "2026-11-14T00:30:00Z"),
                ],
                Some("2026-11-14T01:00:00Z"),
            ),
            // Days: Monday and Tuesday stood still in part and are not counted.
            (
                "FR",
                Days(10),
                "2026-11-13T12:00:00+01:00",
                vec![pause("2026-11-16T15:00:00+01:00", "2026-11-17T09:00:00+01:00")],
                Some("2026-11-26T00:00:00+01:00"),
            ),
            // It still stands still.
            (
                "FR",
                Hours(8),
                "2026-11-13T21:00:00+01:00",
                vec![pause("2026-11-13T22:00:00+01:00", "")],
                None,
            ),
            (
                "FR",
                Days(10),
                "2026-11-13T21:00:00+01:00",
                vec![pause("2026-11-14T22:00:00+01:00", "")],
                None,
            ),
            // It began to stand still only after the end.
            (
                "FR",
                Hours(8),
                "2026-11-13T21:00:00+01:00",
                vec![pause("2026-11-15T22:00:00+01:00", "")],
                Some("2026-11-14T05:00:00+01:00"),
            ),
        ]
    }

    #[test]
    fn periods_end_where_the_law_says() {
        let calendars = calendars();
        for (state, length, start, still, end) in table() {
            let calendar = &calendars[&state.parse().unwrap()];
            let found = due(length, at(start), &still, calendar);
            assert_eq!(found, end.map(at), "{state}: {length} from {start} with {still:?}");
        }
    }
}
