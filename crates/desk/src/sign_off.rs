//! Counsel's sign-offs: the provider's own list `lawbook/sign-off.toml`.

use crate::DeskError;
use std::path::Path;
use writ_vocabulary::SignOff;

/// Reads the sign-offs of a home; no file is an empty list.
///
/// # Errors
/// When the file says something it cannot say, with the lines.
pub fn read(home: &Path) -> Result<Vec<SignOff>, DeskError> {
    let path = home.join("lawbook").join("sign-off.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(DeskError::File { path, source: error }),
    };
    writ_lawbook::sign_offs("sign-off.toml", &text).map_err(|faults| {
        let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
        DeskError::setting(&path, lines.join("\n"))
    })
}
