//! A console of its own process, over a small made-up app.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{cognito_pinpoint, done, python_program};
use crate::support::repository;

/// The only project of the app.
pub const PROJECT: &str = "0acce000000000000000000000000000";

/// A running console; it ends when this is dropped.
pub struct Served {
    child: Child,
    pub port: u16,
    data: PathBuf,
    _folder: TempDir,
}

/// What it answers.
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Served {
    /// One over twenty days of a few users, up to now. Tests that run at the same time share it.
    pub fn acme() -> Arc<Self> {
        static RUNNING: Mutex<Weak<Served>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap();
        running.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Self::start());
            *running = Arc::downgrade(&started);
            started
        })
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [data, events] = ["data", "events.jsonl"].map(|name| folder.path().join(name));
        let mut python = python_program("python");
        python.current_dir(repository("."));
        python.args(["events/acme/events.py", "--days", "20", "--users", "60"]);
        std::fs::write(&events, done(&mut python).stdout).unwrap();
        let mut replay = cognito_pinpoint();
        replay.args(["replay", "--config", "events/acme/config.json"]);
        done(replay.arg("--data-dir").arg(&data).arg(&events));
        let mut child = cognito_pinpoint()
            .args(["console", "--port", "0", "--data-dir"])
            .arg(&data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut printed = BufReader::new(child.stdout.take().unwrap());
        printed.read_line(&mut line).unwrap();
        let (_, address) = line.split_once("http://127.0.0.1:").expect(&line);
        Self {
            port: address.split('/').next().unwrap().parse().unwrap(),
            child,
            data,
            _folder: folder,
        }
    }

    /// A command over the same figures.
    pub fn command(&self, name: &str) -> Command {
        let mut command = cognito_pinpoint();
        command.arg(name).arg("--data-dir").arg(&self.data);
        command
    }

    /// The answer to a request, as [`ask`] has it.
    pub fn ask(&self, request: &str, headers: &[(&str, &str)]) -> Reply {
        ask(self.port, request, headers)
    }

    /// What is at an address of the API, which must be there.
    pub fn get(&self, path: &str) -> Reply {
        let reply = self.ask(&format!("GET /api/v1/{path}"), &[]);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Reply {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// What is answered at a port to a request such as `GET /`, with headers besides the usual ones: one of the same name comes
/// instead.
pub fn ask(port: u16, request: &str, headers: &[(&str, &str)]) -> Reply {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let host = format!("127.0.0.1:{port}");
    let named = headers.iter().any(|(name, _)| *name == "host");
    let usual = (!named).then_some(("host", host.as_str()));
    let mut text = format!("{request} HTTP/1.1\r\nconnection: close\r\n");
    for (name, value) in usual.iter().chain(headers) {
        text += &format!("{name}: {value}\r\n");
    }
    stream.write_all((text + "\r\n").as_bytes()).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    let end = reply.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(reply[..end].to_vec()).unwrap();
    Reply {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_ascii_lowercase(),
        body: reply.split_off(end + 4),
    }
}
