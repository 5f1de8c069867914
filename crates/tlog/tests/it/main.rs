//! The formats of transparency logs: against others' vectors, others' crates, and the bytes of strangers.

mod log;
mod notes;
mod oracles;
mod policy;
mod strangers;
mod tiles;
mod vectors;
mod witness;
