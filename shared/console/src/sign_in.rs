//! Signing in to the deployed console, by a user pool of the team's own: whoever is in the group sees figures, and
//! nobody else does.
//!
//! A browser goes through OAuth's authorization code grant with PKCE. Its session is the ID token, in a cookie;
//! nothing is kept here. A machine sends an ID token of the same client as `Authorization: Bearer`. An access token
//! opens nothing: it is for the pool's own API, and names no audience.
//!
//! The origin is the request's `Host`. A function URL's front end routes by it, so it is that URL's own; and whatever
//! else it were, the pool sends nobody to a callback that is not registered at its client. Forwarded headers, which
//! anybody can send, are not looked at.

mod asking;
mod callback;
mod cookies;
mod denied;
mod keys;
mod pages;
mod pending;
mod pool;
mod rs256;
mod settings;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cookie::Cookie;

use crate::security_headers::with_security_headers;

pub use settings::{Settings, SettingsFaults};

use asking::{Asking, Token};
use cookies::with_cookies;
use denied::Denied;
use pages::{leading_on, signed_out};
use pending::Pending;
use pool::Pool;
use token::{Claims, Tokens};

/// Where the pool sends a browser back to. It is registered at the pool's client, after the origin.
pub const CALLBACK: &str = "/sign-in/callback";

/// Where a form signs out.
pub const SIGN_OUT: &str = "/sign-out";

/// Where the pool sends a browser back to after that. It is registered at the pool's client as well.
pub const SIGNED_OUT: &str = "/signed-out";

/// Signing in by one user pool.
#[derive(Debug)]
pub struct SignIn {
    settings: Settings,
    pool: Pool,
    tokens: Tokens,
}

impl SignIn {
    /// By the pool that these settings name. Nothing is contacted yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            pool: Pool::new(&settings),
            tokens: Tokens::new(&settings),
            settings,
        }
    }

    /// Lets in whoever brings a token of a member; a session's, for an hour.
    async fn admit(&self, token: Option<&Token>) -> Result<(), Denied> {
        match token {
            Some(Token::Bearer(token)) => self.verified(token).await.map(|_| ()),
            Some(Token::Session(token)) => self.verified(token).await?.within_a_session(),
            None => Err(Denied::NotSignedIn),
        }
    }

    /// What the token says, if it is the pool's, and of a member of the group.
    async fn verified(&self, token: &str) -> Result<Claims, Denied> {
        let claims = self.tokens.verified(token, &self.pool).await?;
        if claims.is_in(self.settings.group()) {
            return Ok(claims);
        }
        let group = self.settings.group().to_owned();
        Err(Denied::NotAMember { group })
    }

    /// Sends a browser to the pool, which sends it back to what it asked for.
    fn to_the_pool(&self, asking: &Asking) -> Result<Response, Denied> {
        let pending = Pending::new(&asking.path)?;
        let location = pending.authorize_url(&self.settings, &asking.callback()?);
        let response = if asking.is_from_own_page() {
            leading_on("Signing in", &location).into_response()
        } else {
            redirect(&location)?
        };
        Ok(with_cookies(response, &[cookies::sign_in(&pending)]))
    }

    fn deny(&self, denied: Denied, asking: &Asking) -> Response {
        let signs_in = asking.is_page() && denied.is_mended_by_signing_in();
        let answer = if signs_in {
            self.to_the_pool(asking)
        } else {
            Err(denied)
        };
        answer.unwrap_or_else(|denied| denied.answer(asking))
    }
}

/// The router, whose every route, one that is not there among them, is for members of the group alone, but for those
/// of signing in and out. It is read with `GET`; a `POST` signs out, and nothing else.
pub fn behind_sign_in(router: Router, sign_in: SignIn) -> Router {
    let sign_in = Arc::new(sign_in);
    let members_alone = router.layer(from_fn_with_state(sign_in.clone(), members_alone));
    let whole = Router::new()
        .route(CALLBACK, get(callback::answer))
        .route(SIGN_OUT, post(sign_out))
        .route(SIGNED_OUT, get(async || signed_out()))
        .with_state(sign_in)
        .fallback_service(members_alone)
        .layer(axum::middleware::from_fn(read_alone));
    with_security_headers(whole)
}

async fn members_alone(
    State(sign_in): State<Arc<SignIn>>,
    request: Request,
    next: Next,
) -> Response {
    let asking = Asking::of(&request);
    match sign_in.admit(asking.token()).await {
        Ok(()) => next.run(request).await,
        Err(denied) => sign_in.deny(denied, &asking),
    }
}

/// Refuses what would change anything, and has nobody keep what is behind the sign-in.
async fn read_alone(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let signs_out = request.method() == Method::POST && request.uri().path() == SIGN_OUT;
    let mut response = if reads || signs_out {
        next.run(request).await
    } else {
        Denied::Method.answer(&Asking::of(&request))
    };
    keep_private(response.headers_mut());
    response
}

/// Only what says that it may be kept is kept, as script and style do; nothing that sets a cookie is.
fn keep_private(headers: &mut HeaderMap) {
    let no_store = HeaderValue::from_static("no-store");
    if headers.contains_key(SET_COOKIE) {
        headers.insert(CACHE_CONTROL, no_store);
    } else {
        headers.entry(CACHE_CONTROL).or_insert(no_store);
    }
}

/// Ends the session here and at the pool, if the console's own page asks for it.
async fn sign_out(State(sign_in): State<Arc<SignIn>>, request: Request) -> Response {
    let asking = Asking::of(&request);
    match asking.own_origin_alone() {
        Ok(origin) => {
            let location = sign_in
                .settings
                .logout_url(&format!("{origin}{SIGNED_OUT}"));
            let response = leading_on("Signing out", &location).into_response();
            with_cookies(response, &cookies::none())
        }
        Err(denied) => denied.answer(&asking),
    }
}

/// A query, percent-encoded.
fn query_of(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn redirect(location: &str) -> Result<Response, Denied> {
    let location = HeaderValue::from_str(location).map_err(|_| Denied::Host)?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}

/// A cookie of ours.
type OwnCookie = Cookie<'static>;

/// Whether a redirect to it stays on this origin. A browser takes `//` and `/\` for the begin of a host.
fn is_local(path: &str) -> bool {
    let has_host = path.starts_with("//") || path.contains('\\');
    let is_visible = path.bytes().all(|byte| byte.is_ascii_graphic());
    path.starts_with('/') && !has_host && is_visible && path.len() <= LONGEST_PATH
}

/// What a cookie holds beside the secrets.
const LONGEST_PATH: usize = 2_000;
