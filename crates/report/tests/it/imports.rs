//! Others' reports, with the traps that published data hold.

use crate::made::period;
use writ_report::import::{ImportError, Imported, MAX_BYTES, import};
use writ_report::{ReportingPeriod, differences};

fn read(text: &str) -> Imported {
    import(text.as_bytes(), Some(half())).unwrap()
}

fn half() -> ReportingPeriod {
    period("2025-H1")
}

/// Whether a warning of this line says this.
fn warns(read: &Imported, line: u64, words: &str) -> bool {
    read.warnings.iter().any(|one| one.line == Some(line) && one.to_string().contains(words))
}

fn value(read: &Imported, country: &str, metric: &str) -> Option<f64> {
    let mut figures = read.figures.iter();
    figures
        .find(|one| one.country_as_published == country && one.metric == metric)
        .map(|one| one.value)
}

const WIDE: &str = "section,country,accounts_specified,disclosed_content,disclosed_noncontent,no_data_found,rejected,requests\n\
criminal,USA,63279,945,3634,905,640,6124\n\
emergencies,United States,500,1,200,99,156,456\n\
criminal,Cypress,4,0,1,1,1,3\n\
criminal,To Be Determined,2,0,0,0,2,2\n\
criminal,Russia,9,0,0,0,20,20\n\
criminal,Ireland,214,40,8,,27,88\n\
criminal,Malta,\"1,000\",0,0,0,n/a,10\n";

#[test]
fn two_names_of_one_state_are_read_as_one() {
    let read = read(WIDE);
    let us =
        read.figures.iter().filter(|one| one.country.is_some_and(|state| state.as_str() == "US"));
    assert_eq!(us.count(), 12);
    assert!(warns(&read, 2, "`USA` is not the usual name; read as United States"));
    assert!(!warns(&read, 3, "usual name"));
}

#[test]
fn a_state_that_one_section_names_twice_is_warned_of_and_added() {
    let twice = "section,country,requests\ncriminal,USA,1\ncriminal,United States,2\n";
    let read = read(twice);
    assert!(read.warnings.iter().any(|one| one.to_string().contains("are one state")));
    let once =
        import(b"section,country,requests\ncriminal,United States,3\n", Some(half())).unwrap();
    assert_eq!(differences(&read.figures, &once.figures), []);
}

#[test]
fn a_misspelt_country_and_one_that_is_none_are_kept() {
    let read = read(WIDE);
    assert!(warns(&read, 4, "`Cypress` is not the usual name; read as Cyprus"));
    assert!(warns(
        &read,
        5,
        "`To Be Determined` is no country that is known; its figures are kept"
    ));
    assert_eq!(value(&read, "To Be Determined", "requests"), Some(2.0));
}

#[test]
fn more_requests_than_accounts_is_kept_and_said() {
    let read = read(WIDE);
    assert!(warns(&read, 6, "20 requests name 9 accounts"));
    assert_eq!(value(&read, "Russia", "accounts_specified"), Some(9.0));
}

#[test]
fn an_empty_cell_is_zero_and_outcomes_that_do_not_sum_are_said() {
    let read = read(WIDE);
    assert!(warns(&read, 7, "`no_data_found` is empty; read as 0"));
    assert!(warns(&read, 7, "the outcomes sum to 75, and 88 requests are given"));
}

#[test]
fn what_is_no_number_is_said_and_not_counted() {
    let read = read(WIDE);
    assert!(warns(&read, 8, "`n/a` in `rejected` is no number; not in the figures"));
    assert!(warns(&read, 8, "`1,000` in `accounts_specified`; read as 1000"));
}

#[test]
fn metrics_that_a_long_form_leaves_out_are_zero() {
    let read = read(include_str!("../data/long.json"));
    assert!(
        read.warnings.iter().any(|one| {
            one.to_string()
                .contains("emergencies, Malta: no `disclosed_content`, `no_data_found`; read as 0")
        }),
        "{:?}",
        read.warnings
    );
    assert_eq!(value(&read, "Malta", "no_data_found"), Some(0.0));
    assert!(warns(&read, 5, "`2025-H9` is no period; read as 2025-H1, which was given"));
}

#[test]
fn a_band_in_googles_form_keeps_both_ends_and_its_country_by_code() {
    let read = read(include_str!("../data/processes.json"));
    assert_eq!(value(&read, "Czech Republic", "requests_low"), Some(0.0));
    assert_eq!(value(&read, "Czech Republic", "requests_high"), Some(499.0));
    assert!(read.figures.iter().any(|one| one.section == "global: Preservation Requests"));
    assert!(read.figures.iter().all(|one| one.country.is_some()));
    assert_eq!(read.warnings, []);
}

#[test]
fn apples_rows_point_into_lists_and_a_pointer_to_nothing_is_said() {
    let read = read(include_str!("../data/indexed.json"));
    assert_eq!(value(&read, "China mainland", "requests_received"), Some(74.0));
    assert_eq!(value(&read, "United States of America", "requests_high"), Some(249.0));
    assert!(value(&read, "China mainland", "pct_data_provided").is_none(), "null is no zero");
    assert!(warns(&read, 2, "`9` points at no country; the row is not in the figures"));
    assert!(warns(&read, 3, "`7` is no type of request"));
}

#[test]
fn a_dsa_part_as_found_is_read_with_its_faults_named() {
    let read = import(include_bytes!("../data/dsa-3-as-found.csv"), None).unwrap();
    assert!(warns(
        &read,
        2,
        "`2025-07-01/2025-12-60` has a day that its month does not have; read as 2025-07-01/2025-12-31"
    ));
    assert!(warns(
        &read,
        3,
        "`DE, ES, FR` is 3 Member States in one cell; kept as one figure of them together"
    ));
    assert_eq!(value(&read, "DE, ES, FR", "orders_to_act"), Some(12.0));
    assert!(warns(&read, 2, "`2.5` in `median_to_inform_of_order_to_act` has no unit"));
    assert_eq!(value(&read, "TOTAL", "median_to_effect_of_order_to_act_minutes"), Some(2160.0));
    assert_eq!(value(&read, "DE, ES, FR", "median_to_effect_of_order_to_act_minutes"), Some(120.0));
    assert!(warns(&read, 4, "`orders_to_inform` is empty; read as 0"));
}

#[test]
fn lines_are_counted_alike_however_they_end() {
    let text = include_str!("../data/dsa-3-as-found.csv");
    let other = text.replace('\n', "\r\n");
    assert_eq!(read(text).warnings, read(&other).warnings);
}

#[test]
fn what_is_none_of_the_forms_is_refused_in_words() {
    let refused = |text: &str| import(text.as_bytes(), Some(half())).unwrap_err().to_string();
    assert!(refused("a,b\n1,2\n").contains("a table needs the column `country`"));
    assert!(refused("{}").contains("JSON needs `columns` and `rows`"));
    assert!(refused("{\"columns\":[\"x\"],\"rows\":[]}").contains("needs `country` and `metric`"));
    assert!(refused("{\"columns\":").starts_with("the JSON cannot be read"));
    let untimed = import(b"country,requests\nMalta,1\n", None).unwrap_err();
    assert!(matches!(untimed, ImportError::NoPeriod));
}

#[test]
fn a_file_that_is_too_large_or_too_wide_is_refused() {
    let large = vec![b'a'; MAX_BYTES + 1];
    assert!(matches!(import(&large, None), Err(ImportError::TooLarge(_))));
    let wide = "country,".repeat(200);
    assert!(matches!(import(wide.as_bytes(), Some(half())), Err(ImportError::TooManyColumns)));
    let long = format!("country\n{}", "x\n".repeat(200_001));
    assert!(matches!(import(long.as_bytes(), Some(half())), Err(ImportError::TooManyRows)));
}

#[test]
fn more_figures_than_are_kept_are_refused_and_long_names_are_cut() {
    let many = format!("country,requests{}\n", ",m".repeat(100))
        + &format!("x{}\n", ",".repeat(101)).repeat(5000);
    assert!(matches!(import(many.as_bytes(), Some(half())), Err(ImportError::TooManyFigures)));
    let long = read(&format!("country,requests\n{},1\n", "a".repeat(9000)));
    assert_eq!(long.figures[0].country_as_published.len(), 256);
    assert!(warns(&long, 2, "goes on; read as far as 256 letters"));
}

#[test]
fn ragged_lines_other_delimiters_and_bytes_that_are_no_text_are_read() {
    let ragged = read("country,requests,rejected\nMalta,1\n");
    assert!(warns(&ragged, 2, "2 cells under 3 columns"));
    assert_eq!(value(&read("country;requests\nMalta;7\n"), "Malta", "requests"), Some(7.0));
    let latin = import(b"country,requests\nCura\xe7ao,7\n", Some(half())).unwrap();
    assert!(latin.warnings.iter().any(|one| one.found == "the file is not UTF-8"));
}
