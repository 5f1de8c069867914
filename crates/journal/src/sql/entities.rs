//! The tables. Every column has a type that SQLite and PostgreSQL both have.

/// The events, in the order of the whole journal. Rows are added, never changed.
pub mod event {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub stream: String,
        pub sequence: i64,
        pub kind: String,
        pub version: i32,
        /// JSON, byte for byte what the digest covers.
        pub data: String,
        /// RFC 3339 in UTC, with as many decimals as were given.
        pub at: String,
        pub command_id: String,
        pub previous_digest: Vec<u8>,
        pub digest: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What streams owe: derived from the events, replaced as a whole.
pub mod due {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "dues")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub stream: String,
        /// Microseconds since 1970, so that it sorts as instants do.
        #[sea_orm(primary_key, auto_increment = false)]
        pub due_at: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub what: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The data keys of the vault, wrapped. An erased key leaves its row behind, with zeros in the key's place.
pub mod case_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub stream: String,
        pub wrapped: Vec<u8>,
        pub wrapped_by: String,
        pub erased: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
