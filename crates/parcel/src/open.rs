//! Opening: decrypt, verify everything, and only then leave the files where they were wanted.

use crate::archive::{ArchiveFault, ArchiveReader, Entry, header, shown};
use crate::canonical::canonical_json;
use crate::digesting::Digesting;
use crate::fault::OpenError;
use crate::identity::Identity;
use crate::key::{NotSigned, ProviderPin};
use crate::path::EntryPath;
use crate::room::NewFolder;
use crate::statement::{
    FileLine, MANIFEST, MAX_STATEMENT, NotAStatement, SIGNATURE, STATEMENT, Statement,
};
use age::DecryptError;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use writ_vocabulary::{CaseId, Digest, FileEntry, Manifest};

/// What the opener knows beforehand. What is `None` is not checked.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// The provider's key. Without it anybody could have signed: the parcel only proves to agree with itself.
    pub provider: Option<ProviderPin>,
    /// The case.
    pub case: Option<CaseId>,
}

/// A parcel that was verified and unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it says.
    pub statement: Statement,
    /// The production's manifest.
    pub manifest: Manifest,
    /// Whether the signing key is the expected one. `false`: no key was expected.
    pub provider_known: bool,
    /// The digest of the parcel as it came.
    pub parcel_digest: Digest,
    /// The digest of the archive inside.
    pub inner_digest: Digest,
    /// The parcel's size.
    pub bytes: u64,
}

/// Opens the parcel with the authority's identity, verifies all of it, and unpacks it to the folder `out`.
///
/// `out` must not exist or be empty. Work is done in a hidden folder beside it, readable by its owner only; `out`
/// appears when everything was found right, and not at all when anything was not.
///
/// # Errors
///
/// One for each thing that can be wrong, naming what to do: see [`OpenError`].
pub fn open(
    parcel: &Path,
    identity: &Identity,
    expect: &Expect,
    out: &Path,
) -> Result<Opened, OpenError> {
    let mut opening = Opening::of(parcel, identity, out)?;
    let file = File::open(parcel).map_err(|source| opening.unreadable(source))?;
    let room = NewFolder::beside(out).map_err(|error| opening.no_room(error))?;
    let mut input = BufReader::new(Digesting::new(file));
    let plain = decrypt(&mut input, identity).map_err(|error| opening.not_decrypted(error))?;
    let mut archive = ArchiveReader::new(Digesting::new(plain));
    let statement = opening.statement(&mut archive, expect, &room)?;
    opening.unpack(&mut archive, &statement, &room)?;
    let (_, inner_digest, _) = archive.into_input().finish();
    let manifest = manifest(&statement, &room)?;
    io::copy(&mut input, &mut io::sink()).map_err(|source| opening.unreadable(source))?;
    let (_, parcel_digest, bytes) = input.into_inner().finish();
    room.keep().map_err(|error| opening.no_room(error))?;
    let provider_known = expect.provider.is_some();
    Ok(Opened { statement, manifest, provider_known, parcel_digest, inner_digest, bytes })
}

fn decrypt<R: io::BufRead>(
    input: R,
    identity: &Identity,
) -> Result<age::stream::StreamReader<R>, DecryptError> {
    age::Decryptor::new_buffered(input)?
        .decrypt(std::iter::once(identity.age() as &dyn age::Identity))
}

/// What is known about the file while it is being opened: enough to tell a cut from a change.
struct Opening {
    parcel: PathBuf,
    out: PathBuf,
    recipient: String,
    /// How long the age header is.
    header: u64,
    /// How long the file is.
    bytes: u64,
    /// How long it should be, once the statement is known.
    should_be: Option<u64>,
}

/// The largest age header: one recipient takes 200 bytes, and age adds at most a few hundred of grease.
const MAX_HEADER: usize = 64 * 1024;
const AGE: &[u8] = b"age-encryption.org/";

impl Opening {
    fn of(parcel: &Path, identity: &Identity, out: &Path) -> Result<Self, OpenError> {
        let unreadable = |source| OpenError::Read { path: parcel.to_owned(), source };
        let mut file = File::open(parcel).map_err(unreadable)?;
        let bytes = file.seek(io::SeekFrom::End(0)).and_then(|bytes| file.rewind().map(|()| bytes));
        let bytes = bytes.map_err(unreadable)?;
        let mut start = Vec::new();
        file.take(MAX_HEADER as u64).read_to_end(&mut start).map_err(unreadable)?;
        let path = parcel.to_owned();
        let version = start.strip_prefix(AGE).ok_or_else(|| OpenError::NotAge(path.clone()))?;
        if !version.starts_with(b"v1\n") {
            return Err(OpenError::NewerAge(path));
        }
        let header = match header_length(&start) {
            Some(header) => header as u64,
            None if start.len() < MAX_HEADER => return Err(OpenError::Truncated { path, bytes }),
            None => return Err(OpenError::NotAge(path)),
        };
        let recipient = identity.recipient();
        Ok(Self { parcel: path, out: out.to_owned(), recipient, header, bytes, should_be: None })
    }

    /// The first two files: the statement, whose every claim is checked here, and its signature.
    fn statement<R: Read>(
        &mut self,
        archive: &mut ArchiveReader<R>,
        expect: &Expect,
        room: &NewFolder,
    ) -> Result<Statement, OpenError> {
        let (first, bytes) = self.small(archive, STATEMENT, MAX_STATEMENT)?;
        if first.path.as_str() != STATEMENT {
            return Err(OpenError::NotAParcel(self.parcel.clone()));
        }
        let (second, signature) = self.small(archive, SIGNATURE, MAX_SIGNATURE)?;
        if second.path.as_str() != SIGNATURE {
            return Err(OpenError::Unsigned);
        }
        let statement = Statement::read(&bytes).map_err(|fault| self.not_a_statement(fault))?;
        self.trust(&statement, &bytes, &signature, expect)?;
        for (entry, bytes) in [(&first, &bytes), (&second, &signature)] {
            regular(entry, &statement)?;
            let file = room.create(entry.path.as_str());
            file.and_then(|mut file| file.write_all(bytes))
                .map_err(|source| self.unwritable(source))?;
        }
        let plain = statement.archive_bytes(first.bytes, second.bytes);
        self.should_be = Some(self.header.saturating_add(encrypted(plain)));
        Ok(statement)
    }

    /// A file that is small enough to be held.
    fn small<R: Read>(
        &self,
        archive: &mut ArchiveReader<R>,
        path: &'static str,
        limit: u64,
    ) -> Result<(Entry, Vec<u8>), OpenError> {
        let entry = archive.next().map_err(|fault| self.fault(fault))?;
        let entry = entry.ok_or_else(|| OpenError::NotAParcel(self.parcel.clone()))?;
        let mut bytes = Vec::new();
        if entry.path.as_str() != path {
            return Ok((entry, bytes));
        }
        if entry.bytes > limit {
            return Err(OpenError::TooLarge { path, bytes: entry.bytes });
        }
        archive.content(entry.bytes, &mut bytes).map_err(|fault| self.fault(fault))?;
        Ok((entry, bytes))
    }

    /// Who signed, for whom, in which case.
    fn trust(
        &self,
        statement: &Statement,
        bytes: &[u8],
        signature: &[u8],
        expect: &Expect,
    ) -> Result<(), OpenError> {
        let provider = &statement.provider;
        provider.key.verify(bytes, signature).map_err(|fault| match fault {
            NotSigned::Form => OpenError::Unsigned,
            NotSigned::OtherStatement => OpenError::StatementSwapped,
            NotSigned::Wrong => OpenError::SignatureWrong(provider.fingerprint),
        })?;
        if let Some(pin) = expect.provider.filter(|pin| !pin.fits(&provider.key)) {
            let (name, found) = (provider.name.clone(), provider.fingerprint);
            return Err(OpenError::UnknownProvider { name, found, expected: pin.to_string() });
        }
        if statement.recipient.key != self.recipient {
            return Err(OpenError::OtherRecipient {
                authority: statement.recipient.authority.to_string(),
                named: shown(statement.recipient.key.as_bytes()),
                yours: self.recipient.clone(),
            });
        }
        match expect.case.as_ref().filter(|case| **case != statement.case) {
            Some(case) => {
                Err(OpenError::OtherCase { expected: case.clone(), found: statement.case.clone() })
            }
            None => Ok(()),
        }
    }

    /// Every file the statement lists, in its order, and no other; then the archive's end, which the seal covers.
    fn unpack<R: Read>(
        &self,
        archive: &mut ArchiveReader<R>,
        statement: &Statement,
        room: &NewFolder,
    ) -> Result<(), OpenError> {
        for (at, line) in statement.files.iter().enumerate() {
            let entry = archive.next().map_err(|fault| self.fault(fault))?;
            let entry = entry.ok_or_else(|| OpenError::Missing(line.path.clone()))?;
            if entry.path.as_str() != line.path {
                return Err(misplaced(&entry, statement, at));
            }
            if entry.bytes != line.bytes {
                let found = format!("{} bytes", entry.bytes);
                return Err(changed(line, format!("{} bytes", line.bytes), found));
            }
            regular(&entry, statement)?;
            let file = room.create(&line.path).map_err(|source| self.unwritable(source))?;
            let digest = archive.content(entry.bytes, &file).map_err(|fault| self.fault(fault))?;
            if digest != line.sha256 {
                return Err(changed(
                    line,
                    format!("SHA-256 {}", line.sha256),
                    format!("SHA-256 {digest}"),
                ));
            }
        }
        match archive.next().map_err(|fault| self.fault(fault))? {
            None => Ok(()),
            Some(entry) => Err(misplaced(&entry, statement, statement.files.len())),
        }
    }

    fn fault(&self, fault: ArchiveFault) -> OpenError {
        match fault {
            ArchiveFault::Read(error) => self.broken_seal(error),
            ArchiveFault::Write(source) => self.unwritable(source),
            ArchiveFault::Broken(what) => OpenError::Broken(what),
            ArchiveFault::Hostile { entry, what } => OpenError::Hostile { entry, what },
        }
    }

    /// age reports a chunk that does not authenticate and a file without its last chunk; all else is the disk.
    fn broken_seal(&self, error: io::Error) -> OpenError {
        let is_cut = self.should_be.is_some_and(|should_be| self.bytes < should_be);
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.truncated(),
            io::ErrorKind::InvalidData if is_cut => self.truncated(),
            io::ErrorKind::InvalidData => OpenError::Damaged(self.parcel.clone()),
            _ => self.unreadable(error),
        }
    }

    fn not_decrypted(&self, error: DecryptError) -> OpenError {
        let path = self.parcel.clone();
        match error {
            DecryptError::Io(error) => self.broken_seal(error),
            DecryptError::NoMatchingKeys | DecryptError::KeyDecryptionFailed => {
                OpenError::AnotherKey { path, recipient: self.recipient.clone() }
            }
            DecryptError::UnknownFormat => OpenError::NewerAge(path),
            _ => OpenError::Damaged(path),
        }
    }

    fn not_a_statement(&self, fault: NotAStatement) -> OpenError {
        match fault {
            NotAStatement::Other => OpenError::NotAParcel(self.parcel.clone()),
            NotAStatement::Version(format) => OpenError::NewerFormat(format),
            NotAStatement::Says(what) => OpenError::Statement(what),
            NotAStatement::NotCanonical => OpenError::NotCanonical,
        }
    }

    fn truncated(&self) -> OpenError {
        OpenError::Truncated { path: self.parcel.clone(), bytes: self.bytes }
    }

    fn unreadable(&self, source: io::Error) -> OpenError {
        OpenError::Read { path: self.parcel.clone(), source }
    }

    fn unwritable(&self, source: io::Error) -> OpenError {
        OpenError::Write { path: self.out.clone(), source }
    }

    fn no_room(&self, source: io::Error) -> OpenError {
        match source.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty => {
                OpenError::Occupied { path: self.out.clone(), source }
            }
            _ => self.unwritable(source),
        }
    }
}

const MAX_SIGNATURE: u64 = 1024;

/// Up to the end of the line that begins with `---`, where an age header ends.
fn header_length(start: &[u8]) -> Option<usize> {
    let mut length = 0;
    for line in start.split_inclusive(|byte| *byte == b'\n') {
        length += line.len();
        if line.starts_with(b"---") && line.ends_with(b"\n") {
            return Some(length);
        }
    }
    None
}

/// How long age makes this many bytes: a nonce, and a tag for each chunk.
fn encrypted(plain: u64) -> u64 {
    let chunks = plain.div_ceil(64 * 1024).max(1);
    plain.saturating_add(16).saturating_add(chunks.saturating_mul(16))
}

/// A file where another should be.
fn misplaced(entry: &Entry, statement: &Statement, at: usize) -> OpenError {
    let path = entry.path.as_str();
    let before = statement.files.get(..at).unwrap_or_default();
    if path == STATEMENT || path == SIGNATURE || before.iter().any(|line| line.path == path) {
        return OpenError::Twice(path.to_owned());
    }
    match statement.files.get(at) {
        Some(missing) if statement.files.iter().any(|line| line.path == path) => {
            OpenError::Missing(missing.path.clone())
        }
        _ => OpenError::Added(path.to_owned()),
    }
}

fn changed(line: &FileLine, listed: String, found: String) -> OpenError {
    match line.path.as_str() {
        MANIFEST => OpenError::ManifestSwapped,
        path => OpenError::FileChanged { path: path.to_owned(), listed, found },
    }
}

/// Exactly the header that sealing writes: no owner, mode, time or extension of its own.
fn regular(entry: &Entry, statement: &Statement) -> Result<(), OpenError> {
    let expected = EntryPath::parse(entry.path.as_str())
        .is_ok_and(|path| header(&path, entry.bytes, statement.mtime()) == entry.header);
    if expected { Ok(()) } else { Err(OpenError::Irregular(entry.path.as_str().to_owned())) }
}

/// The manifest, which must speak of this case and of exactly the production's files.
fn manifest(statement: &Statement, room: &NewFolder) -> Result<Manifest, OpenError> {
    let path = room.path().join(MANIFEST);
    let bytes = std::fs::read(&path).map_err(|source| OpenError::Read { path, source })?;
    let manifest: Manifest = serde_json::from_slice(&bytes)
        .map_err(|error| OpenError::Manifest(shown(error.to_string().as_bytes())))?;
    if canonical_json(&manifest).ok() != Some(bytes) {
        return Err(OpenError::Manifest("it is not in its canonical form".into()));
    }
    if manifest.case != statement.case {
        return Err(OpenError::Manifest(format!("it is of case `{}`", manifest.case)));
    }
    let mut listed: BTreeMap<&str, &FileEntry> = BTreeMap::new();
    for file in &manifest.files {
        if listed.insert(&file.path, file).is_some() {
            return Err(disagrees(&file.path, "in the manifest twice"));
        }
    }
    for (path, line) in statement.production() {
        let file = listed.remove(path);
        let file = file.ok_or_else(|| disagrees(path, "in the production, not in the manifest"))?;
        if (file.bytes, file.sha256) != (line.bytes, line.sha256) {
            return Err(disagrees(path, "in both with different sizes or digests"));
        }
    }
    match listed.keys().next() {
        Some(path) => Err(disagrees(path, "in the manifest, not in the production")),
        None => Ok(manifest),
    }
}

fn disagrees(path: &str, stands: &'static str) -> OpenError {
    OpenError::ManifestDisagrees { path: shown(path.as_bytes()), stands }
}
