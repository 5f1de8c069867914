//! The one query of a step: its text with named parameters, and their values at the source.

use crate::plan::OutputColumn;
use crate::value;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ParamValues;
use datafusion::scalar::ScalarValue;
use std::collections::HashMap;
use std::fmt::Write as _;
use writ_custody::{Form, Kind, Relation, TimeForm, Yields};
use writ_vocabulary::{Instant, Period};

/// The column that says whose a row is, in the answer.
pub(crate) const ACCOUNT: &str = "_account";
/// The column that says when it was.
pub(crate) const TIME: &str = "_time";

/// The text, with `$account`, `$from` and `$until`. Columns that are not in `columns` are not in it.
pub(crate) fn query(
    kind: Kind,
    yields: &Yields,
    key: &str,
    columns: &[OutputColumn],
    period: Period,
) -> String {
    if kind == Kind::Objects {
        return objects(kind, yields, period);
    }
    let time = yields.time.as_ref().map(|time| time_expression(kind, &time.name, time.form));
    let mut select = vec![format!("{} AS {ACCOUNT}", quoted(key))];
    select.extend(time.as_ref().map(|time| format!("{time} AS {TIME}")));
    for column in columns.iter().filter(|column| !column.is_time) {
        select.push(format!("{} AS {}", quoted(&column.column), quoted(&column.name)));
    }
    let mut sql = format!("SELECT {} FROM {}", select.join(", "), relation(&yields.relation));
    let _ = write!(sql, " WHERE {} = $account{}", quoted(key), within(kind, yields, period));
    let _ = write!(sql, " ORDER BY {}", order(kind, yields, columns).join(", "));
    sql
}

/// A query as it is shown to people: `:account` for `$account`.
pub(crate) fn shown(query: &str) -> String {
    ["account", "from", "until"]
        .iter()
        .fold(query.to_owned(), |text, name| text.replace(&format!("${name}"), &format!(":{name}")))
}

fn objects(kind: Kind, yields: &Yields, period: Period) -> String {
    format!(
        "every object in the folder of $account{}",
        within(kind, yields, period).replacen(" AND", " WHERE", 1)
    )
}

fn relation(relation: &Relation) -> String {
    match relation {
        Relation::Table(table) => quoted(table),
        Relation::Query(query) => format!("({}) AS declared", query.trim().trim_end_matches(';')),
    }
}

fn within(kind: Kind, yields: &Yields, period: Period) -> String {
    let Some(time) = &yields.time else { return String::new() };
    let expression = time_expression(kind, &time.name, time.form);
    let column = quoted(&time.name);
    let mut text = String::new();
    // Text sorts by date only to within the zones' width, so days bound it coarsely where an index can be used, and
    // the instant exactly.
    let coarse = time.form == TimeForm::Rfc3339;
    if period.from().is_some() {
        if coarse {
            let _ = write!(text, " AND {column} >= $from_day");
        }
        let _ = write!(text, " AND {expression} >= $from");
    }
    if period.until().is_some() {
        if coarse {
            let _ = write!(text, " AND {column} < $until_day");
        }
        let _ = write!(text, " AND {expression} < $until");
    }
    text
}

fn time_expression(kind: Kind, column: &str, form: TimeForm) -> String {
    let column = quoted(column);
    match form {
        TimeForm::Rfc3339 => format!("TRY_CAST({column} AS TIMESTAMP)"),
        // In CSV every column is text.
        TimeForm::UnixSeconds | TimeForm::UnixMillis | TimeForm::UnixMicros
            if kind == Kind::Csv =>
        {
            format!("TRY_CAST({column} AS BIGINT)")
        }
        _ => column,
    }
}

/// By time, then by every column: the same rows always come in the same order. A Maildir gives its messages in the
/// order of their files, which spares sorting their contents.
fn order(kind: Kind, yields: &Yields, columns: &[OutputColumn]) -> Vec<String> {
    let mut order: Vec<String> =
        yields.time.iter().map(|_| format!("{TIME} NULLS FIRST")).collect();
    if kind == Kind::Maildir {
        order.push("file".to_owned());
    } else {
        let columns = columns.iter().filter(|column| !column.is_time);
        order.extend(columns.map(|column| quoted(&column.name)));
    }
    if order.is_empty() {
        order.push(ACCOUNT.to_owned());
    }
    order
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The values of the parameters of a step, in the types that its source expects; none where the account's
/// identifier cannot be a key there at all, so that nothing is held.
pub(crate) fn parameters(
    yields: &Yields,
    account: &str,
    period: Period,
    expected: &HashMap<String, Option<DataType>>,
) -> Option<Result<ParamValues, String>> {
    let mut values: Vec<(String, ScalarValue)> = Vec::new();
    for (name, wanted) in expected {
        let wanted = wanted.clone().unwrap_or(DataType::Utf8);
        let name = name.trim_start_matches('$');
        let value = match name {
            "account" => match value::typed(account, &wanted) {
                Some(value) => Ok(value),
                None if wanted.is_integer() => return None,
                None => Err(format!(
                    "the account key has the type `{wanted}`: it must be text or a whole number"
                )),
            },
            "from" => bound(yields, period.from(), &wanted),
            "until" => bound(yields, period.until(), &wanted),
            "from_day" => day(period.from(), -2, &wanted),
            "until_day" => day(period.until(), 2, &wanted),
            other => Err(format!(
                "the query has a parameter `${other}`: leave it out, the plan adds whose rows and when"
            )),
        };
        match value {
            Ok(value) => values.push((name.to_owned(), value)),
            Err(what) => return Some(Err(what)),
        }
    }
    Some(Ok(ParamValues::from(values)))
}

fn bound(
    yields: &Yields,
    instant: Option<Instant>,
    wanted: &DataType,
) -> Result<ScalarValue, String> {
    let form = yields.time.as_ref().map(|time| time.form).unwrap_or_default();
    instant.and_then(|instant| value::tick(instant, form, wanted)).ok_or_else(|| {
        format!("the time column has the type `{wanted}`, which is not what `time_form` says: give `time_form`")
    })
}

fn day(instant: Option<Instant>, days: i64, wanted: &DataType) -> Result<ScalarValue, String> {
    let wrong = || format!("the time column has the type `{wanted}`, but `time_form` says text");
    let instant = instant.ok_or_else(wrong)?;
    let span = jiff::SignedDuration::from_hours(24 * days);
    // Near the ends of time there is no neighbouring day, and the text bound is the end itself.
    let day = instant.checked_add(span).unwrap_or(instant);
    value::typed(&day.strftime("%Y-%m-%d").to_string(), wanted).ok_or_else(wrong)
}

/// Whether rows are given in this form, so that the whole content is one column.
pub(crate) fn is_content(form: Form) -> bool {
    matches!(form, Form::Mail | Form::Objects)
}
