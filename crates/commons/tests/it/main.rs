//! The shared memory as its callers see it: kept across restarts, found at once, and every fault told.

mod kept;
mod keys;
mod killed;
mod partners;
mod setup;
