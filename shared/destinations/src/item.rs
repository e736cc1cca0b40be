//! What all destinations say of an item, each in its own form.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::analytics_event::AnalyticsEvent;
use domain::auth_event::UserKey;
use domain::endpoint::ContactUpdate;
use domain::metadata::Demographic;
use pipeline::deliver::{Item, What};
use uuid::Uuid;

/// The namespace of endpoint updates' ids, which must stay what it is for duplicates to be recognized.
const UPDATE_NAMESPACE: Uuid = Uuid::from_u128(0x5c1e_9b52_0f6d_4c0a_8f43_2a67_d1c8_b9e4);

/// The id by which duplicates are recognized: the same each time that the item is sent. Of an analytics event, the auth event's.
pub fn id(item: &Item<'_>) -> String {
    match item.what {
        What::Event(event) => event.id.to_string(),
        What::Endpoint(update) => update_id(item.user, update),
    }
}

fn update_id(user: &UserKey, update: &ContactUpdate) -> String {
    let content = update.change.fingerprint(&update.user_attributes);
    let time = update.time.timestamp_millis();
    let parts = format!(
        "{}\u{0}{}\u{0}{time}\u{0}{:032x}",
        user.project, update.endpoint, content.0
    );
    Uuid::new_v5(&UPDATE_NAMESPACE, parts.as_bytes()).to_string()
}

/// What is known of an event's device: what the app said along with it, and where that is silent, what is to be sent of its
/// endpoint.
pub fn demographic(event: &AnalyticsEvent) -> Demographic {
    let said = event.demographic.clone();
    let known = event
        .device
        .as_ref()
        .map(|device| device.demographic.clone());
    let known = known.unwrap_or_default();
    Demographic {
        platform: said.platform.or(known.platform),
        platform_version: said.platform_version.or(known.platform_version),
        app_version: said.app_version.or(known.app_version),
        locale: said.locale.or(known.locale),
        make: said.make.or(known.make),
        model: said.model.or(known.model),
        timezone: said.timezone.or(known.timezone),
    }
}

/// Whether a contact endpoint is in use, in Pinpoint's terms: its status, and what its user has opted out of.
pub fn status(update: &ContactUpdate) -> (&'static str, &'static str) {
    match update.change.address() {
        Some(_) => ("ACTIVE", "NONE"),
        None => ("INACTIVE", "ALL"),
    }
}

/// A time in ISO 8601, with milliseconds.
pub fn iso_8601(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::samples;

    #[test]
    fn an_items_id_is_what_it_always_was() {
        let samples = samples();
        let ids = samples.each_ref().map(|sample| id(&sample.item()));
        let expected = [
            "019b76da-a800-7101-8101-010101010101",
            "019b76da-a800-7202-8202-020202020202",
            "0f0993b5-a1e3-53f6-8ff7-15e302b3cdaf",
            "91e8f677-5670-508a-abe1-ffac0eb313ae",
        ];
        assert_eq!(ids, expected);
    }
}
