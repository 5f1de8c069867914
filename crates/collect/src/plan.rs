//! A plan: which queries a grant leads to, and what of it no query can give. Drawn before any source is opened.

use crate::lookup::Located;
use crate::{statement, withheld};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use writ_custody::{Custody, Form, IdentifierKind, Kind, Yields};
use writ_docket::Grant;
use writ_vocabulary::{
    Account, AccountRef, CaseId, Digest, ElementId, Item, Period, Scope, SourceId, Withheld,
};

/// What will be read for a grant, one query for each source, account and period.
///
/// Shown at 80 columns by its [`Display`](fmt::Display), without any identifier.
#[derive(Debug, Clone)]
pub struct Plan {
    case: CaseId,
    steps: Vec<Step>,
    withheld: Vec<Withheld>,
    bounds: Bounds,
}

/// What a collection may use at most. Exceeding a bound fails it; nothing is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// Rows, messages or objects in one step.
    pub rows: u64,
    /// Bytes in the whole production.
    pub bytes: u64,
    /// Seconds for one step.
    pub seconds: u64,
}

/// One query of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The source it is put to.
    pub source: SourceId,
    /// Whose data.
    pub account: AccountRef,
    /// The period it is limited to.
    pub period: Period,
    /// The elements it gives.
    pub elements: Vec<ElementId>,
    /// The columns it gives.
    pub columns: Vec<OutputColumn>,
    /// The query, with `:account`, `:from` and `:until` for what is bound.
    pub query: String,
    /// Where its files go, without the ending.
    pub path: String,
    #[serde(skip)]
    pub(crate) kind: Kind,
    #[serde(skip)]
    pub(crate) statement: String,
    #[serde(skip)]
    pub(crate) subject: Subject,
    #[serde(skip)]
    pub(crate) yields: Yields,
}

/// One column of a step's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputColumn {
    /// Its name in the files: the element, and the source's column where several are the same element.
    pub name: String,
    /// Its name at the source.
    pub column: String,
    /// The elements it is.
    pub elements: Vec<ElementId>,
    /// Whether it is the column that dates the row; it is then written in UTC as in RFC 3339.
    pub is_time: bool,
}

/// The value of the account key. Its debug form says nothing.
#[derive(Clone)]
pub(crate) struct Subject(pub(crate) String);

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject(..)")
    }
}

impl Default for Bounds {
    /// Ten million rows, 16 GiB, five minutes.
    fn default() -> Self {
        Self { rows: 10_000_000, bytes: 16 << 30, seconds: 300 }
    }
}

impl Plan {
    /// The plan of a grant. `located` says which customers the lookups found; an account that is not in it was
    /// found to be nobody's, and everything of it is withheld.
    pub fn of(
        grant: &Grant,
        custody: &Custody,
        located: &BTreeMap<AccountRef, Located>,
        bounds: Bounds,
    ) -> Self {
        Self::within(grant.case(), grant.scope(), custody, located, bounds)
    }

    /// Not public: a plan is drawn from a grant.
    pub(crate) fn within(
        case: &CaseId,
        scope: &Scope,
        custody: &Custody,
        located: &BTreeMap<AccountRef, Located>,
        bounds: Bounds,
    ) -> Self {
        let mut steps = Vec::new();
        for (account, found) in located {
            for yields in &custody.yields {
                let Some(kind) = custody.sources.get(&yields.source).map(|source| source.kind)
                else {
                    continue;
                };
                steps.extend(steps_of(kind, yields, account, found, scope));
            }
        }
        name_files(&mut steps);
        let produced = Scope::of(steps.iter().flat_map(Step::items));
        let withheld = scope
            .items()
            .filter(|item| !Scope::of([item.clone()]).is_within(&produced))
            .map(|item| Withheld {
                why: withheld::why(&item, custody, located.get(&item.account)),
                item,
            })
            .collect();
        Self { case: case.clone(), steps, withheld, bounds }
    }

    /// The case.
    pub fn case(&self) -> &CaseId {
        &self.case
    }

    /// Its queries, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What was granted and no query gives, with the reason.
    pub fn withheld(&self) -> &[Withheld] {
        &self.withheld
    }

    /// Its bounds.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// The digest of everything it shows.
    pub fn digest(&self) -> Digest {
        #[derive(Serialize)]
        struct Shown<'a> {
            case: &'a CaseId,
            steps: &'a [Step],
            withheld: &'a [Withheld],
            bounds: Bounds,
        }
        let Self { case, steps, withheld, bounds } = self;
        // Serialising plain data to a string cannot fail.
        let shown = Shown { case, steps, withheld, bounds: *bounds };
        Digest::of(serde_json::to_vec(&shown).unwrap_or_default())
    }
}

impl Step {
    /// What it gives.
    pub fn items(&self) -> impl Iterator<Item = Item> + '_ {
        self.elements.iter().map(|element| Item {
            account: self.account.clone(),
            element: element.clone(),
            period: self.period,
        })
    }

    /// What is given: rows, mail or objects.
    pub fn form(&self) -> Form {
        self.yields.form
    }
}

fn steps_of(
    kind: Kind,
    yields: &Yields,
    account: &AccountRef,
    found: &Located,
    scope: &Scope,
) -> Vec<Step> {
    if yields.customer_keys {
        return Vec::new();
    }
    let Some((key, subject)) = found.subject(yields) else { return Vec::new() };
    let readable = |element: &ElementId| !found.customer_keys.contains(element);
    let scope = scope.narrowed(|item| &item.account == account && readable(&item.element));
    let mut by_period: BTreeMap<Period, Vec<&writ_custody::Column>> = BTreeMap::new();
    for column in &yields.columns {
        for period in shared_periods(&scope, account, &column.elements) {
            by_period.entry(period).or_default().push(column);
        }
    }
    by_period
        .into_iter()
        .filter(|(_, columns)| {
            !statement::is_content(yields.form)
                || columns.iter().any(|column| column.name == "content")
        })
        .map(|(period, columns)| {
            let columns = named(yields, &columns);
            let statement = statement::query(kind, yields, &key, &columns, period);
            let elements: BTreeSet<ElementId> =
                columns.iter().flat_map(|column| column.elements.iter().cloned()).collect();
            Step {
                source: yields.source.clone(),
                account: account.clone(),
                period,
                elements: elements.into_iter().collect(),
                columns,
                query: statement::shown(&statement),
                path: String::new(),
                kind,
                statement,
                subject: Subject(subject.clone()),
                yields: yields.clone(),
            }
        })
        .collect()
}

/// The periods over which all of `elements` are granted: a column that is several elements needs every one.
fn shared_periods(
    scope: &Scope,
    account: &AccountRef,
    elements: &BTreeSet<ElementId>,
) -> Vec<Period> {
    let mut elements = elements.iter();
    let Some(first) = elements.next() else { return Vec::new() };
    let periods_of = |element: &ElementId| -> Vec<Period> {
        let of = |item: &Item| &item.account == account && &item.element == element;
        scope.items().filter(of).map(|item| item.period).collect()
    };
    elements.fold(periods_of(first), |shared, element| {
        let theirs = periods_of(element);
        shared
            .iter()
            .flat_map(|period| theirs.iter().filter_map(|their| period.intersection(their)))
            .collect()
    })
}

fn named(yields: &Yields, columns: &[&writ_custody::Column]) -> Vec<OutputColumn> {
    let joined = |column: &writ_custody::Column| {
        column.elements.iter().map(ElementId::as_str).collect::<Vec<_>>().join("+")
    };
    let same = |name: &str| yields.columns.iter().filter(|column| joined(column) == name).count();
    let time = yields.time.as_ref().map(|time| time.name.as_str());
    columns
        .iter()
        .map(|column| {
            let elements = joined(column);
            let name =
                if same(&elements) > 1 { format!("{elements}.{}", column.name) } else { elements };
            OutputColumn {
                name,
                column: column.name.clone(),
                elements: column.elements.iter().cloned().collect(),
                is_time: time == Some(column.name.as_str()),
            }
        })
        .collect()
}

fn name_files(steps: &mut [Step]) {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    for step in steps {
        let path = format!("{}/{}", step.account, step.source);
        let count = used.entry(path.clone()).or_default();
        *count += 1;
        step.path = if *count == 1 { path } else { format!("{path}-{count}") };
    }
}

impl Located {
    /// The column and the value by which rows of `yields` are this account's: its own identifier if rows are keyed
    /// by it, otherwise the customer it leads to.
    pub(crate) fn subject(&self, yields: &Yields) -> Option<(String, String)> {
        let own = IdentifierKind::of(&self.account)
            .filter(|kind| *kind != IdentifierKind::Ip && *kind != IdentifierKind::Customer)
            .and_then(|kind| yields.account_key.get(&kind))
            .map(|column| (column.clone(), identifier(&self.account)));
        own.or_else(|| {
            let column = yields.account_key.get(&IdentifierKind::Customer)?;
            Some((column.clone(), self.customer.clone()?))
        })
    }
}

fn identifier(account: &Account) -> String {
    account.to_string()
}
