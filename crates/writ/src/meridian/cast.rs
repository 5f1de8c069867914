//! The people whom the scenario's demands name: at fixed customer ids, in Meridian of every size.

use super::MeridianError;
use jiff::Timestamp;
use serde::Deserialize;
use std::net::IpAddr;
use writ_vocabulary::{ElementId, Flag, Jurisdiction, MailAddress, Phone};

const FILE: &str = include_str!("../../../../scenarios/founding-night/cast.toml");

/// Everybody whom the scenario names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    /// The business tenants.
    #[serde(rename = "organisation")]
    pub organisations: Vec<Organisation>,
    /// The people, in the order of their customer ids.
    #[serde(rename = "person")]
    pub people: Vec<Person>,
}

/// A business tenant.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Its id at Meridian.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where demands for its data go.
    pub contact: String,
    /// Its state.
    pub jurisdiction: Jurisdiction,
    /// Whether it is a public authority.
    #[serde(default)]
    pub public_authority: bool,
}

/// One customer whom a demand names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The customer id, as `m-0b41c7e2`.
    #[serde(rename = "customer")]
    pub id: CustomerId,
    /// The name.
    pub name: String,
    /// The main address.
    pub mail: MailAddress,
    /// Another address, for recovery.
    pub recovery_mail: MailAddress,
    /// Other addresses of the same account.
    #[serde(default)]
    pub aliases: Vec<MailAddress>,
    /// The telephone number.
    pub phone: Phone,
    /// The street and number.
    pub street: String,
    /// The town.
    pub town: String,
    /// The country.
    pub country: Jurisdiction,
    /// What is rented.
    pub plan: String,
    /// Since when.
    pub created: Timestamp,
    /// From where the account was opened.
    pub registration_ip: IpAddr,
    /// How it is paid.
    pub payment: String,
    /// The tenant that controls the account.
    #[serde(default)]
    pub organisation: Option<String>,
    /// What is held only under the customer's own keys.
    #[serde(default)]
    pub customer_keys: Vec<ElementId>,
    /// Who the person is, where the law protects them specially.
    #[serde(default)]
    pub flags: Vec<Flag>,
    /// The logins around the night; older ones are drawn.
    #[serde(default)]
    pub sessions: Vec<Session>,
    /// The messages in the mailbox.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// The stored files.
    #[serde(default)]
    pub files: Vec<StoredFile>,
}

/// One login.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// When it began.
    pub at: Timestamp,
    /// From where.
    pub ip: IpAddr,
    /// From which port.
    pub port: u16,
    /// How long it lasted.
    pub seconds: u32,
}

/// One message.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// When it came.
    pub at: Timestamp,
    /// Who wrote it.
    pub from: MailAddress,
    /// Whom it was written to.
    pub to: MailAddress,
    /// What it is about, in ASCII.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// What is attached, as text.
    #[serde(default)]
    pub attachment: Option<Attachment>,
}

/// What is attached to a message.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Its file name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// One stored file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredFile {
    /// Its name.
    pub name: String,
    /// When it was last changed.
    pub at: Timestamp,
    /// What is in it.
    pub text: String,
}

/// A customer id: `m-` and eight hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct CustomerId(pub u32);

impl Cast {
    /// The cast of the founding night.
    pub fn of_the_founding_night() -> Result<Self, MeridianError> {
        let cast: Self = toml::from_str(FILE).map_err(|error| wrong(error.to_string()))?;
        let sorted = cast.people.windows(2).all(|pair| matches!(pair, [a, b] if a.id < b.id));
        if !sorted {
            return Err(wrong("the people are not in the order of their customer ids".to_owned()));
        }
        match cast.people.iter().find(|person| cast.homeless(person)) {
            Some(person) => {
                Err(wrong(format!("`{}` belongs to no organisation of the file", person.id)))
            }
            None => Ok(cast),
        }
    }

    /// The tenant that controls a person's account.
    pub fn organisation(&self, person: &Person) -> Option<&Organisation> {
        let id = person.organisation.as_ref()?;
        self.organisations.iter().find(|organisation| &organisation.id == id)
    }

    fn homeless(&self, person: &Person) -> bool {
        person.organisation.is_some() && self.organisation(person).is_none()
    }
}

impl Person {
    /// Whether this element is held only under the customer's own keys.
    pub fn has_key_to(&self, element: &str) -> bool {
        self.customer_keys.iter().any(|own| own.as_str() == element)
    }
}

fn wrong(what: String) -> MeridianError {
    MeridianError::Cast { what }
}

impl TryFrom<String> for CustomerId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.strip_prefix("m-").filter(|digits| digits.len() == 8);
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        number
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a customer id: write it as `m-0b41c7e2`"))
    }
}

impl std::fmt::Display for CustomerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "m-{:08x}", self.0)
    }
}
