//! `writ lawbook table` and `writ policy table`: the manual's tables, printed or renewed in place.

use crate::args::{Args, TableArgs};
use crate::say::Say;
use crate::{books, fault};
use miette::Result;
use std::collections::BTreeMap;
use std::path::Path;
use writ_desk::Books;

pub fn lawbook(loaded: &Books, wanted: &TableArgs, say: Say) -> Result<()> {
    give("writ lawbook table", writ_guidelines::crosswalk(&loaded.lawbook), wanted, say)
}

pub fn policy(args: &Args, loaded: &Books, wanted: &TableArgs, say: Say) -> Result<()> {
    let mut cases: BTreeMap<String, usize> = BTreeMap::new();
    let mut properties: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in books::policy_files(args)? {
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["cases", rule, _] => *cases.entry((*rule).to_owned()).or_default() += 1,
            ["properties", file] => {
                for rule in rules(&text) {
                    let id = file.trim_end_matches(".cedar").to_owned();
                    properties.entry(rule.to_owned()).or_default().push(id);
                }
            }
            _ => {}
        }
    }
    let table = writ_guidelines::kept(&loaded.policy, &cases, &properties);
    give("writ policy table", table, wanted, say)
}

/// The rules that a property says it belongs to: its annotation `@rules("P2 P18")`.
fn rules(property: &str) -> impl Iterator<Item = &str> {
    let after = property.split_once("@rules(\"").map(|(_, after)| after);
    let list = after.and_then(|after| after.split_once('"')).map(|(list, _)| list);
    list.unwrap_or_default().split_whitespace()
}

fn give(command: &str, table: String, wanted: &TableArgs, say: Say) -> Result<()> {
    match &wanted.into {
        Some(path) => renew(path, command, &table),
        None => {
            say.result(&table, String::clone);
            Ok(())
        }
    }
}

fn renew(path: &Path, command: &str, table: &str) -> Result<()> {
    let faulty = |what: &dyn std::fmt::Display| fault::plain(format!("{}: {what}", path.display()));
    let document = std::fs::read_to_string(path).map_err(|error| faulty(&error))?;
    let renewed =
        writ_guidelines::renewed(&document, command, table).map_err(|error| faulty(&error))?;
    std::fs::write(path, renewed).map_err(|error| faulty(&error))
}
