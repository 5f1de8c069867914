//! Entry bundles as bytes: each entry after its length in two bytes, big-endian (C2SP tlog-tiles).

use crate::{Bundle, Hash};

/// The longest entry.
pub const MAX_ENTRY: usize = 65_535;

/// Why bytes are not the bundle that they should be, or entries cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It ends within an entry.
    #[error(
        "`{bundle}` ends within entry {place} of {width}: fetch it again, or from another copy"
    )]
    Cut {
        /// The bundle.
        bundle: Bundle,
        /// The entry's place in the bundle, from 0.
        place: u16,
        /// How many there should be.
        width: u16,
    },
    /// It goes on after its last entry.
    #[error(
        "`{bundle}` has {bytes} bytes after its {width} entries: fetch it again, or from another copy"
    )]
    Longer {
        /// The bundle.
        bundle: Bundle,
        /// How many entries there should be.
        width: u16,
        /// How many bytes come after them.
        bytes: usize,
    },
    /// An entry is not the one whose hash is in the tree.
    #[error(
        "entry {index} in `{bundle}` is not the one that the log committed to: it was changed, or `{}` was", bundle.tile()
    )]
    Changed {
        /// The bundle.
        bundle: Bundle,
        /// The index of the entry in the log.
        index: u64,
    },
}

/// An entry too long for any bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an entry of {bytes} bytes is longer than {MAX_ENTRY}: log its digest, and keep it elsewhere"
)]
pub struct EntryTooLong {
    /// How many bytes it has.
    pub bytes: usize,
}

/// Adds an entry at the end of a bundle's bytes.
pub fn append_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryTooLong> {
    let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong { bytes: entry.len() })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

impl Bundle {
    /// The entries in a bundle's bytes: exactly as many as it is wide, and nothing after them.
    pub fn entries<'a>(&self, bytes: &'a [u8]) -> Result<Vec<&'a [u8]>, BundleError> {
        let width = self.width();
        let mut rest = bytes;
        let mut entries = Vec::with_capacity(usize::from(width));
        for place in 0..width {
            let cut = BundleError::Cut { bundle: *self, place, width };
            let Some((entry, after)) = first_entry(rest) else { return Err(cut) };
            entries.push(entry);
            rest = after;
        }
        match rest.len() {
            0 => Ok(entries),
            bytes => Err(BundleError::Longer { bundle: *self, width, bytes }),
        }
    }

    /// Checks that the entries are those whose leaf hashes the level-0 tile holds.
    pub fn check(&self, entries: &[&[u8]], hashes: &[Hash]) -> Result<(), BundleError> {
        let width = usize::from(self.width());
        for place in 0..width.max(entries.len()).max(hashes.len()) {
            let entry = entries.get(place).map(|entry| Hash::of_leaf(entry));
            if entry.is_none() || entry.as_ref() != hashes.get(place) {
                let index = self.index().saturating_mul(256).saturating_add(place as u64);
                return Err(BundleError::Changed { bundle: *self, index });
            }
        }
        Ok(())
    }
}

fn first_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
