//! The last look: every row is checked again before it is written, and every declaration before it is used.

use crate::engine;
use crate::error::CollectError;
use crate::plan::{OutputColumn, Step};
use crate::sources::Sources;
use crate::statement::{self, ACCOUNT, TIME};
use crate::value;
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::logical_expr::LogicalPlan;
use std::sync::Arc;
use writ_custody::{Kind, TimeForm, Yields};
use writ_vocabulary::Period;

/// Fails if one row of the batch is of another account or outside the granted period, or if the columns are not
/// those of the step. Nothing relies on the query having been right.
pub(crate) fn rows(step: &Step, batch: &RecordBatch) -> Result<(), CollectError> {
    let leak = |rows: usize, what| CollectError::Leak {
        source_id: step.source.clone(),
        rows: u64::try_from(rows).unwrap_or(u64::MAX),
        what,
        line: step.yields.line,
    };
    if !columns_are(step, batch) {
        return Err(leak(batch.num_rows(), "have other columns than those granted"));
    }
    let strangers = batch.column_by_name(ACCOUNT).map_or(batch.num_rows(), |keys| {
        let is_own = |row: &usize| {
            value::key(keys.as_ref(), *row).as_deref() == Some(step.subject.0.as_str())
        };
        (0..keys.len()).filter(|row| !is_own(row)).count()
    });
    if strangers > 0 {
        return Err(leak(strangers, "belong to another account"));
    }
    let Some(time) = &step.yields.time else { return Ok(()) };
    let outside = batch.column_by_name(TIME).map_or(batch.num_rows(), |times| {
        (0..times.len())
            .filter(|row| !is_within(times.as_ref(), *row, time.form, step.period))
            .count()
    });
    if outside > 0 {
        return Err(leak(outside, "lie outside the granted period"));
    }
    Ok(())
}

fn is_within(times: &dyn Array, row: usize, form: TimeForm, period: Period) -> bool {
    // An undated row may be given only where no time was excluded.
    match value::instant(times, row, form) {
        Some(instant) => period.contains(instant),
        None => period == Period::ALL,
    }
}

fn columns_are(step: &Step, batch: &RecordBatch) -> bool {
    let schema = batch.schema();
    let mut found: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let mut granted: Vec<&str> = vec![ACCOUNT];
    granted.extend(step.yields.time.iter().map(|_| TIME));
    granted.extend(
        step.columns.iter().filter(|column| !column.is_time).map(|column| column.name.as_str()),
    );
    found.sort_unstable();
    granted.sort_unstable();
    found == granted
}

/// Whether what is declared fits its source: all of its columns, keys and times, with every parameter of a step.
pub(crate) async fn declaration(sources: &Sources, yields: &Yields) -> Result<(), CollectError> {
    let opened = sources.source(&yields.source).await?;
    let kind = sources.custody.sources.get(&yields.source).map(|source| source.kind);
    let Some(kind) = kind.filter(|kind| *kind != Kind::Objects) else { return Ok(()) };
    let columns: Vec<OutputColumn> = yields
        .columns
        .iter()
        .map(|column| OutputColumn {
            name: column.name.clone(),
            column: column.name.clone(),
            elements: column.elements.iter().cloned().collect(),
            is_time: false,
        })
        .collect();
    for key in yields.account_key.values() {
        let sql = statement::query(kind, yields, key, &columns, some_period());
        typed(&opened.session, yields, &sql).await?;
    }
    Ok(())
}

/// The plan of a step's query, once its parameters are known to have values of the right types.
pub(crate) async fn typed(
    session: &datafusion::prelude::SessionContext,
    yields: &Yields,
    sql: &str,
) -> Result<Arc<LogicalPlan>, CollectError> {
    let misdeclared = |what| CollectError::Misdeclared { line: yields.line, what };
    let plan = engine::plan(session, sql).await.map_err(misdeclared)?;
    let expected = plan
        .get_parameter_types()
        .map_err(|_| misdeclared("its parameters are not understood".to_owned()))?;
    // Any identifier would do here: `0` is text and a number.
    if let Some(Err(what)) = statement::parameters(yields, "0", some_period(), &expected) {
        return Err(misdeclared(what));
    }
    Ok(Arc::new(plan))
}

fn some_period() -> Period {
    let at = |second| jiff::Timestamp::from_second(second).ok();
    Period::new(at(0), at(1)).unwrap_or_default()
}
