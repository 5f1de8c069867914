//! The provider's home: `writ.toml` and the places of everything else.
//!
//! ```text
//! writ.toml         who the provider is: entities, staff, mail
//! custody.toml      its data sources
//! authorities.toml  the registry
//! keys/             master.key (vault), provider.pem (signs parcels); readable by their owner only
//! lawbook/          counsel's sign-offs (sign-off.toml); and a law book of its own, where it has one
//! policy/local/     its own stricter rules
//! journal.db        every event of every case
//! objects/          documents and identifiers, encrypted under a key for each case
//! work/             productions on their way into a parcel; emptied when it is sealed
//! outbox/           what leaves: a folder for each authority, a folder for each case
//! ```

use crate::DeskError;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use writ_vocabulary::{PersonId, Provider, ProviderEntity};

/// Who the provider is: the file `writ.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct House {
    /// The name that letters bear.
    pub name: String,
    /// Its postal address, a line each.
    #[serde(default)]
    pub address: Vec<String>,
    /// Where readers of its letters write to.
    pub contact: String,
    /// Whether several customers may share an IP address at one time (carrier-grade NAT).
    #[serde(default)]
    pub shared_addresses: bool,
    /// The languages in which it accepts demands (ISO 639-1). Empty: all.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Its legal entities; the first receives what names no addressee.
    pub entities: Vec<ProviderEntity>,
    /// The people at the desk, under the opaque ids that events bear.
    pub staff: Vec<Staff>,
    /// Who signs certificates of authenticity.
    pub custodian: Custodian,
    /// How letters to customers leave.
    pub mail: Mail,
    /// Megabytes of memory that collecting may use.
    #[serde(default = "half_a_gigabyte")]
    pub memory_mib: usize,
}

/// A person at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// The id that events bear.
    pub id: PersonId,
    /// The name.
    pub name: String,
}

/// The qualified person who certifies productions (Federal Rules of Evidence 902(11)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custodian {
    /// The name.
    pub name: String,
    /// The office held.
    pub title: String,
    /// Where certificates are signed.
    pub place: String,
    /// Whether that is outside the United States (28 U.S.C. 1746 has a form for each).
    #[serde(default)]
    pub abroad: bool,
}

/// How letters to customers leave: by a mail server, or into a folder where another program takes them up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The sender's address.
    pub from: String,
    /// A mail server that relays for this host, as `host:port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<String>,
    /// A folder, relative to the home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
}

fn half_a_gigabyte() -> usize {
    512
}

impl House {
    /// Reads `writ.toml` of a home.
    ///
    /// # Errors
    /// When it is missing or says something it cannot say, with the line.
    pub fn read(home: &Path) -> Result<Self, DeskError> {
        let path = home.join("writ.toml");
        let text = std::fs::read_to_string(&path).map_err(DeskError::file(&path))?;
        let house: Self =
            toml::from_str(&text).map_err(|error| DeskError::setting(&path, error))?;
        match (house.entities.is_empty(), &house.mail.smtp, &house.mail.folder) {
            (true, ..) => {
                Err(DeskError::setting(&path, "no `[[entities]]`: name at least one legal entity"))
            }
            (_, None, None) | (_, Some(_), Some(_)) => {
                Err(DeskError::setting(&path, "`[mail]` needs exactly one of `smtp` and `folder`"))
            }
            _ => Ok(house),
        }
    }

    /// The provider as rulings see it.
    pub fn provider(&self) -> Provider {
        Provider {
            name: self.name.clone(),
            entities: self.entities.clone(),
            shared_addresses: self.shared_addresses,
            languages: self.languages.clone(),
        }
    }

    /// The person with this id.
    ///
    /// # Errors
    /// When nobody on the staff has it.
    pub fn person(&self, id: &str) -> Result<PersonId, DeskError> {
        self.staff
            .iter()
            .find(|staff| staff.id.as_str() == id)
            .map(|staff| staff.id.clone())
            .ok_or_else(|| DeskError::UnknownPerson(id.to_owned()))
    }
}
