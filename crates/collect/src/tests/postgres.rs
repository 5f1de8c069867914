//! A real PostgreSQL server, where `WRIT_TEST_POSTGRES` names one, as in `postgres://writ@127.0.0.1:5432/writ`.

use super::house::{case, item, known, lena, noon, the_day};
use crate::{Bounds, CollectError, Located, Plan, Settings, Sources, execute};
use sqlx::postgres::PgPool;
use std::path::Path;
use writ_custody::Custody;
use writ_vocabulary::{Account, Period, Scope};

const CUSTODY: &str = r#"
[[source]]
id = "crm"
kind = "postgres"
url_file = "crm.url"
[[yields]]
source = "crm"
table = "writ_test_logins"
account_key = { customer = "customer" }
time_column = "at"
elements = { at = "session_times", ip = "login_ip", number = "calendar", extra = "access_log" }
[accounts]
mail = { source = "crm", query = "SELECT customer FROM writ_test_mail WHERE address = $mail" }
customer = { source = "crm", query = "SELECT DISTINCT customer FROM writ_test_mail WHERE customer = $customer" }
ip = { source = "crm", query = "SELECT customer FROM writ_test_logins WHERE ip = $address AND at = $at" }
"#;

const TABLES: &str = r#"
DROP TABLE IF EXISTS writ_test_logins; DROP TABLE IF EXISTS writ_test_mail;
CREATE TABLE writ_test_mail (address text, customer uuid);
CREATE TABLE writ_test_logins (customer uuid, at timestamptz, ip inet, number numeric(20,4), extra jsonb, secret text);
INSERT INTO writ_test_mail VALUES ('lena.novak@meridian.example', '00000000-0000-4000-8000-000000000001');
INSERT INTO writ_test_logins VALUES
 ('00000000-0000-4000-8000-000000000001', '2026-11-13T00:00:00Z', '192.0.2.1', 0.1, '{"a": 1}', 'x'),
 ('00000000-0000-4000-8000-000000000001', '2026-11-13T21:04:05.000001+01', '2001:db8::1', 12345678901234.5678, NULL, 'x'),
 ('00000000-0000-4000-8000-000000000001', '2026-11-14T00:00:00Z', '192.0.2.3', 1, NULL, 'x'),
 ('00000000-0000-4000-8000-000000000001', 'infinity', '192.0.2.4', 1, NULL, 'x'),
 ('00000000-0000-4000-8000-000000000002', '2026-11-13T12:00:00Z', '198.51.100.1', 1, NULL, 'x');
"#;

#[tokio::test]
async fn a_postgres_source_is_read_and_cannot_be_written() {
    let Ok(server) = std::env::var("WRIT_TEST_POSTGRES") else {
        eprintln!("left out: WRIT_TEST_POSTGRES names no PostgreSQL server");
        return;
    };
    let admin = PgPool::connect(&server).await.unwrap();
    sqlx::raw_sql(TABLES).execute(&admin).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("crm.url"), format!("{}\n", server)).unwrap();
    let custody = Custody::parse("custody.toml", CUSTODY, &known()).unwrap();
    let sources = Sources::open(&custody, home.path(), Settings::default()).unwrap();
    let wrong = sources.check().await;
    assert!(wrong.is_empty(), "{wrong:?}");

    let located = sources.lookup(&"a1".parse().unwrap(), &lena()).await.unwrap().located.unwrap();
    let by_address = Account::Ip {
        address: "2001:db8::1".parse().unwrap(),
        port: None,
        at: "2026-11-13T20:04:05.000001Z".parse().unwrap(),
    };
    let found = sources.lookup(&"a1".parse().unwrap(), &by_address).await.unwrap().located.unwrap();
    assert_eq!(found.customer, located.customer);
    for nobody in ["not a uuid", "00000000-0000-4000-8000-00000000000A", "' OR true --"] {
        let found = sources
            .lookup(&"a1".parse().unwrap(), &Account::Customer(nobody.into()))
            .await
            .unwrap();
        assert!(!found.facts.exists, "{nobody}");
    }

    let elements = ["session_times", "login_ip", "calendar", "access_log"];
    let (text, rows) =
        collect(&custody, &sources, &located, &elements, the_day(), home.path()).await.unwrap();
    assert_eq!(rows, 2);
    assert_eq!(
        text,
        "session_times,access_log,login_ip,calendar\r\n\
         2026-11-13T00:00:00Z,\"{\"\"a\"\": 1}\",192.0.2.1,0.1000\r\n\
         2026-11-13T20:04:05.000001Z,,2001:db8::1,12345678901234.5678\r\n"
    );
    let (_, rows) = collect(&custody, &sources, &located, &["login_ip"], Period::ALL, home.path())
        .await
        .unwrap();
    assert_eq!(rows, 4);

    refuses_writes(&server).await;
    away(&custody, home.path()).await;
    drop(sources);
    sqlx::raw_sql("DROP TABLE writ_test_logins, writ_test_mail").execute(&admin).await.unwrap();
}

async fn collect(
    custody: &Custody,
    sources: &Sources,
    located: &Located,
    elements: &[&str],
    period: Period,
    home: &Path,
) -> Result<(String, u64), CollectError> {
    let scope = Scope::of(elements.iter().map(|element| item("a1", element, period)));
    let plan = Plan::within(
        &case(),
        &scope,
        custody,
        &[("a1".parse().unwrap(), located.clone())].into(),
        Bounds::default(),
    );
    let out = home.join(format!("out-{}", plan.digest().short()));
    let production = execute(&plan, sources, &out, &noon, |_| ()).await?;
    let file = production.manifest.files.iter().find(|file| file.path == "a1/crm.csv").unwrap();
    Ok((std::fs::read_to_string(out.join(&file.path)).unwrap(), file.rows))
}

/// The settings that our connections bear make the server itself refuse.
async fn refuses_writes(url: &str) {
    let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
    let options = options.options([("default_transaction_read_only", "on")]);
    let pool = PgPool::connect_with(options).await.unwrap();
    let refused = sqlx::raw_sql("DELETE FROM writ_test_mail").execute(&pool).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "25006");
}

async fn away(custody: &Custody, home: &Path) {
    std::fs::write(home.join("crm.url"), "postgres://nobody:hunter2@127.0.0.1:9/none").unwrap();
    let sources = Sources::open(custody, home, Settings::default()).unwrap();
    let error = sources.lookup(&"a1".parse().unwrap(), &lena()).await.unwrap_err();
    assert!(matches!(error, CollectError::SourceUnavailable { .. }), "{error}");
    assert!(
        !error.to_string().contains("hunter2") && !error.to_string().contains("lena"),
        "{error}"
    );
}
