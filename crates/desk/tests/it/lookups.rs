//! Measures look-ups on a generated provider; `bench/run` calls it. Prints a JSON line.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant as Stopwatch;
use writ_collect::{Bounds, Plan, Settings, Sources, execute};
use writ_custody::Custody;
use writ_docket::{Case, Command, Decider, Lodging, Ruled, RuledItem, decide, evolve};
use writ_vocabulary::*;

const ELEMENTS: [&str; 2] = ["session_times", "login_ip"];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: bench/run names the home and the customers"]
async fn lookups_of_single_accounts() {
    let home = PathBuf::from(
        std::env::var("WRIT_BENCH_HOME").expect("WRIT_BENCH_HOME names a generated home"),
    );
    let customers =
        std::env::var("WRIT_BENCH_CUSTOMERS").expect("WRIT_BENCH_CUSTOMERS lists customer ids");
    let books = super::books();
    let text = std::fs::read_to_string(home.join("custody.toml")).unwrap();
    let known = books.lawbook.elements().keys().cloned().collect();
    let custody = Custody::parse("custody.toml", &text, &known).unwrap();
    let sources = Sources::open(&custody, &home, Settings::default()).unwrap();
    let temp = tempfile::tempdir().unwrap();
    let mut millis = Vec::new();
    for (number, customer) in customers.split(',').enumerate() {
        let reference: AccountRef = "a1".parse().unwrap();
        let account = Account::Customer(customer.to_owned());
        let begun = Stopwatch::now();
        let found = sources.lookup(&reference, &account).await.unwrap();
        let located = BTreeMap::from([(reference, found.located.expect("the customer exists"))]);
        let case = granted();
        let plan = Plan::of(case.grant().unwrap(), &custody, &located, Bounds::default());
        let out = temp.path().join(number.to_string());
        let clock = || Instant::UNIX_EPOCH;
        let produced = execute(&plan, &sources, &out, &clock, |_| {}).await.unwrap();
        millis.push(begun.elapsed().as_secs_f64() * 1000.0);
        assert!(
            produced.manifest.files.iter().any(|file| file.rows > 0),
            "{customer} has no logins"
        );
    }
    println!("{}", serde_json::json!({ "lookup_ms": millis }));
}

/// A case whose grant is the logins of one account over all time.
fn granted() -> Case {
    let digest = Digest::of("document");
    let now = Instant::UNIX_EPOCH;
    let item = |element: &str| Item {
        account: "a1".parse().unwrap(),
        element: element.parse().unwrap(),
        period: Period::ALL,
    };
    let asked = Scope::of(ELEMENTS.map(item));
    let lodging = Lodging {
        received: now,
        door: "native".into(),
        entered_by: None,
        demand: digest,
        instrument: "us/court-order-2703d".parse().unwrap(),
        jurisdiction: "US".parse().unwrap(),
        accounts: 1,
        asked: asked.clone(),
        preserve: Scope::nothing(),
        emergency: false,
        counted_as: None,
    };
    let ruled_item = |element: &&str| RuledItem {
        item: item(element),
        want: Purpose::Disclose,
        category: Some(Category::Traffic),
        answer: Answer::Allowed,
        then: None,
        fixed: false,
        rules: Vec::new(),
    };
    let ruled = Ruled {
        ruling: digest,
        outcome: Outcome::Disclose,
        items: ELEMENTS.iter().map(ruled_item).collect(),
        approvers: 1,
        deadline: None,
        notice: NoticeRule::Nothing,
        confirm_by: None,
        lawbook: digest,
        policy: digest,
    };
    let factor = |kind| Factor { kind, at: now, from_request: false, by: None, officer: None };
    let by = Decider::Person("reviewer-1".parse().unwrap());
    let commands = [
        Command::Lodge(lodging),
        Command::AddFactor { factor: factor(FactorKind::CallBack) },
        Command::AddFactor { factor: factor(FactorKind::Passkey) },
        Command::Authenticate { authority: "example".parse().unwrap(), recipient: Some(digest) },
        Command::Assess { ruled },
        Command::Grant { by, scope: asked },
    ];
    let id = CaseId::from_random([4; 5]);
    let mut case = None;
    for command in commands {
        for event in decide(command, case.as_ref(), now).unwrap() {
            case = Some(evolve(&id, case, now, &event).unwrap());
        }
    }
    case.unwrap()
}
