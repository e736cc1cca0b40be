//! How an update changes an endpoint. Pure.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::limits::{self, Rejection};
use super::received::Received;
use super::timestamp::Timestamp;
use super::wire::{
    Demographic, Endpoint, EndpointStatus, EndpointUpdate, Lists, Location, OptOut, User,
    UserUpdate,
};

/// Makes an endpoint's cohort follow from its name.
const COHORTS: Uuid = Uuid::from_u128(0x4a51_9b07_66f0_4d0e_8c1d_b9a2_0e6f_73c5);

impl EndpointUpdate {
    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The user whom the endpoint joins with the update: not the one it belongs to already.
    pub(super) fn user_joined(&self, known: &Endpoint) -> Option<&str> {
        let user = self.user.as_ref()?.user_id.as_deref()?;
        Some(user).filter(|user| !user.is_empty() && known.user.user_id.as_deref() != Some(*user))
    }
}

/// What an update comes to.
pub(super) struct Decision {
    /// The endpoint afterwards.
    pub(super) endpoint: Endpoint,
    /// Another endpoint of the user, retired to make room.
    pub(super) retired: Option<Endpoint>,
    /// Whether other endpoints with its address are INACTIVE from now on.
    pub(super) takes_address_over: bool,
    /// Whether the user's other endpoints get its user attributes.
    pub(super) shares_attributes: bool,
}

impl Decision {
    /// Decides an update of `known`, which joins a user with these `others`, or no user if there are none.
    ///
    /// # Errors
    ///
    /// If the endpoint would not be within Pinpoint's limits.
    pub(super) fn of(
        known: Endpoint,
        others: Vec<Endpoint>,
        update: EndpointUpdate,
        received: &Received,
    ) -> Result<Self, Rejection> {
        let takes_address_over = update.address.is_some();
        let shares_attributes = update
            .user
            .as_ref()
            .is_some_and(|user| user.user_attributes.is_some());
        let shared = others
            .first()
            .map(|other| other.user.user_attributes.clone());
        let endpoint = known.updated(update, shared, received);
        limits::check_endpoint(&endpoint)?;
        let retired = make_room(&endpoint, others)?;
        Ok(Self {
            endpoint,
            retired,
            takes_address_over,
            shares_attributes,
        })
    }
}

/// Which of the user's `others` goes when the endpoint comes, as it will be then.
fn make_room(endpoint: &Endpoint, others: Vec<Endpoint>) -> Result<Option<Endpoint>, Rejection> {
    if others.len() < limits::ENDPOINTS_OF_USER {
        return Ok(None);
    }
    others
        .into_iter()
        .filter(|_| limits::retires_the_oldest(endpoint.channel_type))
        .filter(|other| limits::retires_the_oldest(other.channel_type))
        .min_by_key(|other| other.effective_date.milliseconds())
        .map(|oldest| Some(oldest.retired()))
        .ok_or(Rejection::EndpointsOfUser)
}

impl Endpoint {
    /// An endpoint of which nothing is known.
    pub(super) fn bare(app: &str, id: &str, received: &Received) -> Self {
        Self {
            application_id: app.to_owned(),
            id: id.to_owned(),
            cohort_id: cohort(app, id),
            creation_date: Timestamp::at(received.at),
            effective_date: Timestamp::at(received.at),
            endpoint_status: EndpointStatus::Active,
            opt_out: OptOut::None,
            request_id: received.request_id.clone(),
            channel_type: None,
            address: None,
            demographic: None,
            location: None,
            attributes: BTreeMap::new(),
            metrics: BTreeMap::new(),
            user: User::default(),
        }
    }

    /// The endpoint after `update`. What the update does not say stays, but for the status: Pinpoint sets it
    /// to ACTIVE with every update that does not set it. An empty address takes the address away. `shared` are
    /// the attributes of the user whom it joins.
    fn updated(
        mut self,
        update: EndpointUpdate,
        shared: Option<Lists>,
        received: &Received,
    ) -> Self {
        self.request_id = update
            .request_id
            .unwrap_or_else(|| received.request_id.clone());
        self.effective_date = update
            .effective_date
            .unwrap_or_else(|| Timestamp::at(received.at));
        self.endpoint_status = update.endpoint_status.unwrap_or(EndpointStatus::Active);
        self.opt_out = update.opt_out.unwrap_or(self.opt_out);
        self.channel_type = update.channel_type.or(self.channel_type);
        self.address = update
            .address
            .or(self.address)
            .filter(|address| !address.is_empty());
        self.demographic = merge_demographic(self.demographic, update.demographic);
        self.location = merge_location(self.location, update.location);
        merge_lists(&mut self.attributes, update.attributes.unwrap_or_default());
        self.metrics.extend(update.metrics.unwrap_or_default());
        self.user = self.user.updated(update.user.unwrap_or_default(), shared);
        self
    }

    /// Takes the endpoint from its user and out of use, as Pinpoint does with a user's oldest push endpoint.
    fn retired(mut self) -> Self {
        self.endpoint_status = EndpointStatus::Inactive;
        self.user = User::default();
        self
    }
}

impl User {
    /// Another user brings other attributes; the first one takes those that were there. An empty id takes the
    /// user away.
    fn updated(self, update: UserUpdate, shared: Option<Lists>) -> Self {
        let moved = update.user_id.is_some() && update.user_id != self.user_id;
        let kept = if moved && self.user_id.is_some() {
            Lists::new()
        } else {
            self.user_attributes
        };
        let mut user_attributes = shared.unwrap_or(kept);
        merge_lists(
            &mut user_attributes,
            update.user_attributes.unwrap_or_default(),
        );
        let user_id = update.user_id.or(self.user_id).filter(|id| !id.is_empty());
        Self {
            user_id,
            user_attributes,
        }
    }
}

/// A list replaces the list of its name; an empty one removes the name.
fn merge_lists(lists: &mut Lists, update: Lists) {
    for (name, values) in update {
        if values.is_empty() {
            lists.remove(&name);
        } else {
            lists.insert(name, values);
        }
    }
}

fn merge_demographic(
    known: Option<Demographic>,
    update: Option<Demographic>,
) -> Option<Demographic> {
    let (known, update) = match (known, update) {
        (Some(known), Some(update)) => (known, update),
        (known, update) => return update.or(known),
    };
    Some(Demographic {
        app_version: update.app_version.or(known.app_version),
        locale: update.locale.or(known.locale),
        make: update.make.or(known.make),
        model: update.model.or(known.model),
        model_version: update.model_version.or(known.model_version),
        platform: update.platform.or(known.platform),
        platform_version: update.platform_version.or(known.platform_version),
        timezone: update.timezone.or(known.timezone),
    })
}

fn merge_location(known: Option<Location>, update: Option<Location>) -> Option<Location> {
    let (known, update) = match (known, update) {
        (Some(known), Some(update)) => (known, update),
        (known, update) => return update.or(known),
    };
    Some(Location {
        city: update.city.or(known.city),
        country: update.country.or(known.country),
        latitude: update.latitude.or(known.latitude),
        longitude: update.longitude.or(known.longitude),
        postal_code: update.postal_code.or(known.postal_code),
        region: update.region.or(known.region),
    })
}

/// A number from 0 to 99, the same for the same endpoint.
fn cohort(app: &str, id: &str) -> String {
    let name = format!("{app}/{}", id.to_lowercase());
    (Uuid::new_v5(&COHORTS, name.as_bytes()).as_u128() % 100).to_string()
}
