//! The luma of JPEG pictures, at 1, 1/2, 1/4 or 1/8 of their size: what a perceptual hash needs, and nothing else.
//!
//! Sequential and progressive Huffman coding with 8 bits a sample (ITU-T T.81), grey or with luma and chroma (JFIF,
//! Adobe). Chroma is passed over, and so is what a smaller size leaves out. Everything else, and whatever is broken,
//! is left to the general decoder.

mod header;
mod huffman;
mod idct;
mod progressive;
mod scan;
mod sequential;

use header::Header;
use image::metadata::Orientation;

/// Luma, not yet turned upright.
pub struct Luma {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The size of the whole picture.
    pub whole: (u32, u32),
    /// Decoded at one part in this many a side.
    pub scale: u8,
    /// How to turn it.
    pub orientation: Orientation,
    /// A byte a pixel.
    pub samples: Vec<u8>,
}

/// Why there is no luma.
pub enum Refusal {
    /// More pixels than allowed, by the file's own word.
    TooLarge(u32, u32),
    /// Of a kind not read here, or broken.
    Other,
}

/// The luma of a picture of at most `pixels` pixels, at one part in what `scale` says of its shorter side: 1, 2, 4 or 8.
pub fn luma(bytes: &[u8], pixels: u64, scale: impl Fn(u32) -> u32) -> Result<Luma, Refusal> {
    let (header, at) = Header::read(bytes).ok_or(Refusal::Other)?;
    let frame = header.frame.as_ref().ok_or(Refusal::Other)?;
    let (width, height) = (frame.width, frame.height);
    if u64::from(width) * u64::from(height) > pixels {
        return Err(Refusal::TooLarge(width, height));
    }
    let (whole, scale) = ((width, height), scale(width.min(height)));
    let orientation = header.orientation;
    let plane = scan::decode(header, bytes, at, scale).ok_or(Refusal::Other)?;
    let (width, height) = (width.div_ceil(scale), height.div_ceil(scale));
    let samples = plane.cropped(width, height).ok_or(Refusal::Other)?;
    Ok(Luma { width, height, whole, scale: scale as u8, orientation, samples })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same coefficients in one scan and in scans that refine each other (`vectors/media/generate.py`).
    const FILES: [&[u8]; 2] = [
        include_bytes!("../../../../vectors/media/sequential.jpg"),
        include_bytes!("../../../../vectors/media/refined.jpg"),
    ];

    #[test]
    fn scans_that_refine_each_other_give_the_same_pixels_at_each_size() {
        for scale in [1, 2, 4, 8] {
            let [one, other] = FILES.map(|file| luma(file, 1 << 20, |_| scale).ok().unwrap());
            assert_eq!((one.whole, one.width), ((93, 75), 93u32.div_ceil(scale)));
            assert!(one.samples == other.samples, "at one part in {scale}");
        }
    }
}
