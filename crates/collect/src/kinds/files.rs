//! Files of rows: one file, or a folder of files of one form.

use super::Opening;
use crate::error::CollectError;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

/// Registers the files with this ending as the source's table. Without a schema, the files tell it.
pub(crate) async fn register(
    opening: &Opening<'_>,
    format: Arc<dyn FileFormat>,
    ending: &str,
    schema: Option<SchemaRef>,
) -> Result<(), CollectError> {
    let path = opening.path()?;
    let url = table_url(&path).ok_or_else(|| opening.away("its location is not understood"))?;
    // A single file may have any name.
    let ending = if path.is_dir() { ending } else { "" };
    let options = ListingOptions::new(format).with_file_extension(ending);
    let schema = match schema {
        Some(schema) => schema,
        None => options
            .infer_schema(&opening.session.state(), &url)
            .await
            .map_err(|error| crate::error::of_engine(&opening.source.id, 0, &error))?,
    };
    let config = ListingTableConfig::new(url).with_listing_options(options).with_schema(schema);
    let table = ListingTable::try_new(config)
        .map_err(|_| opening.unreadable("its files cannot be read as one table"))?;
    opening
        .session
        .register_table(opening.source.table(), Arc::new(table))
        .map(|_| ())
        .map_err(|_| opening.unreadable("its table cannot be registered"))
}

/// The files with this ending, sorted; the file itself where the location is one.
pub(crate) fn list(opening: &Opening<'_>, ending: &str) -> Result<Vec<PathBuf>, CollectError> {
    let path = opening.path()?;
    if path.is_file() {
        return Ok(vec![path]);
    }
    let mut files = Vec::new();
    let mut folders = vec![path];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(|error| opening.away(error.kind().to_string()))?;
        for entry in entries {
            let path = entry.map_err(|error| opening.away(error.kind().to_string()))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                files.push(path);
            }
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(opening.away(format!("its folder holds no `*{ending}` file")));
    }
    Ok(files)
}

fn table_url(path: &Path) -> Option<ListingTableUrl> {
    let url =
        if path.is_dir() { Url::from_directory_path(path) } else { Url::from_file_path(path) };
    ListingTableUrl::try_new(url.ok()?, None).ok()
}
