//! Files of the policy, and where in them a fault lies.

use std::ops::Range;
use writ_lawbook::Fault;

/// A file of the policy: its name and its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl Page<'_> {
    /// A fault of the whole file.
    pub(crate) fn fault(&self, what: impl Into<String>) -> Fault {
        Fault { file: self.file.to_owned(), line: None, what: what.into() }
    }

    /// A fault at a byte of the file.
    pub(crate) fn fault_at(&self, at: usize, what: impl Into<String>) -> Fault {
        Fault { line: Some(self.line_of(at)), ..self.fault(what) }
    }

    /// A fault of a TOML file.
    pub(crate) fn toml_fault(&self, error: &toml::de::Error) -> Fault {
        let place: Option<Range<usize>> = error.span();
        Fault { line: place.map(|span| self.line_of(span.start)), ..self.fault(error.message()) }
    }

    /// A fault that Cedar found, with what Cedar says would help.
    pub(crate) fn cedar_fault(&self, error: &dyn miette::Diagnostic) -> Fault {
        let at = error.labels().and_then(|mut labels| labels.next()).map(|label| label.offset());
        let help = error.help().map(|help| format!("; {help}")).unwrap_or_default();
        Fault { line: at.map(|at| self.line_of(at)), ..self.fault(format!("{error}{help}")) }
    }

    /// The line on which a byte stands.
    pub(crate) fn line_of(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }
}
