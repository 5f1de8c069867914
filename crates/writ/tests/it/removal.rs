//! A removal order from its receipt to the hashes that other members learn.

use super::hashes::{Place, picture};

const ORDER: &str = r#"
format = "writ-case/1"
[demand]
reference = "M-2026-117"
instrument = "eu/tco-removal-order"
issued = "2026-11-13"
signed = true
issuer = { authority = "fr-contre-terreur-montclair", name = "Office de Montclair (invented)", class = "tco-authority", jurisdiction = "FR", person = "N. Delorme" }
states = { legal_basis = "Regulation (EU) 2021/784", url = "https://films.meridian.example/v/8841", reasons = "The film calls for more.", "tco.material" = "incites", redress = true }
accounts = [{ ref = "a1", url = "https://films.meridian.example/v/8841" }]
items = [{ elements = ["photos"], want = "remove" }]
"#;

const CUSTODY: &str = r#"
[[source]]
id = "films"
kind = "csv"
location = "films.csv"
[[yields]]
source = "films"
account_key = { url = "address" }
standing = true
elements = { title = "photos" }
"#;

/// A desk with a shared memory, to which the order was lodged by an authority that was called back; and the case.
fn ordered() -> (Place, String) {
    let place = Place::begun();
    let case = order(&place);
    (place, case)
}

/// Lodges the order at a place where nothing is yet.
pub fn order(place: &Place) -> String {
    place.ok(&["init"]);
    place.file("custody.toml", CUSTODY.as_bytes());
    place.file("films.csv", b"address,title\nhttps://films.meridian.example/v/8841,A film\n");
    let authority = ["authority", "add", "fr-contre-terreur-montclair", "--jurisdiction", "FR"];
    let more = ["--class", "tco-authority", "--name", "Office de Montclair (invented)"];
    place.ok(&[&authority[..], &more, &["--switchboard", "+33199001216"]].concat());
    place.file("order.toml", ORDER.as_bytes());
    let lodged: serde_json::Value =
        serde_json::from_str(&place.ok(&["--json", "lodge", "order.toml"])).unwrap();
    let case = find(&lodged, "case").unwrap();
    for kind in ["call-back", "passkey"] {
        place.ok(&["factor", &case, "--kind", kind, "--as", "reviewer-1"]);
    }
    place.ok(&["work", "--once"]);
    case
}

fn find(value: &serde_json::Value, key: &str) -> Option<String> {
    match value {
        serde_json::Value::Object(fields) => fields
            .get(key)
            .and_then(|found| found.as_str().map(str::to_owned))
            .or_else(|| fields.values().find_map(|value| find(value, key))),
        serde_json::Value::Array(all) => all.iter().find_map(|value| find(value, key)),
        _ => None,
    }
}

#[test]
fn what_a_person_removed_is_told_to_the_authority_and_shared_after_review() {
    let (place, case) = ordered();
    let still = place.file("film/still.bmp", &picture(3, 0));
    let still = still.to_str().unwrap();
    let share = ["contribute", &case, "--as", "reviewer-2", "--bank", "VIOLENT", still];
    place.no(&share, "nothing was removed in this case");
    assert!(place.ok(&["bank", "entries", "VIOLENT"]).contains("holds nothing"));

    assert!(place.ok(&["act", &case, "--as", "reviewer-1"]).contains("acted on"));
    place.ok(&["work", "--once"]);
    let out = place.ok(&["cases", "--all"]);
    assert!(out.contains("closed"), "{out}");
    let answer = place.read("outbox/fr-contre-terreur-montclair", &case, "answer.txt");
    assert!(answer.contains("The order has been carried out"), "{answer}");
    let report = place.ok(&["report"]);
    assert!(report.contains("1 acted on"), "{report}");

    let shared = place.ok(&share);
    assert!(shared.contains("1 added, 0 refused"), "{shared}");
    let entry = place.ok(&["bank", "show", "1"]);
    assert!(entry.contains("Regulation (EU) 2021/784") && !entry.contains(&case), "{entry}");
    let shown = place.ok(&["show", &case]);
    assert!(shown.contains("remove photos") && shown.contains("hashes-contributed"), "{shown}");
    // Once more changes nothing in the bank.
    place.ok(&share);
    assert!(place.ok(&["bank", "status"]).contains("entries 1,"));
}

#[test]
fn a_removal_nobody_carried_out_a_stranger_and_a_missing_bank_are_told() {
    let (place, case) = ordered();
    place.no(&["act", &case, "--as", "nobody"], "nobody");
    place.ok(&["act", &case, "--as", "reviewer-1"]);
    let still = place.file("still.bmp", &picture(5, 0));
    let still = still.to_str().unwrap();
    let share = ["contribute", &case, "--as", "reviewer-1", "--bank"];
    let (code, out, err) = super::run(&mut place.writ(&[&share[..], &["NONE", still]].concat()));
    assert!(code == 1 && out.contains("NONE"), "{out}{err}");
    place.no(&[&share[..], &["VIOLENT", "no-such-file"]].concat(), "no-such-file");
    assert!(!place.ok(&["show", &case]).contains("hashes-contributed"));
}
