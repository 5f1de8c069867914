//! The page made from a small law book and a small policy, against its golden text; and what must hold of every page.
//!
//! Where a change is meant: delete the golden files, run again, read what was written, keep it.

#![allow(
    clippy::disallowed_methods,
    reason = "the tests read their books and write what a person is to read; the crate does not"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use writ_guidelines::{Publisher, Subject, crosswalk, kept};
use writ_lawbook::Lawbook;
use writ_letters::{Lang, Page, PdfEngine};
use writ_policy::Policy;
use writ_vocabulary::{Provider, ProviderEntity, SignOff};

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The text files below a folder, by their path inside it.
fn files(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                found.push((path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), text));
            }
        }
    }
    found.sort();
    found
}

/// The books of one page, and whose it is.
struct Desk {
    lawbook: Lawbook,
    policy: Policy,
    publisher: Publisher,
    sign_offs: Vec<SignOff>,
}

impl Desk {
    /// A small law book of an invented state; the fixed policies are the real ones, as the program asks.
    fn small() -> Self {
        let real = here("../../../policy");
        let taken = |(path, _): &(String, String)| {
            ["fixed.cedar", "schema.cedarschema"].contains(&path.as_str())
        };
        let policy = files(&here("small/policy")).into_iter();
        let policy = policy.chain(files(&real).into_iter().filter(taken));
        let local = std::fs::read_to_string(here("small/local.cedar")).unwrap();
        Self {
            lawbook: Lawbook::load(files(&here("small/lawbook"))).unwrap(),
            policy: Policy::load(policy, [("local.cedar".to_owned(), local)]).unwrap(),
            publisher: publisher(),
            sign_offs: Vec::new(),
        }
    }

    /// The books of the project.
    fn real() -> Self {
        Self {
            lawbook: Lawbook::load(files(&here("../../../lawbook"))).unwrap(),
            policy: Policy::load(files(&here("../../../policy")), []).unwrap(),
            publisher: publisher(),
            sign_offs: Vec::new(),
        }
    }

    fn page(&self, lang: &Lang) -> Page {
        let subject = Subject {
            lawbook: &self.lawbook,
            policy: &self.policy,
            publisher: &self.publisher,
            sign_offs: &self.sign_offs,
            on: "2026-11-22".parse().unwrap(),
        };
        subject.page(lang)
    }

    /// The page's text from `<body>` on, with digests that follow from other people's files left out.
    fn body(&self, lang: &Lang) -> String {
        let html = self.page(lang).to_html();
        let body = html.split_once("<body>").unwrap().1.to_owned();
        body.replace(&self.policy.digest().to_string(), "(digest of all)")
            .replace(&self.policy.collective().to_string(), "(digest of the policy)")
    }
}

fn publisher() -> Publisher {
    let entity = |name: &str, state: &str| ProviderEntity {
        name: name.into(),
        jurisdiction: state.parse().unwrap(),
        also: vec!["Example".into()],
    };
    Publisher {
        provider: Provider {
            name: "Example <Mail>".into(),
            entities: vec![entity("Example Mail Ltd", "XA")],
            shared_addresses: true,
            languages: vec!["en".into(), "xx".into()],
        },
        address: vec!["1 Sample Street".into(), "Sampletown (invented)".into()],
        contact: "demands@mail.example".into(),
        fingerprint: None,
        invented: true,
    }
}

fn every_attribute<'a>(html: &'a str, opening: &str) -> Vec<&'a str> {
    html.split(opening).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_page_of_a_small_law_book_reads_as_its_golden_text() {
    let desk = Desk::small();
    let mut written = Vec::new();
    for lang in [Lang::en(), Lang::fr()] {
        let path = here("golden").join(format!("guidelines.{}.html", lang.tag()));
        let text = desk.body(&lang);
        match std::fs::read_to_string(&path) {
            Ok(golden) => assert_eq!(text, golden, "if it is meant, delete {}", path.display()),
            Err(_) => {
                std::fs::write(&path, text).unwrap();
                written.push(path);
            }
        }
    }
    assert!(written.is_empty(), "golden texts written, read them and run again: {written:?}");
}

#[test]
fn the_same_books_and_day_make_the_same_bytes_in_both_forms() {
    let (one, other) = (Desk::small(), Desk::small());
    for lang in [Lang::en(), Lang::fr()] {
        let (page, again) = (one.page(&lang), other.page(&lang));
        assert_eq!(page.to_html(), again.to_html());
        let pdf = page.to_pdf(&PdfEngine::new()).unwrap();
        assert_eq!(pdf, again.to_pdf(&PdfEngine::new()).unwrap());
        let has = |needle: &[u8]| pdf.windows(needle.len()).any(|window| window == needle);
        assert!(has(b"<pdfuaid:part>1</pdfuaid:part>"), "tagged for screen readers");
        assert!(has(b"<pdfaid:conformance>A</pdfaid:conformance>"), "fit for archives");
    }
}

#[test]
fn every_instrument_that_is_or_will_be_law_and_every_rule_stands_on_the_page_once() {
    for desk in [Desk::small(), Desk::real()] {
        let html = desk.page(&Lang::en()).to_html();
        let ids = every_attribute(&html, " id=\"");
        let count = |id: &str| ids.iter().filter(|known| **known == id).count();
        for row in desk.lawbook.instruments() {
            let ended = row.valid_to.is_some_and(|to| to < "2026-11-22".parse().unwrap());
            let id = row.id().as_str().replace('/', "-");
            assert_eq!(count(&id), usize::from(!ended), "{id}");
        }
        for rule in desk.policy.rules() {
            let id = format!("rule-{}", rule.id.as_str().to_ascii_lowercase());
            assert_eq!(count(&id), 1, "{id}");
        }
    }
}

#[test]
fn every_link_leads_somewhere_and_no_name_stands_twice() {
    for lang in [Lang::en(), Lang::fr()] {
        let html = Desk::real().page(&lang).to_html();
        let ids = every_attribute(&html, " id=\"");
        let once: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), once.len());
        for link in every_attribute(&html, "href=\"") {
            match link.strip_prefix('#') {
                Some(id) => assert!(once.contains(id), "{link}"),
                None => assert!(link.starts_with("mailto:"), "{link}"),
            }
        }
    }
}

#[test]
fn no_sentence_is_left_unfilled() {
    for lang in [Lang::en(), Lang::fr()] {
        let body = Desk::real().body(&lang);
        assert!(!body.contains(['{', '}', '[']), "{}", lang.tag());
    }
}

#[test]
fn what_the_books_say_is_shown_and_never_obeyed() {
    let body = Desk::small().body(&Lang::en());
    assert!(body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!body.contains("<script") && !body.contains("<b>"));
}

#[test]
fn a_row_from_memory_is_a_persons_until_counsel_signs_it_and_an_uncertain_one_always() {
    let mut desk = Desk::small();
    let person = |desk: &Desk, id: &str| {
        let body = desk.body(&Lang::en());
        let section = body.split(&format!(" id=\"{id}\"")).nth(1).unwrap().to_owned();
        section.split("</section>").next().unwrap().contains("A person decides every demand")
    };
    assert!(person(&desk, "xa-letter") && person(&desk, "xa-silence"));
    assert!(!person(&desk, "xa-order"), "its law was read");
    let sign = |desk: &mut Desk, id: &str, on: &str| {
        let (instrument, on) = (id.parse().unwrap(), on.parse().unwrap());
        let by = "Counsel (invented)".to_owned();
        desk.sign_offs.push(SignOff { instrument, by, on, digest: None, note: String::new() });
    };
    sign(&mut desk, "xa/letter", "2026-11-23");
    assert!(person(&desk, "xa-letter"), "what is signed tomorrow is not signed");
    sign(&mut desk, "xa/letter", "2026-11-01");
    sign(&mut desk, "xa/silence", "2026-11-01");
    assert!(!person(&desk, "xa-letter") && person(&desk, "xa-silence"));
}

#[test]
fn the_tables_of_the_manual_have_a_line_for_every_datum_and_every_rule() {
    let desk = Desk::small();
    let table = crosswalk(&desk.lawbook);
    for line in [
        "| datum | xa |",
        "| `name` | subscriber |",
        "| `nickname` | subscriber? |",
        "| `session_times` | – |",
        "| `password` | credential |",
    ] {
        assert!(table.contains(line), "{line}\n{table}");
    }
    let cases = BTreeMap::from([("p1".to_owned(), 5)]);
    let properties = BTreeMap::from([("P1".to_owned(), vec!["by-law".to_owned()])]);
    let table = kept(&desk.policy, &cases, &properties);
    for line in [
        "| **P1** Nothing without law | `compelled`, `beyond` | 5 | `by-law` |",
        "| **P29** The page is made | The program makes it. | 0 | – |",
    ] {
        assert!(table.contains(line), "{line}\n{table}");
    }
}
