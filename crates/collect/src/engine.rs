//! The query engine: bounded memory, one session for each source, file metadata kept between queries.

use crate::sources::Settings;
use datafusion::error::Result as EngineResult;
use datafusion::execution::cache::cache_manager::CacheManagerConfig;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use writ_custody::Kind;

/// What all sessions share.
pub(crate) fn runtime(settings: &Settings) -> EngineResult<Arc<RuntimeEnv>> {
    // Footers and page indexes of Parquet files are kept, and checked against size and time of the file. Lists of
    // files are not: a file that came a minute ago holds rows that were asked for.
    let caches = CacheManagerConfig::default()
        .with_metadata_cache_limit(settings.memory / 2)
        .with_list_files_cache_limit(0);
    let mode = match &settings.spill {
        Some(folder) => DiskManagerMode::Directories(vec![folder.clone()]),
        None => DiskManagerMode::OsTmpDirectory,
    };
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(settings.memory)))
        .with_cache_manager(caches)
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode))
        .build_arc()
}

/// A session that sees the tables of one source alone, so that no query can reach another.
pub(crate) fn session(
    runtime: &Arc<RuntimeEnv>,
    settings: &Settings,
    kind: Kind,
) -> SessionContext {
    // Whole messages are large: few in a batch, and read in one stream so that they keep their order.
    let messages = kind == Kind::Maildir;
    let one_stream = matches!(kind, Kind::Maildir | Kind::Sqlite | Kind::Postgres);
    let mut config = SessionConfig::new()
        .with_information_schema(false)
        .with_extension(Arc::new(Planned::default()))
        .with_target_partitions(if one_stream { 1 } else { settings.partitions.max(1) })
        .with_batch_size(if messages { 64 } else { settings.batch_rows.max(1) });
    let options = config.options_mut();
    options.execution.enable_recursive_ctes = false;
    // Declared queries are small: what one pass over them leaves is not worth a second.
    options.optimizer.max_passes = 1;
    options.execution.listing_table_ignore_subdirectory = false;
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    options.execution.parquet.bloom_filter_on_read = true;
    options.execution.parquet.enable_page_index = true;
    SessionContext::new_with_config_rt(config, Arc::clone(runtime))
}

/// What a declared query was planned to do; the complaint names tables and columns, and no value, because none is
/// bound yet.
pub(crate) async fn plan(session: &SessionContext, sql: &str) -> Result<LogicalPlan, String> {
    let planned = session.state_ref().read().config().get_extension::<Planned>();
    if let Some(plan) = planned.as_ref().and_then(|planned| planned.get(sql)) {
        return Ok(plan);
    }
    let plan = session.state().create_logical_plan(sql).await;
    let plan = plan.map_err(|error| {
        let error = error.strip_backtrace();
        format!("the query does not fit its source: {}", error.lines().next().unwrap_or_default())
    })?;
    crate::readonly::check_plan(&plan)?;
    if let Some(planned) = planned {
        planned.keep(sql, &plan);
    }
    Ok(plan)
}

/// The declared queries of a session, each planned once: there are as many as `custody.toml` has.
#[derive(Default)]
struct Planned(Mutex<HashMap<String, LogicalPlan>>);

impl Planned {
    fn get(&self, sql: &str) -> Option<LogicalPlan> {
        self.0.lock().ok()?.get(sql).cloned()
    }

    fn keep(&self, sql: &str, plan: &LogicalPlan) {
        if let Ok(mut plans) = self.0.lock() {
            plans.insert(sql.to_owned(), plan.clone());
        }
    }
}
