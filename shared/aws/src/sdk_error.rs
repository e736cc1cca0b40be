//! What an SDK's error says: in words, never as a dump of the SDK's own structures, and as one of a few troubles
//! that somebody can do something about.

use std::error::Error;

use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::error::ErrorMetadata;

/// Of a failure's description (characters). It holds the whole reply, which may be a proxy's long
/// page, and a log line that is too long for CloudWatch Logs is cut: also one with a spilled event.
const LONGEST_DESCRIPTION: usize = 1_000;

/// What an SDK says itself of an answer that is an error.
const SERVICE_ERROR: &str = "service error";

/// Why a call failed, where somebody can do something about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// What was asked for is not there.
    NotThere,
    /// The credentials may not do it.
    NotAllowed,
    /// The credentials are too old.
    Expired,
    /// The credentials are not AWS's, or not those of this Region or partition.
    NotKnown,
    /// Too much is asked for at once.
    Throttled,
    /// The service failed.
    Failed,
    /// Nothing answered, or not in time.
    Unreachable,
    /// What answered is no service of AWS.
    NotAws,
}

impl Trouble {
    /// The trouble that an error, or one of its causes, is.
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let chain = || std::iter::successors(Some(error), |error| (**error).source());
        chain()
            .find_map(|cause| Self::of_code(&code(cause)?))
            .or_else(|| chain().find_map(Self::of_transport))
    }

    /// That of an error's code, such as `ThrottlingException`.
    fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "ResourceNotFoundException" | "NotFoundException" => Self::NotThere,
            "AccessDeniedException" | "AccessDenied" | "NotAuthorizedException" => Self::NotAllowed,
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => Self::Expired,
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException" => Self::NotKnown,
            "ThrottlingException"
            | "Throttling"
            | "TooManyRequestsException"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded" => Self::Throttled,
            "InternalServerError"
            | "InternalFailure"
            | "InternalErrorException"
            | "ServiceException"
            | "ServiceUnavailable" => Self::Failed,
            _ => return None,
        })
    }

    /// That of a call that no service answered. The SDK's own error has a type for each operation: its text tells.
    fn of_transport(cause: &(dyn Error + 'static)) -> Option<Self> {
        if cause.is::<ConnectorError>() {
            return Some(Self::Unreachable);
        }
        match cause.to_string().as_str() {
            "dispatch failure" | "request has timed out" => Some(Self::Unreachable),
            "response error" | "unhandled error" => Some(Self::NotAws),
            _ => None,
        }
    }
}

/// The code of a service's error: its metadata has it, or else its text begins with it.
fn code(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(metadata) = cause.downcast_ref::<ErrorMetadata>() {
        return metadata.code().map(bare);
    }
    let text = cause.to_string();
    let end = text.find([':', ' ', '[']).unwrap_or(text.len());
    text.get(..end).map(bare)
}

/// Without the namespace that some services write before it.
fn bare(code: &str) -> String {
    code.rsplit('#').next().unwrap_or(code).to_owned()
}

/// What went wrong with its causes, short enough to be logged. An SDK error's own text is
/// `service error` and no more, and its causes' are dumps in part.
pub fn describe(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (**error).source());
    let mut parts: Vec<String> = Vec::new();
    for text in causes.filter_map(text) {
        if parts.last() != Some(&text) {
            parts.push(text);
        }
    }
    if parts.len() > 1 && parts.first().is_some_and(|first| first == SERVICE_ERROR) {
        parts.remove(0);
    }
    let mut text = parts.join(": ");
    if text == SERVICE_ERROR {
        text = format!("an answer that is not AWS's{}", status(error));
    }
    if let Some((end, _)) = text.char_indices().nth(LONGEST_DESCRIPTION) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// What one of the causes says for itself; `None` if another says it.
fn text(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(metadata) = cause.downcast_ref::<ErrorMetadata>() {
        let said = [metadata.code(), metadata.message()].into_iter().flatten();
        let said: Vec<&str> = said.collect();
        return (!said.is_empty()).then(|| said.join(": "));
    }
    let text = cause.to_string();
    (!text.starts_with("unhandled error")).then_some(text)
}

/// The HTTP status of the answer, which only the SDK's dump of it has.
fn status(error: &(dyn Error + 'static)) -> String {
    let dump = format!("{error:?}");
    let digits = dump.split("StatusCode(").nth(1);
    let digits = digits.and_then(|rest| rest.split(')').next());
    digits.map_or(String::new(), |digits| format!(" (HTTP status {digits})"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::error::SdkError;
    use aws_sdk_dynamodb::operation::query::QueryError;
    use aws_sdk_dynamodb::types::error::ResourceNotFoundException;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    type Failure = SdkError<QueryError, HttpResponse>;

    fn answered(error: QueryError) -> Failure {
        let status = StatusCode::try_from(502).unwrap();
        SdkError::service_error(error, HttpResponse::new(status, SdkBody::from("<html>")))
    }

    fn unmodelled(code: &str) -> Failure {
        let metadata = ErrorMetadata::builder().code(code).message("as asked");
        answered(QueryError::generic(metadata.build()))
    }

    #[test]
    fn each_error_is_told_in_words_and_its_trouble_is_known() {
        let not_there = ResourceNotFoundException::builder()
            .message("Requested resource not found")
            .build();
        let refused = std::io::Error::other("connection refused");
        let garbled = std::io::Error::other("expected value at line 1");
        let nothing = HttpResponse::new(StatusCode::try_from(200).unwrap(), SdkBody::empty());
        for (error, parts, trouble) in [
            (
                answered(QueryError::ResourceNotFoundException(not_there)),
                "ResourceNotFoundException: Requested resource not found",
                Some(Trouble::NotThere),
            ),
            (
                unmodelled("AccessDeniedException"),
                "AccessDeniedException: as asked",
                Some(Trouble::NotAllowed),
            ),
            (
                unmodelled("com.amazon.coral.service#ExpiredTokenException"),
                "com.amazon.coral.service#ExpiredTokenException: as asked",
                Some(Trouble::Expired),
            ),
            (
                unmodelled("UnrecognizedClientException"),
                "UnrecognizedClientException: as asked",
                Some(Trouble::NotKnown),
            ),
            (
                unmodelled("ThrottlingException"),
                "ThrottlingException: as asked",
                Some(Trouble::Throttled),
            ),
            (
                unmodelled("ValidationException"),
                "ValidationException: as asked",
                None,
            ),
            (
                answered(QueryError::generic(ErrorMetadata::builder().build())),
                "an answer that is not AWS's (HTTP status 502)",
                Some(Trouble::NotAws),
            ),
            (
                SdkError::response_error(garbled, nothing),
                "response error: expected value at line 1",
                Some(Trouble::NotAws),
            ),
            (
                SdkError::dispatch_failure(ConnectorError::io(refused.into())),
                "dispatch failure: io error: connection refused",
                Some(Trouble::Unreachable),
            ),
            (
                SdkError::timeout_error("1 s"),
                "request has timed out: 1 s",
                Some(Trouble::Unreachable),
            ),
        ] {
            assert_eq!(
                (describe(&error).as_str(), Trouble::of(&error)),
                (parts, trouble)
            );
        }
    }
}
