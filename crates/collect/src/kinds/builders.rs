//! Rows into batches: bounded in rows and in bytes, so that large cells do not fill the memory.

use crate::error::ReadFault;
use datafusion::arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, RecordBatch,
    RecordBatchOptions, StringBuilder, TimestampMicrosecondBuilder,
};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::error::{DataFusionError, Result};
use std::sync::Arc;

/// One value as a source gave it.
pub(crate) enum Given {
    Nothing,
    Truth(bool),
    Whole(i64),
    Fraction(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A batch in the making.
pub(crate) struct Batch {
    schema: SchemaRef,
    columns: Vec<Builder>,
    rows: usize,
    bytes: usize,
    most_rows: usize,
}

const MOST_BYTES: usize = 4 << 20;

enum Builder {
    Truth(BooleanBuilder),
    Whole(Int64Builder),
    Fraction(Float64Builder),
    Text(StringBuilder),
    Bytes(BinaryBuilder),
    Time(TimestampMicrosecondBuilder),
}

impl Batch {
    pub(crate) fn new(schema: &SchemaRef, most_rows: usize) -> Self {
        let columns = schema.fields().iter().map(|field| Builder::of(field.data_type())).collect();
        Self { schema: Arc::clone(schema), columns, rows: 0, bytes: 0, most_rows }
    }

    /// Adds a row: one value for each column, in order.
    pub(crate) fn add(&mut self, row: Vec<Given>) -> Result<()> {
        for ((builder, given), field) in
            self.columns.iter_mut().zip(row).zip(self.schema.fields().iter())
        {
            self.bytes += given.size();
            if !builder.append(given) {
                let why = format!(
                    "the column `{}` holds a value that is no {}",
                    field.name(),
                    field.data_type()
                );
                return Err(ReadFault::unreadable(why));
            }
        }
        self.rows += 1;
        Ok(())
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows >= self.most_rows || self.bytes >= MOST_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The batch so far; the next begins empty.
    pub(crate) fn take(&mut self) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = self.columns.iter_mut().map(Builder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        (self.rows, self.bytes) = (0, 0);
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(DataFusionError::from)
    }
}

impl Given {
    fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            _ => 8,
        }
    }
}

impl Builder {
    fn of(kind: &DataType) -> Self {
        match kind {
            DataType::Boolean => Self::Truth(BooleanBuilder::new()),
            DataType::Int64 => Self::Whole(Int64Builder::new()),
            DataType::Float64 => Self::Fraction(Float64Builder::new()),
            DataType::Binary => Self::Bytes(BinaryBuilder::new()),
            DataType::Timestamp(_, zone) => {
                Self::Time(TimestampMicrosecondBuilder::new().with_timezone_opt(zone.clone()))
            }
            _ => Self::Text(StringBuilder::new()),
        }
    }

    /// Whether the value fits the column. Nothing is rounded, and no text is taken for a number.
    fn append(&mut self, given: Given) -> bool {
        match (self, given) {
            (Self::Truth(column), Given::Nothing) => column.append_null(),
            (Self::Truth(column), Given::Truth(truth)) => column.append_value(truth),
            (Self::Whole(column), Given::Nothing) => column.append_null(),
            (Self::Whole(column), Given::Whole(whole)) => column.append_value(whole),
            (Self::Fraction(column), Given::Nothing) => column.append_null(),
            (Self::Fraction(column), Given::Fraction(fraction)) => column.append_value(fraction),
            // Whole numbers up to 2^53 are fractions without loss.
            (Self::Fraction(column), Given::Whole(whole)) if whole.unsigned_abs() <= 1 << 53 => {
                column.append_value(whole as f64);
            }
            (Self::Time(column), Given::Nothing) => column.append_null(),
            (Self::Time(column), Given::Whole(micros)) => column.append_value(micros),
            (Self::Bytes(column), Given::Nothing) => column.append_null(),
            (Self::Bytes(column), Given::Bytes(bytes)) => column.append_value(bytes),
            (Self::Bytes(column), Given::Text(text)) => column.append_value(text),
            (Self::Text(column), Given::Nothing) => column.append_null(),
            (Self::Text(column), Given::Text(text)) => column.append_value(text),
            (Self::Text(column), Given::Whole(whole)) => column.append_value(whole.to_string()),
            (Self::Text(column), Given::Fraction(fraction)) => {
                column.append_value(fraction.to_string())
            }
            _ => return false,
        }
        true
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Truth(column) => Arc::new(column.finish()),
            Self::Whole(column) => Arc::new(column.finish()),
            Self::Fraction(column) => Arc::new(column.finish()),
            Self::Text(column) => Arc::new(column.finish()),
            Self::Bytes(column) => Arc::new(column.finish()),
            Self::Time(column) => Arc::new(column.finish()),
        }
    }
}
