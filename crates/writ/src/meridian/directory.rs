//! The directory of customers: one SQLite file.

use super::MeridianError;
use super::people::{Customer, People};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, QueryBuilder, Sqlite};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};

/// How many rows go into one statement: more are not faster, and SQLite binds at most 32,766 values.
const ROWS: usize = 500;

const TABLES: &[&str] = &[
    "CREATE TABLE customers (customer_id TEXT PRIMARY KEY, mail TEXT NOT NULL, recovery_mail TEXT NOT NULL, name TEXT NOT NULL, phone TEXT NOT NULL, \
     street TEXT NOT NULL, town TEXT NOT NULL, country TEXT NOT NULL, plan TEXT NOT NULL, created_at TEXT NOT NULL, \
     registration_ip TEXT NOT NULL, payment_source TEXT NOT NULL, organisation_id TEXT) WITHOUT ROWID",
    "CREATE TABLE aliases (address TEXT PRIMARY KEY, customer_id TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE organisations (organisation_id TEXT PRIMARY KEY, name TEXT NOT NULL, contact TEXT NOT NULL, \
     jurisdiction TEXT NOT NULL, public_authority INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE customer_keys (customer_id TEXT NOT NULL, element TEXT NOT NULL, PRIMARY KEY (customer_id, element)) WITHOUT ROWID",
    "CREATE TABLE flags (customer_id TEXT NOT NULL, flag TEXT NOT NULL, PRIMARY KEY (customer_id, flag)) WITHOUT ROWID",
    "CREATE TABLE gateway (address TEXT NOT NULL, port INTEGER NOT NULL, began INTEGER NOT NULL, ended INTEGER NOT NULL, \
     customer_id TEXT NOT NULL, PRIMARY KEY (address, port, began)) WITHOUT ROWID",
];

/// After the rows: an index that grows with them is slower and lies about.
const INDEXES: &[&str] = &[
    "CREATE UNIQUE INDEX customers_by_mail ON customers (mail)",
    "CREATE INDEX customers_by_phone ON customers (phone)",
];

/// Writes the directory. The database has a thread and a runtime of its own, so that this may be called anywhere.
pub(super) fn write(
    path: &Path,
    people: &People<'_>,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<(), MeridianError> {
    let of = people.size.accounts;
    progress("customers", 0, of);
    std::thread::scope(|scope| {
        let (tell, told) = channel();
        let job = scope.spawn(move || {
            let failed = |source| MeridianError::Database { path: path.to_owned(), source };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(MeridianError::at(path))?;
            runtime.block_on(fill(path, people, tell)).map_err(failed)
        });
        told.iter().for_each(|done| progress("customers", done, of));
        job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

async fn fill(path: &Path, people: &People<'_>, tell: Sender<u64>) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off);
    let mut database = options.connect().await?;
    run(&mut database, TABLES).await?;
    run(&mut database, &["BEGIN"]).await?;
    customers(&mut database, people, &tell).await?;
    cast(&mut database, people).await?;
    run(&mut database, &["COMMIT"]).await?;
    run(&mut database, INDEXES).await?;
    database.close().await
}

async fn run(
    database: &mut SqliteConnection,
    statements: &[&'static str],
) -> Result<(), sqlx::Error> {
    for statement in statements {
        sqlx::query(*statement).execute(&mut *database).await?;
    }
    Ok(())
}

async fn customers(
    database: &mut SqliteConnection,
    people: &People<'_>,
    tell: &Sender<u64>,
) -> Result<(), sqlx::Error> {
    let mut all = people.all().map(|account| people.customer(&account));
    let mut done = 0;
    loop {
        let rows: Vec<Customer> = all.by_ref().take(ROWS).collect();
        if rows.is_empty() {
            return Ok(());
        }
        done += rows.len() as u64;
        insert(rows).build().execute(&mut *database).await?;
        // Nobody listens any more: the writing goes on.
        let _ = tell.send(done);
    }
}

fn insert(rows: Vec<Customer>) -> QueryBuilder<Sqlite> {
    let mut insert = QueryBuilder::new("INSERT INTO customers ");
    insert.push_values(rows, |mut row, customer| {
        row.push_bind(customer.id)
            .push_bind(customer.mail)
            .push_bind(customer.recovery_mail)
            .push_bind(customer.name)
            .push_bind(customer.phone)
            .push_bind(customer.street)
            .push_bind(customer.town)
            .push_bind(customer.country)
            .push_bind(customer.plan)
            .push_bind(customer.created_at)
            .push_bind(customer.registration_ip)
            .push_bind(customer.payment_source)
            .push_bind(customer.organisation);
    });
    insert
}

/// What only the people of the scenario have: organisations, aliases, keys of their own, flags, sessions at the gateway.
async fn cast(database: &mut SqliteConnection, people: &People<'_>) -> Result<(), sqlx::Error> {
    for organisation in &people.cast.organisations {
        sqlx::query("INSERT INTO organisations VALUES (?, ?, ?, ?, ?)")
            .bind(&organisation.id)
            .bind(&organisation.name)
            .bind(&organisation.contact)
            .bind(organisation.jurisdiction.as_str())
            .bind(organisation.public_authority)
            .execute(&mut *database)
            .await?;
    }
    for person in &people.cast.people {
        let id = person.id.to_string();
        for alias in &person.aliases {
            pair(
                database,
                "INSERT INTO aliases (customer_id, address) VALUES (?, ?)",
                &id,
                alias.as_str(),
            )
            .await?;
        }
        for element in &person.customer_keys {
            pair(database, "INSERT INTO customer_keys VALUES (?, ?)", &id, element.as_str())
                .await?;
        }
        for flag in &person.flags {
            // A flag's word is its form in a file.
            let word = serde_json::to_value(flag).unwrap_or_default();
            pair(
                database,
                "INSERT INTO flags VALUES (?, ?)",
                &id,
                word.as_str().unwrap_or_default(),
            )
            .await?;
        }
        for session in &person.sessions {
            let began = session.at.as_second();
            sqlx::query("INSERT INTO gateway VALUES (?, ?, ?, ?, ?)")
                .bind(session.ip.to_string())
                .bind(session.port)
                .bind(began)
                .bind(began + i64::from(session.seconds))
                .bind(&id)
                .execute(&mut *database)
                .await?;
        }
    }
    Ok(())
}

async fn pair(
    database: &mut SqliteConnection,
    statement: &'static str,
    one: &str,
    other: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(statement).bind(one).bind(other).execute(database).await.map(|_| ())
}
