//! What the desk does, on real stores.

mod alike;
mod closed;
mod lookups;
mod rows;
mod smtp;

use std::path::Path;
use std::sync::Arc;
use writ_desk::{Books, Tell};

/// As in the program, so that what is measured here is what is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The books of the project.
pub fn books() -> Books {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let lawbook = writ_lawbook::Lawbook::load(files(&root.join("lawbook"))).unwrap();
    let policy = writ_policy::Policy::load(files(&root.join("policy")), []).unwrap();
    Books { lawbook, policy }
}

/// The settings of a provider; `mail` says how its letters leave.
pub fn house(mail: &str) -> String {
    format!(
        r#"
name = "Meridian (invented)"
contact = "lawful-requests@meridian.example"
[[entities]]
name = "Meridian Cloud Inc."
jurisdiction = "US"
[[staff]]
id = "reviewer-1"
name = "A. Example"
[[staff]]
id = "reviewer-2"
name = "B. Example"
[custodian]
name = "C. Example"
title = "Custodian of records"
place = "Sampletown"
[mail]
from = "privacy@meridian.example"
{mail}
"#
    )
}

/// Nobody watches the progress.
pub fn silently() -> Tell {
    Arc::new(|_, _| {})
}

fn files(root: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for path in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                files.push((path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), text));
            }
        }
    }
    files
}
