//! Faults shown with their place: the file, the line, what is wrong, what to do.

use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity};
use std::fmt::Display;
use std::path::Path;
use writ_channels::IntakeError;

/// A fault of the program's surroundings or of the user's words.
pub fn plain(what: impl Display) -> Report {
    Report::new(MietteDiagnostic::new(what.to_string()).with_severity(Severity::Error))
}

/// A fault with a hint.
pub fn with_help(what: impl Display, help: impl Display) -> Report {
    Report::new(MietteDiagnostic::new(what.to_string()).with_help(help.to_string()))
}

/// Several faults of data files, each with its own file and line.
pub fn listed<F: Display>(what: &str, faults: &[F]) -> Report {
    let lines: Vec<_> = faults.iter().map(|fault| format!("  {fault}")).collect();
    plain(format!("{what}\n{}", lines.join("\n")))
}

/// A file that is no demand, with the place marked in its text.
pub fn of_intake(path: &Path, bytes: &[u8], error: &IntakeError) -> Report {
    let shown = path.display().to_string();
    let help = "docs/demand-format.md describes the form; `writ schema` prints it";
    match error {
        IntakeError::NotADemand { message, span: Some(span) } => {
            let label = LabeledSpan::new_with_span(Some("here".to_owned()), span.clone());
            let diagnostic = MietteDiagnostic::new(format!("{shown} is not a demand: {message}"))
                .with_help(help)
                .with_label(label);
            let text = String::from_utf8_lossy(bytes).into_owned();
            Report::new(diagnostic).with_source_code(NamedSource::new(shown, text))
        }
        other => with_help(format!("{shown} is not a demand: {other}"), help),
    }
}

/// Any error, with the errors beneath it.
pub fn of(error: impl std::error::Error + Send + Sync + 'static) -> Report {
    let mut said = error.to_string();
    let mut beneath = error.source();
    while let Some(source) = beneath {
        let text = source.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        beneath = source.source();
    }
    plain(said)
}
