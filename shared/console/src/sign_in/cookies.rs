//! The two cookies, which a browser sends to this very host alone, over TLS, and shows no script.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use super::OwnCookie;
use super::pending::Pending;

/// Holds the ID token.
pub(super) const SESSION: &str = "__Host-console-session";

/// Holds what a sign-in that has begun is to be held against.
pub(super) const SIGN_IN: &str = "__Host-console-sign-in";

/// How long a session may be (seconds), whatever the token says.
pub(super) const LONGEST_SESSION: u64 = 60 * 60;

/// How long a sign-in may take.
const TEN_MINUTES: Duration = Duration::minutes(10);

/// What a browser takes of a name and its value.
const LARGEST: usize = 4_096;

/// The value of the request's cookie of this name.
pub(super) fn of(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers.get_all(COOKIE).into_iter();
    let cookies = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse);
    let mut named = cookies
        .filter_map(Result::ok)
        .filter(|cookie| cookie.name() == name);
    named.next().map(|cookie| cookie.value().to_owned())
}

/// The session of a token that expires in so many seconds; `None` if no browser would keep it.
pub(super) fn session(token: String, expires_in: u64) -> Option<OwnCookie> {
    let seconds = i64::try_from(expires_in.min(LONGEST_SESSION)).ok()?;
    let fits = SESSION.len() + token.len() <= LARGEST;
    fits.then(|| cookie(SESSION, token, Duration::seconds(seconds)))
}

/// A sign-in that begins.
pub(super) fn sign_in(pending: &Pending) -> OwnCookie {
    cookie(SIGN_IN, pending.encoded(), TEN_MINUTES)
}

/// A sign-in that is over.
pub(super) fn no_sign_in() -> OwnCookie {
    cookie(SIGN_IN, String::new(), Duration::ZERO)
}

/// Neither.
pub(super) fn none() -> [OwnCookie; 2] {
    [cookie(SESSION, String::new(), Duration::ZERO), no_sign_in()]
}

fn cookie(name: &'static str, value: String, age: Duration) -> OwnCookie {
    Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(age)
        .build()
}

/// The response, which sets these.
pub(super) fn with_cookies(mut response: Response, cookies: &[OwnCookie]) -> Response {
    let values = cookies.iter().map(ToString::to_string);
    for value in values.filter_map(|value| HeaderValue::from_str(&value).ok()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}
