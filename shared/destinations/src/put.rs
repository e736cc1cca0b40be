//! Putting records into a service of AWS that judges them one by one: as many in a request as it takes, and those again that it
//! could not take just now.

mod judge;

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use aws::sdk::{SdkConfig, Trouble, describe, endpoint_from_environment};
use aws_config::Region;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use config::DestinationConfig;
use domain::ids::DestinationName;
use futures::future::join_all;
use pipeline::deliver::{Item, Sent};
use tokio::time::Instant;

use judge::judge;

use crate::assume_role::assume;
use crate::batches::{Limits, batches};
use crate::halves::{Request, Verdict, in_halves};
use crate::restraint::{Pace, Turn};
use crate::senders::{Destination, Judged, in_order};

/// How many times a request is sent of which some records were taken. The queue would retry all of them.
const TRIES: u32 = 3;

/// A service that takes records.
pub trait Put: Send + Sync {
    /// What it takes.
    type Record: Clone + Send + Sync;

    /// What one request may hold.
    const LIMITS: Limits;

    /// How many bytes one record may have.
    const LONGEST: usize;

    /// The pause after the first try; it doubles with each.
    const FIRST_PAUSE: Duration = Duration::from_millis(100);

    /// How many bytes of a request a record is.
    fn bytes(record: &Self::Record) -> usize;

    /// The destination's name.
    fn name(&self) -> &DestinationName;

    /// How fast it may be asked.
    fn pace(&self) -> &Pace;

    /// The record of an item; `None` if it cannot be built.
    fn record(&self, item: &Item<'_>) -> Option<Self::Record>;

    /// Sends one request.
    fn put(&self, records: Vec<Self::Record>) -> impl Future<Output = Reply> + Send;
}

impl<P: Put> Destination for P {
    async fn send(&self, items: &[Item<'_>], within: Duration) -> Vec<Sent> {
        let until = Instant::now() + within;
        let records = items.iter().enumerate();
        let records = records.filter_map(|(place, item)| Some((place, self.record(item)?)));
        let judged = put_all(self, records.collect(), until).await;
        in_order(&judged, items.len())
    }
}

/// The reply to one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// To each record.
    Each(Vec<Answer>),
    /// To the request as a whole: the error's code if it has one, and else the HTTP status if there is one.
    Failed(Option<String>, Option<u16>),
    /// There was no request: the credentials to sign it with are refused.
    NoCredentials,
}

/// The answer to one record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It was taken.
    Taken,
    /// It was not: the error's code.
    Error(String),
    /// It can't be understood.
    Unclear,
}

impl Answer {
    /// What was answered: the id that a record has got, or the code of an error.
    pub fn of(id: Option<&str>, code: Option<&str>) -> Self {
        match (id, code) {
            (_, Some(code)) => Self::Error(code.to_owned()),
            (Some(_), None) => Self::Taken,
            (None, None) => Self::Unclear,
        }
    }
}

/// Puts records that have places, and judges them. What is not judged within the time is not among them.
async fn put_all<P: Put>(to: &P, records: Vec<(usize, P::Record)>, until: Instant) -> Judged {
    let size = |(_, record): &(usize, P::Record)| P::bytes(record);
    let fits = |record: &(usize, P::Record)| size(record) <= P::LONGEST;
    let (records, too_long): (Vec<_>, Vec<_>) = records.into_iter().partition(fits);
    let mut judged: Judged = too_long
        .iter()
        .map(|(place, _)| (*place, Sent::Refused))
        .collect();
    if !judged.is_empty() {
        let (count, destination) = (judged.len(), to.name());
        tracing::error!(count, %destination, "items are longer than their destination takes");
    }
    let batches = batches(records, P::LIMITS, size).into_iter();
    for of_batch in join_all(batches.map(|batch| put_batch(to, batch, until))).await {
        judged.extend(of_batch);
    }
    judged
}

/// Puts one batch. Of the request that is under way when the time is over, nobody knows.
async fn put_batch<P: Put>(to: &P, batch: Vec<(usize, P::Record)>, until: Instant) -> Judged {
    let (requests, mut judged) = (Requests { to, until }, Judged::new());
    let sending = put_again(&requests, batch, &mut judged);
    if tokio::time::timeout_at(until, sending).await.is_err() {
        tracing::warn!(destination = %to.name(), "a destination took too long");
    }
    judged
}

/// Puts those again that the service could not take just now, if it took others.
async fn put_again<P: Put>(
    requests: &Requests<'_, P>,
    mut batch: Vec<(usize, P::Record)>,
    judged: &mut Judged,
) {
    let mut pause = P::FIRST_PAUSE;
    for left in (0..TRIES).rev() {
        let before = batch.len();
        in_halves(requests, &batch, judged).await;
        batch.retain(|(place, _)| judged.get(place) == Some(&Sent::Later));
        if batch.is_empty() || batch.len() == before || left == 0 {
            return;
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

struct Requests<'p, P> {
    to: &'p P,
    until: Instant,
}

impl<P: Put> Request for Requests<'_, P> {
    type Item = P::Record;

    async fn send(&self, batch: &[(usize, P::Record)]) -> Verdict {
        if self.to.pace().wait(self.until).await == Turn::TooLate {
            return Verdict::Whole(Sent::Waiting);
        }
        let records = batch.iter().map(|(_, record)| record.clone()).collect();
        let reply = self.to.put(records).await;
        judge_reply(&reply, (batch.len(), self.to.name()))
    }
}

/// Answers go by position: if they are not as many as the records, none can be understood.
fn judge_reply(reply: &Reply, (count, destination): (usize, &DestinationName)) -> Verdict {
    match reply {
        Reply::Each(answers) if answers.len() == count => {
            tell_errors(answers, destination);
            Verdict::Each(answers.iter().map(judge_answer).collect())
        }
        Reply::Each(_) => Verdict::Whole(Sent::Later),
        Reply::Failed(Some(code), _) => Verdict::Whole(judge(code)),
        Reply::NoCredentials | Reply::Failed(None, Some(401 | 403 | 404)) => {
            Verdict::Whole(Sent::Misconfigured)
        }
        Reply::Failed(None, Some(413)) => Verdict::Whole(Sent::Refused),
        Reply::Failed(None, Some(_) | None) => Verdict::Whole(Sent::Later),
    }
}

fn judge_answer(answer: &Answer) -> Sent {
    match answer {
        Answer::Taken => Sent::Accepted,
        Answer::Error(code) => judge(code),
        Answer::Unclear => Sent::Later,
    }
}

fn tell_errors(answers: &[Answer], destination: &DestinationName) {
    let codes: BTreeSet<&str> = answers
        .iter()
        .filter_map(|answer| match answer {
            Answer::Error(code) => Some(code.as_str()),
            Answer::Taken | Answer::Unclear => None,
        })
        .collect();
    for code in codes {
        match judge(code) {
            Sent::Refused => {
                tracing::error!(code, %destination, "a destination refused items for good")
            }
            Sent::Misconfigured => tracing::error!(
                code,
                %destination,
                "a destination does not take items: look at its name, its Region, its policy and the role; they are retried"
            ),
            Sent::Accepted | Sent::Later | Sent::Waiting | Sent::NotWanted => {
                tracing::warn!(code, %destination, "a destination could not take items; they are retried");
            }
        }
    }
}

/// What an SDK's error says that an operation for a destination gave.
pub fn failed<E>(
    (operation, destination): (&str, &DestinationName),
    error: &SdkError<E, HttpResponse>,
) -> Reply
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    tracing::warn!(%destination, error = describe(error), "{operation} failed");
    let Some(response) = error.raw_response() else {
        return unanswered(Trouble::of(error));
    };
    let code = error
        .as_service_error()
        .and_then(|error| error.meta().code());
    Reply::Failed(code.map(str::to_owned), Some(response.status().as_u16()))
}

/// What it means that the service did not answer. STS may have, of the role.
fn unanswered(trouble: Option<Trouble>) -> Reply {
    match trouble {
        Some(Trouble::NotThere | Trouble::NotAllowed | Trouble::Expired | Trouble::NotKnown) => {
            Reply::NoCredentials
        }
        Some(Trouble::Throttled | Trouble::Failed | Trouble::Unreachable | Trouble::NotAws)
        | None => Reply::Failed(None, None),
    }
}

/// The configuration of a destination's client: of its Region, with its role's credentials. If the environment names an
/// endpoint for the service, there Regions and roles mean nothing.
pub async fn sdk(base: &SdkConfig, service: &str, defined: &DestinationConfig) -> SdkConfig {
    let named = base
        .endpoint_url()
        .is_none()
        .then(|| endpoint_from_environment(service));
    if let Some(endpoint) = named.flatten() {
        return base.to_builder().endpoint_url(endpoint).build();
    }
    let region = defined.region.as_ref();
    let region = region.map(|region| Region::new(region.to_string()));
    let region = region.or_else(|| base.region().cloned());
    let sdk = match (&defined.role, &region) {
        (Some(role), Some(region)) => assume(base, region.clone(), role).await,
        (Some(_) | None, _) => base.clone(),
    };
    sdk.to_builder().region(region).build()
}

#[cfg(test)]
mod tests;
