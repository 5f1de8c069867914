//! The night: its demands in order, and how one is played.

use super::stage::Stage;
use crate::fault;
use include_dir::{Dir, include_dir};
use miette::Result;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::{Duration, Instant as Stopwatch};
use writ_channels::Intake;
use writ_desk::{Desk, Performed, Recorded, SetClock};
use writ_docket::{Command, Decider, Duty, Stage as At, duty};
use writ_vocabulary::{CaseId, Digest, FactorKind, Instant, Outcome, PersonId, SignOff};

static FOUNDING_NIGHT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios/founding-night");

/// A scenario: its demands in the order of receipt.
pub struct Night {
    /// The provider's settings, as `writ.toml`.
    pub provider: String,
    /// The registry, without keys.
    pub authorities: String,
    /// The rows that the provider's counsel signed off: whatever their text, as this is a play.
    pub sign_offs: Vec<SignOff>,
    /// The demands.
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    sign_off: Vec<SignOff>,
}

/// One demand and how people treat it.
pub struct Step {
    /// The case file's name.
    pub file: String,
    /// The file, read.
    pub intake: Intake,
    /// What people do.
    pub people: People,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Play {
    step: Vec<People>,
}

/// What people do with one demand.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    file: String,
    /// Who reviews, in order; they agree with the ruling.
    #[serde(default)]
    reviewers: Vec<PersonId>,
    /// How long each of them thinks.
    #[serde(default)]
    thinking_seconds: i64,
    /// How long it takes to prove the sender.
    #[serde(default)]
    call_back_seconds: i64,
}

impl Night {
    /// The scenario in a folder, or the founding night.
    pub fn load(folder: Option<&Path>) -> Result<Self> {
        let read = |name: &str| -> Result<String> {
            match folder {
                Some(folder) => {
                    let path = folder.join(name);
                    std::fs::read_to_string(&path)
                        .map_err(|error| fault::plain(format!("{}: {error}", path.display())))
                }
                None => FOUNDING_NIGHT
                    .get_file(name)
                    .and_then(|file| file.contents_utf8())
                    .map(str::to_owned)
                    .ok_or_else(|| fault::plain(format!("the scenario has no file `{name}`"))),
            }
        };
        let play: Play = toml::from_str(&read("play.toml")?)
            .map_err(|error| fault::plain(format!("play.toml: {error}")))?;
        let steps = play.step.into_iter().map(|people| {
            let bytes = read(&people.file)?.into_bytes();
            let intake = writ_channels::read(&bytes)
                .map_err(|error| fault::of_intake(Path::new(&people.file), &bytes, &error))?;
            Ok(Step { file: people.file.clone(), intake, people })
        });
        let steps = steps.collect::<Result<Vec<_>>>()?;
        let signed: Signed = toml::from_str(&read("sign-off.toml")?)
            .map_err(|error| fault::plain(format!("sign-off.toml: {error}")))?;
        Ok(Self {
            provider: read("provider.toml")?,
            authorities: read("authorities.toml")?,
            sign_offs: signed.sign_off,
            steps,
        })
    }
}

/// How one demand ended.
#[derive(Serialize)]
pub struct Ended {
    /// The case file's name.
    pub file: String,
    /// The case.
    pub case: CaseId,
    /// Its line for people.
    pub title: String,
    /// What was ruled.
    pub outcome: Outcome,
    /// Where it stands at the end.
    pub stage: &'static str,
    /// The rule that decided, with its reason.
    pub reason: String,
    /// Whether a parcel was sealed.
    pub sealed: bool,
    /// The machine's time, from receipt to its last step.
    #[serde(serialize_with = "millis")]
    pub machine: Duration,
    /// The people's time, as the scenario has it.
    pub people_seconds: i64,
    /// Where it is not what was expected.
    pub differences: Vec<String>,
}

fn millis<S: serde::Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(duration.as_secs_f64() * 1000.0)
}

impl Ended {
    /// The header of the lines.
    pub const HEADER: &str =
        "ASKED                           OUTCOME   WHY                       MACHINE PEOPLE";

    /// The case in one line of 80 columns.
    pub fn line(&self) -> String {
        let people = format!("{}:{:02}", self.people_seconds / 60, self.people_seconds % 60);
        let mark = if self.differences.is_empty() { ' ' } else { '!' };
        format!(
            "{:<31}{mark}{:<9} {:<25} {:>4.0} ms {people:>5}",
            cut(&self.title, 31),
            self.outcome.as_str(),
            cut(&self.reason, 25),
            self.machine.as_secs_f64() * 1000.0,
        )
    }
}

/// A text in at most `width` characters, with an ellipsis where it was longer.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let short: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", short.trim_end())
}

/// Plays one demand to its end, or on from where it stopped.
pub async fn play(desk: &Desk, clock: &SetClock, stage: &Stage, step: &Step) -> Result<Ended> {
    let case_file = &step.intake.case;
    let received = case_file.facts.as_ref().map_or(Instant::UNIX_EPOCH, |facts| facts.received);
    clock.set(received);
    let mut watch = Watch::default();
    let id = case_id(&step.file, &step.intake);
    let lodging = watch
        .time(desk.lodge(&step.intake, writ_channels::NATIVE, None, Some(id)))
        .await
        .map_err(fault::of)?;
    let id = lodging.case.id.clone();
    if let Some((latest, _)) = lodging.events.last() {
        clock.set((*latest).max(received));
    }
    prove_sender(desk, clock, stage, step, &lodging, &mut watch).await?;
    watch.time(work(desk, &id)).await?;
    review(desk, clock, step, &id, &mut watch).await?;
    let recorded = desk.case(&id).await.map_err(fault::of)?;
    ended(desk, step, recorded, watch).await
}

/// The id follows from the file, so that a scenario that was interrupted finds its cases again.
fn case_id(file: &str, intake: &Intake) -> CaseId {
    let digest = Digest::of([file.as_bytes(), &intake.bytes].concat());
    let [a, b, c, d, e, ..] = *digest.as_bytes();
    CaseId::from_random([a, b, c, d, e])
}

async fn prove_sender(
    desk: &Desk,
    clock: &SetClock,
    stage: &Stage,
    step: &Step,
    lodged: &Recorded,
    watch: &mut Watch,
) -> Result<()> {
    let id = &lodged.case.id;
    let have = |kind: FactorKind| lodged.case.factors.iter().any(|factor| factor.kind == kind);
    let wanted = step.intake.case.facts.iter().flat_map(|facts| &facts.factors);
    let missing: Vec<_> = wanted.filter(|factor| !have(factor.kind)).collect();
    if missing.is_empty() || !matches!(lodged.case.stage, At::Lodged) {
        return Ok(());
    }
    if missing.iter().any(|factor| factor.by.is_some()) {
        watch.people(clock, step.people.call_back_seconds);
    }
    for factor in missing {
        match (factor.kind, stage.signature(&step.intake)) {
            (FactorKind::EnrolledSignature, Some(signature)) => {
                watch.time(desk.check_signature(id, &signature)).await.map_err(fault::of)?;
            }
            _ => {
                let factor = writ_vocabulary::Factor { at: jiff_now(clock), ..factor.clone() };
                watch.time(desk.add_factor(id, factor)).await.map_err(fault::of)?;
            }
        }
    }
    Ok(())
}

fn jiff_now(clock: &SetClock) -> Instant {
    use writ_desk::Clock;
    clock.now()
}

/// The reviewers agree with the ruling, one after the other, each after thinking.
async fn review(
    desk: &Desk,
    clock: &SetClock,
    step: &Step,
    id: &CaseId,
    watch: &mut Watch,
) -> Result<()> {
    for reviewer in &step.people.reviewers {
        let recorded = desk.case(id).await.map_err(fault::of)?;
        let owed = duty(&recorded.case, jiff_now(clock));
        let Some(ruled) =
            recorded.case.ruled().filter(|_| owed.iter().any(|owed| owed.duty == Duty::Decide))
        else {
            return Ok(());
        };
        let first = matches!(&recorded.case.stage, At::Assessed(assessed) if assessed.approved.as_ref().is_some_and(|(person, _)| person == reviewer));
        if ruled.allowed().is_empty() || first {
            continue;
        }
        watch.people(clock, step.people.thinking_seconds);
        let command =
            Command::Grant { by: Decider::Person(reviewer.clone()), scope: ruled.allowed() };
        watch.time(desk.command(id, command, None)).await.map_err(fault::of)?;
        watch.time(work(desk, id)).await?;
    }
    Ok(())
}

async fn work(desk: &Desk, id: &CaseId) -> Result<()> {
    let performed = desk.work_on(id, &|_, _| {}).await;
    match performed.into_iter().find_map(failure) {
        Some(report) => Err(report),
        None => Ok(()),
    }
}

fn failure(performed: Performed) -> Option<miette::Report> {
    match performed.done {
        writ_desk::Done::Now(_) => None,
        writ_desk::Done::Later(error) => {
            Some(fault::plain(format!("{}: {}: {error}", performed.case, performed.duty.as_str())))
        }
    }
}

async fn ended(desk: &Desk, step: &Step, recorded: Recorded, watch: Watch) -> Result<Ended> {
    let ruling = desk.ruling(&recorded).await.map_err(fault::of)?;
    let mut differences: Vec<String> = match &step.intake.case.expect {
        Some(expect) => expect.differences(&ruling).iter().map(ToString::to_string).collect(),
        None => vec!["the case file expects nothing".to_owned()],
    };
    let sealed =
        recorded.events.iter().any(|(_, event)| matches!(event, writ_docket::Event::Sealed { .. }));
    let gives = matches!(ruling.outcome, Outcome::Disclose | Outcome::Narrow);
    if gives != sealed {
        differences.push(format!(
            "the ruling is `{}`, and {}",
            ruling.outcome,
            if sealed { "a parcel was sealed" } else { "no parcel was sealed" }
        ));
    }
    let reason = ruling
        .items
        .iter()
        .find(|item| item.then.is_some())
        .or(ruling.items.first())
        .and_then(|item| item.reasons.first());
    Ok(Ended {
        file: step.file.clone(),
        title: step.intake.case.title.clone(),
        outcome: ruling.outcome,
        stage: recorded.case.stage_name(),
        reason: reason.map(|reason| format!("{} {}", reason.rule, reason.text)).unwrap_or_default(),
        sealed,
        machine: watch.machine,
        people_seconds: watch.people_seconds,
        differences,
        case: recorded.case.id,
    })
}

/// The machine's time and the people's, apart.
#[derive(Default)]
struct Watch {
    machine: Duration,
    people_seconds: i64,
}

impl Watch {
    async fn time<T>(&mut self, work: impl Future<Output = T>) -> T {
        let begun = Stopwatch::now();
        let done = work.await;
        self.machine += begun.elapsed();
        done
    }

    fn people(&mut self, clock: &SetClock, seconds: i64) {
        clock.pass(seconds);
        self.people_seconds += seconds;
    }
}
