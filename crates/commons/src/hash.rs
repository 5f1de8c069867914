//! Hashing: what strangers sent becomes signals. Pixels and frames come from fenced processes only.

use crate::document::Read;
use crate::lookup::Sample;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use writ_media::{Decoder, Limits, MediaError, Sampling, Scale, Still, Timed, is_document};
use writ_signals::{
    Content, Frame, Md5, NoSignal, NoTlsh, Pdq, PictureError, Sha256, SignalError, SignalType,
    Spectrum, TYPES, Tlsh, Vpdq, VpdqError, pdq, sha256, tlsh, vpdq,
};

/// What a file is taken for.
pub use writ_signals::Content as Kind;

/// How near the quality line a scaled picture's quality has to be for the whole picture to decide.
const SLACK: u8 = 10;
/// The longest text that is hashed, in bytes. Of a document's words, which nobody can cut, the first so many are.
const TEXT: usize = 4 << 20;

/// Makes signals of files. Cheap to clone; clones share the fenced processes.
#[derive(Debug, Clone)]
pub struct Hasher {
    decoder: Arc<Decoder>,
    pictures: Limits,
    videos: Limits,
    documents: Limits,
    sampling: Sampling,
}

/// The signals of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Hashed {
    /// Its signals; of a document, one for each page that can be hashed.
    pub samples: Vec<Sample>,
    /// Signal types that the file, or a page of it, has no signal of, and why, for people.
    pub without: Vec<(&'static str, String)>,
    /// Whether the picture was decoded at a part of its size: where the answer is close, hash it in full.
    pub scaled: bool,
}

/// Why a file has no signals.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// It could not be decoded.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// Its picture cannot be hashed.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// It has too many frames.
    #[error(transparent)]
    Video(#[from] VpdqError),
    /// A type of signal that such a file has not.
    #[error("`{kind}` is not a signal of a {content}: there are {known}")]
    Type {
        /// The type asked for.
        kind: String,
        /// What the file is.
        content: &'static str,
        /// The types there are.
        known: String,
    },
    /// A text that is none.
    #[error("the text is not UTF-8, from byte {0} on: convert it, or hash the file by SHA-256")]
    Text(usize),
    /// A text beyond what is hashed.
    #[error("the text has {0} bytes: at most {TEXT} are hashed")]
    LongText(usize),
    /// A signal that does not read back: a fault of this program.
    #[error(transparent)]
    Signal(#[from] SignalError),
}

impl Hasher {
    /// Starts a first fenced process. Limits: 64 MiB and 100 million pixels for pictures; 1 GiB, 10 minutes and a frame
    /// a second for videos; 64 MiB, 2 minutes and 200 pages for documents.
    ///
    /// # Errors
    /// When this machine cannot fence one.
    pub fn start(settings: writ_media::Settings) -> Result<Self, MediaError> {
        let pictures = Limits::default();
        let videos = Limits { bytes: 1 << 30, wall: Duration::from_secs(600), ..pictures };
        let documents = Limits { wall: Duration::from_secs(120), ..pictures };
        let decoder = Arc::new(Decoder::start(settings)?);
        Ok(Self { decoder, pictures, videos, documents, sampling: Sampling::default() })
    }

    /// The signals of a file's bytes; of `types` only, where some are named. A document (PDF) is taken for its pages
    /// where a picture is asked for, and for its words where a text is. Takes as long as decoding does: call it
    /// where waiting is allowed.
    ///
    /// # Errors
    /// See [`HashError`]. A file too poor for a hash is no error: [`Hashed::without`] says so.
    pub fn hash(
        &self,
        bytes: &[u8],
        content: Content,
        types: Option<&[String]>,
        scale: Scale,
    ) -> Result<Hashed, HashError> {
        let wanted = wanted(bytes, content, types)?;
        let drawn = |kind: &&SignalType| [pdq::TYPE.name, tlsh::TEXT.name].contains(&kind.name);
        let document = match is_document(bytes) && wanted.iter().any(drawn) {
            true => Some(Read::of(bytes, &self.decoder, self.documents, TEXT)?),
            false => None,
        };
        let mut hashed = Hashed { samples: Vec::new(), without: Vec::new(), scaled: false };
        for kind in wanted {
            let made = match (kind.name, &document) {
                (name, Some(document)) if name == pdq::TYPE.name => {
                    hashed.samples.extend(document.samples()?);
                    hashed.without.extend(document.without().into_iter().map(|why| (name, why)));
                    continue;
                }
                (name, None) if name == pdq::TYPE.name => {
                    self.picture(bytes, scale, &mut hashed)?
                }
                (name, _) if name == vpdq::TYPE.name => self.video(bytes)?,
                (name, Some(document)) if name == tlsh::TEXT.name => {
                    text(document.words.as_bytes())?
                }
                (name, None) if name == tlsh::TEXT.name => text(bytes)?,
                (name, _) if [sha256::PHOTO.name, sha256::VIDEO.name].contains(&name) => {
                    Ok((Sha256::of([bytes]).to_string(), None))
                }
                _ => Ok((Md5::of([bytes]).to_string(), None)),
            };
            match made {
                Ok((text, quality)) => {
                    let signal = kind.parse(&text)?;
                    hashed.samples.push(Sample { signal, quality, page: None });
                }
                Err(why) => hashed.without.push((kind.name, why)),
            }
        }
        Ok(hashed)
    }

    fn picture(&self, bytes: &[u8], scale: Scale, hashed: &mut Hashed) -> Result<Made, HashError> {
        let still = self.decoder.still(bytes, self.pictures, scale)?;
        let spectrum = Spectrum::of(&still.picture()?);
        let near_line = spectrum.quality().abs_diff(pdq::ENOUGH) <= SLACK;
        if still.scale > 1 && (near_line || spectrum.is_doubtful()) {
            return self.picture(bytes, Scale::Full, hashed);
        }
        hashed.scaled = still.scale > 1;
        let quality = spectrum.quality();
        let signal: Result<Pdq, NoSignal> = spectrum.signal();
        Ok(signal.map(|hash| (hash.to_string(), Some(quality))).map_err(|why| why.to_string()))
    }

    fn video(&self, bytes: &[u8]) -> Result<Made, HashError> {
        let (mut frames, mut fault) = (Vec::new(), None);
        self.decoder.frames(bytes, self.videos, self.sampling, |timed| {
            match frame(&timed, frames.len()) {
                Ok(frame) => frames.push(frame),
                Err(error) => fault = Some(error),
            }
            if fault.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if let Some(error) = fault {
            return Err(error.into());
        }
        let video = Vpdq::new(frames)?;
        if video.hashes(pdq::ENOUGH).is_empty() {
            return Ok(Err("no frame shows enough to be found again by".to_owned()));
        }
        Ok(Ok((String::from(video), None)))
    }
}

/// A signal's text with its quality, or why there is none.
type Made = Result<(String, Option<u8>), String>;

fn frame(timed: &Timed, place: usize) -> Result<Frame, PictureError> {
    let Timed { time, still } = timed;
    let still: &Still = still;
    let spectrum = Spectrum::of(&still.picture()?);
    Ok(Frame {
        number: u32::try_from(place).unwrap_or(u32::MAX),
        quality: spectrum.quality(),
        hash: spectrum.hash(),
        time: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
    })
}

fn text(bytes: &[u8]) -> Result<Made, HashError> {
    if bytes.len() > TEXT {
        return Err(HashError::LongText(bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| HashError::Text(error.valid_up_to()))?;
    let hash: Result<Tlsh, NoTlsh> = Tlsh::of(text);
    Ok(hash.map(|hash| (hash.to_string(), None)).map_err(|why| why.to_string()))
}

/// The types of signal that these bytes have when they are taken for such content: a document taken for pictures also
/// has its words'.
pub fn types_of(bytes: &[u8], content: Content) -> Vec<&'static SignalType> {
    let pages = content == Content::Photo && is_document(bytes);
    let has =
        |kind: &&SignalType| kind.content == content || (pages && kind.name == tlsh::TEXT.name);
    TYPES.iter().copied().filter(has).collect()
}

/// The types wanted of such a file: all there are, unless some are named.
fn wanted(
    bytes: &[u8],
    content: Content,
    types: Option<&[String]>,
) -> Result<Vec<&'static SignalType>, HashError> {
    let known = types_of(bytes, content);
    let Some(types) = types else { return Ok(known) };
    let find = |kind: &String| {
        known.iter().copied().find(|known| known.name == kind).ok_or_else(|| HashError::Type {
            kind: kind.chars().take(80).collect(),
            content: word(content),
            known: known.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", "),
        })
    };
    types.iter().map(find).collect()
}

fn word(content: Content) -> &'static str {
    match content {
        Content::Photo => "photo",
        Content::Video => "video",
        Content::Text => "text",
    }
}
