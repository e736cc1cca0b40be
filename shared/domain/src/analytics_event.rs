//! Analytics events: what a destination receives.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::endpoint::DeviceEndpoint;
use crate::ids::{ClientId, EndpointId, EventId};
use crate::metadata::Demographic;

/// One of the three events that Cognito's own integration sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnalyticsEvent {
    /// The id of the auth event that it came from; of a failure, that of its attempt. Delivered
    /// twice, it has the same id.
    pub id: EventId,
    /// What happened.
    pub event_type: AnalyticsEventType,
    /// When it happened; of a failure, when the attempt was made.
    pub time: DateTime<Utc>,
    /// The app client, whose configuration says where to send it.
    pub client: Option<ClientId>,
    /// The endpoint that it belongs to.
    pub endpoint: EndpointId,
    /// What is to be sent of that endpoint; `None` if nothing has changed.
    pub device: Option<DeviceEndpoint>,
    /// What the app said of the device along with this event.
    pub demographic: Demographic,
    /// The app's own attributes.
    pub attributes: BTreeMap<String, String>,
}

/// The types of analytics events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AnalyticsEventType {
    /// A sign-up was confirmed.
    SignUp,
    /// A user signed in.
    SignIn,
    /// An authentication failed.
    AuthFail,
}

impl AnalyticsEventType {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::SignUp, Self::SignIn, Self::AuthFail];

    /// Pinpoint's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignUp => "_userauth.sign_up",
            Self::SignIn => "_userauth.sign_in",
            Self::AuthFail => "_userauth.auth_fail",
        }
    }
}
