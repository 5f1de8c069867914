//! The desk of one provider: everything it holds open.

use crate::clock::{Clock, entropy, random};
use crate::record::Keeping;
use crate::{DeskError, House, Registry, sign_off};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use writ_collect::Sources;
use writ_custody::Custody;
use writ_journal::{Folder, KeyRing, MasterKey, Place, Settings, SqlJournal, Vault};
use writ_lawbook::Lawbook;
use writ_letters::PdfEngine;
use writ_parcel::ProviderKey;
use writ_policy::Policy;
use writ_vocabulary::SignOff;

/// The law book and the policy, loaded.
pub struct Books {
    /// The law book.
    pub lawbook: Lawbook,
    /// The collective policy with the provider's own restrictions.
    pub policy: Policy,
}

/// The desk of one provider.
pub struct Desk {
    pub(crate) home: PathBuf,
    pub(crate) house: House,
    pub(crate) registry: RwLock<Arc<Registry>>,
    books: RwLock<Arc<Books>>,
    sign_offs: RwLock<Arc<Vec<SignOff>>>,
    pub(crate) sources: Sources,
    pub(crate) journal: SqlJournal,
    pub(crate) vault: Vault,
    pub(crate) key: ProviderKey,
    pub(crate) record: Option<Keeping>,
    pub(crate) pdf: PdfEngine,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Desk {
    /// Opens the desk of the provider whose home this is. Keys and journal are made when they are not there yet.
    ///
    /// # Errors
    /// When a file of the home is missing or wrong, or the journal cannot be opened; nothing was changed then,
    /// except that keys that were missing may have been made.
    pub async fn open(home: &Path, books: Books, clock: Arc<dyn Clock>) -> Result<Self, DeskError> {
        let house = House::read(home)?;
        let registry = Registry::read(home)?;
        let custody = custody(home, &books.lawbook)?;
        let settings =
            writ_collect::Settings { memory: house.memory_mib << 20, ..Default::default() };
        let sources = Sources::open(&custody, home, settings)?;
        let place = Place::from(home.join("journal.db").as_path());
        let journal = SqlJournal::open_or_create(&place, Settings::default()).await?;
        let keys = KeyRing::new(&journal, master_key(home)?);
        let vault = Vault::new(Arc::new(Folder::open(&home.join("objects"))?), keys);
        Ok(Self {
            key: provider_key(home)?,
            record: Keeping::open(home)?,
            home: home.to_owned(),
            registry: RwLock::new(Arc::new(registry)),
            house,
            books: RwLock::new(Arc::new(books)),
            sign_offs: RwLock::new(Arc::new(sign_off::read(home)?)),
            sources,
            journal,
            vault,
            pdf: PdfEngine::new(),
            clock,
        })
    }

    /// Who the provider is.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// The registry of authorities as it now stands.
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Changes the registry, and writes it.
    ///
    /// # Errors
    /// When the disk fails; the registry stays as it was then.
    pub fn change_registry(&self, change: impl FnOnce(&mut Registry)) -> Result<(), DeskError> {
        let mut standing = self.registry.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut changed = Registry::clone(&standing);
        change(&mut changed);
        changed.write(&self.home)?;
        *standing = Arc::new(changed);
        Ok(())
    }

    /// Reads the registry again: other processes may have changed it.
    ///
    /// # Errors
    /// When the file is wrong; the registry stays as it was then.
    pub fn refresh_registry(&self) -> Result<(), DeskError> {
        let read = Arc::new(Registry::read(&self.home)?);
        *self.registry.write().unwrap_or_else(std::sync::PoisonError::into_inner) = read;
        Ok(())
    }

    /// The law book and the policy as they now stand.
    pub fn books(&self) -> Arc<Books> {
        self.books.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Judges by other books from now on. What was ruled before stays as it was ruled.
    ///
    /// # Errors
    /// When the provider's data sources yield what the new law book does not know; the books stay as they were then.
    pub fn change_books(&self, books: Books) -> Result<(), DeskError> {
        custody(&self.home, &books.lawbook)?;
        *self.books.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(books);
        Ok(())
    }

    /// What counsel signed off: `lawbook/sign-off.toml` of the home, as it was last read.
    pub fn sign_offs(&self) -> Arc<Vec<SignOff>> {
        self.sign_offs.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Reads counsel's sign-offs again.
    ///
    /// # Errors
    /// When the file is wrong; the sign-offs stay as they were then.
    pub fn refresh_sign_offs(&self) -> Result<(), DeskError> {
        let read = Arc::new(sign_off::read(&self.home)?);
        *self.sign_offs.write().unwrap_or_else(std::sync::PoisonError::into_inner) = read;
        Ok(())
    }

    /// The provider's data sources.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The journal.
    pub fn journal(&self) -> &SqlJournal {
        &self.journal
    }

    /// The public half of the key that signs parcels.
    pub fn public_key(&self) -> writ_parcel::PublicKey {
        self.key.public()
    }

    /// The provider's home.
    pub fn home(&self) -> &Path {
        &self.home
    }
}

fn custody(home: &Path, lawbook: &Lawbook) -> Result<Custody, DeskError> {
    let path = home.join("custody.toml");
    let text = std::fs::read_to_string(&path).map_err(DeskError::file(&path))?;
    let known: BTreeSet<_> = lawbook.elements().keys().cloned().collect();
    Custody::parse("custody.toml", &text, &known).map_err(|faults| DeskError::setting(path, faults))
}

pub(crate) fn keys_folder(home: &Path) -> Result<PathBuf, DeskError> {
    let folder = home.join("keys");
    std::fs::create_dir_all(&folder).map_err(DeskError::file(&folder))?;
    Ok(folder)
}

fn master_key(home: &Path) -> Result<MasterKey, DeskError> {
    let path = keys_folder(home)?.join("master.key");
    if !path.exists() {
        MasterKey::generate(&entropy)?.write_new(&path)?;
    }
    Ok(MasterKey::read(&path)?)
}

fn provider_key(home: &Path) -> Result<ProviderKey, DeskError> {
    let path = keys_folder(home)?.join("provider.pem");
    if !path.exists() {
        let key = ProviderKey::from_random(random()?);
        write_secret(&path, key.to_pem()?.as_bytes()).map_err(DeskError::file(&path))?;
    }
    let text = std::fs::read_to_string(&path).map_err(DeskError::file(&path))?;
    Ok(text.parse()?)
}

/// A new file that only its owner can read.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
