//! What must hold, holds.

use crate::files::{files, finder, has_solver, lawbook, policy, properties};
use writ_proofs::{Solvers, Verdict, compare, prove};

#[test]
fn every_property_is_proven_for_all_inputs() {
    if !has_solver() {
        return;
    }
    let (policy, lawbook) = (policy(), lawbook());
    let properties = properties(&policy, &files("policy"));
    assert!(properties.len() >= 15, "{} properties", properties.len());
    let proofs = prove(&policy, &properties, None, &Solvers::default(), &finder(&lawbook));
    let wrong: Vec<_> = proofs
        .iter()
        .filter(|proof| !matches!(proof.verdict, Verdict::Holds | Verdict::Checked { .. }))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_policy_is_equal_to_itself_and_each_way_of_changing_it_is_named_with_a_demand() {
    if !has_solver() {
        return;
    }
    let (policy, lawbook) = (policy(), lawbook());
    let (solvers, finder) = (Solvers::default(), finder(&lawbook));
    let asked = properties(&policy, &files("policy"));
    let words = |old, new| -> Vec<&'static str> {
        let found = compare(old, new, &asked, &solvers, &finder).unwrap();
        for change in found.iter().flat_map(|it| it.looser.iter().chain(&it.stricter)) {
            assert!(change.demand.is_some(), "{change:#?}");
        }
        found.iter().map(|it| it.as_str()).collect()
    };
    assert_eq!(words(&policy, &policy), ["equal"; 6]);
    let looser = policy.with_fault(&["P4.organisation"], "").unwrap();
    let mut expected = ["equal"; 6];
    expected[0] = "looser";
    assert_eq!(words(&policy, looser.policy()), expected);
    expected[0] = "stricter";
    assert_eq!(words(looser.policy(), &policy), expected);
}
