//! Sealing: a production, its papers and a signed statement, streamed into one age file for one enrolled key.

use crate::archive::{ArchiveWriter, shown};
use crate::canonical::{CanonicalError, canonical_json};
use crate::custody::CustodyChain;
use crate::digesting::Digesting;
use crate::identity;
use crate::key::ProviderKey;
use crate::path::{EntryPath, PRODUCTION, check_path};
use crate::room::NewFile;
use crate::statement::{
    FORMAT, FileLine, MAX_STATEMENT, PAPERS, ParcelId, Provider, Recipient, SIGNATURE, STATEMENT,
    Statement,
};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use writ_vocabulary::{AuthorityId, CaseId, Digest, EnrolledKey, Instant, KeyPurpose, Manifest};

/// What goes into a parcel. The case is the manifest's.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    /// The parcel's id.
    pub parcel: &'a ParcelId,
    /// The provider's name.
    pub provider: &'a str,
    /// The authority it is for: the one whose key it is sealed to.
    pub authority: &'a AuthorityId,
    /// When it is made.
    pub made_at: Instant,
    /// The production's manifest.
    pub manifest: &'a Manifest,
    /// The folder that holds the manifest's files.
    pub production: &'a Path,
    /// The custody chain, up to the sealing.
    pub custody: &'a CustodyChain,
    /// The ruling in plain words.
    pub ruling: &'a str,
    /// The certificate, to print.
    pub certificate_pdf: &'a [u8],
    /// The certificate as text.
    pub certificate_text: &'a str,
}

/// What was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The digest of the parcel as it leaves.
    pub parcel_digest: Digest,
    /// The digest of the archive inside: the same whenever the same contents are sealed.
    pub inner_digest: Digest,
    /// The digest of `manifest.json`.
    pub manifest_digest: Digest,
    /// The parcel's size.
    pub bytes: u64,
    /// The fingerprint of the key it is sealed to.
    pub recipient_fingerprint: Digest,
}

/// Why a parcel could not be sealed. Nothing is left where it should have been.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key is for something else.
    #[error(
        "key `{fingerprint}` of `{authority}` is enrolled for signing, not for sealing: give the authority's `seal` key"
    )]
    Purpose {
        /// The authority.
        authority: AuthorityId,
        /// The key's fingerprint.
        fingerprint: Digest,
    },
    /// The key is too new.
    #[error(
        "key `{fingerprint}` of `{authority}` is enrolled only from {enrolled}, after {made_at}: seal to the key that was enrolled then, or seal later"
    )]
    NotYetEnrolled {
        /// The authority.
        authority: AuthorityId,
        /// The key's fingerprint.
        fingerprint: Digest,
        /// Since when it is enrolled.
        enrolled: Instant,
        /// The parcel's time.
        made_at: Instant,
    },
    /// The key was withdrawn.
    #[error(
        "key `{fingerprint}` of `{authority}` was withdrawn at {withdrawn}: ask the authority to enrol a new one, never seal to an old one"
    )]
    Withdrawn {
        /// The authority.
        authority: AuthorityId,
        /// The key's fingerprint.
        fingerprint: Digest,
        /// Until when it was enrolled.
        withdrawn: Instant,
    },
    /// The key is no age recipient.
    #[error(
        "key `{key}` of `{authority}` cannot be sealed to ({why}): enrol an age X25519 recipient, `age1...`"
    )]
    Recipient {
        /// The authority.
        authority: AuthorityId,
        /// The key, cut.
        key: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The custody chain is another case's.
    #[error(
        "the custody chain is of case `{chain}`, the production of case `{manifest}`: give both of one case"
    )]
    OtherCase {
        /// The chain's case.
        chain: CaseId,
        /// The manifest's case.
        manifest: CaseId,
    },
    /// A path of the manifest cannot be carried.
    #[error(
        "file `{path}` of the manifest has {what}, which not every system can unpack: collect it under another path"
    )]
    Path {
        /// The path, cut.
        path: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The parcel would break its own rules.
    #[error(
        "the parcel cannot be stated: {0}; mend that, or split the production into several parcels"
    )]
    Statement(String),
    /// The manifest has no canonical form.
    #[error("the manifest or statement has no canonical form: {0}")]
    Canonical(#[from] CanonicalError),
    /// A file of the production is not there.
    #[error("file `{path}` of the manifest cannot be read from `{folder}`: {source}")]
    Production {
        /// Its path in the manifest.
        path: String,
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of the production is not what was collected.
    #[error(
        "file `{path}` is not the one that was collected: it has {found}, the manifest says {listed}; collect again, and find out what changed it"
    )]
    Changed {
        /// Its path in the manifest.
        path: String,
        /// What the manifest says.
        listed: String,
        /// What is there.
        found: String,
    },
    /// The parcel cannot be written.
    #[error("the parcel cannot be written to `{path}`: {source}")]
    Write {
        /// Where it should go.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Seals `contents` to exactly one enrolled key, signed by `provider_key`, into the file `out`.
///
/// When it returns `Ok`, the parcel stands whole under its name and on the disk; a file that stood there before is
/// replaced. When it returns `Err`, `out` is as it was.
///
/// # Errors
///
/// When the key is not enrolled for sealing at `made_at`, when a file of the production is missing or is not what its
/// manifest says, when a path or a size is beyond what a parcel carries, or when the disk fails.
pub fn seal(
    contents: &Contents<'_>,
    provider_key: &ProviderKey,
    recipient: &EnrolledKey,
    out: &Path,
) -> Result<Sealed, SealError> {
    let key = usable(contents, recipient)?;
    let papers = contents.papers()?;
    let statement = contents.statement(&papers, provider_key, recipient)?;
    let statement_bytes = statement.to_bytes()?;
    if statement_bytes.len() as u64 > MAX_STATEMENT {
        return Err(SealError::Statement(format!(
            "its list of files is longer than {MAX_STATEMENT} bytes"
        )));
    }
    let signature = provider_key.sign(&statement_bytes);

    let cannot = |source| SealError::Write { path: out.to_owned(), source };
    let (room, file) = NewFile::beside(out).map_err(cannot)?;
    let sealing = encrypt(&key, Digesting::new(BufWriter::new(file))).map_err(cannot)?;
    let mut archive = ArchiveWriter::new(Digesting::new(sealing), statement.mtime());
    let first = [(STATEMENT, statement_bytes.as_slice()), (SIGNATURE, signature.as_bytes())];
    for (path, bytes) in
        first.into_iter().chain(PAPERS.into_iter().zip(papers.iter().map(Vec::as_slice)))
    {
        let entry = EntryPath::parse(path).map_err(|what| path_error(path, what))?;
        archive.append(&entry, bytes.len() as u64, bytes).map_err(cannot)?;
    }
    for (path, line) in statement.production() {
        append_file(&mut archive, contents.production, path, line, out)?;
    }

    let (sealing, inner_digest, _) = archive.finish().map_err(cannot)?.finish();
    let (buffered, parcel_digest, bytes) = sealing.finish().map_err(cannot)?.finish();
    let file = buffered.into_inner().map_err(|error| cannot(error.into_error()))?;
    room.keep(&file).map_err(cannot)?;
    Ok(Sealed {
        parcel_digest,
        inner_digest,
        manifest_digest: statement.manifest,
        bytes,
        recipient_fingerprint: recipient.fingerprint(),
    })
}

/// The age recipient of a key that is enrolled for sealing when the parcel is made.
fn usable(contents: &Contents<'_>, key: &EnrolledKey) -> Result<age::x25519::Recipient, SealError> {
    let (authority, fingerprint) = (contents.authority.clone(), key.fingerprint());
    if key.purpose != KeyPurpose::Seal {
        return Err(SealError::Purpose { authority, fingerprint });
    }
    let (enrolled, made_at) = (key.enrolled, contents.made_at);
    if made_at < enrolled {
        return Err(SealError::NotYetEnrolled { authority, fingerprint, enrolled, made_at });
    }
    if let Some(withdrawn) = key.withdrawn.filter(|withdrawn| *withdrawn <= made_at) {
        return Err(SealError::Withdrawn { authority, fingerprint, withdrawn });
    }
    identity::recipient(&key.key).map_err(|why| SealError::Recipient {
        authority,
        key: shown(key.key.as_bytes()),
        why,
    })
}

fn encrypt<W: Write>(
    key: &age::x25519::Recipient,
    out: W,
) -> io::Result<age::stream::StreamWriter<W>> {
    age::Encryptor::with_recipients(std::iter::once(key as &dyn age::Recipient))
        .map_err(io::Error::other)?
        .wrap_output(out)
}

fn append_file<W: Write>(
    archive: &mut ArchiveWriter<W>,
    folder: &Path,
    path: &str,
    line: &FileLine,
    out: &Path,
) -> Result<(), SealError> {
    let unreadable =
        |source| SealError::Production { path: path.to_owned(), folder: folder.to_owned(), source };
    let place = folder.join(path);
    let facts = std::fs::symlink_metadata(&place).map_err(unreadable)?;
    if !facts.is_file() {
        return Err(unreadable(io::Error::other("it is not a plain file")));
    }
    let changed =
        |listed: String, found: String| SealError::Changed { path: path.to_owned(), listed, found };
    if facts.len() != line.bytes {
        return Err(changed(format!("{} bytes", line.bytes), format!("{} bytes", facts.len())));
    }
    let entry = EntryPath::parse(&line.path).map_err(|what| path_error(path, what))?;
    let failed = Cell::new(false);
    let file = Watched(File::open(&place).map_err(unreadable)?, &failed);
    let (digest, bytes) =
        archive.append(&entry, line.bytes, file).map_err(|source| match failed.get() {
            true => unreadable(source),
            false => SealError::Write { path: out.to_owned(), source },
        })?;
    if (digest, bytes) != (line.sha256, line.bytes) {
        return Err(changed(
            format!("SHA-256 {}", line.sha256),
            format!("SHA-256 {digest}, {bytes} bytes"),
        ));
    }
    Ok(())
}

/// A file that remembers whether it could not be read, so that the error names it and not the parcel.
struct Watched<'a>(File, &'a Cell<bool>);

impl io::Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer);
        self.1.set(count.is_err());
        count
    }
}

fn path_error(path: &str, what: &'static str) -> SealError {
    SealError::Path { path: shown(path.as_bytes()), what }
}

impl Contents<'_> {
    /// The papers' bytes, in the order of [`PAPERS`].
    fn papers(&self) -> Result<[Vec<u8>; 5], SealError> {
        if self.custody.case() != &self.manifest.case {
            let (chain, manifest) = (self.custody.case().clone(), self.manifest.case.clone());
            return Err(SealError::OtherCase { chain, manifest });
        }
        Ok([
            canonical_json(self.manifest)?,
            self.custody.to_json()?,
            self.ruling.as_bytes().to_vec(),
            self.certificate_pdf.to_vec(),
            self.certificate_text.as_bytes().to_vec(),
        ])
    }

    fn statement(
        &self,
        papers: &[Vec<u8>; 5],
        provider_key: &ProviderKey,
        recipient: &EnrolledKey,
    ) -> Result<Statement, SealError> {
        let [manifest, custody, ruling, ..] = papers;
        let mut production = self
            .manifest
            .files
            .iter()
            .map(|file| {
                check_path(&file.path).map_err(|what| path_error(&file.path, what))?;
                Ok(FileLine {
                    path: format!("{PRODUCTION}{}", file.path),
                    bytes: file.bytes,
                    sha256: file.sha256,
                })
            })
            .collect::<Result<Vec<_>, SealError>>()?;
        production.sort_by(|a, b| a.path.cmp(&b.path));
        let paper = |(path, bytes): (&str, &Vec<u8>)| FileLine {
            path: path.to_owned(),
            bytes: bytes.len() as u64,
            sha256: Digest::of(bytes),
        };
        let statement = Statement {
            format: FORMAT.to_owned(),
            case: self.manifest.case.clone(),
            parcel: self.parcel.clone(),
            provider: Provider {
                name: self.provider.to_owned(),
                key: provider_key.public(),
                fingerprint: provider_key.fingerprint(),
            },
            recipient: Recipient {
                authority: self.authority.clone(),
                key: recipient.key.clone(),
                fingerprint: recipient.fingerprint(),
            },
            made_at: self.made_at,
            manifest: Digest::of(manifest),
            ruling: Digest::of(ruling),
            custody: Digest::of(custody),
            files: PAPERS.into_iter().zip(papers).map(paper).chain(production).collect(),
        };
        statement.check().map_err(SealError::Statement)?;
        Ok(statement)
    }
}
