//! The credentials with which partners are asked: in a file of their own that only the service's user may read, and in
//! no event.

use super::PartnerError;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use writ_exchange::Secret;

/// The file, in the home.
const FILE: &str = "partner-keys.toml";

/// Credentials by name, of a protocol or of one partner.
type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// The file of credentials. It is read each time, so that what an operator writes there holds at once.
#[derive(Debug)]
pub(super) struct Secrets {
    path: PathBuf,
    /// Held while the file is changed.
    changing: Mutex<()>,
}

impl Secrets {
    pub fn new(home: &Path) -> Self {
        Self { path: home.join(FILE), changing: Mutex::default() }
    }

    /// The credentials of the first of these that has any.
    pub fn of(&self, sections: &[&str]) -> Result<Option<Secret>, PartnerError> {
        let mut all = self.read()?;
        let found = sections.iter().find_map(|section| all.remove(*section));
        Ok(found.map(Secret::new))
    }

    /// Keeps credentials, or lets them go.
    pub fn set(
        &self,
        section: &str,
        given: Option<BTreeMap<String, String>>,
    ) -> Result<(), PartnerError> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.read()?;
        match given {
            Some(given) => all.insert(section.to_owned(), given),
            None => all.remove(section),
        };
        let text = toml::to_string(&all).map_err(|error| self.fault(io::Error::other(error)))?;
        put(&self.path, &text).map_err(|error| self.fault(error))
    }

    fn read(&self) -> Result<Sections, PartnerError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Sections::new()),
            Err(error) => return Err(self.fault(error)),
        };
        // The parser's own words would show the line, and the line the credential.
        toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            let what =
                "it is not as it should be: write `[protocol]` and below it `name = \"...\"`";
            self.fault(io::Error::other(format!("in line {line} {what}")))
        })
    }

    fn fault(&self, source: io::Error) -> PartnerError {
        PartnerError::Secrets { path: self.path.clone(), source }
    }
}

/// Puts the text in the file's place at once; nobody else may read it at any moment.
fn put(path: &Path, text: &str) -> io::Result<()> {
    let part = path.with_extension("part");
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
