//! A table of a database, for reading: the account key, lists and ranges go to the database as bound parameters.

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Column, ScalarValue};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{
    BinaryExpr, Expr, Operator, TableProviderFilterPushDown, TableType,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use std::fmt;
use std::sync::Arc;

/// A database as the table sees it.
pub(crate) trait Database: fmt::Debug + Send + Sync + 'static {
    /// The expression that reads a column.
    fn read(&self, column: &SqlColumn) -> String;

    /// The `number`th parameter, counted from 1, for comparing with a column; none where it cannot be compared.
    fn parameter(
        &self,
        number: usize,
        column: &SqlColumn,
        value: &ScalarValue,
    ) -> Option<(String, Bound)>;

    /// Runs one `SELECT` and streams its rows.
    fn run(&self, sql: String, bound: Vec<Bound>, schema: SchemaRef) -> SendableRecordBatchStream;
}

/// A value bound to a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bound {
    Text(String),
    Whole(i64),
}

/// A column of a database's table.
#[derive(Debug, Clone)]
pub(crate) struct SqlColumn {
    /// Its name.
    pub(crate) name: String,
    /// The database's own name of its type.
    pub(crate) declared: String,
    /// Its type here.
    pub(crate) kind: DataType,
}

/// A table or view.
#[derive(Debug)]
pub(crate) struct SqlTable<D> {
    name: String,
    columns: Arc<[SqlColumn]>,
    schema: SchemaRef,
    database: Arc<D>,
}

impl<D: Database> SqlTable<D> {
    /// `name` is as it stands after `FROM`, quoted.
    pub(crate) fn new(name: String, columns: Vec<SqlColumn>, database: Arc<D>) -> Self {
        let field = |column: &SqlColumn| Field::new(&column.name, column.kind.clone(), true);
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        Self { name, columns: columns.into(), schema, database }
    }

    fn condition(&self, filter: &Expr, bound: &mut Vec<Bound>) -> Option<String> {
        match filter {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                match (left.as_ref(), right.as_ref()) {
                    (Expr::Column(column), Expr::Literal(value, _)) => {
                        self.comparison(column, *op, value, bound)
                    }
                    (Expr::Literal(value, _), Expr::Column(column)) => {
                        self.comparison(column, op.swap()?, value, bound)
                    }
                    _ => None,
                }
            }
            Expr::InList(list) if !list.negated => {
                let Expr::Column(column) = list.expr.as_ref() else { return None };
                let mut choices = Vec::new();
                for choice in &list.list {
                    let Expr::Literal(value, _) = choice else { return None };
                    choices.push(self.comparison(column, Operator::Eq, value, bound)?);
                }
                (!choices.is_empty()).then(|| format!("({})", choices.join(" OR ")))
            }
            _ => None,
        }
    }

    fn comparison(
        &self,
        column: &Column,
        operator: Operator,
        value: &ScalarValue,
        bound: &mut Vec<Bound>,
    ) -> Option<String> {
        let sign = match operator {
            Operator::Eq => "=",
            Operator::Lt => "<",
            Operator::LtEq => "<=",
            Operator::Gt => ">",
            Operator::GtEq => ">=",
            _ => return None,
        };
        let column = self.columns.iter().find(|known| known.name == column.name)?;
        let (parameter, value) = self.database.parameter(bound.len() + 1, column, value)?;
        bound.push(value);
        Some(format!("{} {sign} {parameter}", quoted(&column.name)))
    }

    fn conditions(&self, filters: &[Expr]) -> (Vec<String>, Vec<Bound>) {
        let mut bound = Vec::new();
        let mut conditions = Vec::new();
        for filter in filters {
            let mark = bound.len();
            match self.condition(filter, &mut bound) {
                Some(condition) => conditions.push(condition),
                None => bound.truncate(mark),
            }
        }
        (conditions, bound)
    }
}

#[async_trait::async_trait]
impl<D: Database> TableProvider for SqlTable<D> {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// The database narrows and the engine filters again: databases compare text in more ways than byte by byte.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let pushed = |filter: &&Expr| match self.condition(filter, &mut Vec::new()) {
            Some(_) => TableProviderFilterPushDown::Inexact,
            None => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(pushed).collect())
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let chosen = projection.unwrap_or(&all);
        let schema = Arc::new(self.schema.project(chosen)?);
        let columns = chosen.iter().filter_map(|index| self.columns.get(*index));
        let columns: Vec<String> = columns.map(|column| self.database.read(column)).collect();
        // Counting rows needs no column, but a `SELECT` does.
        let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
        let mut sql = format!("SELECT {columns} FROM {}", self.name);
        let (conditions, bound) = self.conditions(filters);
        if !conditions.is_empty() {
            sql.push_str(" WHERE ");
            sql.push_str(&conditions.join(" AND "));
        }
        if let Some(limit) = limit {
            sql.push_str(&format!(" LIMIT {limit}"));
        }
        let rows = SqlRows {
            sql,
            bound,
            schema: Arc::clone(&schema),
            database: Arc::clone(&self.database),
        };
        let rows: Vec<Arc<dyn PartitionStream>> = vec![Arc::new(rows)];
        Ok(Arc::new(StreamingTableExec::try_new(schema, rows, None, [], false, limit)?))
    }
}

struct SqlRows<D> {
    sql: String,
    bound: Vec<Bound>,
    schema: SchemaRef,
    database: Arc<D>,
}

impl<D: Database> PartitionStream for SqlRows<D> {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        self.database.run(self.sql.clone(), self.bound.clone(), Arc::clone(&self.schema))
    }
}

/// Without the bound values: they are identifiers.
impl<D> fmt::Debug for SqlRows<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlRows").field("sql", &self.sql).finish_non_exhaustive()
    }
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The text or whole number of a literal.
pub(crate) fn bound_of(value: &ScalarValue) -> Option<Bound> {
    if let Some(text) = value.try_as_str() {
        return text.map(|text| Bound::Text(text.to_owned()));
    }
    match value.cast_to(&DataType::Int64) {
        Ok(ScalarValue::Int64(Some(whole))) if value.data_type().is_integer() => {
            Some(Bound::Whole(whole))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::physical_plan::EmptyRecordBatchStream;
    use datafusion::prelude::SessionContext;
    use std::sync::Mutex;

    /// A database that notes what it is asked and holds nothing.
    #[derive(Debug, Default)]
    struct Empty(Mutex<Vec<(String, Vec<Bound>)>>);

    impl Database for Empty {
        fn read(&self, column: &SqlColumn) -> String {
            quoted(&column.name)
        }

        fn parameter(
            &self,
            _: usize,
            _: &SqlColumn,
            value: &ScalarValue,
        ) -> Option<(String, Bound)> {
            Some(("?".to_owned(), bound_of(value)?))
        }

        fn run(
            &self,
            sql: String,
            bound: Vec<Bound>,
            schema: SchemaRef,
        ) -> SendableRecordBatchStream {
            self.0.lock().unwrap().push((sql, bound));
            Box::pin(EmptyRecordBatchStream::new(schema))
        }
    }

    #[tokio::test]
    async fn keys_lists_ranges_columns_and_limits_are_left_to_the_database() {
        let column =
            |name: &str, kind| SqlColumn { name: name.into(), declared: String::new(), kind };
        let columns = vec![
            column("id", DataType::Utf8),
            column("at", DataType::Int64),
            column("secret", DataType::Utf8),
        ];
        let database = Arc::new(Empty::default());
        let session = SessionContext::new();
        let table = SqlTable::new("\"t\"".to_owned(), columns, Arc::clone(&database));
        session.register_table("t", Arc::new(table)).unwrap();
        let text = |text: &str| Bound::Text(text.to_owned());
        let cases = [
            (
                "SELECT at FROM t WHERE id = 'x' AND at >= 5 AND at < 9",
                "SELECT \"id\", \"at\" FROM \"t\" WHERE \"id\" = ? AND \"at\" >= ? AND \"at\" < ?",
                vec![text("x"), Bound::Whole(5), Bound::Whole(9)],
            ),
            (
                "SELECT at FROM (SELECT id, at FROM t) AS d WHERE id IN ('x', 'y', 'z', 'w')",
                "SELECT \"id\", \"at\" FROM \"t\" WHERE (\"id\" = ? OR \"id\" = ? OR \"id\" = ? OR \"id\" = ?)",
                vec![text("x"), text("y"), text("z"), text("w")],
            ),
            ("SELECT at FROM t LIMIT 3", "SELECT \"at\" FROM \"t\" LIMIT 3", vec![]),
            (
                "SELECT at FROM t WHERE id || 'a' = 'xa' LIMIT 3",
                "SELECT \"id\", \"at\" FROM \"t\"",
                vec![],
            ),
        ];
        for (query, expected, bound) in cases {
            session.sql(query).await.unwrap().collect().await.unwrap();
            let (sql, given) = database.0.lock().unwrap().pop().unwrap();
            assert_eq!((sql.as_str(), given), (expected, bound), "{query}");
        }
    }
}
