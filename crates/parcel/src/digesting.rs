//! A reader or writer that counts and digests what passes through it.

use sha2::{Digest as _, Sha256};
use std::io::{self, Read, Write};
use writ_vocabulary::Digest;

pub(crate) struct Digesting<T> {
    inner: T,
    hasher: Sha256,
    bytes: u64,
}

impl<T> Digesting<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self { inner, hasher: Sha256::new(), bytes: 0 }
    }

    pub(crate) fn finish(self) -> (T, Digest, u64) {
        (self.inner, Digest::from_bytes(self.hasher.finalize().into()), self.bytes)
    }

    fn pass(&mut self, part: &[u8]) {
        self.hasher.update(part);
        self.bytes += part.len() as u64;
    }
}

impl<T: Read> Read for Digesting<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.pass(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl<T: Write> Write for Digesting<T> {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(part)?;
        self.pass(part.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
