//! The small language in which a row says what its document must state: conditions over statements and over what is asked.

use crate::terms::{Terms, ValueKind};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use writ_vocabulary::{
    AuthorityClass, Category, Demand, ElementId, Purpose, Statement, StatementId,
};

/// A condition as written: a table with one subject and, where the subject has a value, one test.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Written {
    statement: Option<StatementId>,
    document: Option<Part>,
    asks: Option<Vec<Category>>,
    asks_element: Option<Vec<ElementId>>,
    wants: Option<Purpose>,
    issuer: Option<Vec<AuthorityClass>>,
    emergency: Option<bool>,
    tenant: Option<bool>,
    all: Option<Vec<Written>>,
    present: Option<bool>,
    is: Option<Statement>,
    r#in: Option<Vec<Statement>>,
    at_least: Option<i64>,
    at_most: Option<i64>,
    within_days: Option<u16>,
}

/// A part of a document that is there or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The date on which it was issued.
    Issued,
    /// The last date on which it may be executed.
    Expires,
    /// The date by which it asks for the answer.
    ReturnBy,
    /// The entity it is addressed to.
    Addressee,
    /// The body that validated it.
    Validator,
    /// A gag.
    Gag,
    /// The state for which the issuer acts.
    OnBehalfOf,
    /// The name of the person who signed.
    Person,
    /// That person's office.
    Title,
    /// A document served with the demand.
    Documents,
}

/// A condition over a demand. Each is true or false; what is not stated does not meet a test.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A statement passes a test.
    Statement(StatementId, Test),
    /// A part of the document is there, or is not.
    Document(Part, bool),
    /// At least one item asked is of one of these categories.
    Asks(Vec<Category>),
    /// At least one item asked is one of these elements.
    AsksElement(Vec<ElementId>),
    /// At least one item is wanted for this.
    Wants(Purpose),
    /// The issuer is of one of these classes.
    Issuer(Vec<AuthorityClass>),
    /// An emergency is claimed, or is not.
    Emergency(bool),
    /// An organisation controls at least one of the accounts, or none.
    Tenant(bool),
    /// All of these.
    All(Vec<Condition>),
}

/// A test of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It is made, or is not.
    Present(bool),
    /// It has this value.
    Is(Statement),
    /// It has one of these values.
    In(Vec<Statement>),
    /// It is a number of at least this.
    AtLeast(i64),
    /// It is a number of at most this.
    AtMost(i64),
    /// It is a date that is not after the day of receipt and at most so many days before it.
    WithinDays(u16),
}

/// What conditions look at.
pub(crate) struct Sight<'a> {
    pub(crate) demand: &'a Demand,
    pub(crate) established: &'a BTreeMap<StatementId, Statement>,
    pub(crate) received: Date,
    pub(crate) categories: BTreeSet<Category>,
    pub(crate) tenant: bool,
}

impl Condition {
    pub(crate) fn met(&self, sight: &Sight<'_>) -> bool {
        let demand = sight.demand;
        match self {
            Self::Statement(id, test) => {
                let stated = demand.states.get(id).or_else(|| sight.established.get(id));
                test.passes(stated, sight.received)
            }
            Self::Document(part, present) => part.is_in(demand) == *present,
            Self::Asks(categories) => {
                categories.iter().any(|category| sight.categories.contains(category))
            }
            Self::AsksElement(ids) => {
                demand.items.iter().any(|line| line.elements.iter().any(|id| ids.contains(id)))
            }
            Self::Wants(purpose) => demand.items.iter().any(|line| line.want == *purpose),
            Self::Issuer(classes) => classes.contains(&demand.issuer.class),
            Self::Emergency(claimed) => demand.emergency.is_some() == *claimed,
            Self::Tenant(tenant) => sight.tenant == *tenant,
            Self::All(all) => all.iter().all(|condition| condition.met(sight)),
        }
    }
}

impl Test {
    fn passes(&self, stated: Option<&Statement>, received: Date) -> bool {
        match (self, stated) {
            (Self::Present(present), stated) => stated.is_some() == *present,
            (Self::Is(value), Some(stated)) => stated == value,
            (Self::In(values), Some(stated)) => values.contains(stated),
            (Self::AtLeast(least), Some(Statement::Number(number))) => number >= least,
            (Self::AtMost(most), Some(Statement::Number(number))) => number <= most,
            (Self::WithinDays(days), Some(Statement::Text(text))) => text
                .parse::<Date>()
                .ok()
                .and_then(|date| date.until(received).ok())
                .is_some_and(|span| (0..=i32::from(*days)).contains(&span.get_days())),
            _ => false,
        }
    }
}

impl Part {
    fn is_in(self, demand: &Demand) -> bool {
        match self {
            Self::Issued => demand.issued.is_some(),
            Self::Expires => demand.expires.is_some(),
            Self::ReturnBy => demand.return_by.is_some(),
            Self::Addressee => demand.addressee.is_some(),
            Self::Validator => demand.validator.is_some(),
            Self::Gag => demand.gag.is_some(),
            Self::OnBehalfOf => demand.on_behalf_of.is_some(),
            Self::Person => demand.issuer.person.is_some(),
            Self::Title => demand.issuer.title.is_some(),
            Self::Documents => !demand.documents.is_empty(),
        }
    }
}

impl Written {
    /// The condition, or what is wrong with it.
    pub(crate) fn read(self, terms: &Terms) -> Result<Condition, String> {
        let subjects = [
            self.statement.is_some(),
            self.document.is_some(),
            self.asks.is_some(),
            self.asks_element.is_some(),
            self.wants.is_some(),
            self.issuer.is_some(),
            self.emergency.is_some(),
            self.tenant.is_some(),
            self.all.is_some(),
        ];
        if subjects.into_iter().filter(|given| *given).count() != 1 {
            return Err("a condition needs exactly one of `statement`, `document`, `asks`, `asks_element`, \
                 `wants`, `issuer`, `emergency`, `tenant`, `all`".to_owned());
        }
        if let Some(id) = self.statement.clone() {
            return self.test()?.of(id, terms);
        }
        if let Some(part) = self.document {
            return match self.test()? {
                Test::Present(present) => Ok(Condition::Document(part, present)),
                _ => Err("a part of the document can only be `present`".to_owned()),
            };
        }
        if self.test().is_ok() {
            return Err("only `statement` and `document` take a test".to_owned());
        }
        self.plain(terms)
    }

    fn plain(self, terms: &Terms) -> Result<Condition, String> {
        if let Some(ids) = &self.asks_element {
            known("element", ids, |id| terms.elements.contains_key(id))?;
        }
        if let Some(classes) = &self.issuer {
            known("class", classes, |class| terms.classes.contains_key(class))?;
        }
        let all = self
            .all
            .map(|all| all.into_iter().map(|one| one.read(terms)).collect::<Result<_, _>>());
        None.or(self.asks.map(Condition::Asks))
            .or(self.asks_element.map(Condition::AsksElement))
            .or(self.wants.map(Condition::Wants))
            .or(self.issuer.map(Condition::Issuer))
            .or(self.emergency.map(Condition::Emergency))
            .or(self.tenant.map(Condition::Tenant))
            .map_or_else(|| all.unwrap_or(Ok(Vec::new())).map(Condition::All), Ok)
    }

    fn test(&self) -> Result<Test, String> {
        let given = [
            self.present.map(Test::Present),
            self.is.clone().map(Test::Is),
            self.r#in.clone().map(Test::In),
            self.at_least.map(Test::AtLeast),
            self.at_most.map(Test::AtMost),
            self.within_days.map(Test::WithinDays),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(test), None) => Ok(test),
            _ => Err("a condition needs exactly one test: `present`, `is`, `in`, `at_least`, `at_most` or \
                 `within_days`".to_owned()),
        }
    }
}

impl Test {
    /// The condition that the statement `id` passes this test, where it can.
    fn of(self, id: StatementId, terms: &Terms) -> Result<Condition, String> {
        let Some(kind) = terms.statements.get(&id) else {
            return Err(format!("no statement is called `{id}`: add it to `statements.toml`"));
        };
        let wrong = match &self {
            Self::Present(_) => None,
            Self::Is(value) => kind.wrong(value),
            Self::In(values) => values.iter().find_map(|value| kind.wrong(value)),
            Self::AtLeast(_) | Self::AtMost(_) => {
                (kind.value != ValueKind::Number).then(|| "is no number".to_owned())
            }
            Self::WithinDays(_) => (kind.value != ValueKind::Date).then(|| "is no date".to_owned()),
        };
        match wrong {
            Some(wrong) => Err(format!("statement `{id}` {wrong}")),
            None => Ok(Condition::Statement(id, self)),
        }
    }
}

fn known<T: std::fmt::Display>(
    kind: &str,
    ids: &[T],
    is_known: impl Fn(&T) -> bool,
) -> Result<(), String> {
    match ids.iter().find(|id| !is_known(id)) {
        Some(id) => Err(format!("no {kind} is called `{id}`")),
        None => Ok(()),
    }
}
