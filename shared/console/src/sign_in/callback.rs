//! Where the pool sends a browser back to, with a code.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::get_current_timestamp;
use serde::Deserialize;

use super::asking::Asking;
use super::cookies::{self, SIGN_IN, with_cookies};
use super::denied::Denied;
use super::pending::Pending;
use super::{OwnCookie, SignIn, redirect};

/// What the pool says.
#[derive(Deserialize)]
pub(super) struct Back {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// Whatever comes of it, this sign-in is over.
pub(super) async fn answer(
    State(sign_in): State<Arc<SignIn>>,
    back: Result<Query<Back>, QueryRejection>,
    request: Request,
) -> Response {
    let asking = Asking::of(&request);
    let begun = cookies::of(request.headers(), SIGN_IN);
    let signed_in = match back {
        Ok(Query(back)) => sign_in.end(back, begun, &asking).await,
        Err(_) => Err(Denied::NotBegun),
    };
    match signed_in {
        Ok((response, session)) => with_cookies(response, &[session, cookies::no_sign_in()]),
        Err(denied) => with_cookies(denied.answer(&asking), &[cookies::no_sign_in()]),
    }
}

impl SignIn {
    /// Leads to the page that was asked for, with a session.
    async fn end(
        &self,
        back: Back,
        begun: Option<String>,
        asking: &Asking,
    ) -> Result<(Response, OwnCookie), Denied> {
        let (pending, code) = held_against(back, begun)?;
        let callback = asking.callback()?;
        let token = self
            .pool
            .exchange(&code, &pending.verifier, &callback)
            .await?;
        let claims = self.verified(&token).await?;
        if claims.nonce.as_ref() != Some(&pending.nonce) {
            return Err(Denied::Token(Error::from(ErrorKind::InvalidToken)));
        }
        let left = claims.exp.saturating_sub(get_current_timestamp());
        let session = cookies::session(token, left).ok_or(Denied::LargeToken)?;
        Ok((redirect(pending.path())?, session))
    }
}

/// The sign-in that this browser began, and the code that it ends with.
fn held_against(back: Back, begun: Option<String>) -> Result<(Pending, String), Denied> {
    let (begun, state) = begun.zip(back.state).ok_or(Denied::NotBegun)?;
    let pending = Pending::decoded(&begun, &state).ok_or(Denied::NotBegun)?;
    if let Some(error) = &back.error {
        tracing::info!(?error, "the user pool signed nobody in");
    }
    let code = back.code.filter(|_| back.error.is_none());
    Ok((pending, code.ok_or(Denied::NobodySignedIn)?))
}
