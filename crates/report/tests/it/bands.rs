//! Bands of 50 U.S.C. 1874: which are legal, and when they may be published.

use crate::golden;
use crate::made::{cases, house, period};
use jiff::civil::{Date, date};
use writ_report::BandLine;
use writ_report::bands::{Band, BandError, Covers, Process, Report, Structure, process};

const ALL: [Structure; 4] =
    [Structure::Thousand, Structure::FiveHundred, Structure::TwoHundredFifty, Structure::Hundred];

fn letter(received: Date) -> Process {
    Process { line: BandLine::Letters, received, selectors: 1, first_on_platform: false }
}

fn order(received: Date) -> Process {
    Process { line: BandLine::Content, ..letter(received) }
}

#[test]
fn each_structure_has_bands_of_its_width_from_zero() {
    let first = ALL.map(|structure| Band::of(0, structure).to_string());
    assert_eq!(first, ["0–999", "0–499", "0–249", "0–99"]);
    let later = ALL.map(|structure| Band::of(24_700, structure).to_string());
    assert_eq!(later, ["24,000–24,999", "24,500–24,999", "24,500–24,749", "24,700–24,799"]);
    for structure in ALL {
        let (low, high) = Band::of(u64::MAX, structure).ends();
        assert!(low <= high);
    }
}

#[test]
fn published_bands_of_five_hundred_are_read() {
    for text in ["0-499", "20,500–20,999", "21,500-21,999", "17,500 - 17,999"] {
        assert!(Band::parse(text, Structure::FiveHundred).is_ok(), "{text}");
    }
}

#[test]
fn a_band_a_thousand_wide_in_a_table_of_five_hundred_is_refused() {
    let error = Band::parse("24,000-24,999", Structure::FiveHundred).unwrap_err().to_string();
    assert_eq!(
        error,
        "`24,000-24,999` is no band of 50 U.S.C. 1874(a)(2), whose bands are 500 wide from 0: `24,000–24,499` is the one that begins there"
    );
    assert!(Band::parse("24,000-24,999", Structure::Thousand).is_ok());
}

#[test]
fn a_band_off_its_grid_and_a_bare_number_are_refused() {
    for text in ["1-500", "250-749", "499-0", "7", "", "a-b", "0-499-999"] {
        assert!(Band::parse(text, Structure::FiveHundred).is_err(), "{text}");
    }
}

#[test]
fn a_report_of_six_lines_keeps_its_form() {
    let covers = Covers { letters: period("2025-H2"), orders: Some(period("2025-H1")) };
    let of = process(&cases(&house()));
    let report = Report::of(&of, Structure::FiveHundred, covers, date(2026, 2, 15)).unwrap();
    golden("bands.csv", &report.to_csv());
    assert_eq!(report.lines.len(), 6);
}

#[test]
fn orders_wait_a_hundred_and_eighty_days() {
    let covers = Covers { letters: period("2025-H2"), orders: Some(period("2025-H1")) };
    let on = |day| Report::of(&[], Structure::FiveHundred, covers, day);
    // The half-year of the orders ends on 30 June; the one of the letters on 31 December.
    assert!(on(date(2026, 1, 1)).is_ok());
    assert!(matches!(on(date(2025, 12, 31)), Err(BandError::TooEarly { what: "letters", .. })));
    let same = Covers { letters: period("2025-H1"), orders: Some(period("2025-H1")) };
    let early = Report::of(&[], Structure::Thousand, same, date(2025, 12, 26)).unwrap_err();
    assert!(
        early.to_string().starts_with("orders and directives may be published from 2025-12-27 on"),
        "{early}"
    );
    assert!(Report::of(&[], Structure::Thousand, same, date(2025, 12, 27)).is_ok());
}

#[test]
fn a_yearly_report_waits_a_year() {
    let covers = Covers { letters: period("2024"), orders: None };
    assert!(Report::of(&[], Structure::Hundred, covers, date(2025, 12, 30)).is_err());
    assert!(Report::of(&[], Structure::Hundred, covers, date(2025, 12, 31)).is_ok());
}

#[test]
fn a_period_of_the_wrong_length_is_refused() {
    let quarter = Covers { letters: period("2025-01-01/2025-03-31"), orders: None };
    let error = Report::of(&[], Structure::TwoHundredFifty, quarter, date(2026, 1, 1)).unwrap_err();
    assert!(matches!(error, BandError::Length { days: 90, .. }), "{error}");
    let one = Covers { letters: period("2025-H1"), orders: None };
    let error = Report::of(&[], Structure::Thousand, one, date(2026, 1, 1)).unwrap_err();
    assert!(matches!(error, BandError::TwoPeriods(_)), "{error}");
}

#[test]
fn a_first_order_on_a_new_platform_waits_five_hundred_and_forty_days() {
    let covers = Covers { letters: period("2025-H2"), orders: Some(period("2025-H1")) };
    let mut process: Vec<Process> = (0..499).map(|_| order(date(2025, 5, 1))).collect();
    process.push(Process { first_on_platform: true, ..order(date(2025, 5, 1)) });
    let band = |day| {
        let report = Report::of(&process, Structure::FiveHundred, covers, day).unwrap();
        report
            .lines
            .iter()
            .find(|line| line.what.starts_with("orders and directives"))
            .unwrap()
            .band
            .to_string()
    };
    assert_eq!(band(date(2026, 3, 1)), "0–499");
    assert_eq!(band(date(2026, 10, 22)), "0–499", "539 days");
    assert_eq!(band(date(2026, 10, 23)), "500–999", "540 days");
}

#[test]
fn all_process_together_is_one_count() {
    let covers = Covers { letters: period("2025-H2"), orders: None };
    let process: Vec<Process> = (0..250)
        .map(
            |index| if index % 2 == 0 { letter(date(2025, 9, 1)) } else { order(date(2025, 9, 1)) },
        )
        .collect();
    let report =
        Report::of(&process, Structure::TwoHundredFifty, covers, date(2026, 1, 1)).unwrap();
    let bands: Vec<_> = report.lines.iter().map(|line| line.band.to_string()).collect();
    assert_eq!(bands, ["250–499", "250–499"]);
}
