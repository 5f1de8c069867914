//! Documents (PDF) to pictures of their pages and the words on them, inside the fence.
//!
//! A page is drawn as a reader of documents shows it, turned as it says, its annotations on it, on white, so large that
//! its longer side has as many pixels as asked for: no setting or font of this machine has a say. Fonts come from the
//! document; where it brings none, from the renderer's own stand-ins for the fourteen standard ones.

use crate::still::Pixels;
use crate::wire::{Fault, MAX_WORDS, Shape};
use hayro::hayro_interpret::font::Glyph;
use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, GlyphDrawMode, Image, InterpreterCache,
    InterpreterSettings, Paint, PathDrawMode, SoftMask, TransformExt, interpret_page,
};
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::kurbo::{Affine, BezPath, Point, Rect};
use hayro::{RenderCache, RenderSettings, render};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A page as it is drawn.
pub struct Drawn {
    /// The words on it, one space between each two.
    pub words: String,
    /// Its picture, in colour; or why it could not be drawn, for people.
    pub picture: Result<Pixels, String>,
}

/// Hands the pages of a document to `show`, in order, at most `most`, each drawn with `side` pixels on its longer side.
/// Whether they were all; `show` ends it by an error of its own.
pub fn pages<E: From<Fault>>(
    bytes: Vec<u8>,
    (most, side): (u32, u16),
    mut show: impl FnMut(Drawn) -> Result<(), E>,
) -> Result<bool, E> {
    let document = Pdf::new(bytes).map_err(fault)?;
    let (drawing, reading) = (RenderCache::new(), InterpreterCache::new());
    let pages = document.pages();
    if pages.is_empty() {
        return Err(Fault::Malformed("it has no page".into()).into());
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    for page in pages.iter().take(most) {
        // What confuses the renderer on one page leaves the others readable.
        let words = catch_unwind(AssertUnwindSafe(|| words(page, &reading))).unwrap_or_default();
        let picture = catch_unwind(AssertUnwindSafe(|| draw(page, &drawing, side)));
        let picture = picture.unwrap_or_else(|_| Err("it confused the renderer".into()));
        show(Drawn { words, picture })?;
    }
    Ok(pages.len() <= most)
}

fn fault(error: LoadPdfError) -> Fault {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => Fault::Locked,
        LoadPdfError::Decryption(_) => {
            Fault::Malformed("it is encrypted in a way that is not known here".into())
        }
        LoadPdfError::Invalid => Fault::Malformed("no page can be found in it".into()),
    }
}

fn draw<'a>(page: &'a Page<'a>, cache: &RenderCache<'a>, side: u16) -> Result<Pixels, String> {
    let (across, down) = page.render_dimensions();
    let longer = across.max(down);
    if !(longer.is_finite() && across > 0.0 && down > 0.0) {
        return Err("its size is none".into());
    }
    let pixels = |length: f32| (length / longer * f32::from(side)).round().max(1.0) as u16;
    let (width, height) = (pixels(across), pixels(down));
    let settings = RenderSettings {
        x_scale: f32::from(width) / across,
        y_scale: f32::from(height) / down,
        width: Some(width),
        height: Some(height),
        bg_color: WHITE,
    };
    let drawn = render(page, cache, &InterpreterSettings::default(), &settings);
    // On white everything is opaque: there is no transparency to undo.
    let samples = drawn.data().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
    let (width, height) = (width.into(), height.into());
    let shape = Shape { width, height, whole: (width, height), channels: 3, scale: 1, time: 0 };
    Ok(Pixels { shape, samples })
}

fn words<'a>(page: &'a Page<'a>, cache: &InterpreterCache<'a>) -> String {
    let (across, down) = page.render_dimensions();
    let whole = Rect::new(0.0, 0.0, across.into(), down.into());
    let place = page.initial_transform(true).to_kurbo();
    let settings = InterpreterSettings::default();
    let mut context = Context::new(place, whole, cache, page.xref(), settings);
    let mut words = Words::default();
    interpret_page(page, &mut context, &mut words);
    words.text.truncate(words.text.floor_char_boundary(MAX_WORDS));
    words.text.truncate(words.text.trim_end().len());
    words.text
}

/// Reads what is written on a page in the order in which it is drawn, and draws nothing.
#[derive(Default)]
struct Words {
    text: String,
    /// Where the last letter ended.
    end: Option<Point>,
}

/// A gap of this part of the letters' height begins a new word; so does a step back or off the line by half the height.
const GAP: f64 = 0.2;

/// The width of a letter that does not tell its own, in thousandths of its height.
const WIDTH: f32 = 500.0;

impl Words {
    fn write(&mut self, text: &str) {
        for letter in text.chars() {
            match letter.is_whitespace() {
                true => self.space(),
                false if letter.is_control() => {}
                false => self.text.push(letter),
            }
        }
    }

    fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }
}

impl<'a> Device<'a> for Words {
    fn draw_glyph(
        &mut self,
        glyph: &Glyph<'a>,
        transform: Affine,
        glyph_transform: Affine,
        _: &Paint<'a>,
        _: &GlyphDrawMode,
    ) {
        if self.text.len() >= MAX_WORDS {
            return;
        }
        let advance = match glyph {
            Glyph::Outline(letter) => letter.advance_width().unwrap_or(WIDTH),
            Glyph::Type3(_) => WIDTH,
        };
        let place = transform * glyph_transform;
        let start = place * Point::ZERO;
        let height = (place * Point::new(0.0, 1000.0) - start).hypot();
        let along = (place * Point::new(1000.0, 0.0) - start).normalize();
        if let Some(end) = self.end {
            let step = start - end;
            let (on, off) = (step.dot(along), step.cross(along).abs());
            if on > GAP * height || on < -0.5 * height || off > 0.5 * height {
                self.space();
            }
        }
        match glyph.as_unicode() {
            Some(BfString::Char(letter)) => self.write(letter.encode_utf8(&mut [0; 4])),
            Some(BfString::String(letters)) => self.write(&letters),
            None => {}
        }
        self.end = Some(place * Point::new(f64::from(advance), 0.0));
    }

    fn set_soft_mask(&mut self, _: Option<SoftMask<'a>>) {}
    fn set_blend_mode(&mut self, _: BlendMode) {}
    fn draw_path(&mut self, _: &BezPath, _: Affine, _: &Paint<'a>, _: &PathDrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: Affine) {}
    fn pop_clip_path(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
