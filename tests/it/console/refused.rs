//! What the console does not answer: JSON that says why, or a page, and nothing of what was asked unescaped.

use serde_json::json;

use super::served::{Reply, Served};

const SCRIPT: &str = "%3Cscript%3Ealert(1)%3C/script%3E";

/// A request of the API, its status, its code and what it says.
fn check(reply: &Reply, asked: &str, (status, code, said): (u16, &str, &str)) {
    assert_eq!(reply.status, status, "{asked}: {}", reply.text());
    assert_eq!(
        reply.header("content-type"),
        Some("application/json"),
        "{asked}"
    );
    let body = reply.json();
    let message = body["error"]["message"].clone();
    let whole = json!({"error": {"code": code, "message": message}});
    assert_eq!(body, whole, "{asked}");
    let message = message.as_str().unwrap();
    assert!(message.contains(said), "{asked}: {message}");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_do() {
    let served = Served::acme();
    let invalid = |said| (400, "invalid_parameter", said);
    let unknown = |said| (400, "unknown_parameter", said);
    let too_many = |said| (400, "too_many", said);
    let none = |said| (404, "not_found", said);
    let date = "a date looks like 2026-01-31";
    for (asked, expected) in [
        ("days?project=shop", none("there are figures of 0acce")),
        (&format!("days?project={SCRIPT}"), none("no such project")),
        (
            "days?form=2026-01-01",
            unknown("known here: project, from, to, by, where"),
        ),
        (
            "months?by=platform",
            unknown("known here: project, from, to, format"),
        ),
        (&format!("days?{SCRIPT}=1"), unknown("none of those")),
        (
            "days?from=today&from=today",
            invalid("from= is there twice"),
        ),
        (
            "days?by=platform&by=platform",
            invalid("by= is there twice"),
        ),
        (
            "days?by=colour",
            invalid("there are platform, platformVersion"),
        ),
        (
            "days?by=group",
            invalid("group is not among the dimensions"),
        ),
        (&format!("days?by={SCRIPT}"), invalid("there are platform")),
        (
            "days?where=platform",
            invalid("a condition looks like platform=iOS"),
        ),
        (
            &format!("days?where={SCRIPT}"),
            invalid("a condition looks like"),
        ),
        (
            "days?where=platform=iOS&where=locale=de",
            invalid("at once"),
        ),
        (
            "days?where=platform=iOS&where=platform=web",
            invalid("is there twice"),
        ),
        (
            "days?from=2026-02-01&to=2026-01-01",
            invalid("the last day, 2026-01-01, is before the first, 2026-02-01"),
        ),
        ("days?from=2026-02-29", invalid(date)),
        ("days?to=2026-13-01", invalid(date)),
        ("days?from=-4000-01-01", invalid(date)),
        ("days?to=%2B262142-12-31", invalid(date)),
        ("days?from=tomorrow", invalid(date)),
        (&format!("days?from={SCRIPT}"), invalid(date)),
        ("days?from=0001-01-01", too_many("narrow it by from and to")),
        (
            "days?from=2015-01-01&by=attribute:custom:tenant",
            too_many("cognito-pinpoint metrics"),
        ),
        ("months?from=0001-01-01", too_many("narrow it")),
        ("retention?from=0001-01-01", too_many("narrow it")),
        ("everything?from=0001-01-01", too_many("narrow it")),
        (
            "segments?by=platform&from=2026-01-01&to=2026-04-03",
            too_many("92 days"),
        ),
        ("segments", invalid("by= is missing")),
        ("segments?where=platform=iOS", invalid("by= is missing")),
        (
            "retention?interval=day",
            invalid("interval is week or month"),
        ),
        ("days?format=xml", invalid("format is json or csv")),
        ("everything?format=csv", unknown("project, from, to")),
        ("users", invalid("exactly one of")),
        (
            "users?neverReturned=true&inactiveFor=9d",
            invalid("exactly one of"),
        ),
        ("users?inactiveFor=90", invalid("30d, 12w or 6mo")),
        (
            "users?neverReturned=true&limit=0",
            invalid("from 1 to 20000"),
        ),
        ("nothing", none("there is nothing at this address")),
        ("days/", none("there is nothing at this address")),
        (SCRIPT, none("there is nothing at this address")),
    ] {
        let reply = served.ask(&format!("GET /api/v1/{asked}"), &[]);
        check(&reply, asked, expected);
    }
}

#[test]
fn figures_are_read_and_not_changed() {
    let served = Served::acme();
    for path in [
        "/",
        "/api/v1/days",
        "/api/v1/users",
        "/api/v1/everything",
        "/metrics",
    ] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let asked = format!("{method} {path}");
            let expected = (405, "method_not_allowed", "use GET");
            let reply = served.ask(&asked, &[("content-length", "0")]);
            check(&reply, &asked, expected);
            assert_eq!(reply.header("allow"), Some("get,head"), "{asked}");
        }
    }
}

#[test]
fn days_that_have_not_begun_are_no_error() {
    let served = Served::acme();
    for (path, name) in [
        ("days?by=platform", "days"),
        ("segments?by=platform", "segments"),
        ("months?", "months"),
        ("retention?", "cohorts"),
        ("annotations?", "annotations"),
    ] {
        let reply = served.get(&format!("{path}&from=9998-01-01&to=9998-01-02"));
        assert_eq!(reply.json()[name], json!([]), "{path}");
    }
}

#[test]
fn a_page_says_what_is_wrong_and_reflects_nothing() {
    let served = Served::acme();
    for (query, status) in [
        ("project=shop", 404),
        (&format!("project={SCRIPT}"), 404),
        (&format!("by={SCRIPT}"), 400),
        (&format!("where={SCRIPT}"), 400),
        (&format!("where={SCRIPT}=1"), 400),
        (&format!("where=platform={SCRIPT}"), 200),
        (&format!("metric={SCRIPT}"), 400),
        (&format!("from={SCRIPT}"), 400),
        ("from=2026-02-29&to=2026-03-01", 400),
        ("from=2026-03-02&to=2026-03-01", 400),
    ] {
        let reply = served.ask(&format!("GET /?{query}"), &[]);
        let page = reply.text();
        assert_eq!(reply.status, status, "{query}: {page}");
        assert_eq!(
            reply.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(
            !page.contains("<script>alert") && page.contains("<h1"),
            "{query}: {page}"
        );
    }
}

#[test]
fn others_are_not_answered() {
    let served = Served::acme();
    let port = served.port;
    let host = |name: &str| ("host", format!("{name}:{port}"));
    let header = |name, value: &str| (name, value.to_owned());
    for (header, status) in [
        (host("localhost"), 200),
        (host("evil.example"), 403),
        (header("host", "127.0.0.1"), 403),
        (header("sec-fetch-site", "none"), 200),
        (header("sec-fetch-site", "same-origin"), 200),
        (header("sec-fetch-site", "cross-site"), 403),
        (header("sec-fetch-site", "same-site"), 403),
        (header("origin", &format!("http://127.0.0.1:{port}")), 200),
        (header("origin", "http://evil.example"), 403),
        (header("origin", "null"), 403),
    ] {
        for path in ["/", "/api/v1/days", "/metrics", "/assets/page.js"] {
            let (name, value) = &header;
            let asked = format!("{path} {name}: {value}");
            let reply = served.ask(&format!("GET {path}"), &[(*name, value)]);
            match status {
                403 => check(&reply, &asked, (403, "forbidden", "")),
                _ if path == "/assets/page.js" => assert_ne!(reply.status, 403, "{asked}"),
                _ => assert_eq!(reply.status, status, "{asked}: {}", reply.text()),
            }
        }
    }
}

#[test]
fn answers_keep_a_browser_from_all_that_is_not_the_consoles() {
    let served = Served::acme();
    let own = format!("localhost:{}", served.port);
    for (host, path) in [
        (own.as_str(), "/"),
        (&own, "/?by=x"),
        (&own, "/api/v1/days"),
        (&own, "/api/v1/x"),
        (&own, "/api/v1/everything"),
        (&own, "/metrics"),
        ("evil.example", "/"),
    ] {
        let reply = served.ask(&format!("GET {path}"), &[("host", host)]);
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert_eq!(
            reply.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
    }
}
