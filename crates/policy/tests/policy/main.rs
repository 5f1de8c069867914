//! The policy of this repository, loaded as it stands and asked about cases, files with faults, and everything at random.

mod any;
mod cases;
mod fixed;
mod load;
mod mutants;
mod overlay;
mod speed;

use std::path::{Path, PathBuf};
use writ_lawbook::Lawbook;
use writ_policy::Policy;

type Files = Vec<(String, String)>;

/// The files of a folder of the repository, with their paths inside it, in order.
#[expect(clippy::disallowed_methods, reason = "the tests read the folders that the program embeds")]
fn files(folder: &str) -> Files {
    fn walk(root: &Path, folder: &Path, found: &mut Files) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    found.sort();
    found
}

fn collective() -> Files {
    files("policy")
        .into_iter()
        .filter(|(file, _)| !file.starts_with("cases/") && !file.starts_with("properties/"))
        .collect()
}

fn policy() -> Policy {
    with_overlay(&[])
}

fn with_overlay(texts: &[&str]) -> Policy {
    Policy::load(collective(), overlay(texts)).unwrap_or_else(|faults| panic!("{}", shown(&faults)))
}

fn overlay(texts: &[&str]) -> Files {
    texts
        .iter()
        .enumerate()
        .map(|(n, text)| (format!("local-{n}.cedar"), (*text).to_owned()))
        .collect()
}

fn lawbook() -> Lawbook {
    Lawbook::load(files("lawbook")).unwrap_or_else(|faults| panic!("{}", shown(&faults)))
}

fn shown(faults: &[writ_policy::Fault]) -> String {
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}
