//! The PDF form of letters and pages: a template each, typeset with typst from fonts that travel with the program.

use crate::letter::{Letter, LetterError};
use crate::page::{Page, PageError};
use crate::sheet;
use jiff::civil::DateTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

/// The most text a letter may hold, in bytes. Some hundred pages of running text.
pub const MAX_BYTES: usize = 512 * 1024;
/// The most pages a letter may have.
pub const MAX_PAGES: usize = 200;
/// The most text a public page may hold, in bytes.
const MAX_PAGE_BYTES: usize = 8 * 1024 * 1024;

const LETTER: &str = include_str!("../templates/letter.typ");
const PAGE: &str = include_str!("../templates/page.typ");

/// The typesetter: fonts and templates, loaded once. A clone shares them; threads may share one.
#[derive(Clone)]
pub struct PdfEngine {
    shared: Arc<Shared>,
}

struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    letter: Form,
    page: Form,
    /// How many letters and pages were set.
    set: AtomicUsize,
}

impl Shared {
    fn forget(&self) {
        if self.set.fetch_add(1, Ordering::Relaxed) % FORGETS_EVERY == FORGETS_EVERY - 1 {
            typst::comemo::evict(KEEP);
        }
    }
}

/// A template, and the name under which it reads its data.
struct Form {
    template: Source,
    data: FileId,
}

impl Letter {
    /// The letter as a PDF: tagged for screen readers (PDF/UA-1) and fit for archives (PDF/A-2a).
    ///
    /// The same letter gives the same bytes. Fails when it is too long, see [`MAX_BYTES`] and [`MAX_PAGES`].
    pub fn to_pdf(&self, engine: &PdfEngine) -> Result<Vec<u8>, LetterError> {
        let pdf = engine.set(self, &|c| engine.shows(c));
        // Fonts may have a letter and still not its combination with a mark; a standard-conforming PDF then refuses
        // the gap. What is not Latin is given by number in that case, so that the letter always goes out.
        let pdf = match pdf {
            Err(LetterError::NotSet { .. }) => engine.set(self, &latin),
            other => other,
        };
        engine.shared.forget();
        pdf
    }
}

impl Page {
    /// The page as a PDF: tagged for screen readers (PDF/UA-1) and fit for archives (PDF/A-2a), with bookmarks.
    ///
    /// The same page gives the same bytes. Fails when it holds too much text, or when the typesetter refuses it.
    pub fn to_pdf(&self, engine: &PdfEngine) -> Result<Vec<u8>, PageError> {
        let pdf = engine.set_page(self, &|c| engine.shows(c));
        let pdf = match pdf {
            Err(PageError::NotSet { .. }) => engine.set_page(self, &latin),
            other => other,
        };
        engine.shared.forget();
        pdf
    }
}

/// After how many letters the typesetter is made to forget, since its memory grows with every letter. To forget takes a
/// while, and letters that are set at the same time must not make it forget what one of them still needs.
const FORGETS_EVERY: usize = 16;
/// How many such times ago it may remember.
const KEEP: usize = 1;

impl PdfEngine {
    /// Loads the fonts and the template.
    pub fn new() -> Self {
        let wanted = |font: &Font| {
            ["Libertinus Serif", "DejaVu Sans Mono"].contains(&font.info().family.as_str())
        };
        let fonts: Vec<Font> = typst_assets::fonts()
            .flat_map(|bytes| Font::iter(Bytes::new(bytes)))
            .filter(wanted)
            .collect();
        let shared = Shared {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            letter: Form::new("letter", LETTER),
            page: Form::new("page", PAGE),
            set: AtomicUsize::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    fn set(&self, letter: &Letter, shown: &dyn Fn(char) -> bool) -> Result<Vec<u8>, LetterError> {
        let too_many = |pages| LetterError::TooManyPages {
            case: letter.case.clone(),
            pages,
            limit: MAX_PAGES,
        };
        let data = sheet::json(letter, shown, MAX_BYTES)?;
        // Asked before the typesetter is, which would lay out every page only to have them counted.
        let at_least = sheet::pages_at_least(letter);
        if at_least > MAX_PAGES {
            return Err(too_many(at_least));
        }
        let world = Desk::new(&self.shared, &self.shared.letter, data);
        let document: PagedDocument =
            typst::compile(&world).output.map_err(|errors| not_set(letter, &errors))?;
        let pages = document.pages().len();
        if pages > MAX_PAGES {
            return Err(too_many(pages));
        }
        let ident = format!("{} {} {}", letter.case, letter.title, letter.written);
        let written = letter.written.to_zoned(jiff::tz::TimeZone::UTC).datetime();
        typst_pdf::pdf(&document, &options(ident, written))
            .map_err(|errors| not_set(letter, &errors))
    }

    fn set_page(&self, page: &Page, shown: &dyn Fn(char) -> bool) -> Result<Vec<u8>, PageError> {
        let not_set = |errors: &[SourceDiagnostic]| PageError::NotSet { reason: reason(errors) };
        page.names_fit()?;
        let data = sheet::page_json(page, shown, MAX_PAGE_BYTES)?;
        let world = Desk::new(&self.shared, &self.shared.page, data);
        let document: PagedDocument =
            typst::compile(&world).output.map_err(|errors| not_set(&errors))?;
        let ident = format!("{} {} {}", page.publisher, page.title, page.day);
        typst_pdf::pdf(&document, &options(ident, page.day.into()))
            .map_err(|errors| not_set(&errors))
    }

    /// Whether a font has a glyph for `c`.
    fn shows(&self, c: char) -> bool {
        self.shared.fonts.iter().any(|font| font.info().coverage.contains(u32::from(c)))
    }
}

/// Latin letters with their common marks, which the fonts have in every combination.
fn latin(c: char) -> bool {
    u32::from(c) < 0x250
}

impl Form {
    fn new(name: &str, template: &str) -> Self {
        Self {
            template: Source::new(file(&format!("{name}.typ")), template.into()),
            data: file(&format!("{name}.json")),
        }
    }
}

impl Default for PdfEngine {
    fn default() -> Self {
        Self::new()
    }
}

/// The world one letter or page is set in: its template, its data, the fonts, and nothing else.
struct Desk<'a> {
    shared: &'a Shared,
    form: &'a Form,
    data: Bytes,
}

impl<'a> Desk<'a> {
    fn new(shared: &'a Shared, form: &'a Form, data: Vec<u8>) -> Self {
        Self { shared, form, data: Bytes::new(data) }
    }
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.shared.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.shared.book
    }

    fn main(&self) -> FileId {
        self.form.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main() {
            Ok(self.form.template.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.form.data { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.shared.fonts.get(index).cloned()
    }

    /// There is no today: a letter's dates are its own.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// A name that only the typesetter knows; nothing lies on a disk.
fn file(name: &str) -> FileId {
    // A bare file name is always a valid path; the root would be taken otherwise, and the letter not be set.
    let path = VirtualPath::new(name).or_else(|_| VirtualPath::new("/"));
    path.map_or_else(
        |_| Source::detached("").id(),
        |path| RootedPath::new(VirtualRoot::Project, path).intern(),
    )
}

fn options(ident: String, written: DateTime) -> PdfOptions {
    let part = |value: i8| u8::try_from(value).unwrap_or(0);
    let stamp = Datetime::from_ymd_hms(
        i32::from(written.year()),
        part(written.month()),
        part(written.day()),
        part(written.hour()),
        part(written.minute()),
        part(written.second()),
    );
    PdfOptions {
        ident: Smart::Custom(ident),
        creator: Smart::Custom(Some("Writ".into())),
        timestamp: stamp.map(Timestamp::new_utc),
        standards: PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]).unwrap_or_default(),
        ..PdfOptions::default()
    }
}

fn not_set(letter: &Letter, errors: &[SourceDiagnostic]) -> LetterError {
    LetterError::NotSet { case: letter.case.clone(), reason: reason(errors) }
}

fn reason(errors: &[SourceDiagnostic]) -> String {
    errors.first().map_or_else(|| "no reason given".to_owned(), |error| error.message.to_string())
}
