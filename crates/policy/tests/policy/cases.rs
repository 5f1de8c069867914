//! The cases of the policy and the examples of the law book, each ruled as it says.

use crate::{files, lawbook, policy};
use std::collections::BTreeMap;
use writ_policy::{CaseReport, run_cases};

fn cases() -> Vec<(String, String)> {
    files("policy")
        .into_iter()
        .filter(|(file, _)| file.starts_with("cases/") && file.ends_with(".toml"))
        .collect()
}

fn failed(reports: Vec<CaseReport>) -> String {
    reports.iter().filter(|report| !report.holds()).map(|report| format!("{report}\n")).collect()
}

#[test]
fn every_case_is_ruled_as_it_says() {
    let (policy, lawbook) = (policy(), lawbook());
    let wrong = failed(run_cases(&policy, cases(), |demand, facts| lawbook.assess(demand, facts)));
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_example_of_the_law_book_is_ruled_as_it_says() {
    let (policy, lawbook) = (policy(), lawbook());
    let examples = files("lawbook").into_iter().filter(|(file, _)| file.contains("/examples/"));
    let examples: Vec<_> = examples.collect();
    assert!(examples.len() >= 45, "{} examples", examples.len());
    let wrong = failed(run_cases(&policy, examples, |demand, facts| lawbook.assess(demand, facts)));
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_rule_that_policies_keep_has_three_cases() {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for (file, _) in cases() {
        let rule = file.split('/').nth(1).unwrap_or_default().to_uppercase();
        *count.entry(rule).or_default() += 1;
    }
    let policy = policy();
    for rule in policy.rules().iter().filter(|rule| !rule.policies.is_empty()) {
        let found = count.get(rule.id.as_str()).copied().unwrap_or_default();
        assert!(found >= 3, "{} has {found} cases", rule.id);
    }
    let known = |rule: &str| policy.rules().iter().any(|known| known.id.as_str() == rule);
    assert!(count.keys().all(|rule| known(rule)), "{:?}", count.keys());
}
