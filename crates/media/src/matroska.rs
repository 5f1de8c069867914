//! Raw grey frames out of the Matroska stream that `ffmpeg` writes: the one form that carries sizes and times on one
//! pipe (RFC 9559). Only what that program writes is read; everything else is stepped over.

use std::io::{self, Read};

/// The stream's first bytes.
pub const MAGIC: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];

/// Elements that are entered; all others are read or stepped over.
const ENTERED: [u32; 6] = [0x1853_8067, 0x1654_ae6b, 0xae, 0xe0, 0x1f43_b675, 0xa0];

const PIXEL_WIDTH: u32 = 0xb0;
const PIXEL_HEIGHT: u32 = 0xba;
const CLUSTER_TIME: u32 = 0xe7;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK: u32 = 0xa1;

/// The head of a block: track, time within the cluster, flags.
const BLOCK_HEAD: u64 = 4;

/// One frame.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Milliseconds from the start.
    pub time: u64,
    /// A byte a pixel.
    pub samples: Vec<u8>,
}

/// The frames of a stream.
pub struct Frames<R> {
    from: R,
    pixels: u64,
    width: u64,
    height: u64,
    cluster: u64,
}

impl<R: Read> Frames<R> {
    /// Reads a stream whose frames have at most `pixels` pixels.
    pub fn of(from: R, pixels: u64) -> Self {
        Self { from, pixels, width: 0, height: 0, cluster: 0 }
    }

    /// The next frame; none at the stream's end.
    pub fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            let Some(id) = self.id()? else { return Ok(None) };
            let size = self.vint()?;
            match id {
                PIXEL_WIDTH => self.width = self.number(size)?,
                PIXEL_HEIGHT => self.height = self.number(size)?,
                CLUSTER_TIME => self.cluster = self.number(size)?,
                SIMPLE_BLOCK | BLOCK => return self.frame(size).map(Some),
                id if ENTERED.contains(&id) => {}
                _ => self.skip(size)?,
            }
        }
    }

    fn frame(&mut self, size: u64) -> io::Result<Frame> {
        let pixels = self.width.saturating_mul(self.height);
        if pixels == 0 || pixels > self.pixels || size != pixels + BLOCK_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let [_, high, low, _] = self.bytes()?;
        let within = i64::from(i16::from_be_bytes([high, low]));
        let mut samples = vec![0; usize::try_from(pixels).map_err(io::Error::other)?];
        self.from.read_exact(&mut samples)?;
        let side = |side| u32::try_from(side).map_err(io::Error::other);
        let time = self.cluster.saturating_add_signed(within);
        Ok(Frame { width: side(self.width)?, height: side(self.height)?, time, samples })
    }

    /// An element's id, its length marker kept; none at the end.
    fn id(&mut self) -> io::Result<Option<u32>> {
        let mut first = [0];
        if self.from.read(&mut first)? == 0 {
            return Ok(None);
        }
        let more = first[0].leading_zeros();
        if more > 3 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut id = u32::from(first[0]);
        for _ in 0..more {
            id = id << 8 | u32::from(self.bytes::<1>()?[0]);
        }
        Ok(Some(id))
    }

    /// A length, its marker taken off.
    fn vint(&mut self) -> io::Result<u64> {
        let [first] = self.bytes()?;
        let more = first.leading_zeros();
        let mut value = u64::from(first) & (0x7f >> more.min(7));
        for _ in 0..more {
            value = value << 8 | u64::from(self.bytes::<1>()?[0]);
        }
        Ok(value)
    }

    fn number(&mut self, size: u64) -> io::Result<u64> {
        let mut value = 0;
        for _ in 0..size.min(8) {
            value = value << 8 | u64::from(self.bytes::<1>()?[0]);
        }
        Ok(value)
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes).map(|()| bytes)
    }

    fn skip(&mut self, size: u64) -> io::Result<()> {
        io::copy(&mut (&mut self.from).take(size), &mut io::sink()).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = &[
        0x1a, 0x45, 0xdf, 0xa3, 0x81, 9, // a head, stepped over
        0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255,
        255, // a segment without end
        0x16, 0x54, 0xae, 0x6b, 0x88, 0xae, 0x86, 0xe0, 0x84, 0xb0, 0x81, 2, 0xba, 0x81, 1, //
        0x1f, 0x43, 0xb6, 0x75, 0x8b, 0xe7, 0x81, 100, 0xa3, 0x86, 0x81, 0, 5, 0x80, 7, 8,
    ];

    #[test]
    fn a_frame_has_its_size_and_its_time() {
        let mut frames = Frames::of(STREAM, 2);
        let frame = Frame { width: 2, height: 1, time: 105, samples: vec![7, 8] };
        assert_eq!(frames.next().unwrap(), Some(frame));
        assert_eq!(frames.next().unwrap(), None);
    }

    #[test]
    fn frames_larger_than_allowed_and_cut_streams_are_errors() {
        assert!(Frames::of(STREAM, 1).next().is_err());
        for end in 1..STREAM.len() {
            let _ = Frames::of(&STREAM[..end], 2).next();
        }
        assert!(Frames::of(&STREAM[..STREAM.len() - 1], 2).next().is_err());
    }
}
