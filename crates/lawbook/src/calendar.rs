//! Calendars: which days are working days in a state, and that state's clock.

use crate::fault::Page;
use jiff::Span;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use writ_vocabulary::Jurisdiction;

/// The working days and the clock of one state.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Its name for people.
    pub title: String,
    /// Its clock, with the rule for summer time.
    pub zone: TimeZone,
    /// Whether a period of days that ends on a day off ends with the next working day instead.
    pub rolls: bool,
    /// Where the rules come from.
    pub cite: String,
    holidays: Vec<Holiday>,
    shifts: Shift,
}

/// A day off, by one of three rules.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Fixed { month: i8, day: i8 },
    Easter { offset: i16 },
    Nth { month: i8, weekday: Weekday, nth: i8 },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Holiday {
    rule: Rule,
    since: i16,
}

/// What happens to a fixed day off that falls on a weekend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shift {
    /// Nothing.
    #[default]
    None,
    /// Saturday is taken on Friday, Sunday on Monday.
    Nearest,
    /// It is taken on the next working day.
    Next,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarRow {
    title: String,
    zone: Spanned<String>,
    rolls: bool,
    cite: String,
    #[serde(default)]
    on_weekend: Shift,
    #[serde(default)]
    holidays: Vec<Spanned<HolidayRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayRow {
    name: String,
    #[serde(default)]
    on: Option<String>,
    #[serde(default)]
    easter: Option<i16>,
    #[serde(default)]
    month: Option<i8>,
    #[serde(default)]
    weekday: Option<String>,
    #[serde(default)]
    nth: Option<i8>,
    #[serde(default)]
    since: Option<i16>,
}

impl Calendar {
    /// Whether people work on `date`: not on Saturday, Sunday or a day off.
    pub fn is_working_day(&self, date: Date) -> bool {
        !is_weekend(date) && !self.is_holiday(date)
    }

    /// The first working day on or after `date`.
    pub fn working_day_from(&self, date: Date) -> Date {
        let mut day = date;
        while !self.is_working_day(day) {
            match day.tomorrow() {
                Ok(next) => day = next,
                Err(_) => return day,
            }
        }
        day
    }

    fn is_holiday(&self, date: Date) -> bool {
        // A new year's day on a Saturday may be taken on the last day of the year before.
        [date.year(), date.year().saturating_add(1)]
            .into_iter()
            .any(|year| self.days_off(year).contains(&date))
    }

    fn days_off(&self, year: i16) -> Vec<Date> {
        let mut taken: Vec<Date> = Vec::with_capacity(self.holidays.len());
        for holiday in self.holidays.iter().filter(|holiday| holiday.since <= year) {
            if let Some(day) = holiday.rule.in_year(year) {
                taken.push(day);
            }
        }
        match self.shifts {
            Shift::None => taken,
            Shift::Nearest => taken.into_iter().map(nearest_weekday).collect(),
            Shift::Next => substituted(taken),
        }
    }
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn nearest_weekday(date: Date) -> Date {
    let moved = match date.weekday() {
        Weekday::Saturday => date.yesterday(),
        Weekday::Sunday => date.tomorrow(),
        _ => Ok(date),
    };
    moved.unwrap_or(date)
}

/// Days off that fall on a weekend are taken on the next day that is neither weekend nor off already.
fn substituted(mut days: Vec<Date>) -> Vec<Date> {
    days.sort();
    let mut taken: Vec<Date> = days.iter().copied().filter(|day| !is_weekend(*day)).collect();
    for day in days.into_iter().filter(|day| is_weekend(*day)) {
        let mut next = day;
        while is_weekend(next) || taken.contains(&next) {
            match next.tomorrow() {
                Ok(tomorrow) => next = tomorrow,
                Err(_) => break,
            }
        }
        taken.push(next);
    }
    taken
}

impl Rule {
    fn in_year(&self, year: i16) -> Option<Date> {
        match *self {
            Self::Fixed { month, day } => Date::new(year, month, day).ok(),
            Self::Easter { offset } => {
                easter(year)?.checked_add(Span::new().try_days(offset).ok()?).ok()
            }
            Self::Nth { month, weekday, nth } => {
                Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok()
            }
        }
    }
}

/// Easter Sunday of the Gregorian calendar (the "anonymous Gregorian" computus, Meeus, Astronomical Algorithms).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(year, i8::try_from(n / 31).ok()?, i8::try_from(n % 31 + 1).ok()?).ok()
}

/// Reads `calendars.toml`.
pub(crate) fn read(page: &mut Page<'_>) -> BTreeMap<Jurisdiction, Calendar> {
    let rows: Option<BTreeMap<Jurisdiction, CalendarRow>> = page.read();
    let mut calendars = BTreeMap::new();
    for (state, row) in rows.unwrap_or_default() {
        if let Some(calendar) = row.calendar(page) {
            calendars.insert(state, calendar);
        }
    }
    calendars
}

impl CalendarRow {
    fn calendar(self, page: &mut Page<'_>) -> Option<Calendar> {
        let holidays = self.holidays.into_iter().filter_map(|row| {
            let span = row.span();
            let row = row.into_inner();
            let name = row.name.clone();
            let holiday = row.holiday();
            if holiday.is_none() {
                let what = format!(
                    "`{name}` needs one rule: `on = \"12-25\"`, `easter = 1`, or `month`, `weekday` and `nth` (-1 is the last)"
                );
                page.fault(Some(span), what);
            }
            holiday
        });
        let holidays = holidays.collect();
        // A POSIX rule and not a zone's name: the law book does not depend on what the machine knows of time zones.
        let zone = TimeZone::posix(self.zone.get_ref()).map_err(|error| {
            let what = format!(
                "`{}` is not a clock: {error}; write it as `CET-1CEST,M3.5.0,M10.5.0/3`",
                self.zone.get_ref()
            );
            page.fault(Some(self.zone.span()), what);
        });
        let zone = zone.ok()?;
        Some(Calendar {
            title: self.title,
            zone,
            rolls: self.rolls,
            cite: self.cite,
            holidays,
            shifts: self.on_weekend,
        })
    }
}

impl HolidayRow {
    fn holiday(self) -> Option<Holiday> {
        let since = self.since.unwrap_or(0);
        let nth = (self.month, self.weekday, self.nth);
        let rule = match (self.on, self.easter, nth) {
            (Some(on), None, (None, None, None)) => fixed(&on)?,
            (None, Some(offset), (None, None, None)) if offset.abs() < 100 => {
                Rule::Easter { offset }
            }
            (None, None, (Some(month @ 1..=12), Some(weekday), Some(nth @ (-1 | 1..=4)))) => {
                Rule::Nth { month, weekday: weekday_of(&weekday)?, nth }
            }
            _ => return None,
        };
        Some(Holiday { rule, since })
    }
}

fn fixed(text: &str) -> Option<Rule> {
    let (month, day) = text.split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    // 2024 is a leap year: every day that exists in some year exists in it.
    Date::new(2024, month, day).ok().map(|_| Rule::Fixed { month, day })
}

fn weekday_of(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jiff::civil::date;

    pub(crate) fn calendars() -> BTreeMap<Jurisdiction, Calendar> {
        let mut page = Page::new("calendars.toml", include_str!("../../../lawbook/calendars.toml"));
        let calendars = read(&mut page);
        assert_eq!(page.faults, []);
        calendars
    }

    fn of(state: &str) -> Calendar {
        calendars().remove(&state.parse().unwrap()).unwrap()
    }

    #[test]
    fn easter_falls_where_the_almanac_says() {
        for (year, month, day) in [
            (1818, 3, 22),
            (1943, 4, 25),
            (2000, 4, 23),
            (2024, 3, 31),
            (2026, 4, 5),
            (2038, 4, 25),
        ] {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
    }

    #[test]
    fn days_off_follow_each_states_own_rules() {
        let off = [
            ("FR", date(2026, 5, 14)), // Ascension
            ("FR", date(2026, 7, 14)),
            ("BE", date(2026, 7, 21)),
            ("DE", date(2026, 4, 3)),   // Good Friday
            ("IE", date(2026, 2, 2)),   // first Monday of February
            ("IE", date(2026, 10, 26)), // last Monday of October
            ("US", date(2026, 7, 3)),   // 4 July 2026 is a Saturday
            ("US", date(2026, 11, 26)), // fourth Thursday of November
            ("US", date(2021, 12, 31)), // 1 January 2022 is a Saturday
            ("GB", date(2026, 12, 28)), // 26 December 2026 is a Saturday
            ("GB", date(2027, 12, 27)), // 25 and 26 December 2027 are a Saturday and a Sunday
            ("GB", date(2027, 12, 28)),
        ];
        for (state, day) in off {
            assert!(!of(state).is_working_day(day), "{state} {day}");
        }
        for (state, day) in [
            ("FR", date(2026, 4, 3)),
            ("GB", date(2026, 7, 14)),
            ("US", date(2026, 7, 6)),
            ("IE", date(2022, 2, 7)),
        ] {
            assert!(of(state).is_working_day(day), "{state} {day}");
        }
    }

    #[test]
    fn a_day_off_without_a_rule_is_a_fault_with_its_line() {
        let text = "[FR]\ntitle = \"x\"\nzone = \"CET-1\"\nrolls = true\ncite = \"x\"\nholidays = [\n  { name = \"Someday\" },\n]\n";
        let mut page = Page::new("calendars.toml", text);
        read(&mut page);
        assert_eq!(page.faults.first().and_then(|fault| fault.line), Some(7));
    }
}
