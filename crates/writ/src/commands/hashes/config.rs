//! `hashes/hashes.toml`: who one is among the members.

use crate::fault;
use miette::Result;
use serde::Deserialize;
use std::path::Path;
use writ_hashbank::MemberId;

/// The file's name in the folder of the shared memory.
const FILE: &str = "hashes.toml";

/// What the file says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Oneself.
    pub member: MemberId,
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
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_can_be_read() {
        let config: Config = toml::from_str(&first(&"meridian-video".parse().unwrap())).unwrap();
        assert_eq!(config.member.as_str(), "meridian-video");
    }
}
