//! `openapi.json` against the running server, by a program that this project did not write.

use crate::support::command::{errors_of, python_program};

use super::served::Served;

/// What is true of every answer, whatever is asked.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,negative_data_rejection,unsupported_method,allow_header_conformance";

#[test]
fn the_server_is_as_its_openapi_document_says() {
    let served = Served::acme();
    let folder = tempfile::tempdir().unwrap();
    let document = format!("http://127.0.0.1:{}/api/v1/openapi.json", served.port);
    let mut schemathesis = python_program("schemathesis");
    schemathesis
        .current_dir(folder.path())
        .args(["run", &document, "--checks", CHECKS])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            "20",
        ])
        .args(["--seed", "1", "--no-color", "--warnings", "off"]);
    let output = schemathesis.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", errors_of(&output));
}
