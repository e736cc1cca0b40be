//! A Pinpoint application id: what names an analytics project.

use domain::ids::ProjectId;

/// Of an application id, in characters.
pub(super) const LENGTH: usize = 32;

/// Reads a Pinpoint application id. Pinpoint's own are in lower case; Cognito takes either, so upper case is
/// made lower.
///
/// # Errors
///
/// What is wrong with it.
pub fn application_id(text: &str) -> Result<ProjectId, String> {
    const FORM: &str = "a Pinpoint application id is 32 hexadecimal characters";
    match text.chars().count() {
        LENGTH if text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Ok(ProjectId::new(text.to_ascii_lowercase()))
        }
        LENGTH => Err(format!("has characters other than 0-9 and a-f; {FORM}")),
        1 => Err(format!("is 1 character long; {FORM}")),
        length => Err(format!("is {length} characters long; {FORM}")),
    }
}
