//! A planted fault is found, and a demand shows it.

use crate::files::{files, finder, has_solver, lawbook, policy, properties};
use serde::Deserialize;
use std::collections::BTreeSet;
use writ_lawbook::Lawbook;
use writ_policy::{Mutant, Policy};
use writ_proofs::{Finder, Property, Solvers, Verdict, prove};
use writ_vocabulary::CaseFile;

#[derive(Deserialize)]
struct Table {
    fault: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    property: String,
    #[serde(default)]
    removed: Vec<String>,
    #[serde(default)]
    permits: Vec<String>,
    #[serde(default)]
    added: String,
    #[serde(default)]
    in_property: Option<[String; 2]>,
}

fn table() -> Vec<Fault> {
    toml::from_str::<Table>(include_str!("faults.toml")).unwrap().fault
}

impl Fault {
    fn plant(&self, policy: &Policy) -> Mutant {
        let removed: Vec<&str> = self.removed.iter().map(String::as_str).collect();
        let permit = |action: &String| {
            format!(
                "@id(\"P1.planted-{action}\") @rule(\"P1\") @reason(\"planted\") @cite(\"planted\")\n\
                 permit (principal, action == Action::\"{action}\", resource);\n"
            )
        };
        let added = self.permits.iter().map(permit).chain([self.added.clone()]).collect::<String>();
        policy.with_fault(&removed, &added).unwrap_or_else(|faults| panic!("{faults:?}"))
    }

    /// All properties, with what is exchanged in the one that must find it.
    fn properties(&self, policy: &Policy) -> Vec<Property> {
        let path = format!("properties/{}.cedar", self.property);
        let mut files = files("policy");
        if let Some([from, to]) = &self.in_property {
            let meant = files.iter_mut().filter(|(file, _)| *file == path);
            meant.for_each(|(_, text)| *text = text.replace(from, to));
        }
        properties(policy, &files)
    }

    /// What is wrong with how it is found, if anything.
    fn missed(&self, policy: &Policy, lawbook: &Lawbook, finder: &Finder<'_>) -> Option<String> {
        let mutant = self.plant(policy);
        let properties = self.properties(policy);
        let only = Some(self.property.as_str());
        let proofs = prove(mutant.policy(), &properties, only, &Solvers::default(), finder);
        let Some(Verdict::Refuted(broken)) = proofs.first().map(|proof| &proof.verdict) else {
            return Some(format!("not found: {proofs:#?}"));
        };
        let Some(demand) = &broken.demand else { return Some(format!("not shown: {broken:#?}")) };
        // It is a case file like any other, and the planted fault changes its ruling.
        let text = toml::to_string(demand).unwrap();
        if CaseFile::parse(&text).as_ref() != Ok(demand) {
            return Some(format!("does not read back: {text}"));
        }
        let assessment = lawbook.assess(&demand.demand, demand.facts.as_ref().unwrap()).unwrap();
        let same = mutant.policy().rule_on(&assessment) == policy.rule_on(&assessment);
        (same && self.in_property.is_none()).then(|| format!("changes no ruling: {text}"))
    }
}

#[test]
fn every_planted_fault_is_found_and_shown_by_a_demand() {
    if !has_solver() {
        return;
    }
    let (policy, lawbook) = (policy(), lawbook());
    let finder = finder(&lawbook);
    let missed = table().into_iter().filter_map(|fault| {
        let what = fault.missed(&policy, &lawbook, &finder)?;
        Some(format!("{} without {:?}: {what}\n", fault.property, fault.removed))
    });
    let missed: String = missed.collect();
    assert!(missed.is_empty(), "{missed}");
}

#[test]
fn every_property_has_a_planted_fault() {
    let planted: BTreeSet<String> = table().into_iter().map(|fault| fault.property).collect();
    let policy = policy();
    for property in properties(&policy, &files("policy")) {
        assert!(planted.contains(&property.id), "plant a fault for `{}`", property.id);
    }
}
