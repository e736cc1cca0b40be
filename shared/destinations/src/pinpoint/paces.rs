//! How fast Pinpoint is asked. AWS counts the requests of an account in a Region, whatever app client they are for: so it is a
//! setting of the installation, and not of one client.

use super::routes::Routes;
use crate::restraint::Pace;

/// The environment variables with how many requests a second all environments send together.
const PUT_EVENTS: &str = "PINPOINT_PUT_EVENTS_PER_SECOND";
const UPDATE_ENDPOINT: &str = "PINPOINT_UPDATE_ENDPOINTS_PER_SECOND";

/// What AWS takes of an account unless it has raised that (its published quotas).
const USUAL_PUT_EVENTS: u32 = 15;
const USUAL_UPDATE_ENDPOINT: u32 = 10;
const USUAL_UPDATE_ENDPOINTS_BATCH: u32 = 2;

/// How fast each operation is asked.
#[derive(Debug)]
pub struct Paces {
    pub put_events: Pace,
    pub update_endpoint: Pace,
    pub update_endpoints_batch: Pace,
}

impl Paces {
    /// What the environment says, and else what AWS takes; a server that is not AWS is asked as fast as may be.
    pub fn of(routes: &Routes) -> Self {
        let usual = |rate: u32| routes.are_aws().then_some(rate);
        let of = |variable, rate| Pace::of(said(std::env::var(variable).ok()).or(usual(rate)));
        Self {
            put_events: of(PUT_EVENTS, USUAL_PUT_EVENTS),
            update_endpoint: of(UPDATE_ENDPOINT, USUAL_UPDATE_ENDPOINT),
            update_endpoints_batch: Pace::of(usual(USUAL_UPDATE_ENDPOINTS_BATCH)),
        }
    }
}

/// What a variable says: nothing, if it is 0 or no number.
fn said(value: Option<String>) -> Option<u32> {
    value?.parse().ok().filter(|rate| *rate > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_above_zero() {
        for (value, expected) in [
            (None, None),
            (Some(""), None),
            (Some("0"), None),
            (Some("many"), None),
            (Some("150"), Some(150)),
        ] {
            assert_eq!(said(value.map(str::to_owned)), expected, "{value:?}");
        }
    }
}
