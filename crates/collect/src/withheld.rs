//! Why something that was granted is not given, in words for the authority.

use crate::lookup::Located;
use std::collections::BTreeSet;
use writ_custody::{Custody, Yields};
use writ_vocabulary::Item;

/// Why a granted item is not given.
pub(crate) fn why(item: &Item, custody: &Custody, found: Option<&Located>) -> String {
    let Some(found) = found else {
        return "no customer was found by this identifier".to_owned();
    };
    let holding: Vec<&Yields> = custody
        .yields
        .iter()
        .filter(|yields| yields.elements().any(|element| element == &item.element))
        .collect();
    let reached: Vec<&&Yields> =
        holding.iter().filter(|yields| found.subject(yields).is_some()).collect();
    if holding.is_empty() {
        "no source holds it".to_owned()
    } else if reached.is_empty() {
        "no source that holds it can be asked by this identifier".to_owned()
    } else if found.customer_keys.contains(&item.element)
        || reached.iter().all(|yields| yields.customer_keys)
    {
        "held only under the customer's own keys: the provider has ciphertext and cannot read it"
            .to_owned()
    } else {
        together(item, &reached)
    }
}

fn together(item: &Item, reached: &[&&Yields]) -> String {
    let others: BTreeSet<String> = reached
        .iter()
        .flat_map(|yields| &yields.columns)
        .filter(|column| column.elements.contains(&item.element))
        .flat_map(|column| column.elements.iter().filter(|element| *element != &item.element))
        .map(|element| format!("`{element}`"))
        .collect();
    if others.is_empty() {
        return "held only as part of content that is not granted".to_owned();
    }
    let others = others.into_iter().collect::<Vec<_>>().join(", ");
    format!("held only together with {others}, which is not granted for the whole period")
}
