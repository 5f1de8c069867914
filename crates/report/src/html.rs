//! The half-year report as one page: no script, readable on a telephone and on paper, every chart with its table.
//!
//! The page publishes. So nothing of national security is on it but bands, neither as a row nor in a sum.

use crate::bands::{self, grouped};
use crate::cases::{Case, Cases};
use crate::counting::{Act, Section};
use crate::statistics::{Times, percent};
use crate::svg::{self, Bar};
use crate::{Outcome, ReportingPeriod, country};
use askama::Template;
use std::collections::BTreeMap;
use writ_vocabulary::Jurisdiction;

/// What stands on the page beside the figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The provider.
    pub provider: String,
    /// The period of the bands, and their lines, where they may be published.
    pub bands: Option<bands::Report>,
    /// Where the public record lies.
    pub record: Option<String>,
    /// The checkpoint that the figures were reconciled with, as it is written in the record.
    pub checkpoint: Option<String>,
}

/// The page of `period`.
///
/// # Errors
/// [`askama::Error`] where the page cannot be put together.
pub fn page(
    cases: &Cases,
    period: ReportingPeriod,
    about: &About,
) -> Result<String, askama::Error> {
    let within: Cases = cases.within(&period).countable().cloned().collect();
    let data: Vec<&Case> = within.iter().filter(|case| case.class.act == Act::Disclose).collect();
    let emergencies: Vec<&Case> = data.iter().copied().filter(|case| case.is_emergency()).collect();
    let removals: Vec<&Case> = within.iter().filter(|case| case.class.act == Act::Remove).collect();
    let before = period.before().map(|before| (before, cases.within(&before).countable().count()));
    Page {
        provider: &about.provider,
        period: period.to_string(),
        days: days(&period),
        tiles: tiles(&within, &data, before.filter(|(_, count)| *count > 0)),
        legend: &SHARES,
        countries: countries(&data),
        sections: sections(&within),
        instruments: instruments(&within),
        speed: speed(&within),
        emergencies: emergencies_of(&emergencies),
        removals: removals_of(&removals),
        bands: about.bands.as_ref().map(bands_of),
        record: about.record.as_deref(),
        checkpoint: about.checkpoint.as_deref(),
        unclassified: within
            .iter()
            .filter(|case| case.class.section == Section::Unclassified)
            .map(|case| case.instrument.to_string())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect(),
    }
    .render()
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    provider: &'a str,
    period: String,
    days: [String; 2],
    tiles: Vec<Tile>,
    legend: &'a [Share],
    countries: Chart,
    sections: Grid,
    instruments: Chart,
    speed: Chart,
    emergencies: Option<Emergencies>,
    removals: Option<Vec<Tile>>,
    bands: Option<Bands>,
    record: Option<&'a str>,
    checkpoint: Option<&'a str>,
    unclassified: Vec<String>,
}

/// One headline figure.
struct Tile {
    figure: String,
    what: &'static str,
    note: String,
}

/// A chart and its table.
struct Chart {
    svg: String,
    table: Grid,
}

/// A table: the first cell of a row heads it.
struct Grid {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

struct Emergencies {
    tiles: Vec<Tile>,
    chart: Chart,
}

struct Bands {
    cite: &'static str,
    days: String,
    rows: Vec<[String; 2]>,
}

/// How outcomes are drawn: a class for its colour, a name, and the outcomes in it. Every outcome is in exactly one.
struct Share {
    class: &'static str,
    name: &'static str,
    /// The name at the head of a column.
    short: &'static str,
    outcomes: &'static [Outcome],
}

const SHARES: [Share; 7] = [
    Share {
        class: "content",
        name: "Content given",
        short: "Content",
        outcomes: &[Outcome::Content],
    },
    Share {
        class: "other",
        name: "Only other data given",
        short: "Other data",
        outcomes: &[Outcome::NonContent],
    },
    Share {
        class: "none",
        name: "Nothing held",
        short: "Nothing held",
        outcomes: &[Outcome::NothingHeld],
    },
    Share { class: "refused", name: "Refused", short: "Refused", outcomes: &[Outcome::Refused] },
    Share {
        class: "back",
        name: "Sent back or on",
        short: "Sent back or on",
        outcomes: &[Outcome::Redirected, Outcome::CureAsked, Outcome::Held],
    },
    Share {
        class: "done",
        name: "Removed or kept as ordered",
        short: "Done as ordered",
        outcomes: &[Outcome::Preserved, Outcome::ActedOn],
    },
    Share {
        class: "open",
        name: "Withdrawn or open",
        short: "Open or withdrawn",
        outcomes: &[Outcome::Withdrawn, Outcome::Pending],
    },
];

fn days(period: &ReportingPeriod) -> [String; 2] {
    [period.first(), period.last()].map(|day| day.strftime("%-d %B %Y").to_string())
}

fn tiles(within: &Cases, data: &[&Case], before: Option<(ReportingPeriod, usize)>) -> Vec<Tile> {
    let accounts: u64 = data.iter().map(|case| case.accounts).sum();
    let of = |outcomes: &[Outcome]| count(data, |case| outcomes.contains(&case.outcome));
    let received = many(data.len());
    let given = of(&[Outcome::Content, Outcome::NonContent]);
    let content = of(&[Outcome::Content]);
    let no = of(&[Outcome::Refused, Outcome::Redirected, Outcome::CureAsked, Outcome::Held]);
    let share =
        |part| percent(part, received).map_or("–".to_owned(), |share| format!("{share}%"));
    let note = match before {
        Some((period, count)) => format!("{} in {period}", grouped(many(count))),
        None => "demands of every kind but national security".to_owned(),
    };
    let times = Times::of(within.iter().filter_map(|case| case.minutes_to_answer()));
    let (median, ninetieth) = match times {
        Some(times) => {
            (duration(times.median), format!("nine in ten within {}", duration(times.ninetieth)))
        }
        None => ("–".to_owned(), "none answered yet".to_owned()),
    };
    vec![
        Tile { figure: grouped(within.len()), what: "demands received", note },
        Tile {
            figure: grouped(accounts),
            what: "accounts named",
            note: format!("in {} for data", counted(received, "demand")),
        },
        Tile {
            figure: share(given),
            what: "led to data",
            note: format!("{} with content", grouped(content)),
        },
        Tile {
            figure: share(no),
            what: "got a no",
            note: format!("{} refused, sent back or on", grouped(no)),
        },
        Tile { figure: median, what: "to answer, the median", note: ninetieth },
    ]
}

/// How many countries are drawn; the rest stand together, and each in the table.
const DRAWN: usize = 12;

fn countries(data: &[&Case]) -> Chart {
    let mut states: BTreeMap<Jurisdiction, Vec<&Case>> = BTreeMap::new();
    data.iter().for_each(|case| states.entry(case.state).or_default().push(case));
    let mut states: Vec<_> = states.into_iter().collect();
    states.sort_by_key(|(state, cases)| (usize::MAX - cases.len(), country::name(*state)));
    let bar = |label: String, cases: &[&Case]| {
        let accounts: u64 = cases.iter().map(|case| case.accounts).sum();
        let (demands, accounts) =
            (counted(many(cases.len()), "demand"), counted(accounts, "account"));
        let figure = format!("{demands}, {accounts}");
        Bar { label, figure, parts: parts(cases) }
    };
    let mut bars: Vec<_> =
        states.iter().take(DRAWN).map(|(state, cases)| bar(country::name(*state), cases)).collect();
    let others: Vec<&Case> =
        states.iter().skip(DRAWN).flat_map(|(_, cases)| cases.iter().copied()).collect();
    if !others.is_empty() {
        let rest = states.len() - DRAWN;
        let label = if rest == 1 {
            "1 other country".to_owned()
        } else {
            format!("{rest} other countries")
        };
        bars.push(bar(label, &others));
    }
    let rows = states.iter().map(|(state, cases)| row(country::name(*state), cases));
    let rows = rows.chain([row("All".to_owned(), data)]).collect();
    Chart {
        svg: svg::bars(
            "by-country",
            "Outcomes by country",
            "Of the demands from each country, the shares that led to content, to other data, to nothing, and to a no. The table below has the numbers.",
            &bars,
            None,
        ),
        table: Grid { header: outcomes_header("Country"), rows },
    }
}

fn sections(within: &Cases) -> Grid {
    let sections = Section::ALL.into_iter().filter_map(|section| {
        let cases: Vec<&Case> =
            within.iter().filter(|case| case.class.section == section).collect();
        (!cases.is_empty()).then(|| row(section.title().to_owned(), &cases))
    });
    let all: Vec<&Case> = within.iter().collect();
    let rows = sections.chain([row("All".to_owned(), &all)]).collect();
    Grid { header: outcomes_header("Section"), rows }
}

fn instruments(within: &Cases) -> Chart {
    let mut kinds: BTreeMap<(&str, &str), Vec<&Case>> = BTreeMap::new();
    for case in within.iter() {
        let key = (case.instrument.as_str(), case.class.title.as_str());
        kinds.entry(key).or_default().push(case);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(id, cases)| (usize::MAX - cases.len(), *id));
    let most = kinds.first().map(|(_, cases)| many(cases.len()));
    let named = |(id, title): &(&str, &str)| {
        let place = id.split('/').next().unwrap_or_default().to_uppercase();
        if id == title { title.to_string() } else { format!("{title} ({place})") }
    };
    let bars: Vec<_> = kinds
        .iter()
        .map(|(kind, cases)| {
            let times = Times::of(cases.iter().filter_map(|case| case.minutes_to_answer()));
            let median = times.map_or("not answered".to_owned(), |times| {
                format!("median {}", duration(times.median))
            });
            Bar {
                label: named(kind),
                figure: format!("{}, {median}", counted(many(cases.len()), "demand")),
                parts: vec![("other", many(cases.len()))],
            }
        })
        .collect();
    let rows = kinds.iter().map(|(kind, cases)| {
        let times = Times::of(cases.iter().filter_map(|case| case.minutes_to_answer()));
        let time = |of: fn(&Times) -> u64| {
            times.as_ref().map_or("–".to_owned(), |times| duration(of(times)))
        };
        let mut cells = row(named(kind), cases);
        cells.extend([time(|times| times.median), time(|times| times.ninetieth)]);
        cells
    });
    let mut header = outcomes_header("Instrument");
    header.extend(["Median time", "90th percentile"]);
    Chart {
        svg: svg::bars(
            "by-instrument",
            "Demands by instrument",
            "How many demands came under each instrument, and the median time to answer. The table below has the outcomes too.",
            &bars,
            most,
        ),
        table: Grid { header, rows: rows.collect() },
    }
}

/// Upper ends of the classes of time to answer, in minutes and not in the class; the last has none.
const SPEEDS: [(u64, &str); 7] = [
    (60, "under 1 hour"),
    (480, "1 to 8 hours"),
    (1440, "8 to 24 hours"),
    (4320, "1 to 3 days"),
    (14_400, "3 to 10 days"),
    (43_200, "10 to 30 days"),
    (u64::MAX, "over 30 days"),
];

const URGENT: [(u64, &str); 6] = [
    (15, "under 15 minutes"),
    (30, "15 to 30 minutes"),
    (45, "30 to 45 minutes"),
    (60, "45 to 60 minutes"),
    (480, "1 to 8 hours"),
    (u64::MAX, "over 8 hours"),
];

fn speed(within: &Cases) -> Chart {
    let cases: Vec<&Case> = within.iter().collect();
    times_chart("speed", "Time from receipt to the first answer", &cases, &SPEEDS)
}

fn times_chart(id: &str, title: &str, cases: &[&Case], classes: &[(u64, &'static str)]) -> Chart {
    let minutes: Vec<u64> = cases.iter().filter_map(|case| case.minutes_to_answer()).collect();
    let answered = many(minutes.len());
    let mut from = 0;
    let mut classed = Vec::new();
    for (until, name) in classes {
        let inside = minutes.iter().filter(|one| from <= **one && **one < *until).count();
        classed.push((*name, many(inside)));
        from = *until;
    }
    let most = classed.iter().map(|(_, count)| *count).max();
    let share =
        |count| percent(count, answered).map_or("–".to_owned(), |share| format!("{share}%"));
    let bars: Vec<_> = classed
        .iter()
        .map(|(name, count)| Bar {
            label: (*name).to_owned(),
            figure: format!("{} ({})", grouped(*count), share(*count)),
            parts: vec![("other", *count)],
        })
        .collect();
    let waiting = many(cases.len()).saturating_sub(answered);
    let rows = classed
        .iter()
        .map(|(name, count)| vec![(*name).to_owned(), grouped(*count), share(*count)]);
    let rows = rows.chain([vec!["not answered yet".to_owned(), grouped(waiting), "–".to_owned()]]);
    Chart {
        svg: svg::bars(
            id,
            title,
            "How many were answered within each time. The table below has the numbers.",
            &bars,
            most,
        ),
        table: Grid {
            header: vec!["Answered", "Demands", "Share of those answered"],
            rows: rows.collect(),
        },
    }
}

fn emergencies_of(cases: &[&Case]) -> Option<Emergencies> {
    if cases.is_empty() {
        return None;
    }
    let times = Times::of(cases.iter().filter_map(|case| case.minutes_to_answer()));
    let minutes = |of: fn(&Times) -> u64| {
        times.as_ref().map_or("–".to_owned(), |times| duration(of(times)))
    };
    let granted = count(cases, |case| case.granted_in_emergency.is_some());
    let unconfirmed = count(cases, |case| case.unconfirmed);
    let refused = count(cases, |case| case.outcome == Outcome::Refused);
    let given = count(cases, |case| case.outcome.gives_data());
    let tiles = vec![
        Tile {
            figure: grouped(many(cases.len())),
            what: "emergencies claimed",
            note: format!("{} led to data", grouped(given)),
        },
        Tile {
            figure: minutes(|times| times.median),
            what: "to answer, the median",
            note: format!("nine in ten within {}", minutes(|times| times.ninetieth)),
        },
        Tile {
            figure: grouped(refused),
            what: "refused",
            note: percent(refused, many(cases.len()))
                .map_or(String::new(), |share| format!("{share}% of those claimed")),
        },
        Tile {
            figure: grouped(granted),
            what: "granted in an emergency",
            note: format!("{} not confirmed in time", grouped(unconfirmed)),
        },
    ];
    let chart = times_chart(
        "emergencies",
        "Emergencies: time from receipt to the first answer",
        cases,
        &URGENT,
    );
    Some(Emergencies { tiles, chart })
}

fn removals_of(cases: &[&Case]) -> Option<Vec<Tile>> {
    if cases.is_empty() {
        return None;
    }
    let acted: Vec<&Case> =
        cases.iter().copied().filter(|case| case.outcome == Outcome::ActedOn).collect();
    let items: u64 = acted.iter().map(|case| case.accounts).sum();
    let times = Times::of(
        acted
            .iter()
            .filter_map(|case| case.acted.map(|at| crate::case::minutes(case.received, at))),
    );
    let median = times.map_or("–".to_owned(), |times| duration(times.median));
    Some(vec![
        Tile {
            figure: grouped(many(cases.len())),
            what: "removal orders received",
            note: String::new(),
        },
        Tile {
            figure: grouped(many(acted.len())),
            what: "carried out",
            note: format!("{} removed", counted(items, "item")),
        },
        Tile { figure: median, what: "to removal, the median", note: String::new() },
    ])
}

fn bands_of(report: &bands::Report) -> Bands {
    let letters = days(&report.covers.letters).join(" to ");
    let days = match &report.covers.orders {
        Some(orders) => format!("Letters: {letters}. Orders: {}.", days(orders).join(" to ")),
        None => format!("{letters}."),
    };
    let rows = report.lines.iter().map(|line| [line.what.to_owned(), line.band.to_string()]);
    Bands { cite: report.structure.cite(), days, rows: rows.collect() }
}

fn outcomes_header(first: &'static str) -> Vec<&'static str> {
    let shares = SHARES.iter().map(|share| share.short);
    [first, "Demands", "Accounts"].into_iter().chain(shares).collect()
}

fn row(name: String, cases: &[&Case]) -> Vec<String> {
    let accounts: u64 = cases.iter().map(|case| case.accounts).sum();
    let counts = parts(cases).into_iter().map(|(_, part)| part);
    let numbers = [many(cases.len()), accounts].into_iter().chain(counts).map(grouped);
    [name].into_iter().chain(numbers).collect()
}

fn parts(cases: &[&Case]) -> Vec<(&'static str, u64)> {
    let part = |share: &Share| count(cases, |case| share.outcomes.contains(&case.outcome));
    SHARES.iter().map(|share| (share.class, part(share))).collect()
}

fn count(cases: &[&Case], is: impl Fn(&Case) -> bool) -> u64 {
    many(cases.iter().filter(|case| is(case)).count())
}

fn many(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// A number of things: `1 demand`, `2,000 demands`.
fn counted(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", grouped(count))
}

/// Minutes in words that stay on one line: `45 min`, `3 h 20 min`, `2 d 4 h`.
fn duration(minutes: u64) -> String {
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let words = match (days, hours, rest) {
        (0, 0, rest) => format!("{rest} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, rest) => format!("{hours} h {rest} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    };
    words.replace(' ', "\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_drawn_in_exactly_one_share() {
        for outcome in Outcome::ALL {
            let shares = SHARES.iter().filter(|share| share.outcomes.contains(&outcome));
            assert_eq!(shares.count(), 1, "{outcome:?}");
        }
    }

    #[test]
    fn minutes_are_said_in_words() {
        assert_eq!(
            [0, 45, 60, 200, 1440, 3000].map(duration),
            ["0 min", "45 min", "1 h", "3 h 20 min", "1 d", "2 d 2 h"]
                .map(|words| words.replace(' ', "\u{a0}"))
        );
    }
}
