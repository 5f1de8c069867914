//! Values: text into the type of a column, and a cell into the forms of a file.

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{
    DataType, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::scalar::ScalarValue;
use writ_custody::TimeForm;
use writ_vocabulary::Instant;

/// One cell, ready to be written.
#[derive(Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Nothing,
    Truth(bool),
    Whole(i128),
    Fraction(f64),
    Text(&'a str),
    Shown(String),
    Bytes(&'a [u8]),
}

/// The cell of `column` at `row`. Date-times are shown in UTC as in RFC 3339.
pub(crate) fn cell(column: &dyn Array, row: usize) -> Cell<'_> {
    if column.is_null(row) {
        return Cell::Nothing;
    }
    if let Some(whole) = whole(column, row) {
        return Cell::Whole(whole);
    }
    match column.data_type() {
        DataType::Boolean => Cell::Truth(column.as_boolean().value(row)),
        DataType::Utf8 => Cell::Text(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Cell::Text(column.as_string::<i64>().value(row)),
        DataType::Utf8View => Cell::Text(column.as_string_view().value(row)),
        DataType::Binary => Cell::Bytes(column.as_binary::<i32>().value(row)),
        DataType::LargeBinary => Cell::Bytes(column.as_binary::<i64>().value(row)),
        DataType::BinaryView => Cell::Bytes(column.as_binary_view().value(row)),
        DataType::Float64 => Cell::Fraction(column.as_primitive::<Float64Type>().value(row)),
        DataType::Timestamp(_, _) => match instant(column, row, TimeForm::Timestamp) {
            Some(instant) => Cell::Shown(instant.to_string()),
            None => shown(column, row),
        },
        _ => shown(column, row),
    }
}

fn shown(column: &dyn Array, row: usize) -> Cell<'_> {
    let options = FormatOptions::default();
    match ArrayFormatter::try_new(column, &options) {
        Ok(formatter) => Cell::Shown(formatter.value(row).to_string()),
        Err(_) => Cell::Nothing,
    }
}

/// The bytes of a cell that is content.
pub(crate) fn bytes(column: &dyn Array, row: usize) -> Option<&[u8]> {
    match cell(column, row) {
        Cell::Bytes(bytes) => Some(bytes),
        Cell::Text(text) => Some(text.as_bytes()),
        _ => None,
    }
}

/// The text by which two keys are compared.
pub(crate) fn key(column: &dyn Array, row: usize) -> Option<String> {
    match cell(column, row) {
        Cell::Text(text) => Some(text.to_owned()),
        Cell::Whole(whole) => Some(whole.to_string()),
        _ => None,
    }
}

/// The instant that a cell tells.
pub(crate) fn instant(column: &dyn Array, row: usize, form: TimeForm) -> Option<Instant> {
    if column.is_null(row) {
        return None;
    }
    let nanoseconds = match column.data_type() {
        DataType::Timestamp(unit, _) => {
            let ticks = match unit {
                TimeUnit::Second => column.as_primitive::<TimestampSecondType>().value(row),
                TimeUnit::Millisecond => {
                    column.as_primitive::<TimestampMillisecondType>().value(row)
                }
                TimeUnit::Microsecond => {
                    column.as_primitive::<TimestampMicrosecondType>().value(row)
                }
                TimeUnit::Nanosecond => column.as_primitive::<TimestampNanosecondType>().value(row),
            };
            i128::from(ticks) * nanoseconds_of(*unit)
        }
        _ => whole(column, row)?.checked_mul(nanoseconds_of(unit_of(form)?))?,
    };
    Instant::from_nanosecond(nanoseconds).ok()
}

fn whole(column: &dyn Array, row: usize) -> Option<i128> {
    Some(match column.data_type() {
        DataType::Int8 => column.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => column.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
        DataType::UInt8 => column.as_primitive::<UInt8Type>().value(row).into(),
        DataType::UInt16 => column.as_primitive::<UInt16Type>().value(row).into(),
        DataType::UInt32 => column.as_primitive::<UInt32Type>().value(row).into(),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).into(),
        _ => return None,
    })
}

/// `text` as a value of `wanted`, only if it reads back as the same text: `007` is not the number 7.
pub(crate) fn typed(text: &str, wanted: &DataType) -> Option<ScalarValue> {
    if wanted.is_integer() {
        let value = ScalarValue::try_from_string(text.to_owned(), wanted).ok()?;
        return (value.to_string() == text).then_some(value);
    }
    match wanted {
        DataType::Utf8 | DataType::Null => Some(ScalarValue::Utf8(Some(text.to_owned()))),
        DataType::LargeUtf8 => Some(ScalarValue::LargeUtf8(Some(text.to_owned()))),
        DataType::Utf8View => Some(ScalarValue::Utf8View(Some(text.to_owned()))),
        _ => None,
    }
}

/// `instant` on the clock of a column: its first tick that is not before.
pub(crate) fn tick(instant: Instant, form: TimeForm, wanted: &DataType) -> Option<ScalarValue> {
    let unit = match (form, wanted) {
        (TimeForm::Timestamp | TimeForm::Rfc3339, DataType::Timestamp(unit, _)) => *unit,
        (form, wanted) if wanted.is_integer() => unit_of(form)?,
        _ => return None,
    };
    let nanoseconds = instant.as_nanosecond();
    let per_tick = nanoseconds_of(unit);
    let ticks =
        nanoseconds.div_euclid(per_tick) + i128::from(nanoseconds.rem_euclid(per_tick) != 0);
    // Beyond what the column can hold, its furthest tick is as good.
    let ticks = i64::try_from(ticks).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX });
    let zone = match wanted {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => return ScalarValue::Int64(Some(ticks)).cast_to(wanted).ok(),
    };
    Some(match unit {
        TimeUnit::Second => ScalarValue::TimestampSecond(Some(ticks), zone),
        TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(Some(ticks), zone),
        TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(Some(ticks), zone),
        TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(Some(ticks), zone),
    })
}

fn unit_of(form: TimeForm) -> Option<TimeUnit> {
    match form {
        TimeForm::UnixSeconds => Some(TimeUnit::Second),
        TimeForm::UnixMillis => Some(TimeUnit::Millisecond),
        TimeForm::UnixMicros => Some(TimeUnit::Microsecond),
        TimeForm::Timestamp | TimeForm::Rfc3339 => None,
    }
}

fn nanoseconds_of(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}
