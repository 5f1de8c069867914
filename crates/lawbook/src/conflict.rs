//! Conflicts of laws: whose order, which establishment and which person open a way to object, who decides on it, and by when.

use crate::assess::{Reading, finding};
use crate::clock::{self, Length};
use crate::fault::{Page, nearest};
use crate::{AssessedItem, Confidence};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;
use writ_vocabulary::{
    AccountFacts, AccountRef, Category, Deadline, Finding, FindingState, InstrumentId,
    Jurisdiction, Objection, Purpose, Then,
};

/// An agreement between two states on orders that go directly to the other's providers (18 U.S.C. 2523).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// What it is called.
    pub title: String,
    /// The two states.
    pub between: [Jurisdiction; 2],
    /// The first day on which it is in force.
    pub in_force: Date,
    /// The last one, where it has ended.
    #[serde(default)]
    pub ended: Option<Date>,
    /// Whom and what it leaves out, in words.
    pub excludes: Vec<String>,
    /// The law.
    pub cite: String,
    /// How sure this is.
    pub confidence: Confidence,
    /// What counsel must check.
    #[serde(default)]
    pub checks: Vec<String>,
}

/// A line of the matrix: an order under one law that would break another, and the way to object to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// Its id.
    pub id: String,
    /// The conflict, in words.
    pub text: String,
    /// Whose law the demand rests on.
    pub under: Jurisdiction,
    /// Only these instruments of it. Empty: every one.
    #[serde(default)]
    pub instruments: Vec<InstrumentId>,
    /// The provider has an entity established in one of these. Empty: anywhere.
    #[serde(default)]
    pub established: Vec<Jurisdiction>,
    /// What is asked is of one of these categories, and reached.
    pub asks: Vec<Category>,
    /// The person lives in one of these. Empty: anywhere.
    #[serde(default)]
    pub residence: Vec<Jurisdiction>,
    /// The person is a national of one of these. Empty: of any.
    #[serde(default)]
    pub nationality: Vec<Jurisdiction>,
    /// The person is a national of none of these.
    #[serde(default)]
    pub not_nationality: Vec<Jurisdiction>,
    /// The state where the person lives has an agreement in force with the one whose law the demand rests on.
    #[serde(default)]
    pub qualifying: bool,
    /// What the provider may do, in words.
    pub path: String,
    /// Who decides on it.
    pub decides: String,
    /// How long after service the way is open. Missing: its law names no clock here.
    #[serde(default)]
    pub within: Option<Length>,
    /// The law that opens the way.
    pub cite: String,
    /// How sure this is.
    pub confidence: Confidence,
    /// What counsel must check.
    #[serde(default)]
    pub checks: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgreementsFile {
    agreement: Vec<Spanned<Agreement>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConflictsFile {
    conflict: Vec<Spanned<Conflict>>,
}

/// Reads `agreements.toml`.
pub(crate) fn read_agreements(page: &mut Page<'_>) -> Vec<Agreement> {
    let read = page.read::<AgreementsFile>().map(|file| file.agreement).unwrap_or_default();
    let mut agreements = Vec::new();
    for agreement in read {
        let span = agreement.span();
        let agreement = agreement.into_inner();
        if agreement.ended.is_some_and(|ended| ended < agreement.in_force) {
            page.fault(Some(span), "`ended` lies before `in_force`".to_owned());
        }
        agreements.push(agreement);
    }
    agreements
}

/// Reads `conflicts.toml`, whose lines may name instruments that are `known`.
pub(crate) fn read_conflicts(page: &mut Page<'_>, known: &BTreeSet<InstrumentId>) -> Vec<Conflict> {
    let read = page.read::<ConflictsFile>().map(|file| file.conflict).unwrap_or_default();
    let mut conflicts: Vec<Conflict> = Vec::new();
    for conflict in read {
        let span = conflict.span();
        let conflict = conflict.into_inner();
        if conflicts.iter().any(|other| other.id == conflict.id) {
            page.fault(Some(span.clone()), format!("two conflicts are called `{}`", conflict.id));
        }
        if conflict.residence.is_empty() && conflict.nationality.is_empty() {
            let what = format!(
                "conflict `{}` is about nobody: give `residence` or `nationality`, so that not every demand is one",
                conflict.id
            );
            page.fault(Some(span.clone()), what);
        }
        if conflict.qualifying && conflict.residence.is_empty() {
            let what = format!("conflict `{}` is `qualifying`: give `residence`", conflict.id);
            page.fault(Some(span), what);
        }
        for id in conflict.instruments.iter().filter(|id| !known.contains(*id)) {
            let near = nearest(id.as_str(), known.iter().map(InstrumentId::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            page.fault_about(id.as_str(), format!("the law book has no instrument `{id}`{near}"));
        }
        conflicts.push(conflict);
    }
    conflicts
}

/// What the matrix says of a demand.
pub(crate) struct Conflicts<'a> {
    /// The conflicts that stand, with the accounts that each concerns.
    standing: Vec<(&'a Conflict, Vec<AccountRef>)>,
    /// Those that would stand if something about the provider or the person were known.
    possible: Vec<(&'a Conflict, Vec<AccountRef>)>,
}

/// Holds every line of the matrix against the demand. A line speaks only of people of whom it is known that they live where it
/// says (or, if it names no residence, whose nationality is known): what nobody knows is no conflict by itself. Where a line
/// does speak of a person and the rest cannot be established, that is for people.
pub(crate) fn of<'a>(reading: &Reading<'a>, items: &[AssessedItem]) -> Conflicts<'a> {
    let mut found = Conflicts { standing: Vec::new(), possible: Vec::new() };
    for line in &reading.book.conflicts {
        let concerned = concerned(reading, line, items);
        let of = |state: FindingState| -> Vec<AccountRef> {
            concerned.iter().filter(|(_, is)| *is == state).map(|(id, _)| id.clone()).collect()
        };
        let (standing, possible) = (of(FindingState::Holds), of(FindingState::Unknown));
        if !standing.is_empty() {
            found.standing.push((line, standing));
        }
        if !possible.is_empty() {
            found.possible.push((line, possible));
        }
    }
    found
}

/// The accounts of which a reached item of the line's categories is asked, and whether the line stands for each.
fn concerned(
    reading: &Reading<'_>,
    line: &Conflict,
    items: &[AssessedItem],
) -> Vec<(AccountRef, FindingState)> {
    let applies = reading.row.is_some_and(|row| {
        // What only permits compels nobody to break a law.
        !row.voluntary
            && row.summary.jurisdiction == line.under
            && (line.instruments.is_empty() || line.instruments.contains(row.id()))
    });
    if !applies {
        return Vec::new();
    }
    let asked = items.iter().filter(|item| {
        item.want == Purpose::Disclose
            && item.compelled.state == FindingState::Holds
            && item.category.is_some_and(|category| line.asks.contains(&category))
    });
    let accounts: BTreeSet<&AccountRef> = asked.map(|item| &item.item.account).collect();
    let stands = |account: &AccountRef| {
        worse(line.established_here(reading), line.person(reading, &reading.facts.account(account)))
    };
    accounts.into_iter().map(|account| (account.clone(), stands(account))).collect()
}

impl Conflict {
    fn established_here(&self, reading: &Reading<'_>) -> FindingState {
        let entities = &reading.facts.provider.entities;
        if self.established.is_empty() {
            FindingState::Holds
        } else if entities.is_empty() {
            FindingState::Unknown
        } else {
            yes(entities.iter().any(|entity| self.established.contains(&entity.jurisdiction)))
        }
    }

    fn person(&self, reading: &Reading<'_>, account: &AccountFacts) -> FindingState {
        let nationals = &account.nationality;
        let among = |states: &[Jurisdiction]| nationals.iter().any(|state| states.contains(state));
        let lives = match account.residence {
            _ if self.residence.is_empty() => FindingState::Holds,
            Some(state) => yes(self.residence.contains(&state)
                && (!self.qualifying || agreed(reading, self.under, state))),
            None => FindingState::Fails,
        };
        let national = match (self.nationality.is_empty(), nationals.is_empty()) {
            (true, _) => FindingState::Holds,
            (false, true) if self.residence.is_empty() => FindingState::Fails,
            (false, true) => FindingState::Unknown,
            (false, false) => yes(among(&self.nationality)),
        };
        let foreign = match (self.not_nationality.is_empty(), nationals.is_empty()) {
            (true, _) => FindingState::Holds,
            (false, true) => FindingState::Unknown,
            (false, false) => yes(!among(&self.not_nationality)),
        };
        worse(lives, worse(national, foreign))
    }
}

/// Whether an agreement between the two states was in force on the day of receipt.
fn agreed(reading: &Reading<'_>, a: Jurisdiction, b: Jurisdiction) -> bool {
    let today = reading.zone.to_datetime(reading.facts.received).date();
    reading.book.agreements.iter().any(|agreement| {
        agreement.between.contains(&a)
            && agreement.between.contains(&b)
            && agreement.in_force <= today
            && agreement.ended.is_none_or(|ended| today <= ended)
    })
}

fn yes(so: bool) -> FindingState {
    if so { FindingState::Holds } else { FindingState::Fails }
}

fn worse(a: FindingState, b: FindingState) -> FindingState {
    match (a, b) {
        (FindingState::Fails, _) | (_, FindingState::Fails) => FindingState::Fails,
        (FindingState::Unknown, _) | (_, FindingState::Unknown) => FindingState::Unknown,
        _ => FindingState::Holds,
    }
}

impl Conflicts<'_> {
    /// The ways to object, with their dates.
    pub(crate) fn objections(&self, reading: &Reading<'_>) -> Vec<Objection> {
        let objection = |(line, accounts): &(&Conflict, Vec<AccountRef>)| Objection {
            id: line.id.clone(),
            text: line.path.clone(),
            decides: line.decides.clone(),
            cite: line.cite.clone(),
            deadline: line.deadline(reading),
            accounts: accounts.clone(),
        };
        self.standing.iter().map(objection).collect()
    }

    pub(crate) fn finding(&self, reading: &Reading<'_>) -> Finding {
        let (state, text, cite) = match (self.standing.first(), self.possible.first()) {
            _ if reading.row.is_none() => {
                (FindingState::Unknown, "there is no row to judge by".to_owned(), None)
            }
            (Some((line, _)), _) => {
                let all: Vec<_> = self.standing.iter().map(|one| standing(one, reading)).collect();
                (FindingState::Fails, all.join(". "), Some(line.cite.as_str()))
            }
            (None, Some((line, accounts))) => {
                let text = format!(
                    "{}, as far as is known of {}: establish where the provider is and of which states the person is a national",
                    line.text,
                    named(accounts)
                );
                (FindingState::Unknown, text, Some(line.cite.as_str()))
            }
            (None, None) => {
                let text = "no law of another state is known to stand against it".to_owned();
                (FindingState::Holds, text, Some("Collective policy P21"))
            }
        };
        finding("conflict-of-laws", state, text, cite, Some(Then::Escalate))
    }
}

fn standing((line, accounts): &(&Conflict, Vec<AccountRef>), reading: &Reading<'_>) -> String {
    let by = line.deadline(reading).map(|deadline| format!("; by {}", deadline.due));
    format!(
        "{} ({}). The way to object: {}{}. Who decides: {}",
        line.text,
        named(accounts),
        line.path,
        by.unwrap_or_default(),
        line.decides
    )
}

fn named(accounts: &[AccountRef]) -> String {
    let names: Vec<_> = accounts.iter().map(ToString::to_string).collect();
    names.join(", ")
}

impl Conflict {
    fn deadline(&self, reading: &Reading<'_>) -> Option<Deadline> {
        let length = self.within?;
        let due = clock::due(length, reading.facts.received, &[], reading.calendar()?)?;
        Some(Deadline { due, clock: format!("{length} from service"), cite: self.cite.clone() })
    }
}
