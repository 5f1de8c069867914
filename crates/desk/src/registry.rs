//! The registry of authorities: what the provider itself established about the bodies that may ask.

use crate::DeskError;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;
use writ_vocabulary::{Authority, AuthorityId, Demand};

/// The authorities that the provider knows: the file `authorities.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// The entries.
    #[serde(default, rename = "authority")]
    pub authorities: Vec<Authority>,
}

impl Registry {
    /// Reads the registry of a home; none is an empty one.
    ///
    /// # Errors
    /// When the file says something it cannot say, with the line; or two entries have one id.
    pub fn read(home: &Path) -> Result<Self, DeskError> {
        let path = home.join("authorities.toml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(DeskError::File { path, source: error }),
        };
        let registry: Self =
            toml::from_str(&text).map_err(|error| DeskError::setting(&path, error))?;
        let mut ids: Vec<_> = registry.authorities.iter().map(|authority| &authority.id).collect();
        ids.sort();
        match ids.windows(2).find(|pair| pair.first() == pair.last()) {
            Some(pair) => Err(DeskError::setting(
                &path,
                format!(
                    "two authorities are called `{}`",
                    pair.first().map_or("", |id| id.as_str())
                ),
            )),
            None => Ok(registry),
        }
    }

    /// Writes the registry: whole or not at all.
    ///
    /// # Errors
    /// When the disk fails; the old file stands then.
    pub fn write(&self, home: &Path) -> Result<(), DeskError> {
        let path = home.join("authorities.toml");
        let text =
            toml::to_string_pretty(self).map_err(|error| DeskError::setting(&path, error))?;
        write_whole(&path, text.as_bytes())
    }

    /// The entry with this id.
    pub fn get(&self, id: &AuthorityId) -> Option<&Authority> {
        self.authorities.iter().find(|authority| &authority.id == id)
    }

    /// The entry that a demand claims to come from: by its id, else by exactly its name.
    pub fn claimed(&self, demand: &Demand) -> Option<&Authority> {
        let issuer = &demand.issuer;
        match &issuer.authority {
            Some(id) => self.get(id),
            None => self.authorities.iter().find(|authority| authority.name == issuer.name),
        }
    }
}

/// Writes a file so that after a crash either the old one or the new one stands.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), DeskError> {
    let beside = path.with_extension("new");
    let write = || {
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        sync_folder_of(path)
    };
    write().map_err(DeskError::file(path))
}

/// Makes a rename in a folder durable.
pub(crate) fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
