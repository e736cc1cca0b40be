//! Who sees figures on the deployed console, over a socket, and who does not.

mod callback;

use std::net::Ipv4Addr;

use axum::Router;
use axum::http::header::CACHE_CONTROL;
use axum::http::{Method, StatusCode};
use axum::response::Html;
use axum::routing::get;
use chrono::Utc;
use console::sign_in::{Settings, SignIn, behind_sign_in};
use local::dynamodb::Served;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::browser::{Answer, Browser};
use crate::support::user_pool::{CLIENT, ISSUER, KEY, Key, POOL, UserPool, claims, message};

/// What nobody else may see.
const FIGURES: &str = "1,234 sign-ins";

/// The group that may look. Its name is no markup.
const GROUP: &str = "analysts";

/// What an answer that holds no figures says of itself.
const KEPT: &str = "public, max-age=31536000, immutable";

const SESSION: &str = "__Host-console-session";

/// A console, and the pool that signs in to it. Both end when this is dropped.
struct Console {
    pool: UserPool,
    server: Served,
}

impl Console {
    async fn start() -> Self {
        Self::for_group(GROUP).await
    }

    async fn for_group(group: &str) -> Self {
        let pool = UserPool::start().await;
        let settings = Settings::from_variables(|name| match name {
            "CONSOLE_USER_POOL_ID" => Some(POOL.to_owned()),
            "CONSOLE_CLIENT_ID" => Some(CLIENT.to_owned()),
            "CONSOLE_GROUP" => Some(group.to_owned()),
            "CONSOLE_DOMAIN" | "AWS_ENDPOINT_URL" => Some(pool.url()),
            _ => None,
        });
        let figures = Router::new()
            .route("/", get(async || Html(FIGURES)))
            .route("/api/v1/days", get(async || FIGURES))
            .route(
                "/assets/page.js",
                get(async || ([(CACHE_CONTROL, KEPT)], "")),
            );
        let router = behind_sign_in(figures, SignIn::new(settings.unwrap()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Served::new(address, async move { axum::serve(listener, router).await });
        Self { pool, server }
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.server.url(), "console.example.test")
    }

    /// A browser with this session.
    fn with_session(&self, token: &str) -> Browser {
        let mut browser = self.browser();
        browser.cookies.insert(SESSION.to_owned(), token.to_owned());
        browser
    }

    /// Where the pool's page sends a browser back to, once somebody has signed in there.
    async fn at_the_pool(&self, location: &str) -> String {
        let path = location.strip_prefix(&self.pool.url()).unwrap();
        let back = Browser::new(&self.pool.url(), "pool.example.test")
            .get(path)
            .await;
        assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
        back.location().to_owned()
    }
}

/// What every answer says to a browser, whatever else it is.
fn check_headers(answer: &Answer) {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
        connect-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
    for (name, expected) in [
        ("cache-control", "no-store"),
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        let values: Vec<_> = answer.headers.get_all(name).into_iter().collect();
        assert_eq!(values, [expected], "{name}: {answer:?}");
    }
}

/// The code of an error, which has to have a message.
fn code_of(answer: &Answer) -> String {
    let error: Value = serde_json::from_str(&answer.body).unwrap();
    assert!(
        error["error"]["message"]
            .as_str()
            .is_some_and(|it| !it.is_empty()),
        "{error}"
    );
    error["error"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_the_group_who_signs_in_sees_the_page_that_they_asked_for() {
    let console = Console::start().await;
    let mut browser = console.browser();
    let asked = "/?project=a%20b&where=client%3Dx";

    let sent = browser.get(asked).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let back = console.at_the_pool(sent.location()).await;
    let signed_in = browser.get(&back).await;
    assert_eq!(
        (signed_in.status, signed_in.location()),
        (StatusCode::SEE_OTHER, asked)
    );
    let seen = browser.get(signed_in.location()).await;
    assert_eq!((seen.status, seen.body.as_str()), (StatusCode::OK, FIGURES));
    let data = browser.get("/api/v1/days").await;
    assert_eq!((data.status, data.body.as_str()), (StatusCode::OK, FIGURES));

    let attributes = |answer: &Answer| {
        let cookies = answer.cookies().into_iter();
        let parts = cookies.map(|it| {
            let (pair, attributes) = it.split_once("; ").unwrap();
            format!("{} {attributes}", pair.split('=').next().unwrap())
        });
        parts.collect::<Vec<_>>()
    };
    let with_age = |name: &str, age: u32| {
        format!("{name} HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age={age}")
    };
    assert_eq!(attributes(&sent), [with_age("__Host-console-sign-in", 600)]);
    let expected = [
        with_age(SESSION, 3600),
        with_age("__Host-console-sign-in", 0),
    ];
    // A second may have passed since the token was made.
    let found = attributes(&signed_in).join("\n").replace("=3599", "=3600");
    assert_eq!(found, expected.join("\n"));
    for answer in [sent, signed_in, seen, data] {
        check_headers(&answer);
    }
    assert_eq!(console.pool.fetched(), 1, "the keys are kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_says_so_is_kept_and_not_before_somebody_has_signed_in() {
    let console = Console::start().await;
    let member = console.pool.token(&json!({}));
    for (token, path, expected) in [
        (member.as_str(), "/assets/page.js", KEPT),
        (&member, "/api/v1/days", "no-store"),
        (&member, "/elsewhere", "no-store"),
        ("nonsense", "/assets/page.js", "no-store"),
    ] {
        let answer = console.with_session(token).get(path).await;
        assert_eq!(answer.headers[CACHE_CONTROL], expected, "{token} {path}");
    }
}

/// Tokens that open nothing, and the code of the error that each is refused with.
fn refused_tokens(pool: &UserPool) -> Vec<(&'static str, String, &'static str)> {
    let header = json!({"alg": "RS256", "kid": KEY, "typ": "JWT"});
    let another = Key::new();
    let says = |instead: Value| pool.token(&instead);
    let of = |header: Value| pool.key().sign(&header, &claims(&json!({})));
    let unsigned = message(
        &json!({"alg": "none", "kid": KEY, "typ": "JWT"}),
        &claims(&json!({})),
    );
    let right = says(json!({}));
    let (signed, signature) = right.rsplit_once('.').unwrap();
    let others = message(&header, &claims(&json!({"sub": "another"})));
    let now = Utc::now().timestamp();
    let refused = "token_refused";
    vec![
        ("nonsense", "nonsense".to_owned(), refused),
        ("another pool's", another.sign(&header, &claims(&json!({"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_BBBB22222"}))), refused),
        ("another pool's that names this one", another.sign(&header, &claims(&json!({}))), refused),
        ("of a key that the pool has not", of(json!({"alg": "RS256", "kid": "another"})), refused),
        ("of a key of another kind", of(json!({"alg": "RS256", "kid": "of-another-kind"})), refused),
        ("of no key", of(json!({"alg": "RS256"})), refused),
        ("expired", says(json!({"exp": now - 1})), refused),
        ("without an end", says(json!({"exp": null})), refused),
        ("unsigned", format!("{unsigned}."), refused),
        ("unsigned, with a signature", format!("{unsigned}.{signature}"), refused),
        ("without its signature", format!("{signed}."), refused),
        ("with other claims", format!("{others}.{signature}"), refused),
        ("signed with what is public", pool.key().sign_with_what_is_public(&claims(&json!({}))), refused),
        ("that says another algorithm", of(json!({"alg": "RS512", "kid": KEY})), refused),
        ("for another client", says(json!({"aud": "4example23456789"})), refused),
        ("for nobody", says(json!({"aud": null})), refused),
        ("of no issuer", says(json!({"iss": null})), refused),
        ("of an issuer that begins alike", says(json!({"iss": format!("{ISSUER}/more")})), refused),
        ("an access token", says(json!({"token_use": "access"})), refused),
        ("of no group", says(json!({"cognito:groups": null})), "not_a_member"),
        ("without a group", says(json!({"cognito:groups": []})), "not_a_member"),
        ("of another group", says(json!({"cognito:groups": ["Analysts", "analysts2"]})), "not_a_member"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sees_figures() {
    let console = Console::start().await;
    let none = [("none", String::new(), "not_signed_in")];
    let tokens = refused_tokens(&console.pool);
    for (case, token, code) in none.into_iter().chain(tokens) {
        let mut browser = match case {
            "none" => console.browser(),
            _ => console.with_session(&token),
        };
        let status = match code {
            "not_a_member" => StatusCode::FORBIDDEN,
            _ => StatusCode::UNAUTHORIZED,
        };
        let page = browser.get("/?view=a").await;
        let expected = match code {
            "not_a_member" => status,
            _ => StatusCode::SEE_OTHER,
        };
        assert_eq!(page.status, expected, "{case}");
        let elsewhere = browser.get("/elsewhere").await;
        assert_eq!(elsewhere.status, expected, "{case}");
        let data = console.with_session(&token).get("/api/v1/days").await;
        let bearer = format!("Bearer {token}");
        let authorization = [("authorization", bearer.as_str())];
        let by_machine = console
            .browser()
            .ask(Method::GET, "/", &authorization)
            .await;
        let fetch = [("sec-fetch-mode", "cors")];
        let by_script = console
            .with_session(&token)
            .ask(Method::GET, "/", &fetch)
            .await;
        for answer in [&data, &by_machine, &by_script] {
            let told = code_of(answer);
            assert_eq!(answer.status, status, "{case}");
            assert!(told == code || case == "none", "{case}: {told}");
        }
        for answer in [page, elsewhere, data, by_machine, by_script] {
            assert!(!answer.body.contains(FIGURES), "{case}");
            check_headers(&answer);
        }
    }
    assert_eq!(console.pool.fetched(), 1, "names of keys can be made up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_brings_an_id_token_of_either_issuer() {
    let console = Console::start().await;
    let updated = ISSUER.replace("//cognito-idp", "//issuer-cognito-idp");
    for issuer in [ISSUER, &updated] {
        let bearer = format!("Bearer {}", console.pool.token(&json!({"iss": issuer})));
        let authorization = [("authorization", bearer.as_str())];
        let mut machine = console.with_session("nonsense");
        let answer = machine
            .ask(Method::GET, "/api/v1/days", &authorization)
            .await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, FIGURES),
            "{issuer}"
        );
    }
    let mut member = console.with_session(&console.pool.token(&json!({})));
    for authorization in ["Bearer nonsense", "Basic YTpi", "Bearer", ""] {
        let headers = [("authorization", authorization)];
        let answer = member.ask(Method::GET, "/api/v1/days", &headers).await;
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "the session does not stand in for it"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_an_hour_whatever_its_token_says() {
    let console = Console::start().await;
    let now = Utc::now().timestamp();
    for (begun, expected) in [
        (json!(now - 3_500), StatusCode::OK),
        (json!(now - 3_600), StatusCode::UNAUTHORIZED),
        (json!(null), StatusCode::UNAUTHORIZED),
        (json!(u64::MAX), StatusCode::OK),
    ] {
        let token = console
            .pool
            .token(&json!({"iat": begun, "exp": now + 86_400}));
        let session = console.with_session(&token).get("/api/v1/days").await;
        assert_eq!(session.status, expected, "{begun}");
        let bearer = format!("Bearer {token}");
        let authorization = [("authorization", bearer.as_str())];
        let machine = console
            .browser()
            .ask(Method::GET, "/api/v1/days", &authorization)
            .await;
        assert_eq!(machine.status, StatusCode::OK, "{begun}: it is no session");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_no_such_group_is_told_which_and_can_sign_in_as_somebody_else() {
    let console = Console::for_group("<i>analysts</i> & \"friends\"").await;
    let page = console
        .with_session(&console.pool.token(&json!({})))
        .get("/")
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let escaped = "members of the group &lt;i&gt;analysts&lt;/i&gt; &amp; &quot;friends&quot;:";
    assert!(page.body.contains(escaped), "{}", page.body);
    assert!(
        page.body
            .contains(r#"<form method="post" action="/sign-out">"#),
        "{}",
        page.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_posted_but_a_sign_out_from_the_consoles_own_page() {
    let console = Console::start().await;
    let mut member = console.with_session(&console.pool.token(&json!({})));
    for (method, path) in [
        (Method::POST, "/"),
        (Method::POST, "/api/v1/days"),
        (Method::POST, "/sign-in/callback"),
        (Method::PUT, "/sign-out"),
        (Method::DELETE, "/api/v1/days"),
        (Method::OPTIONS, "/api/v1/days"),
        (Method::GET, "/sign-out"),
    ] {
        let answer = member.ask(method.clone(), path, &[]).await;
        assert_eq!(
            answer.status,
            StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}"
        );
        check_headers(&answer);
    }
    for origin in [
        None,
        Some("https://evil.example"),
        Some("null"),
        Some("http://console.example.test"),
    ] {
        let headers: Vec<_> = origin
            .map(|origin| ("origin", origin))
            .into_iter()
            .collect();
        let answer = member.ask(Method::POST, "/sign-out", &headers).await;
        assert_eq!(
            (answer.status, answer.cookies()),
            (StatusCode::FORBIDDEN, vec![]),
            "{origin:?}"
        );
    }
    let origin = member.origin();
    let out = member
        .ask(Method::POST, "/sign-out", &[("origin", &origin)])
        .await;
    let expected = format!(
        "{}/logout?client_id={CLIENT}&logout_uri=https%3A%2F%2Fconsole.example.test%2Fsigned-out",
        console.pool.url()
    );
    assert_eq!((out.status, led_on_to(&out)), (StatusCode::OK, expected));
    check_headers(&out);
    assert!(member.cookies.is_empty(), "{:?}", member.cookies);
    let end = member.get("/signed-out").await;
    assert_eq!((end.status, end.cookies()), (StatusCode::OK, vec![]));
    assert!(
        end.body.contains(r#"<a href="/">Sign in again</a>"#),
        "{}",
        end.body
    );
    check_headers(&end);
    assert_eq!(member.get("/").await.status, StatusCode::SEE_OTHER);
}

/// Where a page leads on to by itself.
fn led_on_to(page: &Answer) -> String {
    let (_, after) = page
        .body
        .split_once(r#"<meta http-equiv="refresh" content="0; url="#)
        .unwrap_or_else(|| panic!("{page:?}"));
    after.split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_a_page_whose_session_is_over_is_redirected_to_no_other_origin() {
    let console = Console::start().await;
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "navigate"),
    ];
    let mut browser = console.browser();
    let sent = browser.ask(Method::GET, "/?range=7d", &headers).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    check_headers(&sent);
    let back = console.at_the_pool(&led_on_to(&sent)).await;
    assert_eq!(browser.get(&back).await.location(), "/?range=7d");
    assert_eq!(browser.get("/").await.body, FIGURES);
}
