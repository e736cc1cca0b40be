//! What is captured of a user for the dimensions that are configured.

use std::sync::Arc;

use config::Config;
use domain::traits::{Provider, Traits};
use pipeline::capture::resolve;
use serde_json::{Value, json};

use crate::resolve::{ID, PROJECT, moment, payload};

fn configuration(dimensions: &Value) -> Config {
    let json = json!({"Dimensions": dimensions, "Clients": {
        "plain": {"ApplicationId": PROJECT, "IncludeFederatedUsers": true},
        "sharing": {"ApplicationId": PROJECT, "IncludeFederatedUsers": true, "UserDataShared": true},
    }});
    Config::from_json(&json.to_string()).unwrap()
}

/// With sharing on and off, since what a dimension asks for is no matter of sharing.
fn check(dimensions: &Value, source: &str, request: &Value, expected: &Traits) {
    for client in ["plain", "sharing"] {
        let payload = payload(source, client, request.clone()).to_string();
        let resolved = resolve(payload.as_bytes(), moment(), &configuration(dimensions)).unwrap();
        assert_eq!(
            &resolved.event.traits, expected,
            "{client} {dimensions} {payload}"
        );
    }
}

fn attributes(pairs: &[(&str, &str)]) -> Traits {
    let pairs = pairs.iter();
    Traits {
        attributes: pairs
            .map(|(name, value)| (Arc::from(*name), (*value).to_owned()))
            .collect(),
        ..Traits::default()
    }
}

#[test]
fn of_the_attributes_only_those_that_are_dimensions_are_captured() {
    let user = json!({"sub": ID, "cognito:user_status": "CONFIRMED", "email": "ada@example.test",
        "email_verified": "true", "custom:tenant": "acme", "custom:plan": "pro", "custom:none": "",
        "custom:number": 7, "custom:odd": {"a": 1}});
    for (dimensions, expected) in [
        (json!(null), vec![]),
        (json!([]), vec![]),
        (json!(["platform", "app:custom:tenant", "client"]), vec![]),
        (
            json!(["attribute:custom:tenant"]),
            vec![("custom:tenant", "acme")],
        ),
        (
            json!(["client+attribute:custom:tenant"]),
            vec![("custom:tenant", "acme")],
        ),
        (
            json!([
                "attribute:custom:plan+attribute:custom:tenant",
                "attribute:custom:plan"
            ]),
            vec![("custom:plan", "pro"), ("custom:tenant", "acme")],
        ),
        (
            json!(["attribute:cognito:user_status", "attribute:custom:number"]),
            vec![("cognito:user_status", "CONFIRMED"), ("custom:number", "7")],
        ),
        (
            json!([
                "attribute:custom:none",
                "attribute:custom:odd",
                "attribute:custom:gone"
            ]),
            vec![],
        ),
    ] {
        for source in [
            "PreAuthentication_Authentication",
            "PostAuthentication_Authentication",
            "PostConfirmation_ConfirmSignUp",
            "PostConfirmation_ConfirmForgotPassword",
            "TokenGeneration_RefreshTokens",
        ] {
            let request = json!({"userAttributes": user});
            check(&dimensions, source, &request, &attributes(&expected));
        }
    }
}

#[test]
fn groups_are_captured_of_a_token_and_only_where_they_are_a_dimension() {
    let request = |groups: Value| json!({"userAttributes": {"sub": ID}, "groupConfiguration": {"groupsToOverride": groups}});
    let many: Vec<String> = (0..120).map(|number| format!("g-{number}")).collect();
    let long = "ü".repeat(200);
    let token = "TokenGeneration_RefreshTokens";
    for (dimensions, source, groups, expected) in [
        (
            json!(["group"]),
            token,
            json!(["b", "a"]),
            vec!["b".to_owned(), "a".to_owned()],
        ),
        (json!(["group"]), token, json!([]), vec![]),
        (
            json!(["group"]),
            token,
            json!(many),
            many.iter().take(100).cloned().collect(),
        ),
        (
            json!(["group"]),
            token,
            json!([long]),
            vec!["ü".repeat(128)],
        ),
        (
            json!(["group"]),
            "PostAuthentication_Authentication",
            json!(["a"]),
            vec![],
        ),
        (json!(null), token, json!(["a"]), vec![]),
        (
            json!(["attribute:group", "app:group"]),
            token,
            json!(["a"]),
            vec![],
        ),
    ] {
        let expected = Traits {
            groups: expected,
            ..Traits::default()
        };
        check(&dimensions, source, &request(groups), &expected);
    }
}

#[test]
fn the_provider_is_captured_always_and_is_unknown_where_there_is_no_user() {
    let google = r#"[{"providerName":"Google"}]"#;
    let long = "p".repeat(300);
    let identities = json!([{"providerName": long}]).to_string();
    let attributes = json!({"sub": ID, "cognito:user_status": "EXTERNAL_PROVIDER", "identities": google,
        "custom:tenant": "acme"});
    let sign_in = "PostAuthentication_Authentication";
    for (source, changes, provider) in [
        (sign_in, json!({}), Provider::Federated("Google".to_owned())),
        (
            sign_in,
            json!({"cognito:user_status": "CONFIRMED"}),
            Provider::Cognito,
        ),
        (sign_in, json!({"identities": "no JSON"}), Provider::Unknown),
        (
            sign_in,
            json!({"identities": identities}),
            Provider::Federated("p".repeat(101)),
        ),
        // Of no user, whatever is said of them.
        (sign_in, json!({"sub": null}), Provider::Unknown),
    ] {
        let mut attributes = attributes.clone();
        attributes
            .as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        let is_user = attributes["sub"].is_string();
        let request = json!({"userAttributes": attributes});
        let dimensions = json!(["attribute:custom:tenant"]);
        let expected = Traits {
            provider,
            attributes: is_user
                .then(|| (Arc::from("custom:tenant"), "acme".to_owned()))
                .into_iter()
                .collect(),
            groups: Vec::new(),
        };
        check(&dimensions, source, &request, &expected);
    }
    let unknown =
        json!({"userAttributes": {"sub": ID, "custom:tenant": "acme"}, "userNotFound": true});
    let expected = Traits {
        provider: Provider::Unknown,
        ..Traits::default()
    };
    check(
        &json!(["attribute:custom:tenant"]),
        "PreAuthentication_Authentication",
        &unknown,
        &expected,
    );
}

/// It is longer than what is counted by name, and no longer than it must be for that.
#[test]
fn of_a_long_value_only_the_beginning_is_captured() {
    for (value, expected) in [
        ("v".repeat(100), "v".repeat(100)),
        ("v".repeat(101), "v".repeat(101)),
        ("v".repeat(2_048), "v".repeat(101)),
        ("ü".repeat(50), "ü".repeat(50)),
        ("ü".repeat(51), "ü".repeat(51)),
        ("ü".repeat(1_000), "ü".repeat(51)),
        (
            format!("v{}", "🚀".repeat(30)),
            format!("v{}", "🚀".repeat(25)),
        ),
    ] {
        let request = json!({"userAttributes": {"sub": ID, "custom:tenant": value}});
        check(
            &json!(["attribute:custom:tenant"]),
            "PostAuthentication_Authentication",
            &request,
            &attributes(&[("custom:tenant", &expected)]),
        );
    }
}
