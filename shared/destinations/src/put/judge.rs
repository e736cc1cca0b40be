//! What the errors of AWS mean for what was sent, by their codes, whether a request has them or a record in it.

use pipeline::deliver::Sent;

/// Codes of what somebody must mend: credentials, rights, keys, and names in the configuration.
const MISCONFIGURED: [&str; 28] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccountIdException",
    "InvalidClientTokenId",
    "InvalidKMSResourceException",
    "InvalidSignatureException",
    "InvalidSourceException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "KMSOptInRequired",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "NotAuthorizedException",
    "NotAuthorizedForDetailTypeException",
    "NotAuthorizedForSourceException",
    "OptInRequired",
    "ResourceNotFoundException",
    "SignatureDoesNotMatch",
    "SubscriptionRequiredException",
    "UnauthorizedException",
    "UnrecognizedClientException",
];

/// Codes of what is wrong with what was sent.
const REFUSED: [&str; 7] = [
    "InvalidArgument",
    "InvalidArgumentException",
    "MalformedDetail",
    "RequestEntityTooLargeException",
    "SerializationException",
    "ValidationError",
    "ValidationException",
];

/// What an error means. One that is not known may be over later.
pub fn judge(code: &str) -> Sent {
    if MISCONFIGURED.contains(&code) {
        Sent::Misconfigured
    } else if REFUSED.contains(&code) {
        Sent::Refused
    } else {
        Sent::Later
    }
}
