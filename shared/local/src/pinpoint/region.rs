//! A Region of AWS.

/// A Region, such as `eu-west-1`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Region(String);

impl Region {
    /// The Region of this name; `None` if it can't be one. Which Regions there are is not known here.
    pub(super) fn named(name: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = !name.is_empty() && name.len() <= 32 && name.bytes().all(fits);
        is_name.then(|| Self(name.to_owned()))
    }

    /// The ARN of an application in this Region, in an account of zeros.
    pub(super) fn app_arn(&self, id: &str) -> String {
        let Self(region) = self;
        let partition = self.partition();
        format!("arn:{partition}:mobiletargeting:{region}:000000000000:apps/{id}")
    }

    fn partition(&self) -> &'static str {
        if self.0.starts_with("cn-") {
            "aws-cn"
        } else if self.0.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        }
    }
}

impl Default for Region {
    fn default() -> Self {
        Self("us-east-1".to_owned())
    }
}
