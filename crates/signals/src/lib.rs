//! Signals: hashes by which known images, videos and texts are found again, exactly as other providers compute them.
//!
//! [`TYPES`] lists every signal type: its name, what is hashed, when two signals match, examples. [`Signal`] is one of
//! any type, as a bank keeps it and as the interfaces write it. Each type has its own module with the value itself:
//! [`pdq`] for pictures, [`vpdq`] for videos, [`sha256`] and [`md5`] for files, [`tlsh`] for texts.
//!
//! Pixels come decoded and upright as a [`Picture`]; nothing here decodes a file, reads a clock or touches a disk.
//!
//! To add a type: write one file that declares its [`SignalType`], and add a line to [`TYPES`].

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod digest;
mod hex;
mod kind;
pub mod md5;
pub mod pdq;
mod picture;
pub mod sha256;
pub mod tlsh;
pub mod vpdq;

pub use kind::{Comparison, Content, Distance, Signal, SignalError, SignalType, TYPES, Threshold};
pub use md5::{Md5, Md5Error};
pub use pdq::{Form, NoSignal, Pdq, PdqError, Spectrum};
pub use picture::{MAX_PIXELS, MAX_SIDE, Picture, PictureError, Samples};
pub use sha256::{Sha256, Sha256Error};
pub use tlsh::{NoTlsh, Tlsh, TlshError};
pub use vpdq::{Frame, Vpdq, VpdqError};
