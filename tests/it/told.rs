//! What a command says of an AWS that is not as it should be: once, in a sentence, with what to do.

use std::process::Command;

use crate::support::command::{cognito_pinpoint, errors_of, in_account};
use crate::support::misbehaving::{Conduct, Misbehaving, answer, refusing};

/// What a command says that must fail.
async fn told(mut command: Command) -> String {
    let output = tokio::task::block_in_place(|| command.output().unwrap());
    assert_eq!(output.status.code(), Some(1), "{command:?}");
    assert!(output.stdout.is_empty(), "{command:?}");
    errors_of(&output)
}

/// What `metrics` says of an account at this address.
async fn told_at(url: &str) -> String {
    let mut metrics = in_account(url);
    metrics.arg("metrics");
    told(metrics).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_refuses_is_told_in_a_sentence() {
    let page = answer(
        "502 Bad Gateway",
        "text/html",
        "<html>a long page of a proxy</html>",
    );
    for (conduct, expected) in [
        (
            Conduct::error("400 Bad Request", "ResourceNotFoundException"),
            "there is no table cognito-pinpoint-metrics in this account and Region (Query on cognito-pinpoint-metrics): look at \
             --stack, --region and --profile; or is it not deployed yet (make deploy)?",
        ),
        (
            Conduct::error("400 Bad Request", "ExpiredTokenException"),
            "the AWS credentials have expired (Query on cognito-pinpoint-metrics): get new ones, such as with `aws sso \
             login`, and try again",
        ),
        (
            Conduct::error("400 Bad Request", "UnrecognizedClientException"),
            "AWS does not take these credentials (Query on cognito-pinpoint-metrics: UnrecognizedClientException: so it is \
             told): look at --profile, AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, at the Region, and at this \
             machine's clock",
        ),
        (
            Conduct::error("400 Bad Request", "ThrottlingException"),
            "AWS takes no more requests for the moment (Query on cognito-pinpoint-metrics): try again in a minute",
        ),
        (
            Conduct::error("400 Bad Request", "AccessDeniedException"),
            "Query on cognito-pinpoint-metrics: AccessDeniedException: so it is told: these credentials may not do this; \
             docs/deployment.md lists what each command needs",
        ),
        (
            Conduct::Say(page),
            "what answers is not AWS (Query on cognito-pinpoint-metrics): look at AWS_ENDPOINT_URL and those for a service, \
             if they are set, and at HTTPS_PROXY",
        ),
        (
            Conduct::answer("200 OK", "rubbish"),
            "what answers is not AWS (Query on cognito-pinpoint-metrics): look at AWS_ENDPOINT_URL and those for a service, \
             if they are set, and at HTTPS_PROXY",
        ),
    ] {
        let server = Misbehaving::always(conduct.clone()).await;
        let said = told_at(&server.url()).await;
        assert_eq!(said, format!("error: {expected}\n"), "{conduct:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_at_which_nothing_listens_is_told() {
    let said = told_at(&refusing()).await;
    assert!(
        said.starts_with("error: AWS cannot be reached (Query on cognito-pinpoint-metrics: "),
        "{said}"
    );
    assert!(said.contains("AWS_ENDPOINT_URL"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_not_there_is_told() {
    let mut metrics = cognito_pinpoint();
    metrics.args(["metrics", "--profile", "nowhere", "--region", "eu-west-1"]);
    let home = tempfile::tempdir().unwrap();
    metrics.env("HOME", home.path());
    metrics.env("AWS_EC2_METADATA_DISABLED", "true");
    let said = told(metrics).await;
    assert!(said.starts_with("error: the profile nowhere "), "{said}");
    assert!(said.contains("aws configure list-profiles"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
