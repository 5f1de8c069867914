//! A disk in memory that forgets what was not synced, and fails at the calls it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use writ_record::{Disk, File};

/// Clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    files: Vec<Content>,
    folders: BTreeSet<PathBuf>,
    durable_folders: BTreeSet<PathBuf>,
    held: BTreeSet<usize>,
    calls: u64,
    fail_at: BTreeSet<u64>,
    fault: Option<ErrorKind>,
    full: bool,
}

#[derive(Default)]
struct Content {
    bytes: Vec<u8>,
    durable: Vec<u8>,
    /// Which bytes a sync has still to write. One that fails forgets them, as Linux does: they can be read, and
    /// are not on the disk.
    dirty: Vec<bool>,
}

impl Content {
    fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), durable: bytes.to_vec(), dirty: vec![false; bytes.len()] }
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.set_len(self.bytes.len().max(offset + bytes.len()));
        self.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
        self.dirty[offset..offset + bytes.len()].fill(true);
    }

    fn set_len(&mut self, length: usize) {
        self.bytes.resize(length, 0);
        self.dirty.resize(length, true);
    }

    fn sync(&mut self) {
        self.durable.resize(self.bytes.len(), 0);
        for (place, dirty) in self.dirty.iter_mut().enumerate().filter(|(_, dirty)| **dirty) {
            self.durable[place] = self.bytes[place];
            *dirty = false;
        }
    }

    /// The longer half of what was written and not synced is zeros.
    fn tear(&mut self) {
        let same =
            self.bytes.iter().zip(&self.durable).take_while(|(now, then)| now == then).count();
        let kept = same + (self.bytes.len() - same) / 2;
        self.bytes.iter_mut().skip(kept).for_each(|byte| *byte = 0);
    }
}

/// What a power cut leaves of the writes that were not synced.
#[derive(Debug, Clone, Copy)]
pub enum Unsynced {
    /// Nothing.
    Lost,
    /// The first half of each, and zeros up to its length.
    Torn,
    /// All of them.
    Kept,
}

impl MemoryDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// How many calls were made.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// From now on, these calls fail, counted from the next as 0.
    pub fn fail(&self, calls: impl IntoIterator<Item = u64>, fault: ErrorKind) {
        let mut state = self.state();
        let begun = state.calls;
        state.fail_at = calls.into_iter().map(|call| begun + call).collect();
        state.fault = Some(fault);
    }

    /// Whether there is room.
    pub fn fill(&self, full: bool) {
        self.state().full = full;
    }

    /// The power goes: names and bytes are as they were last synced, files are let go.
    pub fn power_cut(&self, unsynced: Unsynced) {
        let mut state = self.state();
        state.fail_at.clear();
        state.held.clear();
        if !matches!(unsynced, Unsynced::Kept) {
            state.names = state.durable_names.clone();
            state.folders = state.durable_folders.clone();
        }
        for file in &mut state.files {
            match unsynced {
                Unsynced::Lost => file.bytes = file.durable.clone(),
                Unsynced::Torn => file.tear(),
                Unsynced::Kept => {}
            }
            *file = Content::of(&file.bytes);
        }
        state.durable_names = state.names.clone();
        state.durable_folders = state.folders.clone();
    }

    /// Puts a file there as if it had always been.
    pub fn plant(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let id = state.files.len();
        state.files.push(Content::of(bytes));
        state.names.insert(path.to_owned(), id);
        state.durable_names.insert(path.to_owned(), id);
    }

    /// Takes a file away.
    pub fn take(&self, path: &Path) -> Option<Vec<u8>> {
        let mut state = self.state();
        state.durable_names.remove(path);
        let id = state.names.remove(path)?;
        Some(state.files[id].bytes.clone())
    }

    /// What a file holds.
    pub fn get(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(path).map(|id| state.files[*id].bytes.clone())
    }

    fn call(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        let call = state.calls;
        state.calls += 1;
        if state.fail_at.contains(&call) {
            let fault = state.fault.unwrap_or(ErrorKind::Other);
            drop(state);
            return Err(io::Error::new(fault, "planted"));
        }
        Ok(state)
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut state = self.call()?;
        if !state.folders.contains(path.parent().unwrap()) {
            return Err(ErrorKind::NotFound.into());
        }
        let next = state.files.len();
        let id = *state.names.entry(path.to_owned()).or_insert(next);
        if id == next {
            state.files.push(Content::default());
        }
        drop(state);
        Ok(Box::new(Open { disk: self.clone(), id, holds: false }))
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let state = self.call()?;
        Ok(state.names.get(path).map(|id| state.files[*id].bytes.clone()))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.call()?;
        let id = state.names.remove(from).ok_or(ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), id);
        Ok(())
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.call()?;
        let parent = path.parent().unwrap_or(Path::new(""));
        if parent != Path::new("/") && !state.folders.contains(parent) {
            return Err(ErrorKind::NotFound.into());
        }
        state.folders.insert(path.to_owned());
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.call()?;
        let inside = |name: &Path| name.parent() == Some(path);
        state.durable_names.retain(|name, _| !inside(name));
        let names: Vec<_> = state
            .names
            .iter()
            .filter(|(name, _)| inside(name))
            .map(|(n, id)| (n.clone(), *id))
            .collect();
        state.durable_names.extend(names);
        let folders: Vec<_> = state.folders.iter().filter(|name| inside(name)).cloned().collect();
        state.durable_folders.extend(folders);
        Ok(())
    }

    fn available(&self, _: &Path) -> io::Result<u64> {
        Ok(if self.call()?.full { 1 << 20 } else { 1 << 40 })
    }
}

struct Open {
    disk: MemoryDisk,
    id: usize,
    holds: bool,
}

impl File for Open {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let failed = self.disk.call().err();
        // A write that fails has written a part.
        let part = if failed.is_some() { &bytes[..bytes.len() / 2] } else { bytes };
        self.disk.state().files[self.id].write(offset as usize, part);
        failed.map_or(Ok(()), Err)
    }

    fn set_len(&mut self, length: u64) -> io::Result<()> {
        self.disk.call()?.files[self.id].set_len(length as usize);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let failed = self.disk.call().err();
        let file = &mut self.disk.0.lock().unwrap().files[self.id];
        match failed {
            None => file.sync(),
            Some(_) => file.dirty.fill(false),
        }
        failed.map_or(Ok(()), Err)
    }

    fn hold(&mut self) -> io::Result<bool> {
        self.holds = self.disk.call()?.held.insert(self.id);
        Ok(self.holds)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.holds {
            self.disk.state().held.remove(&self.id);
        }
    }
}
