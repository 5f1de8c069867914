//! Files: uploaded or fetched by their address, and hashed where waiting is allowed.

use crate::app::{App, Shared};
use crate::body::in_time;
use crate::error::Problem;
use crate::params::Params;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use writ_commons::{HashError, Hashed, Hasher, Kind};
use writ_media::Scale;
use writ_signals::{SignalType, md5, sha256, vpdq};

/// The most fields of a form, and the longest that is no file.
const FIELDS: usize = 16;
const FIELD: usize = 64 << 10;
/// What a video has that cannot be decoded.
const DIGESTS: [&SignalType; 2] = [&sha256::VIDEO, &md5::VIDEO];

/// A file to be hashed, and what came with it.
pub(crate) struct Upload {
    pub kind: Kind,
    pub bytes: Bytes,
    /// The form's other fields.
    pub fields: BTreeMap<String, String>,
    /// Held until it is hashed.
    _place: OwnedSemaphorePermit,
}

impl Upload {
    /// The one file of a form; its field's name says what it is.
    pub async fn read(app: &App, request: Request) -> Result<Self, Problem> {
        app.hasher()?;
        let place = app.place().await?;
        let form = Multipart::from_request(request, &());
        let form =
            form.await.map_err(|_| Problem::bad("Missing multipart/form-data file upload"))?;
        let whole = Self::form(app, form, place);
        in_time(whole, app.settings.patience * 10).await?
    }

    async fn form(
        app: &App,
        mut form: Multipart,
        place: OwnedSemaphorePermit,
    ) -> Result<Self, Problem> {
        let patience = app.settings.patience;
        let (mut file, mut fields) = (None, BTreeMap::new());
        for _ in 0..FIELDS {
            let Some(field) = in_time(form.next_field(), patience).await?.map_err(broken)? else {
                let (kind, bytes) =
                    file.ok_or_else(|| Problem::bad("Missing multipart/form-data file upload"))?;
                return Ok(Self { kind, bytes, fields, _place: place });
            };
            let name = field.name().unwrap_or_default().to_owned();
            if field.file_name().is_none() {
                let value = bytes(field, FIELD, app).await?;
                fields.insert(name, String::from_utf8_lossy(&value).into_owned());
                continue;
            }
            if file.is_some() {
                return Err(Problem::bad("Only one file allowed per request"));
            }
            file = Some((kind_named(&name)?, bytes(field, app.settings.max_upload, app).await?));
        }
        Err(Problem::bad(format!("the form has more than {FIELDS} fields")))
    }

    /// The file at an address: what it is the query says, or whoever serves it.
    pub async fn fetch(app: &App, address: &str, params: &Params) -> Result<Self, Problem> {
        app.hasher()?;
        let fetcher = app.fetcher()?;
        let place = app.place().await?;
        let named = params.some("content_type").map(|name| kind_named(&name)).transpose()?;
        let fetched = fetcher.fetch(address).await?;
        let served = fetched.media_type.unwrap_or_default();
        let kind = match named {
            Some(kind) => kind,
            None if served.starts_with("image/") || served == "application/pdf" => Kind::Photo,
            None if served.starts_with("video/") => Kind::Video,
            None => {
                let served: String = served.chars().take(80).collect();
                return Err(Problem::bad(format!(
                    "unsupported url ContentType: '{served}', if you know the expected type, provide it with the content_type query param"
                )));
            }
        };
        Ok(Self { kind, bytes: fetched.bytes, fields: BTreeMap::new(), _place: place })
    }

    /// Its signals, of the whole picture: for a bank.
    pub async fn hash(self, app: &Shared, types: Option<Vec<String>>) -> Result<Hashed, Problem> {
        self.with_hasher(app, move |upload, hasher, _| {
            upload.signals(hasher, types.as_deref(), Scale::Full)
        })
        .await
    }

    /// Its signals for a look-up: of the scaled picture, unless the answer would be close.
    pub async fn hash_quickly(
        self,
        app: &Shared,
        types: Option<Vec<String>>,
    ) -> Result<Hashed, Problem> {
        self.with_hasher(app, move |upload, hasher, app| {
            let hash = |scale| upload.signals(hasher, types.as_deref(), scale);
            let hashed = hash(Scale::Fast)?;
            Ok(if app.memory.is_close_call(&hashed) { hash(Scale::Full)? } else { hashed })
        })
        .await
    }

    /// Its signals. A video that cannot be decoded has its digests all the same, unless others were asked for.
    fn signals(
        &self,
        hasher: &Hasher,
        types: Option<&[String]>,
        scale: Scale,
    ) -> Result<Hashed, Problem> {
        let hash = |types| hasher.hash(&self.bytes, self.kind, types, scale);
        match hash(types) {
            Err(HashError::Media(why)) if self.kind == Kind::Video && types.is_none() => {
                let mut hashed = hash(Some(&DIGESTS.map(|kind| kind.name.to_owned())))?;
                hashed.without.push((vpdq::TYPE.name, why.to_string()));
                Ok(hashed)
            }
            hashed => Ok(hashed?),
        }
    }

    async fn with_hasher(
        self,
        app: &Shared,
        hash: impl FnOnce(Self, &Hasher, &App) -> Result<Hashed, Problem> + Send + 'static,
    ) -> Result<Hashed, Problem> {
        let app = Arc::clone(app);
        let hashed = tokio::task::spawn_blocking(move || {
            let hasher = app.hasher()?;
            hash(self, hasher, &app)
        });
        hashed.await.map_err(|error| Problem::fault(&error))?
    }
}

/// The types of signal that a query asks for. Words that name none are told by the hasher.
pub(crate) fn types(params: &Params) -> Result<Option<Vec<String>>, Problem> {
    match params.list("types") {
        Some(types) if types.is_empty() => Err(Problem::bad("empty signal type selection")),
        types => Ok(types),
    }
}

pub(crate) fn kind_named(name: &str) -> Result<Kind, Problem> {
    match name {
        "photo" => Ok(Kind::Photo),
        "video" => Ok(Kind::Video),
        "text" => Ok(Kind::Text),
        _ => {
            let name: String = name.chars().take(80).collect();
            Err(Problem::bad(format!("no such content_type: '{name}'")))
        }
    }
}

async fn bytes(mut field: Field<'_>, most: usize, app: &App) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = in_time(field.chunk(), app.settings.patience).await?.map_err(broken)? {
        if bytes.len() + piece.len() > most {
            return Err(Problem::too_large(format!(
                "Content too large: more than {most} bytes; hash it where it is, and send the hash"
            )));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

fn broken(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large("Content too large"),
        _ => Problem::bad("the form is broken or cut off").with_details(error.body_text()),
    }
}
