//! The manual's tables, as Markdown: what each datum is under each law, and how each rule is kept.

use std::collections::BTreeMap;
use std::fmt::Write;
use writ_lawbook::{Confidence, Element, Lawbook};
use writ_policy::{Policy, Rule};

/// Every element and its category under each law.
///
/// `?` after a word: classified from memory. A dash: a person decides.
pub fn crosswalk(lawbook: &Lawbook) -> String {
    let regimes: Vec<&String> = lawbook.regimes().keys().collect();
    let mut out =
        format!("| datum | {} |\n", joined(regimes.iter().map(|regime| regime.as_str()), " | "));
    out += &format!("|---{}|\n", "|---".repeat(regimes.len()));
    for (id, element) in lawbook.elements() {
        let cells = regimes.iter().map(|regime| cell(element, regime));
        // Text formats into a string without failing.
        let _ = writeln!(out, "| `{id}` | {} |", joined(cells, " | "));
    }
    out.push('\n');
    for (regime, title) in lawbook.regimes() {
        let _ = writeln!(out, "- `{regime}`: {}", plain(title));
    }
    out += "\n`?`: classified from memory. `–`: a person decides.\n";
    out
}

fn cell(element: &Element, regime: &str) -> String {
    match element.under(regime) {
        None => "–".to_owned(),
        Some(it) if it.confidence == Confidence::Uncertain => "–".to_owned(),
        Some(it) if it.confidence == Confidence::Memory && element.everywhere.is_none() => {
            format!("{}?", it.category)
        }
        Some(it) => it.category.to_string(),
    }
}

/// Every rule: the policies or the mechanism that keep it, how many cases show it, which properties state it.
///
/// `cases` are counted by rule id in lower case (`p2`); `properties` are the ids of those that name the rule.
pub fn kept(
    policy: &Policy,
    cases: &BTreeMap<String, usize>,
    properties: &BTreeMap<String, Vec<String>>,
) -> String {
    let mut out = "| rule | kept by | cases | property |\n|---|---|---:|---|\n".to_owned();
    for rule in policy.rules() {
        let folder = rule.id.as_str().to_ascii_lowercase();
        let cases = cases.get(&folder).copied().unwrap_or_default();
        let proven = properties.get(rule.id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let proven = joined(proven.iter().map(|id| format!("`{id}`")), ", ");
        let _ = writeln!(
            out,
            "| **{}** {} | {} | {cases} | {} |",
            rule.id,
            plain(&rule.title),
            keepers(rule),
            if proven.is_empty() { "–" } else { &proven }
        );
    }
    out
}

fn keepers(rule: &Rule) -> String {
    let prefix = format!("{}.", rule.id);
    let policies =
        rule.policies.iter().map(|id| format!("`{}`", id.strip_prefix(&prefix).unwrap_or(id)));
    let policies = joined(policies, ", ");
    let mechanism = rule.mechanism.as_deref().map(plain).unwrap_or_default();
    let both = [policies, mechanism];
    joined(both.into_iter().filter(|part| !part.is_empty()), "; ")
}

/// Text that cannot end a cell or begin markup.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if "|`*_<>[]\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn joined<T: AsRef<str>>(parts: impl Iterator<Item = T>, between: &str) -> String {
    let mut out = String::new();
    for part in parts {
        if !out.is_empty() {
            out.push_str(between);
        }
        out.push_str(part.as_ref());
    }
    out
}

/// Where a document has no place for a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the line `{0}` is missing: write it where the table belongs, once")]
pub struct NoPlace(pub String);

/// `document` with `table` between the two comments that bear the command that makes it.
///
/// # Errors
/// When one of the comments is missing.
pub fn renewed(document: &str, command: &str, table: &str) -> Result<String, NoPlace> {
    let (begins, ends) = (format!("<!-- begin: {command} -->"), format!("<!-- end: {command} -->"));
    let (before, rest) = document.split_once(&begins).ok_or_else(|| NoPlace(begins.clone()))?;
    let (_, after) = rest.split_once(&ends).ok_or_else(|| NoPlace(ends.clone()))?;
    Ok(format!("{before}{begins}\n\n{}\n\n{ends}{after}", table.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAND: &str = "writ lawbook table";

    #[test]
    fn a_table_takes_the_place_of_the_older_one_and_nothing_else_moves() {
        let document =
            "a\n<!-- begin: writ lawbook table -->\nold\n<!-- end: writ lawbook table -->\nb\n";
        let new = renewed(document, COMMAND, "| new |\n").unwrap();
        assert_eq!(
            new,
            "a\n<!-- begin: writ lawbook table -->\n\n| new |\n\n<!-- end: writ lawbook table -->\nb\n"
        );
        assert_eq!(renewed(&new, COMMAND, "| new |\n").unwrap(), new);
    }

    #[test]
    fn a_document_without_the_place_is_left_alone() {
        let error = renewed("nothing", COMMAND, "x").unwrap_err().to_string();
        assert!(error.contains("begin: writ lawbook table"), "{error}");
    }

    #[test]
    fn a_text_cannot_end_its_cell() {
        assert_eq!(plain("a | b\n`c`"), "a \\| b \\`c\\`");
    }
}
