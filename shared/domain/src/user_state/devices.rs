//! The device endpoints of a user that destinations know.

use crate::auth_event::UserKey;
use crate::endpoint::{DeviceEndpoint, Fingerprint, app_endpoint_id, device_endpoint_id};
use crate::ids::EndpointId;
use crate::metadata::Demographic;

/// Pinpoint keeps 15 endpoints a user; two are for the contact endpoints and one is our own.
const MOST_APP_ENDPOINTS: usize = 12;

/// What destinations have been told.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct KnownDevices {
    /// What was last told of the user's own device endpoint.
    pub own: Option<Fingerprint>,
    /// The endpoints whose ids the apps chose.
    pub apps: Vec<EndpointId>,
}

impl KnownDevices {
    /// The endpoint of an event, and what is to be told of it.
    ///
    /// An app's own endpoint may pass from one user to another on the same device, so what it is is
    /// told every time.
    pub(super) fn endpoint(
        &mut self,
        user: &UserKey,
        app_id: Option<&str>,
        demographic: Demographic,
    ) -> (EndpointId, Option<DeviceEndpoint>) {
        if user.sub().is_none() {
            return (device_endpoint_id(user), None);
        }
        let device = DeviceEndpoint {
            user: user.sub().cloned(),
            demographic,
        };
        match app_id.and_then(app_endpoint_id).filter(|id| self.admit(id)) {
            Some(id) => (id, Some(device)),
            None => (device_endpoint_id(user), self.news(device)),
        }
    }

    fn admit(&mut self, id: &EndpointId) -> bool {
        let known = self.apps.contains(id);
        let admitted = known || self.apps.len() < MOST_APP_ENDPOINTS;
        if admitted && !known {
            self.apps.push(id.clone());
        }
        admitted
    }

    /// The content of the user's own endpoint, if it says anything new.
    fn news(&mut self, device: DeviceEndpoint) -> Option<DeviceEndpoint> {
        let fingerprint = device.fingerprint();
        let nothing_said = device.demographic.is_empty() && self.own.is_some();
        if nothing_said || self.own == Some(fingerprint) {
            return None;
        }
        self.own = Some(fingerprint);
        Some(device)
    }
}
