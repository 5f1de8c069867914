//! NDJSON files: one JSON object a line. The types of the columns are told by the first thousand lines.

use super::{Opening, files};
use crate::error::CollectError;
use datafusion::datasource::file_format::json::JsonFormat;
use std::sync::Arc;

const ENDING: &str = ".ndjson";

pub(crate) async fn open(opening: &Opening<'_>) -> Result<(), CollectError> {
    files::list(opening, ENDING)?;
    files::register(opening, Arc::new(JsonFormat::default()), ENDING, None).await
}
