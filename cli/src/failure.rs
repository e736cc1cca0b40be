//! How a command that did not succeed ends, and what it says then: once, in a sentence, with what to do.

use std::error::Error;
use std::{fmt, io};

use aws::sdk::Trouble;
use pipeline::ports::PortError;

/// How a command that did not succeed ends.
#[derive(Debug)]
pub enum Failure {
    /// It was asked for something that cannot be: exit code 2, nothing done.
    Usage(String),
    /// Something outside failed: exit code 1.
    Outside(String),
    /// Whoever reads the output has enough of it.
    NobodyReads,
}

#[cfg(feature = "account")]
impl Failure {
    /// The same, and something more to say.
    pub fn and(self, more: &str) -> Self {
        match self {
            Self::Usage(problem) => Self::Usage(format!("{problem}; {more}")),
            Self::Outside(problem) => Self::Outside(format!("{problem}; {more}")),
            Self::NobodyReads => Self::NobodyReads,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(problem) | Self::Outside(problem) => f.write_str(problem),
            Self::NobodyReads => Ok(()),
        }
    }
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let error: &(dyn Error + 'static) = &error;
        match error.downcast_ref::<io::Error>() {
            Some(closed) if closed.kind() == io::ErrorKind::BrokenPipe => Self::NobodyReads,
            Some(_) | None => Self::Outside(explained(error)),
        }
    }
}

/// The error in a sentence, and what can be done about it.
pub fn explained(error: &(dyn Error + 'static)) -> String {
    let mut chain = std::iter::successors(Some(error), |error| (**error).source());
    let Some(call) = chain.find_map(|cause| cause.downcast_ref::<PortError>()) else {
        return with_causes(error);
    };
    let tried = format!("{} on {}", call.operation, call.what);
    match Trouble::of(&*call.source) {
        None => call.to_string(),
        Some(Trouble::NotThere) => format!(
            "there is no {}{} in this account and Region ({tried}): look at --stack, --region and --profile; or is it not \
             deployed yet (make deploy)?",
            kind(call.operation),
            call.what
        ),
        Some(Trouble::NotAllowed) => format!(
            "{call}: these credentials may not do this; docs/deployment.md lists what each command needs"
        ),
        Some(Trouble::Expired) => format!(
            "the AWS credentials have expired ({tried}): get new ones, such as with `aws sso login`, and try again"
        ),
        Some(Trouble::NotKnown) => format!(
            "AWS does not take these credentials ({call}): look at --profile, AWS_PROFILE, AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY, at the Region, and at this machine's clock"
        ),
        Some(Trouble::Throttled) => {
            format!("AWS takes no more requests for the moment ({tried}): try again in a minute")
        }
        Some(Trouble::Failed) => {
            format!(
                "AWS failed at {tried}: try again in a minute; https://health.aws.amazon.com says what is known of it"
            )
        }
        Some(Trouble::Unreachable) => format!(
            "AWS cannot be reached ({call}): look at the network, at the Region, and at AWS_ENDPOINT_URL and those for a \
             service, if they are set"
        ),
        Some(Trouble::NotAws) => format!(
            "what answers is not AWS ({tried}): look at AWS_ENDPOINT_URL and those for a service, if they are set, and at \
             HTTPS_PROXY"
        ),
    }
}

/// What an operation works on, with a space after it; nothing where that is not clear.
fn kind(operation: &str) -> &'static str {
    match operation {
        "BatchGetItem" | "DeleteItem" | "DescribeTable" | "GetItem" | "PutItem" | "Query"
        | "Scan" | "TransactWriteItems" | "UpdateItem" => "table ",
        "Invoke"
        | "GetFunctionConfiguration"
        | "GetPolicy"
        | "AddPermission"
        | "RemovePermission"
        | "ListEventSourceMappings" => "function ",
        "DescribeUserPool"
        | "ListUsers"
        | "ListUserPoolClients"
        | "GetUserPoolMfaConfig"
        | "UpdateUserPool" => "user pool ",
        _ => "",
    }
}

/// The error and its causes, as far as it does not tell them itself.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| (**cause).source()) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(operation: &'static str, source: &str, expected: &str) {
        let what = "shop-users".to_owned();
        let source = source.into();
        let error = PortError {
            operation,
            what,
            source,
        };
        assert_eq!(explained(&error), expected);
    }

    #[test]
    fn an_error_is_told_once_with_what_to_do() {
        check(
            "Query",
            "ResourceNotFoundException: Requested resource not found",
            "there is no table shop-users in this account and Region (Query on shop-users): look at --stack, --region and \
             --profile; or is it not deployed yet (make deploy)?",
        );
        check(
            "Query",
            "AccessDeniedException: User: ana is not authorized to perform: dynamodb:Query",
            "Query on shop-users: AccessDeniedException: User: ana is not authorized to perform: dynamodb:Query: these \
             credentials may not do this; docs/deployment.md lists what each command needs",
        );
        check(
            "Query",
            "ExpiredTokenException: The security token included in the request is expired",
            "the AWS credentials have expired (Query on shop-users): get new ones, such as with `aws sso login`, and try \
             again",
        );
        check(
            "Query",
            "ThrottlingException: Rate exceeded",
            "AWS takes no more requests for the moment (Query on shop-users): try again in a minute",
        );
        check(
            "Query",
            "ValidationException: no key",
            "Query on shop-users: ValidationException: no key",
        );
    }

    #[test]
    fn what_no_sdk_says_is_told_as_it_is() {
        let error = io::Error::other("the disk is full");
        assert_eq!(explained(&error), "the disk is full");
    }
}
