//! What differs between two law books: what was added, removed and changed, key by key.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// A row or a list of words that two law books do not have alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The instrument, with the first day of an earlier version; or the file that lists words.
    pub place: String,
    /// What became of it.
    pub kind: ChangeKind,
    /// The keys that differ. Empty where all of it is new, or gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyChange>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Only the second law book has it.
    Added,
    /// Only the first one has it.
    Removed,
    /// They have it differently.
    Changed,
}

/// A key whose value differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyChange {
    /// The key: `deadline.length.days`, `requires[probable-cause].text`.
    pub key: String,
    /// Its value in the first law book, where it has one.
    pub old: Option<String>,
    /// Its value in the second one.
    pub new: Option<String>,
}

/// What differs between two law books, given as their files by path and text, in order of path. Examples and comments say
/// nothing about the law and are left aside. Both must load: a text that is no TOML counts as empty.
pub fn diff<'a>(
    old: impl IntoIterator<Item = &'a (String, String)>,
    new: impl IntoIterator<Item = &'a (String, String)>,
) -> Vec<Change> {
    let (old, new) = (law(old), law(new));
    let places: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |place: &String| {
        let (kind, keys) = match (old.get(place), new.get(place)) {
            (None, _) => (ChangeKind::Added, Vec::new()),
            (_, None) => (ChangeKind::Removed, Vec::new()),
            (Some(old), Some(new)) => (ChangeKind::Changed, keys(old, new)),
        };
        let differs = kind != ChangeKind::Changed || !keys.is_empty();
        differs.then(|| Change { place: place.clone(), kind, keys })
    };
    places.into_iter().filter_map(change).collect()
}

/// How many citations a law book has: every `cite` of every row and list.
pub fn citations<'a>(files: impl IntoIterator<Item = &'a (String, String)>) -> usize {
    let cites = |key: &&String| key.rsplit('.').next() == Some("cite");
    law(files).values().map(|keys| keys.keys().filter(cites).count()).sum()
}

type Keys = BTreeMap<String, String>;

fn law<'a>(files: impl IntoIterator<Item = &'a (String, String)>) -> BTreeMap<String, Keys> {
    let of_law = files.into_iter().filter(|(path, _)| {
        path.ends_with(".toml") && !path.contains("/examples/") && path != "sign-off.toml"
    });
    let read = of_law.map(|(path, text)| {
        let mut keys = Keys::new();
        flatten("", &Value::Table(toml::from_str::<Table>(text).unwrap_or_default()), &mut keys);
        (place(path), keys)
    });
    read.collect()
}

fn place(path: &str) -> String {
    let row = path.strip_suffix("/instrument.toml").map(str::to_owned);
    let earlier = || {
        let (id, since) = path.split_once("/instrument@")?;
        Some(format!("{id} of {}", since.strip_suffix(".toml")?))
    };
    row.or_else(earlier).unwrap_or_else(|| path.to_owned())
}

fn keys(old: &Keys, new: &Keys) -> Vec<KeyChange> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = |key: &&String| old.get(*key) != new.get(*key);
    let change = |key: &String| KeyChange {
        key: key.clone(),
        old: old.get(key).cloned(),
        new: new.get(key).cloned(),
    };
    names.into_iter().filter(changed).map(change).collect()
}

/// Every value under its whole key. Tables of a list go by their own name, so that one more does not rename the rest.
fn flatten(at: &str, value: &Value, into: &mut Keys) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let dot = if at.is_empty() { "" } else { "." };
                flatten(&format!("{at}{dot}{key}"), value, into);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_table) => {
            for (n, value) in list.iter().enumerate() {
                let name = ["id", "name", "element", "title"]
                    .iter()
                    .find_map(|key| value.get(key)?.as_str());
                let name = name.map_or_else(|| n.to_string(), str::to_owned);
                flatten(&format!("{at}[{name}]"), value, into);
            }
        }
        Value::String(text) => {
            into.insert(at.to_owned(), text.clone());
        }
        other => {
            into.insert(at.to_owned(), other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(rows: &[(&str, &str)]) -> Vec<(String, String)> {
        rows.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn each_key_that_differs_is_named_with_both_values_and_comments_and_examples_are_not() {
        let old = files(&[
            ("aa/one/instrument.toml", "# old\ntitle = \"One\"\n[deadline.length]\ndays = 10\n"),
            ("aa/two/instrument.toml", "title = \"Two\"\n"),
            ("aa/one/examples/fits.toml", "a = 1\n"),
        ]);
        let new = files(&[
            (
                "aa/one/instrument.toml",
                "# new\ntitle = \"One\"\n[deadline.length]\ndays = 5\n[[requires]]\nid = \"x\"\ntext = \"y\"\n",
            ),
            ("aa/one/instrument@2024-01-01.toml", "title = \"One\"\n"),
            ("aa/one/examples/fits.toml", "a = 2\n"),
        ]);
        let key = |key: &str, old: Option<&str>, new: Option<&str>| KeyChange {
            key: key.to_owned(),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        };
        let change = |place: &str, kind, keys| Change { place: place.to_owned(), kind, keys };
        let expected = vec![
            change(
                "aa/one",
                ChangeKind::Changed,
                vec![
                    key("deadline.length.days", Some("10"), Some("5")),
                    key("requires[x].id", None, Some("x")),
                    key("requires[x].text", None, Some("y")),
                ],
            ),
            change("aa/one of 2024-01-01", ChangeKind::Added, vec![]),
            change("aa/two", ChangeKind::Removed, vec![]),
        ];
        assert_eq!(diff(&old, &new), expected);
        assert_eq!(diff(&old, &old), []);
    }

    #[test]
    fn every_citation_is_counted_once() {
        let one = files(&[(
            "aa/one/instrument.toml",
            "cite = \"x\"\n[[requires]]\nid = \"a\"\ncite = \"y\"\n",
        )]);
        assert_eq!(citations(&one), 2);
    }
}
