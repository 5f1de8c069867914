//! The logins: Parquet files sorted by customer and time, in small row groups, so that one customer is found at once.

use super::cast::Session;
use super::chance::{Chance, Stream};
use super::people::{Account, DAYS, DUSK, People};
use super::{MeridianError, files};
use datafusion::arrow::array::{
    ArrayRef, Int32Array, RecordBatch, StringBuilder, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, Encoding};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::schema::types::ColumnPath;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows in a file. Several files are read side by side.
const FILE_ROWS: u64 = 25_000_000;
/// Rows in a row group, and so in memory while writing.
const GROUP_ROWS: usize = 131_072;
/// Rows in a page: the least that is decoded for one customer.
const PAGE_ROWS: usize = 8_192;
/// Rows handed to the writer at once.
const BATCH_ROWS: usize = 65_536;
/// Old logins of each of the cast.
const CAST_ROWS: u64 = 40;

const AGENTS: &[&str] = &[
    "MeridianMail/8.2 (Android 15)",
    "MeridianMail/8.2 (iOS 19.1)",
    "MeridianDrive/3.0 (desktop)",
    "Example Browser 142.0",
    "IMAP client",
];

/// Writes the logins under `folder`.
pub(super) fn write(
    folder: &Path,
    people: &People<'_>,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<(), MeridianError> {
    files::folder(folder)?;
    let mut out = Files::new(folder)?;
    let mut rows = Rows::default();
    let share = Share::of(people);
    let mut spent = Spent::default();
    let (mut done, mut told) = (0, 0);
    progress("logins", done, share.all);
    for account in people.all() {
        let old = share.next(people, &account, &mut spent);
        done += rows.add(people, &account, old, &mut out)?;
        if done - told >= BATCH_ROWS as u64 {
            told = done;
            progress("logins", done, share.all);
        }
    }
    out.put(&mut rows)?;
    out.close()?;
    progress("logins", done, share.all);
    Ok(())
}

/// Who gets how many of the rows that were asked for.
struct Share {
    /// Rows in all.
    all: u64,
    /// Rows of those who are drawn.
    rows: u64,
    /// The sum of their weights.
    weights: u64,
}

/// The weights of those who had their share.
#[derive(Default)]
struct Spent(u64);

impl Share {
    fn of(people: &People<'_>) -> Self {
        let cast: u64 =
            people.cast.people.iter().map(|person| CAST_ROWS + person.sessions.len() as u64).sum();
        let rows = if people.others() == 0 { 0 } else { people.size.logins.saturating_sub(cast) };
        let weights = (0..people.others()).map(|number| weight(people, number)).sum();
        Self { all: cast + rows, rows, weights }
    }

    /// How many old logins this account has. The shares of all drawn accounts are exactly their rows.
    fn next(&self, people: &People<'_>, account: &Account<'_>, spent: &mut Spent) -> u64 {
        let Account::Drawn { number, .. } = account else { return CAST_ROWS };
        let before = self.up_to(spent.0);
        spent.0 += weight(people, *number);
        self.up_to(spent.0) - before
    }

    fn up_to(&self, weights: u64) -> u64 {
        (u128::from(self.rows) * u128::from(weights) / u128::from(self.weights.max(1))) as u64
    }
}

/// How active an account is, compared with others.
fn weight(people: &People<'_>, number: u64) -> u64 {
    1 + people.chance(Stream::Weight, number).below(15)
}

/// From where and with what a customer logs in.
struct Habits {
    home: String,
    work: String,
    road: String,
    often: &'static str,
    seldom: &'static str,
}

impl Habits {
    fn of(chance: &mut Chance) -> Self {
        let (home, work, road) = (address(chance), address(chance), address(chance));
        let (often, seldom) = (chance.pick(AGENTS), chance.pick(AGENTS));
        Self { home, work, road, often, seldom }
    }

    /// Mostly from home.
    fn place(&self, drawn: u64) -> &str {
        match drawn & 7 {
            0 => &self.road,
            1 | 2 => &self.work,
            _ => &self.home,
        }
    }

    fn agent(&self, drawn: u64) -> &'static str {
        if drawn & 8 == 0 { self.seldom } else { self.often }
    }
}

/// Rows before they are written.
#[derive(Default)]
struct Rows {
    customer: StringBuilder,
    at: Vec<i64>,
    ip: StringBuilder,
    port: Vec<i32>,
    agent: StringBuilder,
    seconds: Vec<i32>,
}

impl Rows {
    /// Adds an account's logins, oldest first, and says how many they are. A full batch is written at once, however many
    /// of them one account has.
    fn add(
        &mut self,
        people: &People<'_>,
        account: &Account<'_>,
        old: u64,
        out: &mut Files,
    ) -> Result<u64, MeridianError> {
        let customer = account.id().to_string();
        let mut chance = people.chance(Stream::Logins, u64::from(account.id().0));
        let habits = Habits::of(&mut chance);
        // One login in each of as many equal spans: sorted without sorting.
        let span = (DAYS as u64 * 86_400_000_000 / old.max(1)).max(1);
        let mut from = (DUSK - DAYS * 86_400) * 1_000_000;
        for _ in 0..old {
            let drawn = chance.next();
            let at = from + chance.below(span) as i64;
            from += span as i64;
            let (port, seconds) = (1_024 + (drawn >> 8) % 64_000, (drawn >> 40) % 7_200);
            self.row(
                &customer,
                at,
                habits.place(drawn),
                port as i32,
                habits.agent(drawn),
                seconds as i32,
            );
            if self.at.len() >= BATCH_ROWS {
                out.put(self)?;
            }
        }
        Ok(old + self.sessions(account, &customer, habits.often))
    }

    /// Adds the logins of the night, of those who have any.
    fn sessions(&mut self, account: &Account<'_>, customer: &str, agent: &str) -> u64 {
        let Account::Named(person) = account else { return 0 };
        let mut sessions: Vec<&Session> = person.sessions.iter().collect();
        sessions.sort_by_key(|session| session.at);
        for session in &sessions {
            let seconds = i32::try_from(session.seconds).unwrap_or(i32::MAX);
            let (at, ip) = (session.at.as_microsecond(), session.ip.to_string());
            self.row(customer, at, &ip, i32::from(session.port), agent, seconds);
        }
        sessions.len() as u64
    }

    fn row(&mut self, customer: &str, at: i64, ip: &str, port: i32, agent: &str, seconds: i32) {
        self.customer.append_value(customer);
        self.at.push(at);
        self.ip.append_value(ip);
        self.port.push(port);
        self.agent.append_value(agent);
        self.seconds.push(seconds);
    }

    fn take(&mut self, schema: &SchemaRef) -> Result<RecordBatch, ParquetError> {
        let at = TimestampMicrosecondArray::from(std::mem::take(&mut self.at)).with_timezone("UTC");
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.customer.finish()),
            Arc::new(at),
            Arc::new(self.ip.finish()),
            Arc::new(Int32Array::from(std::mem::take(&mut self.port))),
            Arc::new(self.agent.finish()),
            Arc::new(Int32Array::from(std::mem::take(&mut self.seconds))),
        ];
        Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
    }
}

/// An address of a documentation range (RFC 5737, RFC 3849).
fn address(chance: &mut Chance) -> String {
    let drawn = chance.next();
    match drawn % 8 {
        0 => format!("192.0.2.{}", (drawn >> 8) & 0xFF),
        1 => format!("198.51.100.{}", (drawn >> 8) & 0xFF),
        2 => format!("203.0.113.{}", (drawn >> 8) & 0xFF),
        _ => format!(
            "2001:db8:{:x}:{:x}::{:x}",
            (drawn >> 16) & 0xFFFF,
            (drawn >> 32) & 0xFFFF,
            1 + (drawn >> 48)
        ),
    }
}

/// The files, one after the other.
struct Files {
    folder: PathBuf,
    schema: SchemaRef,
    open: ArrowWriter<File>,
    path: PathBuf,
    number: usize,
    rows: u64,
}

impl Files {
    fn new(folder: &Path) -> Result<Self, MeridianError> {
        let schema = schema();
        let path = name(folder, 0);
        let open = open(&path, &schema)?;
        Ok(Self { folder: folder.to_owned(), schema, open, path, number: 0, rows: 0 })
    }

    fn put(&mut self, rows: &mut Rows) -> Result<(), MeridianError> {
        if self.rows >= FILE_ROWS {
            self.next()?;
        }
        let batch = rows.take(&self.schema).map_err(failed(&self.path))?;
        self.rows += batch.num_rows() as u64;
        self.open.write(&batch).map_err(failed(&self.path))
    }

    fn next(&mut self) -> Result<(), MeridianError> {
        self.number += 1;
        let path = name(&self.folder, self.number);
        let done = std::mem::replace(&mut self.open, open(&path, &self.schema)?);
        done.close().map_err(failed(&self.path))?;
        self.path = path;
        self.rows = 0;
        Ok(())
    }

    fn close(self) -> Result<(), MeridianError> {
        self.open.close().map(|_| ()).map_err(failed(&self.path))
    }
}

fn failed(path: &Path) -> impl FnOnce(ParquetError) -> MeridianError + '_ {
    move |source| MeridianError::Logins { path: path.to_owned(), source }
}

fn name(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("logins-{number:03}.parquet"))
}

fn open(path: &Path, schema: &SchemaRef) -> Result<ArrowWriter<File>, MeridianError> {
    let file = File::create(path).map_err(MeridianError::at(path))?;
    ArrowWriter::try_new(file, Arc::clone(schema), Some(properties())).map_err(failed(path))
}

fn schema() -> SchemaRef {
    let field = |name: &str, kind| Field::new(name, kind, false);
    Arc::new(Schema::new(vec![
        field("customer_id", DataType::Utf8),
        field("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        field("ip", DataType::Utf8),
        field("port", DataType::Int32),
        field("user_agent", DataType::Utf8),
        field("session_seconds", DataType::Int32),
    ]))
}

/// Pages and groups carry their least and greatest values, groups a Bloom filter of their customers: a reader looks at
/// one group, and there at one page. Numbers that hardly repeat are packed instead of listed in a dictionary.
fn properties() -> WriterProperties {
    let column = |name: &str| ColumnPath::from(name);
    let packed = ["at", "port", "session_seconds"];
    let mut properties = WriterProperties::builder()
        .set_created_by("meridian".to_owned())
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_column_bloom_filter_fpp(column("customer_id"), 0.01)
        .set_column_bloom_filter_max_ndv(column("customer_id"), GROUP_ROWS as u64);
    for name in packed {
        properties = properties
            .set_column_dictionary_enabled(column(name), false)
            .set_column_encoding(column(name), Encoding::DELTA_BINARY_PACKED);
    }
    properties.build()
}
