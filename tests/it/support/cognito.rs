//! Cognito's API before the emulator's, with what the emulator leaves out: the pool's triggers are
//! invoked, and UpdateUserPool resets what it is not given.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use local::dynamodb::Served;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use super::ministack::Ministack;

/// How long Cognito waits for a trigger.
const TRIGGER_TIMEOUT: Duration = Duration::from_secs(5);

/// What begins the target of Cognito's operations.
const SERVICE: &str = "AWSCognitoIdentityProviderService.";

/// Cognito. It ends when this is dropped.
pub struct Cognito {
    server: Served,
    behind: Arc<Behind>,
}

/// The emulator, and what Cognito has beside it.
struct Behind {
    url: String,
    http: Client<HttpConnector, Body>,
    lambda: Lambda,
    /// The pool of each app client.
    pools: Mutex<HashMap<String, String>>,
    /// Settings that the emulator does not know, by pool.
    more: Mutex<HashMap<String, Map<String, Value>>>,
    updates: Mutex<Vec<Value>>,
}

/// What Cognito refuses a call with: the error's name and text.
struct Refusal(String, String);

impl Cognito {
    /// Cognito before this emulator, which has the functions too.
    pub async fn before(ministack: &Ministack) -> Self {
        let behind = Arc::new(Behind {
            url: ministack.url().to_owned(),
            http: Client::builder(TokioExecutor::new()).build_http(),
            lambda: Lambda::new(&ministack.sdk()),
            pools: Mutex::default(),
            more: Mutex::default(),
            updates: Mutex::default(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let router = axum::Router::new()
            .fallback(answer)
            .with_state(behind.clone());
        let server = Served::new(address, async move { axum::serve(listener, router).await });
        Self { server, behind }
    }

    /// Where it listens: for all of AWS, and not for Cognito alone.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Calls an operation with just this JSON.
    pub async fn call(&self, operation: &str, request: &Value) -> Value {
        let called = self.behind.take(operation, request.clone()).await;
        called.unwrap_or_else(|Refusal(error, message)| panic!("{operation}: {error}: {message}"))
    }

    /// Gives a pool a setting that the emulator does not know.
    pub fn set(&self, pool: &str, setting: &str, value: Value) {
        let mut more = self.behind.more.lock().expect("no test has panicked");
        more.entry(pool.to_owned())
            .or_default()
            .insert(setting.to_owned(), value);
    }

    /// The requests to UpdateUserPool that it has taken.
    pub fn updates(&self) -> Vec<Value> {
        self.behind
            .updates
            .lock()
            .expect("no test has panicked")
            .clone()
    }
}

async fn answer(State(behind): State<Arc<Behind>>, request: Request) -> Response {
    let target = request.headers().get("x-amz-target").cloned();
    let operation = target
        .as_ref()
        .and_then(|target| target.to_str().ok()?.strip_prefix(SERVICE));
    let Some(operation) = operation.map(str::to_owned) else {
        return behind.pass_on(request).await;
    };
    let body = to_bytes(request.into_body(), usize::MAX).await;
    let request = serde_json::from_slice(&body.expect("the request comes whole"));
    let request = request.expect("a request is JSON");
    match behind.take(&operation, request).await {
        Ok(answer) => Json(answer).into_response(),
        Err(Refusal(error, message)) => {
            let refusal = json!({"__type": error, "message": message});
            (StatusCode::BAD_REQUEST, Json(refusal)).into_response()
        }
    }
}

impl Behind {
    async fn take(&self, operation: &str, request: Value) -> Result<Value, Refusal> {
        match operation {
            "UpdateUserPool" => self.update(request).await,
            "DescribeUserPool" => self.describe(&request).await,
            "CreateUserPoolClient" => self.create_client(&request).await,
            "InitiateAuth" => self.initiate(&request).await,
            "RespondToAuthChallenge" => {
                let answer = self.call(operation, &request).await?;
                self.signed_in(&request, &answer, Some("ClientMetadata"))
                    .await?;
                Ok(answer)
            }
            "ConfirmSignUp" => {
                let answer = self.call(operation, &request).await?;
                self.verify_email(&request).await?;
                self.confirmed(&request, "ConfirmSignUp").await?;
                Ok(answer)
            }
            "ConfirmForgotPassword" => {
                let answer = self.call(operation, &request).await?;
                self.confirmed(&request, "ConfirmForgotPassword").await?;
                Ok(answer)
            }
            _ => self.call(operation, &request).await,
        }
    }

    /// "If you don't provide a value for an attribute, Amazon Cognito sets it to its default value."
    async fn update(&self, mut request: Value) -> Result<Value, Refusal> {
        let temporary = &request["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"];
        let unused = &request["AdminCreateUserConfig"]["UnusedAccountValidityDays"];
        if !temporary.is_null() && !unused.is_null() {
            return Err(refusal(
                "InvalidParameterException",
                "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
            ));
        }
        self.updates
            .lock()
            .expect("no test has panicked")
            .push(request.clone());
        let has = self
            .call(
                "DescribeUserPool",
                &json!({"UserPoolId": request["UserPoolId"]}),
            )
            .await?;
        let given = request.as_object_mut().expect("a request is an object");
        let pool = given["UserPoolId"].as_str().unwrap_or_default().to_owned();
        if let Some(more) = self
            .more
            .lock()
            .expect("no test has panicked")
            .get_mut(&pool)
        {
            more.retain(|setting, _| given.contains_key(setting));
        }
        for (setting, default) in defaults() {
            if has["UserPool"].get(setting).is_some() {
                given.entry(setting).or_insert(default);
            }
        }
        self.call("UpdateUserPool", &request).await
    }

    async fn describe(&self, request: &Value) -> Result<Value, Refusal> {
        let mut answer = self.call("DescribeUserPool", request).await?;
        let pool = request["UserPoolId"].as_str().unwrap_or_default();
        let more = self.more.lock().expect("no test has panicked");
        if let Some(more) = more.get(pool) {
            let described = answer["UserPool"].as_object_mut();
            described.expect("it is told of").extend(more.clone());
        }
        Ok(answer)
    }

    async fn create_client(&self, request: &Value) -> Result<Value, Refusal> {
        let answer = self.call("CreateUserPoolClient", request).await?;
        let client = &answer["UserPoolClient"];
        let text = |name: &str| client[name].as_str().unwrap_or_default().to_owned();
        let mut pools = self.pools.lock().expect("no test has panicked");
        pools.insert(text("ClientId"), text("UserPoolId"));
        Ok(answer)
    }

    async fn initiate(&self, request: &Value) -> Result<Value, Refusal> {
        if request["AuthFlow"] == "REFRESH_TOKEN_AUTH" {
            let answer = self.call("InitiateAuth", request).await?;
            let user = user_of(&answer);
            self.invoke(
                request,
                &user,
                "PreTokenGeneration",
                "TokenGeneration_RefreshTokens",
                json!({}),
            )
            .await?;
            return Ok(answer);
        }
        let user = request["AuthParameters"]["USERNAME"]
            .as_str()
            .unwrap_or_default();
        let validation =
            json!({"validationData": request.get("ClientMetadata").unwrap_or(&json!({}))});
        self.invoke(
            request,
            user,
            "PreAuthentication",
            "PreAuthentication_Authentication",
            validation,
        )
        .await?;
        let answer = self.call("InitiateAuth", request).await?;
        self.signed_in(request, &answer, None).await?;
        Ok(answer)
    }

    /// What comes after the last challenge.
    async fn signed_in(
        &self,
        request: &Value,
        answer: &Value,
        metadata: Option<&str>,
    ) -> Result<(), Refusal> {
        if answer.get("AuthenticationResult").is_none() {
            return Ok(());
        }
        let user = user_of(answer);
        let metadata = metadata.and_then(|name| request.get(name));
        let metadata = metadata.map_or(json!({}), |given| json!({"clientMetadata": given}));
        for (trigger, source) in [
            ("PreTokenGeneration", "TokenGeneration_Authentication"),
            ("PostAuthentication", "PostAuthentication_Authentication"),
        ] {
            self.invoke(request, &user, trigger, source, metadata.clone())
                .await?;
        }
        Ok(())
    }

    /// The code came by email, so the address is the user's.
    async fn verify_email(&self, request: &Value) -> Result<(), Refusal> {
        let verified = json!({"UserPoolId": self.pool_of(request), "Username": request["Username"],
            "UserAttributes": [{"Name": "email_verified", "Value": "true"}]});
        self.call("AdminUpdateUserAttributes", &verified).await?;
        Ok(())
    }

    async fn confirmed(&self, request: &Value, what: &str) -> Result<(), Refusal> {
        let user = request["Username"].as_str().unwrap_or_default();
        let metadata = request.get("ClientMetadata");
        let metadata = metadata.map_or(json!({}), |given| json!({"clientMetadata": given}));
        let source = format!("PostConfirmation_{what}");
        self.invoke(request, user, "PostConfirmation", &source, metadata)
            .await
    }

    /// Invokes the function of a trigger, if there is one that lets the pool.
    async fn invoke(
        &self,
        request: &Value,
        user: &str,
        trigger: &str,
        source: &str,
        more: Value,
    ) -> Result<(), Refusal> {
        let pool = self.pool_of(request);
        let described = json!({ "UserPoolId": pool });
        let described = self.call("DescribeUserPool", &described).await?;
        let Some(function) = described["UserPool"]["LambdaConfig"][trigger].as_str() else {
            return Ok(());
        };
        let failed = |error: &str| {
            let message = format!("{trigger} invocation failed due to error {error}.");
            refusal("UnexpectedLambdaException", &message)
        };
        if !self
            .permits(function, described["UserPool"]["Arn"].as_str())
            .await
        {
            return Err(failed("AccessDeniedException"));
        }
        let event = self.event(&pool, request, user, source, more).await;
        let invoke = self.lambda.invoke().function_name(function);
        let invoking = invoke.payload(Blob::new(event.to_string())).send();
        let invoked = tokio::time::timeout(TRIGGER_TIMEOUT, invoking).await;
        let invoked = invoked.map_err(|_| failed("Timeout"))?;
        let invoked = invoked.map_err(|_| failed("ResourceNotFoundException"))?;
        if let Some(error) = invoked.function_error {
            return Err(refusal("UserLambdaValidationException", &error));
        }
        let answer = invoked.payload.map(Blob::into_inner).unwrap_or_default();
        if serde_json::from_slice::<Value>(&answer).ok() != Some(event) {
            let message = format!("Unrecognizable lambda output of {trigger}");
            return Err(refusal("InvalidLambdaResponseException", &message));
        }
        Ok(())
    }

    /// Whether the function's policy names Cognito, this pool and its account.
    async fn permits(&self, function: &str, pool: Option<&str>) -> bool {
        let got = self.lambda.get_policy().function_name(function);
        let policy = got.send().await.ok().and_then(|got| got.policy);
        let policy: Value = serde_json::from_str(&policy.unwrap_or_default()).unwrap_or_default();
        let account = pool.and_then(|arn| arn.split(':').nth(4));
        let statements = policy["Statement"].as_array();
        statements.into_iter().flatten().any(|statement| {
            statement["Principal"] == json!({"Service": "cognito-idp.amazonaws.com"})
                && statement["Action"] == "lambda:InvokeFunction"
                && statement["Condition"]["ArnLike"]["AWS:SourceArn"].as_str() == pool
                && statement["Condition"]["StringEquals"]["AWS:SourceAccount"].as_str() == account
        })
    }

    /// The event as Cognito sends it.
    async fn event(
        &self,
        pool: &str,
        request: &Value,
        user: &str,
        source: &str,
        more: Value,
    ) -> Value {
        let asked = json!({"UserPoolId": pool, "Username": user});
        let (attributes, unknown) = match self.call("AdminGetUser", &asked).await {
            Ok(found) => (attributes(&found), false),
            Err(_) => (json!({}), true),
        };
        let mut inside = json!({ "userAttributes": attributes });
        let fields = inside.as_object_mut().expect("it is an object");
        fields.extend(more.as_object().cloned().unwrap_or_default());
        if unknown {
            fields.insert("userNotFound".to_owned(), true.into());
        }
        json!({
            "version": "1", "region": "us-east-1", "userPoolId": pool, "userName": user,
            "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": request["ClientId"]},
            "triggerSource": source, "request": inside, "response": {},
        })
    }

    fn pool_of(&self, request: &Value) -> String {
        let client = request["ClientId"].as_str().unwrap_or_default();
        let pools = self.pools.lock().expect("no test has panicked");
        pools.get(client).cloned().unwrap_or_default()
    }

    /// Calls the emulator's own operation.
    async fn call(&self, operation: &str, request: &Value) -> Result<Value, Refusal> {
        let request = Request::post(&self.url)
            .header("x-amz-target", format!("{SERVICE}{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0")
            .body(Body::from(request.to_string()))
            .expect("a request");
        let response = self.pass_on(request).await;
        let is_success = response.status().is_success();
        let body = to_bytes(response.into_body(), usize::MAX).await;
        let body: Bytes = body.expect("the answer comes whole");
        let answer: Value = serde_json::from_slice(&body).expect("an answer is JSON");
        if is_success {
            return Ok(answer);
        }
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Err(Refusal(text("__type"), text("message")))
    }

    async fn pass_on(&self, request: Request) -> Response {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = format!("{}{path}", self.url).parse().expect("an address");
        let answered = self.http.request(Request::from_parts(parts, body)).await;
        match answered {
            Ok(response) => response.map(Body::new),
            Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        }
    }
}

fn refusal(error: &str, message: &str) -> Refusal {
    Refusal(error.to_owned(), message.to_owned())
}

/// The user whom an access token is of.
fn user_of(answer: &Value) -> String {
    let token = answer["AuthenticationResult"]["AccessToken"].as_str();
    let claims = token.and_then(|token| token.split('.').nth(1));
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims.unwrap_or_default());
    let claims: Value = serde_json::from_slice(&claims.unwrap_or_default()).unwrap_or_default();
    claims["username"].as_str().unwrap_or_default().to_owned()
}

fn attributes(user: &Value) -> Value {
    let list = user["UserAttributes"].as_array();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let named = list.into_iter().flatten();
    let named = named.map(|it| (text(&it["Name"]), text(&it["Value"])));
    let status = ("cognito:user_status".to_owned(), text(&user["UserStatus"]));
    let all: HashMap<String, String> = named.chain([status]).collect();
    json!(all)
}

/// The settings of a pool of which nothing was said.
fn defaults() -> Vec<(&'static str, Value)> {
    let password = json!({"MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": true,
        "RequireNumbers": true, "RequireSymbols": true});
    vec![
        ("AccountRecoverySetting", json!({})),
        ("AdminCreateUserConfig", json!({})),
        ("AutoVerifiedAttributes", json!([])),
        ("DeletionProtection", json!("INACTIVE")),
        ("DeviceConfiguration", json!({})),
        ("EmailConfiguration", json!({})),
        ("EmailVerificationMessage", json!("")),
        ("EmailVerificationSubject", json!("")),
        ("LambdaConfig", json!({})),
        ("MfaConfiguration", json!("OFF")),
        ("Policies", json!({ "PasswordPolicy": password })),
        ("SmsAuthenticationMessage", json!("")),
        ("SmsConfiguration", json!({})),
        ("SmsVerificationMessage", json!("")),
        ("UserAttributeUpdateSettings", json!({})),
        ("UserPoolAddOns", json!({"AdvancedSecurityMode": "OFF"})),
        ("UserPoolTags", json!({})),
        ("VerificationMessageTemplate", json!({})),
    ]
}
