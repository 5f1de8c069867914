//! The service as clients see it: a real one on loopback, asked over HTTP.

mod audit;
mod auth;
mod described;
mod exchanges;
mod hashing;
mod hma;
mod hostile;
mod limits;
mod own;
mod setup;
mod stopncii;
