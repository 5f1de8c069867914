//! The bench: an invented case to seal, and the tools of somebody who can take a parcel apart and make another.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use writ_parcel::{
    Contents, CustodyChain, Expect, Identity, OpenError, Opened, ParcelId, ProviderKey, SealError,
    Sealed, Statement, canonical_json, open, seal,
};
use writ_vocabulary::{
    AuthorityId, CustodyStep, CustodyVerb, Digest, EnrolledKey, FileEntry, FileForm, Instant,
    KeyPurpose, Manifest,
};

/// An age identity of nobody: `age`'s own test key.
pub const SECRET: &str =
    "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";

pub struct Bench {
    pub folder: TempDir,
    pub manifest: Manifest,
    pub custody: CustodyChain,
    pub identity: Identity,
    pub provider: ProviderKey,
    pub key: EnrolledKey,
    pub parcel_id: ParcelId,
    pub authority: AuthorityId,
    pub made_at: Instant,
}

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

impl Bench {
    pub fn new() -> Self {
        Self::with(&[
            (
                "sign-ins/a1.ndjson",
                b"{\"at\":\"2026-11-01T08:00:00Z\",\"ip\":\"192.0.2.17\"}\n".to_vec(),
            ),
            ("profile/a1.csv", b"name,created\r\nA. Sample,2025-01-01\r\n".to_vec()),
        ])
    }

    /// A case whose production holds these files.
    pub fn with(files: &[(&str, Vec<u8>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity: Identity = SECRET.parse().unwrap();
        let entries = files.iter().map(|(path, bytes)| {
            let place = folder.path().join("production").join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
            entry(path, bytes.len() as u64, Digest::of(bytes))
        });
        let manifest = Manifest {
            case: "C-7K3M-Q2XD".parse().unwrap(),
            began: at("2026-11-20T10:01:00Z"),
            ended: at("2026-11-20T10:02:00Z"),
            files: entries.collect(),
            withheld: vec![],
        };
        let key = EnrolledKey {
            purpose: KeyPurpose::Seal,
            key: identity.recipient(),
            enrolled: at("2026-01-01T00:00:00Z"),
            withdrawn: None,
        };
        Self {
            folder,
            manifest,
            custody: custody("C-7K3M-Q2XD"),
            identity,
            provider: ProviderKey::from_random([7; 32]),
            key,
            parcel_id: "C-7K3M-Q2XD-1".parse().unwrap(),
            authority: "xx-sampletown-prosecutor".parse().unwrap(),
            made_at: at("2026-11-20T10:05:00Z"),
        }
    }

    pub fn production(&self) -> PathBuf {
        self.folder.path().join("production")
    }

    pub fn parcel(&self) -> PathBuf {
        self.folder.path().join("example.parcel")
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("opened")
    }

    pub fn seal(&self) -> Result<Sealed, SealError> {
        self.seal_to(&self.parcel())
    }

    pub fn seal_to(&self, out: &Path) -> Result<Sealed, SealError> {
        let production = self.production();
        let contents = Contents {
            parcel: &self.parcel_id,
            provider: "Example Mail",
            authority: &self.authority,
            made_at: self.made_at,
            manifest: &self.manifest,
            production: &production,
            custody: &self.custody,
            ruling: "Two items are given. No item is withheld.\n",
            certificate_pdf: b"%PDF-1.7\n% an invented certificate\n",
            certificate_text: "An invented certificate.\n",
        };
        seal(&contents, &self.provider, &self.key, out)
    }

    pub fn expect(&self) -> Expect {
        Expect {
            provider: Some(self.provider.public().into()),
            case: Some(self.manifest.case.clone()),
        }
    }

    pub fn open(&self) -> Result<Opened, OpenError> {
        self.open_as(&self.identity, &self.expect())
    }

    pub fn open_as(&self, identity: &Identity, expect: &Expect) -> Result<Opened, OpenError> {
        open(&self.parcel(), identity, expect, &self.out())
    }

    /// Opening must fail, and must leave neither files nor a working folder.
    pub fn refused(&self) -> OpenError {
        self.refused_as(&self.identity, &self.expect())
    }

    pub fn refused_as(&self, identity: &Identity, expect: &Expect) -> OpenError {
        let error = self.open_as(identity, expect).expect_err("the parcel was opened");
        assert!(!self.out().exists(), "{error} but files were left");
        assert!(
            !self.folder.path().join(".opened.opening").exists(),
            "{error} but the working folder was left"
        );
        error
    }

    /// Seals, takes the parcel apart, lets `edit` change the files, and encrypts them again to the same key.
    pub fn tamper(&self, edit: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> OpenError {
        self.seal().unwrap();
        let mut files = self.files();
        edit(&mut files);
        self.forge(&files, &self.identity.recipient());
        self.refused()
    }

    /// What the archive holds, as any tar reads it.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let plain = self.plain();
        let mut archive = tar::Archive::new(plain.as_slice());
        archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).unwrap();
                (entry.path().unwrap().to_str().unwrap().to_owned(), bytes)
            })
            .collect()
    }

    pub fn plain(&self) -> Vec<u8> {
        let identity: age::x25519::Identity = SECRET.parse().unwrap();
        let parcel = fs::read(self.parcel()).unwrap();
        age::decrypt(&identity, &parcel).unwrap()
    }

    /// A parcel of these files with the headers of a parcel.
    pub fn forge(&self, files: &[(String, Vec<u8>)], recipient: &str) {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            archive.append(&self.header(path, bytes.len() as u64), bytes.as_slice()).unwrap();
        }
        self.encrypt(&archive.into_inner().unwrap(), recipient);
    }

    pub fn header(&self, path: &str, bytes: u64) -> tar::Header {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(self.made_at.as_second() as u64);
        header.set_size(bytes);
        // Not `set_path`, which refuses what a hostile archive may hold.
        header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        header
    }

    pub fn encrypt(&self, plain: &[u8], recipient: &str) {
        let recipient: age::x25519::Recipient = recipient.parse().unwrap();
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as _)).unwrap();
        let mut out = encryptor.wrap_output(fs::File::create(self.parcel()).unwrap()).unwrap();
        out.write_all(plain).unwrap();
        out.finish().unwrap();
    }
}

pub fn entry(path: &str, bytes: u64, sha256: Digest) -> FileEntry {
    FileEntry {
        path: path.to_owned(),
        form: FileForm::Object,
        bytes,
        sha256,
        rows: 1,
        source: "sample-store".parse().unwrap(),
        query: "select * from t where account = ?".into(),
        account: "a1".parse().unwrap(),
        elements: vec!["login_ip".parse().unwrap()],
        period: serde_json::from_str(
            "{\"from\":\"2026-11-01T00:00:00Z\",\"until\":\"2026-11-20T00:00:00Z\"}",
        )
        .unwrap(),
    }
}

pub fn custody(case: &str) -> CustodyChain {
    let step = |verb, time, performer: &str, what: &str, tool: Option<&str>, left: Option<&str>| {
        CustodyStep {
            verb,
            at: at(time),
            ended: None,
            performer: performer.into(),
            what: what.into(),
            tool: tool.map(Into::into),
            digest: left.map(Digest::of),
        }
    };
    let steps = vec![
        step(
            CustodyVerb::Received,
            "2026-11-20T09:58:00Z",
            "the portal",
            "the demand",
            None,
            Some("demand"),
        ),
        step(
            CustodyVerb::Searched,
            "2026-11-20T10:01:00Z",
            "writ",
            "one source",
            Some("writ 0.1.0"),
            None,
        ),
        step(
            CustodyVerb::Extracted,
            "2026-11-20T10:02:00Z",
            "writ",
            "two rows",
            Some("writ 0.1.0"),
            Some("rows"),
        ),
        step(CustodyVerb::Reviewed, "2026-11-20T10:04:00Z", "reviewer-2", "all rows", None, None),
        step(
            CustodyVerb::Sealed,
            "2026-11-20T10:05:00Z",
            "writ",
            "this parcel",
            Some("writ 0.1.0"),
            None,
        ),
    ];
    CustodyChain::new(case.parse().unwrap(), steps).unwrap()
}

/// The content of a file, to change it.
pub fn content<'a>(files: &'a mut [(String, Vec<u8>)], path: &str) -> &'a mut Vec<u8> {
    &mut files.iter_mut().find(|(name, _)| name == path).expect("no such file").1
}

pub fn statement(files: &[(String, Vec<u8>)]) -> Statement {
    serde_json::from_slice(&files[0].1).unwrap()
}

/// Replaces the statement by another that `signer` signs: what a dishonest or broken provider could send.
pub fn restate(
    files: &mut [(String, Vec<u8>)],
    signer: &str,
    change: impl FnOnce(&mut serde_json::Value),
) {
    let mut value: serde_json::Value = serde_json::from_slice(&files[0].1).unwrap();
    change(&mut value);
    files[0].1 = canonical_json(&value).unwrap();
    files[1].1 = sign(signer, &files[0].1);
}

/// Signs as `docs/parcel-format.md` says, written apart from the code under test.
pub fn sign(seed: &str, statement: &[u8]) -> Vec<u8> {
    use ed25519_dalek::Signer as _;
    let seed: [u8; 32] = hex::decode(seed).unwrap().try_into().unwrap();
    let digest = Digest::of(statement);
    let message = [b"writ-parcel/1 statement\n".as_slice(), digest.as_bytes()].concat();
    let signature = ed25519_dalek::SigningKey::from_bytes(&seed).sign(&message);
    format!(
        "writ-parcel/1 signature\nstatement {digest}\ned25519 {}\n",
        hex::encode(signature.to_bytes())
    )
    .into_bytes()
}

/// The seed of the bench's provider, and of somebody else.
pub fn provider_seed() -> String {
    "07".repeat(32)
}

pub fn forger_seed() -> String {
    "08".repeat(32)
}
