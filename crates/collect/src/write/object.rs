//! Objects byte for byte under numbers, with an index: their names are a customer's, and may be anything.

use super::rows::{guarded, line};
use super::{Folder, Output, Spent};
use crate::error::CollectError;
use crate::kinds::objects::Object;
use crate::plan::Step;
use crate::value::Cell;
use std::fs::File;
use std::io::Read;
use writ_vocabulary::{FileEntry, FileForm};

/// The files of a step that gives objects.
pub(crate) struct ObjectFiles<'a> {
    folder: &'a Folder,
    spent: &'a Spent,
    step: &'a Step,
    index: Output<'a>,
    files: Vec<FileEntry>,
    objects: u64,
}

const CHUNK: usize = 1 << 20;

impl<'a> ObjectFiles<'a> {
    pub(crate) fn create(
        folder: &'a Folder,
        spent: &'a Spent,
        step: &'a Step,
    ) -> Result<Self, CollectError> {
        let mut index = Output::create(folder, spent, step, format!("{}.csv", step.path))?;
        let columns = step.columns.iter().filter(|column| column.column != "content");
        let head = ["file", "sha256"].into_iter().chain(columns.map(|column| column.name.as_str()));
        index.write(&line(head))?;
        Ok(Self { folder, spent, step, index, files: Vec::new(), objects: 0 })
    }

    pub(crate) fn objects(&self) -> u64 {
        self.objects
    }

    pub(crate) async fn copy(&mut self, object: &Object) -> Result<(), CollectError> {
        let name = format!("{}/{:06}", self.step.path, self.objects + 1);
        let mut output = Output::create(self.folder, self.spent, self.step, name.clone())?;
        let away = |error: std::io::Error| CollectError::SourceUnavailable {
            source_id: self.step.source.clone(),
            why: format!("an object cannot be read: {}", error.kind()),
        };
        let mut file = File::open(&object.path).map_err(away)?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = file.read(&mut chunk).map_err(away)?;
            let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            output.write(bytes)?;
            // Copying must not keep other cases waiting, and must notice that its time is over.
            tokio::task::yield_now().await;
        }
        self.index.write(&self.line(object, &name, &output.digest().to_string()))?;
        self.files.push(output.finish(FileForm::Object, 1)?);
        self.objects += 1;
        Ok(())
    }

    fn line(&self, object: &Object, file: &str, digest: &str) -> Vec<u8> {
        let columns = self.step.columns.iter().filter(|column| column.column != "content");
        let cells = columns.map(|column| match column.column.as_str() {
            "name" => guarded(&Cell::Text(&object.name)),
            "modified" => object.modified.to_string(),
            "size" => object.size.to_string(),
            "account" => guarded(&Cell::Text(&self.step.subject.0)),
            _ => String::new(),
        });
        let cells: Vec<String> =
            [file.to_owned(), digest.to_owned()].into_iter().chain(cells).collect();
        line(cells.iter().map(String::as_str))
    }

    pub(crate) fn finish(self) -> Result<Vec<FileEntry>, CollectError> {
        let mut files = self.files;
        files.push(self.index.finish(FileForm::Csv, self.objects)?);
        Ok(files)
    }
}
