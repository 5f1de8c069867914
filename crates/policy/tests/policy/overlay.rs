//! A provider's own policies: they may only forbid, and nothing they do makes a no into a yes.

use crate::{any, collective, overlay, policy, with_overlay};
use proptest::prelude::*;
use std::sync::LazyLock;
use writ_policy::Policy;
use writ_vocabulary::{Answer, NoticeRule, Ruling, Then};

fn forbid(n: usize, action: &str, when: &str) -> String {
    format!(
        "@id(\"local-{n}\") @rule(\"local-{n}\") @reason(\"our own caution\") @cite(\"our own rules\") @then(\"escalate\")\n\
         forbid (principal, action == Action::\"{action}\", resource) when {{ {when} }};"
    )
}

fn refused(text: &str) -> String {
    let faults = Policy::load(collective(), overlay(&[text])).err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_overlay_that_permits_is_refused_with_its_place() {
    let permit = "\n@id(\"local-1\") @rule(\"local-1\") @reason(\"r\") @cite(\"c\")\npermit (principal, action == Action::\"disclose\", resource);";
    let said = refused(permit);
    assert!(said.contains("local-0.cedar:2"), "{said}");
    assert!(said.contains("may only forbid"), "{said}");
}

#[test]
fn an_overlay_cannot_take_the_id_or_rule_of_a_collective_policy() {
    let said =
        refused(&forbid(1, "disclose", "true").replace("@id(\"local-1\")", "@id(\"P13.attack\")"));
    assert!(said.contains("begin a provider's own with `local-`"), "{said}");
    let said =
        refused(&forbid(1, "disclose", "true").replace("@rule(\"local-1\")", "@rule(\"P2\")"));
    assert!(said.contains("takes an `@rule`"), "{said}");
    let said = refused(&forbid(1, "disclose", "true").replace("@then", "@fixed(\"true\") @then"));
    assert!(said.contains("only the collective policy fixes"), "{said}");
}

#[test]
fn an_overlay_may_neither_silence_the_notice_nor_answer_every_question() {
    assert!(refused(&forbid(1, "notify", "true")).contains("no provider may decide that"));
    let every = forbid(1, "disclose", "true").replace("action == Action::\"disclose\"", "action");
    assert!(refused(&every).contains("name its actions"));
}

#[test]
fn an_overlay_that_does_not_fit_the_schema_is_refused() {
    let said = refused(&forbid(1, "disclose", "resource.colour == \"red\""));
    assert!(said.contains("local-0.cedar:1") && said.contains("colour"), "{said}");
    assert!(refused(&forbid(1, "hand_over", "true")).contains("hand_over"));
    assert!(
        refused(&forbid(1, "disclose", "resource.category == Category::\"secrets\""))
            .contains("secrets")
    );
}

#[test]
fn an_overlay_changes_the_digest_and_not_the_collective_one() {
    let restricted = with_overlay(&[&forbid(1, "disclose", "resource.element == \"photos\"")]);
    assert_ne!(restricted.digest(), policy().digest());
    assert_eq!(restricted.collective(), policy().collective());
}

/// Restrictions that providers might want, one file each.
static RESTRICTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    vec![
        forbid(0, "disclose", "resource.category == Category::\"content\""),
        forbid(1, "disclose", "resource.element == \"login_ip\""),
        forbid(2, "disclose", "context.voluntary").replace("escalate", "refuse"),
        forbid(3, "preserve", "resource.flags.contains(Flag::\"press\")")
            .replace("escalate", "narrow"),
        forbid(4, "decide_alone", "true"),
        forbid(5, "decide_unattended", "resource.want == Want::\"preserve\""),
        forbid(6, "disclose", "principal.jurisdiction == \"US\" && resource.residence == \"\""),
    ]
});

/// The policy with every subset of the restrictions, by the bits of its number.
static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let chosen =
        |bits: usize| RESTRICTIONS.iter().enumerate().filter(move |(n, _)| bits >> n & 1 == 1);
    (0..1 << RESTRICTIONS.len())
        .filter(|bits: &usize| bits.count_ones() <= 2 || *bits == (1 << RESTRICTIONS.len()) - 1)
        .map(|bits| with_overlay(&chosen(bits).map(|(_, text)| text.as_str()).collect::<Vec<_>>()))
        .collect()
});

fn yes(ruling: &Ruling) -> Vec<bool> {
    ruling.items.iter().map(|item| item.answer == Answer::Allowed).collect()
}

fn follows(ruling: &Ruling) -> Vec<Option<Then>> {
    ruling.items.iter().map(|item| item.then).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_restriction_makes_a_no_into_a_yes_or_lets_fewer_people_decide(
        assessment in any::assessment(),
        restricted in 1usize..29,
    ) {
        let free = POLICIES[0].rule_on(&assessment);
        let bound = POLICIES[restricted % POLICIES.len()].rule_on(&assessment);
        for (before, after) in yes(&free).into_iter().zip(yes(&bound)) {
            prop_assert!(before || !after);
        }
        prop_assert!(bound.allowed().is_within(&free.allowed()));
        if yes(&free) == yes(&bound) && free.outcome == bound.outcome {
            prop_assert!(bound.approvers >= free.approvers);
        }
        // What a restriction refuses outright is no longer for a person, and so nobody need be told of it.
        if yes(&free) == yes(&bound) && follows(&free) == follows(&bound) {
            prop_assert_eq!(&bound.notice, &free.notice);
        }
        prop_assert!(bound.notice == free.notice || bound.notice == NoticeRule::Nothing || free.notice == NoticeRule::Nothing);
    }
}
