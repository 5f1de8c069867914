//! Random bytes that follow from a seed given by the caller: SHA-512 in counter mode.

use rand_core::{CryptoRng, Error, RngCore, impls};
use sha2::{Digest as _, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A source of bytes from 32 random ones. Used to feed transcripts, which mix statement and witness in.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Seeded {
    seed: [u8; 32],
    next: u64,
}

impl Seeded {
    pub(crate) fn new(seed: &[u8; 32]) -> Seeded {
        Seeded { seed: *seed, next: 0 }
    }
}

impl RngCore for Seeded {
    fn fill_bytes(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(64) {
            let mut hash = Sha512::new();
            hash.update(b"writ-tally/random/1\0");
            hash.update(self.seed);
            hash.update(self.next.to_le_bytes());
            self.next = self.next.wrapping_add(1);
            let mut block: [u8; 64] = hash.finalize().into();
            for (to, from) in chunk.iter_mut().zip(&block) {
                *to = *from;
            }
            block.zeroize();
        }
    }

    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Seeded {}
