//! No queue: what is to be delivered is delivered at once, before it is committed. For an installation in one process.

use pipeline::deliver::{Deliver, Destinations, Done, deliver};
use pipeline::ports::{EventLog, ForgottenUsers, Outbox, PortError};
use pipeline::route::Message;

/// Delivers what it is given to enqueue.
#[derive(Clone, Debug)]
pub struct Directly<D, L, F> {
    /// Where it goes.
    pub destinations: D,
    /// What a refused endpoint is told to.
    pub log: L,
    /// Who was forgotten.
    pub forgotten: F,
}

impl<D, L, F> Outbox for Directly<D, L, F>
where
    D: Destinations,
    L: EventLog + Sync,
    F: ForgottenUsers,
{
    async fn enqueue(&self, messages: &[&Message]) -> Vec<Result<(), PortError>> {
        let by = Deliver {
            destinations: &self.destinations,
            log: &self.log,
            forgotten: &self.forgotten,
        };
        match deliver(messages, &by).await {
            Ok(delivered) => delivered.done.into_iter().map(result).collect(),
            Err(error) => messages.iter().map(|_| Err(error.copy())).collect(),
        }
    }
}

fn result(done: Done) -> Result<(), PortError> {
    match done {
        Done::Taken => Ok(()),
        Done::Again | Done::Waits => Err(PortError {
            operation: "deliver",
            what: "a destination".to_owned(),
            source: "it takes it later, if at all".into(),
        }),
    }
}
