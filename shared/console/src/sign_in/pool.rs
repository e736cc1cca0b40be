//! The pool's two servers: the domain that exchanges a code for tokens, and the issuer that publishes keys.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use super::query_of;
use super::settings::Settings;

/// How long connecting may take, of a whole call.
const CONNECT: Duration = Duration::from_secs(2);

/// The most that an answer holds.
const LARGEST: usize = 64 * 1024;

/// What went wrong between here and the pool.
#[derive(Debug, thiserror::Error)]
pub(super) enum PoolError {
    #[error("{url} cannot be reached: {source}")]
    Unreachable {
        url: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{url} did not answer within {} seconds", Settings::LONGEST_CALL.as_secs())]
    TimedOut { url: String },
    #[error("{url} answers {status}")]
    Answer { url: String, status: StatusCode },
    #[error("{url} answers what cannot be read: {source}")]
    Unreadable {
        url: String,
        source: serde_json::Error,
    },
    #[error("{url} accepts no such code")]
    Refused { url: String },
}

#[derive(Deserialize)]
struct Granted {
    id_token: String,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Both of them.
#[derive(Debug)]
pub(super) struct Pool {
    // Made when it is needed: reading the certificates is a third of a cold start.
    http: OnceCell<Http>,
    token_url: String,
    client_id: String,
}

impl Pool {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            http: OnceCell::new(),
            token_url: format!("{}/oauth2/token", settings.domain()),
            client_id: settings.client_id().to_owned(),
        }
    }

    /// The ID token that a code stands for. It is not verified yet.
    pub(super) async fn exchange(
        &self,
        code: &str,
        verifier: &str,
        callback: &str,
    ) -> Result<String, PoolError> {
        let form = query_of(&[
            ("grant_type", "authorization_code"),
            ("client_id", &self.client_id),
            ("code", code),
            ("code_verifier", verifier),
            ("redirect_uri", callback),
        ]);
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.token_url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let (status, body) = self
            .call(&self.token_url, request.body(form.into()))
            .await?;
        if status.is_success() {
            return read::<Granted>(&self.token_url, &body).map(|granted| granted.id_token);
        }
        let url = self.token_url.clone();
        let refused: Option<Refused> = serde_json::from_slice(&body).ok();
        match refused {
            Some(refused) if refused.error == "invalid_grant" => Err(PoolError::Refused { url }),
            _ => Err(PoolError::Answer { url, status }),
        }
    }

    /// The keys that an issuer publishes. None if there is no such issuer: a pool has one of its two.
    pub(super) async fn keys(&self, url: &str) -> Result<JwkSet, PoolError> {
        let request = Request::builder().uri(url).body(Full::default());
        let (status, body) = self.call(url, request).await?;
        match status {
            StatusCode::OK => read(url, &body),
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => {
                Ok(JwkSet { keys: Vec::new() })
            }
            _ => Err(PoolError::Answer {
                url: url.to_owned(),
                status,
            }),
        }
    }

    async fn call(
        &self,
        url: &str,
        request: Result<Request<Full<Bytes>>, axum::http::Error>,
    ) -> Result<(StatusCode, Bytes), PoolError> {
        let request = request.map_err(|source| unreachable(url, source))?;
        let http = self.http.get_or_try_init(async || connect()).await;
        let http = http.map_err(|source| unreachable(url, source))?;
        let answered = async {
            let response = http.request(request).await;
            let response = response.map_err(|source| unreachable(url, source))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LARGEST).collect().await;
            let body = body.map_err(|source| unreachable(url, source))?;
            Ok((status, body.to_bytes()))
        };
        let timed = tokio::time::timeout(Settings::LONGEST_CALL, answered).await;
        timed.unwrap_or_else(|_| {
            Err(PoolError::TimedOut {
                url: url.to_owned(),
            })
        })
    }
}

fn connect() -> std::io::Result<Http> {
    let mut tcp = HttpConnector::new();
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.enforce_http(false);
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new()).build(https))
}

fn read<T: DeserializeOwned>(url: &str, body: &[u8]) -> Result<T, PoolError> {
    let url = || url.to_owned();
    serde_json::from_slice(body).map_err(|source| PoolError::Unreadable { url: url(), source })
}

fn unreachable(
    url: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> PoolError {
    PoolError::Unreachable {
        url: url.to_owned(),
        source: source.into(),
    }
}
