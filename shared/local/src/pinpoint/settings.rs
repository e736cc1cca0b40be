//! How an update changes an application's settings. Pure.

use super::app_wire::{
    ApplicationResponse, ApplicationSettings, ApplicationSettingsUpdate, CampaignHook,
    CampaignLimits, QuietTime,
};
use super::received::Received;
use super::timestamp::Timestamp;

impl ApplicationSettings {
    /// The settings of an application for which none were made.
    pub(super) fn initial(app: ApplicationResponse) -> Self {
        Self {
            application_id: app.id,
            campaign_hook: CampaignHook::default(),
            last_modified_date: app.creation_date,
            limits: CampaignLimits::default(),
            quiet_time: QuietTime::default(),
            journey_limits: None,
        }
    }

    /// The settings after `update`. A member is replaced whole, and what the update does not say stays: clients
    /// such as Terraform's provider send only the members that have changed.
    pub(super) fn updated(self, update: ApplicationSettingsUpdate, received: &Received) -> Self {
        Self {
            application_id: self.application_id,
            campaign_hook: update.campaign_hook.unwrap_or(self.campaign_hook),
            last_modified_date: Timestamp::at(received.at),
            limits: update.limits.unwrap_or(self.limits),
            quiet_time: update.quiet_time.unwrap_or(self.quiet_time),
            journey_limits: update.journey_limits.or(self.journey_limits),
        }
    }
}
