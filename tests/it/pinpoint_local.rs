//! `cognito-pinpoint pinpoint-local`, driven by clients that this project did not write.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::support::command::{cognito_pinpoint, errors_of, python_program};
use crate::support::repository;

/// A running server; it ends when this is dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        Self::start_logging_to(Stdio::inherit(), arguments)
    }

    fn start_logging_to(log: Stdio, arguments: &[&str]) -> Self {
        let mut child = cognito_pinpoint()
            .args(["pinpoint-local", "--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line}");
        Self { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn aws(server: &Server, arguments: &[&str]) -> Value {
    let mut command = python_program("aws");
    command
        .args([
            "pinpoint",
            "--endpoint-url",
            &server.url,
            "--output",
            "json",
        ])
        .args(arguments);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "aws pinpoint {arguments:?}: {}",
        errors_of(&output)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn boto3_drives_every_operation() {
    // It logs each of the operations that it does not have.
    let server = Server::start_logging_to(Stdio::null(), &[]);
    let mut script = python_program("python");
    script
        .arg(repository("tests/python/pinpoint_boto3.py"))
        .args(["--endpoint", &server.url]);
    let output = script.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", errors_of(&output));
}

#[test]
fn the_aws_cli_works_and_a_data_folder_outlives_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data-dir", folder.path().to_str().unwrap()];
    let server = Server::start(&data);
    let created = aws(
        &server,
        &["create-app", "--create-application-request", "Name=shop"],
    );
    let id = created["ApplicationResponse"]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    let endpoint =
        json!({"ChannelType": "EMAIL", "Address": "ada@example.test", "User": {"UserId": "s-1"}});
    let endpoint = endpoint.to_string();
    let named = ["--application-id", &id, "--endpoint-id", "e-1"];
    aws(
        &server,
        &[
            &["update-endpoint"],
            &named[..],
            &["--endpoint-request", &endpoint],
        ]
        .concat(),
    );
    drop(server);

    let server = Server::start(&data);
    let got = aws(&server, &[&["get-endpoint"], &named[..]].concat());
    assert_eq!(got["EndpointResponse"]["Address"], "ada@example.test");
    let apps = aws(&server, &["get-apps"]);
    assert_eq!(apps["ApplicationsResponse"]["Item"][0]["Name"], "shop");
}

/// The status and the body that a page of this origin is answered.
fn ask_from(server: &Server, origin: &str, request: &str) -> (u16, Value) {
    let host = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "{request} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

#[test]
fn what_is_refused_is_logged_with_what_would_help() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let file = std::fs::File::create(&log).unwrap();
    let page = "http://localhost:5173";
    let server = Server::start_logging_to(file.into(), &["--allow-origin", page]);
    let cases = [
        (page, "GET /v1/apps", 200, None),
        (
            page,
            "POST /v1/apps/a/campaigns",
            501,
            Some("CreateCampaign is not one of this server's operations: it has CreateApp, "),
        ),
        (
            "http://localhost:3000",
            "GET /v1/apps",
            403,
            Some(
                "start `cognito-pinpoint pinpoint-local` with --allow-origin http://localhost:3000",
            ),
        ),
    ];
    for (origin, request, expected, said) in cases {
        let (status, body) = ask_from(&server, origin, request);
        assert_eq!(status, expected, "{request} from {origin}: {body}");
        if let Some(said) = said {
            let message = body["Message"].as_str().unwrap();
            assert!(message.contains(said), "{message}");
            let logged = std::fs::read_to_string(&log).unwrap();
            assert!(logged.contains(message), "{logged}");
        }
    }
}

#[test]
fn what_is_no_origin_is_a_usage_error() {
    let mut command = cognito_pinpoint();
    command.args([
        "pinpoint-local",
        "--port",
        "0",
        "--allow-origin",
        "localhost:5173/",
    ]);
    let output = command.output().unwrap();
    let errors = errors_of(&output);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("an origin looks like http://localhost:5173"),
        "{errors}"
    );
}

#[test]
fn accepted_events_are_added_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("events.jsonl");
    let batch = json!({"BatchItem": {"e": {"Endpoint": {}, "Events": {
        "x": {"EventType": "tap", "Timestamp": "2026-01-31T12:00:00Z"}}}}})
    .to_string();
    for run in 1..=2 {
        let server = Server::start(&["--events-out", out.to_str().unwrap()]);
        let app = aws(
            &server,
            &["create-app", "--create-application-request", "Name=shop"],
        );
        let id = app["ApplicationResponse"]["Id"].as_str().unwrap();
        aws(
            &server,
            &[
                "put-events",
                "--application-id",
                id,
                "--events-request",
                &batch,
            ],
        );
        let lines = std::fs::read_to_string(&out).unwrap();
        let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        assert_eq!(
            (lines.lines().count(), &last["application"]["app_id"]),
            (run, &json!(id))
        );
    }
}
