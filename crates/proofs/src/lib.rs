//! Proofs: what must hold of the collective policy, proven for every demand that anybody could send.
//!
//! The properties are files (`policy/properties/*.cedar`), read by [`Property::read_all`]. [`prove`] puts each before an SMT
//! solver through Cedar's symbolic compiler: it holds for all inputs, or there is an input that breaks it, or the solver
//! could not tell, which counts as a failure. An input that breaks a property is turned into a demand that shows it, by
//! [`Finder`]. [`compare`] says of two policies which is stricter.
//!
//! The only crate that knows the solver: `cvc5`, a program of its own, found on `PATH` or named in the environment
//! variable `CVC5`.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod compare;
mod demand;
mod moves;
mod property;
mod prove;
mod solve;

pub use compare::{Change, CompareError, Comparison, compare, same_answers};
pub use demand::{Finder, Shown};
pub use property::{Property, Shows};
pub use prove::{Proof, Refutation, Verdict, prove};
pub use solve::{SolveError, Solvers};
