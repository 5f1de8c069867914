//! Papers: what the desk knows, put into the letters' words.

use crate::judge::Lookups;
use crate::{Desk, DeskError, Recorded};
use std::path::PathBuf;
use writ_audit::{Promise, SignedPromise};
use writ_docket::{AnswerKind, Event, Stage};
use writ_letters::{
    Acknowledgement, Answer, AtLeastOne, CertificateEu, CertificateUs, Clock, Delay, FileHash,
    Giving, ItemAnswer, ItemReason, Lang, Letter, Letterhead, Missing, Notice, NoticedData,
    Outcome, ParcelNote, Party, ProcessStep, Provider, Reader, RecordKind, Redirect, RulingPlain,
    Signing, System, Then, Verdict,
};
use writ_vocabulary::{
    self as vocabulary, AccountFacts, AccountRef, AuthorityId, Controller, CustodyStep,
    CustodyVerb, Demand, Digest, ElementId, FileForm, FindingState, Instant, ItemRuling, Manifest,
    Purpose, Ruling, Scope,
};

impl Desk {
    /// The folder that an authority's answers leave from.
    pub(crate) fn outbox(
        &self,
        recorded: &Recorded,
        demand: &Demand,
    ) -> Result<PathBuf, DeskError> {
        let authority = self.registry().claimed(demand).map(|authority| authority.id.clone());
        let folder = authority.as_ref().map_or("unregistered", AuthorityId::as_str);
        let folder = self.home.join("outbox").join(folder).join(recorded.case.id.as_str());
        std::fs::create_dir_all(&folder).map_err(DeskError::file(&folder))?;
        Ok(folder)
    }

    pub(crate) fn acknowledgement(
        &self,
        recorded: &Recorded,
        demand: &Demand,
        promise: Option<&SignedPromise>,
    ) -> Letter {
        let lodging = &recorded.case.lodging;
        let items = demand.asked().into_iter().map(|(item, want)| {
            let what = self.element_title(&item.element);
            let wanted = if want == Purpose::Preserve { " (to be preserved)" } else { "" };
            format!("{what}, {}, {}{wanted}", shown_account(demand, &item.account), item.period)
        });
        let acknowledgement = Acknowledgement {
            head: self.letterhead(recorded, demand, lodging.received),
            received: lodging.received,
            door: lodging.door.clone(),
            instrument: self.instrument_title(demand),
            claimed_by: demand.issuer.name.clone(),
            items: items.collect(),
            clocks: Vec::<Clock>::new(),
            missing_factors: vec![
                "a call to the number of your authority in our own registry".to_owned(),
            ],
            record: promise.map(|promise| promised(promise.promise())),
        };
        acknowledgement.blocks(&Lang::from_tag(&demand.language))
    }

    /// The answer without data, or with it, to the authority.
    pub(crate) fn answer(
        &self,
        recorded: &Recorded,
        demand: &Demand,
        ruling: &Ruling,
        outcome: Outcome,
    ) -> Letter {
        let answer = Answer {
            head: self.letterhead(recorded, demand, self.clock.now()),
            received: recorded.case.lodging.received,
            instrument: self.instrument_title(demand),
            outcome,
            items: self.item_answers(demand, ruling, removed(recorded).as_ref()),
            form3: Vec::new(),
            remedies: Vec::new(),
            policy: ruling.policy,
            lawbook: ruling.lawbook,
        };
        answer.blocks(&Lang::from_tag(&demand.language))
    }

    /// What the letters say of an answer without data.
    pub(crate) fn outcome(
        &self,
        recorded: &Recorded,
        accounts: &Lookups,
        ruling: &Ruling,
    ) -> Outcome {
        match &recorded.case.stage {
            Stage::Answered(answer) => match answer.kind {
                AnswerKind::Refuse => Outcome::Refuse,
                AnswerKind::AskCure => Outcome::Cure { missing: missing(ruling), open_until: None },
                AnswerKind::Redirect => Outcome::Redirect(redirect(accounts, ruling)),
                AnswerKind::Hold => Outcome::Hold {
                    pending:
                        "the proof, by our own means, that this demand comes from your authority"
                            .to_owned(),
                    until: None,
                },
                AnswerKind::Preserved => Outcome::Preserve {
                    until: recorded
                        .case
                        .preservation
                        .as_ref()
                        .map_or(answer.since, |kept| kept.until),
                    bring: "the legal process that compels disclosure".to_owned(),
                },
                AnswerKind::Act => Outcome::Act {
                    done: "what the order names is removed, or access to it is disabled".to_owned(),
                    at: answer.since,
                },
            },
            _ => Outcome::Refuse,
        }
    }

    pub(crate) fn ruling_plain(
        &self,
        recorded: &Recorded,
        demand: &Demand,
        ruling: &Ruling,
        note: ParcelNote,
    ) -> Letter {
        let granted = recorded.case.grant().map(|grant| grant.scope().clone()).unwrap_or_default();
        let complete = demand.scope(Purpose::Disclose).is_within(&granted);
        let outcome = if complete { Outcome::Disclose(note) } else { Outcome::Narrow(note) };
        let decided =
            recorded.events.iter().filter(|(_, event)| is_decision(event)).map(|(at, _)| *at);
        let plain = RulingPlain {
            head: self.letterhead(recorded, demand, self.clock.now()),
            instrument: self.instrument_title(demand),
            issuer: demand.issuer.name.clone(),
            proven_by: recorded
                .case
                .factors
                .iter()
                .map(|factor| factor.kind.to_string().replace('-', " "))
                .collect(),
            received: recorded.case.lodging.received,
            outcome,
            items: self.item_answers(demand, ruling, Some(&granted)),
            decided: decided.collect(),
            policy: ruling.policy,
            lawbook: ruling.lawbook,
            record: None,
        };
        plain.blocks(&Lang::from_tag(&demand.language))
    }

    /// The certificate of authenticity: in the American manner for an American instrument, in the European otherwise.
    pub(crate) fn certificate(
        &self,
        recorded: &Recorded,
        demand: &Demand,
        manifest: &Manifest,
        manifest_digest: Digest,
        recipient: &str,
    ) -> Result<Letter, DeskError> {
        let head = self.letterhead(recorded, demand, self.clock.now());
        let files = at_least_one(files(manifest, manifest_digest))?;
        let steps = at_least_one(self.steps(manifest))?;
        let systems = at_least_one(systems(manifest))?;
        let accuracy = at_least_one(ACCURACY.map(str::to_owned).to_vec())?;
        let omitted = self.omitted(demand, manifest);
        let signing = self.signing();
        let received = recorded.case.lodging.received;
        if demand.instrument.as_str().starts_with("us/") {
            let certificate = CertificateUs {
                head,
                instrument: self.instrument_title(demand),
                issued_by: demand.issuer.name.clone(),
                received,
                knowledge: "I am familiar with the systems named below and with how they make and keep their records; the steps below were recorded by the system as it took them".to_owned(),
                records: at_least_one(record_kinds(manifest))?,
                systems,
                steps,
                accuracy,
                files,
                manifest: manifest_digest,
                omitted,
                signed_abroad: self.house.custodian.abroad,
                signing,
            };
            return Ok(certificate.blocks(&Lang::en()));
        }
        let certificate = CertificateEu {
            head,
            order: self.instrument_title(demand),
            issuing_authority: demand.issuer.name.clone(),
            validating_authority: demand.validator.as_ref().map(|validator| validator.name.clone()),
            received,
            systems,
            steps,
            accuracy,
            files,
            manifest: manifest_digest,
            omitted,
            sealed_to: recipient.to_owned(),
            door: "the provider's outbox".to_owned(),
            outside: None,
            custody: at_least_one(custody_steps(recorded, manifest))?,
            signing,
        };
        Ok(certificate.blocks(&Lang::en()))
    }

    /// The notice to whoever must be told of one account.
    pub(crate) fn notice(
        &self,
        recorded: &Recorded,
        demand: &Demand,
        facts: &AccountFacts,
        copy_enclosed: bool,
    ) -> Letter {
        let account = &facts.account;
        let granted = done(recorded);
        let noticed = |scope: &Scope| -> Vec<NoticedData> {
            let of_account = scope.items().filter(|item| &item.account == account);
            of_account
                .map(|item| NoticedData {
                    what: self.element_title(&item.element).to_lowercase(),
                    account: shown_account(demand, account),
                    period: item.period,
                })
                .collect()
        };
        let asked = demand.scope(Purpose::Disclose);
        let kept_back = asked.narrowed(|item| !Scope::of([item.clone()]).is_within(&granted));
        let books = self.books();
        let instrument =
            books.lawbook.in_force(&demand.instrument, day(recorded.case.lodging.received));
        let notice = Notice {
            head: Letterhead {
                to: Party { name: shown_account(demand, account), lines: Vec::new() },
                your_reference: None,
                ..self.letterhead(recorded, demand, self.clock.now())
            },
            reader: match &facts.controller {
                Controller::Provider => Reader::Customer,
                Controller::Tenant(_) => Reader::Organisation,
            },
            authority: format!("{} ({})", demand.issuer.name, demand.issuer.jurisdiction),
            instrument: self.instrument_title(demand),
            law: instrument
                .map_or_else(|| demand.instrument.to_string(), |row| row.summary.cite.clone()),
            data: noticed(&granted),
            kept_back: noticed(&kept_back),
            giving: giving(recorded, demand, self.clock.now()),
            delay: delay(recorded, demand, self.clock.now()),
            copy_enclosed,
            remedies: Vec::new(),
        };
        notice.blocks(&Lang::en())
    }

    fn letterhead(&self, recorded: &Recorded, demand: &Demand, written: Instant) -> Letterhead {
        Letterhead {
            from: Provider {
                name: self.house.name.clone(),
                lines: self.house.address.clone(),
                contact: self.house.contact.clone(),
            },
            to: Party { name: demand.issuer.name.clone(), lines: Vec::new() },
            case: recorded.case.id.to_string(),
            your_reference: Some(demand.reference.clone()),
            written,
        }
    }

    fn instrument_title(&self, demand: &Demand) -> String {
        let books = self.books();
        let mut rows = books.lawbook.versions(&demand.instrument).iter();
        rows.next().map_or_else(
            || demand.instrument.to_string(),
            |row| format!("{} ({})", row.summary.title, row.summary.cite),
        )
    }

    fn element_title(&self, element: &ElementId) -> String {
        self.books()
            .lawbook
            .elements()
            .get(element)
            .map_or_else(|| element.to_string(), |known| known.title.clone())
    }

    fn item_answers(
        &self,
        demand: &Demand,
        ruling: &Ruling,
        granted: Option<&Scope>,
    ) -> Vec<ItemAnswer> {
        ruling.items.iter().map(|ruled| self.item_answer(demand, ruled, granted)).collect()
    }

    fn item_answer(
        &self,
        demand: &Demand,
        ruled: &ItemRuling,
        granted: Option<&Scope>,
    ) -> ItemAnswer {
        let inside =
            granted.is_none_or(|granted| Scope::of([ruled.item.clone()]).is_within(granted));
        let verdict = match (ruled.answer, ruled.want) {
            (vocabulary::Answer::Allowed, Purpose::Preserve) => Verdict::Preserved,
            (_, Purpose::Remove) if granted.is_some() && inside => Verdict::Done,
            (vocabulary::Answer::Allowed, Purpose::Remove) => Verdict::NotGiven(Then::Escalate),
            (vocabulary::Answer::Allowed, Purpose::Disclose) if inside => Verdict::Given,
            (vocabulary::Answer::Allowed, Purpose::Disclose) => Verdict::NotGiven(Then::Narrow),
            (vocabulary::Answer::Denied, _) => Verdict::NotGiven(then(ruled.then)),
        };
        let reasons = ruled.reasons.iter().map(|reason| ItemReason {
            rule: reason.rule.to_string(),
            text: reason.text.clone(),
            text_lang: Some(Lang::en()),
            cite: Some(reason.cite.clone()),
            next: None,
        });
        ItemAnswer {
            what: self.element_title(&ruled.item.element),
            account: shown_account(demand, &ruled.item.account),
            period: ruled.item.period,
            verdict,
            reasons: reasons.collect(),
        }
    }

    fn omitted(&self, demand: &Demand, manifest: &Manifest) -> Vec<String> {
        let line = |withheld: &vocabulary::Withheld| {
            let what = self.element_title(&withheld.item.element);
            format!("{what} of {}: {}", shown_account(demand, &withheld.item.account), withheld.why)
        };
        manifest.withheld.iter().map(line).collect()
    }

    fn steps(&self, manifest: &Manifest) -> Vec<ProcessStep> {
        let of_file = |file: &vocabulary::FileEntry| ProcessStep {
            what: format!("read {} of account {}", listed(&file.elements), file.account),
            system: file.source.to_string(),
            query: file.query.clone(),
            started: manifest.began,
            ended: manifest.ended,
            rows_read: file.rows,
            rows_kept: file.rows,
        };
        let mut steps: Vec<_> = manifest.files.iter().map(of_file).collect();
        if steps.is_empty() {
            steps.push(ProcessStep {
                what: "looked for records of the accounts named and found none that were granted"
                    .to_owned(),
                system: "writ".to_owned(),
                query: "no query: no source holds what was granted".to_owned(),
                started: manifest.began,
                ended: manifest.ended,
                rows_read: 0,
                rows_kept: 0,
            });
        }
        steps
    }

    fn signing(&self) -> Signing {
        let custodian = &self.house.custodian;
        Signing {
            name: custodian.name.clone(),
            title: custodian.title.clone(),
            place: custodian.place.clone(),
            date: day(self.clock.now()),
            parcel_key: self.key.public().to_string(),
        }
    }
}

const ACCURACY: [&str; 4] = [
    "every query was drawn from the grant and put to the source read-only",
    "every row was checked again after the query: a row of another account or another time fails the whole collection",
    "each file was digested with SHA-256 while it was written",
    "the same sources and the same grant give the same bytes",
];

/// Where and by when the public record holds a demand.
fn promised(promise: &Promise) -> String {
    let by = i64::try_from(promise.deadline).ok().and_then(|by| Instant::from_second(by).ok());
    let by = by.map_or_else(String::new, |by| format!(" by {by}"));
    format!("{}: {}{by}", promise.origin, promise.body)
}

fn at_least_one<T>(list: Vec<T>) -> Result<AtLeastOne<T>, DeskError> {
    Ok(AtLeastOne::try_from(list)?)
}

fn shown_account(demand: &Demand, account: &AccountRef) -> String {
    demand.account(account).map_or_else(|| account.to_string(), ToString::to_string)
}

fn then(then: Option<vocabulary::Then>) -> Then {
    match then {
        Some(vocabulary::Then::Refuse) => Then::Refuse,
        Some(vocabulary::Then::Hold) => Then::Hold,
        Some(vocabulary::Then::Redirect) => Then::Redirect,
        Some(vocabulary::Then::Cure) => Then::Cure,
        Some(vocabulary::Then::Preserve) => Then::Preserve,
        Some(vocabulary::Then::Narrow) => Then::Narrow,
        Some(vocabulary::Then::Escalate) | None => Then::Escalate,
    }
}

fn missing(ruling: &Ruling) -> Vec<Missing> {
    let failed = ruling.findings.iter().filter(|finding| finding.state != FindingState::Holds);
    let asked =
        failed.filter(|finding| finding.then.is_none_or(|then| then == vocabulary::Then::Cure));
    asked
        .filter_map(|finding| {
            Some(Missing {
                what: finding.id.replace([':', '-'], " "),
                send: finding.text.clone(),
                cite: finding.cite.clone()?,
            })
        })
        .collect()
}

fn redirect(accounts: &Lookups, ruling: &Ruling) -> Redirect {
    let reason = ruling.items.iter().flat_map(|item| &item.reasons).next();
    let tenant = accounts.values().find_map(|lookup| match &lookup.facts.controller {
        Controller::Tenant(tenant) => Some(tenant),
        Controller::Provider => None,
    });
    let organisation = tenant.map_or_else(
        || Party {
            name: reason.map(|reason| reason.text.clone()).unwrap_or_default(),
            lines: Vec::new(),
        },
        |tenant| Party { name: tenant.organisation.clone(), lines: vec![tenant.contact.clone()] },
    );
    Redirect {
        organisation,
        published: "the provider's guidelines for authorities".to_owned(),
        cite: reason.map(|reason| reason.cite.clone()).unwrap_or_default(),
        told: false,
    }
}

fn files(manifest: &Manifest, digest: Digest) -> Vec<FileHash> {
    let of = |file: &vocabulary::FileEntry| FileHash {
        path: format!("production/{}", file.path),
        media_type: media_type(file.form).to_owned(),
        bytes: file.bytes,
        records: Some(file.rows),
        sha256: file.sha256,
    };
    let itself = FileHash {
        path: "manifest.json".to_owned(),
        media_type: "application/json".to_owned(),
        bytes: writ_parcel::canonical_json(manifest).map_or(0, |json| json.len() as u64),
        records: None,
        sha256: digest,
    };
    manifest.files.iter().map(of).chain([itself]).collect()
}

fn media_type(form: FileForm) -> &'static str {
    match form {
        FileForm::Ndjson => "application/x-ndjson",
        FileForm::Csv => "text/csv",
        FileForm::Mbox => "application/mbox",
        FileForm::Object => "application/octet-stream",
    }
}

fn systems(manifest: &Manifest) -> Vec<System> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let sources: std::collections::BTreeSet<_> =
        manifest.files.iter().map(|file| &file.source).collect();
    let writ = System {
        name: "writ".to_owned(),
        version: version.clone(),
        role:
            "drew the plan from the grant, ran it read-only, wrote, checked and digested the files"
                .to_owned(),
    };
    let of = |source: &&vocabulary::SourceId| System {
        name: source.to_string(),
        version: "as in operation at the time of collection".to_owned(),
        role: "holds the records in the course of providing the service".to_owned(),
    };
    std::iter::once(writ).chain(sources.iter().map(of)).collect()
}

fn record_kinds(manifest: &Manifest) -> Vec<RecordKind> {
    let mut kinds: Vec<_> = manifest
        .files
        .iter()
        .map(|file| RecordKind {
            what: format!("records of {}", listed(&file.elements)),
            made_by: format!(
                "the system `{}`, automatically, from the customer's use of the service",
                file.source
            ),
            made_when: "at the time of the use recorded".to_owned(),
            kept_for: "providing and securing the service".to_owned(),
            practice: "making such records is the regular practice of that activity".to_owned(),
        })
        .collect();
    kinds.dedup();
    if kinds.is_empty() {
        kinds.push(RecordKind {
            what: "the record of this search".to_owned(),
            made_by: "the system `writ`".to_owned(),
            made_when: "as the search was made".to_owned(),
            kept_for: "answering legal process".to_owned(),
            practice: "making such records is the regular practice of that activity".to_owned(),
        });
    }
    kinds
}

/// The chain as the certificate prints it; the same steps go into the parcel's `custody.json`.
pub(crate) fn custody_steps(recorded: &Recorded, manifest: &Manifest) -> Vec<CustodyStep> {
    let step = |verb, at, performer: &str, what: String| CustodyStep {
        verb,
        at,
        ended: None,
        performer: performer.to_owned(),
        what,
        tool: Some(format!("writ {}", env!("CARGO_PKG_VERSION"))),
        digest: None,
    };
    let mut steps = vec![step(
        CustodyVerb::Received,
        recorded.case.lodging.received,
        "the desk",
        format!("the demand, by the {} door", recorded.case.lodging.door),
    )];
    for (at, event) in recorded.events.iter().filter(|(_, event)| is_decision(event)) {
        steps.push(step(
            CustodyVerb::Reviewed,
            *at,
            &deciders(event),
            "the demand and its ruling".to_owned(),
        ));
    }
    let rows: u64 = manifest.files.iter().map(|file| file.rows).sum();
    steps.push(step(
        CustodyVerb::Searched,
        manifest.began,
        "writ",
        "the sources, under the grant".to_owned(),
    ));
    steps.push(step(
        CustodyVerb::Extracted,
        manifest.began,
        "writ",
        format!("{rows} records into {} files", manifest.files.len()),
    ));
    if !manifest.withheld.is_empty() {
        let what =
            format!("{} items that were granted and are not in the files", manifest.withheld.len());
        steps.push(step(CustodyVerb::Narrowed, manifest.ended, "writ", what));
    }
    steps
}

fn is_decision(event: &Event) -> bool {
    matches!(event, Event::Approved { .. } | Event::Granted { .. } | Event::Overridden { .. })
}

fn deciders(event: &Event) -> String {
    match event {
        Event::Approved { by, .. } => by.to_string(),
        Event::Granted { by: writ_docket::Approvers::One(person), .. } => person.to_string(),
        Event::Granted { by: writ_docket::Approvers::Two(eyes), .. }
        | Event::Overridden { by: eyes, .. } => {
            let [first, second] = eyes.people();
            format!("{first} and {second}")
        }
        _ => "writ, as the policy lets it".to_owned(),
    }
}

fn delivered_at(recorded: &Recorded) -> Option<Instant> {
    let delivered =
        |(at, event): &(Instant, Event)| matches!(event, Event::Delivered { .. }).then_some(*at);
    recorded.events.iter().rev().find_map(delivered)
}

/// What was removed, once it was.
fn removed(recorded: &Recorded) -> Option<Scope> {
    recorded.case.ruled().filter(|_| recorded.case.has_acted()).map(writ_docket::Ruled::removable)
}

/// What was granted, or removed.
pub(crate) fn done(recorded: &Recorded) -> Scope {
    let granted = recorded.case.grant().map(|grant| grant.scope().clone());
    granted.or_else(|| removed(recorded)).unwrap_or_default()
}

fn giving(recorded: &Recorded, demand: &Demand, now: Instant) -> Giving {
    if let (Stage::Answered(answer), true) = (&recorded.case.stage, recorded.case.has_acted()) {
        return Giving::Removed(answer.since);
    }
    match (delivered_at(recorded), &demand.emergency) {
        (Some(at), Some(_)) => Giving::DoneInEmergency(at),
        (Some(at), None) => Giving::Done(at),
        (None, _) => Giving::Planned(now),
    }
}

fn delay(recorded: &Recorded, demand: &Demand, now: Instant) -> Option<Delay> {
    let deferred = recorded.events.iter().rev().find_map(|(_, event)| match event {
        Event::NoticeDeferred { until, .. } => Some(*until),
        _ => None,
    });
    let ruled = recorded.case.ruled().and_then(|ruled| match ruled.notice {
        vocabulary::NoticeRule::Deferred { until } => Some(until),
        _ => None,
    });
    match (deferred.or(ruled), &demand.gag, &demand.emergency) {
        (Some(ended), Some(gag), _) => Some(Delay::Order {
            order: gag.text.clone(),
            law: gag.instrument.as_ref().map_or_else(String::new, ToString::to_string),
            ended,
        }),
        (_, _, Some(_)) if delivered_at(recorded).is_some() => {
            Some(Delay::Emergency { ended: now })
        }
        _ => None,
    }
}

fn listed(elements: &[ElementId]) -> String {
    let words: Vec<_> = elements.iter().map(|element| element.as_str().replace('_', " ")).collect();
    words.join(", ")
}

pub(crate) fn day(instant: Instant) -> jiff::civil::Date {
    instant.to_zoned(jiff::tz::TimeZone::UTC).date()
}
