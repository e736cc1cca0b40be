"""Drives a Pinpoint-compatible server with boto3, an AWS SDK that knows nothing of this project.

    python pinpoint_boto3.py --endpoint http://127.0.0.1:8080

The server must ask for CreateApp before an application is used. Needs the package `boto3`. Prints one line
per check and exits with 1 if any of them failed. Applications that it makes it deletes.
"""

import argparse
import json
import re
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

NOW = "2026-01-31T10:20:30.000Z"


class Checks:
    """Counts what was checked and what failed."""

    def __init__(self):
        self.failed = 0

    def equal(self, what, actual, expected):
        if actual == expected:
            print(f"ok      {what}")
        else:
            self.failed += 1
            print(f"FAILED  {what}\n  expected: {expected!r}\n  actual:   {actual!r}")

    def fails(self, what, error, status, call):
        """The call fails with this error and status, and the reply names its request."""
        try:
            call()
        except ClientError as caught:
            response = caught.response
            actual = (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"])
            self.equal(what, actual, (error, status))
            ids = (response.get("RequestID"), response["ResponseMetadata"].get("RequestId"))
            self.equal(f"{what}: names its request", ids[0] is not None and ids[0] == ids[1], True)
        else:
            self.equal(what, "no error", (error, status))


class Project:
    """One application, and the calls on it."""

    def __init__(self, client, name):
        self.client = client
        self.app = client.create_app(CreateApplicationRequest={"Name": name})[
            "ApplicationResponse"
        ]["Id"]

    def put(self, batch):
        return self.client.put_events(
            ApplicationId=self.app, EventsRequest={"BatchItem": batch}
        )

    def results(self, batch):
        return self.put(batch)["EventsResponse"]["Results"]

    def event_status(self, event):
        results = self.results({"device": {"Endpoint": {}, "Events": {"e": event}}})
        return results["device"]["EventsItemResponse"]["e"]["StatusCode"]

    def update(self, endpoint, **request):
        return self.client.update_endpoint(
            ApplicationId=self.app, EndpointId=endpoint, EndpointRequest=request
        )

    def update_batch(self, items):
        return self.client.update_endpoints_batch(
            ApplicationId=self.app, EndpointBatchRequest={"Item": items}
        )

    def get(self, endpoint):
        return self.client.get_endpoint(ApplicationId=self.app, EndpointId=endpoint)[
            "EndpointResponse"
        ]

    def endpoints_of(self, user):
        found = self.client.get_user_endpoints(ApplicationId=self.app, UserId=user)
        return [endpoint["Id"] for endpoint in found["EndpointsResponse"]["Item"]]

    def delete(self):
        self.client.delete_app(ApplicationId=self.app)


def client_in(region, url):
    """The limits are the server's to enforce; here the SDK checks types only. No retries: a failure is one."""
    return boto3.client(
        "pinpoint", endpoint_url=url, region_name=region,
        aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


def status(response):
    return response["ResponseMetadata"]["HTTPStatusCode"]


def event(**members):
    return {"EventType": "_userauth.sign_in", "Timestamp": NOW, **members}


def applications(check, client):
    created = client.create_app(
        CreateApplicationRequest={"Name": "first", "tags": {"team": "blue"}}
    )
    app = created["ApplicationResponse"]
    check.equal("CreateApp is a 201", status(created), 201)
    check.equal("an application's id is 32 lower-case hexadecimal digits",
                len(app["Id"]) == 32 and set(app["Id"]) <= set("0123456789abcdef"), True)
    check.equal("an application's ARN ends with its id",
                app["Arn"].endswith(f":apps/{app['Id']}"), True)
    got = client.get_app(ApplicationId=app["Id"])
    check.equal("GetApp answers what CreateApp answered", got["ApplicationResponse"], app)
    check.equal("GetApp is a 200", status(got), 200)
    others = [
        client.create_app(CreateApplicationRequest={"Name": name})["ApplicationResponse"]["Id"]
        for name in ("second", "third")
    ]
    pages, token = [], {}
    while True:
        page = client.get_apps(PageSize="2", **token)["ApplicationsResponse"]
        pages.append(page["Item"])
        if "NextToken" not in page:
            break
        token = {"Token": page["NextToken"]}
    ids = [item["Id"] for page in pages for item in page]
    check.equal("GetApps pages through all applications, each once",
                (set(ids) >= {app["Id"], *others}, len(ids) == len(set(ids))), (True, True))
    check.equal("GetApps keeps to the page size", max(map(len, pages)), 2)
    check.fails("a page size that is no number", "BadRequestException", 400,
                lambda: client.get_apps(PageSize="many"))
    for app_id in (app["Id"], *others):
        check.equal("DeleteApp is a 200", status(client.delete_app(ApplicationId=app_id)), 200)
        check.fails("GetApp after DeleteApp", "NotFoundException", 404,
                    lambda app_id=app_id: client.get_app(ApplicationId=app_id))


def regions(check, client, url):
    for region, partition in (("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov")):
        there = client_in(region, url)
        app = there.create_app(CreateApplicationRequest={"Name": region})["ApplicationResponse"]
        check.equal(f"the ARN of an application made from {region}", app["Arn"],
                    f"arn:{partition}:mobiletargeting:{region}:000000000000:apps/{app['Id']}")
        got = client.get_app(ApplicationId=app["Id"])["ApplicationResponse"]
        check.equal("whoever asks, the ARN is the same", got, app)
        client.delete_app(ApplicationId=app["Id"])


def settings(check, project):
    def update(**request):
        return project.client.update_application_settings(
            ApplicationId=project.app, WriteApplicationSettingsRequest=request
        )["ApplicationSettingsResource"]

    def get():
        return project.client.get_application_settings(ApplicationId=project.app)[
            "ApplicationSettingsResource"
        ]

    initial = get()
    check.equal("an application has settings before any are made",
                (initial["ApplicationId"], initial["Limits"]), (project.app, {}))
    hook = {"LambdaFunctionName": "function", "Mode": "FILTER"}
    update(CampaignHook=hook, CloudWatchMetricsEnabled=True, Limits={"Daily": 42})
    updated = update(Limits={"Total": 7}, QuietTime={"Start": "22:00", "End": "06:00"})
    check.equal("GetApplicationSettings answers what UpdateApplicationSettings did", get(), updated)
    check.equal("settings are replaced member by member",
                [updated[name] for name in ("CampaignHook", "Limits", "QuietTime")],
                [hook, {"Total": 7}, {"Start": "22:00", "End": "06:00"}])
    check.fails("a mode that is none", "BadRequestException", 400,
                lambda: update(CampaignHook={"Mode": "SOMETIMES"}))


def event_streams(check, project):
    client, app = project.client, {"ApplicationId": project.app}
    check.fails("GetEventStream of no stream", "NotFoundException", 404,
                lambda: client.get_event_stream(**app))
    sent = {"DestinationStreamArn": "arn:aws:kinesis:us-east-1:000000000000:stream/events",
            "RoleArn": "arn:aws:iam::000000000000:role/events"}
    put = client.put_event_stream(**app, WriteEventStream=sent)["EventStream"]
    check.equal("PutEventStream answers what it was given",
                {name: put[name] for name in sent}, sent)
    check.equal("GetEventStream answers the same", client.get_event_stream(**app)["EventStream"], put)
    check.equal("DeleteEventStream too", client.delete_event_stream(**app)["EventStream"], put)
    check.fails("DeleteEventStream of no stream", "NotFoundException", 404,
                lambda: client.delete_event_stream(**app))


def tags(check, project):
    client = project.client
    arn = client.get_app(ApplicationId=project.app)["ApplicationResponse"]["Arn"]

    def tag(**more):
        return client.tag_resource(ResourceArn=arn, TagsModel={"tags": more})

    def listed():
        return client.list_tags_for_resource(ResourceArn=arn)["TagsModel"]["tags"]

    check.equal("an application has no tags unless it is given some", listed(), {})
    check.equal("TagResource is a 204", status(tag(team="blue", stage="test")), 204)
    tag(stage="production")
    check.equal("tags are replaced by key", listed(), {"team": "blue", "stage": "production"})
    untagged = client.untag_resource(ResourceArn=arn, TagKeys=["team", "unknown"])
    check.equal("UntagResource is a 204", status(untagged), 204)
    check.equal("UntagResource takes these keys away", listed(), {"stage": "production"})
    check.equal("GetApp answers the tags too",
                client.get_app(ApplicationId=project.app)["ApplicationResponse"]["tags"],
                {"stage": "production"})
    check.fails("51 tags", "BadRequestException", 400,
                lambda: tag(**{f"tag{n}": "v" for n in range(50)}))
    check.fails("tags of an unknown resource", "NotFoundException", 404,
                lambda: client.list_tags_for_resource(ResourceArn=arn + "0"))


def unknown_applications(check, client):
    gone = "0" * 32
    calls = {
        "PutEvents": lambda: client.put_events(
            ApplicationId=gone,
            EventsRequest={"BatchItem": {"d": {"Endpoint": {}, "Events": {"e": event()}}}}),
        "UpdateEndpoint": lambda: client.update_endpoint(
            ApplicationId=gone, EndpointId="d", EndpointRequest={}),
        "UpdateEndpointsBatch": lambda: client.update_endpoints_batch(
            ApplicationId=gone, EndpointBatchRequest={"Item": [{"Id": "d"}]}),
        "GetEndpoint": lambda: client.get_endpoint(ApplicationId=gone, EndpointId="d"),
        "DeleteEndpoint": lambda: client.delete_endpoint(ApplicationId=gone, EndpointId="d"),
        "GetUserEndpoints": lambda: client.get_user_endpoints(ApplicationId=gone, UserId="u"),
        "DeleteUserEndpoints": lambda: client.delete_user_endpoints(ApplicationId=gone, UserId="u"),
        "DeleteApp": lambda: client.delete_app(ApplicationId=gone),
        "GetApplicationSettings": lambda: client.get_application_settings(ApplicationId=gone),
        "UpdateApplicationSettings": lambda: client.update_application_settings(
            ApplicationId=gone, WriteApplicationSettingsRequest={}),
        "PutEventStream": lambda: client.put_event_stream(
            ApplicationId=gone, WriteEventStream={"DestinationStreamArn": "a", "RoleArn": "b"}),
        "GetEventStream": lambda: client.get_event_stream(ApplicationId=gone),
        "DeleteEventStream": lambda: client.delete_event_stream(ApplicationId=gone),
    }
    for name, call in calls.items():
        check.fails(f"{name} for an unknown application", "NotFoundException", 404, call)


def events(check, project):
    response = project.put({
        "Device-1": {
            "Endpoint": {"Demographic": {"Platform": "iOS"}, "User": {"UserId": "u1"}},
            "Events": {
                "good": event(
                    Attributes={"a": "b"}, Metrics={"m": 1.5}, AppPackageName="p", AppTitle="t",
                    AppVersionCode="7", ClientSdkVersion="1", SdkName="s",
                    Session={"Id": "s1", "StartTimestamp": NOW, "StopTimestamp": NOW, "Duration": 5}),
                "bad": event(Timestamp="yesterday"),
            },
        },
        "bad${id}": {"Endpoint": {}, "Events": {"of-bad": event()}},
    })
    check.equal("PutEvents is a 202", status(response), 202)
    results = response["EventsResponse"]["Results"]
    accepted = {"StatusCode": 202, "Message": "Accepted"}
    check.equal("a good endpoint is accepted", results["Device-1"]["EndpointItemResponse"], accepted)
    of_good = results["Device-1"]["EventsItemResponse"]
    check.equal("a good event is accepted", of_good["good"], accepted)
    check.equal("a bad event beside it is not", of_good["bad"]["StatusCode"], 400)
    check.equal("a bad event's message says why", "yesterday" in of_good["bad"]["Message"], True)
    of_bad = results["bad${id}"]
    check.equal("a bad endpoint fails with its events",
                (of_bad["EndpointItemResponse"]["StatusCode"],
                 of_bad["EventsItemResponse"]["of-bad"]["StatusCode"]), (400, 400))
    before = project.get("device-1")
    project.put({"DEVICE-1": {"Endpoint": {}, "Events": {"good": event()}}})
    check.equal("an empty endpoint changes nothing", strip(project.get("device-1")), strip(before))
    check.equal("an endpoint's id is echoed as it was first given", before["Id"], "Device-1")


def strip(response):
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def event_limits(check, project):
    many = {f"a{n}": "v" for n in range(39)}
    cases = [
        ("the least event", event(), 202),
        ("an event without time zone", event(Timestamp="2026-01-31T10:20:30"), 202),
        ("an event at no time", event(Timestamp=""), 400),
        ("a time zone with a colon", event(Timestamp="2022-06-29T12:00:00.000+00:00"), 202),
        ("a time zone without a colon", event(Timestamp="2022-06-29T12:00:00.000+0000"), 400),
        ("an empty version of the SDK", event(ClientSdkVersion=""), 400),
        ("an event of no type", event(EventType=""), 400),
        ("40 attributes and metrics", event(Attributes=many, Metrics={"m": 1}), 202),
        ("41 attributes and metrics", event(Attributes=many, Metrics={"m": 1, "n": 2}), 400),
        ("an attribute's name of 50", event(Attributes={"n" * 50: "v"}), 202),
        ("an attribute's name of 51", event(Attributes={"n" * 51: "v"}), 400),
        ("a metric's name of 51", event(Metrics={"n" * 51: 1}), 400),
        ("a value of 200 characters", event(Attributes={"n": "é" * 200}), 202),
        ("a value of 201 characters", event(Attributes={"n": "v" * 201}), 400),
        ("an event of 1,000 KB", event(AppTitle="t" * 1_023_900), 202),
        ("an event of more", event(AppTitle="t" * 1_024_000), 400),
        ("a session that began at no time", event(
            Session={"Id": "s", "StartTimestamp": "then"}), 400),
    ]
    for what, sent, expected in cases:
        check.equal(what, project.event_status(sent), expected)
    for count, expected in ((100, 202), (101, 400)):
        batch = {"d": {"Endpoint": {}, "Events": {f"e{n}": event() for n in range(count)}}}
        if expected == 202:
            check.equal(f"{count} events", status(project.put(batch)), expected)
        else:
            check.fails(f"{count} events", "BadRequestException", expected,
                        lambda batch=batch: project.put(batch))
    large = {f"e{n}": event(AppTitle="t" * 900_000) for n in range(5)}
    check.fails("more than 4 MB", "PayloadTooLargeException", 413,
                lambda: project.put({"d": {"Endpoint": {}, "Events": large}}))


def endpoints(check, project):
    full = {
        "Address": "a@example.com", "ChannelType": "EMAIL", "OptOut": "ALL",
        "EndpointStatus": "INACTIVE", "EffectiveDate": NOW, "RequestId": "mine",
        "Attributes": {"interests": ["science", "music"], "plan": ["free"]},
        "Metrics": {"age": 41.0, "score": 1.5},
        "Demographic": {"AppVersion": "1.2", "Locale": "en_US", "Make": "apple", "Model": "iPhone",
                        "ModelVersion": "12", "Platform": "ios", "PlatformVersion": "17",
                        "Timezone": "Europe/Paris"},
        "Location": {"City": "Paris", "Country": "FR", "Latitude": 48.9, "Longitude": 2.4,
                     "PostalCode": "75001", "Region": "IDF"},
        "User": {"UserId": "u2", "UserAttributes": {"tier": ["gold"]}},
    }
    updated = project.update("Mail-1", **full)
    check.equal("UpdateEndpoint is a 202", status(updated), 202)
    check.equal("UpdateEndpoint says that it accepts",
                updated["MessageBody"]["Message"], "Accepted")
    got = strip(project.get("mail-1"))
    made = {key: got.pop(key) for key in ("ApplicationId", "Id", "CohortId", "CreationDate")}
    check.equal("GetEndpoint answers what was given", got, full)
    check.equal("an endpoint names itself", (made["ApplicationId"], made["Id"]),
                (project.app, "Mail-1"))
    check.equal("a cohort is a number below 100", int(made["CohortId"]) in range(100), True)

    project.update("mail-1", Attributes={"plan": ["paid"], "new": ["x"], "interests": []},
                   Metrics={"score": 2.0}, Demographic={"AppVersion": "1.3"},
                   User={"UserAttributes": {"since": ["2026"]}})
    got = project.get("mail-1")
    check.equal("attributes merge by name, and an empty list removes",
                got["Attributes"], {"plan": ["paid"], "new": ["x"]})
    check.equal("metrics merge by name", got["Metrics"], {"age": 41.0, "score": 2.0})
    check.equal("a demographic merges by member",
                got["Demographic"], {**full["Demographic"], "AppVersion": "1.3"})
    check.equal("a user's attributes merge by name",
                got["User"], {"UserId": "u2", "UserAttributes": {"tier": ["gold"], "since": ["2026"]}})
    check.equal("what is not given stays",
                (got["Address"], got["ChannelType"], got["OptOut"], got["Location"]),
                (full["Address"], "EMAIL", "ALL", full["Location"]))
    check.equal("an update that says nothing of the status makes it ACTIVE",
                got["EndpointStatus"], "ACTIVE")
    check.equal("an update has an id of its own", got["RequestId"] not in ("mine", ""), True)

    project.update("phone-1", Address="+12065550100", ChannelType="SMS", User={"UserId": "u2"})
    check.equal("a user's endpoints share the user's attributes",
                project.get("phone-1")["User"], got["User"])
    check.equal("GetUserEndpoints finds both", project.endpoints_of("u2"), ["Mail-1", "phone-1"])
    check.equal("an unknown user has no endpoints", project.endpoints_of("nobody"), [])

    project.update("bare")
    bare = project.get("bare")
    check.equal("an endpoint of which nothing is said is ACTIVE and opted in",
                (bare["EndpointStatus"], bare["OptOut"]), ("ACTIVE", "NONE"))

    project.update("mail-2", Address="a@example.com", ChannelType="EMAIL")
    check.equal("who takes an address over makes the other INACTIVE",
                [project.get(name)["EndpointStatus"] for name in ("mail-1", "mail-2")],
                ["INACTIVE", "ACTIVE"])

    odd = "device /+%:é"
    project.update(odd, User={"UserId": "user/é"})
    check.equal("ids travel in the path whatever they hold",
                (project.get(odd)["Id"], project.endpoints_of("user/é")), (odd, [odd]))

    deleted = project.client.delete_endpoint(ApplicationId=project.app, EndpointId="MAIL-1")
    check.equal("DeleteEndpoint is a 202", status(deleted), 202)
    check.equal("DeleteEndpoint answers the endpoint", deleted["EndpointResponse"]["Id"], "Mail-1")
    check.fails("GetEndpoint after DeleteEndpoint", "NotFoundException", 404,
                lambda: project.get("mail-1"))
    of_user = project.client.delete_user_endpoints(ApplicationId=project.app, UserId="u2")
    check.equal("DeleteUserEndpoints is a 202", status(of_user), 202)
    check.equal("DeleteUserEndpoints answers the endpoints",
                [item["Id"] for item in of_user["EndpointsResponse"]["Item"]], ["phone-1"])
    check.equal("DeleteUserEndpoints leaves none", project.endpoints_of("u2"), [])


def endpoint_limits(check, project):
    large = {f"large{n}": ["v" * 100] * 16 for n in range(10)}
    bad = [
        ("an unknown channel", {"ChannelType": "PIGEON"}),
        ("a status that is none", {"EndpointStatus": "ASLEEP"}),
        ("an opt-out that is none", {"OptOut": "SOME"}),
        ("an effective date that is none", {"EffectiveDate": "soon"}),
        ("a phone number not in E.164", {"ChannelType": "SMS", "Address": "0655550100"}),
        ("an email address without @", {"ChannelType": "EMAIL", "Address": "a.example.com"}),
        ("an attribute's name of 51", {"Attributes": {"n" * 51: ["v"]}}),
        ("a user attribute's name with :", {"User": {"UserAttributes": {"custom:tier": ["v"]}}}),
        ("a value of 101 characters", {"Attributes": {"n": ["v" * 101]}}),
        ("51 values", {"Attributes": {"n": ["v"] * 51}}),
        ("251 attributes", {"Attributes": {f"n{n}": ["v"] for n in range(251)}}),
        ("more than 15 KB", {"Attributes": large}),
        *((f"an attribute's name with {sign}", {"Attributes": {f"a{sign}b": ["v"]}})
          for sign in "#:?\\/"),
    ]
    for what, request in bad:
        check.fails(what, "BadRequestException", 400,
                    lambda request=request: project.update("limits", **request))
    check.fails("what was refused made no endpoint", "NotFoundException", 404,
                lambda: project.get("limits"))
    good = {"ChannelType": "SMS", "Address": "+12065550100",
            "Attributes": {"n" * 50: ["v" * 100] * 50, "b": ["#:?\\/"]}}
    check.equal("an endpoint just within", status(project.update("limits", **good)), 202)
    for name in ("a$b", "a{b", "a}b"):
        check.fails(f"the endpoint id {name}", "BadRequestException", 400,
                    lambda name=name: project.update(name))


def batches(check, project):
    items = [{"Id": f"batch-{n}", "ChannelType": "CUSTOM", "Address": f"c{n}"} for n in range(100)]
    check.equal("UpdateEndpointsBatch of 100 is a 202", status(project.update_batch(items)), 202)
    check.equal("a batch updates its endpoints", project.get("batch-99")["Address"], "c99")
    check.fails("a batch of 101", "BadRequestException", 400,
                lambda: project.update_batch([*items, {"Id": "one more"}]))
    check.fails("a batch with an endpoint without id", "BadRequestException", 400,
                lambda: project.update_batch([{"Id": "batch-new"}, {"Address": "x"}]))
    check.fails("a failed batch makes nothing", "NotFoundException", 404,
                lambda: project.get("batch-new"))
    check.fails("a batch of more than 7 MB", "PayloadTooLargeException", 413,
                lambda: project.update_batch([{"Id": "large", "Address": "x" * 7_400_000}]))


def sixteenth_endpoint(check, project):
    def give(name, channel, second=0):
        return project.update(name, ChannelType=channel, Address=f"{name}@example.com",
                              EffectiveDate=f"2026-01-01T00:00:{second:02}Z", User={"UserId": "u16"})

    give("push-new", "GCM", 20)
    give("push-old", "APNS", 10)
    for number in range(13):
        give(f"mail-{number}", "EMAIL")
    for channel in ("EMAIL", "CUSTOM"):
        check.fails(f"a 16th endpoint, {channel}", "BadRequestException", 400,
                    lambda channel=channel: give("sixteenth", channel))
    give("push-16", "GCM", 30)
    old = project.get("push-old")
    check.equal("a 16th push endpoint retires the oldest push endpoint",
                (old["EndpointStatus"], "UserId" in old.get("User", {})), ("INACTIVE", False))
    check.equal("a user has no more than 15", len(project.endpoints_of("u16")), 15)
    give("push-new", "GCM", 40)
    check.equal("updating one of 15 retires none",
                project.get("push-16")["EndpointStatus"], "ACTIVE")


def raw_requests(check, project, url):
    """What an SDK would not send."""
    app = f"/v1/apps/{project.app}"
    cases = [
        ("malformed JSON", "POST", f"{app}/events", b"{", 400, "BadRequestException"),
        ("no BatchItem", "POST", f"{app}/events", b"{}", 400, "BadRequestException"),
        ("not UTF-8", "PUT", f"{app}/endpoints/e", b'{"Address":"\xff"}', 400, "BadRequestException"),
        ("an application without name", "POST", "/v1/apps", b"{}", 400, "BadRequestException"),
        ("an unknown route", "GET", "/v2/apps", None, 404, "NotFoundException"),
        ("a web page", "GET", "/v1/apps", None, 403, "ForbiddenException",
         {"Origin": "http://localhost:5173"}),
        ("a wrong method", "DELETE", f"{app}/events", None, 405, "MethodNotAllowedException"),
    ]
    for what, method, path, body, expected, kind, *headers in cases:
        request = urllib.request.Request(url + path, data=body, method=method,
                                         headers=dict(*headers))
        try:
            with urllib.request.urlopen(request) as reply:
                check.equal(what, reply.status, expected)
        except urllib.error.HTTPError as error:
            answer = json.load(error)
            check.equal(what, (error.code, error.headers["x-amzn-errortype"], sorted(answer)),
                        (expected, kind, ["Message", "RequestID"]))
            check.equal(f"{what}: names its request",
                        answer["RequestID"], error.headers["x-amzn-requestid"])


def every_operation(check, client, url):
    """Every operation of the service's model, by its route: the server has it, or names it and says what it has."""
    served, unnamed, listed = set(), [], set()
    model = client.meta.service_model
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = re.sub(r"\{[^}]*\}", "unknown", http["requestUri"])
        status, message = refusal(urllib.request.Request(url + path, data=b"", method=http["method"]))
        named = re.fullmatch(f"{name} is not one of this server's operations: it has (.+)", message)
        if status == 501 and named:
            listed = set(re.split(", | and ", named[1]))
        elif status == 501:
            unnamed.append((name, message))
        else:
            served.add(name)
    check.equal("an operation that is not served is named", unnamed, [])
    check.equal("the operations that the server says it has are those that it has", listed, served)


def refusal(request):
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["Message"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", required=True, help="the server, such as http://127.0.0.1:8080")
    url = parser.parse_args().endpoint.rstrip("/")
    client = client_in("us-east-1", url)
    check = Checks()
    applications(check, client)
    regions(check, client, url)
    unknown_applications(check, client)
    for part in (settings, event_streams, tags, events, event_limits, endpoints, endpoint_limits, batches, sixteenth_endpoint):
        project = Project(client, part.__name__)
        part(check, project)
        project.delete()
    project = Project(client, "raw requests")
    raw_requests(check, project, url)
    every_operation(check, client, url)
    project.delete()
    print(f"{check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
