//! What the page is made of beside its HTML: script and style, embedded, under names that change with what they hold.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `make console-assets` has built. Without it, the page has no script: tables, links and forms still work.
#[derive(RustEmbed)]
#[folder = "$CONSOLE_ASSETS"]
struct Built;

/// Kept for a year: another content has another name.
const CACHE: &str = "public, max-age=31536000, immutable";

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

/// A file.
pub async fn asset(Path(name): Path<String>) -> Response {
    let Some(file) = Built::get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some(_) | None => "application/octet-stream",
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, CACHE)];
    (headers, file.data).into_response()
}
