//! Cases: files that say how a demand must be ruled, run as they stand.

use crate::asked::Question;
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
    let run =
        |(file, text): (String, String)| match PreparedCase::read(policy, file, &text, &assess) {
            Ok(case) => case.run(policy),
            Err(report) => report,
        };
    files.into_iter().map(run).collect()
}

/// A case made ready to be ruled on by several policies.
#[derive(Debug, Clone)]
pub struct PreparedCase {
    /// The file.
    pub file: String,
    /// The case as it was read.
    pub case: CaseFile,
    /// What the law book found.
    pub assessment: Assessment,
    /// What is asked about it.
    pub questions: Vec<Question>,
}

impl PreparedCase {
    /// Reads a case and assesses it.
    ///
    /// # Errors
    /// The report that says why there is nothing to rule on or to compare with.
    pub fn read(
        policy: &Policy,
        file: String,
        text: &str,
        assess: impl Fn(&Demand, &Facts) -> Result<Assessment, UnknownTerms>,
    ) -> Result<Self, CaseReport> {
        let fault = |file: &str, title: &str, fault: String| CaseReport {
            file: file.to_owned(),
            title: title.to_owned(),
            differences: Vec::new(),
            fault: Some(fault),
        };
        let case = CaseFile::parse(text).map_err(|error| fault(&file, "", error.to_string()))?;
        let (Some(facts), Some(_)) = (&case.facts, &case.expect) else {
            let what = "a case needs `[facts]` and `[expect]`".to_owned();
            return Err(fault(&file, &case.title, what));
        };
        match assess(&case.demand, facts) {
            Ok(assessment) => {
                let questions = policy.questions(&assessment);
                Ok(Self { file, case, assessment, questions })
            }
            Err(unknown) => Err(fault(&file, &case.title, unknown.to_string())),
        }
    }

    /// Where the ruling of a policy is not what the file expects.
    pub fn differences(&self, policy: &Policy) -> Vec<Difference> {
        let expect = self.case.expect.as_ref();
        expect.map(|it| it.differences(&policy.rule_on(&self.assessment))).unwrap_or_default()
    }

    fn run(self, policy: &Policy) -> CaseReport {
        let misfit = policy.misfit(&self.assessment);
        CaseReport {
            differences: self.differences(policy),
            fault: misfit.map(|why| format!("its questions do not fit the schema: {why}")),
            title: self.case.title,
            file: self.file,
        }
    }
}
