//! What a version of a layer holds: Lambda says where it can be downloaded.

use std::time::Duration;

use aws::sdk::port_error;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::ByteStream;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use pipeline::ports::PortError;

use super::archive;

/// The operation that is reported where it fails.
const GET: &str = "GetLayerVersionByArn";

/// How long the download may stall.
const PATIENCE: Duration = Duration::from_secs(10);

/// A file of a layer's version; `None` if it has none of this name.
///
/// # Errors
///
/// If the layer cannot be read.
pub async fn file(client: &Client, layer: &str, name: &str) -> Result<Option<Vec<u8>>, PortError> {
    let got = client.get_layer_version_by_arn().arn(layer).send().await;
    let got = got.map_err(|error| port_error(GET, layer, error))?;
    let address = got.content.and_then(|content| content.location);
    let content = download(layer, &address.unwrap_or_default()).await?;
    archive::file(&content, name).map_err(|error| port_error(GET, layer, error))
}

/// What is at an address that is signed already, and so is a secret itself.
async fn download(layer: &str, address: &str) -> Result<Vec<u8>, PortError> {
    let request = HttpRequest::get(address).map_err(|error| port_error(GET, layer, error))?;
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(PATIENCE)
        .read_timeout(PATIENCE)
        .build();
    let connector = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .connector_settings(settings)
        .build();
    let answer = connector.call(request).await;
    let answer = answer.map_err(|error| port_error(GET, layer, error))?;
    if !answer.status().is_success() {
        let status = format!("its content: HTTP status {}", answer.status().as_u16());
        return Err(port_error(GET, layer, std::io::Error::other(status)));
    }
    let content = ByteStream::new(answer.into_body()).collect().await;
    let content = content.map_err(|error| port_error(GET, layer, error))?;
    Ok(content.to_vec())
}
