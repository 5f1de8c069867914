//! Measures how many cases the desk closes in a second, from lodged to delivered and accounted for; `bench/run` calls
//! it. Prints a JSON line.

use super::{books, silently};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant as Stopwatch;
use writ_desk::{Clock, Desk, SystemClock};
use writ_docket::{Command, Decider, Stage};
use writ_vocabulary::{CaseId, Factor, FactorKind, PersonId};

const CASES: usize = 200;
/// How many demands are handed in, and how many rulings reviewed, at a time.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: bench/run names the home and the customers"]
async fn cases_closed_in_a_second() {
    let generated = PathBuf::from(
        std::env::var("WRIT_BENCH_HOME").expect("WRIT_BENCH_HOME names a generated home"),
    );
    let customers =
        std::env::var("WRIT_BENCH_CUSTOMERS").expect("WRIT_BENCH_CUSTOMERS lists customer ids");
    let home = tempfile::tempdir_in(&generated).unwrap();
    let desk = desk(&generated, home.path()).await;
    let begun = Stopwatch::now();
    let customers = customers.split(',').cycle().take(CASES).map(str::to_owned).enumerate();
    let doors = customers.map(|(number, customer)| {
        let desk = Arc::clone(&desk);
        async move { lodged(&desk, number, &customer).await }
    });
    let mut open = together(doors).await;
    let lodged = begun.elapsed().as_secs_f64();
    let reviewer = desk.house().staff.first().expect("somebody reviews").id.clone();
    for _ in 0..16 {
        desk.work(&silently()).await.unwrap();
        let reviewed = open.drain(..).map(|id| {
            let (desk, reviewer) = (Arc::clone(&desk), reviewer.clone());
            async move { still_open(&desk, &reviewer, id).await }
        });
        open = together(reviewed).await.into_iter().flatten().collect();
    }
    let all = begun.elapsed().as_secs_f64();
    assert!(open.is_empty(), "{} cases did not close", open.len());
    println!(
        "{}",
        serde_json::json!({ "cases": CASES, "lodge_s": lodged, "s": all, "cases_per_s": CASES as f64 / all })
    );
}

/// A desk beside the generated data, with a journal of its own and an authority that can be answered.
async fn desk(generated: &Path, home: &Path) -> Arc<Desk> {
    for file in ["writ.toml", "custody.toml"] {
        std::fs::copy(generated.join(file), home.join(file)).unwrap();
    }
    std::os::unix::fs::symlink(generated.join("data"), home.join("data")).unwrap();
    let desk = Desk::open(home, books(), Arc::new(SystemClock)).await.unwrap();
    let authority = serde_json::json!({
        "id": "us-example", "name": "Office of Example (invented)", "jurisdiction": "US", "class": "us-attorney",
        "keys": [{ "purpose": "seal", "key": writ_parcel::Identity::generate().recipient(), "enrolled": "2026-01-01T00:00:00Z" }],
    });
    desk.change_registry(|registry| {
        registry.authorities.push(serde_json::from_value(authority).unwrap())
    })
    .unwrap();
    Arc::new(desk)
}

/// A case whose sender is proven.
async fn lodged(desk: &Desk, number: usize, customer: &str) -> CaseId {
    let demand = format!(
        r#"
format = "writ-case/1"
[demand]
reference = "GJ-{number}"
instrument = "us/subpoena"
issued = "{today}"
signed = true
issuer = {{ authority = "us-example", name = "Office of Example (invented)", class = "us-attorney", jurisdiction = "US", person = "A. Example", title = "Attorney" }}
accounts = [{{ ref = "a1", customer = "{customer}" }}]
items = [{{ elements = ["name", "contact_phone", "login_ip", "session_times"] }}]
"#,
        today = SystemClock.now().to_zoned(jiff::tz::TimeZone::UTC).date()
    );
    let intake = writ_channels::read(demand.as_bytes()).unwrap();
    let id = desk.lodge(&intake, "native", None, None).await.unwrap().case.id;
    for kind in [FactorKind::CallBack, FactorKind::Passkey] {
        let at = SystemClock.now();
        let factor = Factor { kind, at, from_request: false, by: None, officer: None };
        desk.add_factor(&id, factor).await.unwrap();
    }
    id
}

/// The reviewer agrees with the ruling if it waits for that. The case, unless it is closed.
async fn still_open(desk: &Desk, reviewer: &PersonId, id: CaseId) -> Option<CaseId> {
    let case = desk.case(&id).await.unwrap().case;
    if let Stage::Assessed(assessed) = &case.stage {
        let scope = assessed.ruled.allowed();
        let by = Decider::Person(reviewer.clone());
        desk.command(&id, Command::Grant { by, scope }, None).await.unwrap();
    }
    (case.stage_name() != "closed").then_some(id)
}

/// Does all of it, a few at a time, as several doors and reviewers would.
async fn together<T: Send + 'static>(
    all: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let (mut running, mut done) = (tokio::task::JoinSet::new(), Vec::new());
    for one in all {
        if running.len() >= AT_ONCE {
            done.extend(running.join_next().await.map(Result::unwrap));
        }
        running.spawn(one);
    }
    done.extend(running.join_all().await);
    done
}
