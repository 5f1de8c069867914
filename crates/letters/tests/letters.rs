//! Every case under `tests/cases` against its text under `tests/golden`, and the promises of text and PDF.
//!
//! To add a case: write `cases/<name>.toml`, run the tests, read the text they wrote to `golden/<name>.txt`, keep it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the tests read their cases, write what a person is to read, and measure; the crate does not"
)]

use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::time::Instant;
use writ_letters::*;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn cases() -> Vec<(String, Letter)> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), read(path)))
        .collect()
}

fn case(name: &str) -> Letter {
    read(&folder("cases").join(name).with_extension("toml"))
}

fn input<T: DeserializeOwned>(path: &Path) -> T {
    let mut table: toml::Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let json = serde_json::to_value(table.remove("input").unwrap()).unwrap();
    serde_json::from_value(json).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(path: &Path) -> Letter {
    let table: toml::Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let lang = Lang::from_tag(table["lang"].as_str().unwrap());
    match table["letter"].as_str().unwrap() {
        "acknowledgement" => input::<Acknowledgement>(path).blocks(&lang),
        "answer" => input::<Answer>(path).blocks(&lang),
        "notice" => input::<Notice>(path).blocks(&lang),
        "certificate_us" => input::<CertificateUs>(path).blocks(&lang),
        "certificate_eu" => input::<CertificateEu>(path).blocks(&lang),
        "custody_chain" => input::<CustodyChain>(path).blocks(&lang),
        "ruling_plain" => input::<RulingPlain>(path).blocks(&lang),
        other => panic!("no letter `{other}`"),
    }
}

/// A letter whose every string is `text`.
fn full_of(text: &str) -> Letter {
    let text = || text.to_owned();
    let fact = || Fact::new(text(), text());
    let mut letter = case("acknowledgement");
    letter.title = text();
    letter.sender = text();
    letter.reader = vec![text(), text()];
    letter.case = text();
    letter.facts = vec![fact()];
    letter.blocks = vec![
        Block::heading(text()),
        Block::paragraph(text()),
        Block::note(text()),
        Block::Facts { facts: vec![fact(), Fact::mono(text(), text())] },
        Block::bullets(vec![text(), text()]),
        Block::List { first: Some(7), entries: vec![text()] },
        Block::Cards { cards: vec![Card { title: text(), mark: text(), facts: vec![fact()] }] },
        Block::Signature { facts: vec![fact()] },
    ];
    letter
}

#[test]
fn every_case_reads_as_its_golden_text() {
    let mut written = Vec::new();
    for (name, letter) in cases() {
        let path = folder("golden").join(&name).with_extension("txt");
        let text = letter.to_text();
        match std::fs::read_to_string(&path) {
            Ok(golden) => assert_eq!(
                text, golden,
                "{name}: if the change is meant, delete its golden text and run again"
            ),
            Err(_) => {
                std::fs::write(&path, text).unwrap();
                written.push(name);
            }
        }
    }
    assert!(written.is_empty(), "golden texts written, read them and run again: {written:?}");
}

#[test]
fn no_sentence_is_left_unfilled_and_no_line_is_too_long() {
    for (name, letter) in cases() {
        let text = letter.to_text();
        assert!(!text.contains(['{', '}']), "{name}: {text}");
        assert!(
            !text.lines().any(|line| line.trim_start().starts_with('[')),
            "{name}: a sentence is missing: {text}"
        );
        for line in text.lines() {
            assert!(line.chars().count() <= 76, "{name}: {line}");
        }
    }
}

#[test]
fn every_case_sets_as_pdf_and_twice_gives_the_same_bytes() {
    let (engine, other) = (PdfEngine::new(), PdfEngine::new());
    for (name, letter) in cases() {
        let began = Instant::now();
        let pdf = letter.to_pdf(&engine).unwrap_or_else(|error| panic!("{name}: {error}"));
        println!("{name}: {} bytes, {:?}", pdf.len(), began.elapsed());
        assert_eq!(pdf, letter.to_pdf(&other).unwrap(), "{name}");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("letters");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(&name).with_extension("pdf"), pdf).unwrap();
    }
}

#[test]
fn a_pdf_names_its_language_and_is_tagged_for_screen_readers_and_archives() {
    let pdf = case("answer_cure_fr").to_pdf(&PdfEngine::new()).unwrap();
    let has = |needle: &[u8]| pdf.windows(needle.len()).any(|window| window == needle);
    assert!(has(b"/Lang (fr)") || has(b"/Lang(fr)"));
    assert!(has(b"/StructTreeRoot") && has(b"/Marked true"));
    assert!(
        has(b"<pdfuaid:part>1</pdfuaid:part>")
            && has(b"<pdfaid:conformance>A</pdfaid:conformance>")
    );
    assert!(has("Réponse".as_bytes()) && has(b"Example Mail"));
}

#[test]
fn free_text_is_never_markup_never_acts_and_always_sets() {
    let engine = PdfEngine::new();
    for text in [
        "#panic(\"x\") #read(\"/etc/passwd\") *bold* _it_ $x$ `raw` \\ <label> @ref = heading",
        "\"quotes\" 'single' {braces} [brackets] // comment /* block */ https://link.example",
        "\u{0}\u{1}\u{7}\u{1b}[2J\u{9b}\u{7f}\u{feff}\u{fffe}\u{e000}\u{10ffff}",
        "abc \u{202e}fdp.exe\u{202c} \u{2066}x\u{2069} \u{200b}\u{200d}\u{2060}",
        "مرحبا بالعالم שלום עולם 你好 😀👩‍👩‍👧 नमस्ते ❤️ e\u{301}\u{302}\u{303} Z̷̧͑a̵l̴g̶o̷",
        "line\nbreaks\r\n\r\nSIGNED\n______\ttab",
        "",
        " ",
    ] {
        let letter = full_of(text);
        letter.to_pdf(&engine).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert!(!letter.to_text().chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }
}

#[test]
fn a_very_long_word_stays_on_the_page() {
    let letter = full_of(&"x".repeat(5_000));
    letter.to_pdf(&PdfEngine::new()).unwrap();
    assert!(letter.to_text().lines().all(|line| line.chars().count() <= 76));
}

#[test]
fn a_letter_of_too_many_bytes_or_pages_is_refused_in_words() {
    let engine = PdfEngine::new();
    let mut letter = case("acknowledgement");
    letter.blocks = vec![Block::paragraph("word ".repeat(150_000))];
    let error = letter.to_pdf(&engine).unwrap_err();
    assert!(matches!(error, LetterError::TooLong { limit: MAX_BYTES, .. }), "{error}");
    letter.blocks = vec![Block::bullets(vec!["one more".into(); 12_060])];
    let began = Instant::now();
    let error = letter.to_pdf(&engine).unwrap_err();
    assert!(began.elapsed().as_secs() < 5, "refused before it is laid out");
    assert!(matches!(error, LetterError::TooManyPages { limit: MAX_PAGES, .. }), "{error}");
    assert!(error.to_string().contains("`W-2026-0042`"), "{error}");
}

#[test]
fn a_certificate_that_names_no_step_cannot_be_written() {
    let path = folder("cases").join("certificate_us.toml");
    let table: toml::Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut json = serde_json::to_value(&table["input"]).unwrap();
    json["steps"] = serde_json::json!([]);
    let error = serde_json::from_value::<CertificateUs>(json).unwrap_err();
    assert!(error.to_string().contains("the list is empty"), "{error}");
}

#[test]
fn a_language_we_do_not_have_is_english_and_says_so() {
    let text = case("answer_redirect_de").to_text();
    assert!(text.contains("in the language `de`"), "{text}");
    assert!(!case("answer_redirect").to_text().contains("in the language"));
}

#[test]
fn every_notice_says_what_the_reader_can_do_and_whom_to_ask() {
    for (name, letter) in cases().into_iter().filter(|(name, _)| name.starts_with("notice")) {
        let text = letter.to_text();
        assert!(
            text.contains("WHAT YOU CAN DO") || text.contains("CE QUE VOUS POUVEZ FAIRE"),
            "{name}: {text}"
        );
        assert!(text.contains("disclosure@mail.example"), "{name}");
    }
}

/// Run by hand: `cargo test -p writ-letters --test letters -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement: time per page, and memory over 500 letters"]
fn five_hundred_letters_take_bounded_memory() {
    let engine = PdfEngine::new();
    let mut letter = case("certificate_us");
    for number in 0..500 {
        letter.case = format!("W-2026-{number:04}");
        letter.blocks.push(Block::paragraph(format!("letter {number}")));
        letter.blocks.truncate(40);
        let began = Instant::now();
        letter.to_pdf(&engine).unwrap();
        if number % 50 == 0 {
            println!("{number}: {:?}, resident {}", began.elapsed(), resident());
        }
    }
}

/// Run by hand, as above.
#[test]
#[ignore = "a measurement: the longest letters that are set or refused"]
fn the_longest_letters_are_set_or_refused_in_seconds() {
    let engine = PdfEngine::new();
    let mut letter = case("acknowledgement");
    let fact = || Fact::new("a", "b");
    let card = || Card { title: "c".into(), mark: "d".into(), facts: vec![fact()] };
    for (name, blocks) in [
        ("one paragraph", vec![Block::paragraph("word ".repeat(100_000))]),
        ("one word", vec![Block::paragraph("x".repeat(450_000))]),
        ("a list", vec![Block::bullets(vec!["a".into(); 11_000])]),
        ("cards", vec![Block::Cards { cards: (0..6_000).map(|_| card()).collect() }]),
        ("facts", vec![Block::Facts { facts: (0..11_000).map(|_| fact()).collect() }]),
    ] {
        letter.blocks = blocks;
        let began = Instant::now();
        let pdf = letter.to_pdf(&engine).map(|pdf| pdf.len());
        println!("{name}: {:?}, {pdf:?}, resident {}", began.elapsed(), resident());
    }
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("unknown").to_owned()
}
