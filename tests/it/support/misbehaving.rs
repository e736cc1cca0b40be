//! A service that misbehaves: a bare TCP server that reads HTTP requests and does with each as it is
//! told. It may stand before one that behaves.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::free_port;

/// What the server does with a request.
#[derive(Clone)]
pub enum Conduct {
    /// It says nothing, ever.
    Silence,
    /// It says this, and is ready for the next request.
    Say(Vec<u8>),
    /// It says this, and nothing more.
    SayAndHang(Vec<u8>),
    /// It says this, and closes the connection.
    SayAndClose(Vec<u8>),
    /// It says this, one byte at a time, and never comes to an end.
    Trickle(Vec<u8>),
    /// It has the store do what is asked, and hands on the answer.
    Behave,
    /// The same, once it is let through.
    BehaveAfter(Arc<Gate>),
    /// It has the store do what is asked, and says nothing.
    LoseAnswerAndHang,
    /// It has the store do what is asked, and closes the connection.
    LoseAnswerAndClose,
    /// It has the store do what is asked, says half of the answer, and closes the connection.
    CutOff,
    /// It has the store do what is asked, and hands on the answer so much later.
    BehaveLate(Duration),
    /// It has the store do a part of what is asked, and says that the rest has failed.
    Partly(Partly),
}

/// Takes out of a request's JSON what is to fail, and gives what puts that into the answer's.
pub type Partly = Arc<dyn Fn(&mut Value) -> Failed + Send + Sync>;

/// Puts into an answer's JSON what has failed.
pub type Failed = Box<dyn FnOnce(&mut Value) + Send>;

impl std::fmt::Debug for Conduct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match self {
            Self::Silence => f.write_str("Silence"),
            Self::Say(bytes) => f.debug_tuple("Say").field(&text(bytes)).finish(),
            Self::SayAndHang(bytes) => f.debug_tuple("SayAndHang").field(&text(bytes)).finish(),
            Self::SayAndClose(bytes) => f.debug_tuple("SayAndClose").field(&text(bytes)).finish(),
            Self::Trickle(bytes) => f.debug_tuple("Trickle").field(&text(bytes)).finish(),
            Self::Behave => f.write_str("Behave"),
            Self::BehaveAfter(_) => f.write_str("BehaveAfter"),
            Self::LoseAnswerAndHang => f.write_str("LoseAnswerAndHang"),
            Self::LoseAnswerAndClose => f.write_str("LoseAnswerAndClose"),
            Self::CutOff => f.write_str("CutOff"),
            Self::BehaveLate(by) => f.debug_tuple("BehaveLate").field(by).finish(),
            Self::Partly(_) => f.write_str("Partly"),
        }
    }
}

impl Conduct {
    /// It answers with this status, and this body as DynamoDB's JSON.
    pub fn answer(status: &str, body: &str) -> Self {
        Self::Say(answer(status, "application/x-amz-json-1.0", body))
    }

    /// It answers with an error of DynamoDB.
    pub fn error(status: &str, name: &str) -> Self {
        let namespace = "com.amazonaws.dynamodb.v20120810";
        let body = format!(r#"{{"__type":"{namespace}#{name}","message":"so it is told"}}"#);
        Self::answer(status, &body)
    }
}

/// Where requests wait until they are let through.
#[derive(Debug)]
pub struct Gate {
    waiting: Semaphore,
    passes: Semaphore,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            waiting: Semaphore::new(0),
            passes: Semaphore::new(0),
        }
    }
}

impl Gate {
    /// Waits until a request waits.
    pub async fn reached(&self) {
        self.waiting
            .acquire()
            .await
            .expect("it is never closed")
            .forget();
    }

    /// Lets every request through.
    pub fn open(&self) {
        self.passes.add_permits(Semaphore::MAX_PERMITS);
    }

    async fn pass(&self) {
        self.waiting.add_permits(1);
        drop(self.passes.acquire().await);
    }
}

/// An HTTP response.
pub fn answer(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("content-type: {content_type}\r\ncontent-length: {length}\r\n\r\n");
    format!("HTTP/1.1 {status}\r\n{head}{body}").into_bytes()
}

/// A server that misbehaves. It ends when this is dropped.
pub struct Misbehaving {
    address: SocketAddr,
    task: JoinHandle<()>,
}

type Decide = Arc<dyn Fn(&str) -> Conduct + Send + Sync>;

impl Misbehaving {
    /// A server that does so with every request.
    pub async fn always(conduct: Conduct) -> Self {
        Self::before("", move |_| conduct.clone()).await
    }

    /// A server before the store at `url`, which decides by the name of the operation what to do.
    pub async fn before(
        url: &str,
        decide: impl Fn(&str) -> Conduct + Send + Sync + 'static,
    ) -> Self {
        Self::start(url, None, Arc::new(decide)).await
    }

    /// The same over TLS.
    pub async fn before_over_tls(
        url: &str,
        tls: TlsAcceptor,
        decide: impl Fn(&str) -> Conduct + Send + Sync + 'static,
    ) -> Self {
        Self::start(url, Some(tls), Arc::new(decide)).await
    }

    async fn start(url: &str, tls: Option<TlsAcceptor>, decide: Decide) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let store: Arc<str> = url.trim_start_matches("http://").into();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                // What has ended is not kept.
                while connections.try_join_next().is_some() {}
                let (tls, store, decide) = (tls.clone(), store.clone(), decide.clone());
                connections.spawn(async move {
                    match tls {
                        None => serve(connection, store, decide).await,
                        Some(tls) => {
                            if let Ok(connection) = tls.accept(connection).await {
                                serve(connection, store, decide).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, task }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Misbehaving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An address at which nothing listens.
pub fn refusing() -> String {
    format!("http://127.0.0.1:{}", free_port())
}

async fn serve(mut connection: impl Connection, store: Arc<str>, decide: Decide) {
    while let Some(request) = read_message(&mut connection).await {
        let said = match decide(&request.operation()) {
            Conduct::Silence => return until_closed(connection).await,
            Conduct::Say(bytes) => connection.write_all(&bytes).await,
            Conduct::SayAndHang(bytes) => {
                let _ = connection.write_all(&bytes).await;
                return until_closed(connection).await;
            }
            Conduct::SayAndClose(bytes) => {
                let _ = connection.write_all(&bytes).await;
                let _ = connection.shutdown().await;
                return;
            }
            Conduct::Trickle(bytes) => return trickle(connection, &bytes).await,
            Conduct::Behave => {
                let answer = ask(&store, &request).await.bytes;
                connection.write_all(&answer).await
            }
            Conduct::BehaveAfter(gate) => {
                gate.pass().await;
                let answer = ask(&store, &request).await.bytes;
                connection.write_all(&answer).await
            }
            Conduct::LoseAnswerAndHang => {
                ask(&store, &request).await;
                return until_closed(connection).await;
            }
            Conduct::LoseAnswerAndClose => {
                ask(&store, &request).await;
                return;
            }
            Conduct::CutOff => {
                let answer = ask(&store, &request).await.bytes;
                let (half, _) = answer.split_at(answer.len() / 2);
                let _ = connection.write_all(half).await;
                let _ = connection.shutdown().await;
                return;
            }
            Conduct::BehaveLate(by) => {
                let answer = ask(&store, &request).await.bytes;
                tokio::time::sleep(by).await;
                connection.write_all(&answer).await
            }
            Conduct::Partly(partly) => {
                let answer = ask_partly(&store, &request, &partly).await;
                connection.write_all(&answer).await
            }
        };
        if said.is_err() {
            return;
        }
    }
}

/// Says nothing for as long as somebody waits.
async fn until_closed(mut connection: impl Connection) {
    let mut ignored = [0; 1_024];
    while connection
        .read(&mut ignored)
        .await
        .is_ok_and(|read| read > 0)
    {}
}

async fn trickle(mut connection: impl Connection, bytes: &[u8]) {
    for byte in bytes.iter().chain(std::iter::repeat(&b' ')) {
        let sent = connection.write_all(&[*byte]).await;
        if sent.is_err() || connection.flush().await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn ask_partly(store: &str, request: &Message, partly: &Partly) -> Vec<u8> {
    let mut body = request.json();
    let failed = partly(&mut body);
    let answer = ask(store, &request.with_body(&body)).await;
    let mut body = answer.json();
    failed(&mut body);
    answer.with_body(&body).bytes
}

async fn ask(store: &str, request: &Message) -> Message {
    let mut connection = TcpStream::connect(store).await.expect("the store serves");
    connection
        .write_all(&request.bytes)
        .await
        .expect("the store serves");
    read_message(&mut connection)
        .await
        .expect("the store answers")
}

/// What is served.
trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<C: AsyncRead + AsyncWrite + Unpin + Send> Connection for C {}

/// An HTTP request or response of a known length.
struct Message {
    head: String,
    bytes: Vec<u8>,
}

impl Message {
    /// The operation's name; of a service that has none in its requests, the method and the path.
    fn operation(&self) -> String {
        if let Some(target) = self.header("x-amz-target") {
            return target.rsplit('.').next().unwrap_or_default().to_owned();
        }
        let line = self.head.lines().next().unwrap_or_default();
        line.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = self
            .head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'));
        let mut values = headers.filter(|(header, _)| header.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.trim())
    }

    fn json(&self) -> Value {
        let body = self.bytes.get(self.head.len()..).unwrap_or_default();
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// The same with another body. A checksum of the old one is left out.
    fn with_body(&self, body: &Value) -> Self {
        let of_body = |line: &&str| {
            let name = line.split(':').next().unwrap_or_default();
            ["content-length", "x-amz-crc32", ""]
                .iter()
                .all(|it| !name.eq_ignore_ascii_case(it))
        };
        let body = body.to_string();
        let kept: Vec<&str> = self.head.lines().filter(of_body).collect();
        let length = format!("content-length: {}\r\n\r\n", body.len());
        let head = format!("{}\r\n{length}", kept.join("\r\n"));
        let bytes = format!("{head}{body}").into_bytes();
        Self { head, bytes }
    }
}

/// The next message; none if the connection ends.
async fn read_message(connection: &mut impl Connection) -> Option<Message> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
    let mut message = Message { head, bytes };
    let length: usize = message
        .header("content-length")
        .unwrap_or("0")
        .parse()
        .ok()?;
    while message.bytes.len() < end + length {
        if connection.read_buf(&mut message.bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(message)
}
