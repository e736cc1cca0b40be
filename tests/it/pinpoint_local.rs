//! `cognito-pinpoint pinpoint-local`, driven by clients that this project did not write.

use std::io::{BufRead, BufReader};
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
        let mut child = cognito_pinpoint()
            .args(["pinpoint-local", "--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
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
    let server = Server::start(&[]);
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
