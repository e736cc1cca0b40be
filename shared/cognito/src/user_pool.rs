//! A user pool's settings and its triggers, as the JSON that DescribeUserPool gives.
//!
//! UpdateUserPool sets whatever it is not given to a default of its own: who changes the triggers must
//! give back all the rest. So the settings stay the JSON that they came in, and no type of ours or of an
//! SDK gets between: what is inside a setting is kept also where nobody here knows it, such as a trigger
//! that Cognito has learned of since.

use std::fmt;

use serde_json::{Map, Value, json};

/// What UpdateUserPool takes, and DescribeUserPool gives by the same name (API reference of `UpdateUserPool`).
const SETTINGS: [&str; 23] = [
    "AccountRecoverySetting",
    "AcrConfiguration",
    "AdminCreateUserConfig",
    "AutoVerifiedAttributes",
    "DcrConfiguration",
    "DeletionProtection",
    "DeviceConfiguration",
    "EmailConfiguration",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "IssuerConfiguration",
    "KeyConfiguration",
    LAMBDA_CONFIG,
    "MfaConfiguration",
    "Policies",
    "SmsAuthenticationMessage",
    "SmsConfiguration",
    "SmsVerificationMessage",
    "UserAttributeUpdateSettings",
    "UserPoolAddOns",
    "UserPoolTags",
    "UserPoolTier",
    "VerificationMessageTemplate",
];

/// What DescribeUserPool gives besides: no update changes it.
const FACTS: [&str; 15] = [
    "AliasAttributes",
    "Arn",
    "CreationDate",
    "CustomDomain",
    "Domain",
    "EmailConfigurationFailure",
    "EstimatedNumberOfUsers",
    "Id",
    "LastModifiedDate",
    "Name",
    "SchemaAttributes",
    "SmsConfigurationFailure",
    "Status",
    "UsernameAttributes",
    "UsernameConfiguration",
];

/// The facts that change by themselves.
const PASSING: [&str; 4] = [
    "EmailConfigurationFailure",
    "EstimatedNumberOfUsers",
    "LastModifiedDate",
    "SmsConfigurationFailure",
];

const LAMBDA_CONFIG: &str = "LambdaConfig";
const TOKEN_CONFIG: &str = "PreTokenGenerationConfig";

/// A trigger of a user pool that this service has a function for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Trigger {
    /// Before a password is checked.
    PreAuthentication,
    /// After a sign-in.
    PostAuthentication,
    /// After a sign-up or a new password is confirmed.
    PostConfirmation,
    /// Before a token is issued.
    PreTokenGeneration,
}

impl Trigger {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::PreAuthentication,
        Self::PostAuthentication,
        Self::PostConfirmation,
        Self::PreTokenGeneration,
    ];

    /// Its name in a pool's `LambdaConfig`.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreAuthentication => "PreAuthentication",
            Self::PostAuthentication => "PostAuthentication",
            Self::PostConfirmation => "PostConfirmation",
            Self::PreTokenGeneration => "PreTokenGeneration",
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The functions that a pool invokes, and what else its `LambdaConfig` holds. Something empty is as good
/// as nothing.
#[derive(Clone, Debug, Default)]
pub struct LambdaConfig(Map<String, Value>);

impl PartialEq for LambdaConfig {
    fn eq(&self, other: &Self) -> bool {
        said_of(&self.0) == said_of(&other.0)
    }
}

impl LambdaConfig {
    /// The ARN of the function that is attached to a trigger. That of the tokens' trigger may stand in two
    /// places; where they differ, Cognito takes `PreTokenGenerationConfig`.
    pub fn function(&self, trigger: Trigger) -> Option<&str> {
        let plain = || self.0.get(trigger.name());
        let arn = match trigger {
            Trigger::PreTokenGeneration => {
                let versioned = self.0.get(TOKEN_CONFIG);
                versioned
                    .and_then(|config| config.get("LambdaArn"))
                    .or_else(plain)
            }
            Trigger::PreAuthentication
            | Trigger::PostAuthentication
            | Trigger::PostConfirmation => plain(),
        };
        arn?.as_str().filter(|arn| !arn.is_empty())
    }

    /// Attaches a function. Of the tokens' trigger, the first version of the event is asked for: ours
    /// changes nothing in a token, and the later versions are not in every plan.
    pub fn attach(&mut self, trigger: Trigger, arn: &str) {
        self.0.insert(trigger.name().to_owned(), arn.into());
        if trigger == Trigger::PreTokenGeneration {
            let versioned = json!({"LambdaVersion": "V1_0", "LambdaArn": arn});
            self.0.insert(TOKEN_CONFIG.to_owned(), versioned);
        }
    }

    /// Leaves a trigger without a function.
    pub fn detach(&mut self, trigger: Trigger) {
        self.0.remove(trigger.name());
        if trigger == Trigger::PreTokenGeneration {
            self.0.remove(TOKEN_CONFIG);
        }
    }
}

/// A user pool's ARN, `arn:<partition>:cognito-idp:<Region>:<account>:userpool/<id>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PoolArn {
    whole: String,
    partition: String,
    region: String,
    account: String,
    id: String,
}

impl PoolArn {
    /// Reads one; `None` if it is none.
    pub fn parse(whole: &str) -> Option<Self> {
        let parts: Vec<&str> = whole.split(':').collect();
        let ["arn", partition, "cognito-idp", region, account, resource] = parts.as_slice() else {
            return None;
        };
        let id = resource.strip_prefix("userpool/")?;
        let text = |part: &str| (!part.is_empty()).then(|| part.to_owned());
        Some(Self {
            partition: text(partition)?,
            region: text(region)?,
            account: text(account)?,
            id: text(id)?,
            whole: whole.to_owned(),
        })
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        &self.whole
    }

    /// The pool's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The Region. A replicated pool has an ARN in each of its Regions, with one id.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The ARN of the same pool in this Region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        let Self {
            partition,
            account,
            id,
            ..
        } = self;
        Self {
            whole: format!("arn:{partition}:cognito-idp:{region}:{account}:userpool/{id}"),
            region: region.to_owned(),
            ..self.clone()
        }
    }

    /// The number of the account that the pool is in.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The ARN of a function of this name that the pool can have for a trigger: of the same account and
    /// Region.
    pub fn function(&self, name: &str) -> String {
        let Self {
            partition,
            region,
            account,
            ..
        } = self;
        format!("arn:{partition}:lambda:{region}:{account}:function:{name}")
    }
}

/// A user pool as DescribeUserPool gives it: its settings, and the facts that no update changes.
#[derive(Clone, PartialEq, Debug)]
pub struct Description {
    members: Map<String, Value>,
    arn: PoolArn,
}

impl Description {
    /// From the reply's `UserPool`; `None` if that has no ARN of a pool.
    pub fn new(user_pool: Map<String, Value>) -> Option<Self> {
        let arn = user_pool.get("Arn").and_then(Value::as_str);
        Some(Self {
            arn: PoolArn::parse(arn?)?,
            members: user_pool,
        })
    }

    /// The same, described in this Region: what its triggers invoke, and who may invoke them, is a matter of
    /// the Region that was asked, wherever the pool's id says that it was made.
    #[must_use]
    pub fn in_region(self, region: &str) -> Self {
        Self {
            arn: self.arn.in_region(region),
            ..self
        }
    }

    /// The pool's name.
    pub fn name(&self) -> &str {
        self.text("Name")
    }

    /// The pool's ARN.
    pub fn arn(&self) -> &PoolArn {
        &self.arn
    }

    /// A setting or a fact; null if Cognito does not give it.
    pub fn get(&self, name: &str) -> &Value {
        self.members.get(name).unwrap_or(&Value::Null)
    }

    /// Its triggers.
    pub fn lambda_config(&self) -> LambdaConfig {
        let config = self.members.get(LAMBDA_CONFIG).and_then(Value::as_object);
        LambdaConfig(config.cloned().unwrap_or_default())
    }

    /// What Cognito gives of the pool that is neither a known setting nor a known fact. It may be a
    /// setting that UpdateUserPool would reset: an update is not safe while there is any.
    pub fn unknown(&self) -> Vec<&str> {
        let given = self.members.iter().filter(|(_, value)| !value.is_null());
        let names = given.map(|(name, _)| name.as_str());
        names
            .filter(|name| !SETTINGS.contains(name) && !FACTS.contains(name))
            .collect()
    }

    /// The request to UpdateUserPool that gives the pool these triggers, and leaves it all the rest.
    pub fn update(&self, triggers: &LambdaConfig) -> Value {
        let mut request = self.settable();
        request.insert("UserPoolId".to_owned(), self.text("Id").into());
        request.insert("PoolName".to_owned(), self.name().into());
        request.insert(LAMBDA_CONFIG.to_owned(), triggers.0.clone().into());
        request.into()
    }

    /// The names of the settings and facts in which two descriptions of a pool differ, apart from its
    /// triggers and what changes by itself. Something empty is as good as nothing.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let (these, others) = (self.lasting(), other.lasting());
        let names = these
            .keys()
            .chain(others.keys().filter(|name| !these.contains_key(*name)));
        names
            .filter(|name| said(these.get(*name)) != said(others.get(*name)))
            .cloned()
            .collect()
    }

    fn lasting(&self) -> Map<String, Value> {
        let mut lasting = self.settable();
        lasting.remove(LAMBDA_CONFIG);
        let facts = FACTS.iter().filter(|name| !PASSING.contains(name));
        lasting.extend(facts.filter_map(|name| self.entry(name)));
        lasting
    }

    /// The settings, as UpdateUserPool takes them. It refuses `UnusedAccountValidityDays` where the
    /// password policy has `TemporaryPasswordValidityDays`, which stands in its place, although Cognito
    /// gives both.
    fn settable(&self) -> Map<String, Value> {
        let settings = SETTINGS.iter().filter_map(|name| self.entry(name));
        let mut settings: Map<String, Value> = settings.collect();
        let successor = self
            .get("Policies")
            .pointer("/PasswordPolicy/TemporaryPasswordValidityDays");
        let is_replaced = successor.is_some_and(|days| !days.is_null());
        let old = settings.get_mut("AdminCreateUserConfig");
        if let Some(old) = old.and_then(Value::as_object_mut).filter(|_| is_replaced) {
            old.remove("UnusedAccountValidityDays");
        }
        settings
    }

    fn entry(&self, name: &str) -> Option<(String, Value)> {
        let value = self.members.get(name).filter(|value| !value.is_null())?;
        Some((name.to_owned(), value.clone()))
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).as_str().unwrap_or_default()
    }
}

/// What a value says, without what is empty in it.
fn said(value: Option<&Value>) -> Option<Value> {
    match value? {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(all) if all.is_empty() => None,
        Value::Object(fields) => {
            let fields = said_of(fields);
            (!fields.is_empty()).then(|| fields.into())
        }
        other => Some(other.clone()),
    }
}

fn said_of(fields: &Map<String, Value>) -> Map<String, Value> {
    let fields = fields.iter();
    let fields = fields.filter_map(|(name, value)| Some((name.clone(), said(Some(value))?)));
    fields.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pool with something in every setting, some of it unknown to anybody.
    fn pool() -> Description {
        let mut pool = Map::new();
        for name in SETTINGS {
            pool.insert(
                name.to_owned(),
                json!({"of": name, "notYetKnown": [1, {"a": null}]}),
            );
        }
        let more = json!({
            "Id": "eu-west-1_AAAA11111", "Name": "app", "Arn": "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_AAAA11111",
            "LastModifiedDate": 1, "EstimatedNumberOfUsers": 7, "SchemaAttributes": [{"Name": "sub"}], "Domain": null,
            "LambdaConfig": {"PreSignUp": "arn:of-somebody", "NotYetKnown": {"LambdaArn": "arn:of-somebody-else"}},
        });
        pool.extend(more.as_object().unwrap().clone());
        Description::new(pool).unwrap()
    }

    fn with(pool: &Description, name: &str, value: Value) -> Description {
        let mut pool = pool.clone();
        pool.members.insert(name.to_owned(), value);
        pool
    }

    #[test]
    fn an_update_gives_back_every_setting_and_no_fact() {
        let pool = pool();
        let mut triggers = pool.lambda_config();
        triggers.attach(Trigger::PreAuthentication, "arn:ours");
        let Value::Object(mut request) = pool.update(&triggers) else {
            panic!("a request is an object");
        };
        assert_eq!(
            request.remove("UserPoolId"),
            Some("eu-west-1_AAAA11111".into())
        );
        assert_eq!(request.remove("PoolName"), Some("app".into()));
        assert_eq!(
            request.remove(LAMBDA_CONFIG),
            Some(
                json!({"PreSignUp": "arn:of-somebody", "NotYetKnown": {"LambdaArn": "arn:of-somebody-else"},
                "PreAuthentication": "arn:ours"})
            )
        );
        let expected = SETTINGS.iter().filter(|name| **name != LAMBDA_CONFIG);
        let expected: Map<_, _> = expected.filter_map(|name| pool.entry(name)).collect();
        assert_eq!(request, expected);
    }

    #[test]
    fn the_setting_that_an_update_refuses_beside_its_successor_is_left_out() {
        let old = json!({"AllowAdminCreateUserOnly": true, "UnusedAccountValidityDays": 7});
        let pool = with(&pool(), "AdminCreateUserConfig", old.clone());
        assert_eq!(
            pool.update(&LambdaConfig::default())["AdminCreateUserConfig"],
            old
        );
        let policies = json!({"PasswordPolicy": {"TemporaryPasswordValidityDays": 7}});
        let pool = with(&pool, "Policies", policies);
        let request = pool.update(&LambdaConfig::default());
        assert_eq!(
            request["AdminCreateUserConfig"],
            json!({"AllowAdminCreateUserOnly": true})
        );
    }

    #[test]
    fn a_pool_in_another_region_has_its_arn_and_its_functions_there() {
        let pool = pool().in_region("eu-central-1");
        let arn = pool.arn();
        assert_eq!(
            [arn.as_str(), arn.id(), arn.region(), &arn.function("f")],
            [
                "arn:aws:cognito-idp:eu-central-1:1:userpool/eu-west-1_AAAA11111",
                "eu-west-1_AAAA11111",
                "eu-central-1",
                "arn:aws:lambda:eu-central-1:1:function:f"
            ]
        );
        assert_eq!(PoolArn::parse(arn.as_str()).as_ref(), Some(arn));
    }

    #[test]
    fn what_is_attached_is_found_and_what_is_detached_leaves_nothing() {
        let pool = pool();
        let mut triggers = pool.lambda_config();
        for trigger in Trigger::ALL {
            assert_eq!(triggers.function(trigger), None);
            triggers.attach(trigger, trigger.name());
            assert_eq!(triggers.function(trigger), Some(trigger.name()));
        }
        for trigger in Trigger::ALL {
            triggers.detach(trigger);
        }
        assert_eq!(triggers, pool.lambda_config());
    }

    #[test]
    fn the_tokens_trigger_is_found_wherever_it_stands() {
        for (config, function) in [
            (json!({"PreTokenGeneration": "arn:a"}), Some("arn:a")),
            (
                json!({"PreTokenGenerationConfig": {"LambdaArn": "arn:b", "LambdaVersion": "V2_0"}}),
                Some("arn:b"),
            ),
            (
                json!({"PreTokenGeneration": "", "PreTokenGenerationConfig": null}),
                None,
            ),
        ] {
            let pool = with(&pool(), LAMBDA_CONFIG, config);
            assert_eq!(
                pool.lambda_config().function(Trigger::PreTokenGeneration),
                function
            );
        }
    }

    #[test]
    fn two_descriptions_differ_in_what_is_not_the_triggers_and_does_not_pass() {
        let pool = pool();
        for (name, value, differences) in [
            ("LastModifiedDate", json!(2), vec![]),
            (LAMBDA_CONFIG, json!({}), vec![]),
            ("Domain", json!("auth"), vec!["Domain"]),
            ("MfaConfiguration", json!("OFF"), vec!["MfaConfiguration"]),
            ("Policies", Value::Null, vec!["Policies"]),
            ("AliasAttributes", json!([]), vec![]),
            ("CustomDomain", json!({"a": {"b": ""}}), vec![]),
        ] {
            assert_eq!(
                pool.differences(&with(&pool, name, value.clone())),
                differences
            );
            assert_eq!(with(&pool, name, value).differences(&pool), differences);
        }
    }

    #[test]
    fn what_is_neither_a_setting_nor_a_fact_is_told() {
        let pool = pool();
        assert!(pool.unknown().is_empty());
        assert!(
            with(&pool, "PassphraseOfTheDay", Value::Null)
                .unknown()
                .is_empty()
        );
        assert_eq!(
            with(&pool, "PassphraseOfTheDay", json!("x")).unknown(),
            ["PassphraseOfTheDay"]
        );
    }
}
