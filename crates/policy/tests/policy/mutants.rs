//! Mutants: one thing changed, and whether a case sees it.

use crate::{files, lawbook, policy};
use std::collections::BTreeSet;
use writ_lawbook::Lawbook;
use writ_policy::{Change, Policy, PreparedCase};

fn prepared(policy: &Policy, lawbook: &Lawbook) -> Vec<PreparedCase> {
    let cases = files("policy").into_iter().filter(|(file, _)| file.starts_with("cases/"));
    let read = |(file, text): (String, String)| {
        PreparedCase::read(policy, file, &text, |demand, facts| lawbook.assess(demand, facts))
            .unwrap_or_else(|report| panic!("{report}"))
    };
    cases.map(read).collect()
}

#[test]
fn every_policy_is_deleted_turned_round_and_changed_in_each_of_its_conditions() {
    let policy = policy();
    let mutations = policy.mutations();
    for clause in policy.clauses() {
        let of: Vec<&Change> =
            mutations.iter().filter(|it| it.clause == clause.id).map(|it| &it.change).collect();
        assert!(of.contains(&&Change::Deleted) && of.contains(&&Change::Flipped), "{}", clause.id);
    }
    let keys = |change: &Change| matches!(change, Change::Negated(condition) if condition == "resource.customer_keys");
    assert!(mutations.iter().any(|it| it.clause == "P12.customer-keys" && keys(&it.change)));
    let known: BTreeSet<String> = mutations.iter().map(ToString::to_string).collect();
    assert!(
        known.contains("P1.compelled without `resource.compelled == State::\"holds\"`"),
        "{known:#?}"
    );
    for mutation in &mutations {
        assert!(policy.mutated(mutation).is_some(), "{mutation}");
    }
}

#[test]
fn a_case_notices_when_content_no_longer_needs_a_judge() {
    let (policy, lawbook) = (policy(), lawbook());
    let cases = prepared(&policy, &lawbook);
    let mutations = policy.mutations();
    let deleted = mutations.iter().find(|it| it.clause == "P2.content").unwrap();
    let mutant = policy.mutated(deleted).unwrap();
    let seen = mutant.noticed_by(deleted, &cases).unwrap();
    assert!(seen.file.starts_with("cases/p2/"), "{}", seen.file);
}

#[test]
fn a_planted_fault_must_be_a_policy_and_leave_out_one_that_there_is() {
    let policy = policy();
    let faults = policy.with_fault(&["P0.nothing"], "").unwrap_err();
    assert!(crate::shown(&faults).contains("`P0.nothing`"));
    let faults = policy.with_fault(&[], "permit (principal, action, resource);").unwrap_err();
    assert!(crate::shown(&faults).contains("lacks `@id"));
}
