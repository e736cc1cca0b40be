//! Where a function's configuration comes from: it travels with the deployment, in the environment where it is
//! small, else in a file. Nothing is asked for at a cold start.

use config::{Config, ConfigFaults};

/// The configuration itself.
pub const INLINE: &str = "ANALYTICS_CONFIG";
/// The path of a file that holds it.
pub const FILE: &str = "ANALYTICS_CONFIG_FILE";
/// The file unless another is named: where Lambda unpacks a layer.
pub const LAYER_FILE: &str = "/opt/analytics-config.json";

/// Where Lambda unpacks layers.
const LAYERS: &str = "/opt/";

/// Where a configuration is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfigurationSource {
    /// Here.
    Inline(String),
    /// In a file.
    File(String),
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("the configuration {file} cannot be read: {source}; set {INLINE} or {FILE}")]
    Unreadable {
        /// Its path.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is faulty.
    #[error("the configuration is faulty:\n{0}")]
    Faulty(#[from] ConfigFaults),
}

impl ConfigurationSource {
    /// What the environment says: the first of the two variables that is set and not empty, else
    /// [`LAYER_FILE`].
    pub fn from_environment() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// What these environment variables say.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        match (set(INLINE), set(FILE)) {
            (Some(text), _) => Self::Inline(text),
            (None, Some(file)) => Self::File(file),
            (None, None) => Self::File(LAYER_FILE.to_owned()),
        }
    }

    /// The file's name in a layer, if it is there.
    pub fn in_layer(&self) -> Option<&str> {
        match self {
            Self::Inline(_) => None,
            Self::File(file) => file.strip_prefix(LAYERS),
        }
    }

    /// The configuration, of what was found in a layer under [`Self::in_layer`]'s name.
    ///
    /// # Errors
    ///
    /// If nothing was, or it is faulty.
    pub fn in_found(&self, found: Option<Vec<u8>>) -> Result<Config, ConfigurationError> {
        match (self, found) {
            (Self::Inline(_), _) => self.read(),
            (Self::File(_), Some(text)) => Ok(Config::from_json(&String::from_utf8_lossy(&text))?),
            (Self::File(file), None) => Err(ConfigurationError::Unreadable {
                file: file.clone(),
                source: std::io::Error::other("no layer of the function holds it"),
            }),
        }
    }

    /// Reads the configuration.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is faulty.
    pub fn read(&self) -> Result<Config, ConfigurationError> {
        let text = match self {
            Self::Inline(text) => text.clone(),
            Self::File(file) => {
                std::fs::read_to_string(file).map_err(|source| ConfigurationError::Unreadable {
                    file: file.clone(),
                    source,
                })?
            }
        };
        Ok(Config::from_json(&text)?)
    }
}
