//! A decoded, upright picture as the hashes take it: rows of grey, colour or luma samples, checked once.

/// The longest side of a picture, in pixels.
pub const MAX_SIDE: u32 = 65_535;

/// The most pixels of a picture: 2²⁸, about 268 million.
pub const MAX_PIXELS: u64 = 1 << 28;

/// Samples of a picture, row after row from the top, each row from the left.
#[derive(Debug, Clone, Copy)]
pub enum Samples<'a> {
    /// One byte a pixel.
    Grey8(&'a [u8]),
    /// Three bytes a pixel: red, green, blue.
    Rgb8(&'a [u8]),
    /// Luma of each pixel, 0.0 to 255.0.
    Luma(&'a [f32]),
}

/// A picture whose size and samples agree.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    width: usize,
    height: usize,
    stride: usize,
    samples: Samples<'a>,
    whole: Option<(usize, usize)>,
}

/// Why samples are not a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// No pixel, or more than can be hashed.
    #[error(
        "a picture of {width} by {height} pixels cannot be hashed: give at least 1 and at most {MAX_SIDE} a side, {MAX_PIXELS} in all"
    )]
    Size {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// Rows that would overlap.
    #[error("rows {stride} samples apart overlap: a row of this picture has {row} samples")]
    Stride {
        /// Samples from one row's start to the next.
        stride: usize,
        /// Samples of one row.
        row: usize,
    },
    /// Fewer samples than the size promises.
    #[error("{given} samples where the picture's size asks for {needed}")]
    Short {
        /// Samples given.
        given: usize,
        /// Samples the size and the stride ask for.
        needed: usize,
    },
    /// A luma that no pixel has.
    #[error("a luma outside 0 to 255")]
    Luma,
}

impl<'a> Picture<'a> {
    /// A picture of `width` by `height` pixels whose rows follow each other without a gap.
    ///
    /// # Errors
    ///
    /// As [`Picture::with_stride`].
    pub fn new(width: u32, height: u32, samples: Samples<'a>) -> Result<Self, PictureError> {
        Self::with_stride(width, height, width as usize * samples.per_pixel(), samples)
    }

    /// A picture whose rows start `stride` samples apart: bytes, or numbers for luma.
    ///
    /// # Errors
    ///
    /// When a side is 0 or above [`MAX_SIDE`], the pixels are more than [`MAX_PIXELS`], rows overlap, samples are
    /// missing, or a luma lies outside 0 to 255. Samples after the last row are not looked at.
    pub fn with_stride(
        width: u32,
        height: u32,
        stride: usize,
        samples: Samples<'a>,
    ) -> Result<Self, PictureError> {
        let sides = 1..=MAX_SIDE;
        if !sides.contains(&width)
            || !sides.contains(&height)
            || u64::from(width) * u64::from(height) > MAX_PIXELS
        {
            return Err(PictureError::Size { width, height });
        }
        let row = width as usize * samples.per_pixel();
        if stride < row {
            return Err(PictureError::Stride { stride, row });
        }
        let needed = stride.saturating_mul(height as usize - 1).saturating_add(row);
        if samples.len() < needed {
            return Err(PictureError::Short { given: samples.len(), needed });
        }
        let (width, height) = (width as usize, height as usize);
        let picture = Self { width, height, stride, samples, whole: None };
        if picture.has_foreign_luma() { Err(PictureError::Luma) } else { Ok(picture) }
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The same as a smaller image of a picture of this size: PDQ then asks what it would see in the whole. Without
    /// effect where the whole is not larger, or larger than a picture may be.
    #[must_use]
    pub fn part_of(mut self, width: u32, height: u32) -> Self {
        let (across, down) = (width as usize, height as usize);
        let larger = across >= self.width && down >= self.height;
        let larger = larger && (across, down) != (self.width, self.height);
        self.whole = (larger && width.max(height) <= MAX_SIDE).then_some((across, down));
        self
    }

    /// The size of the whole picture of which this is a smaller image.
    pub(crate) fn whole(&self) -> Option<(usize, usize)> {
        self.whole
    }

    /// One row, from the top; an empty row below the last.
    pub(crate) fn row(&self, y: usize) -> Samples<'a> {
        let from = y.saturating_mul(self.stride);
        let to = from.saturating_add(self.width * self.samples.per_pixel());
        match self.samples {
            Samples::Grey8(all) => Samples::Grey8(all.get(from..to).unwrap_or_default()),
            Samples::Rgb8(all) => Samples::Rgb8(all.get(from..to).unwrap_or_default()),
            Samples::Luma(all) => Samples::Luma(all.get(from..to).unwrap_or_default()),
        }
    }

    fn has_foreign_luma(&self) -> bool {
        (0..self.height).any(|y| match self.row(y) {
            Samples::Luma(row) => !row.iter().all(|luma| (0.0..=255.0).contains(luma)),
            _ => false,
        })
    }
}

impl Samples<'_> {
    fn per_pixel(&self) -> usize {
        if matches!(self, Samples::Rgb8(_)) { 3 } else { 1 }
    }

    fn len(&self) -> usize {
        match self {
            Samples::Grey8(all) | Samples::Rgb8(all) => all.len(),
            Samples::Luma(all) => all.len(),
        }
    }

    /// The luma of each pixel, as the Python client computes it: 0.299 red + 0.587 green + 0.114 blue in double
    /// precision, rounded once to single. The sum in whole thousandths, divided once, rounds to the same number for
    /// each of the 2²⁴ colours (there is a test that tries them all).
    pub(crate) fn luma_into(&self, out: &mut [f32]) {
        match self {
            Samples::Grey8(row) => {
                for (luma, grey) in out.iter_mut().zip(*row) {
                    *luma = f32::from(*grey);
                }
            }
            Samples::Rgb8(row) => {
                for (luma, [r, g, b]) in out.iter_mut().zip(row.as_chunks::<3>().0) {
                    let thousandths =
                        299 * i32::from(*r) + 587 * i32::from(*g) + 114 * i32::from(*b);
                    *luma = thousandths as f32 / 1000.0;
                }
            }
            Samples::Luma(row) => {
                for (luma, given) in out.iter_mut().zip(*row) {
                    *luma = *given;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_luma_of_every_colour_is_that_of_the_python_client() {
        let mut luma = [0.0];
        for colour in 0..1_u32 << 24 {
            let [_, r, g, b] = colour.to_be_bytes();
            let client = f64::from(r) * 0.299 + f64::from(g) * 0.587 + f64::from(b) * 0.114;
            Samples::Rgb8(&[r, g, b]).luma_into(&mut luma);
            assert_eq!(luma, [client as f32], "{r} {g} {b}");
        }
    }

    #[test]
    fn a_size_that_the_samples_do_not_have_is_refused() {
        let bytes = [0; 12];
        let grey = Samples::Grey8(&bytes);
        assert!(Picture::new(4, 3, grey).is_ok());
        assert!(Picture::new(2, 2, Samples::Rgb8(&bytes)).is_ok());
        assert!(Picture::with_stride(2, 3, 5, grey).is_ok());
        assert_eq!(
            Picture::new(4, 4, grey).unwrap_err(),
            PictureError::Short { given: 12, needed: 16 }
        );
        assert_eq!(
            Picture::with_stride(4, 2, 3, grey).unwrap_err(),
            PictureError::Stride { stride: 3, row: 4 }
        );
        assert!(matches!(
            Picture::with_stride(1, 2, usize::MAX, grey),
            Err(PictureError::Short { .. })
        ));
        for (width, height) in [(0, 3), (3, 0), (65_536, 1), (65_535, 65_535)] {
            assert_eq!(
                Picture::new(width, height, grey).unwrap_err(),
                PictureError::Size { width, height }
            );
        }
        for luma in [f32::NAN, f32::INFINITY, -1.0, 255.5] {
            assert_eq!(Picture::new(1, 1, Samples::Luma(&[luma])).unwrap_err(), PictureError::Luma);
        }
    }
}
