//! The HTML form of a page: one file with its style inside, nothing fetched, no script.

use crate::page::{Face, FactRow, Line, Page, Part, Run, Section, Table, Target};

const STYLE: &str = include_str!("../templates/page.css");

/// Nothing may be fetched, run or sent by the page, whatever a text in it says.
const CONTENT_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

impl Page {
    /// The page as HTML: semantic, with landmarks, table headers and a link past the contents; readable at 320 pixels,
    /// on a wide screen, in light and dark, and on paper.
    ///
    /// The same page gives the same bytes.
    pub fn to_html(&self) -> String {
        let mut out = Html(String::with_capacity(64 * 1024));
        out.page(&self.cleaned(&str::to_owned));
        out.0
    }
}

/// What has been written so far.
struct Html(String);

impl Html {
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                '\'' => self.raw("&#39;"),
                c => self.0.push(c),
            }
        }
    }

    /// An element with an attribute whose value is text.
    fn open(&mut self, element: &str, attribute: &str, value: &str) {
        self.raw("<");
        self.raw(element);
        self.raw(" ");
        self.raw(attribute);
        self.raw("=\"");
        self.text(value);
        self.raw("\">");
    }

    fn element(&mut self, element: &str, text: &str) {
        self.raw(&format!("<{element}>"));
        self.text(text);
        self.raw(&format!("</{element}>\n"));
    }

    fn page(&mut self, page: &Page) {
        self.raw("<!doctype html>\n");
        self.open("html", "lang", page.lang.tag());
        self.head(page);
        self.raw("<body>\n<a class=\"skip\" href=\"#text\">");
        self.text(&page.words.skip);
        self.raw("</a>\n<header>\n<p class=\"publisher\">");
        self.text(&page.publisher);
        self.raw("</p>\n");
        self.element("h1", &page.title);
        self.raw("</header>\n<div class=\"frame\">\n");
        self.contents(page);
        self.raw("<main id=\"text\" tabindex=\"-1\">\n<div class=\"opening\">\n");
        self.parts(&page.opening);
        self.raw("</div>\n");
        for section in &page.sections {
            self.section(section, 2);
        }
        self.raw("</main>\n</div>\n<footer>\n<p>");
        self.text(&page.publisher);
        for line in &page.publisher_lines {
            self.raw("<br>");
            self.text(line);
        }
        self.raw("</p>\n</footer>\n</body>\n</html>\n");
    }

    fn head(&mut self, page: &Page) {
        self.raw("\n<head>\n<meta charset=\"utf-8\">\n");
        self.raw(&format!(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"{CONTENT_POLICY}\">\n"
        ));
        self.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        self.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
        self.raw("<meta name=\"generator\" content=\"Writ\">\n<title>");
        self.text(&format!("{}: {}", page.publisher, page.title));
        self.raw("</title>\n<style>\n");
        self.raw(STYLE);
        self.raw("</style>\n</head>\n");
    }

    fn contents(&mut self, page: &Page) {
        self.raw("<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">");
        self.text(&page.words.contents);
        self.raw("</h2>\n");
        self.entries(&page.sections);
        self.raw("</nav>\n");
    }

    fn entries(&mut self, sections: &[Section]) {
        let named: Vec<&Section> = sections.iter().filter(|section| section.in_contents).collect();
        if named.is_empty() {
            return;
        }
        self.raw("<ol>\n");
        for section in named {
            self.raw("<li>");
            self.open("a", "href", &format!("#{}", section.id));
            self.run(&Run { to: None, ..section.title.clone() });
            self.raw("</a>");
            self.entries(&section.sections);
            self.raw("</li>\n");
        }
        self.raw("</ol>\n");
    }

    fn section(&mut self, section: &Section, level: u8) {
        let heading = format!("h{}", level.min(4));
        // A landmark for each of the great ones; more of them would be none to a screen reader.
        if level == 2 {
            self.open("section", "aria-labelledby", &section.id);
        } else {
            self.raw("<section>");
        }
        self.raw("\n");
        self.open(&heading, "id", &section.id);
        self.run(&section.title);
        self.raw(&format!("</{heading}>\n"));
        if !section.marks.is_empty() {
            self.raw("<ul class=\"marks\">");
            for mark in &section.marks {
                self.raw(if mark.strong { "<li class=\"strong\">" } else { "<li>" });
                self.text(&mark.text);
                self.raw("</li>");
            }
            self.raw("</ul>\n");
        }
        self.parts(&section.parts);
        for inner in &section.sections {
            self.section(inner, level + 1);
        }
        self.raw("</section>\n");
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Paragraph { line } => self.wrapped("p", line),
                Part::Note { line } => {
                    self.raw("<div class=\"note\">");
                    self.wrapped("p", line);
                    self.raw("</div>\n");
                }
                Part::Bullets { lines } => self.bullets(lines),
                Part::Facts { rows } => self.facts(rows),
                Part::Table(table) => self.table(table),
            }
        }
    }

    fn wrapped(&mut self, element: &str, line: &[Run]) {
        self.raw(&format!("<{element}>"));
        self.line(line);
        self.raw(&format!("</{element}>\n"));
    }

    fn bullets(&mut self, lines: &[Line]) {
        self.raw("<ul>\n");
        for line in lines {
            self.wrapped("li", line);
        }
        self.raw("</ul>\n");
    }

    fn facts(&mut self, rows: &[FactRow]) {
        self.raw("<dl>\n");
        for row in rows {
            self.raw("<div>");
            self.element("dt", &row.label);
            self.raw("<dd>");
            match row.lines.as_slice() {
                [line] => self.line(line),
                lines => self.bullets(lines),
            }
            self.raw("</dd></div>\n");
        }
        self.raw("</dl>\n");
    }

    /// On a narrow screen each row is shown as a block of its own. That takes a browser's own meaning from the elements,
    /// so the roles are written out, and each cell names its column.
    fn table(&mut self, table: &Table) {
        self.raw("<table role=\"table\">\n");
        self.element("caption", &table.caption);
        self.raw("<colgroup>");
        let all: u32 = table.widths.iter().map(|width| u32::from(*width)).sum();
        for width in &table.widths {
            let share = u32::from(*width) * 100 / all.max(1);
            self.raw(&format!("<col style=\"width:{share}%\">"));
        }
        self.raw("</colgroup>\n<thead role=\"rowgroup\"><tr role=\"row\">");
        for column in &table.columns {
            self.raw("<th role=\"columnheader\" scope=\"col\">");
            self.text(column);
            self.raw("</th>");
        }
        self.raw("</tr></thead>\n");
        for group in &table.groups {
            self.raw("<tbody role=\"rowgroup\">\n");
            if !group.title.is_empty() {
                self.raw(
                    "<tr class=\"group\" role=\"row\"><th role=\"rowheader\" scope=\"rowgroup\"",
                );
                self.raw(&format!(" colspan=\"{}\">", table.columns.len()));
                self.text(&group.title);
                self.raw("</th></tr>\n");
            }
            for row in &group.rows {
                self.row(table, row);
            }
            self.raw("</tbody>\n");
        }
        self.raw("</table>\n");
    }

    fn row(&mut self, table: &Table, row: &[Line]) {
        self.raw("<tr role=\"row\">");
        for (at, cell) in row.iter().enumerate() {
            if at == 0 {
                self.raw("<th role=\"rowheader\" scope=\"row\">");
                self.line(cell);
                self.raw("</th>");
            } else {
                let column = table.columns.get(at).map(String::as_str).unwrap_or_default();
                self.open("td role=\"cell\"", "data-column", column);
                self.line(cell);
                self.raw("</td>");
            }
        }
        self.raw("</tr>\n");
    }

    fn line(&mut self, line: &[Run]) {
        for run in line {
            self.run(run);
        }
    }

    fn run(&mut self, run: &Run) {
        match &run.to {
            Some(Target::Section(id)) => self.open("a", "href", &format!("#{id}")),
            Some(Target::Address(address)) => self.open("a", "href", address),
            None => {}
        }
        let (before, after) = match run.face {
            Face::Plain => ("", ""),
            Face::Strong => ("<strong>", "</strong>"),
            Face::Quiet => ("<span class=\"quiet\">", "</span>"),
            Face::Code => ("<code>", "</code>"),
            Face::Mark => ("<span class=\"mark\">", "</span>"),
        };
        self.raw(before);
        match &run.lang {
            Some(lang) => {
                self.open("span", "lang", lang.tag());
                self.text(&run.text);
                self.raw("</span>");
            }
            None => self.text(&run.text),
        }
        self.raw(after);
        if run.to.is_some() {
            self.raw("</a>");
        }
    }
}
