//! Who is proven: two kinds of proof, one of them not from the request, by officers who are in office.

use writ_lawbook::Lawbook;
use writ_vocabulary::{CaseFile, FindingState};

/// The smallest law book that can judge a sender: the lists of words and no instrument.
fn book() -> Lawbook {
    let files = [
        ("elements.toml", include_str!("../../../../lawbook/elements.toml")),
        ("classes.toml", include_str!("../../../../lawbook/classes.toml")),
        ("statements.toml", include_str!("../../../../lawbook/statements.toml")),
        ("calendars.toml", include_str!("../../../../lawbook/calendars.toml")),
        ("agreements.toml", "agreement = []"),
        ("conflicts.toml", "conflict = []"),
    ];
    Lawbook::load(files.map(|(path, text)| (path.to_owned(), text.to_owned()))).unwrap()
}

fn states(issuer: &str, factors: &str) -> [FindingState; 3] {
    let text = format!(
        r#"
format = "writ-case/1"
[demand]
reference = "M-1"
instrument = "fr/requisition-60-1"
issuer = {{ name = "Police de Montclair (invented)", {issuer} }}
accounts = [{{ ref = "a1", mail = "lena@meridian.example" }}]
items = [{{ elements = ["name"] }}]
[facts]
received = "2026-11-13T21:40:00Z"
factors = [{factors}]
[[facts.authorities]]
id = "fr-police-montclair"
name = "Police de Montclair (invented)"
jurisdiction = "FR"
class = "police"
officers = [
  {{ id = "o-1", name = "J. Perrin", title = "Capitaine" }},
  {{ id = "o-2", name = "N. Petit", title = "Commandant" }},
  {{ id = "o-3", name = "V. Legrand", title = "Brigadier", left = "2026-03-01T00:00:00Z" }},
]
"#
    );
    let case = CaseFile::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let found = book().assess(&case.demand, &case.facts.unwrap()).unwrap();
    ["authority-registered", "sender-is-issuer", "sender-proven"].map(|id| found.state(id))
}

const AT: &str = "at = \"2026-11-13T21:41:00Z\"";

#[test]
fn proof_needs_two_kinds_from_officers_in_office() {
    use FindingState::{Fails, Holds, Unknown};
    let known = "authority = \"fr-police-montclair\", class = \"fr-opj\", jurisdiction = \"FR\"";
    let dkim = format!("{{ kind = \"aligned-dkim\", {AT}, from_request = true }}");
    let call = format!("{{ kind = \"call-back\", {AT} }}");
    let second =
        |officer: &str| format!("{{ kind = \"second-officer\", {AT}, officer = \"{officer}\" }}");
    let both = format!("{dkim}, {call}");
    let table = [
        // An officer of judicial police acts for the police that the registry has.
        (known.to_owned(), both.clone(), [Holds, Holds, Holds]),
        (format!("{known}, officer = \"o-1\""), both.clone(), [Holds, Holds, Holds]),
        (known.to_owned(), dkim.clone(), [Holds, Holds, Fails]),
        (known.to_owned(), String::new(), [Holds, Holds, Unknown]),
        // One who left, and one whom the authority does not know.
        (format!("{known}, officer = \"o-3\""), both.clone(), [Holds, Holds, Fails]),
        (format!("{known}, officer = \"o-9\""), both.clone(), [Holds, Holds, Fails]),
        // The second officer must be another one, still in office.
        (
            format!("{known}, officer = \"o-1\""),
            format!("{dkim}, {}", second("o-2")),
            [Holds, Holds, Holds],
        ),
        (
            format!("{known}, officer = \"o-1\""),
            format!("{dkim}, {}", second("o-1")),
            [Holds, Holds, Fails],
        ),
        (
            format!("{known}, officer = \"o-1\""),
            format!("{dkim}, {}", second("o-3")),
            [Holds, Holds, Fails],
        ),
        // Another body than the registry's, another state, no entry, no id.
        (known.replace("fr-opj", "prosecutor"), both.clone(), [Holds, Fails, Holds]),
        (known.replace("\"FR\"", "\"BE\""), both.clone(), [Holds, Fails, Holds]),
        (known.replace("montclair", "nowhere"), both.clone(), [Fails, Unknown, Fails]),
        ("class = \"fr-opj\", jurisdiction = \"FR\"".to_owned(), both, [Unknown, Unknown, Fails]),
    ];
    for (issuer, factors, expected) in table {
        assert_eq!(states(&issuer, &factors), expected, "{issuer} with {factors}");
    }
}
