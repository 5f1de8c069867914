//! Collecting from real sources: a SQLite file, Parquet, CSV, NDJSON, Maildirs, objects, a PostgreSQL server.

mod hostile;
mod house;
mod limits;
mod lookups;
mod plans;
mod postgres;
mod productions;
mod properties;
