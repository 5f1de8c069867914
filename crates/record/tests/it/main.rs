//! The writer of a log, on disks that fail.

mod disk;
mod epochs;
mod faults;
mod opening;
mod setup;
mod witnesses;
