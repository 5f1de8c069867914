//! Why media were not decoded, in words for whoever handed them in.

use std::io;
use std::time::Duration;

/// Why media were not decoded, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// A file of no bytes.
    #[error("the file is empty: send it again")]
    Empty,
    /// More bytes than the caller's limits allow.
    #[error("the file has {bytes} bytes: at most {most} are decoded")]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        most: usize,
    },
    /// More pixels than the caller's limits allow; nothing was allocated for them.
    #[error(
        "the picture is {width} by {height} pixels: at most {most} pixels in all are decoded, and 65,535 a side"
    )]
    TooLarge {
        /// Pixels across, as the file claims.
        width: u32,
        /// Pixels down, as the file claims.
        height: u32,
        /// Pixels allowed in all.
        most: u64,
    },
    /// Bytes of no kind that is decoded here.
    #[error("the bytes are no {wanted} that is decoded here: {found}")]
    Unknown {
        /// What the caller asked for: `picture`, `video` or `document`.
        wanted: &'static str,
        /// What the bytes are, or which kinds are decoded.
        found: &'static str,
    },
    /// A list of other files in the place of a video.
    #[error("the file is a playlist, which names other files: send the video itself")]
    Playlist,
    /// Of a known kind, and broken.
    #[error("the file is broken or cut off: {0}")]
    Malformed(String),
    /// A document that opens with a password only.
    #[error(
        "the document opens with a password only: hand it in without one, or hash it by SHA-256"
    )]
    Locked,
    /// Not done within the caller's time; its process was ended.
    #[error(
        "decoding took longer than {0:?}: its process was ended; allow more time, or hash the file by SHA-256"
    )]
    TooSlow(Duration),
    /// More memory than the settings allow.
    #[error(
        "decoding needs more memory than the {most} bytes its process may have: allow more, or hash the file by SHA-256"
    )]
    Memory {
        /// Bytes of address space a worker has.
        most: u64,
    },
    /// The decoder was ended by the system: it crashed, or tried what its fence forbids.
    #[error(
        "the decoder was ended by {signal} while it read the file: treat the file as hostile, and hash it by SHA-256"
    )]
    Stopped {
        /// The signal: `SIGSYS` for a forbidden system call.
        signal: String,
    },
    /// This machine cannot fence a decoder: nothing is decoded.
    #[error("media cannot be decoded safely on this machine: {0}")]
    Unfit(String),
    /// The program that decodes videos is not there.
    #[error(
        "videos need the program `{0}`, which is not here: install ffmpeg, or name it in the settings"
    )]
    NoFfmpeg(String),
    /// The worker did not keep to the protocol between it and us.
    #[error("the decoder answered what it should not: {0}; treat the file as hostile")]
    Answer(&'static str),
    /// A worker could not be started or spoken to.
    #[error("a decoding process could not be started or reached: {0}")]
    Process(#[from] io::Error),
}
