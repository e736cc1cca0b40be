//! What a request's signature says of its caller. Nobody checks it.

use axum::extract::Query;
use axum::http::request::Parts;

use crate::pinpoint::region::Region;

/// The Region that the request is signed for, in the header or, if it is presigned, in the query; us-east-1 if
/// it is not signed.
pub(super) fn region(request: &Parts) -> Region {
    in_header(request)
        .or_else(|| in_query(request))
        .unwrap_or_default()
}

/// `AWS4-HMAC-SHA256 Credential=<credential>, SignedHeaders=…, Signature=…`
fn in_header(request: &Parts) -> Option<Region> {
    let header = request.headers.get("authorization")?.to_str().ok()?;
    let (_, credential) = header.split_once("Credential=")?;
    of_credential(credential.split([',', ' ']).next()?)
}

fn in_query(request: &Parts) -> Option<Region> {
    let Query(query) = Query::<Vec<(String, String)>>::try_from_uri(&request.uri).ok()?;
    let (_, credential) = query.iter().find(|(name, _)| name == "X-Amz-Credential")?;
    of_credential(credential)
}

/// `<access key>/<date>/<Region>/<service>/aws4_request`
fn of_credential(credential: &str) -> Option<Region> {
    let parts: Vec<&str> = credential.rsplitn(5, '/').collect();
    match parts.as_slice() {
        ["aws4_request", _, region, _, _] => Region::named(region),
        _ => None,
    }
}
