//! Where web pages come from.

use std::fmt;
use std::str::FromStr;

use axum::http::HeaderValue;

/// Scheme, host and port of a web page, such as `http://localhost:5173`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin(HeaderValue);

/// A text that is no origin.
#[derive(Debug, thiserror::Error)]
#[error("an origin looks like http://localhost:5173, without a path or a slash at its end")]
pub struct NotAnOrigin;

impl FromStr for Origin {
    type Err = NotAnOrigin;

    /// Browsers leave out the port that a scheme has by itself, and write host and scheme in small letters.
    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let text = text.to_ascii_lowercase();
        let (scheme, place) = text.split_once("://").ok_or(NotAnOrigin)?;
        let place = match scheme {
            "http" => place.strip_suffix(":80").unwrap_or(place),
            "https" => place.strip_suffix(":443").unwrap_or(place),
            _ => return Err(NotAnOrigin),
        };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        if place.is_empty() || !place.bytes().all(fits) {
            return Err(NotAnOrigin);
        }
        let value = HeaderValue::try_from(format!("{scheme}://{place}"));
        value.map(Self).map_err(|_| NotAnOrigin)
    }
}

impl From<Origin> for HeaderValue {
    fn from(Origin(value): Origin) -> Self {
        value
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.to_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_as_browsers_write_it() {
        let cases = [
            ("http://localhost:5173", Some("http://localhost:5173")),
            ("http://LOCALHOST:80", Some("http://localhost")),
            (
                "https://app.example.test:443",
                Some("https://app.example.test"),
            ),
            (
                "https://app.example.test:80",
                Some("https://app.example.test:80"),
            ),
            ("http://[::1]:3000", Some("http://[::1]:3000")),
            ("http://localhost:5173/", None),
            ("localhost:5173", None),
            ("http://", None),
            ("http://*", None),
            ("file:///index.html", None),
            ("null", None),
            ("*", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let origin = text.parse::<Origin>().ok();
            assert_eq!(
                origin.map(|origin| origin.to_string()).as_deref(),
                expected,
                "{text:?}"
            );
        }
    }
}
