//! A plan as people read it: 80 columns, no identifier.

use crate::plan::{Bounds, Plan, Step};
use std::fmt;
use writ_custody::Form;
use writ_vocabulary::{ElementId, Withheld};

const WIDTH: usize = 80;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queries = counted(self.steps().len(), "query", "queries");
        let withheld = counted(self.withheld().len(), "item", "items");
        writeln!(f, "Plan for {}: {queries}, {withheld} withheld", self.case())?;
        let Bounds { rows, bytes, seconds } = self.bounds();
        writeln!(f, "at most {rows} rows and {seconds} s a query, {bytes} bytes in all")?;
        writeln!(f, "digest {}", self.digest())?;
        for (number, step) in self.steps().iter().enumerate() {
            writeln!(f, "\n{}. {}, {}", number + 1, step.account, step.period)?;
            let elements: Vec<&str> = step.elements.iter().map(ElementId::as_str).collect();
            labelled(f, "source", &format!("{} ({})", step.source, step.kind))?;
            labelled(f, "gives", &elements.join(", "))?;
            labelled(f, "files", &step.files().join(", "))?;
            labelled(f, "query", &step.query)?;
        }
        if !self.withheld().is_empty() {
            writeln!(f, "\nWithheld")?;
        }
        for Withheld { item, why } in self.withheld() {
            labelled(
                f,
                item.account.as_str(),
                &format!("{}, {}: {why}", item.element, item.period),
            )?;
        }
        Ok(())
    }
}

impl Step {
    fn files(&self) -> Vec<String> {
        match self.yields.form {
            Form::Rows => vec![format!("{}.ndjson", self.path), format!("{}.csv", self.path)],
            Form::Mail => vec![format!("{}.mbox", self.path)],
            Form::Objects => vec![format!("{}/", self.path), format!("{}.csv", self.path)],
        }
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A label and a text, broken at spaces. A word that is longer than the line is broken where the line ends.
fn labelled(f: &mut fmt::Formatter<'_>, label: &str, text: &str) -> fmt::Result {
    const INDENT: usize = 12;
    let mut line = String::new();
    let mut label = label;
    let mut put = |f: &mut fmt::Formatter<'_>, line: &mut String| {
        let written = writeln!(f, "   {label:<9}{line}");
        (label, *line) = ("", String::new());
        written
    };
    for word in text.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        while !rest.is_empty() {
            let used = if line.is_empty() { 0 } else { line.chars().count() + 1 };
            if used > 0 && used + rest.len() > WIDTH - INDENT {
                put(f, &mut line)?;
                continue;
            }
            if used > 0 {
                line.push(' ');
            }
            let fits = rest.len().min(WIDTH - INDENT);
            line.extend(rest.drain(..fits));
        }
    }
    put(f, &mut line)
}
