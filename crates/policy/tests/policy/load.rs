//! Loading: what a policy folder must be, and how its faults are told.

use crate::{collective, policy};
use std::collections::BTreeSet;
use writ_policy::{Effect, Policy};

fn faults_with(file: &str, change: impl Fn(&str) -> String) -> String {
    let files = collective().into_iter().map(|(name, text)| {
        let text = if name == file { change(&text) } else { text };
        (name, text)
    });
    let faults = Policy::load(files, Vec::new()).err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_policy_of_this_repository_loads_and_its_digest_is_stable() {
    let policy = policy();
    assert_eq!(policy.digest(), crate::policy().digest());
    assert!(policy.clauses().count() > 40);
}

#[test]
fn every_rule_is_kept_and_every_policy_keeps_a_rule() {
    let policy = policy();
    let kept: BTreeSet<&str> = policy.rules().iter().map(|rule| rule.id.as_str()).collect();
    for n in (1..=18).chain(22..=26).chain([39, 40]) {
        assert!(kept.contains(format!("P{n}").as_str()), "P{n}");
    }
    for rule in policy.rules() {
        assert!(!rule.policies.is_empty() || rule.mechanism.is_some(), "{}", rule.id);
    }
    for clause in policy.clauses() {
        assert!(kept.contains(clause.rule.as_str()), "{}", clause.id);
        assert_eq!(clause.then.is_some(), clause.effect == Effect::Forbid, "{}", clause.id);
        assert!(clause.id.starts_with(&format!("{}.", clause.rule)), "{}", clause.id);
    }
}

#[test]
fn a_syntax_error_is_told_with_its_line() {
    let said = faults_with("sender.cedar", |text| {
        text.replacen("forbid (principal", "forbid principal", 1)
    });
    assert!(said.contains("sender.cedar:9: "), "{said}");
}

#[test]
fn a_policy_that_forbids_without_saying_why_and_what_follows_is_refused() {
    let said = faults_with("sender.cedar", |text| text.replacen("@then(\"hold\")\n", "", 1));
    assert!(said.contains("`P17.unproven` forbids and does not say what follows"), "{said}");
    let said = faults_with("sender.cedar", |text| text.replacen("@cite(", "@quote(", 1));
    assert!(said.contains("`@quote` that nobody reads") && said.contains("lacks `@cite"), "{said}");
    let said = faults_with("sender.cedar", |text| text.replacen("\"hold\"", "\"wait\"", 1));
    assert!(said.contains("`@then(\"wait\")`"), "{said}");
    let said =
        faults_with("sender.cedar", |text| text.replacen("sender-proven", "sender-known", 1));
    assert!(said.contains("`sender-known`, which is no finding"), "{said}");
}

#[test]
fn a_word_that_the_schema_does_not_have_is_refused() {
    let said =
        faults_with("sender.cedar", |text| text.replacen("State::\"holds\"", "State::\"hods\"", 1));
    assert!(said.contains("sender.cedar:") && said.contains("hods"), "{said}");
    let said =
        faults_with("sender.cedar", |text| text.replacen("principal.proven", "principal.prven", 1));
    assert!(said.contains("prven"), "{said}");
}

#[test]
fn two_policies_of_one_id_are_refused() {
    let said = faults_with("sender.cedar", |text| text.replace("P17.mismatch", "P17.unproven"));
    assert!(said.contains("has the id of the policy at sender.cedar:"), "{said}");
}

#[test]
fn a_rule_that_nothing_keeps_and_a_rule_that_nobody_lists_are_refused() {
    let lone = "\n[[rule]]\nid = \"P99\"\ntitle = \"t\"\ntext = \"t\"\ncite = \"c\"\n";
    let said = faults_with("rules.toml", |text| format!("{text}{lone}"));
    assert!(said.contains("rule `P99` is kept by nothing"), "{said}");
    let said = faults_with("rules.toml", |text| text.replace("id = \"P17\"", "id = \"P71\""));
    assert!(said.contains("keeps rule `P17`, which `rules.toml` does not list"), "{said}");
    let said = faults_with("rules.toml", |text| {
        text.replace("title = \"Two people\"", "titel = \"Two people\"")
    });
    assert!(said.contains("rules.toml:") && said.contains("titel"), "{said}");
}

#[test]
fn a_folder_without_schema_or_rules_is_refused() {
    let faults = Policy::load(Vec::new(), Vec::new()).unwrap_err();
    let said = crate::shown(&faults);
    assert!(
        said.contains("exactly one file `*.cedarschema`") && said.contains("list of rules"),
        "{said}"
    );
}
