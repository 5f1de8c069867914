//! A question put to a source: its parameters in the types that the query expects, and the few rows it gives.

use crate::engine;
use crate::error::{CollectError, of_engine};
use crate::kinds::Opened;
use crate::sources::Sources;
use crate::value;
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ParamValues;
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::LogicalPlan;
use datafusion::scalar::ScalarValue;
use writ_custody::{Question, TimeForm};
use writ_vocabulary::{Account, Instant, ObservedAt};

impl Sources {
    /// The rows of a declared question; none where an identifier cannot be a value there at all.
    pub(crate) async fn ask(
        &self,
        question: &Question,
        values: &[(&str, Parameter)],
    ) -> Result<Vec<RecordBatch>, CollectError> {
        let seconds = self.settings.statement_seconds;
        let (opened, plan) = plan(self, question).await?;
        let bound = bind(&plan, values)
            .map_err(|what| CollectError::Misdeclared { line: question.line, what })?;
        let Some(bound) = bound else { return Ok(Vec::new()) };
        let run = async {
            let plan = plan.with_param_values(bound)?;
            // More than a hundred answers are as ambiguous as two.
            DataFrame::new(opened.session.state(), plan).limit(0, Some(101))?.collect().await
        };
        let source_id = question.source.clone();
        match tokio::time::timeout(self.settings.statement_time(), run).await {
            Ok(rows) => rows.map_err(|error| of_engine(&source_id, seconds, &error)),
            Err(_) => Err(CollectError::TimedOut { source_id, seconds }),
        }
    }
}

/// Whether a question fits its source and knows no other parameters.
pub(crate) async fn check(
    sources: &Sources,
    question: &Question,
    parameters: &[&str],
) -> Result<(), CollectError> {
    let (_, plan) = plan(sources, question).await?;
    let misdeclared = |what| CollectError::Misdeclared { line: question.line, what };
    let names = plan
        .get_parameter_names()
        .map_err(|_| misdeclared("its parameters are not understood".to_owned()))?;
    match names.iter().find(|name| !parameters.contains(&name.trim_start_matches('$'))) {
        Some(other) => Err(misdeclared(format!(
            "the query has a parameter `{other}`: it can use `${}`",
            parameters.join("`, `$")
        ))),
        None => Ok(()),
    }
}

async fn plan(
    sources: &Sources,
    question: &Question,
) -> Result<(Opened, LogicalPlan), CollectError> {
    let opened = sources.source(&question.source).await?;
    let plan = engine::plan(&opened.session, &question.query)
        .await
        .map_err(|what| CollectError::Misdeclared { line: question.line, what })?;
    Ok((opened, plan))
}

/// A value for a parameter.
pub(crate) enum Parameter {
    Text(String),
    Whole(i64),
    Time(Instant),
}

/// The values that an account gives to the parameters of its question.
pub(crate) fn parameters(account: &Account) -> Vec<(&'static str, Parameter)> {
    let one = |name, text: String| vec![(name, Parameter::Text(text))];
    match account {
        Account::Mail(mail) => one("mail", mail.to_string()),
        Account::Phone(phone) => one("phone", phone.to_string()),
        Account::Customer(id) => one("customer", id.clone()),
        Account::Url(url) => one("url", url.to_string()),
        Account::Ip { address, port, at } => {
            let mut values = one("address", address.to_string());
            values.extend(port.map(|port| ("port", Parameter::Whole(port.into()))));
            if let ObservedAt::Exact(at) = at {
                values.push(("at", Parameter::Time(*at)));
                values.push(("at_unix", Parameter::Whole(at.as_second())));
            }
            values
        }
        Account::Everyone(_) => Vec::new(),
    }
}

/// The parameters in the types that the query expects; none where the identifier cannot be a value there at all.
fn bind(plan: &LogicalPlan, values: &[(&str, Parameter)]) -> Result<Option<ParamValues>, String> {
    let expected =
        plan.get_parameter_types().map_err(|_| "its parameters are not understood".to_owned())?;
    let mut bound: Vec<(String, ScalarValue)> = Vec::new();
    for (name, wanted) in expected {
        let name = name.trim_start_matches('$');
        let wanted = wanted.unwrap_or(DataType::Utf8);
        let given = values.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        let value = match given {
            Some(Parameter::Text(text)) => match value::typed(text, &wanted) {
                Some(value) => value,
                None if wanted.is_integer() => return Ok(None),
                None => return Err(format!("`${name}` is text and is compared with `{wanted}`")),
            },
            Some(Parameter::Whole(whole)) => ScalarValue::Int64(Some(*whole))
                .cast_to(&wanted)
                .map_err(|_| format!("`${name}` is a whole number and is compared with `{wanted}`"))?,
            Some(Parameter::Time(at)) => value::tick(*at, TimeForm::Timestamp, &wanted).ok_or_else(|| {
                format!("`${name}` is a date-time and is compared with `{wanted}`: write `CAST(column AS TIMESTAMP)`, or use `$at_unix`")
            })?,
            None => return Err(format!("the query has a parameter `${name}` that this question does not have")),
        };
        bound.push((name.to_owned(), value));
    }
    Ok(Some(ParamValues::from(bound)))
}

/// The texts of the first column.
pub(crate) fn first_column(rows: &[RecordBatch]) -> impl Iterator<Item = String> {
    let column = |batch: &RecordBatch| -> Option<ArrayRef> { batch.columns().first().cloned() };
    rows.iter().filter_map(column).flat_map(|column| {
        (0..column.len())
            .filter_map(move |row| value::key(column.as_ref(), row))
            .collect::<Vec<_>>()
    })
}

/// The text of a column at a row.
pub(crate) fn named(batch: &RecordBatch, name: &str, row: usize) -> Option<String> {
    let column = batch.column_by_name(name).filter(|column| row < column.len())?;
    match value::cell(column.as_ref(), row) {
        value::Cell::Truth(truth) => Some(truth.to_string()),
        _ => value::key(column.as_ref(), row),
    }
}
