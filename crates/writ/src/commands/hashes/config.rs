//! `hashes/hashes.toml`: who one is among the members, and how one serves.

use crate::fault;
use miette::Result;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::Path;
use writ_hashbank::{BankName, MemberId};

/// The file's name in the folder of the shared memory.
const FILE: &str = "hashes.toml";

/// What the file says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Oneself.
    pub member: MemberId,
    /// How one serves.
    #[serde(default)]
    pub serve: Serve,
}

/// How one serves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Serve {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Whether programs on this machine may ask without a key.
    pub keyless: bool,
    /// How many look-ups a minute each key may make, unless it says so itself.
    pub lookups_per_minute: u32,
    /// The largest upload, in MiB.
    pub upload_mib: usize,
    /// The hosts that files are fetched from by address; none: every public one.
    pub hosts: Vec<String>,
    /// Whether files are fetched from this machine and its own network too.
    pub private_addresses: bool,
    /// The bank that takes what StopNCII clients submit.
    pub submissions: Option<BankName>,
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7446)),
            keyless: false,
            lookups_per_minute: 6_000,
            upload_mib: 256,
            hosts: Vec::new(),
            private_addresses: false,
            submissions: None,
        }
    }
}

impl Config {
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|_| {
            fault::with_help(
                format!("there is no shared memory here: `{}` is missing", path.display()),
                "make it with `writ --home DIR bank init --member NAME`",
            )
        })?;
        toml::from_str(&text)
            .map_err(|error| fault::plain(format!("{}: {}", path.display(), error.message())))
    }

    /// Writes a first one, with every setting and its meaning.
    pub fn write(folder: &Path, member: &MemberId) -> Result<()> {
        let path = folder.join(FILE);
        if path.exists() {
            return Err(fault::plain(format!("`{}` is there already", path.display())));
        }
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, first(member)))
            .map_err(|error| fault::plain(format!("{}: {error}", path.display())))
    }
}

fn first(member: &MemberId) -> String {
    format!(
        r#"# The shared memory of known terrorist images and video (docs/hashes.md).

# Who you are among the members.
member = "{member}"

[serve]
# Where `writ serve` listens. Put a proxy with TLS in front of it before it is reached from elsewhere.
listen = "127.0.0.1:7446"
# Whether programs on this machine may ask without a key; they may do everything then. Only where it listens on loopback.
keyless = false
# How many look-ups a minute each key may make, unless it says so itself: who may ask without end can list the bank.
lookups_per_minute = 6000
# The largest upload, in MiB.
upload_mib = 256
# The hosts that files are fetched from by address; none: every public one.
hosts = []
# Whether files are fetched from this machine and its own network too: whoever may ask for hashes can look around there then.
private_addresses = false
# The bank that takes what StopNCII clients submit, which name none.
# submissions = "FROM_CLIENTS"
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_is_what_holds_without_one() {
        let config: Config = toml::from_str(&first(&"meridian-video".parse().unwrap())).unwrap();
        let usual = Serve::default();
        assert_eq!(
            (config.serve.listen, config.serve.keyless, config.serve.lookups_per_minute),
            (usual.listen, usual.keyless, usual.lookups_per_minute)
        );
        assert_eq!(config.serve.upload_mib, usual.upload_mib);
    }
}
