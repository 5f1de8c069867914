//! The integration tests of the journal: the promise on each store, and what crashes, races and hands do to it.

mod append_only;
mod conforming;
mod full;
mod killed;
mod opening;
mod racing;
mod room;
mod speed;
mod tampering;
mod vault;
