//! The promises of a public page, whatever its text says.

use writ_letters::*;

/// A page whose every string is `text`.
fn full_of(text: &str) -> Page {
    let line = || {
        vec![
            Run::plain(text),
            Run::strong(text),
            Run::quiet(text).lang(Some(Lang::fr())),
            Run::code(text),
            Run::mark(text),
            Run::contact(text),
            Run::plain(text).leading_to("one"),
            Run::plain(text).leading_to("nowhere"),
        ]
    };
    let table = |title: &str| Table {
        caption: text.into(),
        columns: vec![text.into(), text.into()],
        widths: vec![1, 2],
        groups: vec![Group {
            title: title.into(),
            rows: vec![vec![line(), line()], vec![line(), vec![]]],
        }],
    };
    let mut section = Section::new("one", text)
        .with(Part::Paragraph { line: line() })
        .with(Part::Note { line: line() })
        .with(Part::Bullets { lines: vec![line(), line()] })
        .with(Part::Facts {
            rows: vec![
                FactRow::new(text, line()),
                FactRow { label: text.into(), lines: vec![line(), line()] },
            ],
        })
        .with(Part::Table(table(text)))
        .with(Part::Table(table("")));
    section.marks = vec![Mark { text: text.into(), strong: true }];
    let mut inner = Section::new("two", text);
    inner.sections = vec![Section::new("three", text)];
    section.sections = vec![inner];
    Page {
        title: text.into(),
        lang: Lang::en(),
        publisher: text.into(),
        publisher_lines: vec![text.into()],
        day: "2026-11-22".parse().unwrap(),
        opening: vec![Part::paragraph(text)],
        sections: vec![section],
        words: PageWords { contents: text.into(), skip: text.into(), page: text.into() },
    }
}

const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>",
    "\" onclick=\"alert(1)\" x='",
    "</style></title></main><b>",
    "#eval(\"1\") $x$ *b* _i_ `c` @one <one> \\ // [x](javascript:alert(1))",
    "javascript:alert(1)",
    "a\u{202e}b\u{0}c\u{1b}[31m",
    "",
];

#[test]
fn no_text_becomes_markup_or_a_link() {
    for text in HOSTILE {
        let html = full_of(text).to_html();
        let body = html.split_once("<body>").unwrap().1;
        for forbidden in
            ["<script", "<b>", "onclick=\"", "href=\"javascript", "\u{202e}", "\u{1b}", "\u{0}"]
        {
            assert!(!body.contains(forbidden), "{text}: {forbidden}");
        }
        assert_eq!(body.matches("</main>").count(), 1, "{text}");
        assert_eq!(html.matches("</style>").count(), 1, "{text}");
        assert!(!html.contains("#nowhere"), "a link to nothing is plain text");
    }
}

#[test]
fn a_page_of_any_text_sets_as_pdf() {
    let engine = PdfEngine::new();
    let long = "x".repeat(300);
    for text in HOSTILE.iter().copied().chain(["你好 مرحبا 😀 e\u{301}", long.as_str()]) {
        full_of(text).to_pdf(&engine).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn running_text_may_be_long_and_a_name_may_not() {
    let engine = PdfEngine::new();
    let long = "x".repeat(3_000);
    let mut page = full_of("text");
    page.opening = vec![Part::paragraph(long.as_str())];
    page.to_pdf(&engine).unwrap();
    let error = full_of(&long).to_pdf(&engine).unwrap_err();
    assert!(error.to_string().contains("3000 characters, more than the 300"), "{error}");
}

#[test]
fn the_html_has_landmarks_headers_and_a_way_past_the_contents_and_fetches_nothing() {
    let html = full_of("text").to_html();
    for needed in [
        "<html lang=\"en\">",
        "<a class=\"skip\" href=\"#text\">",
        "<header>",
        "<nav aria-labelledby=\"contents\">",
        "<main id=\"text\"",
        "<footer>",
        "<h1>",
        "scope=\"col\"",
        "scope=\"row\"",
        "scope=\"rowgroup\"",
        "<caption>",
        "default-src 'none'",
        "<span lang=\"fr\">",
        "prefers-color-scheme: dark",
        "@media print",
    ] {
        assert!(html.contains(needed), "{needed}");
    }
    for absent in ["<script", "<link", "<img", "@import", "url("] {
        assert!(!html.contains(absent), "{absent}");
    }
}
