//! Configuration as data: which settings and credentials a protocol has, and what was given for them.

use crate::{ConfigError, Http, Partner};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// A way in which partners share hashes.
pub struct Protocol {
    /// Its name in configuration: `ncmec`.
    pub name: &'static str,
    /// The name by which the Python client and the hasher-matcher-actioner know it, accepted too.
    pub also: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// Its own settings. Those of every protocol are [`Protocol::COMMON`].
    pub fields: &'static [Field],
    /// Its credentials, each a text.
    pub credentials: &'static [Field],
    pub(crate) make: fn(&Given<'_>) -> Result<Box<dyn Partner>, ConfigError>,
}

/// A setting or a credential, as forms show it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What is written there.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Whether it must be given.
    pub required: bool,
    /// What holds where it is not given.
    pub default: Option<&'static str>,
    /// What it is, for people.
    pub help: &'static str,
}

/// What is written in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// Text.
    Text,
    /// A whole number, 0 or more.
    Number,
    /// A list of texts.
    List,
    /// A table of texts.
    Table,
}

/// How a partner is set up: its protocol, and the protocol's settings by name.
///
/// ```
/// let config: writ_exchange::Config = toml::from_str(
///     r#"
///     protocol = "threatexchange"
///     privacy_group = 303636684709969
///     labels = ["media/image"]
///     "#,
/// )?;
/// assert_eq!(config.protocol, "threatexchange");
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The protocol's name.
    pub protocol: String,
    /// The settings. What is null counts as not given.
    #[serde(flatten)]
    pub settings: BTreeMap<String, Value>,
}

/// Credentials by name. Their values are never shown.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(BTreeMap<String, Option<String>>);

impl Protocol {
    /// The settings that every protocol has.
    pub const COMMON: &'static [Field] = &[
        Field::optional(
            "labels",
            FieldKind::List,
            "labels that everything from this partner gets, like `media/video`",
        ),
        Field::optional(
            "tags",
            FieldKind::Table,
            "which label a tag of the partner stands for: `{ \"their tag\" = \"behaviour/...\" }`",
        ),
    ];

    /// Every setting, its own first.
    pub fn settings(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().chain(Self::COMMON)
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Field {
    pub(crate) const fn required(name: &'static str, kind: FieldKind, help: &'static str) -> Self {
        Self { name, kind, required: true, default: None, help }
    }

    pub(crate) const fn optional(name: &'static str, kind: FieldKind, help: &'static str) -> Self {
        Self { name, kind, required: false, default: None, help }
    }

    /// A text that is `default` where it is not given.
    pub(crate) const fn or(name: &'static str, default: &'static str, help: &'static str) -> Self {
        Self { name, kind: FieldKind::Text, required: false, default: Some(default), help }
    }
}

impl Secret {
    /// Credentials from pairs of name and value.
    pub fn new<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), Some(value.into()))).collect())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What was given for a protocol, checked against what it has.
pub(crate) struct Given<'a> {
    pub protocol: &'static Protocol,
    pub http: &'a Http,
    settings: &'a BTreeMap<String, Value>,
    secret: &'a Secret,
}

impl<'a> Given<'a> {
    pub fn new(
        protocol: &'static Protocol,
        config: &'a Config,
        secret: &'a Secret,
        http: &'a Http,
    ) -> Result<Self, ConfigError> {
        let given = Self { protocol, http, settings: &config.settings, secret };
        given.no_unknown_setting()?;
        given.no_unknown_credential()?;
        Ok(given)
    }

    /// The text of a setting, or its default.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, ConfigError> {
        match self.value(name) {
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.trim())),
            Some(Value::String(_)) | None => self.absent(name),
            Some(_) => Err(ConfigError::wrong(name, "write it as text, in quotes")),
        }
    }

    /// The text of a setting that must be there.
    pub fn needed(&self, name: &str) -> Result<&'a str, ConfigError> {
        let text = self.text(name)?;
        text.ok_or_else(|| ConfigError::wrong(name, "it is not given"))
    }

    pub fn number(&self, name: &str) -> Result<Option<u64>, ConfigError> {
        let wrong = || ConfigError::wrong(name, "write a whole number, 0 or more");
        match self.value(name) {
            None => self.absent(name).map(|_| None),
            // Forms send numbers as text.
            Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| wrong()),
            Some(value) => value.as_u64().map(Some).ok_or_else(wrong),
        }
    }

    /// The entries of a list, numbers as text.
    pub fn list(&self, name: &str) -> Result<Vec<String>, ConfigError> {
        let wrong = || ConfigError::wrong(name, "write a list of texts: [\"one\", \"two\"]");
        let entries = match self.value(name) {
            None => return Ok(Vec::new()),
            Some(value) => value.as_array().ok_or_else(wrong)?,
        };
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(wrong()),
        };
        entries.iter().map(text).collect()
    }

    pub fn table(&self, name: &str) -> Result<BTreeMap<String, String>, ConfigError> {
        let wrong = || ConfigError::wrong(name, "write a table of texts: { \"one\" = \"two\" }");
        let Some(value) = self.value(name) else { return Ok(BTreeMap::new()) };
        let entries = value.as_object().ok_or_else(wrong)?.iter();
        let pair = |(key, value): (&String, &Value)| {
            value.as_str().map(|text| (key.clone(), text.to_owned())).ok_or_else(wrong)
        };
        entries.map(pair).collect()
    }

    pub fn credential(&self, name: &str) -> Option<&'a str> {
        let value = self.secret.0.get(name)?.as_deref()?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// A credential that must be there, fit for a header.
    pub fn needed_credential(&self, name: &'static str) -> Result<String, ConfigError> {
        let wrong = |what: &str| ConfigError::Credential {
            protocol: self.protocol.name,
            field: name.to_owned(),
            what: what.to_owned(),
        };
        let value = self.credential(name).ok_or_else(|| wrong("is missing: set it"))?;
        let plain = value.len() <= 4_096 && value.bytes().all(|b| (0x20..0x7f).contains(&b));
        plain.then(|| value.to_owned()).ok_or_else(|| {
            wrong("has characters other than printable ASCII, or more than 4,096: set it again")
        })
    }

    /// A digest of the settings and of where they lead: a place in a feed means something under these only.
    pub fn digest(&self, at: &str) -> String {
        use sha2::Digest as _;
        let given: BTreeMap<_, _> = self.settings.iter().filter(|(_, v)| !v.is_null()).collect();
        let written = format!("{} {at} {}", self.protocol.name, serde_json::json!(given));
        let digest = sha2::Sha256::digest(written.as_bytes());
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    fn value(&self, name: &str) -> Option<&'a Value> {
        self.settings.get(name).filter(|value| !value.is_null())
    }

    fn absent(&self, name: &str) -> Result<Option<&'a str>, ConfigError> {
        let Some(field) = self.protocol.settings().find(|field| field.name == name) else {
            return Ok(None);
        };
        if field.required {
            let protocol = self.protocol.name;
            return Err(ConfigError::Missing { protocol, field: field.name, help: field.help });
        }
        Ok(field.default)
    }

    fn no_unknown_setting(&self) -> Result<(), ConfigError> {
        let has = |name: &str| self.protocol.settings().any(|field| field.name == name);
        let Some(unknown) = self.settings.keys().find(|name| !has(name)) else { return Ok(()) };
        Err(ConfigError::Field {
            protocol: self.protocol.name,
            given: unknown.clone(),
            known: names(self.protocol.settings()),
        })
    }

    fn no_unknown_credential(&self) -> Result<(), ConfigError> {
        let has = |name: &str| self.protocol.credentials.iter().any(|field| field.name == name);
        let Some(unknown) = self.secret.0.keys().find(|name| !has(name)) else { return Ok(()) };
        let known = match names(self.protocol.credentials.iter()) {
            none if none.is_empty() => "it has no credentials".to_owned(),
            known => format!("it has {known}"),
        };
        Err(ConfigError::Credential {
            protocol: self.protocol.name,
            field: unknown.clone(),
            what: format!("is unknown: {known}"),
        })
    }
}

fn names<'a>(fields: impl Iterator<Item = &'a Field>) -> String {
    let names: Vec<_> = fields.map(|field| format!("`{}`", field.name)).collect();
    names.join(", ")
}
