//! What is asked for, by whom, and what they expect.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};

use super::cookies::{self, SESSION};
use super::denied::Denied;
use super::{CALLBACK, is_local};

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A request, as far as it matters to the sign-in.
#[derive(Debug)]
pub(super) struct Asking {
    /// The path and query, on this origin.
    pub path: String,
    host: Option<String>,
    origin: Option<String>,
    token: Option<Token>,
    expects: Expects,
    by: By,
}

/// Where a browser was before.
#[derive(PartialEq, Eq, Debug)]
enum By {
    /// At a page of ours, whose link or form it followed.
    OwnPage,
    /// Anywhere else, or it does not say.
    Another,
}

/// What somebody is to be let in with.
#[derive(PartialEq, Eq)]
pub(super) enum Token {
    /// A session's, of a cookie.
    Session(String),
    /// A machine's, of the header `Authorization`.
    Bearer(String),
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Session(_) => "Session",
            Self::Bearer(_) => "Bearer",
        })
    }
}

#[derive(PartialEq, Eq, Debug)]
enum Expects {
    /// A person at a browser, who goes to an address.
    Page,
    /// A script or a machine.
    Data,
}

impl Asking {
    pub(super) fn of(request: &Request) -> Self {
        let headers = request.headers();
        let path = request.uri().path_and_query().map(ToString::to_string);
        let bearer = headers.contains_key(AUTHORIZATION);
        Self {
            path: path.filter(|path| is_local(path)).unwrap_or_else(root),
            host: text(headers, &HOST).filter(|host| is_host(host)),
            origin: text(headers, &ORIGIN),
            token: if bearer {
                bearer_of(headers).map(Token::Bearer)
            } else {
                cookies::of(headers, SESSION).map(Token::Session)
            },
            expects: expected(headers, request.uri().path()),
            by: match text(headers, &SEC_FETCH_SITE).as_deref() {
                Some("same-origin") => By::OwnPage,
                Some(_) | None => By::Another,
            },
        }
    }

    /// The token that it brings: a machine's, or else the session's.
    pub(super) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Whether a person is to read the answer.
    pub(super) fn is_page(&self) -> bool {
        self.expects == Expects::Page
    }

    /// Whether it may come of a form, which a browser lets nobody redirect to where it likes.
    pub(super) fn is_from_own_page(&self) -> bool {
        self.by == By::OwnPage
    }

    /// Where the pool is to send the browser back to.
    pub(super) fn callback(&self) -> Result<String, Denied> {
        Ok(format!("{}{CALLBACK}", self.own_origin()?))
    }

    /// This server's origin, if that is where the request comes from.
    pub(super) fn own_origin_alone(&self) -> Result<String, Denied> {
        let own = self.own_origin()?;
        if self.origin.as_ref() == Some(&own) {
            return Ok(own);
        }
        Err(Denied::ForeignOrigin)
    }

    fn own_origin(&self) -> Result<String, Denied> {
        let host = self.host.as_ref().ok_or(Denied::Host)?;
        Ok(format!("https://{host}"))
    }
}

fn root() -> String {
    "/".to_owned()
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn bearer_of(headers: &HeaderMap) -> Option<String> {
    let value = text(headers, &AUTHORIZATION)?;
    let (scheme, token) = value.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    is_bearer.then(|| token.trim().to_owned())
}

fn is_host(text: &str) -> bool {
    let is_allowed = |it: u8| it.is_ascii_alphanumeric() || b"-.:[]".contains(&it);
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// A script cannot follow a redirect to the pool's page, and has to know that it is to be signed in.
fn expected(headers: &HeaderMap, path: &str) -> Expects {
    let mode = text(headers, &SEC_FETCH_MODE);
    let by_script = mode.is_some_and(|mode| mode != "navigate");
    let is_api = path == "/metrics" || path.starts_with("/api/");
    if by_script || is_api || headers.contains_key(AUTHORIZATION) {
        Expects::Data
    } else {
        Expects::Page
    }
}
