//! What a server on one's own machine owes to whoever sits there: it answers to its own name alone, so that no page of
//! somebody else's can have a name of its own point here (DNS rebinding), and to no other site's requests.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use crate::api::ApiError;

/// The same routes, for `127.0.0.1` and `localhost` at this port alone.
pub fn only(router: Router, port: u16) -> Router {
    router.layer(from_fn_with_state(port, guard))
}

async fn guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    match refusal(request.headers(), port) {
        Some(why) => ApiError::Forbidden(why).into_response(),
        None => next.run(request).await,
    }
}

/// Why a request is not answered, if it is not.
fn refusal(headers: &HeaderMap, port: u16) -> Option<&'static str> {
    let own = |host: &str| {
        let host = host.strip_suffix(&format!(":{port}"));
        host.is_some_and(|name| ["127.0.0.1", "localhost"].contains(&name))
    };
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_ascii_lowercase();
    let host = headers.get(header::HOST).map(text);
    if !host.is_some_and(|host| own(&host)) {
        return Some("this server answers for 127.0.0.1 and localhost, at its own port, alone");
    }
    let foreign = |origin: String| !origin.strip_prefix("http://").is_some_and(own);
    let foreign_origin = headers.get(header::ORIGIN).map(text).is_some_and(foreign);
    let site = headers.get("sec-fetch-site").map(text);
    let foreign_site = site.is_some_and(|site| !["same-origin", "none"].contains(&site.as_str()));
    (foreign_origin || foreign_site).then_some("another site's requests are not answered")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn check(headers: &[(&'static str, &'static str)], answered: bool) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect();
        assert_eq!(refusal(&headers, 7000).is_none(), answered, "{headers:?}");
    }

    #[test]
    fn it_answers_to_its_own_name_and_to_no_other_site() {
        let host = ("host", "localhost:7000");
        check(&[host], true);
        check(&[("host", "127.0.0.1:7000")], true);
        check(&[("host", "LOCALHOST:7000")], true);
        check(&[], false);
        for foreign in [
            "localhost",
            "127.0.0.1",
            "localhost:7001",
            "evil.example:7000",
            "[::1]:7000",
            "localhost:7000.evil.example",
            "evil.example/localhost:7000",
            "localhost.:7000",
        ] {
            check(&[("host", foreign)], false);
        }
        check(&[host, ("sec-fetch-site", "same-origin")], true);
        check(&[host, ("sec-fetch-site", "none")], true);
        check(&[host, ("sec-fetch-site", "same-site")], false);
        check(&[host, ("sec-fetch-site", "cross-site")], false);
        check(&[host, ("origin", "http://localhost:7000")], true);
        check(&[host, ("origin", "http://evil.example")], false);
        check(&[host, ("origin", "https://localhost:7000")], false);
        check(&[host, ("origin", "null")], false);
    }
}
