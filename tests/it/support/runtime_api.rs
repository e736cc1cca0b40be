//! A Lambda Runtime API on the loopback interface, and a function's own binary under it.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use local::dynamodb::Served;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};

use super::binary;

/// How long an invocation may take unless something else is said: what the functions are given.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A function's environment variables: Lambda's own, and what its configuration adds.
#[derive(Clone)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// What Lambda sets.
    pub fn of_lambda() -> Self {
        let variables = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            (
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            ),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/function"),
            (
                "AWS_LAMBDA_LOG_STREAM_NAME",
                "2026/01/31/[$LATEST]0123456789abcdef",
            ),
        ];
        Self(
            variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        )
    }

    /// The same and this variable.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The same without this variable.
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }
}

/// What a function makes of an invocation.
#[derive(Debug)]
pub struct Reply {
    /// What it replies, or the error that it reports.
    pub result: Result<Bytes, Value>,
    /// From handing the payload out to the reply.
    pub took: Duration,
    /// What it logged meanwhile.
    pub log: Vec<Value>,
}

impl Reply {
    /// The reply as text.
    pub fn text(&self) -> &str {
        match &self.result {
            Ok(bytes) => std::str::from_utf8(bytes).expect("a reply is UTF-8"),
            Err(error) => panic!("the function reported {error}"),
        }
    }

    /// The reply as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.text()).expect("a reply is JSON")
    }

    /// The lines that have this field.
    pub fn logged(&self, field: &str) -> Vec<&Value> {
        self.log
            .iter()
            .filter(|line| line.get(field).is_some())
            .collect()
    }
}

/// How a function ended by itself.
#[derive(Debug)]
pub struct Ended {
    pub exit_code: Option<i32>,
    pub stderr: String,
}

/// A function that runs. It is killed when this is dropped.
pub struct Function {
    name: String,
    started: Instant,
    invocations: mpsc::UnboundedSender<Invocation>,
    child: Child,
    folder: TempDir,
    _server: Served,
}

impl Function {
    /// Starts the binary of this name.
    pub async fn start(name: &str, environment: Environment) -> Self {
        let (invocations, waiting) = mpsc::unbounded_channel();
        let server = serve(waiting).await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = |name| File::create(folder.path().join(name)).expect("a file");
        let child = Command::new(binary(name))
            .env_clear()
            .envs(environment.0)
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env(
                "AWS_LAMBDA_RUNTIME_API",
                server.url().trim_start_matches("http://"),
            )
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let (name, started) = (name.to_owned(), Instant::now());
        Self {
            name,
            started,
            invocations,
            child,
            folder,
            _server: server,
        }
    }

    /// When it was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Hands it a payload, and waits for its reply.
    pub async fn invoke(&mut self, payload: impl Into<Bytes>) -> Reply {
        self.invoke_within(TIMEOUT, payload).await
    }

    /// Hands it a payload, which it is told to be done with in so much time, and waits for its reply.
    pub async fn invoke_within(&mut self, timeout: Duration, payload: impl Into<Bytes>) -> Reply {
        let (reply, replied) = oneshot::channel();
        let logged_before = self.logged();
        let invocation = Invocation {
            payload: payload.into(),
            timeout,
            reply,
        };
        self.invocations
            .send(invocation)
            .expect("the Runtime API serves");
        let (result, took) = tokio::select! {
            replied = replied => replied.expect("the Runtime API serves"),
            status = self.child.wait() => {
                panic!("{} ended with {status:?}: {}", self.name, self.read("stderr"))
            }
        };
        Reply {
            result,
            took,
            log: lines(&self.logged_from(logged_before)),
        }
    }

    /// How much it has logged (bytes).
    fn logged(&self) -> u64 {
        let file = fs::metadata(self.log_file());
        file.expect("it has a log").len()
    }

    fn logged_from(&self, place: u64) -> String {
        let mut log = String::new();
        let mut file = File::open(self.log_file()).expect("it has a log");
        file.seek(SeekFrom::Start(place)).expect("it can be read");
        file.read_to_string(&mut log).expect("a log is UTF-8");
        log
    }

    /// All that it has logged. What it logs before it replies is there when the reply is.
    pub fn log(&self) -> Vec<Value> {
        lines(&self.read("stdout"))
    }

    /// The file that it logs to.
    pub fn log_file(&self) -> PathBuf {
        self.folder.path().join("stdout")
    }

    /// Waits for it to end by itself.
    pub async fn ended(mut self) -> Ended {
        let status = self.child.wait().await.expect("it was started");
        Ended {
            exit_code: status.code(),
            stderr: self.read("stderr"),
        }
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).expect("its output is UTF-8")
    }
}

/// Every line is one JSON object. One that is still being written does not count.
fn lines(log: &str) -> Vec<Value> {
    let line = |text| serde_json::from_str(text).unwrap_or_else(|e| panic!("logged {text:?}: {e}"));
    let (whole, _) = log.rsplit_once('\n').unwrap_or_default();
    whole.lines().map(line).collect()
}

struct Invocation {
    payload: Bytes,
    timeout: Duration,
    reply: oneshot::Sender<(Result<Bytes, Value>, Duration)>,
}

/// An invocation that was handed out, and when.
struct Running {
    since: Instant,
    reply: oneshot::Sender<(Result<Bytes, Value>, Duration)>,
}

struct RuntimeApi {
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    running: Mutex<HashMap<String, Running>>,
    handed_out: AtomicU32,
}

async fn serve(waiting: mpsc::UnboundedReceiver<Invocation>) -> Served {
    let api = RuntimeApi {
        waiting: waiting.into(),
        running: Mutex::default(),
        handed_out: AtomicU32::default(),
    };
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(response),
        )
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route(
            "/2018-06-01/runtime/init/error",
            post(async || StatusCode::ACCEPTED),
        )
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::new(api));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    Served::new(address, async move { axum::serve(listener, router).await })
}

async fn next(State(api): State<Arc<RuntimeApi>>) -> Response<Body> {
    let Some(invocation) = api.waiting.lock().await.recv().await else {
        return std::future::pending().await;
    };
    let number = api.handed_out.fetch_add(1, Ordering::Relaxed);
    let id = format!("8476a536-e9f4-11e8-9739-{number:012}");
    let running = Running {
        since: Instant::now(),
        reply: invocation.reply,
    };
    api.running
        .lock()
        .expect("no test has panicked")
        .insert(id.clone(), running);
    let deadline = SystemTime::now() + invocation.timeout;
    let deadline = deadline
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970")
        .as_millis();
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:function";
    Response::builder()
        .header("lambda-runtime-aws-request-id", id)
        .header("lambda-runtime-deadline-ms", deadline.to_string())
        .header("lambda-runtime-invoked-function-arn", arn)
        .header(
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
        )
        .header("content-type", "application/json")
        .body(Body::from(invocation.payload))
        .expect("a response")
}

async fn response(
    State(api): State<Arc<RuntimeApi>>,
    Path(id): Path<String>,
    reply: Bytes,
) -> StatusCode {
    api.end(&id, Ok(reply))
}

async fn error(
    State(api): State<Arc<RuntimeApi>>,
    Path(id): Path<String>,
    reply: Bytes,
) -> StatusCode {
    api.end(
        &id,
        Err(serde_json::from_slice(&reply).expect("an error is JSON")),
    )
}

impl RuntimeApi {
    fn end(&self, id: &str, result: Result<Bytes, Value>) -> StatusCode {
        let mut running = self.running.lock().expect("no test has panicked");
        match running.remove(id) {
            Some(ended) => {
                let _ = ended.reply.send((result, ended.since.elapsed()));
                StatusCode::ACCEPTED
            }
            None => StatusCode::BAD_REQUEST,
        }
    }
}
