//! What a browser is told to keep a page from: no inline script or style, nothing of a third party, no frame around it.

use axum::Router;
use axum::extract::State;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, InvalidHeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::map_response_with_state;
use axum::response::Response;

/// All but `form-action`, which comes last.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// The headers that every answer has, a page's as well as an error's.
#[derive(Clone, Debug)]
pub struct SecurityHeaders {
    policy: HeaderValue,
}

impl SecurityHeaders {
    /// Those of pages whose forms stay here.
    pub fn of_own_forms() -> Self {
        Self {
            policy: HeaderValue::from_static(POLICY),
        }
    }

    /// Those of pages whose forms lead on to this origin too: a browser holds a redirect after a form against
    /// the policy as well.
    ///
    /// # Errors
    ///
    /// If no header can hold the origin.
    pub fn of_forms_that_lead_to(origin: &str) -> Result<Self, InvalidHeaderValue> {
        let policy = HeaderValue::from_str(&format!("{POLICY} {origin}"))?;
        Ok(Self { policy })
    }

    /// The router, each of whose answers has them, in place of its own.
    pub fn around(self, router: Router) -> Router {
        router.layer(map_response_with_state(self, set))
    }
}

async fn set(State(own): State<SecurityHeaders>, mut response: Response) -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, own.policy.clone()),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // `no-referrer` would have a browser send `Origin: null` with a form of ours.
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, value);
    }
    response
}
