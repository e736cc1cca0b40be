//! Payloads as Cognito sends them, and as it might.

use serde_json::json;

use super::*;

fn with(changes: &[(&str, Value)]) -> String {
    let mut event = serde_json::json!({
        "version": "1", "region": "eu-west-1", "userPoolId": "eu-west-1_AAAA11111",
        "userName": "ada", "callerContext": {"awsSdkVersion": "x", "clientId": "1example23456789"},
        "triggerSource": "PreAuthentication_Authentication",
        "request": {"userAttributes": {"sub": "s-1", "cognito:user_status": "CONFIRMED",
            "email_verified": "true", "email": "ada@example.test"}, "validationData": {}},
        "response": {},
    });
    for (pointer, value) in changes {
        *event.pointer_mut(pointer).unwrap() = value.clone();
    }
    event.to_string()
}

fn known(payload: &str) -> TriggerEvent {
    match parse(payload.as_bytes()).unwrap() {
        Parsed::Known(event) => event,
        Parsed::OtherSource(source) => panic!("{source} is another source"),
    }
}

#[test]
fn every_source_is_told_apart() {
    for (name, source) in [
        (
            "PreAuthentication_Authentication",
            Some(TriggerSource::PreAuthentication),
        ),
        (
            "PostAuthentication_Authentication",
            Some(TriggerSource::PostAuthentication),
        ),
        (
            "PostConfirmation_ConfirmSignUp",
            Some(TriggerSource::ConfirmSignUp),
        ),
        (
            "PostConfirmation_ConfirmForgotPassword",
            Some(TriggerSource::ConfirmForgotPassword),
        ),
        (
            "TokenGeneration_HostedAuth",
            Some(TriggerSource::TokenGeneration(TokenOccasion::SignIn)),
        ),
        (
            "TokenGeneration_Authentication",
            Some(TriggerSource::TokenGeneration(TokenOccasion::SignIn)),
        ),
        (
            "TokenGeneration_NewPasswordChallenge",
            Some(TriggerSource::TokenGeneration(TokenOccasion::SignIn)),
        ),
        (
            "TokenGeneration_AuthenticateDevice",
            Some(TriggerSource::TokenGeneration(TokenOccasion::SignIn)),
        ),
        (
            "TokenGeneration_RefreshTokens",
            Some(TriggerSource::TokenGeneration(TokenOccasion::Other)),
        ),
        (
            "TokenGeneration_OfTomorrow",
            Some(TriggerSource::TokenGeneration(TokenOccasion::Other)),
        ),
        (
            "TokenGeneration_ClientCredentials",
            Some(TriggerSource::ClientCredentials),
        ),
        ("CustomMessage_SignUp", None),
        ("PreSignUp_SignUp", None),
    ] {
        let parsed = parse(with(&[("/triggerSource", name.into())]).as_bytes()).unwrap();
        match source {
            Some(source) => assert!(
                matches!(parsed, Parsed::Known(e) if e.source == source),
                "{name}"
            ),
            None => assert_eq!(parsed, Parsed::OtherSource(name.into())),
        }
    }
}

#[test]
fn what_cognito_may_leave_out_or_add_is_no_error() {
    let no_caller = known(&with(&[("/callerContext", Value::Null)]));
    assert_eq!(no_caller.client, None);

    let no_attributes = known(&with(&[("/request/userAttributes", Value::Null)]));
    assert_eq!(no_attributes.attributes.sub(), None);

    let odd = serde_json::json!({
        "sub": "s-1", "email": null, "email_verified": true, "custom:n": 3, "new": {"a": 1},
    });
    let odd = known(&with(&[
        ("/version", 2.into()),
        ("/request/userAttributes", odd),
        ("/response", Value::Null),
    ]));
    assert_eq!(odd.attributes.verified_email(), None);
    assert_eq!(odd.attributes.get("custom:n"), Some("3"));
    assert_eq!(odd.attributes.get("new"), None);
}

#[test]
fn a_user_that_is_not_found_is_told_apart_however_it_is_said() {
    for (said, source) in [
        (
            Value::Bool(true),
            TriggerSource::PreAuthenticationOfUnknownUser,
        ),
        ("true".into(), TriggerSource::PreAuthenticationOfUnknownUser),
        (Value::Bool(false), TriggerSource::PreAuthentication),
        (Value::Null, TriggerSource::PreAuthentication),
    ] {
        let request = serde_json::json!({"userAttributes": null, "userNotFound": said});
        assert_eq!(known(&with(&[("/request", request)])).source, source);
    }
}

#[test]
fn addresses_count_only_when_verified() {
    let event = known(&with(&[]));
    assert_eq!(event.attributes.verified_email(), Some("ada@example.test"));
    let event = known(&with(&[(
        "/request/userAttributes/email_verified",
        "false".into(),
    )]));
    assert_eq!(event.attributes.verified_email(), None);
}

#[test]
fn errors_say_where_and_never_what() {
    for (payload, expected) in [
        (
            "[]".to_owned(),
            "the event is an array; Cognito sends an object",
        ),
        ("null".to_owned(), "no trigger event: the event is missing"),
        (
            "{}".to_owned(),
            "no trigger event: triggerSource is missing",
        ),
        (
            with(&[("/triggerSource", 5.into())]),
            "triggerSource is a number; Cognito sends a string",
        ),
        (
            with(&[("/userPoolId", "".into())]),
            "no trigger event: userPoolId is missing",
        ),
        (
            with(&[("/request", "secret".into())]),
            "request is a string; Cognito sends an object",
        ),
        (
            with(&[("/request/userAttributes", serde_json::json!(["secret"]))]),
            "request.userAttributes is an array; Cognito sends an object",
        ),
        (
            with(&[("/callerContext", true.into())]),
            "callerContext is a boolean; Cognito sends an object",
        ),
        (
            "{\"a\"".to_owned(),
            "not JSON: EOF while parsing an object at line 1 column 4",
        ),
    ] {
        assert_eq!(parse(payload.as_bytes()).unwrap_err().to_string(), expected);
    }
}

#[test]
fn debug_names_attributes_and_tells_none() {
    let event = known(&with(&[]));
    let printed = format!("{:?}", event.attributes);
    assert_eq!(
        printed,
        r#"{"cognito:user_status", "email", "email_verified", "sub"}"#
    );
}

#[test]
fn an_identifier_is_taken_whatever_it_looks_like_unless_it_is_too_long_to_be_kept() {
    let paths = [
        ("/userPoolId", "userPoolId", 200),
        ("/callerContext/clientId", "callerContext.clientId", 1_400),
        (
            "/request/userAttributes/sub",
            "request.userAttributes.sub",
            1_400,
        ),
    ];
    for (pointer, path, longest) in paths {
        for id in [
            "<userPoolId>",
            "a#b%23c",
            "\u{0}",
            "ü",
            &"#".repeat(longest),
        ] {
            known(&with(&[(pointer, id.into())]))
                .check_lengths()
                .unwrap();
        }
        let too_long = "x".repeat(longest + 1);
        let event = known(&with(&[(pointer, too_long.into())]));
        let expected = format!("{path} has more than {longest} bytes, which no table can hold");
        assert_eq!(event.check_lengths().unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_federated_users_provider_is_the_first_of_their_identities_and_a_native_ones_the_pool() {
    let google = json!([{"userId": "1", "providerName": "Google", "primary": true}]);
    let federated = |name: &str| Provider::Federated(name.to_owned());
    for (status, identities, expected) in [
        (json!("CONFIRMED"), Value::Null, Provider::Cognito),
        (
            json!("FORCE_CHANGE_PASSWORD"),
            Value::Null,
            Provider::Cognito,
        ),
        (Value::Null, Value::Null, Provider::Cognito),
        // Linked to a native user.
        (
            json!("CONFIRMED"),
            json!(google.to_string()),
            Provider::Cognito,
        ),
        (
            json!("EXTERNAL_PROVIDER"),
            json!(google.to_string()),
            federated("Google"),
        ),
        (json!("EXTERNAL_PROVIDER"), google, federated("Google")),
        (
            json!("EXTERNAL_PROVIDER"),
            json!(r#" [{"providerName":"Okta"},{"providerName":"Google"}]"#),
            federated("Okta"),
        ),
        (
            json!("EXTERNAL_PROVIDER"),
            json!(r#"[null,{},{"providerName":7},{"providerName":""},{"providerName":"Okta"}]"#),
            federated("Okta"),
        ),
        (
            json!("EXTERNAL_PROVIDER"),
            json!(r#"{"providerName":"Okta"}"#),
            federated("Okta"),
        ),
        (json!("EXTERNAL_PROVIDER"), Value::Null, Provider::Unknown),
        (json!("EXTERNAL_PROVIDER"), json!(""), Provider::Unknown),
        (json!("EXTERNAL_PROVIDER"), json!("[]"), Provider::Unknown),
        (json!("EXTERNAL_PROVIDER"), json!("[{}]"), Provider::Unknown),
        (
            json!("EXTERNAL_PROVIDER"),
            json!("[{\"providerName\":"),
            Provider::Unknown,
        ),
        (json!("EXTERNAL_PROVIDER"), json!(7), Provider::Unknown),
    ] {
        let attributes = json!({"sub": "s-1", USER_STATUS: status, IDENTITIES: identities});
        let event = known(&with(&[("/request/userAttributes", attributes.clone())]));
        assert_eq!(event.attributes.provider(), expected, "{attributes}");
    }
}

#[test]
fn a_users_groups_are_those_of_a_token_and_what_is_no_group_is_passed_over() {
    let token = "TokenGeneration_RefreshTokens";
    let two = json!({"groupsToOverride": ["staff", "admins"], "iamRolesToOverride": [], "preferredRole": null});
    let odd = json!({"groupsToOverride": ["b", null, 7, "", ["c"], {"d": "e"}, "a", "b"]});
    for (source, configuration, expected) in [
        (token, two.clone(), vec!["staff", "admins"]),
        (
            "TokenGeneration_HostedAuth",
            two.clone(),
            vec!["staff", "admins"],
        ),
        (token, odd, vec!["b", "a"]),
        (token, Value::Null, vec![]),
        (token, json!("staff"), vec![]),
        (token, json!(["staff"]), vec![]),
        (token, json!({}), vec![]),
        (token, json!({"groupsToOverride": null}), vec![]),
        (token, json!({"groupsToOverride": []}), vec![]),
        (token, json!({"groupsToOverride": "staff"}), vec![]),
        (token, json!({"groupsToOverride": {"0": "staff"}}), vec![]),
        ("TokenGeneration_ClientCredentials", two.clone(), vec![]),
        ("PostAuthentication_Authentication", two, vec![]),
    ] {
        let request = json!({"userAttributes": {}, "groupConfiguration": configuration});
        let event = known(&with(&[
            ("/triggerSource", source.into()),
            ("/request", request),
        ]));
        assert_eq!(event.groups, expected, "{source} {configuration}");
    }
}
