//! Rows in the parcel ⊆ asked ∩ allowed ∩ granted ∩ held, for thousands of generated demands.
//!
//! `WRIT_DEMANDS=10000` plays the long form; the suite's own run is a short one. Every demand goes through law book,
//! policy, docket, plan and real sources; the oracle below knows the held data and looks at each value on its own.

use super::books;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use writ_collect::{Bounds, Plan, Settings, Sources, execute};
use writ_custody::Custody;
use writ_desk::Books;
use writ_docket::{Case, Command, Decider, Lodging, Ruled, decide, evolve};
use writ_parcel::{Contents, CustodyChain, Expect, Identity, ProviderKey};
use writ_vocabulary::*;

const CUSTOMERS: usize = 6;
const ELEMENTS: [&str; 8] = [
    "name",
    "contact_phone",
    "session_times",
    "login_ip",
    "message_body",
    "photos",
    "password",
    "payment_source",
];
const INSTRUMENTS: [(&str, &str, &str); 4] = [
    ("us/subpoena", "us-attorney", "US"),
    ("us/search-warrant", "us-court", "US"),
    ("us/court-order-2703d", "us-court", "US"),
    ("fr/requisition-60-1", "prosecutor", "FR"),
];

#[derive(Debug, Clone)]
pub struct Drawn {
    instrument: usize,
    /// Which account each reference leads to; one in seven leads to nobody.
    accounts: Vec<usize>,
    /// (element, account, from, until), in days of November 2026.
    items: Vec<(usize, usize, Option<i64>, Option<i64>)>,
    proven: bool,
    /// Which of the allowed items the reviewers leave out.
    left_out: BTreeSet<usize>,
}

pub fn drawn() -> impl Strategy<Value = Drawn> {
    let day = || proptest::option::of(1i64..28);
    let items = proptest::collection::vec((0..ELEMENTS.len(), 0usize..3, day(), day()), 1..10);
    let accounts = proptest::collection::vec(0..CUSTOMERS + 1, 1..4);
    let left_out = proptest::collection::btree_set(0usize..10, 0..4);
    (0..INSTRUMENTS.len(), accounts, items, proptest::bool::weighted(0.9), left_out).prop_map(
        |(instrument, accounts, items, proven, left_out)| Drawn {
            instrument,
            accounts,
            items,
            proven,
            left_out,
        },
    )
}

fn day(day: i64) -> Instant {
    "2026-11-01T00:00:00Z".parse::<Instant>().unwrap()
        + jiff::SignedDuration::from_hours(24 * (day - 1))
}

/// One login every eight hours of November, for every customer: (when, address).
fn logins(customer: usize) -> Vec<(Instant, String)> {
    (0..84)
        .map(|n| {
            (
                day(1) + jiff::SignedDuration::from_hours(8 * n),
                format!("192.0.2.{}", (customer * 31 + n as usize) % 250),
            )
        })
        .collect()
}

pub fn write_sources(home: &Path) {
    let mut people = String::from("id,mail,full_name,phone\n");
    let mut sessions = String::from("customer,at,ip\n");
    for customer in 0..CUSTOMERS {
        people += &format!(
            "c{customer},c{customer}@meridian.example,Person {customer} (invented),+1202555010{customer}\n"
        );
        for (at, ip) in logins(customer) {
            sessions += &format!("c{customer},{at},{ip}\n");
        }
    }
    std::fs::write(home.join("people.csv"), people).unwrap();
    std::fs::write(home.join("sessions.csv"), sessions).unwrap();
}

pub const CUSTODY: &str = r#"
[[source]]
id = "people"
kind = "csv"
location = "people.csv"

[[source]]
id = "sessions"
kind = "csv"
location = "sessions.csv"

[[yields]]
source = "people"
account_key = { customer = "id" }
standing = true
elements = { full_name = "name", phone = "contact_phone" }

[[yields]]
source = "sessions"
account_key = { customer = "customer" }
time_column = "at"
time_form = "rfc3339"
elements = { at = "session_times", ip = "login_ip" }

[accounts]
mail = { source = "people", query = "SELECT id FROM people WHERE mail = $mail" }
"#;

/// The body that issues each instrument.
pub fn authorities() -> impl Iterator<Item = Authority> {
    (0..INSTRUMENTS.len()).map(authority)
}

fn authority(instrument: usize) -> Authority {
    let (_, class, state) = INSTRUMENTS[instrument];
    let body = serde_json::json!({ "id": format!("example-{instrument}"), "name": "Body of Example (invented)", "jurisdiction": state, "class": class });
    serde_json::from_value(body).unwrap()
}

pub fn demand(drawn: &Drawn) -> Option<CaseFile> {
    let (instrument, class, state) = INSTRUMENTS[drawn.instrument];
    let accounts: Vec<_> = drawn
        .accounts
        .iter()
        .enumerate()
        .map(|(n, customer)| serde_json::json!({ "ref": format!("a{n}"), "mail": format!("c{customer}@meridian.example") }))
        .collect();
    let items: Vec<_> = drawn
        .items
        .iter()
        .map(|(element, account, from, until)| {
            let mut item = serde_json::json!({ "elements": [ELEMENTS[*element]], "accounts": [format!("a{}", account % drawn.accounts.len())] });
            if let Some(from) = from {
                item["from"] = day(*from).to_string().into();
            }
            if let Some(until) = until {
                item["until"] = day(*until).to_string().into();
            }
            item
        })
        .collect();
    let factor = |kind: &str| serde_json::json!({ "kind": kind, "at": "2026-11-20T10:00:00Z" });
    let factors =
        if drawn.proven { vec![factor("call-back"), factor("enrolled-signature")] } else { vec![] };
    let file = serde_json::json!({
        "format": "writ-case/1",
        "demand": {
            "reference": "X-1", "instrument": instrument, "issued": "2026-11-19", "signed": true,
            "issuer": { "authority": authority(drawn.instrument).id, "name": "Body of Example (invented)", "class": class, "jurisdiction": state, "person": "A. Example", "title": "Officer" },
            "states": { "probable_cause": true, "particularity": true, "articulable_facts": true },
            "accounts": accounts, "items": items,
        },
        "facts": {
            "received": "2026-11-20T10:00:00Z",
            "provider": { "name": "Meridian", "entities": [{ "name": "Meridian Cloud Inc.", "jurisdiction": state }] },
            "authorities": [authority(drawn.instrument)],
            "factors": factors,
        },
    });
    // A period that ends before it begins is refused when it is read: nothing to collect then.
    CaseFile::parse(&file.to_string()).ok()
}

/// The case after its grant; nothing where nothing was granted.
fn granted(books: &Books, drawn: &Drawn, file: &CaseFile, facts: Facts) -> Option<(Case, Scope)> {
    let judged = books.judge(file.demand.clone(), facts).unwrap();
    let id = CaseId::from_random([3; 5]);
    let now = judged.facts.received;
    let digest = Digest::of("document");
    let lodging = Lodging {
        received: now,
        door: "native".into(),
        entered_by: None,
        demand: digest,
        instrument: file.demand.instrument.clone(),
        jurisdiction: file.demand.issuer.jurisdiction,
        accounts: 1,
        asked: file.demand.scope(Purpose::Disclose),
        preserve: Scope::nothing(),
        emergency: false,
        counted_as: None,
    };
    let mut commands = vec![Command::Lodge(lodging)];
    commands.extend(
        judged.facts.factors.iter().map(|factor| Command::AddFactor { factor: factor.clone() }),
    );
    commands.push(Command::Authenticate {
        authority: "example".parse().unwrap(),
        recipient: Some(digest),
    });
    commands.push(Command::Assess { ruled: Ruled::of(&judged.ruling, digest, None) });
    let allowed = judged.ruling.allowed();
    let kept: Vec<_> = allowed
        .items()
        .enumerate()
        .filter(|(n, _)| !drawn.left_out.contains(n))
        .map(|(_, item)| item)
        .collect();
    for reviewer in ["reviewer-1", "reviewer-2"] {
        let by = Decider::Person(reviewer.parse().unwrap());
        commands.push(Command::Grant { by, scope: Scope::of(kept.clone()) });
    }
    let mut case = None;
    for command in commands {
        for event in decide(command, case.as_ref(), now).unwrap_or_default() {
            case = Some(evolve(&id, case, now, &event).unwrap());
        }
    }
    case.filter(|case| case.grant().is_some()).map(|case| (case, allowed))
}

/// Looks at every value of a production on its own.
fn check(
    drawn: &Drawn,
    file: &CaseFile,
    allowed: &Scope,
    granted: &Scope,
    manifest: &Manifest,
    dir: &Path,
) -> usize {
    let asked = file.demand.scope(Purpose::Disclose);
    let mut seen = 0;
    for entry in manifest.files.iter().filter(|entry| entry.form == FileForm::Ndjson) {
        let number: usize = entry.account.as_str()[1..].parse().unwrap();
        let customer = drawn.accounts[number];
        let text = std::fs::read_to_string(dir.join(&entry.path)).unwrap();
        for line in text.lines() {
            let row: BTreeMap<String, serde_json::Value> = serde_json::from_str(line).unwrap();
            for (name, value) in &row {
                let value = value.as_str().unwrap_or_default();
                let element: ElementId = name.split(['.', ':']).next().unwrap().parse().unwrap();
                let at = row
                    .get("session_times")
                    .and_then(|at| at.as_str())
                    .map(|at| at.parse::<Instant>().unwrap());
                for scope in [&asked, allowed, granted] {
                    let inside = match at {
                        Some(at) => scope.covers(&entry.account, &element, at),
                        None => scope
                            .items()
                            .any(|item| item.element == element && item.account == entry.account),
                    };
                    assert!(inside, "{name} of {} at {at:?} is outside {scope:?}", entry.account);
                }
                let held = match element.as_str() {
                    "name" => value == format!("Person {customer} (invented)"),
                    "contact_phone" => value == format!("+1202555010{customer}"),
                    "session_times" => logins(customer).iter().any(|(then, _)| Some(*then) == at),
                    "login_ip" => logins(customer).iter().any(|(_, ip)| ip == value),
                    other => panic!("{other} is not held at all"),
                };
                assert!(held, "`{value}` is not {name} of customer {customer}");
                seen += 1;
            }
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_in_the_parcel_lie_within_asked_allowed_granted_and_held() {
    let demands: usize =
        std::env::var("WRIT_DEMANDS").ok().and_then(|text| text.parse().ok()).unwrap_or(400);
    let temp = tempfile::tempdir().unwrap();
    write_sources(temp.path());
    let books = books();
    let known = books.lawbook.elements().keys().cloned().collect();
    let custody = Custody::parse("custody.toml", CUSTODY, &known).unwrap();
    let sources = Sources::open(&custody, temp.path(), Settings::default()).unwrap();
    let rng = TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (mut productions, mut values, mut parcels) = (0, 0, 0);
    for number in 0..demands {
        let drawn = drawn().new_tree(&mut runner).unwrap().current();
        let Some(file) = demand(&drawn) else { continue };
        let mut facts = file.facts.clone().unwrap();
        let mut located = BTreeMap::new();
        for line in &file.demand.accounts {
            let found = sources.lookup(&line.reference, &line.account).await.unwrap();
            facts.accounts.push(found.facts);
            located.extend(found.located.map(|place| (line.reference.clone(), place)));
        }
        let Some((case, allowed)) = granted(&books, &drawn, &file, facts) else { continue };
        let grant = case.grant().unwrap();
        let plan = Plan::of(grant, &custody, &located, Bounds::default());
        let out = temp.path().join("production");
        let clock = || day(20);
        let produced = execute(&plan, &sources, &out, &clock, |_| {}).await.unwrap();
        values += check(&drawn, &file, &allowed, grant.scope(), &produced.manifest, &produced.dir);
        if number % 50 == 0 {
            let opened = sealed_and_opened(temp.path(), &produced.manifest, &produced.dir);
            check(&drawn, &file, &allowed, grant.scope(), &produced.manifest, &opened);
            parcels += 1;
        }
        productions += 1;
        std::fs::remove_dir_all(&produced.dir).unwrap();
    }
    println!(
        "{demands} demands, {productions} productions, {values} values looked at, {parcels} sealed and opened"
    );
    assert!(productions * 5 > demands, "too few demands were granted to show anything");
    assert!(values > productions, "the productions hold next to nothing");
}

/// Seals a production, opens the parcel as the authority, and gives the folder with its files.
fn sealed_and_opened(temp: &Path, manifest: &Manifest, production: &Path) -> std::path::PathBuf {
    let identity = Identity::generate();
    let at = day(21);
    let key = EnrolledKey {
        purpose: KeyPurpose::Seal,
        key: identity.recipient(),
        enrolled: day(1),
        withdrawn: None,
    };
    let step = CustodyStep {
        verb: CustodyVerb::Received,
        at,
        ended: None,
        performer: "the desk".into(),
        what: "the demand".into(),
        tool: None,
        digest: None,
    };
    let chain = CustodyChain::new(manifest.case.clone(), vec![step]).unwrap();
    let contents = Contents {
        parcel: &format!("{}-1", manifest.case).parse().unwrap(),
        provider: "Meridian",
        authority: &"example".parse().unwrap(),
        made_at: at,
        manifest,
        production,
        custody: &chain,
        ruling: "ruling",
        certificate_pdf: b"%PDF-",
        certificate_text: "certificate",
    };
    let parcel = temp.join("parcel.age");
    let provider = ProviderKey::from_random([5; 32]);
    writ_parcel::seal(&contents, &provider, &key, &parcel).unwrap();
    let out = temp.join("opened");
    let _ = std::fs::remove_dir_all(&out);
    let expect =
        Expect { provider: Some(provider.public().into()), case: Some(manifest.case.clone()) };
    writ_parcel::open(&parcel, &identity, &expect, &out).unwrap();
    out.join("production")
}
