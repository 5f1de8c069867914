//! The books of this repository, and its solver.

use std::path::{Path, PathBuf};
use std::process::Command;
use writ_lawbook::Lawbook;
use writ_policy::Policy;
use writ_proofs::{Finder, Property};
use writ_vocabulary::CaseFile;

pub type Files = Vec<(String, String)>;

/// The files of a folder of the repository, with their paths inside it, in order.
pub fn files(folder: &str) -> Files {
    fn walk(root: &Path, folder: &Path, found: &mut Files) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                found.push((path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), text));
            }
        }
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    found.sort();
    found
}

pub fn policy() -> Policy {
    Policy::load(files("policy"), Vec::new()).unwrap_or_else(|faults| panic!("{faults:?}"))
}

pub fn lawbook() -> Lawbook {
    Lawbook::load(files("lawbook")).unwrap_or_else(|faults| panic!("{faults:?}"))
}

pub fn properties(policy: &Policy, files: &Files) -> Vec<Property> {
    let pages = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    Property::read_all(policy, pages).unwrap_or_else(|faults| panic!("{faults:?}"))
}

pub fn finder(lawbook: &Lawbook) -> Finder<'_> {
    let cases = files("policy").into_iter().filter(|(path, _)| path.starts_with("cases/"));
    let cases = cases.filter_map(|(_, text)| CaseFile::parse(&text).ok());
    Finder::new(lawbook, cases.chain(lawbook.examples().iter().map(|it| it.case.clone())))
}

/// Whether there is a solver. Where nobody may install one these tests are left out, but never where changes are judged.
pub fn has_solver() -> bool {
    let name = std::env::var("CVC5").unwrap_or_else(|_| "cvc5".to_owned());
    let there = Command::new(name).arg("--version").output().is_ok();
    assert!(there || std::env::var("CI").is_err(), "install cvc5");
    if !there {
        eprintln!("left out: there is no solver; install cvc5");
    }
    there
}
