//! Why something is not answered: JSON, with its status.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use figures::dates::DateError;
use figures::selection::SelectionError;
use serde_json::json;

/// Why something is not answered. Messages are plain text: what shows them escapes them.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ApiError {
    /// What was asked for makes no sense.
    #[error("{message}")]
    BadRequest {
        /// Which kind of nonsense it is.
        code: &'static str,
        /// What it is, and what to do.
        message: String,
    },
    /// What was asked for is not there.
    #[error("{0}")]
    NotFound(String),
    /// Whoever asks may not.
    #[error("{0}")]
    Forbidden(&'static str),
    /// It is only read here.
    #[error("figures are only read here: use GET")]
    MethodNotAllowed,
    /// The store does not answer, and what to do.
    #[error("{0}")]
    Unavailable(String),
}

impl ApiError {
    /// A parameter that makes no sense.
    pub fn invalid(message: String) -> Self {
        Self::BadRequest {
            code: "invalid_parameter",
            message,
        }
    }

    /// The name of its kind.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest { code, .. } => code,
            Self::NotFound(_) => "not_found",
            Self::Forbidden(_) => "forbidden",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Unavailable(_) => "figures_unavailable",
        }
    }

    /// Its HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest { .. } => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<SelectionError> for ApiError {
    fn from(error: SelectionError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<DateError> for ApiError {
    fn from(error: DateError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let error = json!({ "code": self.code(), "message": self.to_string() });
        (self.status(), Json(json!({ "error": error }))).into_response()
    }
}
