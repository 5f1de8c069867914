//! The PDF form of a letter: one template, typeset with typst from fonts that travel with the program.

use crate::letter::{Letter, LetterError};
use crate::sheet;
use std::sync::Arc;
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

const TEMPLATE: &str = include_str!("../templates/letter.typ");

/// The typesetter: fonts and the one template, loaded once. A clone shares them; threads may share one.
#[derive(Clone)]
pub struct PdfEngine {
    shared: Arc<Shared>,
}

struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: Source,
    data: FileId,
}

impl Letter {
    /// The letter as a PDF: tagged for screen readers (PDF/UA-1) and fit for archives (PDF/A-2a).
    ///
    /// The same letter gives the same bytes. Fails when it is too long, see [`MAX_BYTES`] and [`MAX_PAGES`].
    pub fn to_pdf(&self, engine: &PdfEngine) -> Result<Vec<u8>, LetterError> {
        let fonts = &engine.shared.fonts;
        let shown = |c: char| fonts.iter().any(|font| font.info().coverage.contains(u32::from(c)));
        let pdf = engine.set(self, &shown);
        // Fonts may have a letter and still not its combination with a mark; a standard-conforming PDF then refuses
        // the gap. What is not Latin is given by number in that case, so that the letter always goes out.
        let pdf = match pdf {
            Err(LetterError::NotSet { .. }) => engine.set(self, &|c| u32::from(c) < 0x250),
            other => other,
        };
        typst::comemo::evict(KEEP);
        pdf
    }
}

/// How many letters ago the typesetter may remember. Its memory grows with every letter otherwise.
const KEEP: usize = 2;

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
            template: Source::new(file("letter.typ"), TEMPLATE.into()),
            data: file("letter.json"),
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
        let world = Desk { shared: &self.shared, data: Bytes::new(data) };
        let document: PagedDocument =
            typst::compile(&world).output.map_err(|errors| not_set(letter, &errors))?;
        let pages = document.pages().len();
        if pages > MAX_PAGES {
            return Err(too_many(pages));
        }
        typst_pdf::pdf(&document, &options(letter)).map_err(|errors| not_set(letter, &errors))
    }
}

impl Default for PdfEngine {
    fn default() -> Self {
        Self::new()
    }
}

/// The world one letter is set in: the template, its data, the fonts, and nothing else.
struct Desk<'a> {
    shared: &'a Shared,
    data: Bytes,
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.shared.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.shared.book
    }

    fn main(&self) -> FileId {
        self.shared.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main() {
            Ok(self.shared.template.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.shared.data { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
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

fn options(letter: &Letter) -> PdfOptions {
    let written = letter.written.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).unwrap_or(0);
    let (date, time) = (written.date(), written.time());
    let stamp = Datetime::from_ymd_hms(
        i32::from(date.year()),
        part(date.month()),
        part(date.day()),
        part(time.hour()),
        part(time.minute()),
        part(time.second()),
    );
    PdfOptions {
        ident: Smart::Custom(format!("{} {} {}", letter.case, letter.title, letter.written)),
        creator: Smart::Custom(Some("Writ".into())),
        timestamp: stamp.map(Timestamp::new_utc),
        standards: PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]).unwrap_or_default(),
        ..PdfOptions::default()
    }
}

fn not_set(letter: &Letter, errors: &[SourceDiagnostic]) -> LetterError {
    let reason = errors
        .first()
        .map_or_else(|| "no reason given".to_owned(), |error| error.message.to_string());
    LetterError::NotSet { case: letter.case.clone(), reason }
}
