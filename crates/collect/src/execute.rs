//! Carrying out a plan: its queries run a few at a time, their rows are checked, written and digested as they come.

use crate::check;
use crate::error::{CollectError, of_engine};
use crate::kinds::{Opened, objects};
use crate::plan::{Plan, Step};
use crate::sources::Sources;
use crate::statement;
use crate::write::{Folder, MailFile, ObjectFiles, RowFiles, Spent};
use datafusion::execution::SendableRecordBatchStream;
use futures::{StreamExt, TryStreamExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use writ_custody::Form;
use writ_vocabulary::{FileEntry, Instant, Manifest, SourceId};

/// What was collected: a folder of files and their manifest.
#[derive(Debug, Clone)]
pub struct Production {
    /// The folder.
    pub dir: PathBuf,
    /// What is in it, and what is not.
    pub manifest: Manifest,
}

/// How far a collection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Which query, counted from 1.
    pub step: usize,
    /// Of how many.
    pub steps: usize,
    /// The source it reads.
    pub source: SourceId,
    /// Rows, messages or objects written so far.
    pub rows: u64,
    /// Whether it is finished.
    pub finished: bool,
}

/// Carries out `plan` and writes the production to `out`, a new or empty folder.
///
/// The production is whole, or there is none: after an error, or when the future is dropped, `out` is gone. The
/// folder and its files can be read by this program's account alone. `clock` is asked when collecting begins and
/// when it ends.
pub async fn execute(
    plan: &Plan,
    sources: &Sources,
    out: &Path,
    clock: &(dyn Fn() -> Instant + Send + Sync),
    progress: impl FnMut(Progress) + Send,
) -> Result<Production, CollectError> {
    let began = clock();
    let folder = Folder::create(out)?;
    let spent = Spent::new(plan.bounds().bytes);
    let progress = Mutex::new(progress);
    let runs: Vec<_> = (1..)
        .zip(plan.steps())
        .map(|(number, step)| {
            within_time(
                Run { plan, step, sources, folder: &folder, spent: &spent },
                teller(&progress, plan, number, step),
            )
        })
        .collect();
    let at_once = sources.settings.queries.max(1);
    let files: Vec<Vec<FileEntry>> =
        futures::stream::iter(runs).buffered(at_once).try_collect().await?;
    let mut files: Vec<FileEntry> = files.into_iter().flatten().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let withheld = plan.withheld().to_vec();
    let manifest = Manifest { case: plan.case().clone(), began, ended: clock(), files, withheld };
    Ok(Production { dir: folder.keep(), manifest })
}

fn teller<'a, P: FnMut(Progress) + Send>(
    progress: &'a Mutex<P>,
    plan: &'a Plan,
    number: usize,
    step: &'a Step,
) -> impl Fn(u64, bool) + Send + 'a {
    move |rows, finished| {
        let (steps, source) = (plan.steps().len(), step.source.clone());
        // A reporter that panicked once is not asked again; collecting does not depend on it.
        if let Ok(mut progress) = progress.lock() {
            progress(Progress { step: number, steps, source, rows, finished });
        }
    }
}

struct Run<'a> {
    plan: &'a Plan,
    step: &'a Step,
    sources: &'a Sources,
    folder: &'a Folder,
    spent: &'a Spent,
}

async fn within_time(
    run: Run<'_>,
    tell: impl Fn(u64, bool),
) -> Result<Vec<FileEntry>, CollectError> {
    let seconds = run.plan.bounds().seconds;
    let source_id = run.step.source.clone();
    match tokio::time::timeout(Duration::from_secs(seconds), run.files(tell)).await {
        Ok(files) => files,
        Err(_) => Err(CollectError::TimedOut { source_id, seconds }),
    }
}

impl Run<'_> {
    async fn files(&self, tell: impl Fn(u64, bool)) -> Result<Vec<FileEntry>, CollectError> {
        let opened = self.sources.source(&self.step.source).await?;
        match self.step.form() {
            Form::Rows => self.rows(&opened, tell).await,
            Form::Mail => self.mail(&opened, tell).await,
            Form::Objects => self.objects(&opened, tell).await,
        }
    }

    async fn rows(
        &self,
        opened: &Opened,
        tell: impl Fn(u64, bool),
    ) -> Result<Vec<FileEntry>, CollectError> {
        let mut files = RowFiles::create(self.folder, self.spent, self.step)?;
        let mut rows = self.query(opened).await?;
        while let Some(batch) = self.next(&mut rows).await? {
            files.write(&batch)?;
            self.bounded(files.rows())?;
            tell(files.rows(), false);
        }
        tell(files.rows(), true);
        files.finish()
    }

    async fn mail(
        &self,
        opened: &Opened,
        tell: impl Fn(u64, bool),
    ) -> Result<Vec<FileEntry>, CollectError> {
        let mut file = MailFile::create(self.folder, self.spent, self.step)?;
        let mut rows = self.query(opened).await?;
        while let Some(batch) = self.next(&mut rows).await? {
            file.write(&batch)?;
            self.bounded(file.messages())?;
            tell(file.messages(), false);
        }
        tell(file.messages(), true);
        file.finish()
    }

    async fn objects(
        &self,
        opened: &Opened,
        tell: impl Fn(u64, bool),
    ) -> Result<Vec<FileEntry>, CollectError> {
        let away = |error: std::io::Error| CollectError::SourceUnavailable {
            source_id: self.step.source.clone(),
            why: error.kind().to_string(),
        };
        let mut files = ObjectFiles::create(self.folder, self.spent, self.step)?;
        for object in objects::list(&opened.folder, &self.step.subject.0).map_err(away)? {
            if !self.step.period.contains(object.modified) {
                continue;
            }
            files.copy(&object).await?;
            self.bounded(files.objects())?;
            tell(files.objects(), false);
        }
        tell(files.objects(), true);
        files.finish()
    }

    /// The rows of the step; none to ask for where the identifier cannot be a key of this source.
    async fn query(
        &self,
        opened: &Opened,
    ) -> Result<Option<SendableRecordBatchStream>, CollectError> {
        let step = self.step;
        let plan = check::typed(&opened.session, &step.yields, &step.statement).await?;
        let misdeclared = |what| CollectError::Misdeclared { line: step.yields.line, what };
        let expected = plan.get_parameter_types().map_err(|error| self.engine(&error))?;
        let Some(values) =
            statement::parameters(&step.yields, &step.subject.0, step.period, &expected)
        else {
            return Ok(None);
        };
        let plan = plan.as_ref().clone().with_param_values(values.map_err(misdeclared)?);
        let plan = plan.map_err(|error| self.engine(&error))?;
        let frame = datafusion::dataframe::DataFrame::new(opened.session.state(), plan);
        frame.execute_stream().await.map(Some).map_err(|error| self.engine(&error))
    }

    async fn next(
        &self,
        rows: &mut Option<SendableRecordBatchStream>,
    ) -> Result<Option<datafusion::arrow::array::RecordBatch>, CollectError> {
        let Some(rows) = rows else { return Ok(None) };
        let batch = rows.next().await.transpose().map_err(|error| self.engine(&error))?;
        if let Some(batch) = &batch {
            check::rows(self.step, batch)?;
        }
        Ok(batch)
    }

    fn bounded(&self, rows: u64) -> Result<(), CollectError> {
        let most = self.plan.bounds().rows;
        if rows <= most {
            return Ok(());
        }
        let source_id = self.step.source.clone();
        Err(CollectError::TooMuch { source_id, bound: format!("{most} rows"), setting: "rows" })
    }

    fn engine(&self, error: &datafusion::error::DataFusionError) -> CollectError {
        of_engine(&self.step.source, self.sources.settings.statement_seconds, error)
    }
}
