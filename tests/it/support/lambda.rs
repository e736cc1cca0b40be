//! Lambda's Invoke API on the loopback interface, before functions that run here.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use local::dynamodb::Served;
use tokio::net::TcpListener;

use super::runtime_api::{Environment, Function, Reply};

/// What a function was invoked with, and what it made of it.
pub struct Invocation {
    pub name: &'static str,
    pub payload: Bytes,
    pub reply: Reply,
}

/// Lambda. It and its functions end when this is dropped.
pub struct Lambda {
    state: Arc<Functions>,
    server: Served,
}

struct Functions {
    functions: BTreeMap<&'static str, tokio::sync::Mutex<Function>>,
    invocations: Mutex<Vec<Invocation>>,
}

impl Lambda {
    /// Starts it with these functions, each in this environment.
    pub async fn with(names: &[&'static str], environment: Environment) -> Self {
        let mut functions = BTreeMap::new();
        for name in names {
            let function = Function::start(name, environment.clone()).await;
            functions.insert(*name, function.into());
        }
        let state = Arc::new(Functions {
            functions,
            invocations: Mutex::default(),
        });
        let router = Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .with_state(state.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let server = Served::new(address, async move { axum::serve(listener, router).await });
        Self { state, server }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The invocations since this was called last, in the order in which they ended.
    pub fn take_invocations(&self) -> Vec<Invocation> {
        let mut invocations = self.state.invocations.lock().expect("no test has panicked");
        std::mem::take(&mut invocations)
    }

    /// The files that the functions log to.
    pub async fn log_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for function in self.state.functions.values() {
            files.push(function.lock().await.log_file());
        }
        files
    }
}

async fn invoke(
    State(state): State<Arc<Functions>>,
    Path(name): Path<String>,
    payload: Bytes,
) -> Response {
    let Some((name, function)) = state.functions.get_key_value(name.as_str()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let reply = function.lock().await.invoke(payload.clone()).await;
    let response = match &reply.result {
        Ok(bytes) => bytes.clone().into_response(),
        Err(error) => ([("x-amz-function-error", "Unhandled")], error.to_string()).into_response(),
    };
    let invocation = Invocation {
        name,
        payload,
        reply,
    };
    state
        .invocations
        .lock()
        .expect("no test has panicked")
        .push(invocation);
    response
}
