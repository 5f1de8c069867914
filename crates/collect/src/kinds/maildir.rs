//! A folder with one Maildir for each account, as a table of messages.
//!
//! `received` is the delivery time in the file's name, as the Maildir form has it, or else the file's own time; it
//! is set by the provider's server. `date` is the sender's word.

use super::Opening;
use super::builders::{Batch, Given};
use super::objects::account_folder;
use crate::error::{CollectError, ReadFault};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{
    BinaryExpr, Expr, Operator, TableProviderFilterPushDown, TableType,
};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use mail_parser::{Address, Message, MessageParser};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

pub(crate) fn open(opening: &Opening<'_>) -> Result<(), CollectError> {
    let table = Maildirs { root: opening.folder()?, schema: schema() };
    opening
        .session
        .register_table(opening.source.table(), Arc::new(table))
        .map(|_| ())
        .map_err(|_| opening.unreadable("its table cannot be registered"))
}

/// A message above this size is refused, so that one file cannot fill the memory.
const MOST_BYTES: u64 = 256 << 20;

fn schema() -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let text = |name| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        Field::new("account", DataType::Utf8, false),
        Field::new("file", DataType::Utf8, false),
        Field::new("received", time.clone(), false),
        Field::new("date", time, true),
        text("sender"),
        text("recipients"),
        text("subject"),
        text("message_id"),
        Field::new("size", DataType::Int64, false),
        text("headers"),
        text("body"),
        Field::new("content", DataType::Binary, false),
    ]))
}

#[derive(Debug)]
struct Maildirs {
    root: PathBuf,
    schema: SchemaRef,
}

/// What of a mailbox is wanted. Times are in microseconds.
#[derive(Clone, Default)]
struct Wanted {
    account: Option<String>,
    from: Option<i64>,
    until: Option<i64>,
}

impl Wanted {
    /// Takes in a filter that is wholly kept here.
    fn take(&mut self, filter: &Expr) -> bool {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return false };
        let (Expr::Column(column), Expr::Literal(value, _)) = (left.as_ref(), right.as_ref())
        else {
            return false;
        };
        match (column.name.as_str(), op, value) {
            ("account", Operator::Eq, value) if self.account.is_none() => {
                self.account = value.try_as_str().flatten().map(str::to_owned);
                self.account.is_some()
            }
            ("received", Operator::GtEq, ScalarValue::TimestampMicrosecond(Some(from), _)) => {
                self.from = self.from.max(Some(*from));
                true
            }
            ("received", Operator::Lt, ScalarValue::TimestampMicrosecond(Some(until), _)) => {
                self.until = Some(self.until.map_or(*until, |known| known.min(*until)));
                true
            }
            _ => false,
        }
    }

    fn covers(&self, micros: i64) -> bool {
        self.from.is_none_or(|from| from <= micros) && self.until.is_none_or(|until| micros < until)
    }
}

#[async_trait::async_trait]
impl TableProvider for Maildirs {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Exact, because the engine would otherwise gather thousands of whole messages into one batch to filter them.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let mut wanted = Wanted::default();
        let pushed = |filter: &&Expr| match wanted.take(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(pushed).collect())
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut wanted = Wanted::default();
        filters.iter().for_each(|filter| {
            wanted.take(filter);
        });
        if wanted.account.is_none() {
            return Err(ReadFault::unreadable("mailboxes are read one account at a time"));
        }
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        let schema = Arc::new(self.schema.project(projection.unwrap_or(&all))?);
        let ordering = ordering(&schema);
        let messages = Messages { root: self.root.clone(), wanted, schema: Arc::clone(&schema) };
        let rows: Vec<Arc<dyn PartitionStream>> = vec![Arc::new(messages)];
        Ok(Arc::new(StreamingTableExec::try_new(schema, rows, None, ordering, false, None)?))
    }
}

/// Messages come by time, then by file: said to the engine, so that it does not sort whole messages.
fn ordering(schema: &SchemaRef) -> Option<LexOrdering> {
    let options = SortOptions { descending: false, nulls_first: true };
    let by = |name: &str| {
        let index = schema.index_of(name).ok()?;
        Some(PhysicalSortExpr::new(Arc::new(Column::new(name, index)), options))
    };
    LexOrdering::new([by("received")?].into_iter().chain(by("file")))
}

struct Messages {
    root: PathBuf,
    wanted: Wanted,
    schema: SchemaRef,
}

/// Without what is wanted: the account is an identifier.
impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Messages(..)")
    }
}

impl PartitionStream for Messages {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (root, wanted, schema) =
            (self.root.clone(), self.wanted.clone(), Arc::clone(&self.schema));
        let mut batch = Batch::new(&schema, context.session_config().batch_size());
        let mut stream = RecordBatchReceiverStream::builder(Arc::clone(&schema), 2);
        let sender = stream.tx();
        stream.spawn_blocking(move || {
            let account = wanted.account.clone().unwrap_or_default();
            for file in list(&root, &account).map_err(DataFusionError::from)? {
                if !wanted.covers(file.received) {
                    continue;
                }
                batch.add(file.row(&account, &schema)?)?;
                if batch.is_full() && sender.blocking_send(batch.take()).is_err() {
                    return Ok(());
                }
            }
            if !batch.is_empty() {
                let _ = sender.blocking_send(batch.take());
            }
            Ok(())
        });
        stream.build()
    }
}

struct MessageFile {
    received: i64,
    name: String,
    path: PathBuf,
    size: u64,
}

/// The messages of an account by time and file name, those of its subfolders (Maildir++, `.Sent`) included.
fn list(root: &Path, account: &str) -> std::io::Result<Vec<MessageFile>> {
    let Some(top) = account_folder(root, account)? else { return Ok(Vec::new()) };
    let mut folders = vec![top.clone()];
    for entry in std::fs::read_dir(&top)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && entry.file_name().to_string_lossy().starts_with('.') {
            folders.push(entry.path());
        }
    }
    let mut files = Vec::new();
    for folder in folders {
        for part in ["cur", "new"] {
            let part = folder.join(part);
            if !std::fs::symlink_metadata(&part).is_ok_and(|facts| facts.is_dir()) {
                continue;
            }
            for entry in std::fs::read_dir(part)? {
                files.extend(message(&top, &entry?)?);
            }
        }
    }
    files.sort_by(|a, b| (a.received, &a.name).cmp(&(b.received, &b.name)));
    Ok(files)
}

fn message(top: &Path, entry: &std::fs::DirEntry) -> std::io::Result<Option<MessageFile>> {
    if !entry.file_type()?.is_file() {
        return Ok(None);
    }
    let (path, facts) = (entry.path(), entry.metadata()?);
    let name = path.strip_prefix(top).unwrap_or(&path).to_string_lossy().into_owned();
    let told = entry
        .file_name()
        .to_string_lossy()
        .split('.')
        .next()
        .and_then(|seconds| seconds.parse::<i64>().ok());
    let received = match told.and_then(|seconds| seconds.checked_mul(1_000_000)) {
        Some(micros) => micros,
        None => {
            let since = facts.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
        }
    };
    Ok(Some(MessageFile { received, name, path, size: facts.len() }))
}

impl MessageFile {
    /// The columns of `schema`; the file is opened only where one of them needs it.
    fn row(&self, account: &str, schema: &SchemaRef) -> Result<Vec<Given>> {
        let outside = ["account", "file", "received", "size"];
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let bytes = match names.iter().all(|name| outside.contains(name)) {
            true => Vec::new(),
            false => self.read()?,
        };
        let inside = ["date", "sender", "recipients", "subject", "message_id", "body"];
        let parsed = match names.iter().any(|name| inside.contains(name)) {
            true => MessageParser::default().parse(&bytes),
            false => None,
        };
        Ok(names
            .iter()
            .map(|name| match *name {
                "account" => Given::Text(account.to_owned()),
                "file" => Given::Text(self.name.clone()),
                "received" => Given::Whole(self.received),
                "size" => i64::try_from(self.size).map_or(Given::Nothing, Given::Whole),
                "content" => Given::Bytes(bytes.clone()),
                "headers" => Given::Text(String::from_utf8_lossy(headers(&bytes)).into_owned()),
                field => parsed
                    .as_ref()
                    .and_then(|message| parsed_field(message, field))
                    .unwrap_or(Given::Nothing),
            })
            .collect())
    }

    fn read(&self) -> Result<Vec<u8>> {
        if self.size > MOST_BYTES {
            let why = format!(
                "a message is larger than {} MiB: take it out of the Maildir",
                MOST_BYTES >> 20
            );
            return Err(ReadFault::unreadable(why));
        }
        std::fs::read(&self.path).map_err(|error| {
            ReadFault::unavailable(format!("a message cannot be read: {}", error.kind()))
        })
    }
}

fn parsed_field(message: &Message<'_>, field: &str) -> Option<Given> {
    let text = |text: &str| Given::Text(text.to_owned());
    match field {
        "date" => message
            .date()
            .and_then(|date| date.to_timestamp().checked_mul(1_000_000))
            .map(Given::Whole),
        "sender" => message.from().map(|from| Given::Text(addresses([from]))),
        "recipients" => {
            let all = [message.to(), message.cc(), message.bcc()];
            Some(Given::Text(addresses(all.into_iter().flatten())))
                .filter(|_| all.iter().any(Option::is_some))
        }
        "subject" => message.subject().map(text),
        "message_id" => message.message_id().map(text),
        "body" => message.body_text(0).map(|body| text(&body)),
        _ => None,
    }
}

fn addresses<'a>(lists: impl IntoIterator<Item = &'a Address<'a>>) -> String {
    let all = lists.into_iter().flat_map(Address::iter).filter_map(|address| address.address());
    all.collect::<Vec<_>>().join(", ")
}

/// The bytes before the first empty line.
fn headers(message: &[u8]) -> &[u8] {
    let end = |mark: &[u8]| message.windows(mark.len()).position(|window| window == mark);
    let end = [end(b"\r\n\r\n"), end(b"\n\n")].into_iter().flatten().min().unwrap_or(message.len());
    message.get(..end).unwrap_or(message)
}
