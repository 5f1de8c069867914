//! The law book from outside: its own folder, its clocks, counsel's sign-offs, conflicts of laws, who is proven.

#![allow(
    clippy::disallowed_methods,
    reason = "the tests read the folder that the crate only ever sees as text"
)]

mod clocks;
mod conflicts;
mod folder;
mod sender;
mod sign_off;

use std::fs;
use std::path::{Path, PathBuf};
use writ_lawbook::{Assessment, Fault, Lawbook};
use writ_vocabulary::CaseFile;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lawbook")
}

fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    read(&root(), &root(), &mut files);
    files
}

fn read(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(root, &path, files);
        } else if path.extension().is_some_and(|end| end == "toml") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn with(path: &str, text: &str) -> Vec<(String, String)> {
    let mut files = files();
    files.push((path.to_owned(), text.to_owned()));
    files
}

fn changed(path: &str, from: &str, to: &str) -> Vec<(String, String)> {
    let mut files = files();
    let (_, text) = files.iter_mut().find(|(name, _)| name == path).unwrap();
    assert!(text.contains(from), "{path} has `{from}`");
    *text = text.replacen(from, to, 1);
    files
}

fn book() -> Lawbook {
    Lawbook::load(files()).unwrap_or_else(|faults| panic!("{}", lines(&faults)))
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}

/// The example at this path.
fn example(book: &Lawbook, path: &str) -> CaseFile {
    let found = book.examples().iter().find(|example| example.path == path);
    found.unwrap_or_else(|| panic!("no example `{path}`")).case.clone()
}

fn assessed(book: &Lawbook, case: &CaseFile) -> Assessment {
    book.assess(&case.demand, case.facts.as_ref().unwrap()).unwrap()
}
