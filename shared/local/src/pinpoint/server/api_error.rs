//! How a request fails, and how that is answered: `{"Message", "RequestID"}` with the error's type in the
//! header `x-amzn-errortype`.

use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::operations;
use super::origin::Origin;
use crate::pinpoint::limits::Rejection;
use crate::pinpoint::wire::MessageBody;

/// Why a request fails as a whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error("{0}")]
    BadRequest(#[from] Rejection),
    #[error("Resource not found")]
    NotFound,
    #[error("Application not found")]
    ApplicationNotFound,
    #[error(
        "{0} is not one of this server's operations: it has {served}",
        served = operations::served()
    )]
    NotServed(&'static str),
    #[error("{}", refusal_of(.0.as_ref()))]
    Page(Option<Origin>),
    #[error("{method} {path} is no operation of Pinpoint's API")]
    NoOperation { method: Method, path: String },
    #[error("The method is not allowed for the resource")]
    MethodNotAllowed,
    #[error("The body has more than {limit_bytes} bytes")]
    PayloadTooLarge { limit_bytes: usize },
    #[error("the store failed")]
    Store(#[from] rusqlite::Error),
    #[error("the work was broken off")]
    BrokenOff(#[from] tokio::task::JoinError),
}

/// What is answered to a failure, but for the id of the request, which the failure does not know.
#[derive(Clone)]
pub(super) struct ErrorReply {
    status: StatusCode,
    message: String,
}

impl ApiError {
    /// Logs what whoever runs the server should know. What the client sent is not logged.
    fn log(&self) {
        match self {
            Self::Store(_) | Self::BrokenOff(_) => {
                tracing::error!(error = ?self, "the Pinpoint server could not do a request");
            }
            Self::NotServed(_) | Self::Page(_) => tracing::warn!("{self}"),
            Self::BadRequest(_)
            | Self::NotFound
            | Self::ApplicationNotFound
            | Self::NoOperation { .. }
            | Self::MethodNotAllowed
            | Self::PayloadTooLarge { .. } => {}
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NotFound | Self::ApplicationNotFound | Self::NoOperation { .. } => {
                StatusCode::NOT_FOUND
            }
            Self::Page(_) => StatusCode::FORBIDDEN,
            Self::NotServed(_) => StatusCode::NOT_IMPLEMENTED,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::PayloadTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Store(_) | Self::BrokenOff(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Why a page is refused, and what would let it.
fn refusal_of(page: Option<&Origin>) -> String {
    const OPTION: &str = "start `cognito-pinpoint pinpoint-local` with --allow-origin";
    match page {
        Some(origin) => format!(
            "This server answers programs, and no web page of {origin}; to let that in, {OPTION} {origin}"
        ),
        None => format!(
            "This server answers programs, and no web page of an unknown origin; to let one in, serve it from an \
             origin such as http://localhost:5173, and {OPTION} http://localhost:5173"
        ),
    }
}

impl IntoResponse for ApiError {
    /// The response carries an [`ErrorReply`] and no body yet.
    fn into_response(self) -> Response {
        let status = self.status();
        self.log();
        let reply = ErrorReply {
            status,
            message: self.to_string(),
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(reply);
        response
    }
}

impl ErrorReply {
    /// What is to be answered in place of `response`, if that is an error.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let status = response.status();
        let failed = status.is_client_error() || status.is_server_error();
        let carried = response.extensions().get::<Self>().cloned();
        carried.or_else(|| {
            // The framework's own: a path or a query that cannot be decoded, or a body far too large.
            let message = status.canonical_reason().unwrap_or_default().to_owned();
            failed.then_some(Self { status, message })
        })
    }

    /// The whole response.
    pub(super) fn respond(self, request_id: &str) -> Response {
        let kind = match self.status {
            StatusCode::NOT_FOUND => "NotFoundException",
            StatusCode::FORBIDDEN => "ForbiddenException",
            StatusCode::NOT_IMPLEMENTED => "NotImplementedException",
            StatusCode::METHOD_NOT_ALLOWED => "MethodNotAllowedException",
            StatusCode::PAYLOAD_TOO_LARGE => "PayloadTooLargeException",
            status if status.is_server_error() => "InternalServerErrorException",
            _ => "BadRequestException",
        };
        let body = MessageBody {
            message: self.message,
            request_id: request_id.to_owned(),
        };
        let mut response = (self.status, Json(body)).into_response();
        response
            .headers_mut()
            .insert("x-amzn-errortype", HeaderValue::from_static(kind));
        response
    }
}
