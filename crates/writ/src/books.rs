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

/// Counsel's sign-offs, in the home's folder `lawbook`.
pub const SIGN_OFF: &str = "sign-off.toml";

/// Files as (path inside the folder, text).
pub type Files = Vec<(String, String)>;

/// Both books, with the provider's own restrictions from `policy/local/` of its home.
pub fn load(args: &Args) -> Result<Books> {
    Texts::read(args)?.books()
}

/// The texts of both books.
#[derive(PartialEq, Eq)]
struct Texts {
    lawbook: Files,
    policy: Files,
    overlay: Files,
}

impl Texts {
    fn read(args: &Args) -> Result<Self> {
        let local = args.home.join("policy").join("local");
        let overlay = if local.is_dir() { folder(&local)? } else { Files::new() };
        Ok(Self { lawbook: lawbook_files(args)?, policy: policy_files(args)?, overlay })
    }

    fn books(&self) -> Result<Books> {
        let policy = Policy::load(self.policy.clone(), self.overlay.clone())
            .map_err(|faults| fault::listed("the policy was not loaded:", &faults))?;
        Ok(Books { lawbook: lawbook(self.lawbook.clone())?, policy })
    }
}

/// A law book from its files.
pub fn lawbook(files: Files) -> Result<Lawbook> {
    Lawbook::load(files).map_err(|faults| fault::listed("the law book was not loaded:", &faults))
}

/// The books' folders, watched: what stands there is loaded when it changes, and a fault is told once.
pub struct Shelf {
    seen: Result<Texts, String>,
}

impl Shelf {
    /// The folders as they stand now, which is what was loaded.
    pub fn of(args: &Args) -> Self {
        Self { seen: seen(args) }
    }

    /// The books that stand there now, or what is wrong with them; nothing where they stand as they did.
    pub fn changed(&mut self, args: &Args) -> Option<Result<Books>> {
        let now = seen(args);
        if now == self.seen {
            return None;
        }
        self.seen = now;
        Some(match &self.seen {
            Ok(texts) => texts.books(),
            Err(fault) => Err(fault::plain(fault)),
        })
    }
}

fn seen(args: &Args) -> Result<Texts, String> {
    Texts::read(args).map_err(|fault| fault.to_string())
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
    let own = match named {
        Some(path) => return folder(path),
        None if of_home.is_dir() => folder(of_home)?,
        None => Files::new(),
    };
    // Beside counsel's sign-offs the home may have a law book of its own, and need not.
    let has_own = own.iter().any(|(path, _)| path != SIGN_OFF);
    Ok(if has_own { own } else { embedded(built_in) })
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
