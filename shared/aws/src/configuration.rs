//! Where the configuration comes from: the environment, a file, or a parameter of SSM, since a
//! function's environment variables hold 4 KB in all.

use aws_config::SdkConfig;
use domain::config::{Config, ConfigFaults};
use pipeline::ports::PortError;

use crate::sdk::{endpoint_from_environment, port_error};

/// The configuration itself.
pub const INLINE: &str = "ANALYTICS_CONFIG";
/// The path of a file that holds it.
pub const FILE: &str = "ANALYTICS_CONFIG_FILE";
/// The name of an SSM parameter that holds it.
pub const PARAMETER: &str = "ANALYTICS_CONFIG_PARAMETER";

/// Where a configuration is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// Here.
    Inline(String),
    /// In a file.
    File(String),
    /// In an SSM parameter of this name.
    Parameter(String),
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// Nothing says where it is.
    #[error("there is no configuration: none of {INLINE}, {FILE} and {PARAMETER} is set")]
    Nowhere,
    /// The file cannot be read.
    #[error("the configuration {file} cannot be read: {source}")]
    Unreadable {
        /// Its path.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The parameter cannot be had: it may be later.
    #[error("the configuration cannot be had: {0}")]
    Unavailable(#[from] PortError),
    /// It is faulty.
    #[error("the configuration is faulty:\n{0}")]
    Faulty(#[from] ConfigFaults),
}

impl ConfigurationError {
    /// If trying again may help.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Nowhere | Self::Unreadable { .. } | Self::Faulty(_) => false,
        }
    }
}

impl Source {
    /// What the environment says: the first of the three that is set and not empty.
    ///
    /// # Errors
    ///
    /// If it says nothing.
    pub fn from_environment() -> Result<Self, ConfigurationError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// What these environment variables say.
    ///
    /// # Errors
    ///
    /// If they say nothing.
    pub fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigurationError> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let inline = set(INLINE).map(Self::Inline);
        let file = || set(FILE).map(Self::File);
        let parameter = || set(PARAMETER).map(Self::Parameter);
        let first = inline.or_else(file).or_else(parameter);
        first.ok_or(ConfigurationError::Nowhere)
    }

    /// Reads the configuration.
    ///
    /// # Errors
    ///
    /// If it cannot be had, or is faulty.
    pub async fn read(&self, sdk: &SdkConfig) -> Result<Config, ConfigurationError> {
        let text = match self {
            Self::Inline(text) => text.clone(),
            Self::File(file) => {
                std::fs::read_to_string(file).map_err(|source| ConfigurationError::Unreadable {
                    file: file.clone(),
                    source,
                })?
            }
            Self::Parameter(name) => parameter(name, sdk).await?,
        };
        Ok(Config::from_json(&text)?)
    }
}

/// The value of an SSM parameter, decrypted if it is a SecureString.
async fn parameter(name: &str, sdk: &SdkConfig) -> Result<String, PortError> {
    let mut config = aws_sdk_ssm::config::Builder::from(sdk);
    if let Some(endpoint) = endpoint_from_environment("SSM") {
        config.set_endpoint_url(Some(endpoint));
    }
    let client = aws_sdk_ssm::Client::from_conf(config.build());
    let got = client
        .get_parameter()
        .name(name)
        .with_decryption(true)
        .send()
        .await;
    let got = got.map_err(|error| port_error("GetParameter", name, error))?;
    let value = got.parameter.and_then(|parameter| parameter.value);
    value.ok_or_else(|| {
        port_error(
            "GetParameter",
            name,
            std::io::Error::other("it has no value"),
        )
    })
}
