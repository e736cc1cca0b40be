//! The two kinds of ARN that a configuration holds.

use super::application_id::application_id;
use crate::region::Region;
use domain::ids::ProjectId;

/// What the ARN of a Pinpoint project says.
pub(super) struct ProjectArn {
    pub(super) project: ProjectId,
    pub(super) region: Region,
}

/// A role that is named by a well-formed ARN.
pub(super) enum RoleArn {
    /// One that others may assume, if it trusts them.
    Assumable(String),
    /// One that belongs to an AWS service, which alone can assume it. Cognito prints its own
    /// beside every `ApplicationArn`.
    ServiceLinked,
}

const PARTITIONS: [&str; 3] = ["aws", "aws-cn", "aws-us-gov"];

const PROJECT_FORM: &str =
    "a Pinpoint project's ARN is arn:aws:mobiletargeting:REGION:ACCOUNT:apps/APPLICATION-ID";

const ROLE_FORM: &str = "a role's ARN is arn:aws:iam::ACCOUNT:role/NAME";

/// Reads `arn:aws:mobiletargeting:us-east-1:111122223333:apps/ID`; the error is the problem's text.
pub(super) fn project_arn(text: &str) -> Result<ProjectArn, String> {
    let arn = Arn::parse(text).ok_or_else(|| format!("is not an ARN; {PROJECT_FORM}"))?;
    if arn.service != "mobiletargeting" {
        return Err(format!(
            "is an ARN of the service {:?}; {PROJECT_FORM}",
            arn.service
        ));
    }
    let Some(id) = arn
        .resource
        .strip_prefix("apps/")
        .filter(|_| arn.has_account())
    else {
        return Err(format!("has not the form of a project's; {PROJECT_FORM}"));
    };
    let region = Region::parse(arn.region).map_err(|_| {
        format!(
            "names the Region {:?}; a Region is written like eu-west-1",
            arn.region
        )
    })?;
    let project = application_id(id).map_err(|problem| format!("has an id that {problem}"))?;
    Ok(ProjectArn { project, region })
}

/// Reads `arn:aws:iam::111122223333:role/path/name`; the error is the problem's text.
pub(super) fn role_arn(text: &str) -> Result<RoleArn, String> {
    let arn = Arn::parse(text).ok_or_else(|| format!("is not an ARN; {ROLE_FORM}"))?;
    if arn.service != "iam" {
        return Err(format!(
            "is an ARN of the service {:?}; {ROLE_FORM}",
            arn.service
        ));
    }
    let path = arn.resource.strip_prefix("role/");
    let Some(path) =
        path.filter(|path| arn.has_account() && arn.region.is_empty() && is_role(path))
    else {
        return Err(format!("has not the form of a role's; {ROLE_FORM}"));
    };
    if path.starts_with("aws-service-role/") {
        return Ok(RoleArn::ServiceLinked);
    }
    Ok(RoleArn::Assumable(text.to_owned()))
}

/// IAM's rule: a path of printable ASCII that ends with `/`, then a name of letters, digits and
/// `_+=,.@-`, at most 64.
fn is_role(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let in_name = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    let is_name = (1..=64).contains(&name.len()) && name.bytes().all(in_name);
    is_name && path.bytes().all(|b| b.is_ascii_graphic())
}

struct Arn<'a> {
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let is_arn = parts.next() == Some("arn");
        let partition = parts.next()?;
        let arn = Self {
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        };
        (is_arn && PARTITIONS.contains(&partition)).then_some(arn)
    }

    fn has_account(&self) -> bool {
        self.account.len() == 12 && self.account.bytes().all(|b| b.is_ascii_digit())
    }
}
