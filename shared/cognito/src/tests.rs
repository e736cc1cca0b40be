//! Payloads as Cognito sends them, and as it might.

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
            "TokenGeneration_RefreshTokens",
            Some(TriggerSource::TokenGeneration),
        ),
        (
            "TokenGeneration_OfTomorrow",
            Some(TriggerSource::TokenGeneration),
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
            known(&with(&[(pointer, id.into())]));
        }
        let too_long = "x".repeat(longest + 1);
        let error = parse(with(&[(pointer, too_long.into())]).as_bytes()).unwrap_err();
        let expected = format!("{path} has more than {longest} bytes, which no table can hold");
        assert_eq!(error.to_string(), expected);
    }
}
