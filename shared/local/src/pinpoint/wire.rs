//! Pinpoint's JSON of events and endpoints: what its requests hold, and its endpoint. Member names and types are those of the
//! service's published model (API version 2016-12-01); members that are not in it are passed over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Number;
use serde_json::value::RawValue;

use super::timestamp::Timestamp;

/// Attributes of an endpoint or a user: a list of values by name.
pub(super) type Lists = BTreeMap<String, Vec<String>>;

/// Metrics by name, as they were written.
pub(super) type Metrics = BTreeMap<String, Number>;

/// The body of PutEvents. Items stay unread, so that a bad one does not spoil the others.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventsRequest<'a> {
    #[serde(borrow)]
    pub(super) batch_item: BTreeMap<String, &'a RawValue>,
}

/// What PutEvents says of one endpoint.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventsBatch<'a> {
    #[serde(borrow)]
    pub(super) endpoint: &'a RawValue,
    #[serde(borrow)]
    pub(super) events: BTreeMap<String, &'a RawValue>,
}

/// An event.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Event {
    pub(super) event_type: String,
    pub(super) timestamp: Timestamp,
    pub(super) attributes: Option<BTreeMap<String, String>>,
    pub(super) metrics: Option<Metrics>,
    pub(super) session: Option<Session>,
    pub(super) app_package_name: Option<String>,
    pub(super) app_title: Option<String>,
    pub(super) app_version_code: Option<String>,
    pub(super) client_sdk_version: Option<String>,
    pub(super) sdk_name: Option<String>,
}

/// The session in which an event took place.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) start_timestamp: Timestamp,
    pub(super) stop_timestamp: Option<Timestamp>,
}

/// The body of UpdateEndpointsBatch.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EndpointBatchRequest {
    pub(super) item: Vec<EndpointBatchItem>,
}

/// One endpoint of UpdateEndpointsBatch.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EndpointBatchItem {
    pub(super) id: Option<String>,
    #[serde(flatten)]
    pub(super) update: EndpointUpdate,
}

/// The body of UpdateEndpoint, and the `Endpoint` of PutEvents: what is absent stays as it is.
#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EndpointUpdate {
    pub(super) address: Option<String>,
    pub(super) attributes: Option<Lists>,
    pub(super) channel_type: Option<ChannelType>,
    pub(super) demographic: Option<Demographic>,
    pub(super) effective_date: Option<Timestamp>,
    pub(super) endpoint_status: Option<EndpointStatus>,
    pub(super) location: Option<Location>,
    pub(super) metrics: Option<Metrics>,
    pub(super) opt_out: Option<OptOut>,
    pub(super) request_id: Option<String>,
    pub(super) user: Option<UserUpdate>,
}

/// The `User` of an [`EndpointUpdate`].
#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct UserUpdate {
    pub(super) user_id: Option<String>,
    pub(super) user_attributes: Option<Lists>,
}

/// An endpoint, as GetEndpoint answers it and as the store keeps it. No `Debug`: it holds an address.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Endpoint {
    pub(super) application_id: String,
    pub(super) id: String,
    pub(super) cohort_id: String,
    pub(super) creation_date: Timestamp,
    pub(super) effective_date: Timestamp,
    pub(super) endpoint_status: EndpointStatus,
    pub(super) opt_out: OptOut,
    pub(super) request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) channel_type: Option<ChannelType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) demographic: Option<Demographic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<Location>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: Lists,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) metrics: Metrics,
    #[serde(default, skip_serializing_if = "User::is_nobody")]
    pub(super) user: User,
}

/// Whose endpoint it is. The attributes are the user's: all endpoints of the user share them.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct User {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_id: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) user_attributes: Lists,
}

impl User {
    fn is_nobody(&self) -> bool {
        self.user_id.is_none() && self.user_attributes.is_empty()
    }
}

/// What device it is.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Demographic {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) app_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) make: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) platform_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timezone: Option<String>,
}

/// Where it is.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) latitude: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) longitude: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
}

/// Whether messages go to the endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Debug)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum EndpointStatus {
    Active,
    Inactive,
}

/// What the user does not want: all messages, or none of them (so the user wants them).
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Debug)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum OptOut {
    All,
    None,
}

/// The channel of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Debug)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ChannelType {
    Push,
    Gcm,
    Apns,
    ApnsSandbox,
    ApnsVoip,
    ApnsVoipSandbox,
    Adm,
    Sms,
    Voice,
    Email,
    Baidu,
    Custom,
    InApp,
}

/// What PutEvents answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventsResponse {
    pub(super) results: BTreeMap<String, ItemResponse>,
}

/// What PutEvents answers of one endpoint and its events.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ItemResponse {
    pub(super) endpoint_item_response: ItemStatus,
    pub(super) events_item_response: BTreeMap<String, ItemStatus>,
}

/// What became of one endpoint or event.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ItemStatus {
    pub(super) status_code: u16,
    pub(super) message: String,
}

impl ItemStatus {
    pub(super) fn accepted() -> Self {
        Self {
            status_code: 202,
            message: "Accepted".to_owned(),
        }
    }

    pub(super) fn rejected(why: &impl ToString) -> Self {
        Self {
            status_code: 400,
            message: why.to_string(),
        }
    }
}

/// A list of endpoints.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EndpointsResponse {
    pub(super) item: Vec<Endpoint>,
}

/// What UpdateEndpoint and UpdateEndpointsBatch answer, and every error.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MessageBody {
    pub(super) message: String,
    #[serde(rename = "RequestID")]
    pub(super) request_id: String,
}
