//! Whether a declared statement only reads: exactly one query, that creates, changes, locks and copies nothing.

use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast;

/// Checks the text alone, before any source is opened.
pub(crate) fn check(sql: &str) -> Result<(), String> {
    let mut statements = DFParser::parse_sql(sql)
        .map_err(|error| format!("the query is not understood: {error}"))?;
    let first = statements.pop_front();
    if !statements.is_empty() {
        return Err("the query is more than one statement: keep one `SELECT`".to_owned());
    }
    match first {
        Some(Statement::Statement(statement)) => match *statement {
            ast::Statement::Query(query) if reads(&query) => Ok(()),
            _ => Err(NOT_READING.to_owned()),
        },
        Some(_) => Err(NOT_READING.to_owned()),
        None => Err("the query is empty: write one `SELECT`".to_owned()),
    }
}

const NOT_READING: &str = "the query does more than read: write one `SELECT`, or `WITH ... SELECT`";

/// Checks what the text was planned to do, with everything inside it.
pub(crate) fn check_plan(plan: &LogicalPlan) -> Result<(), String> {
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(plan)
        .map_err(|_| NOT_READING.to_owned())
}

fn reads(query: &ast::Query) -> bool {
    let with = query.with.iter().flat_map(|with| &with.cte_tables).all(|table| reads(&table.query));
    with && query.locks.is_empty() && query.pipe_operators.is_empty() && body_reads(&query.body)
}

fn body_reads(body: &ast::SetExpr) -> bool {
    match body {
        ast::SetExpr::Select(select) => select.into.is_none(),
        ast::SetExpr::Query(query) => reads(query),
        ast::SetExpr::SetOperation { left, right, .. } => body_reads(left) && body_reads(right),
        ast::SetExpr::Values(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_one_reading_statement_passes() {
        for reads in [
            "SELECT a FROM t",
            "SELECT a FROM t;",
            "WITH x AS (SELECT a FROM t) SELECT a FROM x UNION ALL SELECT 'DROP TABLE t'",
        ] {
            assert_eq!(check(reads), Ok(()), "{reads}");
        }
        for writes in [
            "",
            "DELETE FROM t",
            "SELECT 1; DROP TABLE t",
            "SELECT a INTO b FROM t",
            "SELECT a FROM t FOR UPDATE",
            "WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x",
            "INSERT INTO t SELECT a FROM u",
            "COPY t TO 'x.csv'",
            "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
            "EXPLAIN ANALYZE SELECT 1",
            "SET x = 1",
            "ATTACH DATABASE 'x' AS y",
            "PRAGMA writable_schema = 1",
        ] {
            assert!(check(writes).is_err(), "{writes}");
        }
    }
}
