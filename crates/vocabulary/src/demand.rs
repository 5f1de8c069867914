//! A demand: what a government body asks, as received. Nothing in it is proven yet.

use crate::{
    Account, AccountRef, AuthorityClass, AuthorityId, Digest, ElementId, Instant, InstrumentId,
    Item, Jurisdiction, OfficerId, Period, Scope, StatementId,
};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a government body asks, as received: claimed issuer, claimed instrument, items, documents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// The authority's own number for it.
    pub reference: String,
    /// The legal process it claims to be, as `<jurisdiction>/<name>` of the law book.
    pub instrument: InstrumentId,
    /// The date on the document. Missing is a defect to cure, not an error of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub issued: Option<Date>,
    /// The last date on which it may be executed, where the document names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub expires: Option<Date>,
    /// The date or instant by which the document asks for the answer, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_by: Option<Instant>,
    /// Whether it bears the signature of the issuer.
    #[serde(default)]
    pub signed: bool,
    /// Whether it was made by word of mouth only.
    #[serde(default)]
    pub oral: bool,
    /// The language of the document (ISO 639-1), and of our answer where we have it.
    #[serde(default = "english")]
    pub language: String,
    /// The entity it is addressed to, by name or id. Missing: the provider that received it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addressee: Option<String>,
    /// The state for which the issuer acts, where it passes on another state's request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Jurisdiction>,
    /// Who issued it, as claimed.
    pub issuer: Issuer,
    /// Who validated it, as claimed, where the law has another body validate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator: Option<Validator>,
    /// The emergency it claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Emergency>,
    /// The silence it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gag: Option<Gag>,
    /// What the document states, by the law book's list of statements (`lawbook/statements.toml`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub states: BTreeMap<StatementId, Statement>,
    /// The accounts it names.
    #[serde(default)]
    pub accounts: Vec<AccountLine>,
    /// What it asks of them.
    pub items: Vec<Asked>,
    /// The documents served with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
}

/// The body that issued a demand, as claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The id in the provider's registry, where the sender or the desk knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<AuthorityId>,
    /// The name on the document.
    pub name: String,
    /// What kind of body issued it, a class of the law book.
    pub class: AuthorityClass,
    /// Its state.
    pub jurisdiction: Jurisdiction,
    /// The officer's id in the registry, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<OfficerId>,
    /// The name of the person who signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// That person's office.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// The body that validated a demand, as claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    /// The name on the document.
    pub name: String,
    /// What kind of body it is, a class of the law book.
    pub class: AuthorityClass,
}

/// An emergency, as claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Emergency {
    /// The facts stated, in the requester's words. Empty: none were stated.
    #[serde(default)]
    pub facts: String,
    /// What the stated facts put in danger, as the reader of the document found.
    pub danger: Danger,
    /// When the danger arose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Instant>,
}

/// What an emergency puts in danger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Danger {
    /// Somebody's life.
    Death,
    /// Somebody's body: serious physical injury.
    SeriousInjury,
    /// Somebody's physical integrity or safety, short of serious injury.
    Safety,
    /// Critical infrastructure whose loss would endanger people.
    CriticalInfrastructure,
    /// Property only.
    Property,
    /// Nothing was stated.
    NotStated,
}

/// The silence a demand asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gag {
    /// The instrument that imposes it. Missing: only a sentence in the letter, which binds nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<InstrumentId>,
    /// When it ends. Missing: no end was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// The words or the order's number.
    #[serde(default)]
    pub text: String,
}

/// One thing a document states: yes or no, a number, or text (dates as `2026-11-13`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Statement {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// Text or a date.
    Text(String),
}

/// One account that a demand names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "AccountFields", into = "AccountFields")]
#[schemars(with = "AccountFields")]
pub struct AccountLine {
    /// How the rest of the file refers to it.
    pub reference: AccountRef,
    /// The identifier.
    pub account: Account,
}

#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AccountFields {
    #[serde(rename = "ref")]
    reference: Option<AccountRef>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mail: Option<crate::MailAddress>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<crate::Phone>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ip: Option<IpFields>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    url: Option<url::Url>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    everyone: Option<String>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct IpFields {
    address: std::net::IpAddr,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<crate::ObservedAt>,
}

/// One line of what is asked: every element of the list, of every account of the list, over the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The elements, as named in `lawbook/elements.toml`.
    pub elements: Vec<ElementId>,
    /// The accounts, by their `ref`. Empty: every account of the demand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountRef>,
    /// From when (included).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// Until when (excluded).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// What is wanted with it.
    #[serde(default)]
    pub want: Purpose,
}

/// What is wanted with an item.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A copy.
    #[default]
    Disclose,
    /// That it is kept from deletion; nothing is given.
    Preserve,
    /// That it is removed from public view.
    Remove,
}

/// A document served with a demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its file name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its digest, where the bytes are kept elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// Its text, where it is short enough to stand here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Demand {
    /// Every item asked, with what is wanted of it, in the order of the file. Lines that name no account ask
    /// their elements of every account.
    pub fn asked(&self) -> Vec<(Item, Purpose)> {
        self.items.iter().flat_map(|line| line.items(&self.accounts)).collect()
    }

    /// The scope wanted for `purpose`.
    pub fn scope(&self, purpose: Purpose) -> Scope {
        Scope::of(
            self.asked().into_iter().filter(|(_, want)| *want == purpose).map(|(item, _)| item),
        )
    }

    /// The identifier behind an account reference.
    pub fn account(&self, reference: &AccountRef) -> Option<&Account> {
        self.accounts.iter().find(|line| &line.reference == reference).map(|line| &line.account)
    }
}

impl Asked {
    fn items(&self, all: &[AccountLine]) -> Vec<(Item, Purpose)> {
        // A period that ends before it begins is refused when the file is read.
        let period = Period::new(self.from, self.until).unwrap_or_default();
        let accounts: Vec<&AccountRef> = if self.accounts.is_empty() {
            all.iter().map(|line| &line.reference).collect()
        } else {
            self.accounts.iter().collect()
        };
        let item = |account: &AccountRef, element: &ElementId| Item {
            account: account.clone(),
            element: element.clone(),
            period,
        };
        accounts
            .into_iter()
            .flat_map(|account| {
                self.elements.iter().map(move |element| (item(account, element), self.want))
            })
            .collect()
    }
}

/// An account line that does not name exactly one identifier.
#[derive(Debug, thiserror::Error)]
#[error(
    "an account needs a `ref` and exactly one of `mail`, `phone`, `customer`, `ip`, `url`, `everyone`; this one has {0}"
)]
struct NotOneIdentifier(String);

impl TryFrom<AccountFields> for AccountLine {
    type Error = NotOneIdentifier;
    fn try_from(fields: AccountFields) -> Result<Self, NotOneIdentifier> {
        let mut given: Vec<Account> = Vec::new();
        given.extend(fields.mail.map(Account::Mail));
        given.extend(fields.phone.map(Account::Phone));
        given.extend(fields.customer.map(Account::Customer));
        given.extend(fields.ip.map(|ip| Account::Ip {
            address: ip.address,
            port: ip.port,
            at: ip.at.unwrap_or(crate::ObservedAt::Missing),
        }));
        given.extend(fields.url.map(Account::Url));
        given.extend(fields.everyone.map(Account::Everyone));
        let kinds: Vec<_> = given.iter().map(|account| format!("`{}`", account.kind())).collect();
        match (fields.reference, given.pop(), given.is_empty()) {
            (Some(reference), Some(account), true) => Ok(Self { reference, account }),
            (None, _, _) => Err(NotOneIdentifier("no `ref`".into())),
            (_, None, _) => Err(NotOneIdentifier("none of them".into())),
            _ => Err(NotOneIdentifier(kinds.join(" and "))),
        }
    }
}

impl From<AccountLine> for AccountFields {
    fn from(line: AccountLine) -> Self {
        let mut fields = Self { reference: Some(line.reference), ..Self::default() };
        match line.account {
            Account::Mail(mail) => fields.mail = Some(mail),
            Account::Phone(phone) => fields.phone = Some(phone),
            Account::Customer(id) => fields.customer = Some(id),
            Account::Ip { address, port, at } => {
                fields.ip = Some(IpFields { address, port, at: Some(at) })
            }
            Account::Url(url) => fields.url = Some(url),
            Account::Everyone(condition) => fields.everyone = Some(condition),
        }
        fields
    }
}

fn english() -> String {
    "en".to_owned()
}
