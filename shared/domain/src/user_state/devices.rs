//! The device endpoints of a user that destinations know.

use crate::auth_event::UserKey;
use crate::endpoint::{DeviceEndpoint, Fingerprint, app_endpoint_id, device_endpoint_id};
use crate::ids::EndpointId;
use crate::metadata::AppMetadata;

/// Pinpoint keeps 15 endpoints a user; two are for the contact endpoints and one is our own.
const MOST_APP_ENDPOINTS: usize = 12;

/// What destinations have been sent.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct KnownDevices {
    /// What was last sent of the user's own device endpoint.
    pub own: Option<Fingerprint>,
    /// The endpoints whose ids the apps chose.
    pub apps: Vec<EndpointId>,
}

impl KnownDevices {
    /// The endpoint of something that the user did, and what is to be sent of it.
    ///
    /// An app's own endpoint may pass from one user to another on the same device, so what it is is
    /// sent every time.
    pub(super) fn endpoint(
        &mut self,
        user: &UserKey,
        metadata: &AppMetadata,
    ) -> (EndpointId, Option<DeviceEndpoint>) {
        match app_id(user, metadata).filter(|id| self.admit(id)) {
            Some(id) => (id, device(user, metadata)),
            None => self.own_endpoint(user, metadata),
        }
    }

    /// The endpoint of a failure. Nothing is sent of one that an app chose: whoever failed may not be
    /// the user, and must not make a device of their own the user's.
    pub(super) fn endpoint_of_failure(
        &mut self,
        user: &UserKey,
        metadata: &AppMetadata,
    ) -> (EndpointId, Option<DeviceEndpoint>) {
        match app_id(user, metadata) {
            Some(id) => (id, None),
            None => self.own_endpoint(user, metadata),
        }
    }

    fn own_endpoint(
        &mut self,
        user: &UserKey,
        metadata: &AppMetadata,
    ) -> (EndpointId, Option<DeviceEndpoint>) {
        let device = device(user, metadata).and_then(|device| self.news(device));
        (device_endpoint_id(user), device)
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

/// The id that the app chose for the user's device. Nobody in particular has none.
fn app_id(user: &UserKey, metadata: &AppMetadata) -> Option<EndpointId> {
    user.sub()?;
    app_endpoint_id(metadata.endpoint_id.as_deref()?)
}

fn device(user: &UserKey, metadata: &AppMetadata) -> Option<DeviceEndpoint> {
    let user = user.sub()?.clone();
    let demographic = metadata.demographic.clone();
    Some(DeviceEndpoint { user, demographic })
}
