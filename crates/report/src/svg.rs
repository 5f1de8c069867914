//! Charts as SVG without script. Lengths across are percentages and letters keep their size, so that one chart reads on a
//! telephone and on paper. Each has a title and a description; its table stands beside it.

use std::fmt::Write;

/// One bar of a chart.
pub(crate) struct Bar {
    /// What it is of.
    pub label: String,
    /// What stands at its right end.
    pub figure: String,
    /// Its parts, each with the class that colours it.
    pub parts: Vec<(&'static str, u64)>,
}

/// How many letters of a label fit the narrowest screen.
const LETTERS: usize = 40;
/// Heights in pixels: of a line of words, of a bar, and the room below it.
const LINE: usize = 19;
const BAR: usize = 16;
const ROOM: usize = 11;

/// Bars one below the other. Of `whole` given, each bar is drawn against it; else its parts fill the width.
pub(crate) fn bars(
    id: &str,
    title: &str,
    description: &str,
    bars: &[Bar],
    whole: Option<u64>,
) -> String {
    let mut drawn = String::new();
    let mut top = 0;
    for bar in bars {
        top = one(&mut drawn, bar, top, whole);
    }
    format!(
        "<svg class=\"chart\" width=\"100%\" height=\"{top}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
         <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>{drawn}</svg>",
        escaped(title),
        escaped(description)
    )
}

/// Draws one bar from `top` on: its words, the figure at the right of the last line or below, then the bar. Gives where it ends.
fn one(svg: &mut String, bar: &Bar, top: usize, whole: Option<u64>) -> usize {
    let mut y = top;
    let mut length = 0;
    for line in wrapped(&bar.label) {
        y += LINE;
        length = line.chars().count();
        let _ =
            write!(svg, "<text class=\"label\" x=\"0\" y=\"{}\">{}</text>", y - 5, escaped(&line));
    }
    if length + bar.figure.chars().count() > LETTERS {
        y += LINE;
    }
    let figure = escaped(&bar.figure);
    let words = y.saturating_sub(5);
    let _ = write!(
        svg,
        "<text class=\"figure\" x=\"100%\" y=\"{words}\" text-anchor=\"end\">{figure}</text>\
         <rect class=\"ground\" x=\"0\" y=\"{y}\" width=\"100%\" height=\"{BAR}\"/>"
    );
    parts(svg, bar, y, whole);
    y + BAR + ROOM
}

fn parts(svg: &mut String, bar: &Bar, y: usize, whole: Option<u64>) {
    let sum: u64 = bar.parts.iter().map(|(_, part)| part).sum();
    let whole = whole.unwrap_or(sum).max(1);
    let mut left = 0.0;
    for (class, part) in bar.parts.iter().filter(|(_, part)| *part > 0) {
        let width = *part as f64 * 100.0 / whole as f64;
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{left:.2}%\" y=\"{y}\" width=\"{width:.2}%\" height=\"{BAR}\"/>"
        );
        // A share is written where it has room on the narrowest screen.
        if width >= 11.0 && bar.parts.len() > 1 {
            let (middle, line) = (left + width / 2.0, y + 12);
            let _ = write!(
                svg,
                "<text class=\"on-{class}\" x=\"{middle:.2}%\" y=\"{line}\" text-anchor=\"middle\">{width:.0}%</text>"
            );
        }
        left += width;
    }
}

/// The words of a label in lines that fit; a word longer than a line stands alone.
fn wrapped(label: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in label.split_whitespace() {
        let Some(line) = lines.last_mut() else { continue };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= LETTERS {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Text that cannot be markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            one if one.is_control() => {}
            one => escaped.push(one),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_a_chart_are_no_markup() {
        let bar = Bar {
            label: "<script>".to_owned(),
            figure: "\"1\"".to_owned(),
            parts: vec![("content", 1)],
        };
        let svg = bars("c", "a & b", "'", &[bar], None);
        assert!(!svg.contains("<script>"));
        assert!(svg.contains("&lt;script&gt;") && svg.contains("a &amp; b"));
    }

    #[test]
    fn a_bar_of_nothing_is_drawn() {
        let bar = Bar { label: String::new(), figure: String::new(), parts: Vec::new() };
        assert!(!bars("c", "", "", &[bar], None).contains("NaN"));
    }
}
