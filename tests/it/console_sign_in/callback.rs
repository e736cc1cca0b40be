//! What comes back from the pool, and what somebody makes up in its place.

use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use super::{Console, FIGURES, SESSION, check_headers};
use crate::support::browser::Browser;
use crate::support::user_pool::Fault;

const SIGN_IN: &str = "__Host-console-sign-in";

/// A browser that has begun to sign in, and where the pool sends it back to.
async fn begun(console: &Console, path: &str) -> (Browser, String) {
    let mut browser = console.browser();
    let location = browser.get(path).await.location().to_owned();
    let back = console.at_the_pool(&location).await;
    (browser, back)
}

/// That this address ends in no session, but in a page that says why.
async fn check_refused(browser: &mut Browser, back: &str, expected: (u16, &str)) {
    let answer = browser.get(back).await;
    let (status, why) = expected;
    assert_eq!(answer.status.as_u16(), status, "{back}: {}", answer.body);
    assert!(answer.body.contains(why), "{back}: {}", answer.body);
    assert!(!browser.cookies.contains_key(SESSION), "{back}");
    assert!(!browser.cookies.contains_key(SIGN_IN), "{back}: it is over");
    for hostile in ["evil", "<script", "&lt;script"] {
        assert!(
            !answer.body.contains(hostile),
            "{back} is reflected: {}",
            answer.body
        );
    }
    check_headers(&answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_does_not_end_what_this_browser_began_signs_nobody_in() {
    let console = Console::start().await;
    const NOT_BEGUN: (u16, &str) = (400, "was not begun here");
    let hostile = "%3Cscript%3Eevil";
    for (query, expected) in [
        (format!("?code=CODE&state={hostile}"), NOT_BEGUN),
        ("?code=CODE".to_owned(), NOT_BEGUN),
        (String::new(), NOT_BEGUN),
        ("?code=CODE&code=CODE&state=STATE".to_owned(), NOT_BEGUN),
        ("?state=STATE".to_owned(), (400, "signed nobody in")),
        (
            format!("?error=access_denied{hostile}&error_description={hostile}&state=STATE"),
            (400, "signed nobody in"),
        ),
        (
            "?error=e&code=CODE&state=STATE".to_owned(),
            (400, "signed nobody in"),
        ),
        (
            format!("?code={hostile}&state=STATE"),
            (400, "does not accept the code"),
        ),
    ] {
        let (mut browser, back) = begun(&console, "/").await;
        let (path, given) = back.split_once("?code=").unwrap();
        let (code, state) = given.split_once("&state=").unwrap();
        let query = query.replace("CODE", code).replace("STATE", state);
        check_refused(&mut browser, &format!("{path}{query}"), expected).await;
    }
    let (_, back) = begun(&console, "/").await;
    check_refused(&mut console.browser(), &back, NOT_BEGUN).await;
    let (mut another, _) = begun(&console, "/").await;
    check_refused(&mut another, &back, NOT_BEGUN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_works_once() {
    let console = Console::start().await;
    let (mut browser, back) = begun(&console, "/").await;
    let mut before = browser.clone();
    assert_eq!(browser.get(&back).await.status, StatusCode::SEE_OTHER);
    let again = browser.get(&back).await;
    assert_eq!(
        (again.status, again.cookies().len()),
        (StatusCode::BAD_REQUEST, 1)
    );
    check_refused(&mut before, &back, (400, "does not accept the code")).await;
    assert_eq!(browser.get("/").await.body, FIGURES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_of_this_sign_in_or_of_no_member_makes_no_session() {
    let console = Console::start().await;
    let long: Vec<String> = (0..400).map(|number| format!("group-{number}")).collect();
    let long = [long, vec!["analysts".to_owned()]].concat();
    for (instead, expected) in [
        (
            json!({"nonce": "another"}),
            (401, "not one to be let in with"),
        ),
        (json!({"nonce": null}), (401, "not one to be let in with")),
        (
            json!({"aud": "another"}),
            (401, "not one to be let in with"),
        ),
        (json!({"exp": 1}), (401, "not one to be let in with")),
        (
            json!({"token_use": "access"}),
            (401, "not one to be let in with"),
        ),
        (
            json!({"cognito:groups": ["others"]}),
            (403, "members of the group analysts"),
        ),
        (
            json!({"cognito:groups": long}),
            (500, "larger than a browser keeps"),
        ),
    ] {
        console.pool.say_instead(instead);
        let (mut browser, back) = begun(&console, "/").await;
        check_refused(&mut browser, &back, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_fails_is_told_of_as_that() {
    let console = Console::start().await;
    const UNEXPECTED: (u16, &str) = (502, "answers what was not expected");
    for (fault, expected) in [
        (Fault::AnswersNonsense, UNEXPECTED),
        (Fault::RefusesTheClient, UNEXPECTED),
        (Fault::Fails(StatusCode::FORBIDDEN), UNEXPECTED),
        (
            Fault::Fails(StatusCode::TOO_MANY_REQUESTS),
            (503, "answers 429 Too Many Requests: try again in a minute"),
        ),
        (
            Fault::Fails(StatusCode::INTERNAL_SERVER_ERROR),
            (503, "answers 500 Internal Server Error: try again"),
        ),
    ] {
        console.pool.fail(fault);
        let (mut browser, back) = begun(&console, "/").await;
        check_refused(&mut browser, &back, expected).await;
    }
    let (mut browser, back) = begun(&console, "/").await;
    let Console {
        pool,
        server: _kept,
    } = console;
    let token = pool.token(&json!({}));
    drop(pool);
    let answer = browser.get(&back).await;
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        answer.body
    );
    assert!(answer.body.contains("does not answer"), "{}", answer.body);
    // Nor are there keys to verify with.
    browser.cookies.insert(SESSION.to_owned(), token);
    let answer = browser.get("/api/v1/days").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let error: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(error["error"]["code"], "user_pool_unreachable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_on_this_origin_whatever_was_asked_for() {
    let console = Console::start().await;
    let long = format!("/?{}", "a".repeat(3_000));
    for (asked, expected) in [
        ("/?to=//evil.example", "/?to=//evil.example"),
        ("//evil.example/", "/"),
        ("//evil.example/..//", "/"),
        ("/%5Cevil.example", "/%5Cevil.example"),
        (&long, "/"),
    ] {
        let (mut browser, back) = begun(&console, asked).await;
        assert_eq!(browser.get(&back).await.location(), expected, "{asked}");
    }
    for hostile in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "evil.example",
        "/\tevil",
        "/\r\nset-cookie: a=b",
        "",
    ] {
        let (mut browser, back) = begun(&console, "/").await;
        let mut pending: Value =
            serde_json::from_slice(&BASE64.decode(&browser.cookies[SIGN_IN]).unwrap()).unwrap();
        pending["path"] = json!(hostile);
        browser
            .cookies
            .insert(SIGN_IN.to_owned(), BASE64.encode(pending.to_string()));
        assert_eq!(browser.get(&back).await.location(), "/", "{hostile}");
    }
}
