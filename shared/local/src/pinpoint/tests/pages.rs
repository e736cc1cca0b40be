//! What a web page is answered.

use serde_json::json;

use super::{AppCreation, ENDPOINT, Options, Server, Store, request_id};

const ALLOWED: &str = "http://localhost:5173";

/// A header of a reply, or of a request.
type Header = (&'static str, &'static str);

fn server() -> Server {
    let options = Options {
        apps: AppCreation::OnFirstUse,
        allowed_origins: vec![ALLOWED.parse().unwrap()],
        events_out: None,
    };
    Server::over(Store::in_memory().unwrap(), options)
}

/// The headers of a reply that CORS is about.
fn cors(head: &str) -> Vec<(&str, &str)> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut headers: Vec<_> = lines
        .filter(|(name, _)| name.starts_with("access-control-") || *name == "vary")
        .collect();
    headers.sort_unstable();
    headers
}

#[test]
fn an_allowed_page_may_ask_and_read_also_errors() {
    let readable: [Header; 3] = [
        ("access-control-allow-origin", ALLOWED),
        (
            "access-control-expose-headers",
            "x-amzn-requestid, x-amzn-errortype",
        ),
        ("vary", "origin"),
    ];
    let server = server();
    let cases = [
        (ENDPOINT, 202),
        ("GET /v1/apps/none", 404),
        ("POST /v1/apps/a/messages", 501),
    ];
    for (request, status) in cases {
        let headers = [("origin", ALLOWED), ("sec-fetch-site", "cross-site")];
        let reply = server.send_with(request, &headers, b"{}");
        assert_eq!(
            (reply.status, cors(&reply.head)),
            (status, readable.to_vec()),
            "{request}"
        );
    }
    let program = server.send(ENDPOINT, b"{}");
    assert_eq!((program.status, cors(&program.head)), (202, vec![]));
}

#[test]
fn an_allowed_page_s_preflight_allows_what_it_asks_for() {
    let asked = [
        ("origin", ALLOWED),
        ("access-control-request-method", "PUT"),
        (
            "access-control-request-headers",
            "authorization,content-type,x-amz-date",
        ),
        ("access-control-request-private-network", "true"),
    ];
    let reply = server().send_with("OPTIONS /v1/apps/a/endpoints/e", &asked, b"");
    let expected: [Header; 7] = [
        (
            "access-control-allow-headers",
            "authorization,content-type,x-amz-date",
        ),
        ("access-control-allow-methods", "get, post, put, delete"),
        ("access-control-allow-origin", ALLOWED),
        ("access-control-allow-private-network", "true"),
        (
            "access-control-expose-headers",
            "x-amzn-requestid, x-amzn-errortype",
        ),
        ("access-control-max-age", "600"),
        ("vary", "origin"),
    ];
    assert_eq!((reply.status, cors(&reply.head)), (204, expected.to_vec()));
}

#[test]
fn another_page_is_refused_and_told_what_would_let_it_in() {
    let unknown = "This server answers programs, and no web page of an unknown origin; to let one in, serve it from \
        an origin such as http://localhost:5173, and start `cognito-pinpoint pinpoint-local` with --allow-origin \
        http://localhost:5173";
    let named = "This server answers programs, and no web page of https://other.example.test; to let that in, start \
        `cognito-pinpoint pinpoint-local` with --allow-origin https://other.example.test";
    let other = ("origin", "https://other.example.test");
    let preflight = ("access-control-request-method", "PUT");
    let cases: [(&str, &[Header], &str); 5] = [
        (ENDPOINT, &[other], named),
        ("OPTIONS /v1/apps/a/endpoints/e", &[other, preflight], named),
        (ENDPOINT, &[("origin", "null")], unknown),
        (
            "GET /v1/apps",
            &[("sec-fetch-site", "same-origin")],
            unknown,
        ),
        ("GET /v1/apps", &[("sec-fetch-site", "none")], unknown),
    ];
    let server = server();
    for (n, (request, headers, message)) in (0..).zip(cases) {
        let reply = server.send_with(request, headers, b"{}");
        let body = json!({"Message": message, "RequestID": request_id(n)});
        assert_eq!(
            (reply.status, reply.body, cors(&reply.head)),
            (403, body, vec![]),
            "{request}"
        );
        assert!(
            reply.head.contains("x-amzn-errortype: forbiddenexception"),
            "{}",
            reply.head
        );
    }
    assert_eq!(server.send("GET /v1/apps/a", b"").status, 404);
}

#[test]
fn no_page_is_allowed_unless_somebody_says_so() {
    let server = Server::start(AppCreation::OnFirstUse);
    let reply = server.send_with(ENDPOINT, &[("origin", ALLOWED)], b"{}");
    assert_eq!((reply.status, cors(&reply.head)), (403, vec![]));
}
