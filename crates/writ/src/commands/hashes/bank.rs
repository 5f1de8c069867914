//! `writ bank`: the banks and what is in them.

use super::cluster::known;
use super::config::Config;
use super::files::{self, Done, table_or};
use super::{House, folder, open};
use crate::args::{Args, Decision};
use crate::fault;
use crate::hash_args::{ActionWord, BankArgs, BankCommand, HashArgs, VerdictWord, VoiceWord};
use crate::say::{Say, instant};
use miette::Result;
use serde::Serialize;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use writ_commons::{CommandError, Memory, Sample, for_entry, numbered};
use writ_desk::Desk;
use writ_hashbank::{
    Action, Bank, BankName, Command, Contribution, EntryId, EntryState, Event, IncidentId, Label,
    Limits, MAX_SIGNALS, MemberId, Purpose, Ratio, Rules, SignalType, Taxonomy, Verdict, Voice,
};
use writ_media::Scale;
use writ_signals::pdq;
use writ_vocabulary::Instant;

/// How many contributions are given at once.
const BATCH: usize = 1_000;

/// The rules and labels that a new memory begins with.
const RULES: &str = include_str!("../../../../../taxonomy/rules.toml");
const LABELS: &str = include_str!("../../../../../taxonomy/labels.toml");

pub async fn run(args: &Args, command: &BankCommand, say: Say) -> Result<ExitCode> {
    if let BankCommand::Init { member } = command {
        return init(args, member, say).await;
    }
    let house = House::open(args).await?;
    let code = match command {
        BankCommand::Add { bank, files, list, labels, note, incident, expires } => {
            let with = With { bank, labels, note, incident, expires };
            add(&house, files, list.as_deref(), &with, say).await?
        }
        BankCommand::List => banks(&house.memory, say),
        BankCommand::Entries { name, after, limit } => {
            entries(&house, name, EntryId(*after), (*limit).min(10_000), say)?
        }
        BankCommand::Show { entry } => show(&house, EntryId(*entry), say)?,
        BankCommand::Export { name } => export(&house, name)?,
        BankCommand::Review => review(&house.memory, say),
        BankCommand::Status => status(&house.memory, say),
        command => {
            let told = told(&house, command)?;
            let events = house.memory.command(told).await.map_err(fault::of)?;
            tell(&events, say)
        }
    };
    house.close().await?;
    Ok(code)
}

async fn init(args: &Args, member: &MemberId, say: Say) -> Result<ExitCode> {
    Config::write(&folder(args), member)?;
    let memory = open(args).await?;
    let commands = vec![
        Command::AdoptRules(Rules::parse(RULES).map_err(fault::of)?),
        Command::AdoptTaxonomy(Taxonomy::parse(LABELS).map_err(fault::of)?),
        Command::AdmitMember { member: member.clone(), voice: Voice::Full },
    ];
    for decided in memory.commands(commands).await {
        decided.map_err(fault::of)?;
    }
    memory.close().await.map_err(fault::of)?;
    say.result(member, |member| {
        format!(
            "The shared memory stands in `{}`; its first member is {member}.\n\
             Open a bank next: writ bank create NAME",
            folder(args).display()
        )
    });
    Ok(ExitCode::SUCCESS)
}

/// The command behind one that is said.
fn told(house: &House, command: &BankCommand) -> Result<Command> {
    let by = house.member.clone();
    Ok(match command {
        BankCommand::Create { name, negative, settings } => {
            let mut bank = Bank::new(name.clone());
            if *negative {
                bank.purpose = Purpose::Negative;
            }
            Command::CreateBank(settled(bank, settings)?)
        }
        BankCommand::Change { name, settings } => {
            let bank = house.memory.read(|state, _| state.bank(name).cloned());
            let bank = bank.ok_or_else(|| no_bank(name))?;
            Command::ChangeBank { name: name.clone(), bank: settled(bank, settings)? }
        }
        BankCommand::Remove { name } => Command::RemoveBank { name: name.clone() },
        BankCommand::Opine { entry, verdict, labels, reason, member } => Command::Opine {
            entry: EntryId(*entry),
            by: member.clone().unwrap_or(by),
            verdict: (*verdict).into(),
            labels: (!labels.is_empty()).then(|| labels.clone()),
            reason: reason.clone(),
        },
        BankCommand::Withdraw { entry, reason } => {
            Command::WithdrawContribution { entry: EntryId(*entry), by, reason: reason.clone() }
        }
        BankCommand::Release { entry, person, reason } => Command::Release {
            entry: EntryId(*entry),
            by,
            person: person.clone(),
            reason: reason.clone(),
        },
        BankCommand::Admit { member, voice } => {
            let (member, voice) = (member.clone(), (*voice).into());
            match house.memory.read(|state, _| state.member(&member).is_some()) {
                true => Command::SetVoice { member, voice },
                false => Command::AdmitMember { member, voice },
            }
        }
        BankCommand::Adopt { file } => adopted(file)?,
        BankCommand::OpenIncident { incident, title, labels, slow } => Command::OpenIncident {
            incident: incident.clone(),
            by,
            title: title.clone(),
            labels: labels.clone(),
            fast: !slow,
        },
        BankCommand::CloseIncident { incident } => {
            Command::CloseIncident { incident: incident.clone(), by }
        }
        _ => return Err(fault::plain("this is not a command for the banks")),
    })
}

fn settled(mut bank: Bank, settings: &BankArgs) -> Result<Bank> {
    let BankArgs { action, quorum, ratio, quality, limits, description } = settings;
    bank.action = action.map_or(bank.action, Into::into);
    bank.quorum = quorum.unwrap_or(bank.quorum);
    bank.quality = quality.unwrap_or(bank.quality);
    if let Some(ratio) = ratio {
        bank.ratio = Ratio::try_from(*ratio).map_err(fault::of)?;
    }
    for (kind, auto, review) in limits {
        bank.limits.insert(kind.clone(), Limits { auto: *auto, review: *review });
    }
    if let Some(description) = description {
        bank.description.clone_from(description);
    }
    Ok(bank)
}

fn adopted(file: &Path) -> Result<Command> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| fault::plain(format!("{}: {error}", file.display())))?;
    match (Rules::parse(&text), Taxonomy::parse(&text)) {
        (Ok(rules), _) => Ok(Command::AdoptRules(rules)),
        (_, Ok(taxonomy)) => Ok(Command::AdoptTaxonomy(taxonomy)),
        (Err(rules), Err(_)) if text.contains("writ-hash-rules") => Err(fault::of(rules)),
        (_, Err(taxonomy)) => Err(fault::of(taxonomy)),
    }
}

fn tell(events: &[Event], say: Say) -> ExitCode {
    say.result(&events, |events| {
        if events.is_empty() {
            return "nothing changes: it is so already\n".to_owned();
        }
        let word =
            |event: &Event| event.kind().split('/').next().unwrap_or_default().replace('-', " ");
        events.iter().map(|event| format!("{}\n", word(event))).collect()
    });
    ExitCode::SUCCESS
}

/// What goes with every hash of one call.
struct With<'a> {
    bank: &'a BankName,
    labels: &'a [Label],
    note: &'a Option<String>,
    incident: &'a Option<IncidentId>,
    expires: &'a Option<Instant>,
}

#[derive(Serialize)]
struct Added {
    what: String,
    entries: Vec<EntryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

impl Added {
    fn of(what: String, decided: Result<Vec<EntryId>, CommandError>) -> Self {
        match decided {
            Ok(entries) => Self { what, entries, refused: None },
            Err(error) => Self { what, entries: Vec::new(), refused: Some(error.to_string()) },
        }
    }
}

async fn add(
    house: &House,
    named: &[PathBuf],
    list: Option<&Path>,
    with: &With<'_>,
    say: Say,
) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    let mut added = Vec::new();
    let mut entries = 0;
    if !named.is_empty() {
        let pieces;
        (pieces, code) = hashed(house, named, with.bank)?;
        let bar = files::bar(pieces.len(), "contributed");
        for batch in pieces.chunks(BATCH) {
            added.extend(give(house, batch, with).await);
            bar.inc(batch.len() as u64);
        }
        bar.finish_and_clear();
        entries = added.len();
    }
    if let Some(list) = list {
        let (given, refused) = add_list(house, list, with).await?;
        entries += given;
        added.extend(refused);
    }
    if named.is_empty() && list.is_none() {
        return Err(fault::with_help(
            "nothing was named to add",
            "name files, or a list with --list FILE",
        ));
    }
    Ok(tell_added(&added, entries, code, say))
}

/// What is named, and its hashes.
type Piece = (String, Vec<Sample>);

/// Files and their hashes, as entries of the bank. Those that have none are told.
fn hashed(house: &House, named: &[PathBuf], bank: &BankName) -> Result<(Vec<Piece>, ExitCode)> {
    let wanted = HashArgs { files: named.to_vec(), types: Vec::new(), kind: None };
    let done = files::hash_all(&wanted, Scale::Full)?;
    let code = files::tell_faults(&done);
    let quality = house.memory.read(|state, _| state.bank(bank).map_or(0, |bank| bank.quality));
    Ok((done.into_iter().filter_map(|one| piece(one, quality)).collect(), code))
}

/// Says what became of `all` pieces; those that were refused make a failure of it.
fn tell_added(added: &[Added], all: usize, code: ExitCode, say: Say) -> ExitCode {
    let refused = added.iter().filter(|one| one.refused.is_some()).count();
    say.result(&added, |added| {
        let rows = added.iter().take(1_000).map(|one| {
            let entries: Vec<_> = one.entries.iter().map(ToString::to_string).collect();
            vec![one.what.clone(), one.refused.clone().unwrap_or_else(|| entries.join(" "))]
        });
        let table = table_or("", &["what", "entry"], rows.collect());
        let line = if table.is_empty() { "" } else { "\n\n" };
        format!("{table}{line}{} added, {refused} refused\n", all - refused)
    });
    if refused > 0 { ExitCode::from(1) } else { code }
}

/// What was removed on an order, and where its hashes go.
pub struct Removed<'a> {
    pub bank: &'a BankName,
    pub labels: &'a [Label],
    pub files: &'a [PathBuf],
}

/// `writ contribute`: a person reviewed what was removed, and shares its hashes.
pub async fn contribute(
    args: &Args,
    desk: &Desk,
    decision: &Decision,
    removed: &Removed<'_>,
    say: Say,
) -> Result<ExitCode> {
    let by = desk.house().person(&decision.person).map_err(fault::of)?;
    let house = House::open(args).await?;
    let with = With {
        bank: removed.bank,
        labels: removed.labels,
        note: &None,
        incident: &None,
        expires: &None,
    };
    let (pieces, code) = hashed(&house, removed.files, removed.bank)?;
    let contributions =
        pieces.iter().map(|(_, samples)| contribution(&house, samples, &with)).collect();
    let answers = desk
        .contribute(&decision.case, by, &house.memory, removed.bank, contributions)
        .await
        .map_err(fault::of)?;
    let added: Vec<Added> = pieces
        .into_iter()
        .zip(answers)
        .map(|((what, _), answer)| Added::of(what, answer))
        .collect();
    house.close().await?;
    Ok(tell_added(&added, added.len(), code, say))
}

/// A file's signals as one entry holds them; says which pages of a document it does not.
fn piece(done: Done, quality: u8) -> Option<Piece> {
    let what = done.path.display().to_string();
    let (samples, left_out) = for_entry(done.hashed.ok()?.samples, quality);
    if !left_out.is_empty() {
        eprintln!(
            "{what}: {} left out: an entry has at most {MAX_SIGNALS} hashes, of quality {quality} or better",
            numbered(&left_out)
        );
    }
    Some((what, samples))
}

/// Contributes a list, however long: how many lines it has, and those refused. It is read once to the end before
/// anything is given, so that a line that cannot be read changes nothing.
async fn add_list(house: &House, list: &Path, with: &With<'_>) -> Result<(usize, Vec<Added>)> {
    let mut lines = 0;
    for line in listed(list)? {
        line?;
        lines += 1;
    }
    let bar = files::bar(lines, "contributed");
    let mut refused = Vec::new();
    let mut rest = listed(list)?;
    loop {
        let batch: Vec<_> = rest.by_ref().take(BATCH).collect::<Result<_>>()?;
        if batch.is_empty() {
            bar.finish_and_clear();
            return Ok((lines, refused));
        }
        let given = give(house, &batch, with).await;
        refused.extend(given.into_iter().filter(|one| one.refused.is_some()));
        bar.inc(batch.len() as u64);
    }
}

async fn give(house: &House, pieces: &[Piece], with: &With<'_>) -> Vec<Added> {
    let commands = pieces
        .iter()
        .map(|(_, samples)| Command::Contribute(contribution(house, samples, with)))
        .collect();
    let decided = house.memory.commands(commands).await;
    let added = pieces.iter().zip(decided).map(|((what, _), decided)| {
        let entries = decided.map(|events| events.iter().filter_map(Event::entry_added).collect());
        Added::of(what.clone(), entries)
    });
    added.collect()
}

fn contribution(house: &House, samples: &[Sample], with: &With<'_>) -> Contribution {
    let signal = |sample| house.memory.for_bank(sample).ok();
    let signals = samples.iter().filter_map(signal).collect();
    Contribution {
        labels: with.labels.to_vec(),
        note: with.note.clone(),
        expires: *with.expires,
        incident: with.incident.clone(),
        ..Contribution::new(with.bank.clone(), house.member.clone(), signals)
    }
}

/// The hashes of a list, each for itself.
fn listed(path: &Path) -> Result<impl Iterator<Item = Result<Piece>>> {
    let unreadable = |error: std::io::Error| fault::plain(format!("{}: {error}", path.display()));
    let lines = BufReader::new(File::open(path).map_err(unreadable)?).lines().zip(1..);
    Ok(lines.filter_map(move |(line, number)| match line {
        Ok(line) if line.trim().is_empty() || line.starts_with('#') => None,
        Ok(line) => Some(line_of(line.trim(), number, path)),
        Err(error) => Some(Err(unreadable(error))),
    }))
}

fn line_of(line: &str, number: usize, path: &Path) -> Result<Piece> {
    let (kind, hash) = line.split_once(char::is_whitespace).unwrap_or((pdq::TYPE.name, line));
    let signal = writ_signals::SignalType::named(kind)
        .and_then(|kind| kind.parse(hash.trim()))
        .map_err(|error| fault::plain(format!("{}, line {number}: {error}", path.display())))?;
    Ok((format!("line {number}"), vec![Sample { signal, quality: None, page: None }]))
}

fn banks(memory: &Memory, say: Say) -> ExitCode {
    let banks: Vec<Bank> = memory.read(|state, _| state.banks().cloned().collect());
    say.result(&banks, |banks| {
        let rows = banks.iter().map(|bank| {
            let purpose = match bank.purpose {
                Purpose::Match => super::find::action(bank.action),
                Purpose::Negative => "spares",
            };
            vec![
                bank.name.to_string(),
                purpose.to_owned(),
                bank.quorum.to_string(),
                f64::from(bank.ratio).to_string(),
                limits(bank),
                bank.description.clone(),
            ]
        });
        table_or(
            "there is no bank yet: writ bank create NAME",
            &["bank", "action", "quorum", "ratio", "limits", "description"],
            rows.collect(),
        )
    });
    ExitCode::SUCCESS
}

fn limits(bank: &Bank) -> String {
    let each = bank.limits.iter().map(|(kind, limits): (&SignalType, &Limits)| match limits.auto {
        Some(auto) => format!("{kind}={auto}:{}", limits.review),
        None => format!("{kind}={}", limits.review),
    });
    let each: Vec<_> = each.collect();
    if each.is_empty() { "the rules'".to_owned() } else { each.join(" ") }
}

#[derive(Serialize)]
struct Line {
    entry: u32,
    state: EntryState,
    because: String,
    signals: Vec<String>,
    changed: Instant,
}

fn entries(
    house: &House,
    name: &BankName,
    after: EntryId,
    limit: usize,
    say: Say,
) -> Result<ExitCode> {
    let lines: Option<Vec<Line>> = house.memory.read(|state, now| {
        state.bank(name)?;
        let page = state.entries(after, Some(name), limit, now);
        Some(page.iter().map(line).collect())
    });
    let lines = lines.ok_or_else(|| no_bank(name))?;
    say.result(&lines, |lines| {
        let rows = lines.iter().map(|line| {
            vec![
                line.entry.to_string(),
                word(line.state).to_owned(),
                line.signals.join(" "),
                instant(line.changed),
            ]
        });
        table_or("it holds nothing", &["entry", "state", "signals", "changed"], rows.collect())
    });
    Ok(ExitCode::SUCCESS)
}

fn line(entry: &writ_hashbank::Entry<'_>) -> Line {
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    let signals = entry.signals.iter().map(|one| format!("{} {}…", one.kind, short(&one.hash)));
    Line {
        entry: entry.id.0,
        state: entry.standing.state,
        because: entry.standing.because.to_owned(),
        signals: signals.collect(),
        changed: entry.changed,
    }
}

fn word(state: EntryState) -> &'static str {
    match state {
        EntryState::Active => "active",
        EntryState::Disputed => "disputed",
        EntryState::Quarantined => "quarantined",
        EntryState::Withdrawn => "withdrawn",
        EntryState::Expired => "expired",
    }
}

#[derive(Serialize)]
struct Shown {
    entry: u32,
    bank: BankName,
    state: EntryState,
    because: String,
    signals: Vec<(String, String, EntryState)>,
    opinions: Vec<Said>,
    contributed: Instant,
    expires: Option<Instant>,
    review_by: Option<Instant>,
    incident: Option<IncidentId>,
}

#[derive(Serialize)]
struct Said {
    member: MemberId,
    verdict: Option<Verdict>,
    contributed: bool,
    labels: Vec<Label>,
    note: Option<String>,
    reason: Option<String>,
    at: Instant,
}

fn show(house: &House, id: EntryId, say: Say) -> Result<ExitCode> {
    known(house, id)?;
    let entry = house.memory.read(|state, now| state.entry(id, now).map(|entry| shown_of(&entry)));
    if let Some(entry) = entry {
        say.result(&entry, text_of);
    }
    Ok(ExitCode::SUCCESS)
}

fn shown_of(entry: &writ_hashbank::Entry<'_>) -> Shown {
    let said = |one: &writ_hashbank::Opinion<'_>| Said {
        member: one.member.clone(),
        verdict: one.verdict,
        contributed: !one.contributed.is_empty(),
        labels: one.labels.iter().copied().cloned().collect(),
        note: one.note.map(str::to_owned),
        reason: one.reason.map(str::to_owned),
        at: one.at,
    };
    let signals = entry.signals.iter();
    Shown {
        entry: entry.id.0,
        bank: entry.bank.name.clone(),
        state: entry.standing.state,
        because: entry.standing.because.to_owned(),
        signals: signals.map(|one| (one.kind.to_string(), one.hash.clone(), one.state)).collect(),
        opinions: entry.opinions.iter().map(said).collect(),
        contributed: entry.contributed,
        expires: entry.expires,
        review_by: entry.review_by,
        incident: entry.incident.cloned(),
    }
}

fn text_of(entry: &Shown) -> String {
    let mut text = format!(
        "Entry {} of {}: {}, because {}\nContributed {}",
        entry.entry,
        entry.bank,
        word(entry.state),
        entry.because,
        instant(entry.contributed)
    );
    for (what, at) in [("ends", entry.expires), ("to be looked at again by", entry.review_by)] {
        text += &at.map(|at| format!(", {what} {}", instant(at))).unwrap_or_default();
    }
    text += &entry.incident.as_ref().map(|one| format!(", of incident {one}")).unwrap_or_default();
    text += "\n\n";
    for (kind, hash, state) in &entry.signals {
        text += &format!(
            "{kind} ({})\n  {}\n",
            word(*state),
            hash.chars().take(78).collect::<String>()
        );
    }
    let rows = entry.opinions.iter().map(|said| {
        let verdict = said.verdict.map_or("-", Verdict::as_str);
        let labels: Vec<_> = said.labels.iter().map(ToString::to_string).collect();
        let contributed = if said.contributed { "contributed" } else { "" };
        let why = said.reason.as_deref().or(said.note.as_deref()).unwrap_or_default();
        vec![
            said.member.to_string(),
            contributed.to_owned(),
            verdict.to_owned(),
            labels.join(" "),
            why.to_owned(),
        ]
    });
    text + "\n"
        + &table_or(
            "nobody says anything of it",
            &["member", "", "says", "labels", "why"],
            rows.collect(),
        )
}

fn export(house: &House, name: &BankName) -> Result<ExitCode> {
    use std::io::Write;
    let mut after = EntryId(0);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    loop {
        let page: Option<Vec<(EntryId, Vec<String>)>> = house.memory.read(|state, now| {
            state.bank(name)?;
            let page = state.entries(after, Some(name), 1_000, now);
            Some(page.iter().map(|entry| (entry.id, exported(entry))).collect())
        });
        let page = page.ok_or_else(|| no_bank(name))?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for line in page.iter().flat_map(|(_, lines)| lines) {
            if writeln!(out, "{line}").is_err() {
                // Whoever reads has read enough.
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn exported(entry: &writ_hashbank::Entry<'_>) -> Vec<String> {
    let stands = |state| matches!(state, EntryState::Active | EntryState::Disputed);
    let signals = entry.signals.iter().filter(|one| stands(one.state));
    signals.map(|one| format!("{} {}", one.kind, one.hash)).collect()
}

fn review(memory: &Memory, say: Say) -> ExitCode {
    let due = memory.read(|state, now| state.due_for_review(now, 1_000));
    say.result(&due, |due| {
        let rows = due.iter().map(|id| vec![id.to_string()]).collect();
        table_or("nothing is to be looked at again yet", &["entry"], rows)
    });
    ExitCode::SUCCESS
}

fn status(memory: &Memory, say: Say) -> ExitCode {
    let status = memory.status();
    let value = (status.entries, status.head, &status.indexed);
    say.result(&value, |_| {
        let indexed: Vec<_> =
            status.indexed.iter().map(|(kind, many)| format!("{many} {kind}")).collect();
        format!(
            "entries {}, changes {}; indexed: {}\n",
            status.entries,
            status.head,
            indexed.join(", ")
        )
    });
    ExitCode::SUCCESS
}

fn no_bank(name: &BankName) -> miette::Report {
    fault::with_help(format!("there is no bank `{name}`"), "`writ bank list` shows those there are")
}

impl From<ActionWord> for Action {
    fn from(word: ActionWord) -> Self {
        match word {
            ActionWord::Log => Self::Log,
            ActionWord::Review => Self::Review,
            ActionWord::Auto => Self::Auto,
        }
    }
}

impl From<VerdictWord> for Verdict {
    fn from(word: VerdictWord) -> Self {
        match word {
            VerdictWord::Confirm => Self::Confirm,
            VerdictWord::Dispute => Self::Dispute,
            VerdictWord::NotTerrorist => Self::NotTerrorist,
            VerdictWord::Seen => Self::Seen,
        }
    }
}

impl From<VoiceWord> for Voice {
    fn from(word: VoiceWord) -> Self {
        match word {
            VoiceWord::Full => Self::Full,
            VoiceWord::Observer => Self::Observer,
            VoiceWord::Barred => Self::Barred,
        }
    }
}
