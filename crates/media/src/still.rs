//! Pictures to upright pixels, inside the fence: grey stays grey, all else becomes red, green and blue, 8 bits each.
//!
//! Transparency is dropped and the colours under it are kept, as the Python client's conversion does. 16 bits a sample
//! are scaled, palettes looked up, inks (CMYK) converted, EXIF and TIFF orientations applied.

use crate::decoder::Scale;
use crate::jpeg;
use crate::sniff;
use crate::wire::{Fault, Shape};
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::error::LimitErrorKind;
use image::metadata::Orientation;
use image::{
    AnimationDecoder, DynamicImage, Frames, ImageDecoder, ImageError, ImageFormat, ImageReader,
};
use std::io::Cursor;

/// The longest side of a picture.
const MAX_SIDE: u32 = 65_535;

/// The shorter sides from which the fast path decodes at one part in so many: below them hashes move.
pub const ENOUGH: [(u32, u32); 3] = [(4096, 8), (2048, 4), (820, 2)];

/// Upright pixels.
#[derive(Debug)]
pub struct Pixels {
    /// Size and kind.
    pub shape: Shape,
    /// The samples, row after row.
    pub samples: Vec<u8>,
}

/// Decodes one picture: of an animation, the first.
pub fn decode(bytes: &[u8], pixels: u64, scale: Scale) -> Result<Pixels, Fault> {
    let format = sniff::picture(bytes).ok_or(Fault::Unknown)?;
    if scale == Scale::Fast && format == ImageFormat::Jpeg {
        match jpeg::luma(bytes, pixels, scale_of) {
            Ok(luma) => return upright(luma),
            Err(jpeg::Refusal::TooLarge(width, height)) => {
                return Err(Fault::TooLarge(width, height));
            }
            // Of a kind that only the general decoder reads, or broken: that decoder says how.
            Err(jpeg::Refusal::Other) => {}
        }
    }
    let (image, orientation) = general(bytes, format, pixels)?;
    Ok(finish(image, orientation, 1, 0))
}

fn scale_of(shorter: u32) -> u32 {
    ENOUGH.into_iter().find(|(from, _)| shorter >= *from).map_or(1, |(_, scale)| scale)
}

fn upright(luma: jpeg::Luma) -> Result<Pixels, Fault> {
    let grey = image::GrayImage::from_raw(luma.width, luma.height, luma.samples);
    let grey = grey.ok_or_else(|| Fault::Malformed("its size and pixels disagree".into()))?;
    let mut pixels = finish(grey.into(), luma.orientation, luma.scale, 0);
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    let (across, down) = luma.whole;
    pixels.shape.whole = match luma.orientation {
        Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH => (down, across),
        _ => (across, down),
    };
    Ok(pixels)
}

/// Decodes at full size by the `image` crate.
fn general(
    bytes: &[u8],
    format: ImageFormat,
    pixels: u64,
) -> Result<(DynamicImage, Orientation), Fault> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits(pixels));
    let mut decoder = reader.into_decoder().map_err(fault)?;
    let (width, height) = decoder.dimensions();
    allow(width, height, pixels)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(fault)?;
    Ok((image, orientation))
}

/// Room for the pixels at 16 bits and four channels, and what decoders keep besides.
fn limits(pixels: u64) -> image::Limits {
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(pixels.saturating_mul(8).saturating_add(64 << 20));
    limits
}

fn allow(width: u32, height: u32, pixels: u64) -> Result<(), Fault> {
    if width == 0 || height == 0 {
        return Err(Fault::Malformed("it has no pixel".into()));
    }
    let within = u64::from(width) * u64::from(height) <= pixels;
    if within && width.max(height) <= MAX_SIDE {
        Ok(())
    } else {
        Err(Fault::TooLarge(width, height))
    }
}

fn finish(mut image: DynamicImage, orientation: Orientation, scale: u8, time: u64) -> Pixels {
    let grey = !image.color().has_color();
    image = if grey { image.into_luma8().into() } else { image.into_rgb8().into() };
    image.apply_orientation(orientation);
    let (width, height, channels) = (image.width(), image.height(), if grey { 1 } else { 3 });
    let shape = Shape { width, height, whole: (width, height), channels, scale, time };
    Pixels { shape, samples: image.into_bytes() }
}

/// Hands the pictures of an animation to `show`, one in each `every` milliseconds (0: all), at most `most`. Whether
/// they were all; `show` ends it by an error of its own.
pub fn animate<E: From<Fault>>(
    bytes: &[u8],
    pixels: u64,
    (most, every): (u32, u64),
    mut show: impl FnMut(Pixels) -> Result<(), E>,
) -> Result<bool, E> {
    let Some(frames) = moving(bytes, pixels)? else {
        if most == 0 {
            return Ok(false);
        }
        show(decode(bytes, pixels, Scale::Full)?)?;
        return Ok(true);
    };
    let (mut time, mut last, mut shown) = (0u64, None, 0);
    for frame in frames {
        let frame = frame.map_err(fault)?;
        let (numerator, denominator) = frame.delay().numer_denom_ms();
        let slot = if every == 0 { None } else { time.checked_div(every) };
        if slot.is_none() || slot != last {
            if shown == most {
                return Ok(false);
            }
            let image = DynamicImage::from(frame.into_buffer());
            show(finish(image, Orientation::NoTransforms, 1, time))?;
            shown += 1;
        }
        last = slot;
        time = time.saturating_add(shown_for(numerator, denominator));
    }
    Ok(true)
}

/// Delays of at most 10 ms are shown for 100, as browsers do.
fn shown_for(numerator: u32, denominator: u32) -> u64 {
    match numerator.checked_div(denominator).unwrap_or(0) {
        0..=10 => 100,
        delay => u64::from(delay),
    }
}

/// The pictures of an animation; none where the format or the file does not move.
fn moving(bytes: &[u8], pixels: u64) -> Result<Option<Frames<'_>>, Fault> {
    let from = Cursor::new(bytes);
    let format = sniff::picture(bytes).ok_or(Fault::Unknown)?;
    Ok(match format {
        ImageFormat::Gif => Some(bounded(GifDecoder::new(from), pixels)?.into_frames()),
        ImageFormat::WebP => {
            let decoder = bounded(WebPDecoder::new(from), pixels)?;
            decoder.has_animation().then(|| decoder.into_frames())
        }
        ImageFormat::Png => {
            let decoder = bounded(PngDecoder::with_limits(from, limits(pixels)), pixels)?;
            match decoder.is_apng().map_err(fault)? {
                true => Some(decoder.apng().map_err(fault)?.into_frames()),
                false => None,
            }
        }
        _ => None,
    })
}

fn bounded<D: ImageDecoder>(decoder: Result<D, ImageError>, pixels: u64) -> Result<D, Fault> {
    let mut decoder = decoder.map_err(fault)?;
    let (width, height) = decoder.dimensions();
    allow(width, height, pixels)?;
    decoder.set_limits(limits(pixels)).map_err(fault)?;
    Ok(decoder)
}

fn fault(error: ImageError) -> Fault {
    match error {
        ImageError::Limits(limit) if limit.kind() == LimitErrorKind::InsufficientMemory => {
            Fault::Memory
        }
        other => Fault::Malformed(other.to_string()),
    }
}
