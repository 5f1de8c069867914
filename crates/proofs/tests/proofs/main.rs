//! The properties of this repository's policy, and faults planted to see that they are found.

mod faults;
mod files;
mod properties;
mod refused;
