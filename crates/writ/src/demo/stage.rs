//! The stage: the provider's home with its generated data, its registry, and the authorities' own keys.

use super::authorities::Secrets;
use super::night::Night;
use crate::args::DemoArgs;
use crate::meridian::{self, Size};
use crate::say::Say;
use crate::{books, fault};
use indicatif::{ProgressBar, ProgressStyle};
use miette::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use writ_channels::Intake;
use writ_desk::{Desk, Registry};
use writ_lawbook::Lawbook;
use writ_parcel::Expect;

/// What stands before the night begins.
pub struct Stage {
    secrets: Secrets,
    home: PathBuf,
}

impl Stage {
    /// Sets the stage in `home`; what stands there already is used.
    pub fn set(
        home: &Path,
        demo: &DemoArgs,
        night: &Night,
        lawbook: &Lawbook,
        say: Say,
    ) -> Result<Self> {
        let unwritable = |path: &Path| {
            let path = path.display().to_string();
            move |error: std::io::Error| fault::plain(format!("{path}: {error}"))
        };
        std::fs::create_dir_all(home).map_err(unwritable(home))?;
        generate(home, demo, say)?;
        let settings = home.join("writ.toml");
        std::fs::write(&settings, &night.provider).map_err(unwritable(&settings))?;
        let signed = home.join("lawbook").join(books::SIGN_OFF);
        std::fs::create_dir_all(home.join("lawbook")).map_err(unwritable(&signed))?;
        std::fs::write(&signed, sign_off(night, lawbook)?).map_err(unwritable(&signed))?;
        let mut registry: Registry = toml::from_str(&night.authorities)
            .map_err(|error| fault::plain(format!("authorities.toml: {error}")))?;
        let secrets = Secrets::of(home, &mut registry)?;
        registry.write(home).map_err(fault::of)?;
        Ok(Self { secrets, home: home.to_owned() })
    }

    /// The claimed authority's signature over a demand.
    pub fn signature(&self, intake: &Intake) -> Option<String> {
        let authority = intake.case.demand.issuer.authority.as_ref()?;
        self.secrets.sign(authority, &intake.bytes)
    }

    /// Opens every parcel in the outbox with its authority's key, and says how many there were.
    pub async fn open_all(&self, desk: &Desk) -> Result<usize> {
        let pin = desk.public_key().fingerprint().to_string().parse().map_err(fault::of)?;
        let expect = Expect { provider: Some(pin), case: None };
        let room = self.home.join("opened");
        let mut opened = 0;
        for authority in &desk.registry().authorities {
            let Some(identity) = self.secrets.identity(&authority.id)? else { continue };
            let folder = self.home.join("outbox").join(authority.id.as_str());
            for case in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let parcel = case.path().join("parcel.age");
                if !parcel.exists() {
                    continue;
                }
                let out = room.join(case.file_name());
                if out.exists() {
                    std::fs::remove_dir_all(&out)
                        .map_err(|error| fault::plain(format!("{}: {error}", out.display())))?;
                }
                std::fs::create_dir_all(&room)
                    .map_err(|error| fault::plain(format!("{}: {error}", room.display())))?;
                writ_parcel::open(&parcel, &identity, &expect, &out).map_err(fault::of)?;
                opened += 1;
            }
        }
        Ok(opened)
    }
}

/// Counsel's list: the rows that the scenario names, as the law book of this program has them.
fn sign_off(night: &Night, lawbook: &Lawbook) -> Result<String> {
    let mut signed = night.sign_offs.clone();
    for entry in &mut signed {
        entry.digest = lawbook.versions(&entry.instrument).last().map(|row| row.digest);
    }
    toml::to_string_pretty(&BTreeMap::from([("sign_off", signed)])).map_err(fault::of)
}

/// Generates the provider's data, unless they stand there whole.
fn generate(home: &Path, demo: &DemoArgs, say: Say) -> Result<()> {
    let whole = home.join("data.whole");
    let size = Size { accounts: demo.accounts, logins: demo.logins, seed: demo.seed };
    if whole.exists() {
        return Ok(());
    }
    let data = home.join("data");
    if data.exists() {
        std::fs::remove_dir_all(&data)
            .map_err(|error| fault::plain(format!("{}: {error}", data.display())))?;
    }
    if !say.json {
        println!(
            "Meridian, a fictional provider: {} accounts, {} login rows\n",
            demo.accounts, demo.logins
        );
    }
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{msg:20} {bar:40} {percent:>3} %")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    meridian::generate(home, size, &mut |what, done, all| {
        bar.set_message(what.to_owned());
        bar.set_length(all);
        bar.set_position(done);
    })
    .map_err(fault::of)?;
    bar.finish_and_clear();
    std::fs::write(&whole, b"")
        .map_err(|error| fault::plain(format!("{}: {error}", whole.display())))
}
