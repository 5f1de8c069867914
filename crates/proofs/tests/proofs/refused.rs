//! What is no property is told with its place, and what no demand brings about is told as that.

use crate::files::{finder, has_solver, lawbook, policy};
use writ_proofs::{Property, Solvers, Verdict, prove};

const GOOD: &str = r#"
@says("nothing about tests is given") @rules("P1") @cite("none") @shows("allows-no-more")
forbid (principal, action == Action::"disclose", resource) when { resource.customer_keys };
"#;

fn faults(text: &str) -> String {
    let read = Property::read_all(&policy(), [("properties/new.cedar", text)]);
    read.err().unwrap_or_default().iter().map(|fault| format!("{fault}\n")).collect()
}

#[test]
fn a_property_that_does_not_say_what_it_shows_is_refused_with_its_file() {
    assert_eq!(faults(GOOD), "");
    let said = faults(&GOOD.replace("allows-no-more", "allows-less"));
    assert!(said.contains("properties/new.cedar") && said.contains("allows-less"), "{said}");
    assert!(faults(&GOOD.replace("@cite", "@quote")).contains("`@quote` that nobody reads"));
    assert!(faults(&GOOD.replace("\"P1\"", "\"P99\"")).contains("`P99`"));
    assert!(faults(&GOOD.replace("customer_keys", "customer_kings")).contains("customer_kings"));
    assert!(faults(&GOOD.replace("forbid (", "forbid ")).contains("new.cedar:3"));
    assert!(faults("// nothing").contains("states no policy"));
}

#[test]
fn a_property_that_no_question_meets_states_nothing_and_is_not_proven() {
    if !has_solver() {
        return;
    }
    let (policy, lawbook) = (policy(), lawbook());
    let never =
        GOOD.replace("resource.customer_keys", "resource.customer_keys && !resource.customer_keys");
    let read = Property::read_all(&policy, [("properties/new.cedar", never.as_str())]).unwrap();
    let proofs = prove(&policy, &read, None, &Solvers::default(), &finder(&lawbook));
    let Verdict::Unproven { why } = &proofs[0].verdict else { panic!("{proofs:#?}") };
    assert!(why.contains("it states nothing"), "{why}");
}

#[test]
fn what_the_law_book_stands_before_is_refuted_without_a_demand() {
    if !has_solver() {
        return;
    }
    let (policy, lawbook) = (policy(), lawbook());
    // A row never asks for a thousand people, though the policy alone would take it.
    let property = GOOD.replace("resource.customer_keys", "context.people == 1000");
    let read = Property::read_all(&policy, [("properties/new.cedar", property.as_str())]).unwrap();
    let proofs = prove(&policy, &read, None, &Solvers::default(), &finder(&lawbook));
    let Verdict::Refuted(broken) = &proofs[0].verdict else { panic!("{proofs:#?}") };
    assert!(broken.demand.is_none() && broken.tried > 500, "{broken:#?}");
    assert_eq!(broken.question["context.people"], "1000");
}
