//! `writ open`: the authority's side of a parcel.

use crate::fault;
use crate::say::{Say, instant, table};
use miette::Result;
use std::path::{Path, PathBuf};
use writ_parcel::{Expect, Identity, Opened, ProviderPin};

pub fn open(
    parcel: &Path,
    key: &Path,
    provider: Option<&str>,
    out: Option<&Path>,
    say: Say,
) -> Result<()> {
    let text = std::fs::read_to_string(key)
        .map_err(|error| fault::plain(format!("{}: {error}", key.display())))?;
    let identity: Identity =
        text.parse().map_err(|error| fault::plain(format!("{}: {error}", key.display())))?;
    let provider: Option<ProviderPin> = provider.map(str::parse).transpose().map_err(fault::of)?;
    let out: PathBuf = out.map_or_else(|| parcel.with_extension(""), Path::to_owned);
    let opened = writ_parcel::open(parcel, &identity, &Expect { provider, case: None }, &out)
        .map_err(fault::of)?;
    let value = serde_json::json!({
        "statement": opened.statement,
        "provider_known": opened.provider_known,
        "parcel": opened.parcel_digest,
        "inner": opened.inner_digest,
        "bytes": opened.bytes,
        "out": out,
    });
    say.result(&value, |_| opened_text(&opened, &out));
    Ok(())
}

fn opened_text(opened: &Opened, out: &Path) -> String {
    let statement = &opened.statement;
    let mut text = format!("Case       {}\n", statement.case);
    text +=
        &format!("From       {}, sealed {}\n", statement.provider.name, instant(statement.made_at));
    text += &format!("To         {}\n", statement.recipient.authority);
    text += &format!("Unpacked   {}\n\n", out.display());
    let rows = opened
        .manifest
        .files
        .iter()
        .map(|file| vec![file.path.clone(), file.rows.to_string(), file.sha256.short()]);
    text += &table(&["file", "rows", "sha-256"], rows);
    text += "\n\nEverything was verified: signature, recipient, manifest, every file's digest.\n";
    if !opened.provider_known {
        text += "WARNING: no provider key was given, so anybody could have signed this. Repeat\nwith --provider and the fingerprint that the provider publishes:\n";
        text += &format!("  {}\n", statement.provider.fingerprint);
    }
    text
}
