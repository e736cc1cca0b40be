//! Erasing endpoints: opted out, inactive, and emptied of all that was ever told of them. With
//! UpdateEndpoint alone, since the role that Cognito's documents describe may not delete.

use domain::auth_event::UserKey;
use domain::endpoint::OwnedEndpoint;
use pipeline::ports::PortError;

use super::{PinpointDestination, request};
use crate::sdk::port_error;

impl PinpointDestination {
    /// Erases the endpoints of a user. Where the project's configuration sends nothing to Pinpoint,
    /// there is nothing to erase.
    ///
    /// # Errors
    ///
    /// If there is no route to the project, or Pinpoint does not take one of them.
    pub async fn erase(
        &self,
        user: &UserKey,
        endpoints: &[OwnedEndpoint],
    ) -> Result<(), PortError> {
        let project = user.project.as_str();
        let route = self.routes.of(user, None);
        let route =
            route.map_err(|e| port_error("UpdateEndpoint", project, std::io::Error::other(e)))?;
        let Some(route) = route else { return Ok(()) };
        let client = self.routes.client(&route).await;
        let attributes = self.routes.user_attributes(user);
        for endpoint in endpoints {
            let call = client
                .update_endpoint()
                .application_id(project)
                .endpoint_id(endpoint.id.as_str())
                .endpoint_request(request::erased(endpoint, &attributes));
            let updated = call.send().await;
            updated.map_err(|e| port_error("UpdateEndpoint", endpoint.id.as_str(), e))?;
        }
        Ok(())
    }
}
