//! What goes wrong, as every route tells it: a status, and `{"message", "details"?}` as JSON.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use writ_commons::{CommandError, FetchError, HashError, LookupError};
use writ_hashbank::Refused;
use writ_media::MediaError;
use writ_vocabulary::IdError;

/// Why a request is not answered as it wished.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub status: StatusCode,
    pub message: String,
    details: Option<String>,
    /// After how many seconds it may be tried again.
    retry_after: Option<u64>,
}

/// A problem as it is written.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Told<'a> {
    /// What went wrong, where, and what to do next.
    pub message: &'a str,
    /// More of it, where there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<&'a str>,
}

/// What every handler gives.
pub(crate) type Answered = Result<Response, Problem>;

impl Problem {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), details: None, retry_after: None }
    }

    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Something is missing, or of the wrong type.
    pub fn unfit(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    pub fn slow(message: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, message)
    }

    /// For now only: in a while it may be well.
    pub fn busy(message: impl Into<String>) -> Self {
        let retry_after = Some(5);
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message) }
    }

    /// Asked too often.
    pub fn too_often(message: impl Into<String>, seconds: u64) -> Self {
        let retry_after = Some(seconds.max(1));
        Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, message) }
    }

    /// A fault of this program, which it has told its log.
    pub fn fault(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request could not be answered");
        let message = "the service failed: its log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    pub fn with_details(self, details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..self }
    }

    pub fn told(&self) -> Told<'_> {
        Told { message: &self.message, details: self.details.as_deref() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.told())).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let how = HeaderValue::from_static("Bearer, Basic realm=\"writ\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
        }
        response
    }
}

/// Which status a refusal of the hash bank has: what is not there, what the member may not, what could never be right,
/// and, of all others, what does not fit how things stand.
impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match &refused {
            Refused::NoBank(_)
            | Refused::NoEntry(_)
            | Refused::NoIncident(_)
            | Refused::NoReader(_)
            | Refused::NoSuchSignal { .. }
            | Refused::NothingSaid { .. }
            | Refused::BankGone(_) => StatusCode::NOT_FOUND,
            Refused::NoMember(_)
            | Refused::Voice { .. }
            | Refused::NotContributor { .. }
            | Refused::OthersStand(_) => StatusCode::FORBIDDEN,
            Refused::Malformed { .. }
            | Refused::SignalCount(_)
            | Refused::TooMuch { .. }
            | Refused::Content(_)
            | Refused::Past(_)
            | Refused::TooFar { .. }
            | Refused::Label(_)
            | Refused::Axis { .. }
            | Refused::BankSettings { .. } => StatusCode::BAD_REQUEST,
            _ => StatusCode::CONFLICT,
        };
        Self::new(status, refused.to_string())
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refused) => refused.into(),
            CommandError::TooLong { .. } => Self::too_large(error.to_string()),
            CommandError::Stored(_) | CommandError::Closed => Self::busy(error.to_string()),
        }
    }
}

impl From<LookupError> for Problem {
    fn from(error: LookupError) -> Self {
        Self::missing(error.to_string())
    }
}

impl From<IdError> for Problem {
    fn from(error: IdError) -> Self {
        Self::bad(error.to_string())
    }
}

impl From<FetchError> for Problem {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::TooLarge(_) => Self::too_large(error.to_string()),
            FetchError::Setup(_) => Self::fault(&error),
            _ => Self::bad(error.to_string()),
        }
    }
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match &error {
            HashError::Media(media) => match media {
                MediaError::TooLong { .. } | MediaError::TooLarge { .. } => {
                    Self::too_large(error.to_string())
                }
                MediaError::Unfit(_)
                | MediaError::NoFfmpeg(_)
                | MediaError::Process(_)
                | MediaError::Answer(_) => Self::fault(&error),
                _ => Self::bad(error.to_string()),
            },
            HashError::LongText(_) => Self::too_large(error.to_string()),
            HashError::Signal(_) => Self::fault(&error),
            _ => Self::bad(error.to_string()),
        }
    }
}
