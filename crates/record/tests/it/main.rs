//! The writer of a log, on disks that fail.

mod disk;
mod epochs;
mod faults;
mod killed;
mod opening;
mod places;
mod real;
mod setup;
mod syscalls;
mod witnesses;
