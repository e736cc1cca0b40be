//! Erasing endpoints: opted out, inactive, and emptied of all that was ever sent of them. With
//! UpdateEndpoint, since the role that Cognito's documents describe may not delete. Where it may read,
//! an endpoint is looked at first: one under an id of the app's own may be another user's by now.

use aws_sdk_pinpoint::Client;
use aws_sdk_pinpoint::types::EndpointResponse;
use domain::auth_event::UserKey;
use domain::endpoint::{OwnedEndpoint, OwnedKind};
use domain::ids::Sub;
use pipeline::ports::{EndpointErased, EndpointErasure, PortError};

use super::PinpointDestination;
use super::reply::{self, Judgement};
use super::request::{self, Address};
use aws::sdk::{describe, port_error};

/// What reading an endpoint tells.
enum Read {
    /// It is there.
    Endpoint(Box<EndpointResponse>),
    /// It is not.
    NotThere,
    /// The role may not look.
    Forbidden,
}

impl EndpointErasure for PinpointDestination {
    /// Where the project's configuration sends nothing to Pinpoint, there is nothing to erase.
    async fn erase_endpoint(
        &self,
        user: &UserKey,
        endpoint: &OwnedEndpoint,
    ) -> Result<EndpointErased, PortError> {
        let route = match self.routes.of_project(user) {
            Ok(Some(route)) => route,
            Ok(None) => return Ok(EndpointErased::Nothing),
            Err(why) => return Ok(EndpointErased::Left(why)),
        };
        let client = self.routes.client(&route).await;
        let read = read(&client, user, endpoint).await?;
        let (Some(sub), false) = (user.sub(), matches!(read, Read::NotThere)) else {
            return Ok(EndpointErased::Nothing);
        };
        match (endpoint.kind, &read) {
            (OwnedKind::AppDevice, Read::Endpoint(known)) if !is_of(known, sub) => {
                Ok(EndpointErased::Nothing)
            }
            (OwnedKind::AppDevice, Read::Forbidden) => Ok(EndpointErased::Left(
                "the role may not call GetEndpoint, and it may be another user's by now".to_owned(),
            )),
            (
                OwnedKind::Contact(_) | OwnedKind::Device | OwnedKind::AppDevice,
                Read::Endpoint(_) | Read::Forbidden | Read::NotThere,
            ) => self.empty(&client, (user, endpoint), read).await,
        }
    }
}

impl PinpointDestination {
    async fn empty(
        &self,
        client: &Client,
        (user, endpoint): (&UserKey, &OwnedEndpoint),
        read: Read,
    ) -> Result<EndpointErased, PortError> {
        let mut attributes = self.routes.user_attributes(user);
        let mut address = match endpoint.kind {
            OwnedKind::Contact(_) => Address::Sent,
            OwnedKind::Device | OwnedKind::AppDevice => Address::Never,
        };
        if let Read::Endpoint(known) = read {
            let known_attributes = known.user.and_then(|user| user.user_attributes);
            attributes.extend(known_attributes.unwrap_or_default().into_keys());
            if known.address.is_some() {
                address = Address::Sent;
            }
        }
        let call = client
            .update_endpoint()
            .application_id(user.project.as_str())
            .endpoint_id(endpoint.id.as_str())
            .endpoint_request(request::erased(endpoint.kind, &attributes, address));
        let updated = call.send().await;
        match (reply::judge(&updated), updated) {
            (Judgement::Accepted, _) => Ok(EndpointErased::Done),
            (Judgement::Misconfigured(404), _) => Ok(EndpointErased::Nothing),
            (Judgement::Refused(status) | Judgement::Misconfigured(status), _) => {
                let why = format!("Pinpoint refuses UpdateEndpoint with {status}");
                Ok(EndpointErased::Left(why))
            }
            (Judgement::Later, Err(error)) => {
                Err(port_error("UpdateEndpoint", endpoint.id.as_str(), error))
            }
            (Judgement::Later, Ok(_)) => {
                Ok(EndpointErased::Left("Pinpoint gave no answer".to_owned()))
            }
        }
    }
}

async fn read(
    client: &Client,
    user: &UserKey,
    endpoint: &OwnedEndpoint,
) -> Result<Read, PortError> {
    let call = client
        .get_endpoint()
        .application_id(user.project.as_str())
        .endpoint_id(endpoint.id.as_str());
    let got = call.send().await;
    match (reply::judge(&got), got) {
        (_, Ok(got)) => Ok(got
            .endpoint_response
            .map_or(Read::NotThere, |known| Read::Endpoint(Box::new(known)))),
        (Judgement::Misconfigured(404), Err(_)) => Ok(Read::NotThere),
        (Judgement::Refused(_) | Judgement::Misconfigured(_), Err(error)) => {
            tracing::debug!(error = describe(&error), "an endpoint cannot be looked at");
            Ok(Read::Forbidden)
        }
        (Judgement::Accepted | Judgement::Later, Err(error)) => {
            Err(port_error("GetEndpoint", endpoint.id.as_str(), error))
        }
    }
}

fn is_of(endpoint: &EndpointResponse, sub: &Sub) -> bool {
    let user = endpoint.user().and_then(|user| user.user_id());
    user == Some(sub.as_str())
}
