//! Stored files: one folder of objects for each account; under the customer's own keys only ciphertext.

use super::MeridianError;
use super::chance::{Chance, Stream};
use super::people::{Account, DAYS, DUSK, People};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How many of the others have stored files.
const OTHERS: u64 = 64;

/// Writes the folders `files` and `sealed-files` of `data`.
pub(super) fn write(
    data: &Path,
    people: &People<'_>,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<(), MeridianError> {
    let of = people.cast.people.len() as u64 + people.others().min(OTHERS);
    let (readable, sealed) = (data.join("files"), data.join("sealed-files"));
    folder(&readable)?;
    folder(&sealed)?;
    for (done, account) in (1..).zip(people.some(OTHERS)) {
        let own = account.id().to_string();
        let mut chance = people.chance(Stream::Files, u64::from(account.id().0));
        match &account {
            Account::Named(person) => {
                let under_key = person.has_key_to("stored_files");
                let place = if under_key { sealed.join(own) } else { readable.join(own) };
                for stored in &person.files {
                    let text = stored.text.as_bytes();
                    let bytes =
                        if under_key { noise(text.len() + 32, &mut chance) } else { text.to_vec() };
                    object(&place, &stored.name, &bytes, stored.at.as_second())?;
                }
            }
            Account::Drawn { .. } => {
                let at = DUSK - chance.below((DAYS * 86_400) as u64) as i64;
                let text = format!(
                    "Shopping list number {}: lamp oil, pears, string.\n",
                    chance.below(1_000)
                );
                object(&readable.join(own), "shopping-list.txt", text.as_bytes(), at)?;
            }
        }
        progress("stored files", done, of);
    }
    Ok(())
}

/// What ciphertext looks like to somebody without the key.
fn noise(length: usize, chance: &mut Chance) -> Vec<u8> {
    std::iter::repeat_with(|| chance.next() as u8).take(length).collect()
}

fn object(place: &Path, name: &str, bytes: &[u8], at: i64) -> Result<(), MeridianError> {
    folder(place)?;
    file_of(&place.join(name), bytes, at)
}

/// A file that was last changed at `at`, in seconds since 1970.
pub(super) fn file_of(path: &Path, bytes: &[u8], at: i64) -> Result<(), MeridianError> {
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(at.unsigned_abs());
    let written = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.set_modified(changed)
    });
    written.map_err(MeridianError::at(path))
}

/// A file.
pub(super) fn file(path: &Path, bytes: &[u8]) -> Result<(), MeridianError> {
    std::fs::write(path, bytes).map_err(MeridianError::at(path))
}

/// A folder, with those it lies in.
pub(super) fn folder(path: &Path) -> Result<(), MeridianError> {
    std::fs::create_dir_all(path).map_err(MeridianError::at(path))
}
