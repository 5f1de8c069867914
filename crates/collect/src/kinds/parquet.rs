//! Parquet files: rows are found by their statistics, page indexes and bloom filters.

use super::{Opening, files};
use crate::error::CollectError;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use std::sync::Arc;

const ENDING: &str = ".parquet";

pub(crate) async fn open(opening: &Opening<'_>) -> Result<(), CollectError> {
    files::list(opening, ENDING)?;
    let options = opening.session.copied_table_options().parquet;
    let format = ParquetFormat::default().with_options(options);
    files::register(opening, Arc::new(format), ENDING, None).await
}
