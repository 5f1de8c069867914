//! The house: make a home, check it, report, erase, print the demand form.

use crate::fault;
use crate::say::{Say, table};
use miette::Result;
use std::path::Path;
use std::process::ExitCode;
use writ_desk::Desk;
use writ_journal::Journal;
use writ_report::Figures;
use writ_vocabulary::{CaseFile, CaseId, Instant};

const SETTINGS: &str = include_str!("../../templates/writ.toml");
const CUSTODY: &str = include_str!("../../templates/custody.toml");

pub fn init(home: &Path, say: Say) -> Result<()> {
    let settings = home.join("writ.toml");
    if settings.exists() {
        return Err(fault::plain(format!(
            "`{}` is a provider's home already; nothing was changed",
            home.display()
        )));
    }
    let write = |name: &str, text: &str| {
        let path = home.join(name);
        std::fs::write(&path, text)
            .map_err(|error| fault::plain(format!("{}: {error}", path.display())))
    };
    let local = home.join("policy").join("local");
    std::fs::create_dir_all(&local)
        .map_err(|error| fault::plain(format!("{}: {error}", local.display())))?;
    if !home.join("custody.toml").exists() {
        write("custody.toml", CUSTODY)?;
    }
    write("writ.toml", SETTINGS)?;
    let value = serde_json::json!({ "home": home, "next": ["writ.toml", "custody.toml", "writ authority add", "writ doctor"] });
    say.result(&value, |_| {
        format!(
            "made a home in {}\n\nNext\n  1. writ.toml: who you are, your staff, how mail leaves\n  2. custody.toml: which of your sources yields which element\n  3. writ authority add: the bodies that you know\n  4. writ doctor: checks all of it; keys and journal are made then\n",
            home.display()
        )
    });
    Ok(())
}

pub fn schema() -> Result<()> {
    let schema = schemars::schema_for!(CaseFile);
    println!("{}", serde_json::to_string_pretty(&schema).map_err(fault::of)?);
    Ok(())
}

/// The figures, folded from every case's events.
pub async fn figures(
    desk: &Desk,
    from: Option<Instant>,
    until: Option<Instant>,
) -> Result<Figures> {
    let mut histories = Vec::new();
    for id in desk.cases().await.map_err(fault::of)? {
        let recorded = desk.case(&id).await.map_err(fault::of)?;
        histories.push(recorded.events.into_iter().map(|(_, event)| event).collect::<Vec<_>>());
    }
    Ok(Figures::of(histories.iter().map(Vec::as_slice), from, until))
}

/// A table a state: what does not fit 80 columns in a row stands in a second table.
pub fn figures_text(figures: &Figures) -> String {
    let rows = figures.rows.iter().map(|row| {
        let counts = &row.counts;
        let number = |count: u64| if count == 0 { "-".to_owned() } else { count.to_string() };
        vec![
            row.instrument.to_string(),
            row.jurisdiction.to_string(),
            number(counts.received),
            number(counts.content),
            number(counts.non_content),
            number(counts.nothing_held),
            number(counts.refused),
            number(counts.redirected + counts.cure_asked + counts.held + counts.preserved),
            number(counts.acted_on),
            number(counts.withdrawn + counts.pending),
        ]
    });
    let total = figures.total();
    let summary: Vec<_> = total
        .columns()
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    let header = [
        "instrument",
        "of",
        "recd",
        "content",
        "other",
        "none",
        "no",
        "asked back",
        "done",
        "open",
    ];
    format!("{}\n\n{}\n", table(&header, rows), crate::say::indented(&summary.join(", "), 0))
}

pub async fn erase(desk: &Desk, case: &CaseId, say: Say) -> Result<()> {
    let recorded = desk.case(case).await.map_err(fault::of)?;
    if !recorded.case.is_closed() {
        return Err(fault::plain(format!(
            "{case} is {}, not closed: something is still owed",
            recorded.case.stage_name()
        )));
    }
    desk.erase(case).await.map_err(fault::of)?;
    say.result(&serde_json::json!({ "case": case, "erased": true }), |_| {
        format!("the documents and identifiers of {case} are gone for good; its events stand")
    });
    Ok(())
}

pub async fn doctor(desk: &Desk, say: Say) -> Result<ExitCode> {
    let checks: [(&str, Checked); 8] = [
        ("sources", sources(desk).await),
        ("journal", journal(desk).await),
        ("registry", registry(desk)),
        ("staff", staff(desk)),
        ("law book", Ok(lawbook(desk))),
        ("sign-offs", Ok(sign_offs(desk))),
        ("policy", Ok(policy(desk))),
        ("parcels", Ok(format!("signed with {}", desk.public_key().fingerprint()))),
    ];
    let healthy = checks.iter().all(|(_, result)| result.is_ok());
    let value: Vec<_> = checks
        .iter()
        .map(|(what, result)| serde_json::json!({ "check": what, "ok": result.is_ok(), "says": result.as_ref().unwrap_or_else(|wrong| wrong) }))
        .collect();
    say.result(&value, |_| {
        let rows = checks.iter().map(|(what, result)| match result {
            Ok(text) => vec!["ok".to_owned(), (*what).to_owned(), text.clone()],
            Err(text) => vec!["WRONG".to_owned(), (*what).to_owned(), text.clone()],
        });
        table(&["", "check", "says"], rows)
    });
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What a check found, or what is wrong and what to do.
type Checked = Result<String, String>;

async fn sources(desk: &Desk) -> Checked {
    let wrong = desk.sources().check().await;
    let sources = desk.sources().custody().sources.len();
    if wrong.is_empty() { Ok(format!("{sources} opened")) } else { Err(joined(&wrong)) }
}

async fn journal(desk: &Desk) -> Checked {
    let whole =
        desk.journal().verify(None, &mut |_| {}).await.map_err(|error| error.to_string())?;
    Ok(format!("{} events, chain whole, head {}", whole.events, whole.head.digest.short()))
}

fn registry(desk: &Desk) -> Checked {
    let authorities = &desk.registry().authorities;
    let keyless: Vec<_> = authorities
        .iter()
        .filter(|known| known.key(writ_vocabulary::KeyPurpose::Seal, Instant::now()).is_none())
        .map(|known| known.id.to_string())
        .collect();
    match (authorities.len(), keyless.is_empty()) {
        (0, _) => Err("no authorities; add them with `writ authority add`".to_owned()),
        (known, true) => Ok(format!("{known} authorities, each with a key to seal to")),
        (_, false) => Err(format!(
            "no key to seal to: {}; enrol one with `writ authority enrol`",
            keyless.join(", ")
        )),
    }
}

fn staff(desk: &Desk) -> Checked {
    match desk.house().staff.len() {
        two_or_more @ 2.. => Ok(format!("{two_or_more} people")),
        _ => Err("fewer than two people: what needs two can never be granted".to_owned()),
    }
}

fn lawbook(desk: &Desk) -> String {
    let books = desk.books();
    let lawbook = &books.lawbook;
    format!("{} instruments, digest {}", lawbook.instruments().count(), lawbook.digest().short())
}

/// The rows under which nothing is given yet. No fault of the home: counsel may not want to rely on them.
fn sign_offs(desk: &Desk) -> String {
    let (books, signed) = (desk.books(), desk.sign_offs());
    let waiting = books.lawbook.instruments().filter(|row| row.awaits_sign_off(&signed));
    let waiting: Vec<_> = waiting.map(|row| row.id().to_string()).collect();
    if waiting.is_empty() {
        "no row waits for counsel".to_owned()
    } else {
        format!("nothing is given before counsel signs off: {}", waiting.join(", "))
    }
}

fn policy(desk: &Desk) -> String {
    let books = desk.books();
    let policy = &books.policy;
    format!("{} rules, digest {}", policy.rules().len(), policy.digest().short())
}

fn joined(wrong: &[writ_collect::CollectError]) -> String {
    wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
