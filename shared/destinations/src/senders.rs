//! The destinations of a configuration, each opened when something is sent to it for the first time.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use config::{Config, DestinationKind};
use domain::ids::DestinationName;
use futures::future::BoxFuture;
use pipeline::deliver::{Destinations, Item, Sent};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::ended::Ended;
#[cfg(feature = "all")]
use crate::eventbridge::EventBridgeDestination;
use crate::file::FileDestination;
#[cfg(feature = "all")]
use crate::firehose::FirehoseDestination;
#[cfg(feature = "all")]
use crate::kinesis::KinesisDestination;
use crate::pinpoint::{PinpointDestination, Routes};
#[cfg(feature = "all")]
use crate::put;
use crate::restraint::{Breakers, Recent};
#[cfg(feature = "all")]
use crate::webhook::Webhook;

/// How long sending may take unless something else is said.
const BUDGET: Duration = Duration::from_secs(15);

/// How many refusals are believed where nothing is accepted with them: both addresses of one user may be wrong.
const BELIEVED: usize = 2;

#[cfg(not(feature = "all"))]
const NOT_BUILT: &str = "this program is built without it";

/// A place that items are sent to: builds requests within the service's limits, sends them, and judges item by item.
pub(crate) trait Destination: Send + Sync {
    /// Sends items, of which no two are updates of the same endpoint, and judges each, in their order. What is not judged
    /// within its time is for later.
    fn send(&self, items: &[Item<'_>], within: Duration) -> impl Future<Output = Vec<Sent>> + Send;
}

/// What has become of items so far, by place.
pub(crate) type Judged = BTreeMap<usize, Sent>;

/// The end of each of so many items, in their order. What is not judged is for later.
pub(crate) fn in_order(judged: &Judged, items: usize) -> Vec<Sent> {
    let sent = (0..items).map(|place| judged.get(&place).copied());
    sent.map(|sent| sent.unwrap_or(Sent::Later)).collect()
}

/// The same, of any type.
trait AnyDestination: fmt::Debug + Send + Sync {
    /// See [`Destination::send`].
    fn send<'a>(&'a self, items: &'a [Item<'a>], within: Duration) -> BoxFuture<'a, Vec<Sent>>;
}

impl<D: Destination + fmt::Debug> AnyDestination for D {
    fn send<'a>(&'a self, items: &'a [Item<'a>], within: Duration) -> BoxFuture<'a, Vec<Sent>> {
        Box::pin(Destination::send(self, items, within))
    }
}

type Sender = Arc<dyn AnyDestination>;

/// One that is not sent to from here, for this reason.
#[derive(Debug)]
struct Unavailable {
    name: DestinationName,
    reason: &'static str,
}

impl Destination for Unavailable {
    async fn send(&self, items: &[Item<'_>], _: Duration) -> Vec<Sent> {
        tracing::error!(
            destination = %self.name,
            reason = self.reason,
            "what waits for a destination cannot be sent from here"
        );
        vec![Sent::Misconfigured; items.len()]
    }
}

/// All destinations of a configuration.
#[derive(Clone, Debug)]
pub struct Senders {
    config: Arc<Config>,
    sdk: SdkConfig,
    /// Where a Pinpoint-compatible server is, if Pinpoint is not to be asked.
    pinpoint: Option<String>,
    /// When sending must be over, if that is known; else each call may take [`BUDGET`].
    until: Option<Instant>,
    open: Arc<Mutex<BTreeMap<DestinationName, Sender>>>,
    breakers: Arc<Breakers<DestinationName>>,
    /// What came to its end of messages that did not.
    ended: Arc<Ended>,
    /// Those that have accepted anything here of late.
    accepting: Arc<Recent<DestinationName>>,
}

impl Senders {
    /// Those of a configuration; `pinpoint` is the address of a server to ask in place of Pinpoint.
    pub fn new(config: Arc<Config>, sdk: SdkConfig, pinpoint: Option<String>) -> Self {
        Self {
            config,
            sdk,
            pinpoint,
            until: None,
            ended: Arc::default(),
            accepting: Arc::default(),
            open: Arc::default(),
            breakers: Arc::default(),
        }
    }

    /// The same, where all that is sent may take so long together.
    pub fn within(&self, budget: Duration) -> Self {
        Self {
            until: Some(Instant::now() + budget),
            ..self.clone()
        }
    }

    /// `None` if the configuration defines no such destination any more.
    async fn sender(&self, name: &DestinationName) -> Option<Sender> {
        let mut open = self.open.lock().await;
        if let Some(sender) = open.get(name) {
            return Some(sender.clone());
        }
        let sender = self.open(name).await?;
        open.insert(name.clone(), sender.clone());
        Some(sender)
    }

    /// The list of all types: to add one, open it here, and write the file that sends.
    async fn open(&self, name: &DestinationName) -> Option<Sender> {
        if *name == DestinationName::pinpoint() {
            let routes = Routes::new(self.config.clone(), self.sdk.clone(), self.pinpoint.clone());
            return Some(Arc::new(PinpointDestination::new(routes)));
        }
        let defined = self.config.destinations().get(name)?;
        let unavailable = |reason| -> Sender {
            let name = name.clone();
            Arc::new(Unavailable { name, reason })
        };
        Some(match &defined.kind {
            DestinationKind::File { .. } if in_lambda() => {
                unavailable("nobody can read a file that a function in Lambda writes")
            }
            DestinationKind::File { path } => {
                Arc::new(FileDestination::new(name.clone(), path.clone()))
            }
            #[cfg(feature = "all")]
            DestinationKind::Firehose { stream } => {
                Arc::new(FirehoseDestination::open(&self.sdk, (name, stream), defined).await)
            }
            #[cfg(feature = "all")]
            DestinationKind::Kinesis { stream } => {
                Arc::new(KinesisDestination::open(&self.sdk, (name, stream), defined).await)
            }
            #[cfg(feature = "all")]
            DestinationKind::EventBridge { bus } => {
                Arc::new(EventBridgeDestination::open(&self.sdk, (name, bus), defined).await)
            }
            #[cfg(feature = "all")]
            DestinationKind::Webhook {
                url,
                secret,
                private_addresses,
            } => {
                let sdk = put::sdk(&self.sdk, "SECRETS_MANAGER", defined).await;
                let rate = defined.requests_per_second;
                let by = (*private_addresses, rate);
                Arc::new(Webhook::new(&sdk, (name, url), secret, by))
            }
            #[cfg(not(feature = "all"))]
            DestinationKind::Firehose { .. }
            | DestinationKind::Kinesis { .. }
            | DestinationKind::EventBridge { .. }
            | DestinationKind::Webhook { .. } => unavailable(NOT_BUILT),
        })
    }
}

impl Destinations for Senders {
    async fn send(&self, to: &DestinationName, items: &[Item<'_>]) -> Vec<Sent> {
        // Pinpoint has projects, each of which can be gone by itself.
        let is_one = *to != DestinationName::pinpoint();
        if is_one && self.breakers.is_open(to, Instant::now()) {
            return vec![Sent::Later; items.len()];
        }
        let mut judged = self.ended.of(to, items, Instant::now());
        let open = items.iter().enumerate();
        let open: Vec<usize> = open
            .map(|(place, _)| place)
            .filter(|place| !judged.contains_key(place))
            .collect();
        if open.is_empty() {
            return in_order(&judged, items.len());
        }
        let sent = self.send_now(to, &at(items, &open)).await;
        let sent = match is_one {
            true => self.noted(to, sent, Instant::now()),
            false => self.judged_together(to, &sent, Instant::now()),
        };
        judged.extend(open.into_iter().zip(sent));
        let sent = in_order(&judged, items.len());
        self.ended.note(to, (items, &sent), Instant::now());
        sent
    }
}

impl Senders {
    /// What was sent to a destination that is gone as a whole or not at all, judged together. A few refusals say that it is there.
    fn noted(&self, to: &DestinationName, sent: Vec<Sent>, now: Instant) -> Vec<Sent> {
        let judged = self.judged_together(to, &sent, now);
        let seen = match count(&sent, Sent::Refused) {
            ..=BELIEVED => &sent,
            _ => &judged,
        };
        self.breakers.note(to, seen, now);
        judged
    }

    /// Refusals are believed if anything was accepted together with them; a few, if anything was of late. Else the destination is taken
    /// for misconfigured: it may refuse how it is asked, such as by a wrong secret, and not what. Nothing is lost by asking again.
    fn judged_together(&self, to: &DestinationName, sent: &[Sent], now: Instant) -> Vec<Sent> {
        let believed = match (count(sent, Sent::Accepted), count(sent, Sent::Refused)) {
            (0, 0) => true,
            (0, ..=BELIEVED) => self.accepting.is_noted(to, now),
            (0, _) => false,
            (1.., _) => {
                self.accepting.note(to, now);
                true
            }
        };
        if believed {
            return sent.to_vec();
        }
        tracing::error!(
            destination = %to,
            "a destination refuses, and accepts nothing: look at its credentials and settings"
        );
        let judged = sent.iter().map(|sent| match sent {
            Sent::Refused => Sent::Misconfigured,
            other => *other,
        });
        judged.collect()
    }

    fn left(&self) -> Duration {
        let left = self
            .until
            .map(|until| until.saturating_duration_since(Instant::now()));
        left.unwrap_or(BUDGET)
    }

    async fn send_now(&self, to: &DestinationName, items: &[Item<'_>]) -> Vec<Sent> {
        let Some(sender) = self.sender(to).await else {
            tracing::warn!(destination = %to, "the configuration defines no such destination any more: what waits is dropped");
            return vec![Sent::NotWanted; items.len()];
        };
        sender.send(items, self.left()).await
    }
}

fn count(sent: &[Sent], wanted: Sent) -> usize {
    sent.iter().filter(|sent| **sent == wanted).count()
}

fn at<'a>(items: &[Item<'a>], places: &[usize]) -> Vec<Item<'a>> {
    let items = places.iter().filter_map(|place| items.get(*place));
    items.copied().collect()
}

/// Whether this is a function in Lambda itself: what runs functions on this machine sets most of Lambda's variables, and not
/// this one.
fn in_lambda() -> bool {
    std::env::var_os("AWS_LAMBDA_INITIALIZATION_TYPE").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn senders() -> (Senders, DestinationName) {
        let config = r#"{"Default": {"ApplicationId": "0123456789abcdef0123456789abcdef"}}"#;
        let config = Config::from_json(config).unwrap();
        let sdk = SdkConfig::builder().build();
        let senders = Senders::new(Arc::new(config), sdk, None);
        (senders, DestinationName::new("hook"))
    }

    #[test]
    fn one_that_refuses_a_few_is_there_and_one_that_refuses_many_is_left_alone() {
        let now = Instant::now();
        for (refused, is_open) in [(1, false), (2, false), (3, true)] {
            let (senders, to) = senders();
            for _ in 0..3 {
                let judged = senders.noted(&to, vec![Sent::Refused; refused], now);
                assert_eq!(judged, vec![Sent::Misconfigured; refused]);
            }
            assert_eq!(senders.breakers.is_open(&to, now), is_open, "{refused}");
        }
    }

    #[test]
    fn refusals_are_believed_with_an_acceptance_and_a_few_soon_after_one() {
        use Sent::{Accepted, Later, Misconfigured, Refused};
        let (senders, to) = senders();
        let begun = Instant::now();
        for (minute, sent, expected) in [
            (0, vec![Refused], vec![Misconfigured]),
            (0, vec![Refused, Later], vec![Misconfigured, Later]),
            (0, vec![Refused, Accepted], vec![Refused, Accepted]),
            (
                9,
                vec![Refused, Later, Refused],
                vec![Refused, Later, Refused],
            ),
            // So many at once: it is how it was asked.
            (9, vec![Refused; 3], vec![Misconfigured; 3]),
            (11, vec![Refused], vec![Misconfigured]),
            (11, vec![Accepted], vec![Accepted]),
            (11, vec![Refused], vec![Refused]),
        ] {
            let now = begun + Duration::from_secs(60 * minute);
            let judged = senders.judged_together(&to, &sent, now);
            assert_eq!(judged, expected, "{minute} {sent:?}");
        }
    }
}
