//! The tables' history: numbered steps, each applied once, never changed after a release.

use super::dialect::Dialect;
use super::entities::{case_key, due, event};
use sea_orm::sea_query::{Alias, ColumnDef, Index, IntoIden, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, DynIden, EntityName};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

/// All steps, in the order in which they are applied.
pub struct Migrator;

/// Where the applied steps are noted: a name of its own, so that others may keep tables in the same database.
const NOTED_IN: &str = "journal_migrations";

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Events), Box::new(Dues), Box::new(CaseKeys)]
    }

    fn migration_table_name() -> DynIden {
        Alias::new(NOTED_IN).into_iden()
    }
}

/// The names of all steps that this program knows.
pub fn names() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

/// The names of the steps that were applied to this database.
pub async fn applied<C: ConnectionTrait>(connection: &C) -> Result<Vec<String>, DbErr> {
    let backend = connection.get_database_backend();
    let exists = match backend {
        DbBackend::Postgres => format!("SELECT 1 WHERE to_regclass('{NOTED_IN}') IS NOT NULL"),
        _ => format!("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '{NOTED_IN}'"),
    };
    let exists = sea_orm::Statement::from_string(backend, exists);
    if connection.query_one_raw(exists).await?.is_none() {
        return Ok(Vec::new());
    }
    let noted = format!("SELECT version FROM {NOTED_IN} ORDER BY version");
    let noted = sea_orm::Statement::from_string(backend, noted);
    connection.query_all_raw(noted).await?.iter().map(|row| row.try_get_by_index(0)).collect()
}

fn dialect(manager: &SchemaManager<'_>) -> Dialect {
    match manager.get_database_backend() {
        DbBackend::Postgres => Dialect::Postgres,
        _ => Dialect::Sqlite,
    }
}

fn text<C: IntoIden>(manager: &SchemaManager<'_>, column: C) -> ColumnDef {
    ColumnDef::new(column).text().extra(dialect(manager).by_bytes()).not_null().take()
}

struct Events;

impl MigrationName for Events {
    fn name(&self) -> &str {
        "m0001_events"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Events {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(events_table(manager)).await?;
        let in_stream = Index::create()
            .name("events_by_stream")
            .table(event::Entity.table_ref())
            .col(event::Column::Stream)
            .col(event::Column::Sequence)
            .unique()
            .take();
        manager.create_index(in_stream).await?;
        let of_command = Index::create()
            .name("events_by_command")
            .table(event::Entity.table_ref())
            .col(event::Column::Stream)
            .col(event::Column::CommandId)
            .take();
        manager.create_index(of_command).await?;
        let connection = manager.get_connection();
        connection.execute_unprepared(dialect(manager).append_only()).await?;
        if let Some(mark) = dialect(manager).mark() {
            connection.execute_unprepared(&mark).await?;
        }
        Ok(())
    }
}

fn events_table(manager: &SchemaManager<'_>) -> TableCreateStatement {
    use event::Column;
    Table::create()
        .table(event::Entity.table_ref())
        .col(ColumnDef::new(Column::Position).big_integer().not_null().primary_key())
        .col(text(manager, Column::Stream))
        .col(ColumnDef::new(Column::Sequence).big_integer().not_null())
        .col(text(manager, Column::Kind))
        .col(ColumnDef::new(Column::Version).integer().not_null())
        .col(text(manager, Column::Data))
        .col(text(manager, Column::At))
        .col(text(manager, Column::CommandId))
        .col(ColumnDef::new(Column::PreviousDigest).blob().not_null())
        .col(ColumnDef::new(Column::Digest).blob().not_null())
        .take()
}

struct Dues;

impl MigrationName for Dues {
    fn name(&self) -> &str {
        "m0002_dues"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Dues {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use due::Column;
        let key = Index::create().col(Column::Stream).col(Column::DueAt).col(Column::What).take();
        let table = Table::create()
            .table(due::Entity.table_ref())
            .col(text(manager, Column::Stream))
            .col(ColumnDef::new(Column::DueAt).big_integer().not_null())
            .col(text(manager, Column::What))
            .primary_key(&mut key.clone())
            .take();
        manager.create_table(table).await?;
        let by_instant = Index::create()
            .name("dues_by_instant")
            .table(due::Entity.table_ref())
            .col(Column::DueAt)
            .take();
        manager.create_index(by_instant).await
    }
}

struct CaseKeys;

impl MigrationName for CaseKeys {
    fn name(&self) -> &str {
        "m0003_case_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CaseKeys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use case_key::Column;
        let table = Table::create()
            .table(case_key::Entity.table_ref())
            .col(text(manager, Column::Stream).primary_key())
            .col(ColumnDef::new(Column::Wrapped).blob().not_null())
            .col(text(manager, Column::WrappedBy))
            .col(ColumnDef::new(Column::Erased).boolean().not_null())
            .take();
        manager.create_table(table).await
    }
}
