//! PostgreSQL: every transaction is read-only, every statement has a time limit.

use super::Opening;
use super::builders::{Batch, Given};
use super::sql_table::{Bound, Database, SqlColumn, SqlTable, bound_of, quoted};
use crate::error::{CollectError, of_database};
use datafusion::arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use futures::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Row};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use writ_custody::Location;

pub(crate) async fn open(opening: &Opening<'_>) -> Result<(), CollectError> {
    let url = match &opening.source.location {
        Location::Url(url) => url.clone(),
        _ => std::fs::read_to_string(opening.path()?).map_err(|error| {
            opening.away(format!("its `url_file` cannot be read: {}", error.kind()))
        })?,
    };
    // The library's error may quote the URL with its password.
    let options: PgConnectOptions =
        url.trim().parse().map_err(|_| opening.away("its URL is not understood"))?;
    let options = options.application_name("writ").options([
        ("default_transaction_read_only", "on".to_owned()),
        ("statement_timeout", format!("{}s", opening.settings.statement_seconds.max(1))),
    ]);
    let away =
        |error: sqlx::Error| of_database(opening.id(), opening.settings.statement_seconds, &error);
    let pool = PgPoolOptions::new()
        .max_connections(u32::try_from(opening.settings.queries).unwrap_or(4).max(1))
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(options)
        .await
        .map_err(away)?;
    let batch_rows = opening.settings.batch_rows.max(1);
    let database = Arc::new(PostgresDatabase { pool: pool.clone(), batch_rows });
    for (name, columns) in tables(&pool).await.map_err(away)? {
        let table = SqlTable::new(quoted(&name), columns, Arc::clone(&database));
        opening
            .session
            .register_table(datafusion::common::TableReference::bare(name), Arc::new(table))
            .map_err(|_| opening.unreadable("a table cannot be registered"))?;
    }
    Ok(())
}

/// Tables, views and materialised views on the search path, with their columns.
async fn tables(pool: &PgPool) -> Result<BTreeMap<String, Vec<SqlColumn>>, sqlx::Error> {
    let sql = "SELECT c.relname::text, a.attname::text, t.typname::text \
               FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
               JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm', 'p', 'f') \
               AND pg_table_is_visible(c.oid) AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
               ORDER BY c.relname, a.attnum";
    let rows: Vec<(String, String, String)> = sqlx::query_as(sql).fetch_all(pool).await?;
    let mut tables: BTreeMap<String, Vec<SqlColumn>> = BTreeMap::new();
    for (table, name, declared) in rows {
        let kind = kind(&declared);
        tables.entry(table).or_default().push(SqlColumn { name, declared, kind });
    }
    Ok(tables)
}

fn kind(declared: &str) -> DataType {
    match declared {
        "bool" => DataType::Boolean,
        "int2" | "int4" | "int8" => DataType::Int64,
        "float4" | "float8" => DataType::Float64,
        "bytea" => DataType::Binary,
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "timestamptz" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => DataType::Utf8,
    }
}

#[derive(Debug)]
struct PostgresDatabase {
    pool: PgPool,
    batch_rows: usize,
}

impl Database for PostgresDatabase {
    /// Every column as one of the few types that are read here; other types as the text PostgreSQL shows.
    fn read(&self, column: &SqlColumn) -> String {
        let name = quoted(&column.name);
        match column.declared.as_str() {
            "bool" | "int8" | "float8" | "bytea" | "text" => name,
            "int2" | "int4" => format!("{name}::int8"),
            "float4" => format!("{name}::float8"),
            // As people write it: a host address without the `/32` that a cast would add.
            "inet" => format!("abbrev({name})"),
            "timestamp" | "timestamptz" => format!(
                "CASE WHEN isfinite({name}) THEN (extract(epoch FROM {name}) * 1000000)::int8 END"
            ),
            _ => format!("{name}::text"),
        }
    }

    fn parameter(
        &self,
        number: usize,
        column: &SqlColumn,
        value: &ScalarValue,
    ) -> Option<(String, Bound)> {
        if let DataType::Timestamp(TimeUnit::Microsecond, _) = column.kind {
            let (ScalarValue::TimestampMicrosecond(Some(micros), _), "timestamp" | "timestamptz") =
                (value, column.declared.as_str())
            else {
                return None;
            };
            // `declared` is one of two fixed words here.
            let epoch = &column.declared;
            let text = format!("({epoch} 'epoch' + ${number} * interval '1 microsecond')");
            return Some((text, Bound::Whole(*micros)));
        }
        let bound = bound_of(value)?;
        let text = match (&bound, column.declared.as_str()) {
            (Bound::Text(_), "text" | "varchar" | "name") => format!("${number}"),
            (Bound::Text(text), "uuid") if is_uuid(text) => format!("${number}::uuid"),
            (Bound::Text(text), "inet") if text.parse::<std::net::IpAddr>().is_ok() => {
                format!("${number}::inet")
            }
            (Bound::Whole(_), "int2" | "int4" | "int8") => format!("${number}"),
            _ => return None,
        };
        Some((text, bound))
    }

    fn run(&self, sql: String, bound: Vec<Bound>, schema: SchemaRef) -> SendableRecordBatchStream {
        let pool = self.pool.clone();
        let mut batch = Batch::new(&schema, self.batch_rows);
        let mut stream = RecordBatchReceiverStream::builder(Arc::clone(&schema), 2);
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
                batch.add(given(&row, &schema).map_err(external)?)?;
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

fn given(row: &PgRow, schema: &SchemaRef) -> Result<Vec<Given>, sqlx::Error> {
    let cell = |(index, field): (usize, &Arc<datafusion::arrow::datatypes::Field>)| {
        let given = match field.data_type() {
            DataType::Boolean => row.try_get::<Option<bool>, _>(index)?.map(Given::Truth),
            DataType::Int64 | DataType::Timestamp(_, _) => {
                row.try_get::<Option<i64>, _>(index)?.map(Given::Whole)
            }
            DataType::Float64 => row.try_get::<Option<f64>, _>(index)?.map(Given::Fraction),
            DataType::Binary => row.try_get::<Option<Vec<u8>>, _>(index)?.map(Given::Bytes),
            _ => row.try_get::<Option<String>, _>(index)?.map(Given::Text),
        };
        Ok(given.unwrap_or(Given::Nothing))
    };
    schema.fields().iter().enumerate().map(cell).collect()
}

fn is_uuid(text: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match hyphens.contains(&index) {
            true => byte == b'-',
            false => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}
