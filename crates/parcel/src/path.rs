//! Paths inside a parcel: plain, relative, the same on every system, and short enough for a ustar header.

/// The longest file name field of a ustar header, and the longest folder field before it.
const NAME: usize = 100;
const PREFIX: usize = 155;

/// Names that Windows keeps for devices, with any ending.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Whether a file of a production may have this path: `Err` says what is wrong with it, in plain words.
///
/// A path is made of parts joined by `/`; each part of ASCII letters, digits and `._-+=@,~`, none of them `.` or `..`,
/// none ending in `.`, none a device name of Windows. `production/` before it and the fields of a ustar header leave
/// 244 bytes at most.
///
/// # Errors
///
/// When a parcel cannot carry the path, so that collecting can choose another before the production is signed.
pub fn check_path(path: &str) -> Result<(), &'static str> {
    EntryPath::parse(&format!("{PRODUCTION}{path}")).map(|_| ())
}

/// The folder inside the archive that holds the production's files.
pub(crate) const PRODUCTION: &str = "production/";

/// A path that is safe to unpack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EntryPath(String);

impl EntryPath {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.starts_with('/') {
            return Err("an absolute path");
        }
        if text.is_empty() || split(text).is_none() {
            return Err("an empty path or one too long for the archive");
        }
        text.split('/').try_for_each(check_part)?;
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder field and the name field of a ustar header.
    pub(crate) fn split(&self) -> (&str, &str) {
        split(&self.0).unwrap_or(("", &self.0))
    }

    /// The form under which a file system that ignores case finds it.
    pub(crate) fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Whole where it fits; otherwise at the first `/` that leaves a name short enough.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= NAME {
        return Some(("", path));
    }
    path.match_indices('/')
        .filter_map(|(at, _)| Some((path.get(..at)?, path.get(at + 1..)?)))
        .find(|(prefix, name)| name.len() <= NAME && !name.is_empty() && prefix.len() <= PREFIX)
}

fn check_part(part: &str) -> Result<(), &'static str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+=@,~".contains(c);
    let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
    match part {
        "" => Err("a path with an empty part"),
        "." | ".." => Err("a path that leaves its folder"),
        _ if !part.chars().all(is_plain) => {
            Err("a path with characters other than ASCII letters, digits and `._-+=@,~`")
        }
        _ if part.ends_with('.') => Err("a path with a part that ends in a full stop"),
        _ if DEVICES.contains(&stem.as_str()) => Err("a path with a device name of Windows"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_could_leave_its_folder_or_mean_two_things_is_refused() {
        for bad in [
            "",
            "/etc/passwd",
            "../up",
            "a/../b",
            "a/./b",
            "a//b",
            "a/",
            "a\\b",
            "c:x",
            "nul",
            "Con.txt",
            "a.",
            "é",
            "a\nb",
            "a b",
        ] {
            assert!(EntryPath::parse(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "production/sign-ins/a1.ndjson", "a+b=c@d,e~f", "..a", ".hidden"] {
            assert!(EntryPath::parse(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_long_path_is_split_where_a_ustar_header_can_hold_it() {
        let long = format!("{}/{}", "d".repeat(120), "n".repeat(100));
        let path = EntryPath::parse(&long).unwrap();
        assert_eq!(path.split(), ("d".repeat(120).as_str(), "n".repeat(100).as_str()));
        assert!(EntryPath::parse(&"n".repeat(101)).is_err());
        assert!(EntryPath::parse(&format!("{}/{}", "d".repeat(156), "n".repeat(100))).is_err());
    }
}
