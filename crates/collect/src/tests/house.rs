//! A small provider with one source of each kind on disk. Everybody in it is invented.

use crate::{Bounds, CollectError, Located, Plan, Production, Settings, Sources, execute};
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use writ_custody::Custody;
use writ_vocabulary::{
    Account, AccountRef, CaseId, ElementId, Instant, Item, Manifest, Period, Scope,
};

pub(super) struct House {
    pub(super) home: TempDir,
    pub(super) custody: Custody,
    pub(super) sources: Sources,
}

pub(super) const CUSTODY: &str = r#"
[[source]]
id = "directory"
kind = "sqlite"
location = "directory.sqlite"
[[source]]
id = "logins"
kind = "parquet"
location = "logins"
[[source]]
id = "searches"
kind = "csv"
location = "searches"
[[source]]
id = "pages"
kind = "ndjson"
location = "pages.ndjson"
[[source]]
id = "mail"
kind = "maildir"
location = "mail"
[[source]]
id = "files"
kind = "objects"
location = "files"

[[yields]]
source = "directory"
table = "customers"
account_key = { customer = "id" }
standing = true
elements = { full_name = "name", street = "postal_address", town = "postal_address" }
[[yields]]
source = "directory"
query = "SELECT customer_id, at, note, secret FROM notes"
account_key = { customer = "customer_id" }
time_column = "at"
time_form = "rfc3339"
elements = { at = "last_seen", note = "calendar" }
[[yields]]
source = "logins"
account_key = { customer = "customer_id" }
time_column = "at"
elements = { at = "session_times", ip = "login_ip" }
[[yields]]
source = "searches"
account_key = { customer = "customer" }
time_column = "at"
time_form = "unix-seconds"
elements = { words = "search_history" }
[[yields]]
source = "pages"
account_key = { customer = "customer" }
time_column = "at"
time_form = "unix-millis"
elements = { page = "access_log" }
[[yields]]
source = "mail"
account_key = { mail = "account" }
time_column = "received"
elements = { subject = "subject_lines" }
[[yields]]
source = "mail"
form = "mail"
account_key = { mail = "account" }
time_column = "received"
elements = { content = ["message_headers", "message_body", "attachments"] }
[[yields]]
source = "files"
form = "objects"
account_key = { customer = "account" }
time_column = "modified"
elements = { name = "stored_files", content = "stored_files", size = "stored_files" }
[[yields]]
source = "files"
form = "objects"
account_key = { customer = "account" }
time_column = "modified"
customer_keys = true
elements = { content = "photos" }

[accounts]
mail = { source = "directory", query = "SELECT customer_id FROM addresses WHERE address = $mail" }
customer = { source = "directory", query = "SELECT id FROM customers WHERE id = $customer" }
ip = { source = "directory", query = "SELECT customer_id FROM leases WHERE address = $address AND port_from <= $port AND port_to >= $port AND began <= $at_unix AND ended > $at_unix" }
[controllers]
source = "directory"
query = "SELECT t.organisation, t.contact, t.jurisdiction, t.public_authority FROM tenants t JOIN customers c ON c.tenant = t.id WHERE c.id = $customer"
[customer_keys]
source = "directory"
query = "SELECT element FROM customer_keys WHERE customer_id = $customer"
[flags]
source = "directory"
query = "SELECT flag FROM flags WHERE customer_id = $customer"
"#;

pub(super) const ELEMENTS: [&str; 15] = [
    "name",
    "postal_address",
    "last_seen",
    "calendar",
    "session_times",
    "login_ip",
    "search_history",
    "access_log",
    "subject_lines",
    "message_headers",
    "message_body",
    "attachments",
    "stored_files",
    "photos",
    "location_history",
];

const DIRECTORY: &str = r#"
CREATE TABLE customers (id TEXT PRIMARY KEY, full_name TEXT, street TEXT, town TEXT, tenant TEXT, secret TEXT);
CREATE TABLE addresses (address TEXT, customer_id TEXT);
CREATE TABLE leases (address TEXT, port_from INTEGER, port_to INTEGER, began INTEGER, ended INTEGER, customer_id TEXT);
CREATE TABLE tenants (id TEXT, organisation TEXT, contact TEXT, jurisdiction TEXT, public_authority BOOLEAN);
CREATE TABLE customer_keys (customer_id TEXT, element TEXT);
CREATE TABLE flags (customer_id TEXT, flag TEXT);
CREATE TABLE notes (customer_id TEXT, at TEXT, note TEXT, secret TEXT);
INSERT INTO customers VALUES ('c-1', 'Lena Novak', '1 Rue de l''Exemple', 'Exempleville', NULL, 'x');
INSERT INTO customers VALUES ('c-2', 'Otto Muster', '2 Musterweg', 'Musterstadt', 't-1', 'x');
INSERT INTO addresses VALUES ('lena.novak@meridian.example', 'c-1'), ('otto@meridian.example', 'c-2');
INSERT INTO addresses VALUES ('team@meridian.example', 'c-1'), ('team@meridian.example', 'c-2');
INSERT INTO leases VALUES ('203.0.113.7', 1000, 1999, 1763000000, 1764000000, 'c-1');
INSERT INTO leases VALUES ('203.0.113.7', 2000, 2999, 1763000000, 1764000000, 'c-2');
INSERT INTO tenants VALUES ('t-1', 'Muster Ministry', 'demands@muster.example', 'DE', 1);
INSERT INTO customer_keys VALUES ('c-2', 'calendar');
INSERT INTO flags VALUES ('c-2', 'press');
INSERT INTO notes VALUES ('c-1', '2026-11-13T00:30:00+01:00', 'before midnight in UTC', 'x');
INSERT INTO notes VALUES ('c-1', '2026-11-13T21:04:05+01:00', 'inside', 'x');
INSERT INTO notes VALUES ('c-1', '2026-11-13T23:30:00-01:00', 'after midnight in UTC', 'x');
INSERT INTO notes VALUES ('c-1', 'some day', 'undated', 'x');
INSERT INTO notes VALUES ('c-2', '2026-11-13T20:00:00Z', 'of another', 'x');
"#;

impl House {
    pub(super) async fn new() -> Self {
        Self::with(CUSTODY, Settings::default()).await
    }

    pub(super) async fn with(custody: &str, settings: Settings) -> Self {
        let home = tempfile::tempdir().unwrap();
        sqlite(&home.path().join("directory.sqlite"), DIRECTORY).await;
        files(home.path());
        let custody = Custody::parse("custody.toml", custody, &known()).unwrap();
        let sources = Sources::open(&custody, home.path(), settings).unwrap();
        Self { home, custody, sources }
    }

    /// The plan for these elements of these accounts over one period.
    pub(super) async fn plan(
        &self,
        accounts: &[(&str, Account)],
        elements: &[&str],
        period: Period,
    ) -> Plan {
        let items = accounts
            .iter()
            .flat_map(|(account, _)| elements.iter().map(|element| item(account, element, period)));
        self.plan_of(accounts, Scope::of(items), Bounds::default()).await
    }

    pub(super) async fn plan_of(
        &self,
        accounts: &[(&str, Account)],
        scope: Scope,
        bounds: Bounds,
    ) -> Plan {
        let mut located: BTreeMap<AccountRef, Located> = BTreeMap::new();
        for (reference, account) in accounts {
            let reference: AccountRef = reference.parse().unwrap();
            let found = self.sources.lookup(&reference, account).await.unwrap();
            located.extend(found.located.map(|found| (reference, found)));
        }
        Plan::within(&case(), &scope, &self.custody, &located, bounds)
    }

    pub(super) async fn execute(&self, plan: &Plan) -> Result<Production, CollectError> {
        let out = self.home.path().join(format!("out-{}", plan.digest().short()));
        execute(plan, &self.sources, &out, &noon, |_| ()).await
    }

    pub(super) async fn collect(
        &self,
        accounts: &[(&str, Account)],
        elements: &[&str],
        period: Period,
    ) -> Collected {
        let plan = self.plan(accounts, elements, period).await;
        Collected::of(self.execute(&plan).await.unwrap())
    }
}

pub(super) struct Collected {
    pub(super) dir: PathBuf,
    pub(super) manifest: Manifest,
}

impl Collected {
    pub(super) fn of(production: Production) -> Self {
        Self { dir: production.dir, manifest: production.manifest }
    }

    pub(super) fn bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.dir.join(path)).unwrap()
    }

    pub(super) fn text(&self, path: &str) -> String {
        String::from_utf8(self.bytes(path)).unwrap()
    }

    pub(super) fn paths(&self) -> Vec<&str> {
        self.manifest.files.iter().map(|file| file.path.as_str()).collect()
    }
}

pub(super) async fn sqlite(path: &Path, script: &str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(script.to_owned())).execute(&pool).await.unwrap();
    pool.close().await;
}

fn files(home: &Path) {
    std::fs::create_dir_all(home.join("logins")).unwrap();
    logins(
        &home.join("logins/2026-11.parquet"),
        &[
            ("c-1", "2026-11-12T23:59:59Z", "192.0.2.1"),
            ("c-1", "2026-11-13T00:00:00Z", "192.0.2.2"),
            ("c-1", "2026-11-13T20:04:05.25Z", "192.0.2.3"),
            ("c-1", "2026-11-14T00:00:00Z", "192.0.2.4"),
            ("c-2", "2026-11-13T12:00:00Z", "198.51.100.9"),
        ],
    );
    std::fs::create_dir_all(home.join("searches")).unwrap();
    std::fs::write(home.join("searches/a.csv"), "customer,at,words\nc-1,1763035200,old\nc-1,1794571445,\"a \"\"quoted\"\" word, and\na second line\"\n").unwrap();
    std::fs::write(
        home.join("searches/b.csv"),
        "customer,at,words\nc-1,1794571446,=cmd|' /C calc'!A0\nc-2,1794571446,of another\n",
    )
    .unwrap();
    std::fs::write(home.join("pages.ndjson"), "{\"customer\":\"c-1\",\"at\":1794571445123,\"page\":\"https://meridian.example/a\"}\n{\"customer\":\"c-2\",\"at\":1794571445123,\"page\":\"https://meridian.example/b\"}\n").unwrap();
    let maildir = home.join("mail/lena.novak@meridian.example");
    message(
        &maildir.join("cur/1794571445.M1.host:2,S"),
        b"From: otto@meridian.example\r\nSubject: first\r\n\r\nFrom the start\r\n",
    );
    message(
        &maildir.join("new/1794571446.M2.host"),
        b"From: otto@meridian.example\nSubject: second \xff\n\nbytes \xff\xfe\n",
    );
    message(
        &maildir.join(".Sent/cur/1794571444.M3.host:2,S"),
        b"From: lena.novak@meridian.example\nSubject: sent\n\nhello",
    );
    message(&maildir.join("cur/1763035200.M4.host:2,S"), b"Subject: a year before\n\nold\n");
    message(
        &home.join("mail/otto@meridian.example/cur/1794571445.M5.host"),
        b"Subject: of another\n\nx\n",
    );
    for (name, content) in [
        ("c-1/b/deep.bin", b"\x00\x01\xff".as_slice()),
        ("c-1/a=1.txt", b"a"),
        ("c-2/other.txt", b"other"),
    ] {
        message(&home.join("files").join(name), content);
    }
}

fn message(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

pub(super) fn logins(path: &Path, rows: &[(&str, &str, &str)]) {
    let micros = |text: &str| text.parse::<Instant>().unwrap().as_microsecond();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("customer_id", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0)))),
        (
            "at",
            Arc::new(
                TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| micros(row.1)))
                    .with_timezone("UTC"),
            ),
        ),
        ("ip", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.2)))),
        ("secret", Arc::new(StringArray::from_iter_values(rows.iter().map(|_| "x")))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_bloom_filter_enabled(true).build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

pub(super) fn known() -> BTreeSet<ElementId> {
    ELEMENTS.into_iter().map(|element| element.parse().unwrap()).collect()
}

pub(super) fn lena() -> Account {
    Account::Mail("lena.novak@meridian.example".parse().unwrap())
}

pub(super) fn otto() -> Account {
    Account::Customer("c-2".to_owned())
}

pub(super) fn item(account: &str, element: &str, period: Period) -> Item {
    Item { account: account.parse().unwrap(), element: element.parse().unwrap(), period }
}

/// The thirteenth of November 2026, UTC.
pub(super) fn the_day() -> Period {
    period("2026-11-13T00:00:00Z", "2026-11-14T00:00:00Z")
}

pub(super) fn period(from: &str, until: &str) -> Period {
    Period::new(Some(from.parse().unwrap()), Some(until.parse().unwrap())).unwrap()
}

pub(super) fn case() -> CaseId {
    "C-7K3M-Q2XD".parse().unwrap()
}

pub(super) fn noon() -> Instant {
    "2026-11-14T12:00:00Z".parse().unwrap()
}
