//! What an audit, a receipt and a promise tell a stranger about real records and forged ones.

mod disk;
mod faults;
mod flipped;
#[path = "../../../tally/tests/it/forger.rs"]
mod forger;
mod opaque;
mod promises;
mod provider;
mod receipts;
mod reports;
mod whole;
mod world;
