//! The words of the law book: data elements, classes of authorities, statements of documents.

use crate::Confidence;
use crate::fault::Page;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use writ_vocabulary::{AuthorityClass, Category, ElementId, Jurisdiction, Statement, StatementId};

/// A kind of datum, with its category under each law that classifies it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// Its name for people.
    pub title: String,
    /// What it is.
    pub text: String,
    /// Its category where it is the same under every law.
    #[serde(default)]
    pub everywhere: Option<Classified>,
    /// Its category by regime.
    #[serde(default)]
    pub under: BTreeMap<String, Classified>,
}

/// A category and the law that says so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classified {
    /// The category.
    pub category: Category,
    /// The law.
    pub cite: String,
    /// How sure this is.
    #[serde(default = "memory")]
    pub confidence: Confidence,
}

/// A kind of body.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its name for people.
    pub title: String,
    /// Whether it is a judge or a court.
    #[serde(default)]
    pub judge_level: bool,
    /// Whether it is a governmental entity of the United States (18 U.S.C. 2711(4)).
    #[serde(default)]
    pub us_governmental_entity: bool,
    /// The classes of registered bodies in whose name it may act: a magistrate in that of a court.
    #[serde(default)]
    pub bodies: Vec<AuthorityClass>,
    /// The states that have such a body. Empty: any.
    #[serde(default)]
    pub jurisdictions: Vec<Jurisdiction>,
}

/// A thing that a document may state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementKind {
    /// What kind of value it has.
    #[serde(rename = "type")]
    pub value: ValueKind,
    /// Who says so.
    #[serde(default)]
    pub by: StatedBy,
    /// What it means.
    pub text: String,
    /// The only words it may have. Empty: any text.
    #[serde(default)]
    pub one_of: Vec<String>,
}

/// Who makes a statement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatedBy {
    /// The demand: its sender answers for it.
    #[default]
    Document,
    /// The provider, which establishes it: that another authority spoke, or that a time ran out.
    Desk,
}

/// The kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueKind {
    /// Yes or no.
    Flag,
    /// A whole number.
    Number,
    /// Text.
    Text,
    /// A date, as `2026-11-13`.
    Date,
}

/// All words, as read from `elements.toml`, `classes.toml` and `statements.toml`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Terms {
    pub(crate) regimes: BTreeMap<String, String>,
    pub(crate) elements: BTreeMap<ElementId, Element>,
    pub(crate) classes: BTreeMap<AuthorityClass, Class>,
    pub(crate) statements: BTreeMap<StatementId, StatementKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ElementsFile {
    regimes: BTreeMap<String, String>,
    elements: BTreeMap<ElementId, Spanned<Element>>,
}

fn memory() -> Confidence {
    Confidence::Memory
}

impl Element {
    /// Its category under `regime`.
    pub fn under(&self, regime: &str) -> Option<&Classified> {
        self.everywhere.as_ref().or_else(|| self.under.get(regime))
    }
}

impl StatementKind {
    /// What is wrong with `value`, if anything, as the end of the sentence "statement `x` ...".
    pub(crate) fn wrong(&self, value: &Statement) -> Option<String> {
        match (self.value, value) {
            (ValueKind::Flag, Statement::Flag(_)) | (ValueKind::Number, Statement::Number(_)) => {
                None
            }
            (ValueKind::Text, Statement::Text(word)) => {
                let fits = self.one_of.is_empty() || self.one_of.contains(word);
                (!fits).then(|| format!("must be one of `{}`", self.one_of.join("`, `")))
            }
            (ValueKind::Date, Statement::Text(text)) if text.parse::<Date>().is_ok() => None,
            (ValueKind::Flag, _) => Some("is yes or no: give `true` or `false`".to_owned()),
            (ValueKind::Number, _) => Some("is a whole number: give it without quotes".to_owned()),
            (ValueKind::Text, _) => Some("is text: give it in quotes".to_owned()),
            (ValueKind::Date, _) => Some("is a date: write it as `2026-11-13`".to_owned()),
        }
    }
}

impl Terms {
    pub(crate) fn read_elements(&mut self, page: &mut Page<'_>) {
        let Some(file) = page.read::<ElementsFile>() else { return };
        for (id, element) in file.elements {
            let span = element.span();
            let element = element.into_inner();
            // Both or neither.
            if element.everywhere.is_some() != element.under.is_empty() {
                let what = format!(
                    "element `{id}` needs either `everywhere` or at least one `under.<regime>`"
                );
                page.fault(Some(span.clone()), what);
            }
            for regime in element.under.keys().filter(|regime| !file.regimes.contains_key(*regime))
            {
                let what = format!(
                    "element `{id}` is classified under `{regime}`, which `[regimes]` does not list"
                );
                page.fault(Some(span.clone()), what);
            }
            self.elements.insert(id, element);
        }
        self.regimes = file.regimes;
    }

    pub(crate) fn read_classes(&mut self, page: &mut Page<'_>) {
        let Some(file) = page.read::<BTreeMap<AuthorityClass, Spanned<Class>>>() else { return };
        let known: BTreeSet<_> = file.keys().cloned().collect();
        for (id, class) in file {
            for body in class.get_ref().bodies.iter().filter(|body| !known.contains(*body)) {
                page.fault(
                    Some(class.span()),
                    format!("class `{id}` acts for `{body}`, which is no class here"),
                );
            }
            self.classes.insert(id, class.into_inner());
        }
    }

    pub(crate) fn read_statements(&mut self, page: &mut Page<'_>) {
        let Some(file) = page.read::<BTreeMap<StatementId, Spanned<StatementKind>>>() else {
            return;
        };
        for (id, kind) in file {
            if !kind.get_ref().one_of.is_empty() && kind.get_ref().value != ValueKind::Text {
                page.fault(
                    Some(kind.span()),
                    format!("statement `{id}` has `one_of` and is not text"),
                );
            }
            self.statements.insert(id, kind.into_inner());
        }
    }
}
