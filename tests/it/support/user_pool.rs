//! The servers of a user pool that sign in at a browser, as far as OAuth's authorization code grant goes: its domain,
//! and the issuer with its keys.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD as STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use chrono::Utc;
use local::dynamodb::Served;
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::command::{done, python_program};

/// The pool, and its client for the console.
pub const POOL: &str = "eu-west-1_AAAA11111";
pub const CLIENT: &str = "3example23456789";
pub const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AAAA11111";

/// The id of the key that it signs with.
pub const KEY: &str = "the-pools";

/// Prints an RSA key.
const MAKE_KEY: &str = "
import sys
from cryptography.hazmat.primitives import serialization as of
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
sys.stdout.buffer.write(key.private_bytes(of.Encoding.DER, of.PrivateFormat.PKCS8, of.NoEncryption()))";

/// A key to sign with.
pub struct Key(RsaKeyPair);

impl Key {
    pub fn new() -> Self {
        let made = done(python_program("python").args(["-c", MAKE_KEY])).stdout;
        Self(RsaKeyPair::from_pkcs8(&made).unwrap())
    }

    /// The one that a PEM file holds.
    pub fn of_pem(pem: &str) -> Self {
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        let der = STANDARD.decode(lines.collect::<String>()).unwrap();
        Self(RsaKeyPair::from_pkcs8(&der).unwrap())
    }

    /// A token with this header and these claims.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let mut signature = vec![0; self.0.public().modulus_len()];
        let random = SystemRandom::new();
        let signed = self.0.sign(
            &RSA_PKCS1_SHA256,
            &random,
            message.as_bytes(),
            &mut signature,
        );
        signed.unwrap();
        format!("{message}.{}", BASE64.encode(signature))
    }

    /// One that is signed with a secret: this key's public half, which everybody knows.
    pub fn sign_with_what_is_public(&self, claims: &Value) -> String {
        let message = message(&json!({"alg": "HS256", "kid": KEY, "typ": "JWT"}), claims);
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.0.public().as_ref());
        let signature = hmac::sign(&secret, message.as_bytes());
        format!("{message}.{}", BASE64.encode(signature))
    }

    fn public(&self) -> Value {
        let public: PublicKeyComponents<Vec<u8>> = self.0.public().into();
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY, "n": BASE64.encode(public.n),
            "e": BASE64.encode(public.e)})
    }
}

/// What a token says: its header and its claims.
pub fn said_by(token: &str) -> (Value, Value) {
    let mut parts = token.split('.');
    let mut part =
        || serde_json::from_slice(&BASE64.decode(parts.next().unwrap()).unwrap()).unwrap();
    (part(), part())
}

/// What is signed of a token.
pub fn message(header: &Value, claims: &Value) -> String {
    [header, claims]
        .map(|part| BASE64.encode(part.to_string()))
        .join(".")
}

/// The claims of an ID token of a member of `analysts`, and these instead; without those that are null.
pub fn claims(instead: &Value) -> Value {
    let mut claims = json!({"sub": "7c0d2f3e-0000-4000-8000-000000000001", "iss": ISSUER, "aud": CLIENT,
        "token_use": "id", "cognito:groups": ["others", "analysts"], "iat": Utc::now().timestamp(),
        "exp": Utc::now().timestamp() + 3_600});
    for (name, value) in instead.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
        .as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null());
    claims
}

/// What the pool does instead of granting a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    AnswersNonsense,
    RefusesTheClient,
    Fails(StatusCode),
}

/// The pool. It ends when this is dropped.
pub struct UserPool {
    server: Served,
    state: Arc<Signing>,
}

struct Signing {
    key: Key,
    /// What the next token says instead.
    instead: Mutex<Value>,
    fault: Mutex<Option<Fault>>,
    codes: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
    fetched: Mutex<usize>,
}

impl UserPool {
    pub async fn start() -> Self {
        let state = Arc::new(Signing {
            key: Key::new(),
            instead: Mutex::new(json!({})),
            fault: Mutex::default(),
            codes: Mutex::default(),
            fetched: Mutex::default(),
        });
        let router = Router::new()
            .route("/oauth2/authorize", get(authorize))
            .route("/oauth2/token", post(token))
            .route("/eu-west-1_AAAA11111/.well-known/jwks.json", get(keys))
            .with_state(state.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Served::new(address, async move { axum::serve(listener, router).await });
        Self { server, state }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    pub fn key(&self) -> &Key {
        &self.state.key
    }

    /// A token of the pool's, which says this instead.
    pub fn token(&self, instead: &Value) -> String {
        let header = json!({"alg": "RS256", "kid": KEY, "typ": "JWT"});
        self.key().sign(&header, &claims(instead))
    }

    /// Has the next sign-in come to a token that says this instead.
    pub fn say_instead(&self, claims: Value) {
        *self.state.instead.lock().unwrap() = claims;
    }

    /// Has the exchange fail.
    pub fn fail(&self, fault: Fault) {
        *self.state.fault.lock().unwrap() = Some(fault);
    }

    /// How often the keys were fetched.
    pub fn fetched(&self) -> usize {
        *self.state.fetched.lock().unwrap()
    }
}

/// Somebody signs in at the page, and is sent back.
async fn authorize(
    State(state): State<Arc<Signing>>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Response {
    let is_right = asked["response_type"] == "code"
        && asked["client_id"] == CLIENT
        && asked["code_challenge_method"] == "S256"
        && asked["scope"] == "openid";
    if !is_right {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let (back, given) = (asked["redirect_uri"].clone(), asked["state"].clone());
    let mut codes = state.codes.lock().unwrap();
    let code = format!("code-{}", codes.len());
    codes.insert(code.clone(), asked);
    Redirect::to(&format!("{back}?code={code}&state={given}")).into_response()
}

async fn token(
    State(state): State<Arc<Signing>>,
    Form(given): Form<BTreeMap<String, String>>,
) -> Response {
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error})));
    match *state.fault.lock().unwrap() {
        Some(Fault::AnswersNonsense) => return "nonsense".into_response(),
        Some(Fault::RefusesTheClient) => return refused("invalid_client").into_response(),
        Some(Fault::Fails(status)) => return status.into_response(),
        None => {}
    }
    let asked = state.codes.lock().unwrap().remove(&given["code"]);
    let challenge = BASE64.encode(digest(&SHA256, given["code_verifier"].as_bytes()));
    let asked = asked.filter(|asked| {
        given["grant_type"] == "authorization_code"
            && given["client_id"] == asked["client_id"]
            && given["redirect_uri"] == asked["redirect_uri"]
            && challenge == asked["code_challenge"]
    });
    let Some(asked) = asked else {
        return refused("invalid_grant").into_response();
    };
    let mut said = json!({"nonce": asked["nonce"]});
    for (name, value) in state.instead.lock().unwrap().as_object().unwrap() {
        said[name] = value.clone();
    }
    let header = json!({"alg": "RS256", "kid": KEY, "typ": "JWT"});
    let id_token = state.key.sign(&header, &claims(&said));
    let granted = json!({"id_token": id_token, "access_token": "a", "token_type": "Bearer", "expires_in": 3600});
    Json(granted).into_response()
}

async fn keys(State(state): State<Arc<Signing>>) -> Json<Value> {
    *state.fetched.lock().unwrap() += 1;
    let another =
        json!({"kty": "EC", "crv": "P-256", "kid": "of-another-kind", "x": "AA", "y": "AA"});
    Json(json!({"keys": [another, state.key.public()]}))
}
