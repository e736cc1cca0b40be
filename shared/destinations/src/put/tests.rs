use std::sync::Mutex;

use super::*;

/// A service of small limits that answers as it is told, and remembers what it was sent.
struct Service {
    replies: Mutex<Vec<Reply>>,
    sent: Mutex<Vec<Vec<u32>>>,
    name: DestinationName,
    pace: Pace,
}

impl Put for Service {
    type Record = u32;

    const LIMITS: Limits = Limits { most: 4, bytes: 40 };

    const LONGEST: usize = 20;

    const FIRST_PAUSE: Duration = Duration::ZERO;

    fn bytes(record: &u32) -> usize {
        usize::try_from(*record).unwrap()
    }

    fn name(&self) -> &DestinationName {
        &self.name
    }

    fn pace(&self) -> &Pace {
        &self.pace
    }

    fn record(&self, _item: &Item<'_>) -> Option<u32> {
        None
    }

    async fn put(&self, records: Vec<u32>) -> Reply {
        self.sent.lock().unwrap().push(records);
        self.replies.lock().unwrap().remove(0)
    }
}

fn taken(count: usize) -> Reply {
    Reply::Each(vec![Answer::Taken; count])
}

fn error(code: &str) -> Answer {
    Answer::Error(code.to_owned())
}

fn failed(code: &str) -> Reply {
    Reply::Failed(Some(code.to_owned()), Some(400))
}

/// What becomes of records of these sizes, and which requests are made.
async fn check(sizes: &[u32], replies: Vec<Reply>, requests: &[&[u32]], expected: &[Sent]) {
    check_at(None, sizes, (replies, requests), expected).await;
}

/// The same at a rate, where all must be over within 1.5 seconds.
async fn check_at(
    rate: Option<u32>,
    sizes: &[u32],
    (replies, requests): (Vec<Reply>, &[&[u32]]),
    expected: &[Sent],
) {
    let service = Service {
        replies: Mutex::new(replies.clone()),
        sent: Mutex::default(),
        name: DestinationName::new("service"),
        pace: Pace::of(rate),
    };
    let records = sizes.iter().copied().enumerate().collect();
    let within = rate.map_or(Duration::from_secs(60), |_| Duration::from_millis(1_500));
    let until = Instant::now() + within;
    let judged = put_all(&service, records, until).await;
    let places = 0..sizes.len();
    let judged: Vec<Sent> = places
        .map(|place| judged.get(&place).copied().unwrap_or(Sent::Later))
        .collect();
    let sent = service.sent.into_inner().unwrap();
    assert_eq!(
        (sent, judged),
        (
            requests.iter().map(|it| it.to_vec()).collect(),
            expected.to_vec()
        ),
        "{replies:?}"
    );
}

#[tokio::test]
async fn records_are_put_within_the_limits_and_judged_one_by_one() {
    use Sent::{Accepted, Later, Misconfigured, Refused};
    check(&[], vec![], &[], &[]).await;
    check(
        &[1, 2, 3, 4, 5, 21, 20, 20],
        vec![taken(4), taken(2), taken(1)],
        &[&[1, 2, 3, 4], &[5, 20], &[20]],
        &[
            Accepted, Accepted, Accepted, Accepted, Accepted, Refused, Accepted, Accepted,
        ],
    )
    .await;
    check(
        &[1, 2, 3, 4],
        vec![Reply::Each(vec![
            error("InvalidArgument"),
            Answer::Taken,
            error("AccessDeniedException"),
            Answer::Taken,
        ])],
        &[&[1, 2, 3, 4]],
        &[Refused, Accepted, Misconfigured, Accepted],
    )
    .await;
    for later in [
        error("InternalFailure"),
        error("NeverHeardOf"),
        Answer::Unclear,
    ] {
        check(
            &[1, 2, 3],
            vec![
                Reply::Each(vec![Answer::Taken, later.clone(), later.clone()]),
                Reply::Each(vec![later.clone(), Answer::Taken]),
                Reply::Each(vec![later.clone()]),
            ],
            &[&[1, 2, 3], &[2, 3], &[2]],
            &[Accepted, Later, Accepted],
        )
        .await;
    }
}

#[tokio::test]
async fn a_request_that_fails_is_judged_as_a_whole_and_by_its_halves_if_its_content_is_blamed() {
    use Sent::{Accepted, Later, Misconfigured, Refused};
    for (reply, sent) in [
        (failed("ResourceNotFoundException"), Misconfigured),
        (failed("UnrecognizedClientException"), Misconfigured),
        (failed("ThrottlingException"), Later),
        (failed("NeverHeardOf"), Later),
        (Reply::NoCredentials, Misconfigured),
        (Reply::Failed(None, None), Later),
        (Reply::Failed(None, Some(200)), Later),
        (Reply::Failed(None, Some(400)), Later),
        (Reply::Failed(None, Some(401)), Misconfigured),
        (Reply::Failed(None, Some(403)), Misconfigured),
        (Reply::Failed(None, Some(404)), Misconfigured),
        (Reply::Failed(None, Some(429)), Later),
        (Reply::Failed(None, Some(503)), Later),
        (taken(1), Later),
        (taken(3), Later),
    ] {
        check(&[1, 2], vec![reply], &[&[1, 2]], &[sent; 2]).await;
    }
    for refused in [
        failed("ValidationException"),
        Reply::Failed(None, Some(413)),
    ] {
        check(
            &[1, 2, 3],
            vec![
                refused.clone(),
                taken(1),
                refused.clone(),
                refused,
                taken(1),
            ],
            &[&[1, 2, 3], &[1], &[2, 3], &[2], &[3]],
            &[Accepted, Refused, Accepted],
        )
        .await;
    }
    let refused = failed("ValidationException");
    for (answered, sent) in [
        (error("AccessDeniedException"), Misconfigured),
        (error("MalformedDetail"), Refused),
    ] {
        let answered = Reply::Each(vec![answered]);
        check(
            &[1, 2, 3],
            [vec![refused.clone(); 4], vec![answered]].concat(),
            &[&[1, 2, 3], &[1], &[2, 3], &[2], &[3]],
            &[Refused, Refused, sent],
        )
        .await;
    }
}

#[tokio::test]
async fn what_does_not_fit_the_time_at_the_rate_waits_for_its_turn() {
    use Sent::{Accepted, Later, Misconfigured, Waiting};
    let refused = failed("ValidationException");
    for (reply, first) in [
        (taken(4), Accepted),
        (failed("ThrottlingException"), Later),
        (failed("AccessDeniedException"), Misconfigured),
        // Its halves wait.
        (refused, Waiting),
    ] {
        let first = [first; 4];
        let expected = [&first[..], &[Waiting; 5]].concat();
        let asked: &[&[u32]] = &[&[1, 2, 3, 4]];
        check_at(
            Some(1),
            &[1, 2, 3, 4, 5, 6, 7, 8, 9],
            (vec![reply], asked),
            &expected,
        )
        .await;
    }
}
