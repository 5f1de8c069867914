//! SQLite: one file, opened for reading only.

use super::Opening;
use super::builders::{Batch, Given};
use super::sql_table::{Bound, Database, SqlColumn, SqlTable, bound_of, quoted};
use crate::error::{CollectError, of_database};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use futures::TryStreamExt;
use sqlx::sqlite::{
    SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteValueRef,
};
use sqlx::{AssertSqlSafe, Decode, Row, Sqlite, TypeInfo, ValueRef};
use std::sync::Arc;

pub(crate) async fn open(opening: &Opening<'_>) -> Result<(), CollectError> {
    let options = SqliteConnectOptions::new()
        .filename(opening.path()?)
        .read_only(true)
        .create_if_missing(false)
        .busy_timeout(opening.settings.statement_time())
        .pragma("query_only", "ON");
    let away =
        |error: sqlx::Error| of_database(opening.id(), opening.settings.statement_seconds, &error);
    let pool = SqlitePoolOptions::new()
        .max_connections(u32::try_from(opening.settings.queries).unwrap_or(4).max(1))
        .connect_with(options)
        .await
        .map_err(away)?;
    let batch_rows = opening.settings.batch_rows.max(1);
    let database = Arc::new(SqliteDatabase { pool: pool.clone(), batch_rows });
    for name in tables(&pool).await.map_err(away)? {
        let columns = columns(&pool, &name).await.map_err(away)?;
        let table = SqlTable::new(quoted(&name), columns, Arc::clone(&database));
        opening
            .session
            .register_table(datafusion::common::TableReference::bare(name), Arc::new(table))
            .map_err(|_| opening.unreadable("a table cannot be registered"))?;
    }
    Ok(())
}

async fn tables(pool: &SqlitePool) -> Result<Vec<String>, sqlx::Error> {
    let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    sqlx::query_scalar(sql).fetch_all(pool).await
}

async fn columns(pool: &SqlitePool, table: &str) -> Result<Vec<SqlColumn>, sqlx::Error> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT name, type FROM pragma_table_info(?) ORDER BY cid")
            .bind(table)
            .fetch_all(pool)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(name, declared)| SqlColumn { name, kind: kind(&declared), declared })
        .collect())
}

/// SQLite's rules of affinity (its documentation, "Datatypes", 3.1), where numeric affinity stays text here: such
/// columns hold dates and decimals, which must not be rounded.
fn kind(declared: &str) -> DataType {
    let declared = declared.to_ascii_uppercase();
    let has = |part: &str| declared.contains(part);
    if has("INT") || has("BOOL") {
        DataType::Int64
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        DataType::Utf8
    } else if has("BLOB") {
        DataType::Binary
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        DataType::Float64
    } else {
        DataType::Utf8
    }
}

#[derive(Debug)]
struct SqliteDatabase {
    pool: SqlitePool,
    batch_rows: usize,
}

impl Database for SqliteDatabase {
    fn read(&self, column: &SqlColumn) -> String {
        quoted(&column.name)
    }

    /// A column without a declared type compares text and numbers as different, so the engine must compare there.
    fn parameter(
        &self,
        _: usize,
        column: &SqlColumn,
        value: &ScalarValue,
    ) -> Option<(String, Bound)> {
        let bound = bound_of(value)?;
        let comparable = match (&bound, &column.kind) {
            (Bound::Text(_), DataType::Utf8) => !column.declared.is_empty(),
            (Bound::Whole(_), DataType::Int64) => true,
            _ => false,
        };
        comparable.then(|| ("?".to_owned(), bound))
    }

    fn run(&self, sql: String, bound: Vec<Bound>, schema: SchemaRef) -> SendableRecordBatchStream {
        let pool = self.pool.clone();
        let mut batch = Batch::new(&schema, self.batch_rows);
        let mut stream = RecordBatchReceiverStream::builder(schema, 2);
        let sender = stream.tx();
        stream.spawn(async move {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for value in bound {
                query = match value {
                    Bound::Text(text) => query.bind(text),
                    Bound::Whole(whole) => query.bind(whole),
                };
            }
            let mut rows = query.fetch(&pool);
            while let Some(row) = rows.try_next().await.map_err(external)? {
                batch.add(given(&row)?)?;
                if batch.is_full() && sender.send(batch.take()).await.is_err() {
                    return Ok(());
                }
            }
            if !batch.is_empty() {
                let _ = sender.send(batch.take()).await;
            }
            Ok(())
        });
        stream.build()
    }
}

fn external(error: sqlx::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

fn given(row: &SqliteRow) -> Result<Vec<Given>> {
    (0..row.len()).map(|index| cell(row.try_get_raw(index).map_err(external)?)).collect()
}

/// SQLite types each value, not each column. Text that is not UTF-8 is shown with replacement characters.
fn cell(value: SqliteValueRef<'_>) -> Result<Given> {
    if value.is_null() {
        return Ok(Given::Nothing);
    }
    let kind = value.type_info().name().to_owned();
    let decoded = match kind.as_str() {
        "INTEGER" | "BOOLEAN" => <i64 as Decode<Sqlite>>::decode(value).map(Given::Whole),
        "REAL" => <f64 as Decode<Sqlite>>::decode(value).map(Given::Fraction),
        "BLOB" => <Vec<u8> as Decode<Sqlite>>::decode(value).map(Given::Bytes),
        _ => <&[u8] as Decode<Sqlite>>::decode(value)
            .map(|bytes| Given::Text(String::from_utf8_lossy(bytes).into_owned())),
    };
    decoded.map_err(|error| external(sqlx::Error::Decode(error)))
}
