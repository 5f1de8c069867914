//! vPDQ: a video as the PDQ hashes of its frames, compared by how many frames of each are found in the other.
//!
//! Public description: the `vpdq` folder of the repository facebook/ThreatExchange. Text forms: the Python client's
//! (a JSON list of `hash,quality,seconds`), and the reference program's (lines of `frame,quality,hash,seconds`).

use crate::hex;
use crate::kind::{Comparison, Content, Distance, SignalError, SignalType, Threshold};
use crate::pdq::{self, Pdq};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// vPDQ among the signals.
pub static TYPE: SignalType = SignalType {
    name: "vpdq",
    content: Content::Video,
    about: "a video, found again when scaled, recompressed, cut or joined; a JSON list of `hash,quality,seconds`",
    threshold: Threshold::Frames(Rule::CLIENT),
    canonical: |text| Ok(text.parse::<Vpdq>()?.to_string()),
    compare: |query, known, threshold| {
        let Threshold::Frames(rule) = threshold else {
            return Err(SignalError::Threshold("vpdq", format!("{:?}", TYPE.threshold)));
        };
        Ok(query.parse::<Vpdq>()?.compare(&known.parse()?, rule))
    },
    examples: &[
        r#"["da8927d3292ac7256d2dd262a9dca26bb2f25d25ce80bd2d5a8d85b34d8b58c2,100,0.0", "0f0f0f0ff0f0f0f00f0f0f0ff0f0f0f00f0f0f0ff0f0f0f00f0f0f0ff0f0f0f0,97,1.0"]"#,
    ],
};

/// The most frames of one signal: ten hours at one a second. Comparing two of that size takes about a second.
pub const MAX_FRAMES: usize = 36_000;

/// The longest text that is read, in bytes.
pub const MAX_TEXT: usize = 8 << 20;

/// The latest time of a frame, in milliseconds: about 31 years, so that no sum overflows.
const MAX_TIME: u64 = 1_000_000_000_000;

/// A video as a bag of frames, in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Vpdq(Vec<Frame>);

/// One frame of a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Frame {
    /// Its number in the video, or in the list where the text does not say.
    pub number: u32,
    /// How much there is to see, 0 to 100.
    pub quality: u8,
    /// Its PDQ hash.
    pub hash: Pdq,
    /// When it is shown, in milliseconds from the start.
    pub time: u64,
}

/// When two videos match.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The most bits by which two frames differ that are the same.
    pub distance: u32,
    /// The least quality of a frame that is looked at.
    pub quality: u8,
    /// The least share of the query's frames that must be found in the known video, in percent.
    pub query: f64,
    /// The least share of the known video's frames that must be found in the query, in percent.
    pub known: f64,
}

/// How much of each video was found in the other, in percent of its frames that were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// Of the query.
    pub query: f64,
    /// Of the known video.
    pub known: f64,
}

/// Text that is not a vPDQ signal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VpdqError {
    /// Not a JSON list of texts.
    #[error("not a vPDQ signal: give a JSON list of texts `hash,quality,seconds`")]
    List,
    /// One frame is malformed.
    #[error("frame {place} of a vPDQ signal, `{text}`: {what}")]
    Frame {
        /// Which one, the first being 1.
        place: usize,
        /// As given.
        text: String,
        /// What is wrong and what is asked for.
        what: &'static str,
    },
    /// More frames or a longer text than is read.
    #[error(
        "a vPDQ signal of more than {MAX_FRAMES} frames or {MAX_TEXT} bytes: hash fewer frames a second"
    )]
    TooLong,
}

impl Rule {
    /// The Python client's defaults: most of the query lies in the known video, as of a short clip of it.
    pub const CLIENT: Self =
        Self { distance: pdq::MATCH, quality: pdq::ENOUGH, query: 80.0, known: 0.0 };

    /// The reference's example: most of the known video lies in the query, as in a longer video that contains it.
    pub const REFERENCE: Self = Self { query: 0.0, known: 80.0, ..Self::CLIENT };
}

impl Vpdq {
    /// A video of these frames.
    ///
    /// # Errors
    ///
    /// When there are more than [`MAX_FRAMES`], or a frame's quality or time is out of range.
    pub fn new(frames: Vec<Frame>) -> Result<Self, VpdqError> {
        if frames.len() > MAX_FRAMES {
            return Err(VpdqError::TooLong);
        }
        for (place, frame) in frames.iter().enumerate() {
            if frame.quality > 100 || frame.time > MAX_TIME {
                let text = format!("{},{},{}", frame.hash, frame.quality, frame.time);
                return Err(VpdqError::Frame {
                    place: place + 1,
                    text,
                    what: "quality or time out of range",
                });
            }
        }
        Ok(Self(frames))
    }

    /// The frames, in the order given.
    pub fn frames(&self) -> &[Frame] {
        &self.0
    }

    /// The hashes that are looked at: of frames of at least this quality, each once, in their order.
    pub fn hashes(&self, quality: u8) -> Vec<Pdq> {
        let mut seen = BTreeSet::new();
        let good = self.0.iter().filter(|frame| frame.quality >= quality);
        good.map(|frame| frame.hash).filter(|hash| seen.insert(*hash)).collect()
    }

    /// How this video, asked for, compares with a known one. Videos of which no frame is found, or that have no
    /// frame of the quality asked, do not match under any rule.
    pub fn compare(&self, known: &Self, rule: &Rule) -> Comparison {
        let (query, known) = (self.hashes(rule.quality), known.hashes(rule.quality));
        let mut found = vec![false; known.len()];
        let mut queried = 0;
        for hash in &query {
            let mut any = false;
            for (other, found) in known.iter().zip(&mut found) {
                let near = hash.distance(other) <= rule.distance;
                *found |= near;
                any |= near;
            }
            queried += usize::from(any);
        }
        let matched = found.iter().filter(|found| **found).count();
        let shares =
            Shares { query: share(queried, query.len()), known: share(matched, known.len()) };
        let matches = queried > 0 && shares.query >= rule.query && shares.known >= rule.known;
        Comparison { matches, distance: Distance::Shares(shares) }
    }

    /// Reads the reference program's form: a line `frame,quality,hash,seconds` for each frame.
    ///
    /// # Errors
    ///
    /// When a line is malformed, or there are too many.
    pub fn from_lines(text: &str) -> Result<Self, VpdqError> {
        Self::read(text, text.lines(), |_, line| {
            let [number, quality, hash, seconds] = parts(line)?;
            let number = number.parse().map_err(|_| "the frame is not a whole number")?;
            frame(number, hash, quality, seconds)
        })
    }

    /// Writes the reference program's form.
    pub fn to_lines(&self) -> String {
        let line = |frame: &Frame| {
            let Frame { number, quality, hash, time } = frame;
            format!("{number},{quality},{hash},{}.{:03}\n", time / 1000, time % 1000)
        };
        self.0.iter().map(line).collect()
    }

    fn read<S: AsRef<str>>(
        text: &str,
        given: impl IntoIterator<Item = S>,
        one: impl Fn(u32, &str) -> Result<Frame, &'static str>,
    ) -> Result<Self, VpdqError> {
        if text.len() > MAX_TEXT {
            return Err(VpdqError::TooLong);
        }
        let mut frames = Vec::new();
        for (number, given) in (0..).zip(given) {
            let given = given.as_ref();
            let frame = one(number, given).map_err(|what| VpdqError::Frame {
                place: frames.len() + 1,
                text: hex::shown(given),
                what,
            })?;
            frames.push(frame);
            if frames.len() > MAX_FRAMES {
                return Err(VpdqError::TooLong);
            }
        }
        Ok(Self(frames))
    }
}

fn share(found: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { (found * 100) as f64 / of as f64 }
}

fn parts<const N: usize>(text: &str) -> Result<[&str; N], &'static str> {
    let parts: Vec<_> = text.splitn(N + 1, ',').collect();
    parts.try_into().map_err(|_| "it has too few or too many parts")
}

fn frame(number: u32, hash: &str, quality: &str, seconds: &str) -> Result<Frame, &'static str> {
    let is_number = |text: &str| text.bytes().all(|byte| b"0123456789.e+-".contains(&byte));
    let hash = hash.parse().map_err(|_| "the hash is not 64 hexadecimal characters")?;
    let quality = quality.parse().ok().filter(|quality| (0..=100).contains(quality));
    let quality = quality.ok_or("the quality is not a whole number from 0 to 100")?;
    let seconds: Option<f64> =
        Some(seconds).filter(|text| is_number(text)).and_then(|text| text.parse().ok());
    let time = seconds.map(|seconds| (seconds * 1000.0).round());
    let time = time.filter(|time| (0.0..=MAX_TIME as f64).contains(time));
    let time = time.ok_or("the time is not a number of seconds from 0")? as u64;
    Ok(Frame { number, quality, hash, time })
}

/// Reads the Python client's form. The empty text is a video without frames, as it is to the client.
impl FromStr for Vpdq {
    type Err = VpdqError;

    fn from_str(text: &str) -> Result<Self, VpdqError> {
        if text.len() > MAX_TEXT {
            return Err(VpdqError::TooLong);
        }
        let given: Vec<String> = match text {
            "" => Vec::new(),
            _ => serde_json::from_str(text).map_err(|_| VpdqError::List)?,
        };
        Self::read(text, given, |number, given| {
            let [hash, quality, seconds] = parts(given)?;
            frame(number, hash, quality, seconds)
        })
    }
}

/// Writes the Python client's form, with whole milliseconds where the client keeps three digits of the seconds.
impl fmt::Display for Vpdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (place, Frame { quality, hash, time, .. }) in self.0.iter().enumerate() {
            let between = if place == 0 { "" } else { ", " };
            let thousandths = format!("{:03}", time % 1000);
            let decimals = match thousandths.trim_end_matches('0') {
                "" => "0",
                some => some,
            };
            write!(f, "{between}\"{hash},{quality},{}.{decimals}\"", time / 1000)?;
        }
        f.write_str("]")
    }
}

impl TryFrom<String> for Vpdq {
    type Error = VpdqError;

    fn try_from(text: String) -> Result<Self, VpdqError> {
        text.parse()
    }
}

impl From<Vpdq> for String {
    fn from(video: Vpdq) -> String {
        video.to_string()
    }
}
