//! The deployed console: a member of the group who signs in by the emulator's own pool sees figures, and nobody else does.

use aws_sdk_cognitoidentityprovider::types::{AuthFlowType, ExplicitAuthFlowsType, OAuthFlowType};
use aws_sdk_lambda::Client as Lambda;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Stack;
use crate::support::browser::{Answer, Browser};
use crate::support::command::{in_account, json_of};
use crate::support::installation::PROJECT;
use crate::support::ministack::Ministack;
use crate::support::user_pool::{Key, message, said_by};

const GROUP: &str = "analysts";
const PASSWORD: &str = "Right-Password-1";

/// The console's app client, in a pool.
pub struct ConsoleClient {
    pool: String,
    id: String,
}

impl ConsoleClient {
    /// One that knows of no console yet.
    pub async fn new(ministack: &Ministack) -> Self {
        let pool = ministack.user_pool().await;
        let create = ministack.cognito().create_user_pool_client();
        let create = create.user_pool_id(&pool).client_name("console");
        let create = create.explicit_auth_flows(ExplicitAuthFlowsType::AllowAdminUserPasswordAuth);
        let made = create.send().await.unwrap().user_pool_client.unwrap();
        let group = ministack.cognito().create_group();
        let group = group.user_pool_id(&pool).group_name(GROUP);
        group.send().await.unwrap();
        Self {
            pool,
            id: made.client_id.unwrap(),
        }
    }

    /// What the stack is to be told.
    pub fn parameters(&self, domain: &str) -> String {
        let Self { pool, id } = self;
        format!(
            "ConsoleUserPoolId={pool} ConsoleClientId={id} ConsoleDomain={domain} ConsoleGroup={GROUP}"
        )
    }

    async fn registered(&self, ministack: &Ministack, browser: &Browser) {
        let update = ministack.cognito().update_user_pool_client();
        let update = update.user_pool_id(&self.pool).client_id(&self.id);
        let update = update
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowAdminUserPasswordAuth)
            .allowed_o_auth_flows_user_pool_client(true)
            .allowed_o_auth_flows(OAuthFlowType::Code)
            .allowed_o_auth_scopes("openid")
            .supported_identity_providers("COGNITO")
            .callback_urls(format!("{}/sign-in/callback", browser.origin()))
            .logout_urls(format!("{}/signed-out", browser.origin()));
        update.send().await.unwrap();
    }

    async fn user(&self, ministack: &Ministack, name: &str, group: Option<&str>) {
        ministack.user(&self.pool, name, &[]).await;
        let cognito = ministack.cognito();
        let set = cognito.admin_set_user_password();
        let set = set.user_pool_id(&self.pool).username(name);
        set.password(PASSWORD).permanent(true).send().await.unwrap();
        if let Some(group) = group {
            let add = cognito.admin_add_user_to_group();
            let add = add.user_pool_id(&self.pool).username(name);
            add.group_name(group).send().await.unwrap();
        }
    }

    /// An ID token that the pool's API gives.
    async fn token(&self, ministack: &Ministack, name: &str) -> String {
        let ask = ministack.cognito().admin_initiate_auth();
        let ask = ask.user_pool_id(&self.pool).client_id(&self.id);
        let ask = ask
            .auth_flow(AuthFlowType::AdminUserPasswordAuth)
            .auth_parameters("USERNAME", name)
            .auth_parameters("PASSWORD", PASSWORD);
        let given = ask.send().await.unwrap().authentication_result.unwrap();
        given.id_token.unwrap()
    }
}

/// Goes to the console, signs in at the pool's page, and comes back.
async fn sign_in(stack: &Stack, browser: &mut Browser, name: &str) -> Answer {
    let sent = browser.get("/api-or-page?a=b").await;
    let (page, asked) = sent.location().split_once("/oauth2/authorize?").unwrap();
    assert_eq!(page, stack.ministack.url());
    let mut pool = Browser::new(page, page.trim_start_matches("http://"));
    let form = format!("{asked}&username={name}&password={PASSWORD}");
    let back = pool.post("/login", form).await;
    assert_eq!(back.status, StatusCode::FOUND, "{}", back.body);
    browser.get(back.location()).await
}

/// Signs out as the page has it, at the pool too, and ends where nothing is shown.
async fn sign_out(stack: &Stack, member: &mut Browser) {
    let page = member.get(&format!("/?project={PROJECT}")).await;
    let form =
        r#"<form method="post" action="/sign-out"><button type="submit">Sign out</button></form>"#;
    assert!(page.body.contains(form), "{}", page.body);
    let origin = member.origin();
    let out = member
        .ask(Method::POST, "/sign-out", &[("origin", &origin)])
        .await;
    let (_, location) = out.body.split_once("; url=").unwrap();
    let location = location.split('"').next().unwrap().replace("&amp;", "&");
    let path = location.strip_prefix(stack.ministack.url()).unwrap();
    let host = stack.ministack.url().trim_start_matches("http://");
    let back = Browser::new(stack.ministack.url(), host).get(path).await;
    assert_eq!(back.location(), format!("{origin}/signed-out"), "{back:?}");
    let end = member.get(back.location()).await;
    assert_eq!(
        (end.status, end.body.contains("Sign in again")),
        (StatusCode::OK, true)
    );
    assert!(member.cookies.is_empty(), "{:?}", member.cookies);
}

pub async fn only_members_of_the_group_see_figures(stack: &Stack, client: &ConsoleClient) {
    let ministack = &stack.ministack;
    let url = Lambda::new(&ministack.sdk()).get_function_url_config();
    let url = url.function_name("cognito-pinpoint-console");
    let url = url.send().await.unwrap().function_url;
    let host = url.trim_start_matches("https://").trim_end_matches('/');
    let nobody = || Browser::new(ministack.url(), host);
    client.registered(ministack, &nobody()).await;
    client.user(ministack, "member", Some(GROUP)).await;
    client.user(ministack, "stranger", None).await;
    let another = ConsoleClient::new(ministack).await;
    another.user(ministack, "member", Some(GROUP)).await;
    let (today, project) = (chrono::Utc::now().date_naive(), ("--project", PROJECT));
    let days = format!("/api/v1/days?project={PROJECT}&from={today}&to={today}");

    let mut member = nobody();
    let signed_in = sign_in(stack, &mut member, "member").await;
    assert_eq!(
        (signed_in.status, signed_in.location()),
        (StatusCode::SEE_OTHER, "/api-or-page?a=b"),
        "{}",
        signed_in.body
    );
    let seen = member.get(&days).await;
    let mut metrics = in_account(ministack.url());
    metrics.args([
        "metrics",
        "--stack",
        "cognito-pinpoint",
        project.0,
        project.1,
    ]);
    metrics.args([
        "--format",
        "json",
        "--from",
        &today.to_string(),
        "--to",
        &today.to_string(),
    ]);
    let found: Value = serde_json::from_str(&seen.body)
        .unwrap_or_else(|_| panic!("{seen:?}\n{}", ministack.log()));
    assert_eq!(
        (seen.status, &found["days"]),
        (StatusCode::OK, &json_of(&mut metrics))
    );
    sign_out(stack, &mut member).await;

    let refused = sign_in(stack, &mut nobody(), "stranger").await;
    assert_eq!(
        (refused.status, refused.body.contains(GROUP)),
        (StatusCode::FORBIDDEN, true),
        "{}",
        refused.body
    );
    let right = client.token(ministack, "member").await;
    let (header, mut claims) = said_by(&right);
    let unsigned = message(&json!({"alg": "none", "kid": header["kid"]}), &claims);
    claims["exp"] = json!(chrono::Utc::now().timestamp() - 1);
    let expired = Key::of_pem(&ministack.signing_key(&client.pool)).sign(&header, &claims);
    for (case, token, status) in [
        ("a member's", right.clone(), StatusCode::OK),
        ("no token", String::new(), StatusCode::UNAUTHORIZED),
        (
            "another pool's",
            another.token(ministack, "member").await,
            StatusCode::UNAUTHORIZED,
        ),
        ("expired", expired, StatusCode::UNAUTHORIZED),
        ("unsigned", format!("{unsigned}."), StatusCode::UNAUTHORIZED),
        (
            "of no group",
            client.token(ministack, "stranger").await,
            StatusCode::FORBIDDEN,
        ),
    ] {
        let bearer = format!("Bearer {token}");
        let answer = nobody()
            .ask(Method::GET, &days, &[("authorization", &bearer)])
            .await;
        assert_eq!(answer.status, status, "{case}: {}", answer.body);
        assert_eq!(
            answer.body.contains("signIns"),
            status == StatusCode::OK,
            "{case}"
        );
    }
    let page = nobody().get("/").await;
    assert_eq!(
        page.status,
        StatusCode::SEE_OTHER,
        "no cookie: {}",
        page.body
    );
}
