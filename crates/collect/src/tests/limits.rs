//! Bounds, sources that are away, declarations that do not fit: nothing is kept, and the error says what to do.

use super::house::{CUSTODY, House, item, known, lena, noon, the_day};
use crate::{Bounds, CollectError, OpenError, Plan, Settings, Sources, execute};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use writ_custody::Custody;
use writ_vocabulary::{Period, Scope};

async fn bounded(house: &House, bounds: Bounds) -> CollectError {
    let scope = Scope::of(
        ["login_ip", "message_body", "message_headers", "attachments"]
            .map(|element| item("a1", element, Period::ALL)),
    );
    let plan = house.plan_of(&[("a1", lena())], scope, bounds).await;
    let out = house.home.path().join("bounded");
    let error = execute(&plan, &house.sources, &out, &noon, |_| ()).await.unwrap_err();
    assert!(!out.exists(), "nothing may be left behind");
    error
}

#[tokio::test]
async fn more_than_a_bound_fails_and_leaves_nothing_behind() {
    let house = House::new().await;
    let rows = bounded(&house, Bounds { rows: 3, ..Bounds::default() }).await;
    assert_eq!(
        rows.to_string(),
        "the source `logins` holds more than 3 rows for this step; nothing was kept: narrow the grant, or raise the bound `rows`"
    );
    let bytes = bounded(&house, Bounds { bytes: 100, ..Bounds::default() }).await;
    assert!(matches!(bytes, CollectError::TooMuch { setting: "bytes", .. }), "{bytes}");
}

#[tokio::test]
async fn a_source_that_never_answers_is_given_up_when_its_time_is_over() {
    let house = House::new().await;
    silence_the_logins(&house).await;
    let error = bounded(&house, Bounds { seconds: 1, ..Bounds::default() }).await;
    assert_eq!(
        error.to_string(),
        "the source `logins` did not finish within 1 seconds; try again, or raise the bound `seconds`"
    );
}

/// From now on a query of the logins never ends.
async fn silence_the_logins(house: &House) {
    let opened = house.sources.source(&"logins".parse().unwrap()).await.unwrap();
    opened.session.deregister_table("logins").unwrap();
    opened.session.register_table("logins", silent()).unwrap();
}

/// A table with the columns of the logins that never gives a row.
fn silent() -> Arc<StreamingTable> {
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let text = |name| Field::new(name, DataType::Utf8, true);
    let schema = Arc::new(Schema::new(vec![
        text("customer_id"),
        Field::new("at", micros, true),
        text("ip"),
    ]));
    Arc::new(StreamingTable::try_new(Arc::clone(&schema), vec![Arc::new(Silent(schema))]).unwrap())
}

#[derive(Debug)]
struct Silent(SchemaRef);

impl PartitionStream for Silent {
    fn schema(&self) -> &SchemaRef {
        &self.0
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.0), futures::stream::pending()))
    }
}

#[tokio::test]
async fn a_collection_that_is_given_up_leaves_nothing_behind() {
    let house = House::new().await;
    silence_the_logins(&house).await;
    let plan = house.plan(&[("a1", lena())], &["login_ip"], the_day()).await;
    let out = house.home.path().join("given-up");
    {
        let collecting = execute(&plan, &house.sources, &out, &noon, |_| ());
        futures::pin_mut!(collecting);
        let waited = tokio::time::timeout(Duration::from_millis(200), collecting.as_mut()).await;
        assert!(waited.is_err(), "the source never answers");
        assert!(out.exists());
    }
    assert!(!out.exists());
}

#[tokio::test]
async fn a_folder_in_use_is_refused_and_left_alone() {
    let house = House::new().await;
    let plan = house.plan(&[("a1", lena())], &["login_ip"], the_day()).await;
    let out = house.home.path().join("used");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("kept"), "x").unwrap();
    let error = execute(&plan, &house.sources, &out, &noon, |_| ()).await.unwrap_err();
    assert!(matches!(error, CollectError::NotEmpty(_)) && out.join("kept").exists());
}

#[tokio::test]
async fn a_source_that_is_away_is_named_and_tried_again_when_it_is_back() {
    let house = House::new().await;
    let (there, away) = (house.home.path().join("logins"), house.home.path().join("away"));
    std::fs::rename(&there, &away).unwrap();
    let plan = house.plan(&[("a1", lena())], &["login_ip"], the_day()).await;
    let error = house.execute(&plan).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the source `logins` cannot be reached: `logins`: entity not found"
    );
    std::fs::rename(&away, &there).unwrap();
    assert_eq!(house.execute(&plan).await.unwrap().manifest.files.len(), 3);
    // A file that comes later is read too.
    super::house::logins(
        &there.join("later.parquet"),
        &[("c-1", "2026-11-13T13:00:00Z", "192.0.2.77")],
    );
    std::fs::remove_dir_all(house.home.path().join(format!("out-{}", plan.digest().short())))
        .unwrap();
    assert_eq!(house.execute(&plan).await.unwrap().manifest.files[2].rows, 3);
}

#[tokio::test]
async fn a_database_file_is_never_created_or_changed() {
    let house = House::new().await;
    let path = house.home.path().join("directory.sqlite");
    let before = std::fs::read(&path).unwrap();
    house.collect(&[("a1", lena())], &["name", "calendar"], the_day()).await;
    assert_eq!(std::fs::read(&path).unwrap(), before);
    std::fs::remove_file(&path).unwrap();
    let custody = Custody::parse("custody.toml", CUSTODY, &known()).unwrap();
    let sources = Sources::open(&custody, house.home.path(), Settings::default()).unwrap();
    let error = sources.lookup(&"a1".parse().unwrap(), &lena()).await.unwrap_err();
    assert!(matches!(error, CollectError::SourceUnavailable { .. }), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_statement_that_writes_is_refused_before_any_source_is_opened() {
    let text = CUSTODY.replace(
        "SELECT customer_id, at, note, secret FROM notes",
        "DELETE FROM notes RETURNING customer_id, at, note",
    );
    let custody = Custody::parse("custody.toml", &text, &known()).unwrap();
    let error =
        Sources::open(&custody, std::path::Path::new("/nowhere"), Settings::default()).unwrap_err();
    assert!(matches!(error, OpenError::Misdeclared { line: 33, .. }), "{error}");
}

#[tokio::test]
async fn a_declaration_that_does_not_fit_is_told_with_its_line() {
    let text = CUSTODY
        .replace("full_name = \"name\"", "fullname = \"name\"")
        .replace("time_form = \"unix-millis\"", "time_form = \"rfc3339\"")
        .replace("WHERE address = $mail", "WHERE address = $mail AND customer_id <> $other");
    let house = House::with(&text, Settings::default()).await;
    let told: Vec<String> = house.sources.check().await.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].starts_with("`custody.toml` line 27: the query does not fit its source:")
            && told[0].contains("fullname"),
        "{}",
        told[0]
    );
    assert!(told[1].starts_with("`custody.toml` line 51: the"), "{}", told[1]);
    assert!(told[2].contains("$other"), "{}", told[2]);
}

#[tokio::test]
async fn no_error_names_an_identifier() {
    let house = House::new().await;
    std::fs::remove_dir_all(house.home.path().join("searches")).unwrap();
    std::fs::write(house.home.path().join("logins/bad.parquet"), "not Parquet: c-1 lena").unwrap();
    let located =
        house.sources.lookup(&"a1".parse().unwrap(), &lena()).await.unwrap().located.unwrap();
    for element in ["search_history", "login_ip"] {
        let located = BTreeMap::from([("a1".parse().unwrap(), located.clone())]);
        let scope = Scope::of([item("a1", element, the_day())]);
        let plan = Plan::within(
            &super::house::case(),
            &scope,
            &house.custody,
            &located,
            Bounds::default(),
        );
        let error = house.execute(&plan).await.unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(!told.contains("c-1") && !told.contains("lena"), "{told}");
    }
}
