//! What each payload stands for.

use config::Config;
use domain::auth_event::AttemptWindow;
use domain::auth_event::{AuthEvent, AuthEventKind, Lane, TokenOccasion, UserKey, Who};
use domain::contact::{ContactDetails, EmailAddress, PhoneNumber, UserAttributes};
use domain::ids::{ClientId, EventId, ProjectId, Sub, UserPoolId};
use domain::metadata::AppMetadata;
use domain::traits::{Provider, Traits};
use pipeline::capture::{Moment, resolve};
use pipeline::outcome::{Ignored, LeftOut, Outcome, Rejected};
use serde_json::{Value, json};

pub const PROJECT: &str = "0123456789abcdef0123456789abcdef";
pub const ID: &str = "7c0d2f3e-0000-4000-8000-000000000001";

/// Clients that share user data, that do not, that have a window of their own and take federated
/// users; and no default.
pub fn configuration() -> Config {
    let json = json!({"Clients": {
        "plain": {"ApplicationId": PROJECT},
        "sharing": {"ApplicationId": PROJECT, "UserDataShared": true},
        "federating": {"ApplicationId": PROJECT, "IncludeFederatedUsers": true,
            "AttemptWindowSeconds": 600},
    }});
    Config::from_json(&json.to_string()).unwrap()
}

pub fn moment() -> Moment {
    Moment {
        time: "2026-03-01T12:00:00.123Z".parse().unwrap(),
        random: [7; 10],
    }
}

/// A payload as Cognito sends it.
pub fn payload(source: &str, client: &str, request: Value) -> Value {
    json!({
        "version": "1", "region": "eu-west-1", "userPoolId": "eu-west-1_AAAA11111",
        "userName": "secret typed into the wrong field",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client},
        "triggerSource": source, "request": request, "response": {},
    })
}

pub fn pre_authentication() -> Vec<u8> {
    let request = json!({"userAttributes": native(), "validationData": {}});
    let payload = payload("PreAuthentication_Authentication", "plain", request);
    payload.to_string().into_bytes()
}

fn native() -> Value {
    json!({"sub": ID, "cognito:user_status": "CONFIRMED",
        "email_verified": "true", "email": "ada@example.test",
        "phone_number_verified": "true", "phone_number": "+12065550100"})
}

fn federated() -> Value {
    json!({"sub": ID, "cognito:user_status": "EXTERNAL_PROVIDER",
        "identities": "[{\"userId\":\"1\",\"providerName\":\"Google\"}]"})
}

fn only_user(attributes: Value) -> Value {
    json!({"userAttributes": attributes})
}

fn resolved(payload: &Value, config: &Config) -> Result<AuthEvent, Outcome> {
    resolve(payload.to_string().as_bytes(), moment(), config).map(|resolved| resolved.event)
}

/// The event of the known user through this client.
fn of_user(client: &str, kind: AuthEventKind) -> AuthEvent {
    AuthEvent {
        id: EventId::new(moment().time, moment().random),
        time: moment().time,
        user: user(Who::User(Sub::new(ID))),
        client: Some(ClientId::new(client)),
        kind,
        metadata: AppMetadata::default(),
        traits: Traits::default(),
    }
}

fn of_nobody(client: &str, kind: AuthEventKind) -> AuthEvent {
    AuthEvent {
        user: user(Who::Nobody(Some(ClientId::new(client)))),
        traits: Traits {
            provider: Provider::Unknown,
            ..Traits::default()
        },
        ..of_user(client, kind)
    }
}

fn of_provider(name: &str) -> Traits {
    Traits {
        provider: Provider::Federated(name.to_owned()),
        ..Traits::default()
    }
}

fn user(who: Who) -> UserKey {
    UserKey {
        project: ProjectId::new(PROJECT),
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        who,
    }
}

fn begun(window_seconds: u32) -> AuthEventKind {
    AuthEventKind::AuthenticationStarted {
        window: AttemptWindow::from_seconds(window_seconds).unwrap(),
    }
}

fn addresses() -> ContactDetails {
    ContactDetails::Shared {
        email: EmailAddress::parse("ada@example.test"),
        phone: PhoneNumber::parse("+12065550100"),
        user_attributes: UserAttributes::default(),
    }
}

#[test]
fn every_source_stands_for_its_kind_of_event() {
    type Kind = fn(ContactDetails) -> AuthEventKind;
    let cases: [(&str, Kind); 9] = [
        ("PostAuthentication_Authentication", AuthEventKind::SignedIn),
        (
            "PostConfirmation_ConfirmSignUp",
            AuthEventKind::SignUpConfirmed,
        ),
        (
            "PostConfirmation_ConfirmForgotPassword",
            AuthEventKind::PasswordResetConfirmed,
        ),
        ("TokenGeneration_HostedAuth", |contacts| {
            AuthEventKind::TokenIssued(TokenOccasion::SignIn, contacts)
        }),
        ("TokenGeneration_Authentication", |contacts| {
            AuthEventKind::TokenIssued(TokenOccasion::SignIn, contacts)
        }),
        ("TokenGeneration_NewPasswordChallenge", |contacts| {
            AuthEventKind::TokenIssued(TokenOccasion::SignIn, contacts)
        }),
        ("TokenGeneration_AuthenticateDevice", |contacts| {
            AuthEventKind::TokenIssued(TokenOccasion::SignIn, contacts)
        }),
        ("TokenGeneration_RefreshTokens", |contacts| {
            AuthEventKind::TokenIssued(TokenOccasion::Other, contacts)
        }),
        ("TokenGeneration_OfTomorrow", |contacts| {
            AuthEventKind::TokenIssued(TokenOccasion::Other, contacts)
        }),
    ];
    for (source, kind) in cases {
        for (client, contacts) in [
            ("plain", ContactDetails::NotShared),
            ("sharing", addresses()),
        ] {
            let payload = payload(source, client, only_user(native()));
            let expected = of_user(client, kind(contacts));
            assert_eq!(
                resolved(&payload, &configuration()),
                Ok(expected),
                "{source}"
            );
        }
    }
}

#[test]
fn an_authentication_begins_with_its_clients_window() {
    for (client, window) in [("plain", 210), ("sharing", 210), ("federating", 600)] {
        for validation_data in [json!({}), Value::Null] {
            let mut request = only_user(native());
            request["validationData"] = validation_data;
            let payload = payload("PreAuthentication_Authentication", client, request);
            let expected = of_user(client, begun(window));
            assert_eq!(resolved(&payload, &configuration()), Ok(expected));
        }
    }
}

#[test]
fn a_user_that_is_not_found_is_nobody_whatever_is_said_of_him() {
    for attributes in [Value::Null, json!({}), native()] {
        let request = json!({"userAttributes": attributes, "userNotFound": true});
        let payload = payload("PreAuthentication_Authentication", "plain", request);
        let event = of_nobody("plain", AuthEventKind::UserNotFound);
        let lane = Lane::of(event.id);
        let expected = AuthEvent {
            user: user(Who::NotFound(event.client.clone(), lane)),
            ..event
        };
        assert_eq!(resolved(&payload, &configuration()), Ok(expected));
    }
}

#[test]
fn an_event_without_a_sub_is_nobodys_and_a_token_for_nobody_is_ignored() {
    let resolved_as = |source| {
        let payload = payload(source, "sharing", only_user(json!({})));
        resolved(&payload, &configuration())
    };
    let nothing = ContactDetails::Shared {
        email: None,
        phone: None,
        user_attributes: UserAttributes::default(),
    };
    assert_eq!(
        resolved_as("PreAuthentication_Authentication"),
        Ok(of_nobody("sharing", begun(210)))
    );
    assert_eq!(
        resolved_as("PostAuthentication_Authentication"),
        Ok(of_nobody("sharing", AuthEventKind::SignedIn(nothing)))
    );
    assert_eq!(
        resolved_as("TokenGeneration_RefreshTokens"),
        Err(Outcome::Ignored(Ignored::NoUser))
    );
}

#[test]
fn a_token_for_client_credentials_is_nobodys_whatever_the_event_carries() {
    for (client, attributes) in [
        ("plain", json!({})),
        ("sharing", native()),
        ("plain", federated()),
        ("federating", federated()),
    ] {
        let source = "TokenGeneration_ClientCredentials";
        let payload = payload(source, client, only_user(attributes));
        assert_eq!(
            resolved(&payload, &configuration()),
            Err(Outcome::Ignored(Ignored::NoUser))
        );
    }
}

#[test]
fn federated_users_are_ignored_unless_the_client_includes_them() {
    let contacts = ContactDetails::NotShared;
    for (source, kind) in [
        ("PreAuthentication_Authentication", begun(600)),
        (
            "PostAuthentication_Authentication",
            AuthEventKind::SignedIn(contacts.clone()),
        ),
        (
            "PostConfirmation_ConfirmSignUp",
            AuthEventKind::SignUpConfirmed(contacts.clone()),
        ),
        (
            "TokenGeneration_HostedAuth",
            AuthEventKind::TokenIssued(TokenOccasion::SignIn, contacts.clone()),
        ),
    ] {
        let through = |client| {
            let payload = payload(source, client, only_user(federated()));
            resolved(&payload, &configuration())
        };
        let ignored = Err(Outcome::Ignored(Ignored::FederatedUser));
        assert_eq!(through("plain"), ignored);
        assert_eq!(through("sharing"), ignored);
        let expected = AuthEvent {
            traits: of_provider("Google"),
            ..of_user("federating", kind)
        };
        assert_eq!(through("federating"), Ok(expected));
    }
}

#[test]
fn an_address_that_is_not_verified_or_cannot_be_one_is_none() {
    for (attribute, value) in [
        ("email_verified", "false"),
        ("email", "no address"),
        ("email", ""),
    ] {
        let mut attributes = native();
        attributes[attribute] = value.into();
        let source = "PostAuthentication_Authentication";
        let payload = payload(source, "sharing", only_user(attributes));
        let contacts = ContactDetails::Shared {
            email: None,
            phone: PhoneNumber::parse("+12065550100"),
            user_attributes: UserAttributes::default(),
        };
        let expected = of_user("sharing", AuthEventKind::SignedIn(contacts));
        assert_eq!(resolved(&payload, &configuration()), Ok(expected));
    }
}

#[test]
fn what_no_endpoint_can_have_is_left_out_by_name_and_the_event_goes_on() {
    let config = json!({"Clients": {"sharing": {"ApplicationId": PROJECT, "UserDataShared": true,
        "UserAttributes": {"custom:tier": "tier"}}}});
    let config = Config::from_json(&config.to_string()).unwrap();
    let too_long = "v".repeat(101);
    for (attribute, value, expected) in [
        ("email", "no address", Some(LeftOut::Email)),
        ("phone_number", "2065550100", Some(LeftOut::Sms)),
        ("custom:tier", &too_long, Some(LeftOut::UserAttribute)),
        ("custom:tier", "gold", None),
        ("custom:note", &too_long, None),
    ] {
        let mut attributes = native();
        attributes[attribute] = value.into();
        let payload = payload(
            "PostAuthentication_Authentication",
            "sharing",
            only_user(attributes),
        );
        let resolved = resolve(payload.to_string().as_bytes(), moment(), &config).unwrap();
        assert_eq!(
            resolved.left_out,
            Vec::from_iter(expected),
            "{attribute}: {value}"
        );
    }
    let mut request = only_user(native());
    request["clientMetadata"] = json!({"analytics:plan": "v".repeat(201), "platform": too_long});
    let payload = payload("PostAuthentication_Authentication", "sharing", request);
    let resolved = resolve(payload.to_string().as_bytes(), moment(), &config).unwrap();
    assert_eq!(resolved.left_out, [LeftOut::Attribute, LeftOut::Attribute]);
}

#[test]
fn configured_attributes_go_along_by_the_names_that_they_have_in_pinpoint() {
    let config = |shared| {
        let json = json!({"Clients": {"client": {"ApplicationId": PROJECT, "UserDataShared": shared,
            "UserAttributes": {"custom:tier": "tier", "custom:gone": "gone"}}}});
        Config::from_json(&json.to_string()).unwrap()
    };
    let mut attributes = native();
    attributes["custom:tier"] = "gold".into();
    attributes["custom:note"] = "private".into();
    let payload = payload(
        "PostAuthentication_Authentication",
        "client",
        only_user(attributes),
    );
    let mut user_attributes = UserAttributes::default();
    user_attributes.set("tier", Some("gold"));
    user_attributes.set("gone", None);
    let contacts = ContactDetails::Shared {
        email: EmailAddress::parse("ada@example.test"),
        phone: PhoneNumber::parse("+12065550100"),
        user_attributes,
    };
    for (shared, contacts) in [(true, contacts), (false, ContactDetails::NotShared)] {
        assert_eq!(
            resolved(&payload, &config(shared)),
            Ok(of_user("client", AuthEventKind::SignedIn(contacts)))
        );
    }
}

#[test]
fn pre_authentication_has_its_metadata_elsewhere_than_all_others() {
    let said = json!({"platform": "iOS", "analytics:plan": "pro", "own": "business"});
    let other = json!({"platform": "Android"});
    let (metadata, _) = AppMetadata::from_pairs([("platform", "iOS"), ("analytics:plan", "pro")]);
    for (source, here, elsewhere) in [
        (
            "PreAuthentication_Authentication",
            "validationData",
            "clientMetadata",
        ),
        (
            "PostAuthentication_Authentication",
            "clientMetadata",
            "validationData",
        ),
        (
            "PostConfirmation_ConfirmSignUp",
            "clientMetadata",
            "validationData",
        ),
        (
            "TokenGeneration_Authentication",
            "clientMetadata",
            "validationData",
        ),
    ] {
        let mut request = only_user(native());
        request[here] = said.clone();
        request[elsewhere] = other.clone();
        let event = resolved(&payload(source, "plain", request), &configuration()).unwrap();
        assert_eq!(event.metadata, metadata, "{source}");
    }
}

#[test]
fn a_client_without_configuration_is_ignored_unless_there_is_a_default() {
    let request = only_user(native());
    let payload = payload("TokenGeneration_Authentication", "stranger", request);
    assert_eq!(
        resolved(&payload, &configuration()),
        Err(Outcome::Ignored(Ignored::ClientNotConfigured))
    );
    let json = json!({"Default": {"ApplicationId": PROJECT}});
    let with_default = Config::from_json(&json.to_string()).unwrap();
    let expected = of_user(
        "stranger",
        AuthEventKind::TokenIssued(TokenOccasion::SignIn, ContactDetails::NotShared),
    );
    assert_eq!(resolved(&payload, &with_default), Ok(expected.clone()));

    let mut no_client = payload;
    no_client["callerContext"] = Value::Null;
    assert_eq!(
        resolved(&no_client, &configuration()),
        Err(Outcome::Ignored(Ignored::ClientNotConfigured))
    );
    let of_no_client = AuthEvent {
        client: None,
        ..expected
    };
    assert_eq!(resolved(&no_client, &with_default), Ok(of_no_client));
}

#[test]
fn what_is_none_of_our_sources_is_ignored_and_what_is_no_trigger_event_is_rejected() {
    for source in [
        "PreSignUp_SignUp",
        "CustomMessage_SignUp",
        "UserMigration_Authentication",
    ] {
        let payload = payload(source, "plain", only_user(native()));
        assert_eq!(
            resolved(&payload, &configuration()),
            Err(Outcome::Ignored(Ignored::TriggerSource))
        );
    }
    let rejected = Err(Outcome::Rejected(Rejected::NoTriggerEvent));
    for payload in ["", "{", "[]", "\"text\"", "{}", r#"{"triggerSource": 5}"#] {
        assert_eq!(
            resolve(payload.as_bytes(), moment(), &configuration()).map(|resolved| resolved.event),
            rejected
        );
    }
    let no_object = payload("PostAuthentication_Authentication", "plain", json!("text"));
    assert_eq!(resolved(&no_object, &configuration()), rejected);
}

#[test]
fn times_are_whole_milliseconds() {
    let precise = Moment {
        time: "2026-03-01T12:00:00.123999Z".parse().unwrap(),
        ..moment()
    };
    let event = resolve(&pre_authentication(), precise, &configuration());
    assert_eq!(
        event.map(|resolved| resolved.event),
        Ok(of_user("plain", begun(210)))
    );
}

#[test]
fn names_of_outcomes_are_what_they_always_were() {
    let left_out = [
        LeftOut::Email,
        LeftOut::Sms,
        LeftOut::UserAttribute,
        LeftOut::Attribute,
    ];
    assert_eq!(
        left_out.map(LeftOut::name),
        [
            "rejected:email",
            "rejected:sms",
            "rejected:user_attribute",
            "rejected:attribute"
        ]
    );
    let outcomes = [
        Outcome::Published,
        Outcome::Ignored(Ignored::TriggerSource),
        Outcome::Ignored(Ignored::ClientNotConfigured),
        Outcome::Ignored(Ignored::Excluded),
        Outcome::Ignored(Ignored::FederatedUser),
        Outcome::Ignored(Ignored::NoUser),
        Outcome::Ignored(Ignored::AlreadySignedUp),
        Outcome::Ignored(Ignored::AlreadyCaptured),
        Outcome::Ignored(Ignored::AlreadyImported),
        Outcome::Ignored(Ignored::Forgotten),
        Outcome::Rejected(Rejected::NoConfiguration),
        Outcome::Rejected(Rejected::NoTriggerEvent),
        Outcome::Rejected(Rejected::InTheFuture),
        Outcome::Rejected(Rejected::InThePast),
        Outcome::Rejected(Rejected::NoAuthEvent),
        Outcome::Rejected(Rejected::ByDestination),
        Outcome::Spilled,
    ];
    assert_eq!(
        outcomes.map(|outcome| outcome.to_string()),
        [
            "published",
            "ignored:trigger_source",
            "ignored:client_not_configured",
            "ignored:excluded",
            "ignored:federated_user",
            "ignored:no_user",
            "ignored:already_signed_up",
            "ignored:already_captured",
            "ignored:already_imported",
            "ignored:forgotten",
            "rejected:no_configuration",
            "rejected:no_trigger_event",
            "rejected:in_the_future",
            "rejected:in_the_past",
            "rejected:no_auth_event",
            "rejected:by_destination",
            "spilled",
        ]
    );
}
