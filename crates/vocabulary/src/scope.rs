//! Items and scopes: what is asked, ruled, granted. A scope can be narrowed and intersected, never widened.

use crate::{AccountRef, ElementId, Period};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One datum kind of one account over one period: the unit of every question, grant and answer.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Item {
    /// Whose.
    pub account: AccountRef,
    /// What.
    pub element: ElementId,
    /// When.
    #[serde(flatten)]
    pub period: Period,
}

/// A set of items. Built once from items; afterwards it only shrinks: there is no operation that adds.
///
/// Overlapping periods of the same element and account are joined, so that two scopes with the same meaning are
/// equal and have the same stored form.
///
/// ```
/// use writ_vocabulary::{Item, Period, Scope};
/// let item = |element: &str| Item { account: "a1".parse().unwrap(), element: element.parse().unwrap(), period: Period::ALL };
/// let asked = Scope::of([item("name"), item("message_body")]);
/// let ruled = Scope::of([item("name"), item("session_times")]);
/// assert_eq!(asked.intersection(&ruled), Scope::of([item("name")]));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Vec<Item>", into = "Vec<Item>")]
#[schemars(with = "Vec<Item>")]
pub struct Scope {
    periods: BTreeMap<(AccountRef, ElementId), Vec<Period>>,
}

impl Scope {
    /// The scope of exactly these items.
    pub fn of(items: impl IntoIterator<Item = Item>) -> Self {
        let mut periods: BTreeMap<_, Vec<Period>> = BTreeMap::new();
        for item in items {
            periods.entry((item.account, item.element)).or_default().push(item.period);
        }
        for spans in periods.values_mut() {
            *spans = joined(std::mem::take(spans));
        }
        Self { periods }
    }

    /// The scope without items.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Whether it has no items.
    pub fn is_empty(&self) -> bool {
        self.periods.is_empty()
    }

    /// Its items, in order of account, element and time.
    pub fn items(&self) -> impl Iterator<Item = Item> + '_ {
        self.periods.iter().flat_map(|((account, element), spans)| {
            spans.iter().map(|period| Item {
                account: account.clone(),
                element: element.clone(),
                period: *period,
            })
        })
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.periods.values().map(Vec::len).sum()
    }

    /// What both scopes hold.
    pub fn intersection(&self, other: &Self) -> Self {
        Self::of(self.periods.iter().flat_map(|(key, spans)| {
            let theirs = other.periods.get(key).map(Vec::as_slice).unwrap_or_default();
            spans.iter().flat_map(move |span| {
                theirs.iter().filter_map(|their| span.intersection(their)).map(|period| Item {
                    account: key.0.clone(),
                    element: key.1.clone(),
                    period,
                })
            })
        }))
    }

    /// The items that `keep` says yes to.
    pub fn narrowed(&self, keep: impl Fn(&Item) -> bool) -> Self {
        Self::of(self.items().filter(keep))
    }

    /// Whether every item lies inside `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        self.intersection(other) == *self
    }

    /// Whether an item of this element and account covers `instant`.
    pub fn covers(
        &self,
        account: &AccountRef,
        element: &ElementId,
        instant: crate::Instant,
    ) -> bool {
        self.periods
            .get(&(account.clone(), element.clone()))
            .is_some_and(|spans| spans.iter().any(|span| span.contains(instant)))
    }
}

impl From<Vec<Item>> for Scope {
    fn from(items: Vec<Item>) -> Self {
        Self::of(items)
    }
}

impl From<Scope> for Vec<Item> {
    fn from(scope: Scope) -> Self {
        scope.items().collect()
    }
}

fn joined(mut spans: Vec<Period>) -> Vec<Period> {
    spans.sort();
    let mut apart: Vec<Period> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last().and_then(|last| last.joined(&span)) {
            Some(both) => {
                apart.pop();
                apart.push(both);
            }
            None => apart.push(span),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instant;
    use proptest::prelude::*;

    fn instant() -> impl Strategy<Value = Option<Instant>> {
        proptest::option::of((0i64..40).prop_map(|s| Instant::from_second(s).unwrap()))
    }

    fn item() -> impl Strategy<Value = Item> {
        (0u8..3, 0u8..3, instant(), instant()).prop_map(|(account, element, a, b)| Item {
            account: format!("a{account}").parse().unwrap(),
            element: format!("e{element}").parse().unwrap(),
            period: Period::new(a, b).or_else(|_| Period::new(b, a)).unwrap_or_default(),
        })
    }

    fn scope() -> impl Strategy<Value = Scope> {
        proptest::collection::vec(item(), 0..8).prop_map(Scope::of)
    }

    /// Every (account, element, second) that a scope covers, tried one by one.
    fn points(scope: &Scope) -> Vec<(u8, u8, i64)> {
        let mut points = Vec::new();
        for account in 0..3u8 {
            for element in 0..3u8 {
                for second in -1..42i64 {
                    let a = format!("a{account}").parse().unwrap();
                    let e = format!("e{element}").parse().unwrap();
                    if scope.covers(&a, &e, Instant::from_second(second).unwrap()) {
                        points.push((account, element, second));
                    }
                }
            }
        }
        points
    }

    proptest! {
        #[test]
        fn an_intersection_covers_exactly_what_both_cover(a in scope(), b in scope()) {
            let theirs = points(&b);
            let both: Vec<_> = points(&a).into_iter().filter(|p| theirs.contains(p)).collect();
            prop_assert_eq!(points(&a.intersection(&b)), both);
        }

        #[test]
        fn an_intersection_lies_within_both_and_does_not_depend_on_order(a in scope(), b in scope()) {
            let both = a.intersection(&b);
            prop_assert!(both.is_within(&a) && both.is_within(&b));
            prop_assert_eq!(both, b.intersection(&a));
        }

        #[test]
        fn narrowing_never_widens_and_the_stored_form_reads_back(a in scope()) {
            prop_assert!(a.narrowed(|item| item.account.as_str() != "a0").is_within(&a));
            let stored = serde_json::to_string(&a).unwrap();
            prop_assert_eq!(serde_json::from_str::<Scope>(&stored).unwrap(), a);
        }
    }
}
