//! The provider's data sources, each opened for reading at its first use.

use crate::engine;
use crate::error::{CollectError, OpenError};
use crate::kinds::{self, Opened};
use crate::readonly;
use datafusion::execution::runtime_env::RuntimeEnv;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use writ_custody::{Custody, Question, Relation, Source, Yields};
use writ_vocabulary::SourceId;

/// The provider's data sources. One is enough for the life of a program: connections and file metadata are kept.
pub struct Sources {
    pub(crate) custody: Custody,
    pub(crate) settings: Settings,
    pub(crate) runtime: Arc<RuntimeEnv>,
    home: PathBuf,
    opened: BTreeMap<SourceId, OnceCell<Opened>>,
}

/// What the query engine may use.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Bytes of memory for all queries together. Sorting more than that goes through `spill`.
    pub memory: usize,
    /// How many threads read one file source.
    pub partitions: usize,
    /// Rows in one batch.
    pub batch_rows: usize,
    /// Queries at the same time in one collection.
    pub queries: usize,
    /// Seconds until a database cancels a statement.
    pub statement_seconds: u64,
    /// Where rows that do not fit into memory are sorted. They are customers' data: give a folder on an encrypted
    /// disk. Missing: the system's folder for temporary files.
    pub spill: Option<PathBuf>,
}

impl Default for Settings {
    /// 512 MiB, two threads, four queries at once, a minute a statement.
    fn default() -> Self {
        Self {
            memory: 512 << 20,
            partitions: 2,
            batch_rows: 8192,
            queries: 4,
            statement_seconds: 60,
            spill: None,
        }
    }
}

impl Settings {
    pub(crate) fn statement_time(&self) -> Duration {
        Duration::from_secs(self.statement_seconds)
    }
}

impl Sources {
    /// The sources that `custody` declares, under the provider's `home` folder.
    ///
    /// Every declared statement has been checked to be one reading statement. No source has been opened: that
    /// happens at the first question to it, so that one that is away stops only the cases that need it.
    pub fn open(custody: &Custody, home: &Path, settings: Settings) -> Result<Self, OpenError> {
        for (query, line) in statements(custody) {
            readonly::check(query).map_err(|what| OpenError::Misdeclared { line, what })?;
        }
        let runtime =
            engine::runtime(&settings).map_err(|error| OpenError::Engine(error.to_string()))?;
        let opened = custody.sources.keys().map(|id| (id.clone(), OnceCell::new())).collect();
        let custody = custody.clone();
        Ok(Self { custody, settings, runtime, home: home.to_owned(), opened })
    }

    /// What is declared.
    pub fn custody(&self) -> &Custody {
        &self.custody
    }

    /// Opens every source and plans every declared query against it; reads no rows. Everything that is wrong.
    pub async fn check(&self) -> Vec<CollectError> {
        let mut wrong = Vec::new();
        for id in self.custody.sources.keys() {
            if let Err(error) = self.source(id).await {
                wrong.push(error);
            }
        }
        for yields in &self.custody.yields {
            wrong.extend(crate::check::declaration(self, yields).await.err());
        }
        let of_customer = ["customer"];
        for (question, parameters) in self.questions(&of_customer) {
            wrong.extend(crate::question::check(self, question, parameters).await.err());
        }
        wrong
    }

    fn questions<'a>(
        &'a self,
        of_customer: &'a [&'static str],
    ) -> Vec<(&'a Question, &'a [&'static str])> {
        let Custody { controllers, customer_keys, flags, residence, nationality, .. } =
            &self.custody;
        let accounts =
            self.custody.accounts.iter().map(|(kind, question)| (question, kind.parameters()));
        let others = [controllers, customer_keys, flags, residence, nationality];
        accounts
            .chain(others.into_iter().flatten().map(|question| (question, of_customer)))
            .collect()
    }

    /// The source, opened now if it was not yet. One that is away is tried again at the next question. Files of
    /// text are looked at anew each time: their columns are told by their contents.
    pub(crate) async fn source(&self, id: &SourceId) -> Result<Opened, CollectError> {
        let (Some(declared), Some(cell)) = (self.custody.sources.get(id), self.opened.get(id))
        else {
            let why = "`custody.toml` does not declare it".to_owned();
            return Err(CollectError::SourceUnavailable { source_id: id.clone(), why });
        };
        if kinds::is_told_by_contents(declared.kind) {
            return self.open_source(declared).await;
        }
        cell.get_or_try_init(|| self.open_source(declared)).await.cloned()
    }

    async fn open_source(&self, declared: &Source) -> Result<Opened, CollectError> {
        let session = engine::session(&self.runtime, &self.settings, declared.kind);
        kinds::open(declared, &self.home, &self.settings, session).await
    }
}

fn statements(custody: &Custody) -> impl Iterator<Item = (&str, usize)> {
    let Custody {
        yields, accounts, controllers, customer_keys, flags, residence, nationality, ..
    } = custody;
    let of_yields = yields.iter().filter_map(|Yields { relation, line, .. }| match relation {
        Relation::Query(query) => Some((query.as_str(), *line)),
        Relation::Table(_) => None,
    });
    let questions =
        [controllers, customer_keys, flags, residence, nationality].into_iter().flatten();
    let questions = accounts.values().chain(questions);
    of_yields.chain(questions.map(|question| (question.query.as_str(), question.line)))
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("sources", &self.opened.keys()).finish_non_exhaustive()
    }
}
