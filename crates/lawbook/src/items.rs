//! Item by item: its category under the instrument's law, whether it is reached, whether it exists and can be read.

use crate::assess::{Reading, finding};
use crate::instrument::{ControllerRule, Instrument, LookBack};
use crate::{AssessedItem, ControllerRoute, Reached};
use jiff::ToSpan;
use writ_vocabulary::{
    AccountFacts, AccountRef, Ambiguity, Category, Controller, Finding, FindingState, Item, Period,
    Purpose, Statement, Tenant, Then,
};

/// What is known of one account of the demand, worked out once for all its items.
struct Seen {
    reference: AccountRef,
    facts: AccountFacts,
    specific: bool,
    ambiguities: Vec<Ambiguity>,
    route: ControllerRoute,
}

pub(crate) fn assessed(reading: &Reading<'_>) -> Vec<AssessedItem> {
    let accounts: Vec<Seen> =
        reading.demand.accounts.iter().map(|line| seen(reading, &line.reference)).collect();
    let asked = reading.demand.asked().into_iter();
    asked
        .filter_map(|(item, want)| {
            let account = accounts.iter().find(|seen| seen.reference == item.account)?;
            Some(assessed_item(reading, account, item, want))
        })
        .collect()
}

fn seen(reading: &Reading<'_>, reference: &AccountRef) -> Seen {
    let facts = reading.facts.account(reference);
    let account = reading.demand.account(reference);
    let shared = reading.facts.provider.shared_addresses;
    let unsaid = account.map(|account| account.ambiguities(shared)).unwrap_or_default();
    let several = facts.several_customers.then_some(Ambiguity::SeveralCustomers);
    Seen {
        reference: reference.clone(),
        specific: account.is_some_and(|account| !account.is_bulk()),
        ambiguities: unsaid.into_iter().chain(several).collect(),
        route: route(reading, &facts.controller),
        facts,
    }
}

fn assessed_item(reading: &Reading<'_>, account: &Seen, item: Item, want: Purpose) -> AssessedItem {
    let element = reading.book.terms.elements.get(&item.element);
    let category = match reading.row.and_then(|row| row.reach.get(&item.element)) {
        Some(reach) => reach.category,
        None => element.and_then(|element| element.everywhere.as_ref()).map(|same| same.category),
    };
    let facts = &account.facts;
    AssessedItem {
        want,
        category,
        compelled: reached(reading, &item, want),
        territorial: territorial(reading, category, want),
        account_exists: facts.exists,
        specific: account.specific,
        ambiguities: account.ambiguities.clone(),
        held: match &facts.holds {
            _ if !facts.exists => FindingState::Fails,
            None => FindingState::Unknown,
            Some(holds) if holds.contains(&item.element) => FindingState::Holds,
            Some(_) => FindingState::Fails,
        },
        customer_keys: facts.customer_keys.contains(&item.element),
        controller: facts.controller.clone(),
        route: account.route,
        flags: facts.flags.clone(),
        residence: facts.residence,
        item,
    }
}

fn reached(reading: &Reading<'_>, item: &Item, want: Purpose) -> Reached {
    let no = |why: &str| Reached { state: FindingState::Fails, why: why.to_owned(), cite: None };
    let Some(row) = reading.row else {
        return no("no instrument that is in force stands behind it");
    };
    let Some(reach) = row.reach.get(&item.element) else {
        return no("the law book does not know this element");
    };
    let cite = || Some(row.summary.cite.clone());
    if !row.serves(want) {
        return Reached { state: FindingState::Fails, why: unserved(row, want), cite: cite() };
    }
    // What passes in real time always lies ahead: the policy, and a person, see to it.
    let live = reach.category == Some(Category::Realtime);
    if !live && item.period.from().is_some_and(|from| reading.facts.received < from) {
        let why =
            "it lies wholly in the future: nothing is collected anew, only what is held is given"
                .to_owned();
        return Reached {
            state: FindingState::Fails,
            why,
            cite: Some("Collective policy P11".to_owned()),
        };
    }
    let surely =
        reach.reached.state == FindingState::Holds && reach.category == Some(Category::Traffic);
    let limit =
        row.look_back.as_ref().filter(|limit| surely && beyond(reading, limit, &item.period));
    if let Some(limit) = limit {
        let (why, cite) = (limit.text.clone(), Some(limit.cite.clone()));
        return Reached { state: FindingState::Unknown, why, cite };
    }
    if row.permits && !live && reach.reached.state == FindingState::Holds {
        let why = "the law permits this and does not compel it: a person decides".to_owned();
        return Reached { state: FindingState::Unknown, why, cite: cite() };
    }
    reach.reached.clone()
}

fn unserved(row: &Instrument, want: Purpose) -> String {
    match want {
        Purpose::Disclose => {
            format!("`{}` lets nothing out: a copy needs legal process that compels one", row.id())
        }
        Purpose::Preserve => {
            format!("`{}` does not preserve: send a preservation order or letter", row.id())
        }
        Purpose::Remove => {
            format!("`{}` removes nothing from view: send a removal order", row.id())
        }
    }
}

fn beyond(reading: &Reading<'_>, limit: &LookBack, period: &Period) -> bool {
    let received = reading.zone.to_datetime(reading.facts.received);
    let earliest = received
        .checked_sub(i32::from(limit.months).months())
        .and_then(|earliest| reading.zone.to_timestamp(earliest));
    match (period.from(), earliest) {
        (Some(from), Ok(earliest)) => from < earliest,
        _ => true,
    }
}

fn territorial(reading: &Reading<'_>, category: Option<Category>, want: Purpose) -> FindingState {
    let confined = reading.row.is_some_and(|row| row.content_only_to.is_some());
    let content = want == Purpose::Disclose && category == Some(Category::Content);
    let class = reading.book.terms.classes.get(&reading.demand.issuer.class);
    match class {
        _ if !(confined && content) => FindingState::Holds,
        Some(class) if class.us_governmental_entity => FindingState::Holds,
        _ => FindingState::Fails,
    }
}

fn route(reading: &Reading<'_>, controller: &Controller) -> ControllerRoute {
    let Controller::Tenant(tenant) = controller else { return ControllerRoute::NotApplicable };
    let Some(rule) = reading.row.and_then(|row| row.controller.as_ref()) else {
        return ControllerRoute::Open;
    };
    if rule.public_authority_own_state && tenant.public_authority && !own_state(reading, tenant) {
        ControllerRoute::ForeignPublicAuthority
    } else if excepted(reading, rule) {
        ControllerRoute::ExceptionClaimed
    } else {
        ControllerRoute::Open
    }
}

fn own_state(reading: &Reading<'_>, tenant: &Tenant) -> bool {
    tenant.jurisdiction
        == Some(reading.demand.on_behalf_of.unwrap_or(reading.demand.issuer.jurisdiction))
}

fn excepted(reading: &Reading<'_>, rule: &ControllerRule) -> bool {
    let states = &reading.demand.states;
    let claimed = rule.exceptions.iter().any(|id| states.get(id) == Some(&Statement::Flag(true)));
    claimed
        && matches!(states.get(&rule.reasons), Some(Statement::Text(text)) if !text.trim().is_empty())
}

/// The findings that sum up what was found item by item.
pub(crate) fn findings(reading: &Reading<'_>, items: &[AssessedItem]) -> Vec<Finding> {
    let row = reading.row;
    let cite = |cites| match cites {
        Cites::Nothing => None,
        Cites::Row => row.map(|row| row.summary.cite.as_str()),
        Cites::Controller => row.and_then(|row| Some(row.controller.as_ref()?.cite.as_str())),
        Cites::Policy(rule) => Some(rule),
    };
    CHECKS.iter().map(|check| check.sum(items, cite(check.cites))).collect()
}

/// What is looked at in every item and told of all of them together.
struct Check {
    id: &'static str,
    then: Then,
    cites: Cites,
    good: &'static str,
    bad: &'static str,
    state: fn(&AssessedItem) -> FindingState,
}

#[derive(Clone, Copy)]
enum Cites {
    Nothing,
    Row,
    Controller,
    Policy(&'static str),
}

const CHECKS: [Check; 8] = [
    Check {
        id: "controller-route",
        then: Then::Redirect,
        cites: Cites::Controller,
        good: "no way to an organisation is left out",
        bad: "an organisation controls these data: ask it first",
        state: |item| {
            yes(matches!(
                item.route,
                ControllerRoute::NotApplicable | ControllerRoute::ExceptionClaimed
            ))
        },
    },
    Check {
        id: "territorial",
        then: Then::Redirect,
        cites: Cites::Row,
        good: "it may go to this authority",
        bad: "content may not go to this authority on a voluntary basis: take the way of mutual legal \
             assistance, or ask through a body of the provider's state",
        state: |item| item.territorial,
    },
    Check {
        id: "element-compelled",
        then: Then::Narrow,
        cites: Cites::Row,
        good: "the instrument reaches every item",
        bad: "the instrument does not, or not surely, reach",
        state: |item| item.compelled.state,
    },
    Check {
        id: "account-exists",
        then: Then::Narrow,
        cites: Cites::Nothing,
        good: "every account exists",
        bad: "there is no such account",
        state: |item| yes(item.account_exists),
    },
    Check {
        id: "account-specific",
        then: Then::Refuse,
        cites: Cites::Policy("Collective policy P3"),
        good: "every account is named",
        bad: "it names no account but a condition",
        state: |item| yes(item.specific),
    },
    Check {
        id: "account-unambiguous",
        then: Then::Cure,
        cites: Cites::Nothing,
        good: "every identifier points at one customer",
        bad: "the identifier does not yet point at one customer",
        state: |item| yes(item.ambiguities.is_empty()),
    },
    Check {
        id: "element-held",
        then: Then::Narrow,
        cites: Cites::Nothing,
        good: "everything asked is held",
        bad: "not held, or not known to be held",
        state: |item| item.held,
    },
    Check {
        id: "readable",
        then: Then::Narrow,
        cites: Cites::Nothing,
        good: "the provider can read everything asked",
        bad: "held only under the customer's own keys",
        state: |item| yes(!item.customer_keys),
    },
];

const fn yes(so: bool) -> FindingState {
    if so { FindingState::Holds } else { FindingState::Fails }
}

/// How many items a summary names before it only counts them.
const NAMED: usize = 4;

impl Check {
    fn sum(&self, items: &[AssessedItem], cite: Option<&str>) -> Finding {
        let Self { id, then, good, bad, state, .. } = *self;
        let worst = [FindingState::Fails, FindingState::Unknown]
            .into_iter()
            .find(|worst| items.iter().any(|item| state(item) == *worst));
        let Some(worst) = worst else {
            return finding(id, FindingState::Holds, good, cite, Some(then));
        };
        let concerned: Vec<_> = items.iter().filter(|item| state(item) == worst).collect();
        let named: Vec<String> = concerned
            .iter()
            .take(NAMED)
            .map(|item| format!("`{}` of {}", item.item.element, item.item.account))
            .collect();
        let more = concerned.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        finding(id, worst, format!("{bad}: {}{more}", named.join(", ")), cite, Some(then))
    }
}
