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
use futures::future::join_all;
use pipeline::deliver::{Item, Sent};

use judge::judge;

use crate::assume_role::assume;
use crate::batches::{Limits, batches};
use crate::restraint::Pace;
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

    /// How fast it may be asked.
    fn pace(&self) -> &Pace;

    /// The record of an item; `None` if it cannot be built.
    fn record(&self, item: &Item<'_>) -> Option<Self::Record>;

    /// Sends one request.
    fn put(&self, records: Vec<Self::Record>) -> impl Future<Output = Reply> + Send;
}

impl<P: Put> Destination for P {
    async fn send(&self, items: &[Item<'_>], within: Duration) -> Vec<Sent> {
        let records = items.iter().enumerate();
        let records = records.filter_map(|(place, item)| Some((place, self.record(item)?)));
        let judged = put_all(self, records.collect(), within).await;
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
async fn put_all<P: Put>(to: &P, records: Vec<(usize, P::Record)>, within: Duration) -> Judged {
    let size = |(_, record): &(usize, P::Record)| P::bytes(record);
    let fits = |record: &(usize, P::Record)| size(record) <= P::LONGEST;
    let (records, too_long): (Vec<_>, Vec<_>) = records.into_iter().partition(fits);
    let mut judged: Judged = too_long
        .iter()
        .map(|(place, _)| (*place, Sent::Refused))
        .collect();
    if !judged.is_empty() {
        let count = judged.len();
        tracing::error!(count, "items are longer than their destination takes");
    }
    let batches = batches(records, P::LIMITS, size).into_iter();
    for of_batch in join_all(batches.map(|batch| put_batch(to, batch, within))).await {
        judged.extend(of_batch);
    }
    judged
}

/// Puts one batch. Of the request that is under way when the time is over, nobody knows.
async fn put_batch<P: Put>(to: &P, mut batch: Vec<(usize, P::Record)>, within: Duration) -> Judged {
    let mut judged = Judged::new();
    let sending = async {
        let mut pause = P::FIRST_PAUSE;
        for left in (0..TRIES).rev() {
            let before = batch.len();
            let sent = put_judged(to, &batch).await;
            let mut later = Vec::new();
            for ((place, record), sent) in std::mem::take(&mut batch).into_iter().zip(sent) {
                match sent {
                    Sent::Later => later.push((place, record)),
                    Sent::Accepted | Sent::Refused | Sent::Misconfigured | Sent::NotWanted => {
                        judged.insert(place, sent);
                    }
                }
            }
            if later.is_empty() || later.len() == before || left == 0 {
                return;
            }
            batch = later;
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    };
    if tokio::time::timeout(within, sending).await.is_err() {
        tracing::warn!("a destination took too long");
    }
    judged
}

/// A request that is refused as a whole for what is in it may be so for one record: then its halves are sent. If none of all
/// is taken, it is no record's fault but the configuration's.
async fn put_judged<P: Put>(to: &P, batch: &[(usize, P::Record)]) -> Vec<Sent> {
    let mut judged = Vec::with_capacity(batch.len());
    let mut alone = BTreeSet::new();
    let mut parts = vec![batch];
    while let Some(part) = parts.pop() {
        let records = part.iter().map(|(_, record)| record.clone()).collect();
        to.pace().wait().await;
        match (judge_reply(&to.put(records).await, part.len()), part.len()) {
            (Verdict::Whole(Sent::Refused), 2..) => {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
            }
            (Verdict::Whole(Sent::Refused), _) => {
                alone.insert(judged.len());
                judged.push(Sent::Refused);
            }
            (Verdict::Whole(sent), count) => judged.extend(vec![sent; count]),
            (Verdict::Each(sent), _) => judged.extend(sent),
        }
    }
    if !judged.contains(&Sent::Accepted) {
        let places = judged.iter_mut().enumerate();
        for (_, sent) in places.filter(|(place, _)| alone.contains(place)) {
            *sent = Sent::Misconfigured;
        }
    }
    judged
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Verdict {
    Whole(Sent),
    Each(Vec<Sent>),
}

/// Answers go by position: if they are not as many as the records, none can be understood.
fn judge_reply(reply: &Reply, count: usize) -> Verdict {
    match reply {
        Reply::Each(answers) if answers.len() == count => {
            tell_errors(answers);
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

fn tell_errors(answers: &[Answer]) {
    let codes: BTreeSet<&str> = answers
        .iter()
        .filter_map(|answer| match answer {
            Answer::Error(code) => Some(code.as_str()),
            Answer::Taken | Answer::Unclear => None,
        })
        .collect();
    for code in codes {
        match judge(code) {
            Sent::Refused => tracing::error!(code, "a destination refused items for good"),
            Sent::Misconfigured => tracing::error!(
                code,
                "a destination does not take items: look at its name, its Region, its policy and the role; they are retried"
            ),
            Sent::Accepted | Sent::Later | Sent::NotWanted => {
                tracing::warn!(code, "a destination could not take items; they are retried");
            }
        }
    }
}

/// What an SDK's error says.
pub fn failed<E>(operation: &str, error: &SdkError<E, HttpResponse>) -> Reply
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    tracing::warn!(error = describe(error), "{operation} failed");
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
