//! Cells and lines of published tables (RFC 4180: comma, double quotes where needed, CRLF).

/// A table as CSV.
pub(crate) fn csv<R: AsRef<[String]>>(
    header: &[&str],
    rows: impl IntoIterator<Item = R>,
) -> String {
    let mut csv = line(header.iter().copied());
    for row in rows {
        csv.push_str(&line(row.as_ref().iter().map(String::as_str)));
    }
    csv
}

fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<_> = cells.map(quoted).collect();
    format!("{}\r\n", cells.join(","))
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// A cell without control characters, and without a first character that a spreadsheet would take for a formula.
pub(crate) fn plain(cell: &str) -> String {
    let cell: String = cell.chars().filter(|one| !one.is_control()).collect();
    if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell }
}

/// A number, or an empty cell.
pub(crate) fn number(value: Option<u64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_with_a_comma_or_a_quote_is_quoted() {
        let rows = [["a,b".to_owned(), "say \"no\"".to_owned()]];
        assert_eq!(csv(&["one", "two"], rows), "one,two\r\n\"a,b\",\"say \"\"no\"\"\"\r\n");
    }

    #[test]
    fn no_cell_of_text_is_a_formula() {
        assert_eq!(plain("=1+1"), "'=1+1");
        assert_eq!(plain("a\u{0}b"), "ab");
    }
}
