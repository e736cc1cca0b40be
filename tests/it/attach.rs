//! `cognito-pinpoint attach` and `detach`: the triggers of a user pool, and nothing else of it.

use std::process::Output;
use std::sync::Arc;

use aws::sdk::Region;
use aws_sdk_lambda::Client as Lambda;
use serde_json::{Value, json};

use crate::support::cognito::Cognito;
use crate::support::command::{cognito_pinpoint, errors_of, in_account, python_program};
use crate::support::ministack::Ministack;
use crate::support::misbehaving::{Conduct, Gate, Misbehaving};

/// The functions that can be attached.
const TRIGGERS: [&str; 4] = [
    "pre-authentication",
    "post-authentication",
    "post-confirmation",
    "pre-token-generation",
];

/// A pool, and a stack's functions beside it.
struct Account {
    ministack: Ministack,
    cognito: Cognito,
    pool: String,
}

impl Account {
    async fn new() -> Self {
        Self::of(Ministack::start().await).await
    }

    async fn of(ministack: Ministack) -> Self {
        let cognito = Cognito::before(&ministack).await;
        let account = Self {
            pool: ministack.user_pool().await,
            cognito,
            ministack,
        };
        let anybody =
            r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}"#;
        account.ministack.role("functions", anybody);
        for name in TRIGGERS {
            account
                .ministack
                .function(&format!("cognito-pinpoint-{name}"))
                .await;
        }
        account
    }

    fn lambda(&self) -> Lambda {
        Lambda::new(&self.ministack.sdk())
    }

    /// Gives the pool something in every setting, and triggers of somebody else's, some of which no SDK
    /// knows.
    async fn fill(&self) {
        self.cognito
            .call("UpdateUserPool", &settings(&self.pool))
            .await;
        for (setting, value) in [
            ("AcrConfiguration", json!({"urn:a": {"AcrLevel": 1}})),
            ("DcrConfiguration", json!({"Enabled": true})),
            ("IssuerConfiguration", json!({"IssuerType": "CUSTOM"})),
            (
                "KeyConfiguration",
                json!({"KeyType": "CUSTOMER_MANAGED", "KmsKeyArn": "arn:aws:kms:us-east-1:1:key/1"}),
            ),
        ] {
            self.cognito.set(&self.pool, setting, value);
        }
    }

    /// The pool, but for when it was changed.
    async fn pool(&self) -> Value {
        let asked = json!({ "UserPoolId": self.pool });
        let mut described = self.cognito.call("DescribeUserPool", &asked).await["UserPool"].take();
        described
            .as_object_mut()
            .unwrap()
            .remove("LastModifiedDate");
        described
    }

    /// The permissions of the pool, by function.
    async fn permissions(&self) -> Vec<(&'static str, Value)> {
        let mut permissions = Vec::new();
        for name in TRIGGERS {
            let got = self
                .lambda()
                .get_policy()
                .function_name(format!("cognito-pinpoint-{name}"));
            let policy = got
                .send()
                .await
                .ok()
                .and_then(|got| got.policy)
                .unwrap_or_default();
            let policy: Value = serde_json::from_str(&policy).unwrap_or_default();
            for statement in policy["Statement"].as_array().into_iter().flatten() {
                permissions.push((name, statement.clone()));
            }
        }
        permissions
    }

    fn run(&self, command: &str, arguments: &[&str]) -> Output {
        self.run_at(&self.cognito.url(), command, arguments)
    }

    /// Runs `attach` where one operation goes otherwise.
    async fn attach_where(&self, operation: &'static str, conduct: Conduct) -> Output {
        let url = self.cognito.url();
        let otherwise = Misbehaving::before(&url, move |asked| {
            if asked == operation {
                conduct.clone()
            } else {
                Conduct::Behave
            }
        });
        let otherwise = otherwise.await;
        tokio::task::block_in_place(|| self.run_at(&otherwise.url(), "attach", &[]))
    }

    fn run_at(&self, url: &str, command: &str, arguments: &[&str]) -> Output {
        let mut run = in_account(url);
        run.args([command, "--user-pool-id", &self.pool])
            .args(arguments);
        run.output().unwrap()
    }
}

/// A request to UpdateUserPool with all the settings that the emulator keeps.
fn settings(pool: &str) -> Value {
    json!({
        "UserPoolId": pool,
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true, "InviteMessageTemplate": {"EmailSubject": "Welcome"}},
        "AutoVerifiedAttributes": ["email", "phone_number"],
        "DeletionProtection": "ACTIVE",
        "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true},
        "EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "From": "a@example.test",
            "SourceArn": "arn:aws:ses:us-east-1:1:identity/example.test"},
        "EmailVerificationMessage": "Your code is {####}",
        "EmailVerificationSubject": "Your code",
        "LambdaConfig": {
            "PreSignUp": "arn:aws:lambda:us-east-1:000000000000:function:theirs",
            "CustomEmailSender": {"LambdaVersion": "V1_0", "LambdaArn": "arn:aws:lambda:us-east-1:000000000000:function:theirs"},
            "KMSKeyID": "arn:aws:kms:us-east-1:1:key/1",
            "NotYetKnown": {"LambdaVersion": "V9_0", "LambdaArn": "arn:aws:lambda:us-east-1:000000000000:function:theirs"},
        },
        "MfaConfiguration": "OPTIONAL",
        "Policies": {"PasswordPolicy": {"MinimumLength": 14, "RequireSymbols": false, "TemporaryPasswordValidityDays": 3,
            "NotYetKnown": true}, "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}},
        "SmsAuthenticationMessage": "Your code is {####}",
        "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::1:role/sms", "ExternalId": "x", "SnsRegion": "us-east-1"},
        "SmsVerificationMessage": "Your code is {####}",
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"},
        "UserPoolTags": {"team": "accounts"},
        "UserPoolTier": "PLUS",
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE", "EmailSubject": "Your code"},
    })
}

/// The ARN of a function of the stack.
fn function(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:000000000000:function:cognito-pinpoint-{name}")
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn attaching_and_detaching_leave_all_else_of_a_pool_as_it_was() {
    let account = Account::new().await;
    account.fill().await;
    let (before, filled) = (account.pool().await, account.cognito.updates().len());
    let output = account.run("attach", &["--pre-token-generation"]);
    assert!(output.status.success(), "{}", errors_of(&output));
    let pool = account.pool.as_str();
    insta::assert_snapshot!(
        "attached",
        told(&output).replace(pool, "us-east-1_AAAA11111")
    );

    let mut after = account.pool().await;
    let arn = function;
    let mut triggers = before["LambdaConfig"].clone();
    triggers["PreAuthentication"] = arn("pre-authentication").into();
    triggers["PostAuthentication"] = arn("post-authentication").into();
    triggers["PostConfirmation"] = arn("post-confirmation").into();
    triggers["PreTokenGeneration"] = arn("pre-token-generation").into();
    triggers["PreTokenGenerationConfig"] =
        json!({"LambdaVersion": "V1_0", "LambdaArn": arn("pre-token-generation")});
    assert_eq!(after["LambdaConfig"], triggers);
    after["LambdaConfig"] = before["LambdaConfig"].clone();
    assert_eq!(after, before);
    let pool_arn = before["Arn"].as_str().unwrap();
    let permissions = account.permissions().await;
    assert_eq!(
        permissions
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>(),
        TRIGGERS
    );
    for (name, statement) in permissions {
        let expected = json!({
            "Sid": format!("cognito-pinpoint-{pool}"), "Effect": "Allow", "Principal": {"Service": "cognito-idp.amazonaws.com"},
            "Action": "lambda:InvokeFunction", "Resource": arn(name),
            "Condition": {"ArnLike": {"AWS:SourceArn": pool_arn}, "StringEquals": {"AWS:SourceAccount": "000000000000"}},
        });
        assert_eq!(statement, expected);
    }

    let again = account.run("attach", &[]);
    assert!(
        told(&again).ends_with("nothing to do: all of it is attached\n"),
        "{}",
        told(&again)
    );
    assert_eq!(account.cognito.updates().len(), filled + 1);

    let output = account.run("detach", &[]);
    assert!(output.status.success(), "{}", errors_of(&output));
    assert_eq!(account.pool().await, before);
    assert!(account.permissions().await.is_empty());
    let again = account.run("detach", &[]);
    assert!(
        told(&again).ends_with("nothing to do: none of it is attached\n"),
        "{}",
        told(&again)
    );
    assert_eq!(account.cognito.updates().len(), filled + 2);
}

/// The ARN of a function of somebody else's.
const THEIRS: &str = "arn:aws:lambda:us-east-1:000000000000:function:theirs";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_free_is_attached_and_what_is_somebody_elses_is_left_and_told() {
    let account = Account::new().await;
    let triggers =
        json!({"UserPoolId": account.pool, "LambdaConfig": {"PostConfirmation": THEIRS}});
    account.cognito.call("UpdateUserPool", &triggers).await;
    let output = account.run("attach", &[]);
    assert!(output.status.success(), "{}", errors_of(&output));
    let pool = account.pool.as_str();
    insta::assert_snapshot!("left", told(&output).replace(pool, "us-east-1_AAAA11111"));
    let triggers = account.pool().await["LambdaConfig"].clone();
    assert_eq!(
        triggers,
        json!({"PreAuthentication": function("pre-authentication"),
            "PostAuthentication": function("post-authentication"), "PostConfirmation": THEIRS})
    );
    assert_eq!(account.permissions().await.len(), 2);

    let again = account.run("attach", &[]);
    assert!(
        again.status.success()
            && told(&again).ends_with("nothing to do: what is free is attached\n"),
        "{}",
        told(&again)
    );
    assert_eq!(account.cognito.updates().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_free_nothing_is_attached_unless_it_is_to_be_replaced() {
    let account = Account::new().await;
    let triggers = json!({"UserPoolId": account.pool, "LambdaConfig": {"PreAuthentication": THEIRS,
        "PostAuthentication": THEIRS, "PostConfirmation": THEIRS}});
    account.cognito.call("UpdateUserPool", &triggers).await;
    let before = account.pool().await;
    let output = account.run("attach", &[]);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors_of(&output);
    assert!(
        errors.contains(&format!("PostAuthentication is left to {THEIRS}"))
            && errors.contains("--replace"),
        "{errors}"
    );
    for arguments in [
        ["attach", "--dry-run", "--replace"].as_slice(),
        &["detach", "--dry-run"],
        &["detach"],
    ] {
        let output = account.run(arguments[0], &arguments[1..]);
        assert!(output.status.success(), "{}", errors_of(&output));
    }
    assert_eq!(account.pool().await, before);
    assert!(account.permissions().await.is_empty());
    let output = account.run("attach", &["--replace", "--no-pre-authentication"]);
    assert!(output.status.success(), "{}", errors_of(&output));
    let triggers = account.pool().await["LambdaConfig"].clone();
    assert_eq!(
        triggers,
        json!({"PreAuthentication": THEIRS, "PostAuthentication": function("post-authentication"),
            "PostConfirmation": function("post-confirmation")})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replicated_pool_is_changed_in_the_region_that_is_asked_for() {
    const OTHER: &str = "eu-central-1";
    let account = Account::new().await;
    for name in TRIGGERS {
        let name = format!("cognito-pinpoint-{name}");
        account.ministack.function_in(OTHER, &name).await;
    }
    let mut elsewhere = in_account(&account.cognito.url());
    elsewhere
        .args(["attach", "--user-pool-id", &account.pool])
        .env("AWS_REGION", OTHER);
    let refused = elsewhere.output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let expected = format!(
        "error: the user pool {} is of us-east-1, and AWS_REGION or the profile says {OTHER}: say which is meant, with \
         --region us-east-1, or with --region {OTHER} if the pool is replicated there\n",
        account.pool
    );
    assert_eq!(errors_of(&refused), expected);
    assert!(account.cognito.updates().is_empty());

    // Cognito here has one pool for all Regions; Lambda has functions of its own in each.
    let output = account.run("attach", &["--region", OTHER]);
    assert!(output.status.success(), "{}", errors_of(&output));
    let ours = |name| function(name).replace("us-east-1", OTHER);
    let triggers = account.pool().await["LambdaConfig"].clone();
    assert_eq!(
        triggers,
        json!({"PreAuthentication": ours("pre-authentication"),
            "PostAuthentication": ours("post-authentication"), "PostConfirmation": ours("post-confirmation")})
    );
    assert!(account.permissions().await.is_empty());
    let there = account.ministack.sdk().into_builder();
    let there = Lambda::new(&there.region(Region::from_static(OTHER)).build());
    let policy = there
        .get_policy()
        .function_name("cognito-pinpoint-post-confirmation");
    let policy = policy.send().await.unwrap().policy.unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(
        policy["Statement"][0]["Condition"]["ArnLike"]["AWS:SourceArn"],
        format!(
            "arn:aws:cognito-idp:{OTHER}:000000000000:userpool/{}",
            account.pool
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_is_refused_leaves_no_permission_behind() {
    let account = Account::new().await;
    let before = account.pool().await;
    let conduct = Conduct::error("400 Bad Request", "NotAuthorizedException");
    let output = account.attach_where("UpdateUserPool", conduct).await;
    assert_eq!(output.status.code(), Some(1));
    let errors = errors_of(&output);
    assert!(
        errors.contains("UpdateUserPool") && errors.lines().count() == 1,
        "{errors}"
    );
    assert_eq!(account.pool().await, before);
    assert!(account.permissions().await.is_empty());

    // Lambda may be the one that refuses, and not at once.
    let last = "POST /2015-03-31/functions/cognito-pinpoint-post-confirmation/policy";
    let conduct = Conduct::error("403 Forbidden", "AccessDeniedException");
    let errors = errors_of(&account.attach_where(last, conduct).await);
    assert!(
        errors.contains("AddPermission") && errors.lines().count() == 1,
        "{errors}"
    );
    assert_eq!(account.pool().await, before);
    assert!(account.permissions().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_not_known_what_cognito_did_the_permissions_stay() {
    let account = Account::new().await;
    let before = account.pool().await;
    let conduct = Conduct::error("400 Bad Request", "ConcurrentModificationException");
    let output = account.attach_where("UpdateUserPool", conduct).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors_of(&output).contains("run the same again"),
        "{}",
        errors_of(&output)
    );
    assert_eq!(account.pool().await, before);
    assert_eq!(account.permissions().await.len(), 3);
    // It is done, and nobody is told.
    let conduct = Conduct::LoseAnswerAndClose;
    let output = account.attach_where("UpdateUserPool", conduct).await;
    assert!(output.status.success(), "{}", errors_of(&output));
    assert_eq!(account.permissions().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_changes_meanwhile_is_not_undone() {
    let account = Arc::new(Account::new().await);
    let gate = Arc::new(Gate::default());
    let held = gate.clone();
    let first = "GET /2015-03-31/functions/cognito-pinpoint-pre-authentication/policy";
    let running = account.clone();
    let attaching = tokio::spawn(async move {
        running
            .attach_where(first, Conduct::BehaveAfter(held))
            .await
    });
    gate.reached().await;
    account.fill().await;
    let theirs = account.pool().await;
    gate.open();
    let output = attaching.await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors_of(&output).contains("somebody else"),
        "{}",
        errors_of(&output)
    );
    assert_eq!(account.pool().await, theirs);
    assert!(account.permissions().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_attached_that_cognito_may_not_invoke() {
    let account = Account::new().await;
    let permit = "POST /2015-03-31/functions/cognito-pinpoint-post-confirmation/policy";
    let conduct = Conduct::error("409 Conflict", "ResourceConflictException");
    let errors = errors_of(&account.attach_where(permit, conduct).await);
    assert!(
        errors.contains("may not invoke the function of PostConfirmation yet"),
        "{errors}"
    );
    assert!(account.cognito.updates().is_empty() && account.permissions().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reset_is_told_also_where_the_answer_was_lost() {
    let account = Account::new().await;
    account
        .cognito
        .set(&account.pool, "CustomDomain", json!("auth.example.test"));
    let conduct = Conduct::LoseAnswerAndClose;
    let errors = errors_of(&account.attach_where("UpdateUserPool", conduct).await);
    assert!(
        errors.contains("CustomDomain was \"auth.example.test\" and is null"),
        "{errors}"
    );
    assert_eq!(account.permissions().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_gone_is_added_again_also_where_it_is_not_asked_for() {
    let account = Account::new().await;
    let output = account.run("attach", &["--pre-token-generation"]);
    assert!(output.status.success(), "{}", errors_of(&output));
    let remove = account.lambda().remove_permission();
    let remove = remove.function_name("cognito-pinpoint-pre-token-generation");
    let id = format!("cognito-pinpoint-{}", account.pool);
    remove.statement_id(id).send().await.unwrap();
    let output = account.run("attach", &[]);
    assert!(output.status.success(), "{}", errors_of(&output));
    assert_eq!(account.permissions().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_update_could_reset_keeps_a_pool_from_being_touched() {
    let account = Account::new().await;
    account
        .cognito
        .set(&account.pool, "PassphraseOfTheDay", json!({"Length": 4}));
    let output = account.run("attach", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors_of(&output).contains("PassphraseOfTheDay"),
        "{}",
        errors_of(&output)
    );
    assert!(account.cognito.updates().is_empty() && account.permissions().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_update_has_changed_besides_is_told_with_what_it_was() {
    let account = Account::new().await;
    // The proxy forgets it, as it is not in the update.
    account
        .cognito
        .set(&account.pool, "CustomDomain", json!("auth.example.test"));
    let output = account.run("attach", &[]);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors_of(&output);
    assert!(
        errors.contains("CustomDomain was \"auth.example.test\" and is null"),
        "{errors}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_one_clear_line_and_changes_nothing() {
    let account = Account::of(Ministack::with_authorization().await).await;
    let before = account.pool().await;
    let nobody = user_without_rights(account.ministack.url());
    let with_keys = |(id, secret): &(String, String), arguments: &[&str]| {
        let mut command = in_account(&account.cognito.url());
        command
            .args(arguments)
            .env("AWS_ACCESS_KEY_ID", id)
            .env("AWS_SECRET_ACCESS_KEY", secret);
        command.output().unwrap()
    };
    let root = ("local".to_owned(), "local".to_owned());
    let mut without = cognito_pinpoint();
    without
        .args(["attach", "--user-pool-id", &account.pool])
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("HOME", "/nonexistent")
        .env_remove("AWS_ACCESS_KEY_ID");
    for (output, told) in [
        (without.output().unwrap(), "no AWS credentials were found"),
        (
            with_keys(&root, &["attach", "--user-pool-id", "us-east-1_Nowhere11"]),
            "there is no user pool us-east-1_Nowhere11",
        ),
        (
            with_keys(
                &root,
                &[
                    "attach",
                    "--user-pool-id",
                    &account.pool,
                    "--stack",
                    "other",
                ],
            ),
            "there is no function",
        ),
        (
            with_keys(
                &root,
                &[
                    "detach",
                    "--user-pool-id",
                    &account.pool,
                    "--stack",
                    "other",
                ],
            ),
            "there is no function",
        ),
        (
            with_keys(
                &root,
                &[
                    "doctor",
                    "--user-pool-id",
                    &account.pool,
                    "--stack",
                    "other",
                ],
            ),
            "there is no stack other in us-east-1",
        ),
        (
            with_keys(&nobody, &["attach", "--user-pool-id", &account.pool]),
            "these credentials may not do this",
        ),
        (
            with_keys(&nobody, &["detach", "--user-pool-id", &account.pool]),
            "these credentials may not do this",
        ),
    ] {
        let errors = errors_of(&output);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(
            errors.contains(told) && errors.lines().count() == 1,
            "{errors}"
        );
    }
    assert_eq!(account.pool().await, before);
    assert!(account.permissions().await.is_empty());
}

/// The keys of a user who may do nothing.
fn user_without_rights(url: &str) -> (String, String) {
    let iam = |arguments: &[&str]| {
        let run = python_program("aws")
            .args(["--endpoint-url", url, "iam"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", errors_of(&run));
        serde_json::from_slice::<Value>(&run.stdout).unwrap()
    };
    iam(&["create-user", "--user-name", "nobody"]);
    let key = iam(&["create-access-key", "--user-name", "nobody"])["AccessKey"].clone();
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    (text("AccessKeyId"), text("SecretAccessKey"))
}
