//! Documents: pages drawn, words read, and hostile ones that end in time and memory.

use crate::made::{self, PLAIN, jpeg, scene};
use crate::paper::{self, document, one, page, scan, scene_scan, sealed, stream};
use crate::{DECODER, settings};
use image::{DynamicImage, ImageFormat};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use writ_media::{Decoder, Limits, MediaError, Page, Scale, Seen, Sheets, Still};
use writ_signals::{Pdq, Spectrum, Tlsh};

const LINES: [&str; 4] = [
    "To the harbour came the boats at night, and nobody asked",
    "what they carried. The keeper of the light wrote down each",
    "name in a book bound in grey cloth, and the book was kept",
    "under the stairs until the winter in which the pier burned.",
];

fn limits() -> Limits {
    Limits { wall: Duration::from_secs(60), ..Limits::default() }
}

fn read(bytes: &[u8], limits: Limits) -> (Vec<Page>, Result<Seen, MediaError>) {
    let mut pages = Vec::new();
    let seen = DECODER.pages(bytes, limits, Sheets::default(), |page| {
        pages.push(page);
        ControlFlow::Continue(())
    });
    (pages, seen)
}

fn only(bytes: &[u8]) -> Page {
    let (mut pages, seen) = read(bytes, limits());
    assert_eq!(seen.unwrap(), Seen { frames: 1, whole: true });
    pages.remove(0)
}

fn picture(bytes: &[u8]) -> Still {
    only(bytes).picture.unwrap()
}

fn hash(still: &Still) -> (Pdq, u8) {
    let spectrum = Spectrum::of(&still.picture().unwrap());
    (spectrum.hash(), spectrum.quality())
}

/// What was hashed here and now has to be found again by those who hash elsewhere and later.
#[test]
fn pages_have_the_hash_that_they_always_had() {
    let golden = [
        (
            "a scan",
            scene_scan((800, 600), ""),
            "671bb8ce87f186e17b0e7f1d88ee67216761b80ef90b46e4bb03bb1180ca4556",
        ),
        (
            "a scan, turned",
            scene_scan((800, 600), "/Rotate 90"),
            "273bf8e4983919391b39e0c4e8c9d8f8274727c666c5d1509b371b049f3ee0f9",
        ),
        (
            "words in a font of the document",
            paper::text_in_squares(&[&LINES]),
            "1bbf23bf23b62394a0d4e054e054e050e050e050f450fc415faf1faf1faf1faf",
        ),
        (
            "words in a standard font",
            paper::text(&[&LINES]),
            "16fe1fbe0f3e4f05cf05ed01ed01ed01e901e901e901e94132fa32fe12fe12fe",
        ),
    ];
    let mut wrong = String::new();
    for (name, bytes, known) in golden {
        let (now, quality) = hash(&picture(&bytes));
        if now.to_string() != known {
            wrong += &format!("{name}, quality {quality}: {now}\n");
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn a_page_is_drawn_at_one_size_whatever_its_own() {
    for (size, drawn) in [
        ((595, 842), (724, 1024)),
        ((14_400, 7_200), (1024, 512)),
        ((65_535, 65_535), (1024, 1024)),
        ((65_535, 1), (1024, 1)),
        ((3, 3), (1024, 1024)),
    ] {
        let keys = format!("/MediaBox[0 0 {} {}]", size.0, size.1);
        let still = picture(&page(&keys, b"", vec![]));
        assert_eq!((still.width, still.height), drawn);
        assert!(still.samples.iter().all(|sample| *sample == 255), "{size:?} is not white");
    }
    let none = picture(&page("/MediaBox[0 0 0 0]", b"", vec![]));
    assert_eq!((none.width, none.height), (724, 1024));
}

#[test]
fn a_document_that_wraps_a_picture_is_found_by_the_pictures_own_hash() {
    for size in [(320, 240), (800, 600), (1600, 1200), (1000, 3000), (4000, 3000)] {
        let jpeg = jpeg(&scene(size.0, size.1), PLAIN);
        let own = hash(&DECODER.still(&jpeg, Limits::default(), Scale::Full).unwrap());
        let paged = hash(&picture(&scan(&jpeg, size, "")));
        println!("{size:?}: {} bits, quality {} and {}", own.0.distance(&paged.0), own.1, paged.1);
        assert!(own.0.distance(&paged.0) <= 16, "{size:?}: {}", own.0.distance(&paged.0));
    }
}

#[test]
fn a_turned_page_is_the_turned_picture() {
    let scene = scene(800, 600);
    let turned = DynamicImage::from(scene.clone()).rotate90();
    let turned = made::encoded(&turned, ImageFormat::Png);
    let turned = hash(&DECODER.still(&turned, Limits::default(), Scale::Full).unwrap());
    let paged = hash(&picture(&scene_scan((800, 600), "/Rotate 90")));
    assert!(turned.0.distance(&paged.0) <= 16, "{}", turned.0.distance(&paged.0));
    assert!(hash(&picture(&scene_scan((800, 600), ""))).0.distance(&paged.0) > 60);
}

#[test]
fn words_are_read_in_order_with_one_space_between() {
    let lines = LINES.join(" ");
    for (name, pages) in [
        ("standard font", paper::text(&[&LINES, &LINES[2..], &[]])),
        ("font of the document", paper::text_in_squares(&[&LINES, &LINES[2..], &[]])),
    ] {
        let (pages, seen) = read(&pages, limits());
        assert_eq!(seen.unwrap(), Seen { frames: 3, whole: true }, "{name}");
        let words: Vec<_> = pages.iter().map(|page| page.words.as_str()).collect();
        assert_eq!(words, [&lines, &LINES[2..].join(" "), ""], "{name}");
        let numbers: Vec<_> = pages.iter().map(|page| page.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
    }
    assert!(Tlsh::of(&lines).is_ok());
}

#[test]
fn gaps_are_spaces_where_no_letter_is_one() {
    let gaps = b"BT /F 20 Tf 50 500 Td [(one)-400(two)30(th)-20(ree)] TJ 0 -24 Td (four) Tj ET BT /F 20 Tf 300 100 Td (five) Tj ET";
    let keys = "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>>>>>";
    assert_eq!(only(&page(keys, gaps, vec![])).words, "one twothree four five");
}

/// A page of words alone must not be taken for another of the same layout.
#[test]
fn pages_of_other_words_lie_far_apart() {
    let words: Vec<_> = LINES.iter().flat_map(|line| line.split(' ')).collect();
    // Lines of ten words, each page beginning elsewhere and stepping on by another stride.
    let line = |page: usize, line: usize| {
        let word = |at: usize| words[(page * 7 + (line * 10 + at) * (page + 3)) % words.len()];
        (0..10).map(word).collect::<Vec<_>>().join(" ")
    };
    let pages: Vec<Vec<String>> =
        (0..6).map(|page| (0..40).map(|number| line(page, number)).collect()).collect();
    let pages: Vec<Vec<&str>> =
        pages.iter().map(|lines| lines.iter().map(String::as_str).collect()).collect();
    let pages: Vec<&[&str]> = pages.iter().map(Vec::as_slice).collect();
    let (pages, _) = read(&paper::text(&pages), limits());
    let hashes: Vec<_> = pages.into_iter().map(|page| hash(&page.picture.unwrap()).0).collect();
    for (number, one) in hashes.iter().enumerate() {
        for other in &hashes[..number] {
            assert!(one.distance(other) > 45, "{}", one.distance(other));
        }
    }
}

#[test]
fn a_document_that_opens_with_a_password_only_is_refused_by_name() {
    let locked = |user: &str| {
        let encrypt = format!(
            "/ID[<{id}><{id}>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{owner}>/U<{user}>>>",
            id = "42".repeat(16),
            owner = "41".repeat(32),
        );
        // `0 0 300 300 re f`, encrypted (RC4, 40 bits) under the empty password.
        let content = b"\x5c\xd2\x93\xda\x29\x55\x51\x11\x81\x9c\xcf\x9d\x11\x41\x17\x10";
        sealed(&one("/MediaBox[0 0 300 300]", content), &encrypt)
    };
    let (pages, seen) = read(&locked(&"43".repeat(32)), limits());
    assert!(pages.is_empty());
    assert!(matches!(seen, Err(MediaError::Locked)), "{seen:?}");
    // What only its owner may change opens for everybody.
    let open = "3869e8c80d7d6e56d13a2f947b327735ceea4e999600e7a2719dd58c573b019c";
    assert!(picture(&locked(open)).samples.iter().all(|sample| *sample == 0));
}

#[test]
fn a_document_with_a_broken_table_is_read_all_the_same() {
    let whole = scene_scan((800, 600), "");
    let mut broken = whole.clone();
    let table = broken.windows(5).rposition(|five| five == b"xref\n").unwrap();
    broken[table + 7..].iter_mut().filter(|byte| byte.is_ascii_digit()).for_each(|it| *it = b'7');
    assert_eq!(picture(&broken), picture(&whole));
    let junk = [&b"\n\n  left over\n"[..], &whole].concat();
    assert_eq!(picture(&junk), picture(&whole));
}

#[test]
fn what_is_no_document_is_named() {
    let error = read(b"hello", limits()).1.unwrap_err();
    assert_eq!(error.to_string(), "the bytes are no document that is decoded here: send PDF");
    let still = DECODER.still(&paper::text(&[&LINES]), limits(), Scale::Full).unwrap_err();
    assert!(still.to_string().ends_with("it is a document, whose pages are drawn one by one"));
    for none in [&b"%PDF-1.7"[..], b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\n%%EOF"] {
        assert!(matches!(read(none, limits()).1, Err(MediaError::Malformed(_))));
    }
}

#[test]
fn only_so_many_pages_are_shown() {
    let pages: Vec<&[&str]> = vec![&LINES[..1]; 12];
    let sheets = Sheets { most: 10, side: 64 };
    let mut shown = 0;
    let seen = DECODER.pages(&paper::text(&pages), limits(), sheets, |page| {
        shown = page.number;
        ControlFlow::Continue(())
    });
    assert_eq!((seen.unwrap(), shown), (Seen { frames: 10, whole: false }, 10));
}

/// Documents that ask for more than there is, and what may come of each.
#[test]
fn bombs_have_a_named_answer_in_time() {
    let catalogue = || b"<</Type/Catalog/Pages 2 0 R>>".to_vec();
    let leaf = || b"<</Type/Page/Parent 2 0 R>>".to_vec();
    let kids =
        |kids: &str, count: u32| format!("<</Type/Pages/Kids[{kids}]/Count {count}>>").into_bytes();
    let doubling = (0..40).map(|level| match level {
        39 => leaf(),
        _ => kids(&format!("{0} 0 R {0} 0 R", level + 3), 2),
    });
    let form = |draws: String, names: usize| {
        let keys = format!(
            "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {names} 0 R>>>>"
        );
        stream(&keys, draws.as_bytes())
    };
    let named = "/Resources<</XObject<</X 5 0 R>>>>";
    let drawn = (6..50).map(|next| form("/X Do ".repeat(20), next)).collect();
    let deep = [b"[".repeat(200_000), b"]".repeat(200_000)].concat();
    let bombs = [
        ("a million pages claimed", document(&[catalogue(), kids("3 0 R", 1_000_000), leaf()])),
        (
            "a million pages named",
            document(&[catalogue(), kids(&"3 0 R ".repeat(1_000_000), 1_000_000), leaf()]),
        ),
        ("a tree that doubles", document(&[vec![catalogue()], doubling.collect()].concat())),
        ("a tree that is its own branch", document(&[catalogue(), kids("2 0 R 3 0 R", 2), leaf()])),
        ("a form that draws itself", page(named, b"/X Do", vec![form("/X Do /X Do".into(), 5)])),
        ("forms that draw forever", page(named, b"/X Do", drawn)),
        ("a deep array", page("", &deep, vec![])),
        ("deep states", page("", &b"q ".repeat(3_000_000), vec![])),
        (
            "a long path",
            page("", &[b"0 0 m ", &b"9 9 l 500 500 l ".repeat(400_000)[..], b"S"].concat(), vec![]),
        ),
        ("an object of itself", page("/MediaBox 3 0 R/Rotate 3 0 R", b"", vec![])),
    ];
    let limits = Limits { wall: Duration::from_secs(3), ..limits() };
    // Of its own, so that others' documents do not keep it waiting.
    let decoder = Decoder::start(settings()).unwrap();
    for (name, bomb) in bombs {
        let began = Instant::now();
        let mut pages = 0;
        let seen = decoder.pages(&bomb, limits, Sheets::default(), |_| {
            pages += 1;
            ControlFlow::Continue(())
        });
        let took = began.elapsed();
        println!("{name}: {pages} pages, {seen:?} in {took:?}");
        assert!(took < limits.wall + Duration::from_secs(5), "{name}: {took:?}");
        assert!(pages <= 200, "{name}");
        if let Err(error) = seen {
            assert!(
                !matches!(error, MediaError::Unfit(_) | MediaError::Process(_)),
                "{name}: {error}"
            );
        }
    }
    assert_eq!(only(&paper::text(&[&LINES])).words, LINES.join(" "));
}

#[test]
fn pages_before_one_that_ends_the_renderer_are_kept() {
    let good = one("/MediaBox[0 0 300 300]", b"0 0 150 300 re f");
    let form = |next: usize| {
        let keys = format!(
            "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {next} 0 R>>>>"
        );
        stream(&keys, "/X Do ".repeat(20).as_bytes())
    };
    let mut objects = good;
    objects[1] = b"<</Type/Pages/Kids[3 0 R 5 0 R]/Count 2>>".to_vec();
    objects.push(
        b"<</Type/Page/Parent 2 0 R/Contents 6 0 R/Resources<</XObject<</X 7 0 R>>>>>>".to_vec(),
    );
    objects.push(stream("", b"/X Do"));
    objects.extend((8..52).map(form));
    let limits = Limits { wall: Duration::from_secs(3), ..limits() };
    let (pages, seen) = read(&document(&objects), limits);
    assert!(matches!(seen, Err(MediaError::TooSlow(_))), "{seen:?}");
    assert_eq!(pages.len(), 1);
}
