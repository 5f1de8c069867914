//! PDQ: 256 bits of a picture that stay nearly the same when it is scaled, recompressed or lightly edited.
//!
//! Public description: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook, 2019.
//! The picture is shrunk to 64 by 64 by a tent filter, its 16 by 16 lowest frequencies are taken, and each bit says
//! whether one of them lies above their median.
//!
//! The meaning is that of the Python client `pdqhash` 0.2.8 at full resolution on a processor without fused
//! arithmetic: the same hash and the same quality from the same pixels, in every bit (`vectors/signals`).

mod part;
mod shrink;
mod spectrum;

use crate::hex;
use crate::kind::{Content, SignalType, Threshold};
use crate::picture::Picture;
use serde::{Deserialize, Serialize};
use spectrum::{LOW, Low, low_frequencies, quality};
use std::fmt;
use std::str::FromStr;

/// PDQ among the signals.
pub static TYPE: SignalType = SignalType {
    name: "pdq",
    content: Content::Photo,
    about: "a picture, found again when scaled, recompressed or lightly edited; 64 hexadecimal characters",
    threshold: Threshold::AtMost(MATCH),
    canonical: |text| Ok(text.parse::<Pdq>()?.to_string()),
    compare: |a, b, threshold| Ok(threshold.of_distance(a.parse::<Pdq>()?.distance(&b.parse()?))),
    examples: &[
        "da8927d3292ac7256d2dd262a9dca26bb2f25d25ce80bd2d5a8d85b34d8b58c2",
        "0f0f0f0ff0f0f0f00f0f0f0ff0f0f0f00f0f0f0ff0f0f0f00f0f0f0ff0f0f0f0",
    ],
};

/// The most bits by which two hashes of the same picture differ, by default: the client's confident match.
pub const MATCH: u32 = 31;

/// The least quality at which a hash is given as a signal.
pub const ENOUGH: u8 = 50;

/// The least side of a picture that has a hash other than zero.
const LEAST_SIDE: usize = 5;

/// Frequencies this near to each other, in grey levels, are tied: decoding once more or a little smaller swaps them.
const TIE: f32 = 0.1;

/// More tied frequencies than this and the hash is doubtful. Of drawings decoded at half their size, those with more
/// lay up to 40 bits off, those with fewer and of quality 50 at most 10, which the specification allows.
const DOUBT: usize = 24;

/// A PDQ hash. Its text is 64 hexadecimal characters, lower case when written, either case when read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pdq([u8; 32]);

/// Text that is not a PDQ hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a PDQ hash: give 64 hexadecimal characters")]
pub struct PdqError(pub String);

impl Pdq {
    /// The hash whose 32 bytes these are, in the order of its text.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, in the order of the text.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// How many of the 256 bits differ: 0 to 256.
    pub fn distance(&self, other: &Self) -> u32 {
        let ours = self.0.as_chunks::<8>().0;
        let theirs = other.0.as_chunks::<8>().0;
        let differing = |(a, b): (&[u8; 8], &[u8; 8])| {
            (u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b)).count_ones()
        };
        ours.iter().zip(theirs).map(differing).sum()
    }

    /// Each frequency above the lower median of all is a one, the last frequency first.
    fn of(low: &Low) -> Self {
        let median = lower_median(low);
        let mut bytes = [0; 32];
        for (byte, eight) in bytes.iter_mut().rev().zip(low.as_flattened().as_chunks::<8>().0) {
            *byte = eight.iter().rev().fold(0, |bits, value| bits << 1 | u8::from(*value > median));
        }
        Self(bytes)
    }
}

/// What PDQ sees in a picture: its low frequencies and how much there is to see.
///
/// ```
/// use writ_signals::pdq::Spectrum;
/// use writ_signals::{Picture, Samples};
///
/// let board: Vec<u8> = (0..128 * 128).map(|at| if (at / 16 + at / 2048) % 2 == 0 { 30 } else { 220 }).collect();
/// let spectrum = Spectrum::of(&Picture::new(128, 128, Samples::Grey8(&board))?);
/// assert_eq!(spectrum.quality(), 100);
///
/// let flat = [128; 64 * 64];
/// let spectrum = Spectrum::of(&Picture::new(64, 64, Samples::Grey8(&flat))?);
/// assert!(spectrum.signal().unwrap_err().to_string().starts_with("too little to see"));
/// # Ok::<(), writ_signals::PictureError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    low: Low,
    quality: u8,
}

/// Why a picture has no PDQ signal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSignal {
    /// The picture is nearly flat: its hash would match other flat pictures.
    #[error(
        "too little to see: quality {quality} of 100, and a hash below {ENOUGH} matches what is not alike; compare by SHA-256 or MD5"
    )]
    TooFlat {
        /// The picture's quality.
        quality: u8,
    },
    /// The picture has fewer than five pixels along a side.
    #[error(
        "too small: a picture has a PDQ hash from {LEAST_SIDE} pixels a side; compare by SHA-256 or MD5"
    )]
    TooSmall,
}

impl Spectrum {
    /// Looks at a picture: about a nanosecond a pixel, and memory for a thirtieth of the pixels.
    pub fn of(picture: &Picture<'_>) -> Self {
        if picture.width().min(picture.height()) < LEAST_SIDE {
            return Self { low: [[0.0; LOW]; LOW], quality: 0 };
        }
        let small = match picture.whole() {
            None => shrink::shrink(picture),
            Some(whole) => part::shrink(picture, whole),
        };
        Self { low: low_frequencies(&small), quality: quality(&small) }
    }

    /// The hash as a signal, where the quality is [`ENOUGH`].
    ///
    /// # Errors
    ///
    /// When it is not, and why.
    pub fn signal(&self) -> Result<Pdq, NoSignal> {
        match self.quality {
            ENOUGH.. => Ok(self.hash()),
            0 if self.is_empty() => Err(NoSignal::TooSmall),
            quality => Err(NoSignal::TooFlat { quality }),
        }
    }

    /// The hash whatever its quality, to compare with that of another implementation: zero for a picture of fewer
    /// than five pixels a side.
    pub fn hash(&self) -> Pdq {
        Pdq::of(&self.low)
    }

    /// How much there is to see, 0 to 100.
    pub fn quality(&self) -> u8 {
        self.quality
    }

    /// The hashes of the picture turned and mirrored, from this one look: see [`Form`] for their order.
    pub fn forms(&self) -> [(Form, Pdq); 8] {
        Form::ALL.map(|form| (form, Pdq::of(&form.of(&self.low))))
    }

    /// How far the two frequencies lie apart between which the median cuts, in grey levels: a change of the shrunk
    /// picture whose frequencies are smaller than half of it leaves every bit as it is.
    pub fn margin(&self) -> f32 {
        let median = lower_median(&self.low);
        let above = self.values().filter(|value| *value > median).fold(f32::INFINITY, f32::min);
        if self.values().filter(|value| *value == median).count() > 1 {
            0.0
        } else {
            above - median
        }
    }

    /// How many frequencies besides the median's own lie within `levels` grey levels of it: as many bits may turn
    /// when the shrunk picture changes by as much.
    pub fn near_median(&self, levels: f32) -> usize {
        let median = lower_median(&self.low);
        self.values().filter(|value| (value - median).abs() <= levels).count().saturating_sub(1)
    }

    /// Whether many frequencies are tied at the median, as of a flat picture with a border: a hash taken from a
    /// picture decoded at less than its full resolution is then not to be relied on.
    pub fn is_doubtful(&self) -> bool {
        self.near_median(TIE) > DOUBT
    }

    fn values(&self) -> impl Iterator<Item = f32> {
        self.low.as_flattened().iter().copied()
    }

    fn is_empty(&self) -> bool {
        self.values().all(|value| value == 0.0)
    }
}

/// A way to turn or mirror a picture; the order is the Python client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// As it is.
    Upright,
    /// A quarter turn, anticlockwise.
    Rotate90,
    /// Half a turn.
    Rotate180,
    /// A quarter turn, clockwise.
    Rotate270,
    /// Upside down in a mirror: the top row becomes the bottom row.
    FlipX,
    /// Left and right exchanged.
    FlipY,
    /// Mirrored along the diagonal from the upper left: rows become columns.
    FlipPlus1,
    /// Mirrored along the diagonal from the upper right.
    FlipMinus1,
}

impl Form {
    /// All eight.
    pub const ALL: [Self; 8] = [
        Self::Upright,
        Self::Rotate90,
        Self::Rotate180,
        Self::Rotate270,
        Self::FlipX,
        Self::FlipY,
        Self::FlipPlus1,
        Self::FlipMinus1,
    ];

    /// The frequencies of the turned picture: each changes its sign or not, and rows become columns or not.
    fn of(self, low: &Low) -> Low {
        let odd = |place: usize| place.is_multiple_of(2);
        let negated = |down: usize, across: usize| match self {
            Self::Upright | Self::FlipPlus1 => false,
            Self::Rotate90 | Self::FlipY => odd(across),
            Self::Rotate270 | Self::FlipX => odd(down),
            Self::Rotate180 | Self::FlipMinus1 => odd(down) != odd(across),
        };
        let mut turned = *low;
        for (down, row) in turned.iter_mut().enumerate() {
            for (across, value) in row.iter_mut().enumerate() {
                if negated(down, across) {
                    *value = -*value;
                }
            }
        }
        match self {
            Self::Upright | Self::Rotate180 | Self::FlipX | Self::FlipY => turned,
            _ => shrink::transposed(&turned),
        }
    }
}

/// The 128th of the 256 values by size.
fn lower_median(low: &Low) -> f32 {
    let mut values =
        *low.as_flattened().first_chunk::<{ LOW * LOW }>().unwrap_or(&[0.0; LOW * LOW]);
    *values.select_nth_unstable_by(LOW * LOW / 2 - 1, f32::total_cmp).1
}

impl FromStr for Pdq {
    type Err = PdqError;

    fn from_str(text: &str) -> Result<Self, PdqError> {
        hex::parse(text).map(Self).ok_or_else(|| PdqError(hex::shown(text)))
    }
}

impl fmt::Display for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl TryFrom<String> for Pdq {
    type Error = PdqError;

    fn try_from(text: String) -> Result<Self, PdqError> {
        text.parse()
    }
}

impl From<Pdq> for String {
    fn from(hash: Pdq) -> String {
        hash.to_string()
    }
}
