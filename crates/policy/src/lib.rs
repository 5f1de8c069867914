//! The collective policy: from what the law book found, through Cedar, to a ruling with reasons.
//!
//! The rules are files (`policy/*.cedar`, `policy/rules.toml`), which members adopt together; a provider may add
//! policies of its own that only forbid. [`Policy::load`] reads both, all or nothing. [`Policy::rule_on`] asks one
//! question per item, and answers with a [`Ruling`](writ_vocabulary::Ruling) that names every rule behind it.
//!
//! Pure: text in, values out. What Cedar cannot answer, and what no policy allows, is denied and goes to a person.
//!
//! To change a rule, edit its policy and add a case under `policy/cases/`; to add one, give it an entry in
//! `policy/rules.toml` as well. No Rust is needed unless a policy must see something new of a demand: then the
//! attribute is added to `policy/schema.cedarschema` and to `question.rs`.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod asked;
mod cases;
mod clause;
mod fixed;
mod mutant;
mod outcome;
mod page;
mod policy;
mod question;
mod reasons;
mod rule;

pub use asked::Question;
pub use cases::{CaseReport, PreparedCase, run_cases};
pub use clause::{Clause, Effect};
pub use fixed::FIXED;
pub use mutant::{Change, Mutant, Mutation};
pub use policy::Policy;
pub use question::Action;
pub use rule::Rule;
pub use writ_lawbook::Fault;
