//! The parameters of an address.

use figures::dates::Date;

use super::ApiError;

/// The parameters of an address, decoded, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query.
    ///
    /// # Errors
    ///
    /// If a parameter is none of those that are known: a mistyped one would be an answer to another question.
    pub fn read(query: Option<&str>, known: &[&str]) -> Result<Self, ApiError> {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let pairs: Vec<(String, String)> = pairs.into_owned().collect();
        if pairs
            .iter()
            .any(|(name, _)| !known.contains(&name.as_str()))
        {
            return Err(ApiError::BadRequest {
                code: "unknown_parameter",
                message: format!(
                    "a parameter is none of those that are known here: {}",
                    known.join(", ")
                ),
            });
        }
        Ok(Self(pairs))
    }

    /// The only value of this name, if there is one. An empty one is none.
    ///
    /// # Errors
    ///
    /// If there are several.
    pub fn one(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let mut values = self.all(name);
        let value = values.next().filter(|value| !value.is_empty());
        match values.next() {
            None => Ok(value),
            Some(_) => Err(ApiError::invalid(format!("{name}= is there twice"))),
        }
    }

    /// The only day of this name, if there is one.
    ///
    /// # Errors
    ///
    /// If there are several, or it is none.
    pub fn date(&self, name: &str) -> Result<Option<Date>, ApiError> {
        let date = self.one(name)?.map(Date::parse).transpose();
        date.map_err(|error| ApiError::invalid(format!("{name}: {error}")))
    }

    /// All values of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.0.iter().filter(move |(other, _)| other == name);
        named.map(|(_, value)| value.as_str())
    }
}
