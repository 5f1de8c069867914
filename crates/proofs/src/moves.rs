//! Small changes of a demand and of what it is judged against, from which a search is made.

use jiff::{SignedDuration, ToSpan, civil::Date};
use writ_lawbook::{Instrument, Lawbook, StatedBy, ValueKind};
use writ_vocabulary::{
    Account, AccountFacts, Authority, CaseFile, Controller, Danger, Demand, Emergency, Factor,
    FactorKind, Facts, Flag, Gag, InstrumentId, Jurisdiction, MailAddress, ObservedAt, Purpose,
    SignOff, Statement, Tenant, Validator,
};

/// Every demand that differs from `case`, which asks one item of one account, in one thing.
pub(crate) fn around(case: &CaseFile, lawbook: &Lawbook) -> Vec<CaseFile> {
    let mut near = Near { case, found: Vec::new() };
    let day = case.facts.as_ref().map(|facts| facts.received.strftime("%Y-%m-%d").to_string());
    let day: Option<Date> = day.and_then(|day| day.parse().ok());
    let row = day.and_then(|day| lawbook.in_force(&case.demand.instrument, day));
    item(&mut near, lawbook);
    account(&mut near);
    sender(&mut near, row);
    document(&mut near, day);
    emergency(&mut near);
    silence(&mut near, row);
    statements(&mut near, lawbook);
    controller(&mut near, row);
    near.found
}

/// The demands found around one.
struct Near<'a> {
    case: &'a CaseFile,
    found: Vec<CaseFile>,
}

impl Near<'_> {
    fn with(&mut self, change: impl FnOnce(&mut Demand, &mut Facts)) {
        let mut case = self.case.clone();
        if let Some(facts) = &mut case.facts {
            change(&mut case.demand, facts);
            self.found.push(case);
        }
    }

    /// With something else known of its account.
    fn knowing(&mut self, change: impl FnOnce(&mut AccountFacts, &Demand)) {
        self.with(|demand, facts| {
            let Some(line) = demand.accounts.first() else { return };
            let mut known = facts.account(&line.reference);
            change(&mut known, demand);
            facts.accounts = vec![known];
        });
    }
}

fn item(near: &mut Near<'_>, lawbook: &Lawbook) {
    for want in [Purpose::Disclose, Purpose::Preserve, Purpose::Remove] {
        near.with(|demand, _| demand.items.iter_mut().for_each(|line| line.want = want));
    }
    for element in lawbook.elements().keys() {
        near.with(|demand, _| {
            demand.items.iter_mut().for_each(|line| line.elements = vec![element.clone()])
        });
    }
    for years in [-10, 1] {
        near.with(|demand, facts| {
            let from =
                facts.received.checked_add(SignedDuration::from_hours(years * 365 * 24)).ok();
            demand.items.iter_mut().for_each(|line| (line.from, line.until) = (from, None));
        });
    }
    near.with(|demand, facts| {
        let from = facts.received.checked_sub(SignedDuration::from_hours(72)).ok();
        let until = Some(facts.received);
        demand.items.iter_mut().for_each(|line| (line.from, line.until) = (from, until));
    });
}

fn account(near: &mut Near<'_>) {
    let named = |near: &mut Near<'_>, account: Account| {
        near.with(|demand, _| {
            demand.accounts.iter_mut().for_each(|line| line.account = account.clone())
        });
    };
    named(near, Account::Everyone("who wrote about it".to_owned()));
    if let Ok(mail) = "somebody@customer.example".parse::<MailAddress>() {
        named(near, Account::Mail(mail));
    }
    let address = std::net::Ipv4Addr::new(203, 0, 113, 7).into();
    named(near, Account::Ip { address, port: None, at: ObservedAt::Missing });
    for exists in [true, false] {
        near.knowing(|known, _| known.exists = exists);
    }
    near.knowing(|known, _| known.holds = None);
    near.knowing(|known, _| known.holds = Some(Vec::new()));
    let asked = |demand: &Demand| demand.items.iter().flat_map(|it| it.elements.clone()).collect();
    near.knowing(|known, demand| known.holds = Some(asked(demand)));
    near.knowing(|known, _| known.customer_keys = Vec::new());
    near.knowing(|known, demand| known.customer_keys = asked(demand));
    for state in ["US", "GB", "FR"].map(str::parse::<Jurisdiction>) {
        let Ok(state) = state else { continue };
        near.knowing(|known, _| known.residence = Some(state));
        near.knowing(|known, _| known.nationality = vec![state]);
    }
    near.knowing(|known, _| (known.residence, known.nationality) = (None, Vec::new()));
    near.knowing(|known, _| known.flags = Vec::new());
    for flag in [
        Flag::Press,
        Flag::Lawyer,
        Flag::Doctor,
        Flag::Parliament,
        Flag::Judge,
        Flag::Immunity,
        Flag::Staff,
    ] {
        near.knowing(|known, _| known.flags = vec![flag]);
    }
}

fn sender(near: &mut Near<'_>, row: Option<&Instrument>) {
    near.with(|_, facts| facts.factors.clear());
    near.with(|_, facts| facts.factors.truncate(1));
    near.with(|_, facts| facts.authorities.clear());
    near.with(|demand, _| demand.issuer.authority = None);
    near.with(|demand, _| demand.issuer.officer = None);
    near.with(enrolled);
    near.with(|demand, _| demand.validator = None);
    near.with(|_, facts| facts.sign_offs.clear());
    near.with(signed_off);
    let Some(row) = row else { return };
    for class in row.issue.alone.iter().chain(&row.issue.validated) {
        near.with(|demand, facts| {
            demand.issuer.class = class.clone();
            enrolled(demand, facts);
        });
    }
    for class in &row.issue.validators {
        let name = "Validating body (invented)".to_owned();
        near.with(|demand, _| demand.validator = Some(Validator { name, class: class.clone() }));
    }
}

/// Its issuer stands in the registry as it says of itself, and two proofs say that it sent the demand.
fn enrolled(demand: &mut Demand, facts: &mut Facts) {
    let Ok(id) = "an-authority".parse() else { return };
    demand.issuer.authority = Some(id);
    demand.issuer.officer = None;
    let issuer = &demand.issuer;
    let known = issuer.authority.clone().map(|id| Authority {
        id,
        name: issuer.name.clone(),
        jurisdiction: issuer.jurisdiction,
        class: issuer.class.clone(),
        domains: Vec::new(),
        switchboard: None,
        keys: Vec::new(),
        officers: Vec::new(),
    });
    facts.authorities = known.into_iter().collect();
    let at = facts.received;
    let factor = |kind| Factor { kind, at, from_request: false, by: None, officer: None };
    facts.factors = vec![factor(FactorKind::Passkey), factor(FactorKind::CallBack)];
}

/// Counsel signed off the row that it rests on.
fn signed_off(demand: &mut Demand, facts: &mut Facts) {
    let on = facts.received.to_zoned(jiff::tz::TimeZone::UTC).date();
    facts.sign_offs = vec![SignOff {
        instrument: demand.instrument.clone(),
        by: "Counsel (invented)".to_owned(),
        on,
        digest: None,
        note: String::new(),
    }];
}

fn document(near: &mut Near<'_>, day: Option<Date>) {
    for signed in [true, false] {
        near.with(|demand, _| demand.signed = signed);
    }
    for oral in [true, false] {
        near.with(|demand, _| demand.oral = oral);
    }
    for issued in [None, day] {
        near.with(|demand, _| demand.issued = issued);
    }
    let days = |days: i32| day.and_then(|day| day.checked_add(days.days()).ok());
    for expires in [None, days(-1), days(30)] {
        near.with(|demand, _| demand.expires = expires);
    }
    for addressee in [None, Some("Somebody else (invented)".to_owned())] {
        near.with(|demand, _| demand.addressee = addressee);
    }
    near.with(|demand, facts| {
        demand.addressee = Some("Somebody (invented)".to_owned());
        facts.provider.entities.clear();
    });
    near.with(|demand, facts| {
        demand.language = "tlh".to_owned();
        facts.provider.languages = vec!["en".to_owned()];
    });
    near.with(|_, facts| facts.provider.languages.clear());
    // Before any row was law.
    near.with(|_, facts| facts.received = jiff::Timestamp::UNIX_EPOCH);
    if let Ok(nothing) = "us/no-such-instrument".parse::<InstrumentId>() {
        near.with(|demand, _| demand.instrument = nothing);
    }
}

fn emergency(near: &mut Near<'_>) {
    near.with(|demand, _| demand.emergency = None);
    let shown = "A hostage is held, and these data say where (invented).";
    let claims = [
        (shown, Danger::Death, Some(1)),
        (" ", Danger::Death, Some(1)),
        (shown, Danger::Property, Some(1)),
        (shown, Danger::NotStated, Some(1)),
        (shown, Danger::Death, Some(24 * 30)),
        (shown, Danger::Death, None),
    ];
    for (facts_stated, danger, hours) in claims {
        near.with(|demand, facts| {
            let since = hours.and_then(|hours| {
                facts.received.checked_sub(SignedDuration::from_hours(hours)).ok()
            });
            demand.emergency = Some(Emergency { facts: facts_stated.to_owned(), danger, since });
        });
    }
}

fn silence(near: &mut Near<'_>, row: Option<&Instrument>) {
    near.with(|demand, _| demand.gag = None);
    let text = || "Do not tell the customer (invented).".to_owned();
    near.with(|demand, _| demand.gag = Some(Gag { instrument: None, until: None, text: text() }));
    let nowhere = "us/no-such-silence".parse().ok();
    let gags = row.into_iter().flat_map(|row| row.gags.iter().cloned()).chain(nowhere);
    for gag in gags {
        for days in [None, Some(-1), Some(60), Some(20_000)] {
            near.with(|demand, facts| {
                let end = |days: i64| SignedDuration::from_hours(days * 24);
                let until = days.and_then(|days| facts.received.checked_add(end(days)).ok());
                demand.gag = Some(Gag { instrument: Some(gag.clone()), until, text: text() });
            });
        }
    }
}

fn statements(near: &mut Near<'_>, lawbook: &Lawbook) {
    for id in near.case.demand.states.keys() {
        near.with(|demand, _| {
            demand.states.remove(id);
        });
    }
    near.with(|_, facts| facts.established.clear());
    for (id, kind) in lawbook.statements() {
        let values = match kind.value {
            ValueKind::Flag => vec![Statement::Flag(true), Statement::Flag(false)],
            ValueKind::Number => vec![Statement::Number(0), Statement::Number(20)],
            ValueKind::Date => vec![Statement::Text("2026-01-01".to_owned())],
            ValueKind::Text if kind.one_of.is_empty() => {
                vec![Statement::Text("As stated in the annex (invented).".to_owned())]
            }
            ValueKind::Text => kind.one_of.iter().cloned().map(Statement::Text).collect(),
        };
        for value in values {
            near.with(|demand, facts| {
                let states = match kind.by {
                    StatedBy::Document => &mut demand.states,
                    StatedBy::Desk => &mut facts.established,
                };
                states.insert(id.clone(), value);
            });
        }
    }
}

fn controller(near: &mut Near<'_>, row: Option<&Instrument>) {
    near.knowing(|known, _| known.controller = Controller::Provider);
    for public_authority in [false, true] {
        near.knowing(|known, _| {
            known.controller = Controller::Tenant(Tenant {
                organisation: "Organisation (invented)".to_owned(),
                contact: "legal@organisation.example".to_owned(),
                jurisdiction: None,
                public_authority,
            });
        });
    }
    let Some(rule) = row.and_then(|row| row.controller.as_ref()) else { return };
    for exception in &rule.exceptions {
        near.with(|demand, _| {
            demand.states.insert(exception.clone(), Statement::Flag(true));
            let why = Statement::Text("It would warn the suspect (invented).".to_owned());
            demand.states.insert(rule.reasons.clone(), why);
        });
    }
}
