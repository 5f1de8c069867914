//! Cases: files that say how a demand must be ruled, run as they stand.

use crate::policy::Policy;
use std::fmt;
use writ_lawbook::{Assessment, UnknownTerms};
use writ_vocabulary::{CaseFile, Demand, Difference, Facts};

/// What became of one case file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseReport {
    /// The file.
    pub file: String,
    /// Its line for people.
    pub title: String,
    /// Where the ruling is not what the file expects. Empty: it is.
    pub differences: Vec<Difference>,
    /// Why there was no ruling to compare, where there was none.
    pub fault: Option<String>,
}

impl CaseReport {
    /// Whether the ruling is what the file expects.
    pub fn holds(&self) -> bool {
        self.differences.is_empty() && self.fault.is_none()
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if !self.title.is_empty() {
            write!(f, " ({})", self.title)?;
        }
        match &self.fault {
            Some(fault) => write!(f, ": {fault}"),
            None if self.differences.is_empty() => write!(f, ": as expected"),
            None => {
                self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
            }
        }
    }
}

/// Rules on every case of `files`, as (path, text), in their order. A case without facts or without an expectation
/// is a fault: it would show nothing.
///
/// `assess` is [`Lawbook::assess`](writ_lawbook::Lawbook::assess) of the law book that the cases are written for.
pub fn run_cases(
    policy: &Policy,
    files: impl IntoIterator<Item = (String, String)>,
    assess: impl Fn(&Demand, &Facts) -> Result<Assessment, UnknownTerms>,
) -> Vec<CaseReport> {
    files.into_iter().map(|(file, text)| run(policy, file, &text, &assess)).collect()
}

fn run(
    policy: &Policy,
    file: String,
    text: &str,
    assess: &impl Fn(&Demand, &Facts) -> Result<Assessment, UnknownTerms>,
) -> CaseReport {
    let mut report =
        CaseReport { file, title: String::new(), differences: Vec::new(), fault: None };
    let case = match CaseFile::parse(text) {
        Ok(case) => case,
        Err(error) => {
            report.fault = Some(error.to_string());
            return report;
        }
    };
    report.title = case.title;
    let (Some(facts), Some(expect)) = (case.facts, case.expect) else {
        report.fault = Some("a case needs `[facts]` and `[expect]`".to_owned());
        return report;
    };
    match assess(&case.demand, &facts) {
        Ok(assessment) => {
            report.fault = policy
                .misfit(&assessment)
                .map(|why| format!("its questions do not fit the schema: {why}"));
            report.differences = expect.differences(&policy.rule_on(&assessment));
        }
        Err(unknown) => report.fault = Some(unknown.to_string()),
    }
    report
}
