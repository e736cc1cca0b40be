//! The ways to the destinations.

use std::collections::BTreeSet;
use std::time::Duration;

use admin::cloudwatch::Metric;
use admin::delivery::{Queues, destination_of, queue_name};
use admin::functions::{DELIVER_EVENTS, EventSourceMapping, PUBLISH_EVENTS};
use aws::sdk::SdkConfig;
use config::Config;

use super::{Deployed, Figures, Looked, Observed};

/// How far back the age of the oldest message is looked at.
const JUST_NOW: Duration = Duration::from_secs(10 * 60);

/// A way to a destination.
pub struct Delivery {
    /// The destination's name.
    pub destination: String,
    /// About how many messages are in its queue; `None` if there is no such queue.
    pub messages: Observed<Option<u64>>,
    /// How old the oldest of them was just now, at most (seconds).
    pub oldest: Observed<Option<f64>>,
    /// What leads from the queue to deliver-events.
    pub mapping: Option<EventSourceMapping>,
}

/// The names of the destinations that the configuration of publish-events names; `None` if that could not be read.
pub fn configured(functions: &Looked) -> Option<BTreeSet<String>> {
    let (_, looked) = functions.iter().find(|(name, _)| *name == PUBLISH_EVENTS)?;
    let deployed: &Deployed = looked.as_ref().ok()?.as_ref()?;
    let read = deployed.configuration.as_ref()?.as_ref().ok()?;
    read.as_ref().ok().map(destinations)
}

/// The names of the destinations that a configuration names.
pub fn destinations(config: &Config) -> BTreeSet<String> {
    let all = config.all().flat_map(|(_, client)| &client.destinations);
    all.map(|destination| destination.to_string()).collect()
}

impl Figures<'_> {
    pub(super) async fn deliveries(
        &self,
        sdk: &SdkConfig,
        functions: &Looked,
    ) -> Observed<Vec<Delivery>> {
        let delivers = functions.iter().find(|(name, _)| *name == DELIVER_EVENTS);
        // Of a function that is not there, Lambda lists no mappings.
        let mappings = match delivers {
            None | Some((_, Ok(None))) => Vec::new(),
            Some(_) => self.functions.event_source_mappings(DELIVER_EVENTS).await?,
        };
        let mapping_of = |destination: &str| {
            let of = |mapping: &&EventSourceMapping| {
                destination_of(self.stack, &mapping.source) == Some(destination)
            };
            mappings.iter().find(of).cloned()
        };
        let mapped = mappings
            .iter()
            .filter_map(|it| destination_of(self.stack, &it.source));
        let mut names = configured(functions).unwrap_or_default();
        names.extend(mapped.map(str::to_owned));
        let queues = Queues::new(sdk);
        let mut all = Vec::new();
        for destination in names {
            let queue = queue_name(self.stack, &destination);
            all.push(Delivery {
                messages: queues.messages(&queue).await,
                oldest: self.oldest(&queue).await,
                mapping: mapping_of(&destination),
                destination,
            });
        }
        Ok(all)
    }

    /// The larger of two ages, as the stack's alarms have it: SQS's may pass over a message that was received more than three
    /// times, and that of deliver-events knows only what it was handed.
    async fn oldest(&self, queue: &str) -> Observed<Option<f64>> {
        let waiting = Metric {
            namespace: "AWS/SQS",
            name: "ApproximateAgeOfOldestMessage",
            dimension: Some(("QueueName", queue)),
        };
        let handed = Metric {
            namespace: self.stack,
            name: "OldestMessageAge",
            dimension: Some(("Queue", queue)),
        };
        let waiting = self.cloudwatch.maximum(waiting, JUST_NOW).await?;
        let handed = self.cloudwatch.maximum(handed, JUST_NOW).await?;
        Ok(waiting.into_iter().chain(handed).reduce(f64::max))
    }
}
