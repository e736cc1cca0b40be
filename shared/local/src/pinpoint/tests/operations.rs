//! What the operations answer, and what they answer when they fail.

use serde_json::{Value, json};

use super::{AppCreation, ENDPOINT, EVENTS, EventMark, Server, batch, check, event, request_id};

#[test]
fn every_operation_on_endpoints_answers_as_pinpoint_does() {
    let accepted = |n| json!({"Message": "Accepted", "RequestID": request_id(n)});
    let endpoint = json!({
        "ApplicationId": "a", "Id": "E", "CohortId": "35", "CreationDate": "2026-01-31T12:00:00.000Z",
        "EffectiveDate": "2026-01-31T12:00:00.000Z", "EndpointStatus": "ACTIVE", "OptOut": "NONE",
        "RequestId": request_id(0), "User": {"UserId": "u"},
    });
    let mut mail = endpoint.clone();
    mail.as_object_mut().unwrap().extend(
        json!({"Id": "m", "CohortId": "84", "RequestId": request_id(1), "ChannelType": "EMAIL",
               "Address": "a@b.c"})
        .as_object()
        .unwrap()
        .clone(),
    );
    let nothing = || Value::Null;
    check(
        AppCreation::OnFirstUse,
        &[
            (
                "PUT /v1/apps/a/endpoints/E",
                json!({"User": {"UserId": "u"}}),
                202,
                accepted(0),
            ),
            (
                "PUT /v1/apps/a/endpoints",
                json!({"Item": [{"Id": "m", "ChannelType": "EMAIL", "Address": "a@b.c",
                             "User": {"UserId": "u"}}]}),
                202,
                accepted(1),
            ),
            (
                "GET /v1/apps/a/endpoints/e",
                nothing(),
                200,
                endpoint.clone(),
            ),
            (
                "GET /v1/apps/a/users/u",
                nothing(),
                200,
                json!({"Item": [endpoint, mail]}),
            ),
            (
                "GET /v1/apps/a/users/nobody",
                nothing(),
                200,
                json!({"Item": []}),
            ),
            ("DELETE /v1/apps/a/endpoints/e", nothing(), 202, endpoint),
            (
                "DELETE /v1/apps/a/users/u",
                nothing(),
                202,
                json!({"Item": [mail]}),
            ),
            (
                "DELETE /v1/apps/a/users/u",
                nothing(),
                202,
                json!({"Item": []}),
            ),
        ],
    );
}

#[test]
fn applications_come_with_their_first_use_where_that_is_wanted() {
    let app = json!({
        "Arn": "arn:aws:mobiletargeting:us-east-1:000000000000:apps/a", "Id": "a", "Name": "a",
        "CreationDate": "2026-01-31T12:00:00.000Z",
    });
    let not_found =
        |n, what: &str| json!({"Message": format!("{what} not found"), "RequestID": request_id(n)});
    let accepted = json!({"Message": "Accepted", "RequestID": request_id(1)});
    let none = Value::Null;
    check(
        AppCreation::OnFirstUse,
        &[
            (
                "GET /v1/apps/a",
                none.clone(),
                404,
                not_found(0, "Application"),
            ),
            (ENDPOINT, json!({}), 202, accepted),
            ("GET /v1/apps/a", none.clone(), 200, app.clone()),
            (
                "GET /v1/apps?page-size=5",
                none.clone(),
                200,
                json!({"Item": [app.clone()]}),
            ),
            ("DELETE /v1/apps/a", none.clone(), 200, app),
            (
                "GET /v1/apps/a/endpoints/e",
                none.clone(),
                404,
                not_found(5, "Resource"),
            ),
            ("DELETE /v1/apps/a", none, 404, not_found(6, "Application")),
        ],
    );
    check(
        AppCreation::Explicit,
        &[(ENDPOINT, json!({}), 404, not_found(0, "Application"))],
    );
}

#[test]
fn errors_name_their_type_and_their_request() {
    let server = Server::start(AppCreation::OnFirstUse);
    let too_large = |megabytes: usize| vec![b' '; megabytes * 1024 * 1024 + 1];
    let cases: [(&str, Vec<u8>, u16, &str); 10] = [
        (EVENTS, b"{".to_vec(), 400, "badrequestexception"),
        (
            EVENTS,
            b"{\"BatchItem\":null}".to_vec(),
            400,
            "badrequestexception",
        ),
        (EVENTS, too_large(4), 413, "payloadtoolargeexception"),
        (
            "PUT /v1/apps/a/endpoints",
            too_large(7),
            413,
            "payloadtoolargeexception",
        ),
        (
            "PUT /v1/apps/a/endpoints",
            too_large(28),
            413,
            "payloadtoolargeexception",
        ),
        (
            "GET /v1/apps/a/endpoints/%ff",
            vec![],
            400,
            "badrequestexception",
        ),
        (
            "GET /v1/apps?page-size=0",
            vec![],
            400,
            "badrequestexception",
        ),
        ("GET /v1/apps?token=x", vec![], 400, "badrequestexception"),
        (
            "GET /v1/apps/a/segments",
            vec![],
            501,
            "notimplementedexception",
        ),
        ("PATCH /v1/apps/a", vec![], 405, "methodnotallowedexception"),
    ];
    for (n, (request, body, status, kind)) in (0..).zip(cases) {
        let reply = server.send(request, &body);
        assert_eq!(reply.status, status, "{request}");
        assert_eq!(reply.body["RequestID"], request_id(n), "{request}");
        for line in [
            format!("x-amzn-requestid: {}", request_id(n)),
            format!("x-amzn-errortype: {kind}"),
        ] {
            assert!(
                reply.head.contains(&line),
                "{request}: no {line} in\n{}",
                reply.head
            );
        }
    }
}

#[test]
fn applications_are_made_listed_and_deleted() {
    let server = Server::start(AppCreation::Explicit);
    let make = |name: &str| {
        let reply = server.ask("POST /v1/apps", &json!({"Name": name, "tags": {"k": name}}));
        assert_eq!(reply.status, 201);
        reply.body
    };
    let apps = ["one", "two", "three"].map(make);
    for (name, app) in ["one", "two", "three"].iter().zip(&apps) {
        let id = app["Id"].as_str().unwrap();
        assert!(
            id.len() == 32 && id.bytes().all(|byte| b"0123456789abcdef".contains(&byte)),
            "{id}"
        );
        let arn = format!("arn:aws:mobiletargeting:us-east-1:000000000000:apps/{id}");
        let expected = json!({"Id": id, "Arn": arn, "Name": name, "tags": {"k": name},
                              "CreationDate": "2026-01-31T12:00:00.000Z"});
        assert_eq!(app, &expected);
        assert_eq!(
            server.ask(&format!("GET /v1/apps/{id}"), &Value::Null).body,
            expected
        );
    }
    let list = |query: &str| {
        server
            .ask(&format!("GET /v1/apps{query}"), &Value::Null)
            .body
    };
    assert_eq!(list(""), json!({"Item": apps}));
    assert_eq!(list("?page-size=3"), json!({"Item": apps}));
    let page = list("?page-size=2");
    assert_eq!(page["Item"], json!(apps[..2]));
    let token = page["NextToken"].as_str().unwrap();
    assert_eq!(
        list(&format!("?page-size=2&token={token}")),
        json!({"Item": apps[2..]})
    );

    let id = apps[0]["Id"].as_str().unwrap();
    let endpoint = format!("/v1/apps/{id}/endpoints/e");
    assert_eq!(
        server.ask(&format!("PUT {endpoint}"), &json!({})).status,
        202
    );
    let deleted = server.ask(&format!("DELETE /v1/apps/{id}"), &Value::Null);
    assert_eq!((deleted.status, deleted.body), (200, apps[0].clone()));
    assert_eq!(
        server.ask(&format!("GET {endpoint}"), &Value::Null).status,
        404
    );
    assert_eq!(list(""), json!({"Item": apps[1..]}));
}

#[test]
fn a_batch_of_endpoints_is_taken_whole_or_not_at_all() {
    let items = |count: usize| -> Vec<_> {
        (0..count)
            .map(|number| json!({"Id": format!("e{number}")}))
            .collect()
    };
    let refused = |n, message: &str| json!({"Message": message, "RequestID": request_id(n)});
    let not_found = |n| refused(n, "Resource not found");
    let path = "PUT /v1/apps/a/endpoints";
    check(
        AppCreation::OnFirstUse,
        &[
            (
                path,
                json!({"Item": items(101)}),
                400,
                refused(
                    0,
                    "A request holds at most 100 endpoints; this one holds 101",
                ),
            ),
            (
                path,
                json!({"Item": [{"Id": "e0"}, {"Address": "x"}]}),
                400,
                refused(1, "Endpoint \"\": Missing endpoint id"),
            ),
            (
                path,
                json!({"Item": [{"Id": "e0"}, {"Id": "e1", "ChannelType": "SMS", "Address": "x"}]}),
                400,
                refused(
                    2,
                    "Endpoint \"e1\": The address of an SMS endpoint is a phone number in E.164 format",
                ),
            ),
            (
                "GET /v1/apps/a/endpoints/e0",
                Value::Null,
                404,
                not_found(3),
            ),
            (
                path,
                json!({"Item": items(100)}),
                202,
                refused(4, "Accepted"),
            ),
        ],
    );
}

#[test]
fn put_events_is_taken_where_older_web_apps_send_it() {
    let server = Server::start(AppCreation::OnFirstUse);
    let sent = batch(json!({}), json!({"x": event(json!({}))}));
    let replies = ["", "/legacy"].map(|end| server.ask(&format!("{EVENTS}{end}"), &sent));
    let [reply, legacy] = replies.map(|reply| (reply.status, reply.body));
    assert_eq!(legacy, reply);
    assert_eq!(server.events(EventMark::default()).len(), 2);
}

#[test]
fn an_operation_that_is_not_served_is_named() {
    let has = "CreateApp, GetApp, GetApps, DeleteApp, GetApplicationSettings, UpdateApplicationSettings, TagResource, \
        UntagResource, ListTagsForResource, PutEventStream, GetEventStream, DeleteEventStream, PutEvents, \
        UpdateEndpoint, UpdateEndpointsBatch, GetEndpoint, DeleteEndpoint, GetUserEndpoints and DeleteUserEndpoints";
    let not_served = |n, name| {
        let message = format!("{name} is not one of this server's operations: it has {has}");
        json!({"Message": message, "RequestID": request_id(n)})
    };
    let none = |n, what| json!({"Message": format!("{what} is no operation of Pinpoint's API"), "RequestID": request_id(n)});
    let nothing = Value::Null;
    check(
        AppCreation::OnFirstUse,
        &[
            (
                "POST /v1/apps/a/campaigns",
                json!({}),
                501,
                not_served(0, "CreateCampaign"),
            ),
            (
                "GET /v1/apps/a/campaigns?token=1",
                nothing.clone(),
                501,
                not_served(1, "GetCampaigns"),
            ),
            (
                "POST /v1/apps/a/messages",
                json!({}),
                501,
                not_served(2, "SendMessages"),
            ),
            (
                "PUT /v1/apps/a/channels/email",
                json!({}),
                501,
                not_served(3, "UpdateEmailChannel"),
            ),
            (
                "GET /v1/apps/a/kpis/daterange/%2F",
                nothing.clone(),
                501,
                not_served(4, "GetApplicationDateRangeKpi"),
            ),
            (
                "PUT /v1/templates/t/email/active-version",
                json!({}),
                501,
                not_served(5, "UpdateTemplateActiveVersion"),
            ),
            (
                "PATCH /v1/apps/a/campaigns",
                json!({}),
                404,
                none(6, "PATCH /v1/apps/a/campaigns"),
            ),
            (
                "GET /v1/apps//campaigns",
                nothing.clone(),
                404,
                none(7, "GET /v1/apps//campaigns"),
            ),
            ("GET /v2/apps", nothing, 404, none(8, "GET /v2/apps")),
        ],
    );
}
