//! Sources that lie, and values that were made to break out of the form they are written in.

use super::house::{House, case, item, lena, noon, sqlite, the_day};
use crate::kinds::Opened;
use crate::{Bounds, CollectError, Plan, check};
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use std::sync::Arc;
use writ_vocabulary::{Account, Instant, Period, Scope};

fn batch(rows: &[(&str, Option<&str>)], columns: &[&str]) -> RecordBatch {
    let micros =
        |text: &Option<&str>| text.map(|text| text.parse::<Instant>().unwrap().as_microsecond());
    let mut all: Vec<(&str, ArrayRef)> = vec![
        ("_account", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0)))),
        (
            "_time",
            Arc::new(
                TimestampMicrosecondArray::from_iter(rows.iter().map(|row| micros(&row.1)))
                    .with_timezone("UTC"),
            ),
        ),
    ];
    for column in columns {
        all.push((
            column,
            Arc::new(StringArray::from_iter_values(rows.iter().map(|_| "192.0.2.1"))),
        ));
    }
    RecordBatch::try_from_iter_with_nullable(
        all.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap()
}

async fn step(period: Period) -> Plan {
    House::new().await.plan(&[("a1", lena())], &["login_ip"], period).await
}

#[tokio::test]
async fn a_row_that_was_not_granted_fails_the_collection() {
    let plan = step(the_day()).await;
    let step = &plan.steps()[0];
    let inside = Some("2026-11-13T12:00:00Z");
    assert!(check::rows(step, &batch(&[("c-1", inside)], &["login_ip"])).is_ok());
    let cases = [
        (batch(&[("c-1", inside), ("c-2", inside)], &["login_ip"]), 1, "belong to another account"),
        (batch(&[("C-1", inside)], &["login_ip"]), 1, "belong to another account"),
        (
            batch(&[("c-1", Some("2026-11-14T00:00:00Z"))], &["login_ip"]),
            1,
            "lie outside the granted period",
        ),
        (
            batch(&[("c-1", Some("2026-11-12T23:59:59.999999Z"))], &["login_ip"]),
            1,
            "lie outside the granted period",
        ),
        (
            batch(&[("c-1", None), ("c-1", inside)], &["login_ip"]),
            1,
            "lie outside the granted period",
        ),
        (
            batch(&[("c-1", inside)], &["login_ip", "secret"]),
            1,
            "have other columns than those granted",
        ),
        (batch(&[("c-1", inside)], &[]), 1, "have other columns than those granted"),
    ];
    for (batch, count, why) in cases {
        let Err(CollectError::Leak { rows, what, line, .. }) = check::rows(step, &batch) else {
            panic!("must be a leak: {why}")
        };
        assert_eq!((rows, what, line), (count, why, step.yields.line));
    }
}

#[tokio::test]
async fn a_lying_source_leaves_no_production() {
    // The declared query gives every row under one customer's id, whatever it is asked.
    let text = super::house::CUSTODY.replace(
        "SELECT customer_id, at, note, secret FROM notes",
        "SELECT customer_id, at, note FROM notes",
    );
    let house = House::with(&text, crate::Settings::default()).await;
    let Opened { session, .. } = house.sources.source(&"logins".parse().unwrap()).await.unwrap();
    session.deregister_table("logins").unwrap();
    session.register_table("logins", Arc::new(lying::Table::new())).unwrap();
    let plan = house.plan(&[("a1", lena())], &["login_ip", "name"], the_day()).await;
    let out = house.home.path().join("lie");
    let error = crate::execute(&plan, &house.sources, &out, &noon, |_| ()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the source `logins` gave 1 rows that belong to another account; nothing was kept: check its declaration in `custody.toml`, line 40"
    );
    assert!(!out.exists());
}

#[tokio::test]
async fn identifiers_made_to_break_a_query_find_nobody() {
    let house = House::new().await;
    for id in [
        "c-1' OR '1'='1",
        "c-1\" OR \"1\"=\"1",
        "'; DROP TABLE customers; --",
        "$account",
        "%",
        "c-1\0",
        "..",
        "../c-1",
    ] {
        let account = Account::Customer(id.to_owned());
        let found = house.sources.lookup(&"a1".parse().unwrap(), &account).await.unwrap();
        assert!(!found.facts.exists, "{id}");
        let located =
            crate::Located { account, customer: Some(id.to_owned()), customer_keys: vec![] };
        let located = [("a1".parse().unwrap(), located)].into();
        let scope = Scope::of(
            ["login_ip", "name", "stored_files", "search_history"]
                .map(|element| item("a1", element, Period::ALL)),
        );
        let plan = Plan::within(&case(), &scope, &house.custody, &located, Bounds::default());
        let out = house.home.path().join("hostile");
        let production = crate::execute(&plan, &house.sources, &out, &noon, |_| ()).await.unwrap();
        for file in production.manifest.files {
            assert!(
                file.rows == 0 || file.path.ends_with("-dictionary.csv"),
                "{id}: {}",
                file.path
            );
        }
        std::fs::remove_dir_all(out).unwrap();
    }
}

#[tokio::test]
async fn values_with_quotes_lines_markup_and_a_million_letters_come_through_whole() {
    let house = House::new().await;
    let huge = "x".repeat(1_000_000);
    let values = ["\"quoted\"", "two\r\nlines", "a\u{0}b\u{2028}c", "</script>", "=1+1", "", &huge];
    let mut script =
        String::from("CREATE TABLE odd (id INTEGER, at INTEGER, \"na\"\"me\" TEXT, untyped);");
    for (index, value) in values.iter().enumerate() {
        let hex = hex_of(value);
        script.push_str(&format!(
            "INSERT INTO odd VALUES (42, {index}, CAST(x'{hex}' AS TEXT), {index});"
        ));
    }
    script.push_str("INSERT INTO odd VALUES (42, 98, CAST(x'41FF42' AS TEXT), 1.5), (42, 99, NULL, NULL), (43, 0, 'of another', 'y');");
    sqlite(&house.home.path().join("odd.sqlite"), &script).await;
    let custody = r#"
[[source]]
id = "odd"
kind = "sqlite"
location = "odd.sqlite"
[[yields]]
source = "odd"
table = "odd"
account_key = { customer = "id" }
time_column = "at"
time_form = "unix-seconds"
elements = { 'na"me' = "name", untyped = "calendar" }
"#;
    let custody =
        writ_custody::Custody::parse("custody.toml", custody, &super::house::known()).unwrap();
    let sources =
        crate::Sources::open(&custody, house.home.path(), crate::Settings::default()).unwrap();
    for (id, rows) in [("42", values.len() as u64 + 2), ("042", 0), ("42x", 0)] {
        let account = Account::Customer(id.to_owned());
        let located =
            crate::Located { account, customer: Some(id.to_owned()), customer_keys: vec![] };
        let scope = Scope::of(["name", "calendar"].map(|element| item("a1", element, Period::ALL)));
        let plan = Plan::within(
            &case(),
            &scope,
            &custody,
            &[("a1".parse().unwrap(), located)].into(),
            Bounds::default(),
        );
        let out = house.home.path().join(format!("odd-{id}"));
        let production = crate::execute(&plan, &sources, &out, &noon, |_| ()).await.unwrap();
        let file =
            production.manifest.files.iter().find(|file| file.path == "a1/odd.ndjson").unwrap();
        assert_eq!(file.rows, rows, "{id}");
        let text = std::fs::read_to_string(out.join("a1/odd.ndjson")).unwrap();
        let names: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["name"].clone())
            .collect();
        let expected = values
            .iter()
            .map(|value| serde_json::json!(value))
            .chain([serde_json::json!("A\u{fffd}B"), serde_json::Value::Null]);
        assert_eq!(names, expected.take(names.len()).collect::<Vec<_>>());
    }
}

fn hex_of(text: &str) -> String {
    hex::encode(text.as_bytes())
}

/// A table that says it filters, and does not.
mod lying {
    use super::batch;
    use datafusion::arrow::array::{RecordBatch, StringArray};
    use datafusion::arrow::datatypes::SchemaRef;
    use datafusion::catalog::{Session, TableProvider};
    use datafusion::datasource::MemTable;
    use datafusion::error::Result;
    use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
    use datafusion::physical_plan::ExecutionPlan;
    use std::sync::Arc;

    #[derive(Debug)]
    pub(super) struct Table(MemTable);

    impl Table {
        pub(super) fn new() -> Self {
            let inside = Some("2026-11-13T12:00:00Z");
            let rows = batch(&[("c-1", inside), ("c-2", inside)], &["ip"]);
            let names = ["customer_id", "at", "ip"];
            let columns = names.into_iter().zip(rows.columns().iter().cloned());
            let rows = RecordBatch::try_from_iter_with_nullable(
                columns.map(|(name, array)| (name, array, true)),
            )
            .unwrap();
            assert!(rows.column(0).as_any().is::<StringArray>());
            Self(MemTable::try_new(rows.schema(), vec![vec![rows]]).unwrap())
        }
    }

    #[async_trait::async_trait]
    impl TableProvider for Table {
        fn schema(&self) -> SchemaRef {
            self.0.schema()
        }

        fn table_type(&self) -> TableType {
            TableType::Base
        }

        fn supports_filters_pushdown(
            &self,
            filters: &[&Expr],
        ) -> Result<Vec<TableProviderFilterPushDown>> {
            Ok(vec![TableProviderFilterPushDown::Exact; filters.len()])
        }

        async fn scan(
            &self,
            state: &dyn Session,
            projection: Option<&Vec<usize>>,
            _: &[Expr],
            _: Option<usize>,
        ) -> Result<Arc<dyn ExecutionPlan>> {
            self.0.scan(state, projection, &[], None).await
        }
    }
}
