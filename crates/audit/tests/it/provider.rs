//! A provider that may lie: it signs whatever log it likes, and has its witnesses, who cannot know better, cosign it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use writ_audit::{AuditError, Entries, Expected, Files, Verdict, audit};
use writ_tally::Bases;
use writ_tlog::{
    Checkpoint, Cosigner, Frontier, Hash, Policy, Signer, append_entry, new_bundles, new_tiles,
    root_of,
};

pub const ORIGIN: &str = "record.meridian.example/1";

pub fn key() -> Signer {
    Signer::from_seed(ORIGIN.parse().unwrap(), &[7; 32])
}

pub fn witness(number: u8) -> Cosigner {
    let name = format!("witness-{number}.example");
    Cosigner::from_seed(name.parse().unwrap(), &[100 + number; 32])
}

/// Believes the provider's log if these two witnesses have cosigned it.
pub fn policy(witnesses: [u8; 2]) -> Policy {
    let [one, two] = witnesses.map(|number| witness(number).key().to_string());
    let log = key().key().to_string();
    let text = format!(
        "log {log}\nwitness one {one}\nwitness two {two}\ngroup both all one two\nquorum both\n"
    );
    Policy::parse(text.as_bytes()).unwrap()
}

/// A published folder.
#[derive(Clone, Default)]
pub struct Folder(pub BTreeMap<String, Vec<u8>>);

impl Files for Folder {
    type Error = Infallible;
    fn read(&self, path: &str, _: usize) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(path).cloned())
    }
}

/// What the reader of a record asks for.
#[derive(Clone)]
pub struct Asked {
    pub policy: Policy,
    pub proofs: bool,
    pub since: Option<Vec<u8>>,
    pub report: Option<Vec<u8>>,
    pub now: Option<u64>,
}

impl Default for Asked {
    fn default() -> Self {
        Self { policy: policy([1, 2]), proofs: true, since: None, report: None, now: None }
    }
}

impl Folder {
    pub fn flip(&mut self, path: &str, byte: usize) {
        self.0.get_mut(path).unwrap_or_else(|| panic!("no {path}"))[byte] ^= 1;
    }

    pub fn audit(&self, bases: &Bases, asked: &Asked) -> Verdict {
        self.try_audit(bases, asked).unwrap()
    }

    pub fn try_audit(
        &self,
        bases: &Bases,
        asked: &Asked,
    ) -> Result<Verdict, AuditError<Infallible>> {
        let entries =
            Entries::Record { bases, proofs: asked.proofs, report: asked.report.as_deref() };
        let expected = Expected {
            policy: &asked.policy,
            entries,
            since: asked.since.as_deref(),
            now: asked.now,
        };
        audit(self, &expected, 2, |_| ())
    }

    /// All entries of the log, which nobody checks here.
    pub fn entries(&self) -> Vec<Vec<u8>> {
        let checkpoint = writ_tlog::SignedCheckpoint::parse(&self.0["checkpoint"]).unwrap();
        let bundles = new_bundles(0, checkpoint.checkpoint().size());
        let of = |bundle: writ_tlog::Bundle| {
            let bytes = &self.0[&bundle.to_string()];
            bundle.entries(bytes).unwrap().into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>()
        };
        bundles.flat_map(of).collect()
    }

    /// The same folder with a log of these entries, signed and cosigned at this time.
    pub fn with_log(mut self, entries: &[Vec<u8>], time: u64, witnesses: &[u8]) -> Self {
        self.0.retain(|path, _| !path.starts_with("tile/") && path != "checkpoint");
        self.0.extend(log(entries, time, witnesses));
        self
    }
}

/// The files of a log of these entries.
pub fn log(entries: &[Vec<u8>], time: u64, witnesses: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let size = entries.len() as u64;
    let mut files = BTreeMap::new();
    let mut levels: Vec<Vec<Hash>> =
        vec![entries.iter().map(|entry| Hash::of_leaf(entry)).collect()];
    while levels.last().unwrap().len() >= 256 {
        let above = levels.last().unwrap().chunks_exact(256).map(root_of).collect();
        levels.push(above);
    }
    for tile in new_tiles(0, size) {
        let start = tile.index() as usize * 256;
        let hashes = &levels[usize::from(tile.level())][start..start + usize::from(tile.width())];
        files.insert(tile.to_string(), hashes.iter().flat_map(|hash| hash.0).collect());
    }
    for bundle in new_bundles(0, size) {
        let start = bundle.index() as usize * 256;
        let mut bytes = Vec::new();
        for entry in &entries[start..start + usize::from(bundle.width())] {
            append_entry(&mut bytes, entry).unwrap();
        }
        files.insert(bundle.to_string(), bytes);
    }
    let mut tree = Frontier::default();
    levels[0].iter().for_each(|leaf| tree.append(*leaf));
    files.insert("checkpoint".to_owned(), checkpoint(size, tree.root(), time, witnesses));
    files
}

pub fn checkpoint(size: u64, root: Hash, time: u64, witnesses: &[u8]) -> Vec<u8> {
    let mut signed = Checkpoint::new(ORIGIN, size, root).unwrap().sign(&key()).unwrap();
    for number in witnesses {
        let signature = witness(*number).cosign(signed.checkpoint(), time).unwrap();
        signed.note_mut().add(signature).unwrap();
    }
    signed.note().to_string().into_bytes()
}
