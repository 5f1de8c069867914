//! The law book and the policy: from a folder that was named, from the home, or from the program itself.

use crate::args::Args;
use crate::fault;
use include_dir::{Dir, include_dir};
use miette::Result;
use std::path::Path;
use writ_desk::Books;
use writ_lawbook::Lawbook;
use writ_policy::Policy;

static LAWBOOK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../lawbook");
static POLICY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../policy");

/// Files as (path inside the folder, text).
pub type Files = Vec<(String, String)>;

/// Both books, with the provider's own restrictions from `policy/local/` of its home.
pub fn load(args: &Args) -> Result<Books> {
    let lawbook = Lawbook::load(lawbook_files(args)?)
        .map_err(|faults| fault::listed("the law book was not loaded:", &faults))?;
    let local = args.home.join("policy").join("local");
    let overlay = if local.is_dir() { folder(&local)? } else { Files::new() };
    let policy = Policy::load(policy_files(args)?, overlay)
        .map_err(|faults| fault::listed("the policy was not loaded:", &faults))?;
    Ok(Books { lawbook, policy })
}

/// The law book's files.
pub fn lawbook_files(args: &Args) -> Result<Files> {
    files(args.lawbook.as_deref(), &args.home.join("lawbook"), &LAWBOOK)
}

/// The collective policy's files, with its cases.
pub fn policy_files(args: &Args) -> Result<Files> {
    files(args.policy.as_deref(), &args.home.join("policy").join("collective"), &POLICY)
}

fn files(named: Option<&Path>, of_home: &Path, built_in: &Dir<'_>) -> Result<Files> {
    match named {
        Some(path) => folder(path),
        None if of_home.is_dir() => folder(of_home),
        None => Ok(embedded(built_in)),
    }
}

fn embedded(dir: &Dir<'_>) -> Files {
    let mut files: Files = dir
        .files()
        .filter_map(|file| {
            Some((file.path().to_str()?.to_owned(), file.contents_utf8()?.to_owned()))
        })
        .collect();
    files.extend(dir.dirs().flat_map(embedded));
    files.sort();
    files
}

/// Every text file below a folder, by its path inside it.
pub fn folder(root: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        let entries = std::fs::read_dir(&dir)
            .map_err(|error| fault::plain(format!("{}: {error}", dir.display())))?;
        for entry in entries {
            let path =
                entry.map_err(|error| fault::plain(format!("{}: {error}", dir.display())))?.path();
            let wanted = path.extension().is_some_and(|ending| {
                ["toml", "json", "cedar", "cedarschema"].iter().any(|known| ending == *known)
            });
            if path.is_dir() {
                open.push(path);
            } else if wanted {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| fault::plain(format!("{}: {error}", path.display())))?;
                let inside =
                    path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                files.push((inside, text));
            }
        }
    }
    files.sort();
    Ok(files)
}
