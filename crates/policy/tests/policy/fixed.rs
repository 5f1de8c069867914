//! What no configuration changes.

use crate::{any, collective, policy};
use proptest::prelude::*;
use std::sync::LazyLock;
use writ_policy::{FIXED, Policy};
use writ_vocabulary::{Answer, Category, FindingState, Purpose, Then};

static POLICY: LazyLock<Policy> = LazyLock::new(policy);

fn without(change: impl Fn(&str) -> String) -> String {
    let files = collective().into_iter().map(|(file, text)| {
        let text = if file == "fixed.cedar" { change(&text) } else { text };
        (file, text)
    });
    let faults = Policy::load(files, Vec::new()).err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_policy_without_a_fixed_rule_is_not_loaded() {
    let said = without(|_| String::new());
    for (id, _) in FIXED {
        assert!(said.contains(&format!("the fixed policy `{id}` is missing")), "{said}");
    }
}

#[test]
fn a_policy_that_softens_a_fixed_rule_is_not_loaded() {
    let said = without(|text| {
        text.replace("Help::\"attack\" };", "Help::\"attack\" && !context.judge_level };")
    });
    assert!(said.contains("fixed.cedar:") && said.contains("`P13.attack` was changed"), "{said}");
    let said = without(|text| text.replacen("no password, key or code", "hardly a password", 1));
    assert!(said.contains("`P12.credential` was changed"), "{said}");
}

#[test]
fn nobody_else_marks_a_policy_as_fixed() {
    let new = "\n@id(\"P13.new\") @rule(\"P13\") @reason(\"r\") @cite(\"c\") @then(\"refuse\") @fixed(\"true\")\n\
               forbid (principal, action == Action::\"disclose\", resource) when { resource.element == \"x\" };";
    let said = without(|text| format!("{text}{new}"));
    assert!(said.contains("`P13.new` is marked `@fixed`"), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_key_no_weakening_no_attack_and_no_standing_access_under_any_circumstances(assessment in any::assessment()) {
        let ruling = POLICY.rule_on(&assessment);
        for (assessed, ruled) in assessment.items.iter().zip(&ruling.items) {
            if matches!(assessed.category, Some(Category::Credential | Category::Assistance)) {
                prop_assert_eq!(ruled.answer, Answer::Denied);
                prop_assert_eq!(ruled.then, Some(Then::Refuse));
                prop_assert!(ruled.reasons.iter().any(|reason| ["P12", "P13", "P14", "P19"].contains(&reason.rule.as_str())));
            }
        }
    }

    #[test]
    fn nothing_is_given_to_an_unproven_sender_or_beyond_the_instrument(assessment in any::assessment()) {
        let ruling = POLICY.rule_on(&assessment);
        for (assessed, ruled) in assessment.items.iter().zip(&ruling.items) {
            let given = ruled.answer == Answer::Allowed && ruled.want != Purpose::Preserve;
            prop_assert!(!given || assessment.sender_proven == FindingState::Holds);
            prop_assert!(!given || assessed.compelled.state == FindingState::Holds);
            prop_assert!(!given || assessment.state("instrument-in-force") == FindingState::Holds);
            let content = assessed.category == Some(Category::Content) && ruled.want == Purpose::Disclose;
            prop_assert!(!given || !content || assessment.judge_level || assessment.voluntary);
            let people = if content { 2 } else { 1 };
            prop_assert!(!given || ruling.approvers >= people);
            prop_assert!(ruled.answer == Answer::Allowed || (ruled.then.is_some() && !ruled.reasons.is_empty()));
        }
    }
}
