//! Services that misbehave: what becomes of the items that are sent to them.

use std::time::Duration;

use aws::sdk::{self, Patience};
use futures::future::join_all;
use pipeline::deliver::Sent;
use serde_json::{Value, json};

use super::{eventbridge, firehose, kinesis, send, senders};
use crate::support::counting::Counting;
use crate::support::misbehaving::{Conduct, Misbehaving, answer, refusing};

/// What becomes of five items that are sent to a service of this conduct.
async fn of_conduct(definition: &Value, conduct: Conduct) -> Vec<Sent> {
    let service = Misbehaving::always(conduct).await;
    at(definition, &service.url()).await
}

async fn at(definition: &Value, url: &str) -> Vec<Sent> {
    let patience = Patience {
        attempt: Duration::from_secs(2),
        operation: Duration::from_secs(2),
        ..Patience::TO_A_DESTINATION
    };
    send(&senders(definition, sdk::on_loopback(url, patience)), 0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_misbehaves_gets_the_items_later_or_once_it_is_mended() {
    let cut_off = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"FailedPutCount\": 0".to_vec();
    let not_aws = |status, body| Conduct::Say(answer(status, "text/html", body));
    let cases = [
        (Conduct::Silence, Sent::Later),
        (Conduct::SayAndClose(cut_off.clone()), Sent::Later),
        (Conduct::SayAndHang(cut_off.clone()), Sent::Later),
        (Conduct::Trickle(cut_off), Sent::Later),
        (not_aws("200 OK", "<html>"), Sent::Later),
        (not_aws("200 OK", ""), Sent::Later),
        (not_aws("502 Bad Gateway", "<html>"), Sent::Later),
        (not_aws("503 Service Unavailable", ""), Sent::Later),
        (not_aws("429 Too Many Requests", ""), Sent::Later),
        (not_aws("404 Not Found", "<html>"), Sent::Misconfigured),
        (Conduct::answer("200 OK", "{}"), Sent::Later),
        (Conduct::answer("200 OK", "[]"), Sent::Later),
        (
            Conduct::error("500 Internal Server Error", "InternalFailure"),
            Sent::Later,
        ),
        (
            Conduct::error("400 Bad Request", "ThrottlingException"),
            Sent::Later,
        ),
        (
            Conduct::error("400 Bad Request", "ProvisionedThroughputExceededException"),
            Sent::Later,
        ),
        (
            Conduct::error("400 Bad Request", "NeverHeardOfException"),
            Sent::Later,
        ),
        (
            Conduct::error("400 Bad Request", "AccessDeniedException"),
            Sent::Misconfigured,
        ),
        (
            Conduct::error("400 Bad Request", "ResourceNotFoundException"),
            Sent::Misconfigured,
        ),
        (
            Conduct::error("403 Forbidden", "UnrecognizedClientException"),
            Sent::Misconfigured,
        ),
        (
            Conduct::error("400 Bad Request", "ExpiredTokenException"),
            Sent::Misconfigured,
        ),
        (
            Conduct::error("400 Bad Request", "ValidationException"),
            Sent::Misconfigured,
        ),
        (
            Conduct::error("400 Bad Request", "InvalidArgumentException"),
            Sent::Misconfigured,
        ),
    ];
    for definition in [firehose(), kinesis(), eventbridge()] {
        let judged = cases.iter().map(async |(conduct, sent)| {
            let judged = of_conduct(&definition, conduct.clone()).await;
            assert_eq!(judged, [*sent; 5], "{definition} {conduct:?}");
        });
        join_all(judged).await;
    }
    for definition in [firehose(), kinesis(), eventbridge()] {
        assert_eq!(at(&definition, &refusing()).await, [Sent::Later; 5]);
    }
}

/// An answer to each of five items: an error's code, or that it was taken.
fn answers(list: &str, id: &str, codes: [Option<&str>; 5]) -> Conduct {
    let entries = codes.map(|code| match code {
        Some(code) => json!({"ErrorCode": code, "ErrorMessage": "so it is told"}),
        None => json!({id: "1", "ShardId": "1"}),
    });
    let body =
        json!({"FailedPutCount": 4, "FailedEntryCount": 4, "FailedRecordCount": 4, list: entries});
    Conduct::answer("200 OK", &body.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_judged_one_by_one() {
    use Sent::{Accepted, Later, Misconfigured, Refused};
    for (definition, list, id, codes, expected) in [
        (
            firehose(),
            "RequestResponses",
            "RecordId",
            [
                None,
                Some("ServiceUnavailableException"),
                Some("InternalFailure"),
                Some("AccessDeniedException"),
                None,
            ],
            [Accepted, Later, Later, Misconfigured, Accepted],
        ),
        (
            kinesis(),
            "Records",
            "SequenceNumber",
            [
                Some("ProvisionedThroughputExceededException"),
                None,
                Some("InternalFailure"),
                None,
                Some("KMSAccessDeniedException"),
            ],
            [Later, Accepted, Later, Accepted, Misconfigured],
        ),
        (
            eventbridge(),
            "Entries",
            "EventId",
            [
                Some("MalformedDetail"),
                Some("NotAuthorizedForSourceException"),
                Some("ThrottlingException"),
                None,
                Some("InvalidArgument"),
            ],
            [Refused, Misconfigured, Later, Accepted, Refused],
        ),
    ] {
        let judged = of_conduct(&definition, answers(list, id, codes)).await;
        assert_eq!(judged, expected, "{definition}");
    }
}

/// A message of more than a destination takes in an invocation's time.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_does_not_fit_the_time_comes_to_its_end_and_nothing_of_it_is_sent_twice() {
    const SIGN_INS: u8 = 95;
    let services = Counting::start().await;
    let sdk = sdk::on_loopback(&services.url(), Patience::TO_A_DESTINATION);
    let slow = json!({"Type": "eventbridge", "EventBusName": "auth", "RequestsPerSecond": 20});
    let senders = senders(&slow, sdk);
    let (mut left, mut invocations) = (usize::MAX, 0);
    let mut requests = Vec::new();
    while left > 0 {
        let invocation = senders.within(Duration::from_millis(1_150));
        let sent = send(&invocation, SIGN_INS).await;
        let is_known = |sent: &Sent| matches!(sent, Sent::Accepted | Sent::Waiting);
        assert!(sent.iter().all(is_known), "{sent:?}");
        let before = left;
        left = sent.iter().filter(|sent| **sent == Sent::Waiting).count();
        assert!(left < before, "{sent:?}");
        invocations += 1;
        requests.extend(services.items().into_values().flatten());
    }
    assert!(invocations > 1, "{requests:?}");
    // Two of the items are updates of endpoints, messages of their own, which this mapping hands out again each time.
    let items = 2 * invocations + 3 + usize::from(SIGN_INS);
    assert_eq!(requests.iter().sum::<usize>(), items);
}
