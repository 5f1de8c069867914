//! Bodies: read piece by piece, within bounds of size and time, whoever sends them.

use crate::app::{App, Shared};
use crate::error::Problem;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The largest body that is not an upload: one with a video's signal has its place in it.
const MOST: usize = 4 << 20;

/// A JSON body.
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        let bytes = read(request.into_body(), MOST, app).await?;
        parse(&bytes).map(Self)
    }
}

/// A JSON body that says it is one. Browsers ask before they send such a thing to another's service.
pub(crate) struct Declared<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Declared<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
            ));
        }
        Json::from_request(request, app).await.map(|Json(value)| Self(value))
    }
}

/// The same on routes whose clients know 422 for a body that is none.
pub(crate) struct Modelled<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Modelled<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem::unfit(
                "there is no JSON body: say `Content-Type: application/json`",
            ));
        }
        Json::from_request(request, app).await.map(|Json(value)| Self(value))
    }
}

pub(crate) fn is_json(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
        || kind.starts_with("application/") && kind.ends_with("+json")
}

/// All of a body, of at most `most` bytes.
pub(crate) async fn read(body: Body, most: usize, app: &App) -> Result<Bytes, Problem> {
    let whole = async {
        let (mut bytes, mut stream) = (BytesMut::new(), body.into_data_stream());
        while let Some(piece) = in_time(stream.next(), app.settings.patience).await? {
            let piece = piece.map_err(|_| Problem::bad("the request broke off"))?;
            if bytes.len() + piece.len() > most {
                let message = format!("the request's body is longer than {most} bytes");
                return Err(Problem::too_large(message));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    };
    in_time(whole, app.settings.patience * 10).await?
}

/// What comes in time.
pub(crate) async fn in_time<T>(
    future: impl Future<Output = T>,
    patience: Duration,
) -> Result<T, Problem> {
    let late = |_| Problem::slow("the request's body took too long to come");
    tokio::time::timeout(patience, future).await.map_err(late)
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        Problem::bad(match bytes.is_empty() {
            true => "there is no body: send JSON as `/openapi.json` says".to_owned(),
            false => format!("the body is not JSON as `/openapi.json` says: {error}"),
        })
    })
}

/// An answer as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(answer: &T) -> Response {
    json_with(StatusCode::OK, answer)
}

/// An answer as JSON, with a status.
pub(crate) fn json_with<T: Serialize + ?Sized>(status: StatusCode, answer: &T) -> Response {
    match serde_json::to_vec(answer) {
        Ok(bytes) => json_bytes(status, bytes),
        Err(error) => Problem::fault(&error).into_response(),
    }
}

/// An answer that is JSON already.
pub(crate) fn json_bytes(status: StatusCode, bytes: impl Into<Body>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], bytes.into()).into_response()
}
