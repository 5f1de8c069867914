//! What must hold for all grants: the rows that come out are among those granted, and all of them.

use super::house::{House, case, item, lena, logins, noon};
use crate::{Bounds, Plan};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use writ_vocabulary::{Account, Instant, Period, Scope};

fn hour(hour: i64) -> Instant {
    Instant::from_second(1_794_528_000 + hour * 3600).unwrap()
}

/// Whether times or addresses, and from which hour until which.
type Granted = (bool, Option<i64>, Option<i64>);

#[test]
fn rows_out_are_exactly_the_rows_granted() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let house = runtime.block_on(House::new());
    let file = house.home.path().join("logins/2026-11.parquet");
    let located = runtime
        .block_on(house.sources.lookup(&"a1".parse().unwrap(), &lena()))
        .unwrap()
        .located
        .unwrap();
    let located = [("a1".parse().unwrap(), located)].into();
    let grants = proptest::collection::vec(
        (any::<bool>(), proptest::option::of(0..30i64), proptest::option::of(0..30i64)),
        1..4,
    );
    let rows = proptest::collection::vec((0..3usize, 0..30i64), 0..40);
    let mut runner =
        TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let property = |(rows, grants): (Vec<(usize, i64)>, Vec<Granted>)| {
        let table: Vec<(String, String, String)> = rows
            .iter()
            .enumerate()
            .map(|(n, (customer, at))| {
                (format!("c-{customer}"), hour(*at).to_string(), format!("192.0.2.{n}"))
            })
            .collect();
        let table: Vec<(&str, &str, &str)> =
            table.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
        std::fs::remove_file(&file).unwrap();
        logins(&file, &table);
        let scope = Scope::of(grants.iter().filter_map(|(times, from, until)| {
            let period = Period::new(from.map(hour), until.map(hour)).ok()?;
            Some(item("a1", if *times { "session_times" } else { "login_ip" }, period))
        }));
        let plan = Plan::within(&case(), &scope, &house.custody, &located, Bounds::default());
        prop_assert!(
            Scope::of(plan.steps().iter().flat_map(|step| step.items())).is_within(&scope)
        );
        let out = house.home.path().join("property");
        let production =
            runtime.block_on(crate::execute(&plan, &house.sources, &out, &noon, |_| ())).unwrap();
        let mut given: Vec<String> = Vec::new();
        for file in production.manifest.files.iter().filter(|file| file.path.ends_with(".ndjson")) {
            let text = std::fs::read_to_string(out.join(&file.path)).unwrap();
            given.extend(text.lines().filter_map(|line| {
                let row: serde_json::Value = serde_json::from_str(line).unwrap();
                row.get("login_ip").map(|ip| ip.as_str().unwrap().to_owned())
            }));
        }
        std::fs::remove_dir_all(out).unwrap();
        let (account, element) = ("a1".parse().unwrap(), "login_ip".parse().unwrap());
        let mut granted: Vec<String> = table
            .iter()
            .filter(|row| {
                row.0 == "c-1" && scope.covers(&account, &element, row.1.parse().unwrap())
            })
            .map(|row| row.2.to_owned())
            .collect();
        given.sort();
        granted.sort();
        prop_assert_eq!(given, granted);
        Ok(())
    };
    runner.run(&(rows, grants), property).unwrap();
}

#[tokio::test]
async fn a_plan_never_reaches_an_account_that_was_not_located() {
    let house = House::new().await;
    let scope =
        Scope::of([item("a1", "login_ip", Period::ALL), item("a2", "login_ip", Period::ALL)]);
    let account = Account::Customer("c-1".into());
    let located =
        house.sources.lookup(&"a1".parse().unwrap(), &account).await.unwrap().located.unwrap();
    let plan = Plan::within(
        &case(),
        &scope,
        &house.custody,
        &[("a1".parse().unwrap(), located)].into(),
        Bounds::default(),
    );
    assert!(plan.steps().iter().all(|step| step.account.as_str() == "a1"));
    assert_eq!(plan.withheld().len(), 1);
}
