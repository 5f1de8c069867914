//! The report in the forms of others, as a page, and beside a published table.

use super::hashes::Place;
use super::removal;

#[test]
fn a_period_is_published_in_each_form_and_compared_cell_by_cell() {
    let place = Place::begun();
    let case = removal::order(&place);
    place.ok(&["act", &case, "--as", "reviewer-1"]);
    place.ok(&["work", "--once"]);
    let year = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year().to_string();
    let period = ["report", "--period", &year];
    for form in ["microsoft", "google", "apple", "meta", "e-evidence", "tco"] {
        let words = [&period[..], &["--form", form]].concat();
        assert!(place.ok(&words).lines().count() >= 1, "{form}");
        serde_json::from_str::<serde_json::Value>(&place.ok(&[&["--json"], &words[..]].concat()))
            .unwrap();
    }
    let dsa = place.ok(&[&period[..], &["--form", "dsa", "--service", "Films"]].concat());
    assert!(dsa.contains("STATEMENT_CATEGORY_"), "{dsa}");
    place.no(&[&period[..], &["--form", "dsa"]].concat(), "--service");
    place.ok(&[&period[..], &["--page", "report.html"]].concat());
    let page =
        std::fs::read_to_string(place.file("unused", b"").with_file_name("report.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("<caption"), "no chart or no table");

    let header = "section,country,accounts_specified,disclosed_content,disclosed_noncontent,no_data_found,rejected,requests\n";
    place.file("theirs.csv", format!("{header}criminal,Cypress,3,0,2,0,0,2\n").as_bytes());
    let compared = place.ok(&[&period[..], &["--compare", "theirs.csv"]].concat());
    assert!(compared.contains("Cyprus") && compared.contains("requests"), "{compared}");
    place.no(&["report", "--period", "nonsense"], "is not a reporting period");
}
