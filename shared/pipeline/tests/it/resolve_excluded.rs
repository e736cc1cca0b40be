//! Who is left out at capture.

use config::Config;
use pipeline::capture::{End, capture, resolve};
use serde_json::{Value, json};

use crate::resolve::{ID, PROJECT, moment, payload};
use crate::world::World;

fn configuration(exclude: &Value) -> Config {
    let client = json!({"ApplicationId": PROJECT});
    let json = json!({"Exclude": exclude, "Clients": {"app": client, "tests": client}});
    Config::from_json(&json.to_string()).unwrap()
}

fn everybody() -> Value {
    json!({"Clients": ["tests", "stranger"], "EmailDomains": ["Example.TEST"],
        "Attributes": {"custom:internal": ["true", "1"], "sub": ["s-9"]}})
}

/// The name of the outcome, or `captured`.
fn outcome(config: &Config, payload: &Value) -> &'static str {
    resolve(payload.to_string().as_bytes(), moment(), config)
        .map_or_else(|outcome| outcome.name(), |_| "captured")
}

const EXCLUDED: &str = "ignored:excluded";
const SIGN_IN: &str = "PostAuthentication_Authentication";

#[test]
fn users_and_clients_are_left_out_by_what_the_trigger_sees() {
    for (client, changes, expected) in [
        ("app", json!({}), "captured"),
        ("tests", json!({}), EXCLUDED),
        ("app", json!({"email": "ada@example.test"}), EXCLUDED),
        (
            "app",
            json!({"email": "ADA@EXAMPLE.Test", "email_verified": "true"}),
            EXCLUDED,
        ),
        ("app", json!({"email": "\"a@b\"@example.test"}), EXCLUDED),
        ("app", json!({"email": "ada@sub.example.test"}), "captured"),
        ("app", json!({"email": "ada@example.test.com"}), "captured"),
        ("app", json!({"email": "example.test"}), "captured"),
        ("app", json!({"email": "ada@"}), "captured"),
        ("app", json!({"email": null}), "captured"),
        ("app", json!({"custom:internal": "true"}), EXCLUDED),
        ("app", json!({"custom:internal": true}), EXCLUDED),
        ("app", json!({"custom:internal": 1}), EXCLUDED),
        ("app", json!({"custom:internal": "True"}), "captured"),
        ("app", json!({"custom:internal": "false"}), "captured"),
        ("app", json!({"sub": "s-9"}), EXCLUDED),
    ] {
        let mut attributes = json!({"sub": ID, "email": "ada@example.org"});
        attributes
            .as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        let payload = payload(SIGN_IN, client, json!({"userAttributes": attributes}));
        assert_eq!(
            outcome(&configuration(&everybody()), &payload),
            expected,
            "{payload}"
        );
        assert_eq!(outcome(&configuration(&json!({})), &payload), "captured");
    }
}

#[test]
fn exclusion_comes_before_every_outcome_but_the_source_and_the_client() {
    let excluded = json!({"sub": ID, "email": "ada@example.test"});
    let federated =
        json!({"sub": ID, "email": "ada@example.test", "cognito:user_status": "EXTERNAL_PROVIDER"});
    let too_long = json!({"sub": "s".repeat(3_000), "email": "ada@example.test"});
    let nobody = json!({"email": "ada@example.test"});
    let pre = "PreAuthentication_Authentication";
    let token = "TokenGeneration_RefreshTokens";
    for (source, client, attributes, without, with) in [
        (
            "PreSignUp_SignUp",
            "app",
            &excluded,
            "ignored:trigger_source",
            "ignored:trigger_source",
        ),
        (
            SIGN_IN,
            "stranger",
            &excluded,
            "ignored:client_not_configured",
            "ignored:client_not_configured",
        ),
        (
            SIGN_IN,
            "app",
            &federated,
            "ignored:federated_user",
            EXCLUDED,
        ),
        (token, "app", &federated, "ignored:federated_user", EXCLUDED),
        (token, "app", &nobody, "ignored:no_user", EXCLUDED),
        (
            "TokenGeneration_ClientCredentials",
            "tests",
            &json!({}),
            "ignored:no_user",
            EXCLUDED,
        ),
        (
            SIGN_IN,
            "app",
            &too_long,
            "rejected:identifier_too_long",
            EXCLUDED,
        ),
        (pre, "app", &excluded, "captured", EXCLUDED),
        (pre, "tests", &Value::Null, "captured", EXCLUDED),
    ] {
        let payload = payload(source, client, json!({"userAttributes": attributes}));
        assert_eq!(
            outcome(&configuration(&json!(null)), &payload),
            without,
            "{payload}"
        );
        assert_eq!(
            outcome(&configuration(&everybody()), &payload),
            with,
            "{payload}"
        );
    }
}

#[test]
fn a_user_whom_nobody_knows_is_left_out_with_the_client() {
    let request = json!({"userAttributes": {}, "userNotFound": true});
    let pre = "PreAuthentication_Authentication";
    for (client, expected) in [("app", "captured"), ("tests", EXCLUDED)] {
        let payload = payload(pre, client, request.clone());
        assert_eq!(outcome(&configuration(&everybody()), &payload), expected);
    }
}

#[test]
fn a_client_is_left_out_beside_a_default() {
    let config = json!({"Exclude": {"Clients": ["tests"]}, "Default": {"ApplicationId": PROJECT}});
    let config = Config::from_json(&config.to_string()).unwrap();
    for (client, expected) in [("app", "captured"), ("tests", EXCLUDED)] {
        let payload = payload(SIGN_IN, client, json!({"userAttributes": {"sub": ID}}));
        assert_eq!(outcome(&config, &payload), expected);
    }
}

#[tokio::test]
async fn nothing_of_an_excluded_user_is_stored() {
    let world = World::calm();
    let attributes = json!({"sub": ID, "email": "ada@example.test"});
    let payload = payload(SIGN_IN, "app", json!({"userAttributes": attributes}));
    let config = configuration(&everybody());
    let captured = capture(payload.to_string().as_bytes(), moment(), &config, &world).await;
    let End::Ended(outcome) = captured.end else {
        panic!("{captured:?}");
    };
    assert_eq!((outcome.name(), captured.left_out), (EXCLUDED, vec![]));
    world.look(|memory| assert_eq!((memory.log.len(), memory.spilled.len()), (0, 0)));
}
