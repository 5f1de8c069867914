//! A log as a stranger reads it: signed by its key, and every tile and entry hashed again under the signed root.

use crate::audit::AuditError;
use crate::fault::{Fault, Kind};
use crate::files::{CHECKPOINT, Files};
use crate::parallel;
use std::ops::Range;
use writ_tlog::{
    Bundle, BundleError, FULL, Hash, MAX_ENTRY, MAX_NOTE, Policy, SignedCheckpoint, Standing, Tile,
    TileSource, Tree, TreeError, edge, root_of,
};

/// How many bundles are in memory at once: 8,192 entries.
pub(crate) const WINDOW: u64 = 32;

/// A log whose signed root is trusted, and nothing else of it.
pub(crate) struct Log<'a, F: Files> {
    files: &'a F,
    standing: Standing<'a>,
    tree: Tree<Source<'a, F>>,
}

/// Why a step did not give what it should: the log is at fault, or it could not be read.
pub(crate) enum Stop<E> {
    Fault(Fault),
    Error(AuditError<E>),
}

impl<E> From<Fault> for Stop<E> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl<'a, F: Files> Log<'a, F> {
    /// Reads the checkpoint and the tiles at the right edge. Whether witnesses have cosigned is for the caller to ask.
    pub(crate) fn open(files: &'a F, policy: &'a Policy) -> Result<Self, Stop<F::Error>> {
        let bytes = get(files, CHECKPOINT, MAX_NOTE)?;
        let standing = policy
            .evaluate(&bytes)
            .map_err(|refusal| Fault::new(Kind::CheckpointWrong, CHECKPOINT, refusal))?;
        let checkpoint = standing.checkpoint().checkpoint();
        let (size, root) = (checkpoint.size(), checkpoint.root());
        let tree = Tree::open(size, root, Source { files, other: None });
        let tree = tree.map_err(|error| match error {
            TreeError::Edge { .. } => edge_fault(files, size, root, &error.to_string()),
            error => stop(error),
        })?;
        Ok(Self { files, standing, tree })
    }

    pub(crate) fn standing(&self) -> &Standing<'a> {
        &self.standing
    }

    /// What is wrong if the policy's quorum has not cosigned.
    pub(crate) fn without_quorum(&self, policy: &Policy) -> Option<Fault> {
        let note = self.standing.checkpoint().note().to_string();
        let refusal = policy.open(note.as_bytes()).err()?;
        Some(Fault::new(Kind::QuorumMissing, CHECKPOINT, refusal))
    }

    pub(crate) fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Whether the log begins with what this earlier checkpoint covers.
    pub(crate) fn begins_with(&mut self, earlier: &SignedCheckpoint) -> Result<(), Stop<F::Error>> {
        let (earlier, size) = (earlier.checkpoint(), self.size());
        if earlier.size() > size {
            let what = format!("it has {size} entries; you have seen {}", earlier.size());
            return Err(Fault::new(Kind::Rewound, CHECKPOINT, what).into());
        }
        let root = self.tree.root_at(earlier.size()).map_err(stop)?;
        if root != earlier.root() {
            let what = format!(
                "its first {} entries have the root {root}; the checkpoint you have says {}",
                earlier.size(),
                earlier.root()
            );
            return Err(Fault::new(Kind::Forked, CHECKPOINT, what).into());
        }
        Ok(())
    }

    /// The hash of the leaf at `index`, as the signed root has it.
    pub(crate) fn leaf(&mut self, index: u64) -> Result<Hash, Stop<F::Error>> {
        self.tree.leaf(index).map_err(stop)
    }

    /// Reads these bundles, hashes every entry again, and gives for each bundle what `each` makes of its entries, or what
    /// is wrong with it.
    pub(crate) fn window<T: Send>(
        &mut self,
        bundles: Range<u64>,
        threads: usize,
        each: impl Fn(Bundle, &[&[u8]]) -> T + Sync,
    ) -> Result<Vec<Result<T, Fault>>, AuditError<F::Error>> {
        let mut jobs = Vec::new();
        let size = self.tree.size();
        for bundle in bundles.map_while(|index| Bundle::in_log(index, size)) {
            jobs.push(match self.committed(bundle) {
                Ok(committed) => Ok((bundle, committed)),
                Err(Stop::Fault(fault)) => Err(fault),
                Err(Stop::Error(error)) => return Err(error),
            });
        }
        let files = self.files;
        let done = parallel::map(threads, &jobs, |job| {
            let (bundle, committed) = job.as_ref().map_err(Clone::clone)?;
            checked(files, *bundle, committed, &each)
        });
        done.into_iter().map(fault_or_error).collect()
    }

    /// What the tiles above say of a bundle's hashes.
    fn committed(&mut self, bundle: Bundle) -> Result<Committed, Stop<F::Error>> {
        if !bundle.is_full() {
            return self.tree.hashes(bundle.tile()).map(Committed::Hashes).map_err(stop);
        }
        let place = bundle.index() % u64::from(FULL);
        let above = Tile::in_tree(1, bundle.index() / u64::from(FULL), self.tree.size());
        let hashes = above.map(|tile| self.tree.hashes(tile)).transpose().map_err(stop)?;
        let root = hashes.and_then(|hashes| hashes.get(place as usize).copied());
        // A tree that has a full bundle has its root one level up.
        let root = root.ok_or_else(|| Fault::missing(bundle.tile().to_string()))?;
        Ok(Committed::Root(root))
    }
}

/// What is known of a bundle's leaf hashes.
enum Committed {
    /// Their root: the bundle is full, and its tile is still to be read.
    Root(Hash),
    /// All of them: it is at the right edge.
    Hashes(Vec<Hash>),
}

/// Separates what is wrong with the log from what could not be read.
pub(crate) fn fault_or_error<T, E>(
    result: Result<T, Stop<E>>,
) -> Result<Result<T, Fault>, AuditError<E>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Fault(fault)) => Ok(Err(fault)),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// A file that has to be there.
pub(crate) fn get<F: Files>(files: &F, path: &str, most: usize) -> Result<Vec<u8>, Stop<F::Error>> {
    read(files, path, most)?.ok_or_else(|| Fault::missing(path).into())
}

fn read<F: Files>(files: &F, path: &str, most: usize) -> Result<Option<Vec<u8>>, Stop<F::Error>> {
    let error = |source| Stop::Error(AuditError::Read { path: path.to_owned(), source });
    files.read(path, most).map_err(error)
}

fn checked<F: Files, T>(
    files: &F,
    bundle: Bundle,
    committed: &Committed,
    each: impl Fn(Bundle, &[&[u8]]) -> T,
) -> Result<T, Stop<F::Error>> {
    let hashes = match committed {
        Committed::Hashes(hashes) => hashes.clone(),
        Committed::Root(root) => full_tile(files, bundle.tile(), root)?,
    };
    let bytes = bundle_bytes(files, bundle)?;
    let entries = bundle.entries(&bytes).map_err(|error| bundle_fault(&error, &[]))?;
    bundle.check(&entries, &hashes).map_err(|error| bundle_fault(&error, &entries))?;
    Ok(each(bundle, &entries))
}

fn full_tile<F: Files>(files: &F, tile: Tile, root: &Hash) -> Result<Vec<Hash>, Stop<F::Error>> {
    let path = tile.to_string();
    let bytes = get(files, &path, tile.bytes())?;
    let changed = |what: String| Fault::new(Kind::TileChanged, path.as_str(), what);
    let hashes = tile.hashes(&bytes).map_err(|error| changed(error.to_string()))?;
    let computed = root_of(&hashes);
    if computed == *root {
        return Ok(hashes);
    }
    Err(changed(format!("its hashes give {computed}, the tile above it has {root}")).into())
}

/// The bytes of a bundle, or as many entries of the full one, where the partial one is no longer kept.
fn bundle_bytes<F: Files>(files: &F, bundle: Bundle) -> Result<Vec<u8>, Stop<F::Error>> {
    let path = bundle.to_string();
    let most = |bundle: Bundle| usize::from(bundle.width()) * (MAX_ENTRY + 2);
    if let Some(bytes) = read(files, &path, most(bundle))? {
        return Ok(bytes);
    }
    if bundle.is_full() {
        return Err(Fault::missing(path).into());
    }
    let full = bundle.full();
    let missing = || Stop::Fault(Fault::missing(&*path));
    let bytes = read(files, &full.to_string(), most(full))?.ok_or_else(missing)?;
    let entries = full.entries(&bytes).map_err(|error| bundle_fault(&error, &[]))?;
    let ours = entries.iter().take(usize::from(bundle.width()));
    let length: usize = ours.map(|entry| entry.len() + 2).sum();
    Ok(bytes.get(..length).map(<[u8]>::to_vec).unwrap_or_default())
}

fn bundle_fault(error: &BundleError, entries: &[&[u8]]) -> Fault {
    let told =
        |bundle: &Bundle, what: String| Fault::new(Kind::EntryChanged, bundle.to_string(), what);
    let fault = |bundle: &Bundle| told(bundle, error.to_string());
    match error {
        BundleError::Cut { bundle, place, .. } => {
            fault(bundle).entry(bundle.index() * u64::from(FULL) + u64::from(*place))
        }
        BundleError::Longer { bundle, .. } => fault(bundle),
        BundleError::Changed { bundle, index } => {
            let place = (index % u64::from(FULL)) as usize;
            let before: usize = entries.iter().take(place).map(|entry| entry.len() + 2).sum();
            // The tile was checked before: it is the entry that differs.
            let what = format!(
                "its hash is not the one in `{}`, which fits the signed root",
                bundle.tile()
            );
            told(bundle, what).entry(*index).byte(before as u64)
        }
    }
}

/// Tiles from the published files; one of them may be given in another's place.
struct Source<'a, F> {
    files: &'a F,
    other: Option<(Tile, Vec<u8>)>,
}

impl<F: Files> TileSource for Source<'_, F> {
    type Error = Stop<F::Error>;

    fn tile(&mut self, tile: Tile) -> Result<Vec<u8>, Self::Error> {
        if let Some((_, bytes)) = self.other.as_ref().filter(|(other, _)| *other == tile) {
            return Ok(bytes.clone());
        }
        let path = tile.to_string();
        if let Some(bytes) = read(self.files, &path, tile.bytes())? {
            return Ok(bytes);
        }
        let full = match tile.is_full() {
            true => None,
            false => read(self.files, &tile.full().to_string(), tile.full().bytes())?,
        };
        let first = full.and_then(|bytes| bytes.get(..tile.bytes()).map(<[u8]>::to_vec));
        first.ok_or_else(|| Fault::missing(path).into())
    }
}

fn stop<E>(error: TreeError<Stop<E>>) -> Stop<E> {
    let what = error.to_string();
    let changed = |tile: Tile| Fault::new(Kind::TileChanged, tile.to_string(), &what).into();
    match error {
        TreeError::Source { source, .. } => source,
        TreeError::Tile(error) => changed(error.tile),
        TreeError::Tampered { tile, .. } => changed(tile),
        TreeError::Edge { tiles, .. } => match tiles.first() {
            Some(tile) => changed(*tile),
            None => Fault::new(Kind::CheckpointWrong, CHECKPOINT, what).into(),
        },
        TreeError::Beyond { .. } => Fault::new(Kind::TileChanged, CHECKPOINT, what).into(),
    }
}

/// The tiles at the right edge do not give the root. The wrong one is that which, made again from what lies below it,
/// gives the root.
fn edge_fault<F: Files>(files: &F, size: u64, root: Hash, what: &str) -> Stop<F::Error> {
    let tiles: Vec<Tile> = edge(size).collect();
    for tile in &tiles {
        let Ok(hashes) = below(files, *tile) else { continue };
        let bytes = hashes.iter().flat_map(|hash| hash.0).collect();
        let mended = Tree::open(size, root, Source { files, other: Some((*tile, bytes)) });
        if mended.is_ok() {
            let what = "its hashes are not those of what lies below it, which fits the signed root";
            return Fault::new(Kind::TileChanged, tile.to_string(), what).into();
        }
    }
    match tiles.first() {
        Some(tile) => Fault::new(Kind::TileChanged, tile.to_string(), what).into(),
        None => Fault::new(Kind::CheckpointWrong, CHECKPOINT, what).into(),
    }
}

/// The hashes of a tile from the entries or tiles below it.
fn below<F: Files>(files: &F, tile: Tile) -> Result<Vec<Hash>, Stop<F::Error>> {
    let Some(level) = tile.level().checked_sub(1) else {
        let Some(bundle) = Bundle::new(tile.index(), tile.width()) else { return Ok(Vec::new()) };
        let bytes = bundle_bytes(files, bundle)?;
        let entries = bundle.entries(&bytes).map_err(|error| bundle_fault(&error, &[]))?;
        return Ok(entries.iter().map(|entry| Hash::of_leaf(entry)).collect());
    };
    let first = tile.index() * u64::from(FULL);
    let tiles = (first..first + u64::from(tile.width())).filter_map(|n| Tile::new(level, n, FULL));
    let root = |tile: Tile| {
        let bytes = get(files, &tile.to_string(), tile.bytes())?;
        let wrong = |error| Fault::new(Kind::TileChanged, tile.to_string(), error);
        Ok(root_of(&tile.hashes(&bytes).map_err(wrong)?))
    };
    tiles.map(root).collect()
}
