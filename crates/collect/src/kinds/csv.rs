//! CSV files (RFC 4180) with a header line. Every column is text, as it stands: `007` stays `007`.

use super::{Opening, files};
use crate::error::CollectError;
use datafusion::arrow::csv::reader::Format;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::datasource::file_format::csv::CsvFormat;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

const ENDING: &str = ".csv";

pub(crate) async fn open(opening: &Opening<'_>) -> Result<(), CollectError> {
    let mut schema: Option<SchemaRef> = None;
    for file in files::list(opening, ENDING)? {
        let header = header(opening, &file)?;
        // Columns are told by their place, so files with other headers would swap them.
        if schema.as_ref().is_some_and(|schema| *schema != header) {
            let why =
                "its files do not have the same header line: put them into folders of their own";
            return Err(opening.unreadable(why));
        }
        schema = Some(header);
    }
    let format = CsvFormat::default().with_has_header(true).with_newlines_in_values(true);
    files::register(opening, Arc::new(format), ENDING, schema).await
}

fn header(opening: &Opening<'_>, file: &Path) -> Result<SchemaRef, CollectError> {
    let file = File::open(file).map_err(|error| opening.away(error.kind().to_string()))?;
    let (schema, _) = Format::default()
        .with_header(true)
        .infer_schema(file, Some(0))
        .map_err(|_| opening.unreadable("a file has no header line"))?;
    let text = |name: &String| Field::new(name, DataType::Utf8, true);
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    Ok(Arc::new(Schema::new(names.iter().map(text).collect::<Vec<_>>())))
}
