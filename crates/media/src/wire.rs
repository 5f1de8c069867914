//! What passes between decoder and worker over their two pipes: requests and answers, all numbers little-endian.
//!
//! The worker's side may be in hostile hands: every length that comes from it is bounded before anything is allocated.

use crate::decoder::Scale;
use std::io::{self, Read, Write};

/// The longest text in an answer, in bytes.
pub const MAX_TEXT: usize = 400;

/// The longest text of one page, in bytes.
pub const MAX_WORDS: usize = 1 << 20;

/// The length of a request's head.
pub const HEAD: usize = 30;

/// What a worker is asked to do with the bytes that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// One upright picture.
    Still(Scale),
    /// The pictures of an animation: at most `most`, one in each `every` milliseconds, or all where that is 0.
    Frames {
        /// The most pictures.
        most: u32,
        /// Milliseconds.
        every: u64,
    },
    /// The pages of a document: at most `most`, each drawn with `side` pixels on its longer side.
    Pages {
        /// The most pages.
        most: u32,
        /// Pixels.
        side: u16,
    },
    /// Whatever the worker's own probe makes of the bytes: only workers of tests have one.
    Probe,
}

/// A request's head: the bytes themselves follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// What to do.
    pub job: Job,
    /// The most pixels of one picture.
    pub pixels: u64,
    /// How many bytes follow.
    pub bytes: u64,
}

impl Request {
    /// The head as it is sent.
    pub fn head(&self) -> [u8; HEAD] {
        let (kind, scale, most, every) = match self.job {
            Job::Still(Scale::Full) => (0, 0, 0, 0),
            Job::Still(Scale::Fast) => (0, 1, 0, 0),
            Job::Frames { most, every } => (1, 0, most, every),
            Job::Probe => (2, 0, 0, 0),
            Job::Pages { most, side } => (3, 0, most, side.into()),
        };
        let mut head = [0; HEAD];
        let fields = [kind, scale].into_iter().chain(most.to_le_bytes());
        let fields = fields.chain(every.to_le_bytes()).chain(self.pixels.to_le_bytes());
        for (to, from) in head.iter_mut().zip(fields.chain(self.bytes.to_le_bytes())) {
            *to = from;
        }
        head
    }

    /// Reads a head; none where the pipe was closed instead, which is how a worker is dismissed.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut kind = [0; 2];
        if from.read(&mut kind[..1])? == 0 {
            return Ok(None);
        }
        from.read_exact(&mut kind[1..])?;
        let (most, every) = (number(from)? as u32, wide(from)?);
        let job = match kind {
            [0, 0] => Job::Still(Scale::Full),
            [0, 1] => Job::Still(Scale::Fast),
            [1, _] => Job::Frames { most, every },
            [2, _] => Job::Probe,
            [3, _] => Job::Pages { most, side: every as u16 },
            _ => return Err(io::Error::from(io::ErrorKind::InvalidData)),
        };
        Ok(Some(Self { job, pixels: wide(from)?, bytes: wide(from)? }))
    }
}

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The fence stands: bytes may come.
    Ready,
    /// The fence could not be put up, and why.
    Unfit(String),
    /// A picture whose pixels follow.
    Picture(Shape),
    /// The words on the page whose picture comes next.
    Words(String),
    /// No picture of this page, and why; others may come.
    Passed(String),
    /// No more pictures; whether those were all.
    End(bool),
    /// No picture, or no further one.
    Fault(Fault),
}

/// A picture's size and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The size of the whole picture, of which this may be a smaller image.
    pub whole: (u32, u32),
    /// Bytes a pixel: 1 or 3.
    pub channels: u8,
    /// Decoded at one part in this many.
    pub scale: u8,
    /// When it is shown, in milliseconds from the start.
    pub time: u64,
}

impl Shape {
    /// How many bytes its pixels are.
    pub fn bytes(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height) * u64::from(self.channels)
    }
}

/// Why a worker gave no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// More pixels than asked for.
    TooLarge(u32, u32),
    /// No picture of a known kind.
    Unknown,
    /// A document that asks for a password.
    Locked,
    /// More memory than allowed.
    Memory,
    /// Broken.
    Malformed(String),
}

impl Answer {
    /// Sends it; a picture's pixels are for the caller to send after it.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let mut out = Vec::with_capacity(40);
        match self {
            Self::Ready => out.push(0),
            Self::Unfit(text) => lettered(&mut out, 1, text),
            Self::Picture(shape) => {
                out.push(2);
                out.extend(shape.width.to_le_bytes());
                out.extend(shape.height.to_le_bytes());
                out.extend(shape.whole.0.to_le_bytes());
                out.extend(shape.whole.1.to_le_bytes());
                out.extend([shape.channels, shape.scale]);
                out.extend(shape.time.to_le_bytes());
            }
            Self::End(whole) => out.extend([3, u8::from(*whole)]),
            Self::Fault(Fault::TooLarge(width, height)) => {
                out.push(4);
                out.extend(width.to_le_bytes());
                out.extend(height.to_le_bytes());
            }
            Self::Fault(Fault::Unknown) => out.push(5),
            Self::Fault(Fault::Memory) => out.push(6),
            Self::Fault(Fault::Malformed(text)) => lettered(&mut out, 7, text),
            Self::Fault(Fault::Locked) => out.push(8),
            Self::Passed(text) => lettered(&mut out, 9, text),
            Self::Words(text) => {
                let text = text.get(..text.floor_char_boundary(MAX_WORDS)).unwrap_or_default();
                out.push(10);
                out.extend((text.len() as u32).to_le_bytes());
                out.extend(text.as_bytes());
            }
        }
        to.write_all(&out)
    }

    /// Reads one.
    pub fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut tag = [0];
        from.read_exact(&mut tag)?;
        Ok(match tag {
            [0] => Self::Ready,
            [1] => Self::Unfit(text(from)?),
            [2] => Self::Picture(Shape {
                width: number(from)?,
                height: number(from)?,
                whole: (number(from)?, number(from)?),
                channels: byte(from)?,
                scale: byte(from)?,
                time: wide(from)?,
            }),
            [3] => Self::End(byte(from)? == 1),
            [4] => Self::Fault(Fault::TooLarge(number(from)?, number(from)?)),
            [5] => Self::Fault(Fault::Unknown),
            [6] => Self::Fault(Fault::Memory),
            [7] => Self::Fault(Fault::Malformed(text(from)?)),
            [8] => Self::Fault(Fault::Locked),
            [9] => Self::Passed(text(from)?),
            [10] => {
                let length = usize::try_from(number(from)?).unwrap_or(usize::MAX);
                Self::Words(letters(from, length.min(MAX_WORDS))?)
            }
            _ => return Err(io::Error::from(io::ErrorKind::InvalidData)),
        })
    }
}

/// A tag and a text of at most [`MAX_TEXT`] bytes with its length.
fn lettered(out: &mut Vec<u8>, tag: u8, text: &str) {
    let text = text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or_default();
    out.push(tag);
    out.extend((text.len() as u16).to_le_bytes());
    out.extend(text.as_bytes());
}

/// A text whose length comes first, without what could move a terminal's cursor.
fn text(from: &mut impl Read) -> io::Result<String> {
    let mut length = [0; 2];
    from.read_exact(&mut length)?;
    letters(from, usize::from(u16::from_le_bytes(length)).min(MAX_TEXT))
}

fn letters(from: &mut impl Read, length: usize) -> io::Result<String> {
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).chars().filter(|letter| !letter.is_control()).collect())
}

fn byte(from: &mut impl Read) -> io::Result<u8> {
    let mut bytes = [0];
    from.read_exact(&mut bytes).map(|()| bytes[0])
}

fn number(from: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes).map(|()| u32::from_le_bytes(bytes))
}

fn wide(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes).map(|()| u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_come_over_as_they_were_sent() {
        let frames = Job::Frames { most: 7, every: 1000 };
        let pages = Job::Pages { most: 200, side: 1024 };
        let jobs = [Job::Still(Scale::Fast), frames, pages, Job::Probe];
        for job in jobs {
            let request = Request { job, pixels: 1 << 33, bytes: 5 };
            assert_eq!(Request::read(&mut &request.head()[..]).unwrap(), Some(request));
        }
        let shape =
            Shape { width: 3, height: 4, whole: (20, 31), channels: 3, scale: 8, time: 1 << 40 };
        let answers = [
            Answer::Ready,
            Answer::Unfit("no".into()),
            Answer::Picture(shape),
            Answer::End(true),
            Answer::Fault(Fault::TooLarge(65_535, 1)),
            Answer::Fault(Fault::Unknown),
            Answer::Fault(Fault::Memory),
            Answer::Fault(Fault::Malformed("cut".into())),
            Answer::Fault(Fault::Locked),
            Answer::Passed("no".into()),
            Answer::Words("word ".repeat(1000)),
        ];
        for answer in answers {
            let mut sent = Vec::new();
            answer.write(&mut sent).unwrap();
            assert_eq!(Answer::read(&mut &sent[..]).unwrap(), answer);
        }
    }

    #[test]
    fn a_closed_pipe_dismisses_the_worker() {
        assert_eq!(Request::read(&mut &[][..]).unwrap(), None);
        assert!(Request::read(&mut &[0u8, 9, 9][..]).is_err());
    }

    #[test]
    fn a_worker_cannot_write_to_the_operators_terminal() {
        let mut sent = vec![7, 8, 0];
        sent.extend(b"\x1b[2Jdone");
        let answer = Answer::read(&mut &sent[..]).unwrap();
        assert_eq!(answer, Answer::Fault(Fault::Malformed("[2Jdone".into())));
    }
}
