//! The vault: what is put comes back, to nobody else, and is gone when it is erased.

use crate::room::{Room, Seeded};
use std::path::PathBuf;
use std::sync::Arc;
use writ_journal::{
    EntropyError, EraseError, Folder, GetError, KeyError, KeyFileError, KeyRing, MasterKey,
    ObjectName, ObjectRef, Place, PutError, Settings, SqlJournal, StreamId, Vault,
};

const SECRET: &[u8] = b"nobody.at.all@mail.example, nobody.at.all@mail.example";

fn stream(name: &str) -> StreamId {
    name.parse().unwrap()
}

fn name(name: &str) -> ObjectName {
    name.parse().unwrap()
}

fn master(seed: u64) -> MasterKey {
    MasterKey::generate(&Seeded::new(seed)).unwrap()
}

fn vault_in(folder: PathBuf, journal: &SqlJournal, master_seed: u64) -> Vault {
    Vault::new(Arc::new(Folder::open(&folder).unwrap()), KeyRing::new(journal, master(master_seed)))
}

struct Filled {
    room: Room,
    journal: SqlJournal,
    vault: Vault,
    object: ObjectRef,
}

impl Filled {
    async fn new() -> Self {
        let room = Room::new();
        let journal = room.journal().await;
        let vault = vault_in(room.path("objects"), &journal, 1);
        let object = vault
            .put(&stream("case/a"), &name("identifiers/a1"), SECRET, &Seeded::new(2))
            .await
            .unwrap();
        Self { room, journal, vault, object }
    }

    fn file(&self) -> PathBuf {
        self.room.path("objects/case=a/identifiers/a1")
    }
}

/// What a vault does on any database: also run on PostgreSQL.
pub async fn conforms(journal: &SqlJournal) {
    let room = Room::new();
    let vault = vault_in(room.path("objects"), journal, 1);
    let (a, document) = (stream("vault/a"), name("documents/order.pdf"));
    let object = vault.put(&a, &document, SECRET, &Seeded::new(3)).await.unwrap();
    assert_eq!(vault.get(&a, &object).await.unwrap(), SECRET);
    vault.erase(&a).await.unwrap();
    assert!(vault.get(&a, &object).await.unwrap_err().is_erased());
}

#[tokio::test]
async fn what_was_put_comes_back_and_lies_there_encrypted() {
    let filled = Filled::new().await;
    assert_eq!(filled.vault.get(&stream("case/a"), &filled.object).await.unwrap(), SECRET);
    assert_eq!(filled.vault.names(&stream("case/a")).await.unwrap(), [name("identifiers/a1")]);
    let stored = std::fs::read(filled.file()).unwrap();
    assert!(!stored.windows(8).any(|part| SECRET.windows(8).any(|secret| part == secret)));
    conforms(&filled.journal).await;
}

#[tokio::test]
async fn putting_the_same_again_gives_the_same_reference_and_other_bytes_are_refused() {
    let filled = Filled::new().await;
    let a = stream("case/a");
    let stored = std::fs::read(filled.file()).unwrap();
    let again = filled.vault.put(&a, &filled.object.name, SECRET, &Seeded::new(9)).await.unwrap();
    assert_eq!(again, filled.object);
    let other =
        filled.vault.put(&a, &filled.object.name, b"other", &Seeded::new(9)).await.unwrap_err();
    assert!(matches!(other, PutError::Taken { .. }), "{other}");
    assert_eq!(std::fs::read(filled.file()).unwrap(), stored);
}

#[tokio::test]
async fn equal_contents_look_different_to_who_has_no_key() {
    let filled = Filled::new().await;
    let entropy = Seeded::new(5);
    let b =
        filled.vault.put(&stream("case/b"), &filled.object.name, SECRET, &entropy).await.unwrap();
    assert_ne!(b.digest, filled.object.digest, "the digest is keyed by the stream");
    assert_ne!(b.digest, writ_vocabulary::Digest::of(SECRET));
    let other = filled
        .vault
        .put(&stream("case/a"), &name("identifiers/a2"), SECRET, &entropy)
        .await
        .unwrap();
    assert_eq!(
        other.digest, filled.object.digest,
        "within a stream equal contents can be recognised"
    );
    let second = std::fs::read(filled.room.path("objects/case=a/identifiers/a2")).unwrap();
    assert_ne!(std::fs::read(filled.file()).unwrap(), second, "but no nonce is used twice");
}

#[tokio::test]
async fn one_changed_bit_anywhere_is_found() {
    let filled = Filled::new().await;
    let stored = std::fs::read(filled.file()).unwrap();
    for at in 0..stored.len() {
        let mut changed = stored.clone();
        changed[at] ^= 1;
        std::fs::write(filled.file(), &changed).unwrap();
        let error = filled.vault.get(&stream("case/a"), &filled.object).await.unwrap_err();
        assert!(matches!(error, GetError::Altered { .. }), "byte {at}: {error}");
    }
    for length in [0, 10, 40, stored.len() - 1] {
        std::fs::write(filled.file(), &stored[..length]).unwrap();
        assert!(filled.vault.get(&stream("case/a"), &filled.object).await.is_err());
    }
    std::fs::write(filled.file(), &stored).unwrap();
    assert!(filled.vault.get(&stream("case/a"), &filled.object).await.is_ok());
}

#[tokio::test]
async fn an_object_moved_to_another_name_or_stream_does_not_open() {
    let filled = Filled::new().await;
    let entropy = Seeded::new(5);
    filled.vault.put(&stream("case/b"), &name("identifiers/b1"), SECRET, &entropy).await.unwrap();
    for to in ["case=a/identifiers/a2", "case=b/identifiers/a1"] {
        std::fs::copy(filled.file(), filled.room.path("objects").join(to)).unwrap();
    }
    let renamed = ObjectRef { name: name("identifiers/a2"), ..filled.object.clone() };
    let moved = filled.vault.get(&stream("case/a"), &renamed).await;
    assert!(matches!(moved, Err(GetError::Altered { .. })));
    let moved = filled.vault.get(&stream("case/b"), &filled.object).await;
    assert!(matches!(moved, Err(GetError::Altered { .. })));
    let absent = ObjectRef { name: name("identifiers/none"), ..filled.object };
    assert!(matches!(
        filled.vault.get(&stream("case/a"), &absent).await,
        Err(GetError::Missing { .. })
    ));
    assert!(matches!(
        filled.vault.get(&stream("case/z"), &absent).await,
        Err(GetError::Missing { .. })
    ));
}

#[tokio::test]
async fn what_was_erased_stays_erased_for_everybody() {
    let filled = Filled::new().await;
    let a = stream("case/a");
    let elsewhere = vault_in(filled.room.path("objects"), &filled.room.journal().await, 1);
    assert!(elsewhere.get(&a, &filled.object).await.is_ok());
    let kept =
        filled.vault.put(&stream("case/b"), &name("x"), SECRET, &Seeded::new(7)).await.unwrap();
    for _ in 0..2 {
        filled.vault.erase(&a).await.unwrap();
        for vault in [&filled.vault, &elsewhere] {
            let error = vault.get(&a, &filled.object).await.unwrap_err();
            assert!(error.is_erased(), "{error}");
            let refused = vault.put(&a, &name("new"), b"new", &Seeded::new(8)).await.unwrap_err();
            assert!(matches!(refused, PutError::Key(KeyError::Erased { .. })));
        }
    }
    assert!(!filled.file().exists());
    assert_eq!(
        filled.vault.get(&stream("case/b"), &kept).await.unwrap(),
        SECRET,
        "other streams are as they were"
    );
    filled.vault.erase(&stream("case/never-used")).await.unwrap();
    let refused =
        filled.vault.put(&stream("case/never-used"), &name("x"), b"x", &Seeded::new(8)).await;
    assert!(matches!(refused, Err(PutError::Key(KeyError::Erased { .. }))));
}

#[tokio::test]
async fn an_erased_key_is_in_no_byte_of_the_database() {
    let filled = Filled::new().await;
    // Enough neighbours on both sides that the pages of the table were split and copied.
    for n in 0..100 {
        let other = stream(&format!("case/{}{n}", if n % 2 == 0 { "" } else { "z" }));
        filled.vault.put(&other, &name("x"), SECRET, &Seeded::new(100 + n)).await.unwrap();
    }
    let sealed = sealed_key(&filled).await;
    assert!(is_in_the_files(&filled, &sealed), "the test looks in the right place");
    filled.vault.erase(&stream("case/a")).await.unwrap();
    assert!(!is_in_the_files(&filled, &sealed));
}

async fn sealed_key(filled: &Filled) -> Vec<u8> {
    use sea_orm::{ConnectionTrait, DbBackend, Statement};
    let raw = filled.room.raw().await;
    let sql = "SELECT wrapped FROM case_keys WHERE stream = 'case/a'";
    let row =
        raw.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap().unwrap();
    raw.close().await.unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Looks for any eight successive bytes of it, in the file and in its write-ahead log.
fn is_in_the_files(filled: &Filled, secret: &[u8]) -> bool {
    ["journal.db", "journal.db-wal"].iter().any(|file| {
        let bytes = std::fs::read(filled.room.path(file)).unwrap_or_default();
        secret.chunks_exact(8).any(|part| bytes.windows(8).any(|found| found == part))
    })
}

#[tokio::test]
async fn another_master_key_opens_nothing_and_says_which_is_needed() {
    let filled = Filled::new().await;
    let other = vault_in(filled.room.path("objects"), &filled.journal, 66);
    let error = other.get(&stream("case/a"), &filled.object).await.unwrap_err().to_string();
    let checked = KeyRing::new(&filled.journal, master(66)).check().await.unwrap_err();
    assert_eq!(checked.to_string(), error);
    KeyRing::new(&filled.journal, master(1)).check().await.unwrap();
    assert!(
        error.contains(&master(1).fingerprint()) && error.contains(&master(66).fingerprint()),
        "{error}"
    );
    assert!(other.put(&stream("case/a"), &name("x"), b"x", &Seeded::new(3)).await.is_err());
}

#[tokio::test]
async fn a_key_copied_into_another_streams_row_does_not_open() {
    let filled = Filled::new().await;
    filled.vault.put(&stream("case/b"), &name("x"), b"x", &Seeded::new(3)).await.unwrap();
    let copy =
        "UPDATE case_keys SET wrapped = (SELECT wrapped FROM case_keys WHERE stream = 'case/b')";
    filled.room.tamper(copy).await.unwrap();
    let error = filled.vault.get(&stream("case/a"), &filled.object).await.unwrap_err();
    assert!(matches!(error, GetError::Key(KeyError::Damaged { .. })), "{error}");
}

#[tokio::test]
async fn after_the_master_key_was_changed_the_old_one_opens_nothing() {
    let filled = Filled::new().await;
    let objects = filled.room.path("objects");
    filled.vault.erase(&stream("case/gone")).await.unwrap();
    let ring =
        KeyRing::new(&filled.journal, master(1)).rewrap(master(66), &Seeded::new(4)).await.unwrap();
    let renewed = Vault::new(Arc::new(Folder::open(&objects).unwrap()), ring);
    assert_eq!(renewed.get(&stream("case/a"), &filled.object).await.unwrap(), SECRET);
    let old = filled.vault.get(&stream("case/a"), &filled.object).await;
    assert!(matches!(old, Err(GetError::Key(KeyError::OtherMaster { .. }))));
    let gone = renewed.put(&stream("case/gone"), &name("x"), b"x", &Seeded::new(5)).await;
    assert!(
        matches!(gone, Err(PutError::Key(KeyError::Erased { .. }))),
        "what was erased stays erased"
    );
}

#[tokio::test]
async fn without_random_bytes_nothing_is_put() {
    let room = Room::new();
    let journal = room.journal().await;
    let vault = vault_in(room.path("objects"), &journal, 1);
    let dry = |_: &mut [u8]| Err(EntropyError("the source is closed".into()));
    let error = vault.put(&stream("case/a"), &name("x"), b"x", &dry).await.unwrap_err();
    assert_eq!(error.to_string(), "no random bytes: the source is closed");
    assert!(vault.names(&stream("case/a")).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_put_the_first_object_of_a_stream_all_succeed_under_one_key() {
    let room = Room::new();
    let journal = room.journal().await;
    let mut puts = tokio::task::JoinSet::new();
    for n in 0..8 {
        let vault = vault_in(room.path("objects"), &journal, 1);
        puts.spawn(async move {
            let object = vault
                .put(&stream("case/a"), &name("same"), SECRET, &Seeded::new(10 + n))
                .await
                .unwrap();
            assert_eq!(vault.get(&stream("case/a"), &object).await.unwrap(), SECRET);
            object
        });
    }
    let objects = puts.join_all().await;
    assert!(objects.iter().all(|object| *object == objects[0]));
}

#[test]
fn a_master_key_is_read_back_from_a_file_that_is_its_owners_alone() {
    let room = Room::new();
    let path = room.path("master.key");
    master(1).write_new(&path).unwrap();
    assert_eq!(MasterKey::read(&path).unwrap().fingerprint(), master(1).fingerprint());
    assert!(
        matches!(master(2).write_new(&path), Err(KeyFileError::Unwritable { .. })),
        "never overwritten"
    );

    let set_mode = |mode| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(0o640);
    let open = MasterKey::read(&path).err().unwrap().to_string();
    assert!(open.ends_with(&format!("run `chmod 600 {}`", path.display())), "{open}");
    set_mode(0o600);
    std::fs::write(&path, "not a key").unwrap();
    assert!(matches!(MasterKey::read(&path), Err(KeyFileError::NotAKey { .. })));
    assert!(matches!(MasterKey::read(&room.path("none")), Err(KeyFileError::Unreadable { .. })));
}

#[test]
fn a_name_cannot_lead_out_of_its_folder() {
    for bad in ["../x", "a/../../x", "/etc/passwd", "a//b", ".incoming/1", "a/.hidden", ""] {
        assert!(bad.parse::<ObjectName>().is_err(), "{bad}");
        assert!(serde_json::from_str::<ObjectName>(&format!("{bad:?}")).is_err(), "{bad}");
    }
}

#[test]
fn starting_sweeps_away_what_a_crash_left_but_not_what_another_is_writing() {
    let room = Room::new();
    Folder::open(&room.path("objects")).unwrap();
    let (dead, live) = (room.path("objects/.incoming/1-0"), room.path("objects/.incoming/2-0"));
    std::fs::write(&dead, "half").unwrap();
    let writer = std::fs::File::create(&live).unwrap();
    writer.lock().unwrap();
    Folder::open(&room.path("objects")).unwrap();
    assert!(!dead.exists() && live.exists());
}

#[tokio::test]
async fn erasing_while_a_reader_holds_the_old_state_says_that_a_copy_may_be_left() {
    use sea_orm::ConnectionTrait;
    let filled = Filled::new().await;
    let reader = filled.room.raw().await;
    reader.execute_unprepared("BEGIN; SELECT count(*) FROM case_keys;").await.unwrap();
    let settings =
        Settings { patience: std::time::Duration::from_millis(50), ..Settings::default() };
    let place = Place::from(filled.room.file().as_path());
    let journal = SqlJournal::open(&place, settings).await.unwrap();
    let vault = vault_in(filled.room.path("objects"), &journal, 1);
    let error = vault.erase(&stream("case/a")).await.unwrap_err();
    assert!(matches!(error, EraseError::CopyLeft(_)), "{error}");
    assert!(vault.get(&stream("case/a"), &filled.object).await.unwrap_err().is_erased());
    reader.execute_unprepared("COMMIT").await.unwrap();
    vault.erase(&stream("case/a")).await.unwrap();
    assert!(!filled.file().exists());
}
