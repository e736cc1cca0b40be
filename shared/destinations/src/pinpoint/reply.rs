//! Judging Pinpoint's replies: PutEvents answers 202 for the whole and a status for each endpoint and
//! each event.

use aws_sdk_pinpoint::error::SdkError;
use aws_sdk_pinpoint::operation::put_events::{PutEventsError, PutEventsOutput};
use aws_sdk_pinpoint::types::ItemResponse;
use domain::analytics_event::AnalyticsEvent;
use pipeline::deliver::Sent;

/// The reply to one PutEvents.
pub type PutEvents = Result<PutEventsOutput, SdkError<PutEventsError>>;

/// The end of an item, or the lack of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// Taken.
    Accepted,
    /// Not taken, now or ever, with this status.
    Refused(u16),
    /// Not taken, with this status, until something is mended: the credentials, their rights, or the
    /// project's id.
    Misconfigured(u16),
    /// It may be taken later.
    Later,
}

impl Judgement {
    /// What that is to those who deliver.
    pub fn sent(self) -> Sent {
        match self {
            Self::Accepted => Sent::Accepted,
            Self::Refused(_) => Sent::Refused,
            Self::Misconfigured(_) => Sent::Misconfigured,
            Self::Later => Sent::Later,
        }
    }

    /// The status of what was not taken, other than for now.
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Refused(status) | Self::Misconfigured(status) => Some(status),
            Self::Accepted | Self::Later => None,
        }
    }

    /// 2xx is taken; 429 and 5xx may be taken later; 401, 403 and 404 are no fault of the item's; everything
    /// else is its end.
    fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Accepted,
            401 | 403 | 404 => Self::Misconfigured(status),
            429 | 500..=599 => Self::Later,
            _ => Self::Refused(status),
        }
    }
}

/// Judges each event, in order.
pub fn events(reply: &PutEvents, events: &[&AnalyticsEvent]) -> Vec<Judgement> {
    match reply {
        Ok(output) => events.iter().map(|event| event_in(output, event)).collect(),
        Err(error) => vec![of_error(error); events.len()],
    }
}

/// Whether the request was refused as a whole for what is in it: not valid, or too large.
pub fn blames_content(reply: &PutEvents) -> bool {
    let response = reply.as_ref().err().and_then(SdkError::raw_response);
    response.is_some_and(|response| matches!(response.status().as_u16(), 400 | 413))
}

/// Judges a call as a whole.
pub fn judge<T, E>(reply: &Result<T, SdkError<E>>) -> Judgement {
    match reply {
        Ok(_) => Judgement::Accepted,
        Err(error) => of_error(error),
    }
}

/// An event's own status; if there is none, its endpoint's; an event that the reply passes over may
/// not have been taken. If the endpoint may be taken later, so must the event be: it is what tells of
/// the endpoint.
fn event_in(output: &PutEventsOutput, event: &AnalyticsEvent) -> Judgement {
    let results = output
        .events_response()
        .and_then(|response| response.results());
    let result: Option<&ItemResponse> = results.and_then(|results| {
        let own = results.get(event.endpoint.as_str());
        own.or_else(|| {
            let same = |id: &&String| id.eq_ignore_ascii_case(event.endpoint.as_str());
            results.get(results.keys().find(same)?)
        })
    });
    let own = result
        .and_then(|result| result.events_item_response())
        .and_then(|events| events.get(&event.id.to_string()))
        .and_then(|response| response.status_code());
    let endpoint = result
        .and_then(|result| result.endpoint_item_response())
        .and_then(|response| response.status_code());
    let judged = |status: i32| u16::try_from(status).map_or(Judgement::Later, Judgement::of_status);
    match (own.map(judged), endpoint.map(judged)) {
        (Some(Judgement::Accepted), Some(Judgement::Later)) => Judgement::Later,
        (Some(own), _) => own,
        (None, endpoint) => endpoint.unwrap_or(Judgement::Later),
    }
}

/// Without an answer, or with one that makes no sense, it may be taken later.
fn of_error<E>(error: &SdkError<E>) -> Judgement {
    match error
        .raw_response()
        .map(|response| response.status().as_u16())
    {
        Some(status @ 300..) => Judgement::of_status(status),
        Some(_) | None => Judgement::Later,
    }
}
