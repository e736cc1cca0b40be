//! Requests of web pages. No client of Pinpoint but a browser says where it comes from, and a page must not reach
//! a server on somebody's loopback interface, unless whoever started the server allows that page's origin. For
//! those it does the part of CORS (the Fetch standard) that a server has to do.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::api_error::ApiError;
use super::origin::Origin;

/// How long a browser remembers the answer to a preflight, in seconds.
const MAX_AGE_SECONDS: &str = "600";
/// Chromium asks for this too before a page of a public site calls a private address.
const ASKS_FOR_PRIVATE_NETWORK: &str = "access-control-request-private-network";
const ALLOWS_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

/// Who sends a request.
#[derive(Debug)]
pub(super) enum Sender {
    /// A program.
    Program,
    /// A page of an origin that is allowed.
    AllowedPage(Origin),
    /// A page of another origin, or of none that can be named (a file, a sandboxed frame).
    OtherPage(Option<Origin>),
}

impl Sender {
    /// The sender of a request with these headers, where pages of `allowed` are.
    pub(super) fn of(headers: &HeaderMap, allowed: &[Origin]) -> Self {
        let origin = headers.get(header::ORIGIN);
        if origin.is_none() && !headers.contains_key("sec-fetch-site") {
            return Self::Program;
        }
        let origin = origin.and_then(|origin| origin.to_str().ok()?.parse().ok());
        match origin {
            Some(origin) if allowed.contains(&origin) => Self::AllowedPage(origin),
            origin => Self::OtherPage(origin),
        }
    }

    /// What is answered without asking the server: a refusal, or the answer to a preflight.
    pub(super) fn answer(&self, request: &Parts) -> Option<Response> {
        match self {
            Self::Program => None,
            Self::AllowedPage(_) => is_preflight(request).then(|| preflight(&request.headers)),
            Self::OtherPage(origin) => Some(ApiError::Page(origin.clone()).into_response()),
        }
    }

    /// Lets an allowed page read the response.
    pub(super) fn let_read(self, response: &mut Response) {
        let Self::AllowedPage(origin) = self else {
            return;
        };
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.into());
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("x-amzn-requestid, x-amzn-errortype"),
        );
    }
}

fn is_preflight(request: &Parts) -> bool {
    let asks = request
        .headers
        .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    request.method == Method::OPTIONS && asks
}

/// Allows every method that the server has, and the headers that are asked for: an SDK signs, and names itself in,
/// headers of its own.
fn preflight(asked: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, PUT, DELETE"),
    );
    if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static(MAX_AGE_SECONDS),
    );
    if asked.contains_key(ASKS_FOR_PRIVATE_NETWORK) {
        headers.insert(ALLOWS_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    response
}
