//! The table of wrapped keys: one row for each stream, overwritten when the key is erased.

use super::SqlJournal;
use super::entities::case_key;
use crate::{StorageError, StreamId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// A data key as it is kept: sealed under the provider's master key.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The sealed key.
    pub sealed: Vec<u8>,
    /// Which master key sealed it.
    pub by: String,
}

/// What is kept for a stream.
pub enum Kept {
    Nothing,
    Key(WrappedKey),
    Erased,
}

impl From<Option<case_key::Model>> for Kept {
    fn from(row: Option<case_key::Model>) -> Self {
        match row {
            None => Self::Nothing,
            Some(row) if row.erased => Self::Erased,
            Some(row) => Self::Key(WrappedKey { sealed: row.wrapped, by: row.wrapped_by }),
        }
    }
}

impl SqlJournal {
    /// What is kept for `stream`.
    pub(crate) async fn key_of(&self, stream: &StreamId) -> Result<Kept, StorageError> {
        let row = case_key::Entity::find_by_id(stream.as_str()).one(&self.readers).await;
        row.map(Kept::from).map_err(|error| self.failed(error))
    }

    /// Keeps `key` for `stream` if nothing is kept yet. Answers with what is kept then.
    pub(crate) async fn keep_key(
        &self,
        stream: &StreamId,
        key: WrappedKey,
    ) -> Result<Kept, StorageError> {
        let failed = |error| self.failed(error);
        let transaction = self.begin().await?;
        let row = case_key::Entity::find_by_id(stream.as_str())
            .one(&transaction)
            .await
            .map_err(failed)?;
        if row.is_some() {
            return Ok(row.into());
        }
        let row = case_key::ActiveModel {
            stream: Set(stream.as_str().to_owned()),
            wrapped: Set(key.sealed.clone()),
            wrapped_by: Set(key.by.clone()),
            erased: Set(false),
        };
        case_key::Entity::insert(row).exec_without_returning(&transaction).await.map_err(failed)?;
        self.commit(transaction).await?;
        Ok(Kept::Key(key))
    }

    /// Overwrites the key of `stream` for good. A stream without a key gets a row that says it may have none.
    pub(crate) async fn erase_key(&self, stream: &StreamId) -> Result<(), StorageError> {
        let failed = |error| self.failed(error);
        let transaction = self.begin().await?;
        let row = case_key::Entity::find_by_id(stream.as_str())
            .one(&transaction)
            .await
            .map_err(failed)?;
        let mut erased = case_key::ActiveModel {
            stream: Set(stream.as_str().to_owned()),
            wrapped: Set(Vec::new()),
            wrapped_by: Set(String::new()),
            erased: Set(true),
        };
        match row {
            None => {
                let insert = case_key::Entity::insert(erased);
                insert.exec_without_returning(&transaction).await.map_err(failed)?;
            }
            Some(row) => {
                erased.stream = Unchanged(row.stream);
                // Zeros of the same length are written over the key where it stands in the page.
                erased.wrapped = Set(vec![0; row.wrapped.len()]);
                erased.update(&transaction).await.map_err(failed)?;
            }
        }
        self.commit(transaction).await
    }

    /// Lets no copy of erased keys stay behind in the database's own log.
    pub(crate) async fn forget_erased_keys(&self) -> Result<(), StorageError> {
        self.dialect.forget(&self.writer).await.map_err(|error| self.failed(error))
    }

    /// A stream whose key another master key than `by` sealed, and which, if there is one.
    pub(crate) async fn key_not_wrapped_by(
        &self,
        by: &str,
    ) -> Result<Option<(StreamId, String)>, StorageError> {
        let row = case_key::Entity::find()
            .filter(case_key::Column::WrappedBy.ne(by))
            .filter(case_key::Column::Erased.eq(false))
            .limit(1)
            .one(&self.readers)
            .await
            .map_err(|error| self.failed(error))?;
        row.map(|row| Ok((self.stream(&row.stream)?, row.wrapped_by))).transpose()
    }

    /// Some of the keys that the master key `by` sealed, at most `limit`.
    pub(crate) async fn keys_wrapped_by(
        &self,
        by: &str,
        limit: u64,
    ) -> Result<Vec<(StreamId, WrappedKey)>, StorageError> {
        let rows = case_key::Entity::find()
            .filter(case_key::Column::WrappedBy.eq(by))
            .filter(case_key::Column::Erased.eq(false))
            .order_by_asc(case_key::Column::Stream)
            .limit(limit)
            .all(&self.writer)
            .await
            .map_err(|error| self.failed(error))?;
        let key = |row: case_key::Model| {
            let stream = self.stream(&row.stream)?;
            Ok((stream, WrappedKey { sealed: row.wrapped, by: row.wrapped_by }))
        };
        rows.into_iter().map(key).collect()
    }

    fn stream(&self, stored: &str) -> Result<StreamId, StorageError> {
        stored.parse().map_err(|error| StorageError::Failed {
            place: self.place.clone(),
            source: Box::<crate::NameError>::new(error),
        })
    }

    /// Puts each key in place of the one that its stream has, unless that was erased meanwhile.
    pub(crate) async fn replace_keys(
        &self,
        keys: Vec<(StreamId, WrappedKey)>,
    ) -> Result<(), StorageError> {
        use sea_orm::sea_query::Expr;
        let transaction = self.begin().await?;
        for (stream, key) in keys {
            case_key::Entity::update_many()
                .col_expr(case_key::Column::Wrapped, Expr::value(key.sealed))
                .col_expr(case_key::Column::WrappedBy, Expr::value(key.by))
                .filter(case_key::Column::Stream.eq(stream.as_str()))
                .filter(case_key::Column::Erased.eq(false))
                .exec(&transaction)
                .await
                .map_err(|error| self.failed(error))?;
        }
        self.commit(transaction).await
    }
}
