//! Reports from outside: each format and its golden file, what must hold of every fold, others' reports and their traps.

#![allow(
    clippy::disallowed_methods,
    reason = "the tests read the law book's folder, and renew golden files when asked to"
)]

mod bands;
mod cases;
mod formats;
mod imports;
mod made;
mod properties;

/// Compares with a golden file, or renews it where `WRIT_WRITE_GOLDEN` is set. Golden files end their lines with LF alone,
/// as a checkout may do; that published tables end them with CRLF is tested beside.
fn golden(name: &str, made: &str) {
    let made = made.replace("\r\n", "\n");
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("WRIT_WRITE_GOLDEN").is_some() {
        std::fs::write(path, made).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert!(made == golden, "{name} changed; look at it, then renew it with WRIT_WRITE_GOLDEN=1");
}
