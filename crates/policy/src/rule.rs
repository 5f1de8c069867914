//! The rules of `rules.toml`: what each says, why, and where it is kept.

use crate::page::Page;
use serde::Deserialize;
use std::collections::BTreeSet;
use writ_lawbook::Fault;
use writ_vocabulary::{RuleId, Then};

/// One rule of the collective policy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id: `P2`.
    pub id: RuleId,
    /// Its name in a few words.
    pub title: String,
    /// What it says, in plain words.
    pub text: String,
    /// The law or principle behind it.
    pub cite: String,
    /// What may follow where it says no.
    #[serde(default)]
    pub then: Vec<Then>,
    /// What of the program keeps it, where policies alone do not.
    #[serde(default)]
    pub mechanism: Option<String>,
    /// The ids of the policies that keep it, in the order of the files.
    #[serde(skip)]
    pub policies: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    rule: Vec<Rule>,
}

/// The rules of a file; each id once.
pub(crate) fn read(page: Page<'_>, faults: &mut Vec<Fault>) -> Vec<Rule> {
    let rules = match toml::from_str::<RulesFile>(page.text) {
        Ok(file) => file.rule,
        Err(error) => {
            faults.push(page.toml_fault(&error));
            return Vec::new();
        }
    };
    let mut seen = BTreeSet::new();
    for rule in &rules {
        if !seen.insert(&rule.id) {
            faults.push(fault(
                page,
                rule,
                format!("rule `{}` stands here twice: give each its own id", rule.id),
            ));
        }
    }
    rules
}

/// What is wrong with a rule once its policies are known: nothing keeps it, or its policies do more than it says.
pub(crate) fn unkept(page: Page<'_>, rule: &Rule) -> Option<Fault> {
    let unkept = rule.policies.is_empty() && rule.mechanism.is_none();
    unkept.then(|| {
        let what = "no policy names it in `@rule` and no `mechanism` is given: write one of them";
        fault(page, rule, format!("rule `{}` is kept by nothing: {what}", rule.id))
    })
}

fn fault(page: Page<'_>, rule: &Rule, what: String) -> Fault {
    match page.text.rfind(&format!("id = \"{}\"", rule.id)) {
        Some(at) => page.fault_at(at, what),
        None => page.fault(what),
    }
}
