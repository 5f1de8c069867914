//! `writ policy`: its rules, its cases, what a changed policy would go unnoticed, what is proven, what a new one changes.

use super::books::cases;
use super::replay::{self, Replayed};
use super::tables;
use crate::args::{Args, PolicyCommand};
use crate::books::{self, Files};
use crate::fault;
use crate::say::{Say, count, indented, table};
use miette::Result;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use writ_desk::Books;
use writ_policy::{Mutant, Mutation, Policy, PreparedCase};
use writ_proofs::{
    Change, CompareError, Comparison, Finder, Proof, Property, Refutation, SolveError, Solvers,
    Verdict, compare, prove, same_answers,
};
use writ_vocabulary::{CaseFile, Demand, Facts};

pub async fn run(args: &Args, command: &PolicyCommand, say: Say) -> Result<ExitCode> {
    let loaded = books::load(args)?;
    match command {
        PolicyCommand::Rules => {
            rules(&loaded, say);
            Ok(ExitCode::SUCCESS)
        }
        PolicyCommand::Test { mutants: false } => test(args, &loaded, say),
        PolicyCommand::Test { mutants: true } => mutants(args, &loaded, say),
        PolicyCommand::Table(wanted) => {
            tables::policy(args, &loaded, wanted, say).map(|()| ExitCode::SUCCESS)
        }
        PolicyCommand::Prove { property, into } => {
            proven(args, &loaded, property.as_deref(), into.as_deref(), say)
        }
        PolicyCommand::Diff { old, new, into } => {
            diff(args, &loaded, [old, new], into.as_deref(), say).await
        }
    }
}

fn rules(loaded: &Books, say: Say) {
    let row = |rule: &writ_policy::Rule| {
        vec![rule.id.to_string(), rule.title.clone(), rule.policies.len().to_string()]
    };
    let rows: Vec<_> = loaded.policy.rules().iter().map(row).collect();
    say.result(&rows, |rows| table(&["rule", "title", "policies"], rows.clone()));
}

fn test(args: &Args, loaded: &Books, say: Say) -> Result<ExitCode> {
    let reports = cases(loaded, of_folder(books::policy_files(args)?, CASES));
    let failed: Vec<_> =
        reports.iter().filter(|report| !report.holds()).map(ToString::to_string).collect();
    let rules = loaded.policy.rules().len();
    let value = serde_json::json!({ "rules": rules, "cases": reports.len(), "failed": failed, "digest": loaded.policy.digest() });
    say.result(&value, |_| {
        let mut text = failed.iter().map(|line| format!("{line}\n")).collect::<String>();
        text += &format!(
            "{}, {}, {} failed; digest {}",
            count(rules, "rule"),
            count(reports.len(), "case"),
            failed.len(),
            loaded.policy.digest().short()
        );
        text
    });
    Ok(code(failed.is_empty()))
}

const CASES: &str = "cases/";

fn of_folder(files: Files, folder: &str) -> Files {
    files.into_iter().filter(|(path, _)| path.starts_with(folder)).collect()
}

fn code(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// What became of changing the policy in every way.
#[derive(Serialize)]
struct Mutants {
    changes: usize,
    /// Noticed by a case.
    noticed: usize,
    /// Noticed by none, and proven to change no answer: other policies say the same.
    same_answers: Vec<String>,
    /// Noticed by none.
    unnoticed: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unproven: Option<String>,
    milliseconds: u128,
}

fn mutants(args: &Args, loaded: &Books, say: Say) -> Result<ExitCode> {
    let begin = Instant::now();
    let files = books::policy_files(args)?;
    let properties = properties(&loaded.policy, &files)?;
    let files = of_folder(files, CASES);
    let prepared = prepared(loaded, files)?;
    let mutations = loaded.policy.mutations();
    let unnoticed = unnoticed(&loaded.policy, &mutations, &prepared);
    let asked: Vec<&Policy> = unnoticed.iter().map(|(_, mutant)| mutant.policy()).collect();
    let proofs = same_answers(&loaded.policy, &asked, &properties, &Solvers::default());
    let mut found = Mutants {
        changes: mutations.len(),
        noticed: mutations.len() - unnoticed.len(),
        same_answers: Vec::new(),
        unnoticed: Vec::new(),
        unproven: None,
        milliseconds: 0,
    };
    for ((mutation, _), same) in unnoticed.iter().zip(proofs) {
        match same {
            Ok(true) => found.same_answers.push(mutation.to_string()),
            Ok(false) => found.unnoticed.push(mutation.to_string()),
            Err(why) => {
                found.unproven = Some(why.to_string());
                found.unnoticed.push(mutation.to_string());
            }
        }
    }
    found.milliseconds = begin.elapsed().as_millis();
    say.result(&found, mutants_text);
    Ok(code(found.unnoticed.is_empty()))
}

fn mutants_text(found: &Mutants) -> String {
    let listed = |title: &str, lines: &[String]| match lines {
        [] => String::new(),
        _ => {
            let lines: String =
                lines.iter().map(|line| format!("{}\n", indented(line, 2))).collect();
            format!("{title}\n{lines}\n")
        }
    };
    let mut text = listed("No case notices", &found.unnoticed);
    text += &listed(
        "No case notices, and no answer changes: other policies say the same",
        &found.same_answers,
    );
    if let Some(why) = &found.unproven {
        text +=
            &format!("{}\n\n", indented(&format!("Whether answers change is not known: {why}"), 0));
    }
    text += &format!(
        "{}, {} noticed by a case, {} without another answer, {} unnoticed; {}",
        count(found.changes, "change"),
        found.noticed,
        found.same_answers.len(),
        found.unnoticed.len(),
        seconds(found.milliseconds)
    );
    text
}

/// The cases, ready to be ruled on; all must hold, or nothing could be learnt from them.
fn prepared(loaded: &Books, files: Files) -> Result<Vec<PreparedCase>> {
    let mut wrong = Vec::new();
    let mut cases = Vec::new();
    for (file, text) in files {
        let assess = |demand: &_, facts: &_| loaded.lawbook.assess(demand, facts);
        match PreparedCase::read(&loaded.policy, file, &text, assess) {
            Ok(case) if case.differences(&loaded.policy).is_empty() => cases.push(case),
            Ok(case) => wrong.push(format!("{}: not ruled as it says", case.file)),
            Err(report) => wrong.push(report.to_string()),
        }
    }
    match wrong.is_empty() {
        true => Ok(cases),
        false => Err(fault::listed("mend these cases first (`writ policy test`):", &wrong)),
    }
}

/// The changes that no case notices, sought by every processor.
fn unnoticed(
    policy: &Policy,
    mutations: &[Mutation],
    cases: &[PreparedCase],
) -> Vec<(Mutation, Mutant)> {
    let next = AtomicUsize::new(0);
    let search = || {
        let mut found = Vec::new();
        while let Some((number, mutation)) = {
            let number = next.fetch_add(1, Ordering::Relaxed);
            mutations.get(number).map(|mutation| (number, mutation))
        } {
            let mutant = policy.mutated(mutation);
            let unseen = mutant.filter(|it| it.noticed_by(mutation, cases).is_none());
            found.extend(unseen.map(|mutant| (number, mutation.clone(), mutant)));
        }
        found
    };
    let mut found: Vec<(usize, Mutation, Mutant)> = std::thread::scope(|threads| {
        let workers = std::thread::available_parallelism().map_or(1, Into::into);
        let workers: Vec<_> = (0..workers).map(|_| threads.spawn(search)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    found.sort_by_key(|(number, ..)| *number);
    found.into_iter().map(|(_, mutation, mutant)| (mutation, mutant)).collect()
}

#[derive(Serialize)]
struct Proven {
    proofs: Vec<Proof>,
    milliseconds: u128,
}

fn proven(
    args: &Args,
    loaded: &Books,
    only: Option<&str>,
    into: Option<&Path>,
    say: Say,
) -> Result<ExitCode> {
    let files = books::policy_files(args)?;
    let all = properties(&loaded.policy, &files)?;
    some_property(&all, only)?;
    let finder = Finder::new(&loaded.lawbook, known_cases(loaded, &files));
    let begin = Instant::now();
    let proofs = prove(&loaded.policy, &all, only, &Solvers::default(), &finder);
    let proven = Proven { proofs, milliseconds: begin.elapsed().as_millis() };
    let mut texts = Vec::new();
    for proof in &proven.proofs {
        texts.push(proof_text(proof, into)?);
    }
    let count_of = |wanted: fn(&Verdict) -> bool| {
        proven.proofs.iter().filter(|proof| wanted(&proof.verdict)).count()
    };
    let held = count_of(|verdict| matches!(verdict, Verdict::Holds));
    let checked = count_of(|verdict| matches!(verdict, Verdict::Checked { .. }));
    let wrong = proven.proofs.len() - held - checked;
    say.result(&proven, |proven| {
        format!(
            "{}\n{held} proven for all inputs, {checked} checked on known demands, {wrong} not; {}",
            texts.concat(),
            seconds(proven.milliseconds)
        )
    });
    Ok(code(wrong == 0))
}

fn properties(policy: &Policy, files: &Files) -> Result<Vec<Property>> {
    let pages = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    Property::read_all(policy, pages)
        .map_err(|faults| fault::listed("the properties were not loaded:", &faults))
}

/// That there is a property to prove, and the one that was named.
fn some_property(all: &[Property], only: Option<&str>) -> Result<()> {
    let known: Vec<String> = all.iter().map(|it| format!("`{}`", it.id)).collect();
    match only {
        _ if all.is_empty() => Err(fault::with_help(
            "the policy states no property",
            "each is a file `properties/*.cedar` of its folder",
        )),
        Some(only) if all.iter().all(|it| it.id != only) => Err(fault::with_help(
            format!("the policy has no property `{only}`"),
            format!("it has {}", known.join(", ")),
        )),
        _ => Ok(()),
    }
}

/// The cases of the policy and the examples of the law book, from which demands are sought.
fn known_cases(loaded: &Books, files: &Files) -> Vec<CaseFile> {
    let cases = files.iter().filter(|(path, _)| path.starts_with(CASES));
    let cases = cases.filter_map(|(_, text)| CaseFile::parse(text).ok());
    cases.chain(loaded.lawbook.examples().iter().map(|it| it.case.clone())).collect()
}

fn proof_text(proof: &Proof, into: Option<&Path>) -> Result<String> {
    let rules: Vec<_> = proof.rules.iter().map(ToString::to_string).collect();
    let verdict = match &proof.verdict {
        Verdict::Holds => "holds",
        Verdict::Checked { .. } => "checked",
        Verdict::Refuted(_) => "DOES NOT HOLD",
        Verdict::Unproven { .. } => "NOT PROVEN",
    };
    let took = format!("{} ms", proof.took.as_millis());
    let mut text = format!("{verdict:<7} {took:>8}  {} ({})\n", proof.property, rules.join(", "));
    text += &format!("{}\n", indented(&proof.says, 18));
    match &proof.verdict {
        Verdict::Holds => {}
        Verdict::Checked { questions } => {
            let held = count(*questions, "question");
            text +=
                &format!("{}\n", indented(&format!("Held against {held} of known demands."), 18));
        }
        Verdict::Unproven { why } => text += &format!("\n{}\n\n", indented(why, 2)),
        Verdict::Refuted(broken) => {
            text += &format!("\n{}\n", broken_text(&proof.property, broken, into)?);
        }
    }
    Ok(text)
}

fn broken_text(property: &str, broken: &Refutation, into: Option<&Path>) -> Result<String> {
    let shown = |demand| written(into, property, demand);
    Ok(match &broken.demand {
        Some(demand) => format!(
            "  `{}` breaks it. This demand shows it:\n\n{}\n",
            broken.action,
            shown(demand)?
        ),
        None => format!(
            "{}\n{}\n",
            indented(
                &format!(
                    "`{}` breaks it. None of {} demands that were tried brings it about: the law book seems \
                     to stand before it. The question that does:",
                    broken.action, broken.tried
                ),
                2
            ),
            question_text(&broken.question)
        ),
    })
}

fn question_text(question: &std::collections::BTreeMap<String, String>) -> String {
    question.iter().map(|(name, value)| format!("    {name} = {value}\n")).collect()
}

/// A demand as a file of the folder, or as text where there is none.
fn written(into: Option<&Path>, name: &str, demand: &CaseFile) -> Result<String> {
    // Data alone: what has no TOML form has a JSON form.
    let text = toml::to_string(demand).unwrap_or_else(|_| demand.to_json());
    let Some(folder) = into else { return Ok(text) };
    let path: PathBuf = folder.join(format!("{name}.toml"));
    let failed = |error| fault::plain(format!("{}: {error}", path.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    std::fs::write(&path, text).map_err(failed)?;
    Ok(format!("    writ assess {}\n", path.display()))
}

fn seconds(milliseconds: u128) -> String {
    format!(
        "{:.1} s",
        Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX)).as_secs_f64()
    )
}

#[derive(Serialize)]
struct Difference {
    /// For all inputs, by kind of question.
    comparisons: Vec<Comparison>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_compared: Option<String>,
    /// Every known case asked of both: the new policy's, the law book's examples, the home's.
    replayed: Replayed,
}

async fn diff(
    args: &Args,
    loaded: &Books,
    folders: [&PathBuf; 2],
    into: Option<&Path>,
    say: Say,
) -> Result<ExitCode> {
    let [old, new] = [policy_of(folders[0])?, policy_of(folders[1])?];
    let files = books::folder(folders[1])?;
    let known = known_cases(loaded, &files);
    let (comparisons, not_compared) = {
        let finder = Finder::new(&loaded.lawbook, known);
        let asked = properties(&new, &files)?;
        match compare(&old, &new, &asked, &Solvers::default(), &finder) {
            Ok(comparisons) => (comparisons, None),
            Err(error @ CompareError::Schemas) => (Vec::new(), Some(error.to_string())),
            Err(CompareError::Unsolved { why: why @ SolveError::NoSolver, .. }) => {
                (Vec::new(), Some(why.to_string()))
            }
            Err(error) => return Err(fault::of(error)),
        }
    };
    let cases = of_folder(files, CASES);
    let examples = books::lawbook_files(args)?;
    let examples = examples.into_iter().filter(|(path, _)| path.contains("/examples/"));
    let rulings = |demand: &Demand, facts: &Facts| {
        [&old, &new].map(|policy| {
            loaded.lawbook.assess(demand, facts).map(|assessment| policy.rule_on(&assessment))
        })
    };
    let mut replayed = Replayed::of_files(cases.into_iter().chain(examples).collect(), &rulings);
    replayed.ask_home(args, &rulings).await?;
    let found = Difference { comparisons, not_compared, replayed };
    let text = diff_text(&found, into)?;
    say.result(&found, |_| text);
    let equal = found.comparisons.iter().all(|it| it.as_str() == "equal");
    Ok(code(equal && found.replayed.all_alike() && found.not_compared.is_none()))
}

fn policy_of(folder: &Path) -> Result<Policy> {
    let what = format!("the policy in {} was not loaded:", folder.display());
    Policy::load(books::folder(folder)?, Files::new())
        .map_err(|faults| fault::listed(&what, &faults))
}

fn diff_text(found: &Difference, into: Option<&Path>) -> Result<String> {
    let mut text = String::new();
    match &found.not_compared {
        Some(why) => {
            text += &format!("{}\n\n", indented(&format!("Not compared for all inputs: {why}"), 0))
        }
        None => {
            let rows = found
                .comparisons
                .iter()
                .map(|it| vec![it.action.to_string(), it.as_str().to_owned()]);
            text += &format!("{}\n\n", table(&["question", "the new policy is"], rows));
        }
    }
    for comparison in &found.comparisons {
        let sides = [("looser", &comparison.looser), ("stricter", &comparison.stricter)];
        for (word, change) in sides {
            let Some(change) = change else { continue };
            let name = format!("{}-{word}", comparison.action);
            text += &format!(
                "{}\n",
                change_text(&name, &format!("{}, {word}:", comparison.action), change, into)?
            );
        }
    }
    text += &replay::text(&found.replayed);
    Ok(text)
}

fn change_text(name: &str, title: &str, change: &Change, into: Option<&Path>) -> Result<String> {
    Ok(match (&change.demand, into) {
        (Some(demand), Some(_)) => format!("{title}\n{}", written(into, name, demand)?),
        (Some(demand), None) => format!("{title}\n\n{}", written(None, name, demand)?),
        (None, _) => format!(
            "{title} none of {} demands that were tried shows it; the question:\n{}",
            change.tried,
            question_text(&change.question)
        ),
    })
}
