//! Why a request gets no figures, as a page or as JSON. Nothing of the request is in either.

use axum::Json;
use axum::http::header::{ALLOW, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use serde_json::json;

use super::SIGN_OUT;
use super::asking::Asking;
use super::pages::page;
use super::pool::PoolError;

/// Why.
#[derive(Debug, thiserror::Error)]
pub(super) enum Denied {
    #[error("sign in first, or send an ID token of the user pool as Authorization: Bearer")]
    NotSignedIn,
    #[error(
        "the token is not one to be let in with: it has to be an ID token of the console's user pool and client, \
         signed by the pool, and not expired"
    )]
    Token(#[source] jsonwebtoken::errors::Error),
    #[error(
        "the figures are for members of the group {group}: ask who administers the user pool to add you, then sign in again"
    )]
    NotAMember { group: String },
    #[error("the console is read: only GET is answered")]
    Method,
    #[error("only the console's own page signs out")]
    ForeignOrigin,
    #[error("the request does not say which host it is for")]
    Host,
    #[error("this sign-in was not begun here, or took longer than ten minutes: begin again")]
    NotBegun,
    #[error("the user pool signed nobody in: begin again")]
    NobodySignedIn,
    #[error(
        "the ID token is larger than a browser keeps in a cookie (4 KB): let the pool's app client read fewer attributes, \
         or leave some groups"
    )]
    LargeToken,
    #[error("there is no randomness to sign in with: try again")]
    Random,
    #[error(
        "the user pool does not accept the code for signing in, which works once and for five minutes: begin again"
    )]
    Code(#[source] PoolError),
    #[error("the user pool's domain does not answer: try again in a minute")]
    Unreachable(#[source] PoolError),
    #[error("the user pool's domain answers {status}: try again in a minute")]
    Unavailable {
        status: StatusCode,
        #[source]
        error: PoolError,
    },
    #[error(
        "the user pool's domain answers what was not expected: its app client has to be one without a secret"
    )]
    Answer(#[source] PoolError),
}

impl From<PoolError> for Denied {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Refused { .. } => Self::Code(error),
            PoolError::Unreachable { .. } | PoolError::TimedOut { .. } => Self::Unreachable(error),
            PoolError::Answer { status, .. } if is_for_now(status) => {
                Self::Unavailable { status, error }
            }
            PoolError::Answer { .. } | PoolError::Unreadable { .. } => Self::Answer(error),
        }
    }
}

/// Whether the same may be answered otherwise in a minute: the pool throttles, or fails.
fn is_for_now(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

impl Denied {
    /// Whether signing in helps.
    pub(super) fn is_mended_by_signing_in(&self) -> bool {
        matches!(self, Self::NotSignedIn | Self::Token(_))
    }

    /// What somebody who asks like this is answered.
    pub(super) fn answer(&self, asking: &Asking) -> Response {
        self.log();
        let body = if asking.is_page() {
            Html(self.page().into_string()).into_response()
        } else {
            let (code, message) = (self.code(), self.to_string());
            Json(json!({"error": {"code": code, "message": message}})).into_response()
        };
        let mut response = (self.status(), body).into_response();
        response.headers_mut().extend(self.header());
        response
    }

    fn log(&self) {
        let code = self.code();
        match self {
            Self::Code(error)
            | Self::Unreachable(error)
            | Self::Unavailable { error, .. }
            | Self::Answer(error) => {
                tracing::warn!(code, %error, "nobody could be signed in");
            }
            Self::Token(error) => tracing::info!(code, %error, "denied"),
            Self::NotSignedIn
            | Self::NotAMember { .. }
            | Self::Method
            | Self::ForeignOrigin
            | Self::Host
            | Self::NotBegun
            | Self::NobodySignedIn
            | Self::LargeToken
            | Self::Random => tracing::info!(code, "denied"),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn | Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::NotAMember { .. } | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Host | Self::NotBegun | Self::NobodySignedIn | Self::Code(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::LargeToken | Self::Random => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unreachable(_) | Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Answer(_) => StatusCode::BAD_GATEWAY,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::Token(_) => "token_refused",
            Self::NotAMember { .. } => "not_a_member",
            Self::Method => "method_not_allowed",
            Self::ForeignOrigin => "foreign_origin",
            Self::Host => "no_host",
            Self::NotBegun => "sign_in_not_begun",
            Self::NobodySignedIn => "nobody_signed_in",
            Self::LargeToken => "token_too_large",
            Self::Random => "no_randomness",
            Self::Code(_) => "code_refused",
            Self::Unreachable(_) => "user_pool_unreachable",
            Self::Unavailable { .. } => "user_pool_unavailable",
            Self::Answer(_) => "user_pool_answer",
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self.status() {
            StatusCode::UNAUTHORIZED => {
                Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, HeaderValue::from_static("GET, HEAD"))),
            _ => None,
        }
    }

    fn page(&self) -> Markup {
        let why = html! {
            p { "Here is why: " (self) "." }
            p { a href="/" { "Begin again" } }
            @if let Self::NotAMember { .. } = self {
                form method="post" action=(SIGN_OUT) {
                    button { "Sign in as somebody else" }
                }
            }
        };
        page("No figures", why)
    }
}
