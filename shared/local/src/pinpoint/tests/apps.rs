//! What applications have: an ARN, tags, settings, an event stream.

use serde_json::{Value, json};

use super::{AppCreation, NOON, Server, check, repeated, request_id, time};

#[test]
fn an_arn_is_in_the_region_that_its_maker_signed_for() {
    let signed = |credential: &str| {
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0")
    };
    let cases = [
        (
            "test/20260131/eu-west-1/mobiletargeting/aws4_request",
            "aws:mobiletargeting:eu-west-1",
        ),
        (
            "a/b/20260131/us-gov-west-1/mobiletargeting/aws4_request",
            "aws-us-gov:mobiletargeting:us-gov-west-1",
        ),
        (
            "test/20260131/cn-north-1/mobiletargeting/aws4_request",
            "aws-cn:mobiletargeting:cn-north-1",
        ),
        (
            "test/20260131/mobiletargeting/aws4_request",
            "aws:mobiletargeting:us-east-1",
        ),
        (
            "test/20260131/No Region/mobiletargeting/aws4_request",
            "aws:mobiletargeting:us-east-1",
        ),
        ("", "aws:mobiletargeting:us-east-1"),
    ];
    let server = Server::start(AppCreation::Explicit);
    for (credential, scope) in cases {
        let header = signed(credential);
        let query = credential.replace('/', "%2F").replace(' ', "+");
        let presigned = format!("POST /v1/apps?X-Amz-Credential={query}");
        for reply in [
            server.send_with(
                "POST /v1/apps",
                &[("authorization", &header)],
                br#"{"Name":"n"}"#,
            ),
            server.send(&presigned, br#"{"Name":"n"}"#),
        ] {
            let id = reply.body["Id"].as_str().unwrap();
            let arn = format!("arn:{scope}:000000000000:apps/{id}");
            assert_eq!(reply.body["Arn"], arn, "{credential}");
        }
    }
}

#[test]
fn settings_are_kept_member_by_member() {
    let initial = json!({"ApplicationId": "a", "CampaignHook": {}, "LastModifiedDate": "2026-01-31T12:00:00.000Z",
                         "Limits": {}, "QuietTime": {}});
    let with = |members: Value| {
        let mut settings = initial.clone();
        settings
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        settings
    };
    let hook = json!({"LambdaFunctionName": "f", "Mode": "FILTER"});
    let caps = json!({"DailyCap": 1, "TimeframeCap": {"Cap": 2, "Days": 3}, "TotalCap": 4});
    let first = json!({"CampaignHook": hook, "CloudWatchMetricsEnabled": true, "EventTaggingEnabled": true,
                       "Limits": {"Daily": 42, "Total": 50}});
    let second = json!({"Limits": {"Session": 1}, "QuietTime": {"Start": "22:00", "End": "06:00"},
                        "JourneyLimits": caps});
    let after_both = with(
        json!({"CampaignHook": hook, "Limits": {"Session": 1}, "JourneyLimits": caps,
                                 "QuietTime": {"Start": "22:00", "End": "06:00"}}),
    );
    let refused = json!({"RequestID": request_id(6), "Message": "WriteApplicationSettingsRequest is not valid: \
        unknown variant `SOMETIMES`, expected `DELIVERY` or `FILTER` at line 1 column 35"});
    let not_found = |n| json!({"Message": "Application not found", "RequestID": request_id(n)});
    let (get, put) = ("GET /v1/apps/a/settings", "PUT /v1/apps/a/settings");
    let nothing = Value::Null;
    check(
        AppCreation::OnFirstUse,
        &[
            (get, nothing.clone(), 404, not_found(0)),
            (
                "PUT /v1/apps/a/endpoints/e",
                json!({}),
                202,
                json!({"Message": "Accepted", "RequestID": request_id(1)}),
            ),
            (get, nothing.clone(), 200, initial.clone()),
            (
                put,
                first,
                200,
                with(json!({"CampaignHook": hook, "Limits": {"Daily": 42, "Total": 50}})),
            ),
            (put, second, 200, after_both.clone()),
            (get, nothing.clone(), 200, after_both),
            (
                put,
                json!({"CampaignHook": {"Mode": "SOMETIMES"}}),
                400,
                refused,
            ),
        ],
    );
    check(
        AppCreation::Explicit,
        &[(put, json!({}), 404, not_found(0))],
    );
}

#[test]
fn an_event_stream_is_kept_and_given_back() {
    let path = "/v1/apps/a/eventstream";
    let [get, post, delete] = ["GET", "POST", "DELETE"].map(|method| format!("{method} {path}"));
    let stream = |destination: &str| {
        json!({"ApplicationId": "a", "DestinationStreamArn": destination, "RoleArn": "role",
               "LastModifiedDate": "2026-01-31T12:00:00.000Z"})
    };
    let sent = |destination: &str| json!({"DestinationStreamArn": destination, "RoleArn": "role"});
    let failed = |n, message: &str| json!({"Message": message, "RequestID": request_id(n)});
    let nothing = Value::Null;
    check(
        AppCreation::OnFirstUse,
        &[
            (
                &get,
                nothing.clone(),
                404,
                failed(0, "Application not found"),
            ),
            (
                &post,
                json!({"RoleArn": "role"}),
                400,
                failed(
                    1,
                    "WriteEventStream is not valid: missing field `DestinationStreamArn` at line 1 column 18",
                ),
            ),
            (&post, sent("one"), 200, stream("one")),
            (&post, sent("two"), 200, stream("two")),
            (&get, nothing.clone(), 200, stream("two")),
            (&delete, nothing.clone(), 200, stream("two")),
            (&get, nothing.clone(), 404, failed(6, "Resource not found")),
            (
                &delete,
                nothing.clone(),
                404,
                failed(7, "Resource not found"),
            ),
            (&post, sent("three"), 200, stream("three")),
            (
                "DELETE /v1/apps/a",
                nothing.clone(),
                200,
                json!({"Arn": "arn:aws:mobiletargeting:us-east-1:000000000000:apps/a", "Id": "a", "Name": "a",
                    "CreationDate": "2026-01-31T12:00:00.000Z"}),
            ),
            (
                "PUT /v1/apps/a/settings",
                json!({}),
                200,
                json!({"ApplicationId": "a", "CampaignHook": {}, "LastModifiedDate": "2026-01-31T12:00:00.000Z",
                    "Limits": {}, "QuietTime": {}}),
            ),
            (&get, nothing, 404, failed(11, "Resource not found")),
        ],
    );
}

#[test]
fn settings_name_the_time_of_their_last_change() {
    let server = Server::start(AppCreation::OnFirstUse);
    let changed = || server.get("settings")["LastModifiedDate"].clone();
    server.ask("PUT /v1/apps/a/settings", &json!({}));
    assert_eq!(changed(), "2026-01-31T12:00:00.000Z");
    server.clock.set(time(NOON) + chrono::TimeDelta::seconds(1));
    assert_eq!(changed(), "2026-01-31T12:00:00.000Z");
    server.ask("PUT /v1/apps/a/settings", &json!({}));
    assert_eq!(changed(), "2026-01-31T12:00:01.000Z");
}

#[test]
fn an_application_is_tagged_by_its_arn() {
    let server = Server::start(AppCreation::Explicit);
    let app = server
        .ask("POST /v1/apps", &json!({"Name": "n", "tags": {"a": "1"}}))
        .body;
    let arn = app["Arn"].as_str().unwrap();
    let encoded = arn.replace(':', "%3A").replace('/', "%2F");
    let tags = || {
        server
            .ask(&format!("GET /v1/tags/{encoded}"), &Value::Null)
            .body
    };
    let tag = |arn: &str, tags: Value| {
        let reply = server.ask(&format!("POST /v1/tags/{arn}"), &json!({ "tags": tags }));
        (reply.status, reply.body["Message"].clone())
    };
    let untag = |query: &str| {
        let reply = server.ask(&format!("DELETE /v1/tags/{encoded}{query}"), &Value::Null);
        (reply.status, reply.body["Message"].clone())
    };
    let done = (204, Value::Null);
    assert_eq!(tags(), json!({"tags": {"a": "1"}}));
    assert_eq!(tag(&encoded, json!({"a": "2", "b c": "3"})), done);
    assert_eq!(tag(arn, json!({"d": ""})), done);
    assert_eq!(tags(), json!({"tags": {"a": "2", "b c": "3", "d": ""}}));
    assert_eq!(untag("?tagKeys=b%20c&tagKeys=a&tagKeys=unknown"), done);
    assert_eq!(untag(""), (400, json!("Missing tagKeys")));
    assert_eq!(tags(), json!({"tags": {"d": ""}}));
    let path = format!("GET /v1/apps/{}", app["Id"].as_str().unwrap());
    assert_eq!(
        server.ask(&path, &Value::Null).body["tags"],
        json!({"d": ""})
    );

    let refused = [
        (
            json!(repeated("t", "v", 50)),
            "A resource has at most 50 tags; this one has 51".to_owned(),
        ),
        (
            json!({"": "v"}),
            "The key of a tag has 1 to 128 characters; \"\" has not".to_owned(),
        ),
        (
            json!({"k".repeat(129): "v"}),
            format!(
                "The key of a tag has 1 to 128 characters; {:?} has not",
                "k".repeat(129)
            ),
        ),
        (
            json!({"k": "v".repeat(257)}),
            "The value of tag \"k\" has more than 256 characters".to_owned(),
        ),
    ];
    for (tags, message) in refused {
        assert_eq!(tag(&encoded, tags), (400, json!(message)));
    }
    for unknown in [
        arn.replace("us-east-1", "eu-west-1"),
        format!("{arn}0"),
        "no-arn".to_owned(),
    ] {
        assert_eq!(
            tag(&unknown, json!({})),
            (404, json!("Resource not found")),
            "{unknown}"
        );
    }
}
