//! `writ guidelines`: the public page for authorities, as HTML and PDF.

use crate::args::{Args, GuidelinesArgs, LangWord};
use crate::say::Say;
use crate::{books, demo, fault};
use jiff::civil::Date;
use miette::Result;
use std::path::Path;
use writ_desk::{Clock, House, SystemClock};
use writ_guidelines::{Publisher, Subject};
use writ_letters::{Lang, Page, PdfEngine};
use writ_parcel::ProviderKey;
use writ_vocabulary::{Digest, SignOff};

/// Makes the page; writes it into a folder, or prints it.
pub fn publish(args: &Args, wanted: &GuidelinesArgs, say: Say) -> Result<()> {
    let books = books::load(args)?;
    let (publisher, sign_offs) = publisher(&args.home)?;
    let subject = Subject {
        lawbook: &books.lawbook,
        policy: &books.policy,
        publisher: &publisher,
        sign_offs: &sign_offs,
        on: wanted.on.unwrap_or_else(today),
    };
    let lang = match wanted.lang {
        LangWord::En => Lang::en(),
        LangWord::Fr => Lang::fr(),
    };
    let page = subject.page(&lang);
    match &wanted.into {
        None => {
            say.result(&page, Page::to_html);
            Ok(())
        }
        Some(folder) => write(&page, &lang, folder, say),
    }
}

fn today() -> Date {
    SystemClock.now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn write(page: &Page, lang: &Lang, folder: &Path, say: Say) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|error| fault::plain(format!("{}: {error}", folder.display())))?;
    let pdf = page.to_pdf(&PdfEngine::new()).map_err(fault::of)?;
    let files = [("html", page.to_html().into_bytes()), ("pdf", pdf)];
    let mut written = Vec::new();
    for (ending, bytes) in files {
        let path = folder.join(format!("guidelines.{}.{ending}", lang.tag()));
        std::fs::write(&path, bytes)
            .map_err(|error| fault::plain(format!("{}: {error}", path.display())))?;
        written.push(path.display().to_string());
    }
    say.result(&written, |paths| paths.join("\n"));
    Ok(())
}

/// The provider of the home with its counsel's sign-offs; where there is none, an invented one, and the page says so.
fn publisher(home: &Path) -> Result<(Publisher, Vec<SignOff>)> {
    let invented = !home.join("writ.toml").exists();
    let (house, sign_offs) = if invented {
        demo::provider()?
    } else {
        (House::read(home).map_err(fault::of)?, writ_desk::sign_offs(home).map_err(fault::of)?)
    };
    let publisher = Publisher {
        provider: house.provider(),
        address: house.address,
        contact: house.contact,
        fingerprint: fingerprint(home)?,
        invented,
    };
    Ok((publisher, sign_offs))
}

/// Of the key that signs parcels, if the home has made one yet.
fn fingerprint(home: &Path) -> Result<Option<Digest>> {
    let path = home.join("keys").join("provider.pem");
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|error| fault::plain(format!("{}: {error}", path.display())))?;
    let key = text
        .parse::<ProviderKey>()
        .map_err(|error| fault::plain(format!("{}: {error}", path.display())))?;
    Ok(Some(key.fingerprint()))
}
