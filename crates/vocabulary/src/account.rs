//! Accounts as typed identifiers, normalised and never guessed.

use crate::Instant;
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use url::Url;

/// How a demand points at a customer. Exactly one kind; two kinds are two accounts.
///
/// The text forms are those of the demand file: `mail`, `phone`, `customer`, `ip` (with `port` and `at`), `url`,
/// and `everyone` for a demand that names no account but a condition.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// A mail address (RFC 5321), folded to lower case; dots and tags are kept.
    Mail(MailAddress),
    /// A telephone number in international form (ITU-T E.164).
    Phone(Phone),
    /// The provider's own customer id.
    Customer(String),
    /// Whoever used an address at an instant.
    Ip {
        /// The address.
        address: IpAddr,
        /// The source port, needed where several customers share an address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        /// When it was used.
        at: ObservedAt,
    },
    /// A page, file or profile.
    Url(#[schemars(with = "String")] Url),
    /// No account but a condition: everyone who searched a word, all visitors of a place.
    Everyone(String),
}

/// When an address was seen: an exact instant, or a wall-clock time whose zone nobody stated.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum ObservedAt {
    /// An instant with its offset from UTC.
    Exact(Instant),
    /// A time without a zone: an ambiguity to cure, never to guess.
    NoZone(DateTime),
    /// Nothing was said.
    Missing,
}

/// Why an identifier does not yet point at one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ambiguity {
    /// A shared address without the source port.
    NoPort,
    /// A time without its zone.
    NoZone,
    /// No time at all.
    NoTime,
    /// Several customers answer to it.
    SeveralCustomers,
}

impl Ambiguity {
    /// What to ask the authority for.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::NoPort => {
                "state the source port: several customers share this address at one time"
            }
            Self::NoZone => {
                "state the time zone of the observed time, for example `2026-11-13T21:04:05+01:00`"
            }
            Self::NoTime => "state when the address was used, with its time zone",
            Self::SeveralCustomers => {
                "several customers answer to this identifier: name another one, or the customer's own"
            }
        }
    }
}

/// A mail address (RFC 5321 section 4.1.2), in lower case.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct MailAddress(String);

/// A telephone number as `+` and 7 to 15 digits (ITU-T E.164).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Phone(String);

/// Text that is no account of the kind it claims to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Not a mail address.
    #[error(
        "`{0}` is not a mail address: give one address `name@domain`, in ASCII (international domains as `xn--`); to ask for more than one customer, list them, or use `everyone`"
    )]
    Mail(String),
    /// Not a number in international form.
    #[error(
        "`{0}` is not a telephone number in international form: give `+`, the country code and the number; a national number is not guessed"
    )]
    Phone(String),
    /// Not a time.
    #[error("`{0}` is not a time: write `2026-11-13T21:04:05+01:00`")]
    Time(String),
    /// Not a web address.
    #[error("`{0}` is not a web address: give one that begins with `https://` or `http://`")]
    Url(String),
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

impl Account {
    /// What must be cured before this points at one customer, given whether the provider's addresses are shared
    /// between customers (carrier-grade NAT, RFC 6888).
    pub fn ambiguities(&self, shared_addresses: bool) -> Vec<Ambiguity> {
        let Self::Ip { port, at, .. } = self else { return Vec::new() };
        let time = match at {
            ObservedAt::Exact(_) => None,
            ObservedAt::NoZone(_) => Some(Ambiguity::NoZone),
            ObservedAt::Missing => Some(Ambiguity::NoTime),
        };
        let port = (shared_addresses && port.is_none()).then_some(Ambiguity::NoPort);
        time.into_iter().chain(port).collect()
    }

    /// Whether this names a condition instead of a customer.
    pub fn is_bulk(&self) -> bool {
        matches!(self, Self::Everyone(_))
    }

    /// The kind, as in `custody.toml`: `mail`, `phone`, `customer`, `ip`, `url`, `everyone`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Mail(_) => "mail",
            Self::Phone(_) => "phone",
            Self::Customer(_) => "customer",
            Self::Ip { .. } => "ip",
            Self::Url(_) => "url",
            Self::Everyone(_) => "everyone",
        }
    }
}

/// The identifier in clear: for the provider's eyes and the sealed parcel, never for an event or a log line.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail(mail) => f.write_str(&mail.0),
            Self::Phone(phone) => f.write_str(&phone.0),
            Self::Customer(id) => f.write_str(id),
            Self::Ip { address, port: Some(port), at } => {
                write!(f, "{address} port {port} at {at}")
            }
            Self::Ip { address, port: None, at } => write!(f, "{address} at {at}"),
            Self::Url(url) => write!(f, "{url}"),
            Self::Everyone(condition) => write!(f, "everyone {condition}"),
        }
    }
}

impl MailAddress {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for MailAddress {
    type Err = AccountError;
    fn from_str(text: &str) -> Result<Self, AccountError> {
        let wrong = || AccountError::Mail(shown(text));
        let (local, domain) = text.trim().rsplit_once('@').ok_or_else(wrong)?;
        let local_ok = (1..=64).contains(&local.len())
            && local
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "!#$%&'+-/=?^_`{|}~.".contains(c));
        let label_ok = |label: &str| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let domain_ok =
            domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label_ok);
        if local_ok && domain_ok {
            Ok(Self(format!("{local}@{domain}").to_ascii_lowercase()))
        } else {
            Err(wrong())
        }
    }
}

impl std::str::FromStr for Phone {
    type Err = AccountError;
    fn from_str(text: &str) -> Result<Self, AccountError> {
        let wrong = || AccountError::Phone(shown(text));
        let digits = text.trim().strip_prefix('+').ok_or_else(wrong)?;
        let digits: String =
            digits.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
        let well_formed = (7..=15).contains(&digits.len())
            && digits.chars().all(|c| c.is_ascii_digit())
            && !digits.starts_with('0');
        if well_formed { Ok(Self(format!("+{digits}"))) } else { Err(wrong()) }
    }
}

impl std::str::FromStr for ObservedAt {
    type Err = AccountError;
    fn from_str(text: &str) -> Result<Self, AccountError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::Missing);
        }
        if let Ok(instant) = text.parse::<Instant>() {
            return Ok(Self::Exact(instant));
        }
        text.parse::<DateTime>().map(Self::NoZone).map_err(|_| AccountError::Time(shown(text)))
    }
}

impl fmt::Display for ObservedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(instant) => write!(f, "{instant}"),
            Self::NoZone(time) => write!(f, "{time}"),
            Self::Missing => Ok(()),
        }
    }
}

macro_rules! through_text {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = AccountError;
            fn try_from(text: String) -> Result<Self, AccountError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
    )*};
}

through_text!(MailAddress, Phone, ObservedAt);

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_address_is_folded_to_lower_case_and_nothing_else_is_changed() {
        let mail: MailAddress = " Lena.Novak+news@Meridian.Example ".parse().unwrap();
        assert_eq!(mail.as_str(), "lena.novak+news@meridian.example");
        for wrong in [
            "*@meridian.example",
            "a@b",
            "a b@c.example",
            "@x.example",
            "à@x.example",
            "a@x..example",
            "a@b@",
        ] {
            assert!(wrong.parse::<MailAddress>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_national_telephone_number_is_not_guessed() {
        assert_eq!("+33 1 99 00 12 34".parse::<Phone>().unwrap().to_string(), "+33199001234");
        assert!("01 99 00 12 34".parse::<Phone>().is_err());
        assert!("+0331".parse::<Phone>().is_err());
    }

    #[test]
    fn an_address_without_port_or_zone_is_an_ambiguity_where_addresses_are_shared() {
        let ip = |port, at: &str| Account::Ip {
            address: "203.0.113.7".parse().unwrap(),
            port,
            at: at.parse().unwrap(),
        };
        assert_eq!(ip(Some(4711), "2026-11-13T21:04:05+01:00").ambiguities(true), []);
        assert_eq!(ip(None, "2026-11-13T21:04:05+01:00").ambiguities(false), []);
        assert_eq!(
            ip(None, "2026-11-13T21:04:05").ambiguities(true),
            [Ambiguity::NoZone, Ambiguity::NoPort]
        );
        assert_eq!(ip(Some(1), "").ambiguities(true), [Ambiguity::NoTime]);
    }
}
