//! What the page is made of beside its HTML: script and style, embedded, under names that change with what they hold.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `make console-assets` has built. Without it, the page has no script: tables, links and forms still work.
#[derive(RustEmbed)]
#[folder = "../../console/dist"]
#[allow_missing = true]
struct Built;

/// The page's icon, which needs no building.
const ICON: &str = include_str!("icon.svg");

/// Kept for a year: another content has another name.
const CACHE: &str = "public, max-age=31536000, immutable";

/// Kept for a day: its name stays.
const CACHE_OF_ICON: &str = "public, max-age=86400";

/// The address of a file, with a part of its hash; `None` if it was not built.
pub fn address(name: &str) -> Option<String> {
    let file = Built::get(name)?;
    Some(format!("/assets/{}?{}", name, version(&file)))
}

fn version(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    hash.iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// How a file is embedded, compressed: the encoding, and what its name ends with.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// A file, compressed as whoever asks takes it.
pub async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    if name == "icon.svg" {
        let headers_of = [
            (header::CONTENT_TYPE, "image/svg+xml"),
            (header::CACHE_CONTROL, CACHE_OF_ICON),
        ];
        return (headers_of, ICON).into_response();
    }
    let kind = match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some(_) | None => return StatusCode::NOT_FOUND.into_response(),
    };
    let Some(file) = Built::get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers_of = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, CACHE),
        (header::VARY, "accept-encoding"),
    ];
    match compressed(&name, &headers) {
        Some((encoding, file)) => {
            let encoding = [(header::CONTENT_ENCODING, encoding)];
            (headers_of, encoding, file.data).into_response()
        }
        None => (headers_of, file.data).into_response(),
    }
}

fn compressed(name: &str, headers: &HeaderMap) -> Option<(&'static str, EmbeddedFile)> {
    let accepted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |encoding: &str| {
        let mut accepted = accepted.split(',').map(str::trim);
        accepted.any(|it| it.split(';').next() == Some(encoding) && !it.ends_with("q=0"))
    };
    let mut encodings = ENCODINGS
        .into_iter()
        .filter(|(encoding, _)| takes(encoding));
    encodings.find_map(|(encoding, end)| Some((encoding, Built::get(&format!("{name}{end}"))?)))
}
