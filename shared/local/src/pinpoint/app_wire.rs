//! Pinpoint's JSON of applications, their tags, settings and event streams. Member names and types are those of
//! the service's published model (API version 2016-12-01); members that are not in it are passed over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::timestamp::Timestamp;

/// Tags by key.
pub(super) type Tags = BTreeMap<String, String>;

/// The body of CreateApp.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateApplicationRequest {
    pub(super) name: String,
    #[serde(rename = "tags", default)]
    pub(super) tags: Option<Tags>,
}

/// An application, as it is answered and kept.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ApplicationResponse {
    pub(super) arn: String,
    pub(super) id: String,
    pub(super) name: String,
    #[serde(rename = "tags", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tags: Tags,
    pub(super) creation_date: Timestamp,
}

/// A page of applications.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ApplicationsResponse {
    pub(super) item: Vec<ApplicationResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_token: Option<String>,
}

/// The body of TagResource, and what ListTagsForResource answers.
#[derive(Deserialize, Serialize)]
pub(super) struct TagsModel {
    pub(super) tags: Tags,
}

/// The body of UpdateApplicationSettings: what is absent stays as it is. Its `CloudWatchMetricsEnabled` and
/// `EventTaggingEnabled` are not in the answer, and so are not kept.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ApplicationSettingsUpdate {
    pub(super) campaign_hook: Option<CampaignHook>,
    pub(super) limits: Option<CampaignLimits>,
    pub(super) quiet_time: Option<QuietTime>,
    pub(super) journey_limits: Option<JourneyLimits>,
}

/// An application's settings, as they are answered and kept.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ApplicationSettings {
    pub(super) application_id: String,
    pub(super) campaign_hook: CampaignHook,
    pub(super) last_modified_date: Timestamp,
    pub(super) limits: CampaignLimits,
    pub(super) quiet_time: QuietTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) journey_limits: Option<JourneyLimits>,
}

/// The Lambda function that campaigns call.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct CampaignHook {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lambda_function_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mode: Option<CampaignHookMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) web_url: Option<String>,
}

/// What a campaign calls its function for.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum CampaignHookMode {
    Delivery,
    Filter,
}

/// How much campaigns send.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct CampaignLimits {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) daily: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum_duration: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) messages_per_second: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) total: Option<i32>,
}

/// When nothing is sent, as `HH:MM`.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct QuietTime {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<String>,
}

/// How much journeys send.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct JourneyLimits {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) daily_cap: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timeframe_cap: Option<TimeframeCap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) total_cap: Option<i32>,
}

/// How much journeys send within some days.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TimeframeCap {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cap: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) days: Option<i32>,
}

/// The body of PutEventStream.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WriteEventStream {
    pub(super) destination_stream_arn: String,
    pub(super) role_arn: String,
}

/// Where an application's events would go, as it is answered and kept.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EventStream {
    pub(super) application_id: String,
    pub(super) destination_stream_arn: String,
    pub(super) last_modified_date: Timestamp,
    pub(super) role_arn: String,
}
