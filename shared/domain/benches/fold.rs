//! How many auth events a core folds in a second, in memory: what publish does between reading a
//! user's state and sending what came of their events.
#![expect(
    clippy::indexing_slicing,
    reason = "a remainder of the length is within it"
)]

use chrono::{DateTime, TimeDelta, Utc};
use divan::counter::ItemsCount;
use domain::auth_event::AttemptWindow;
use domain::auth_event::{AuthEvent, AuthEventKind, Position, TokenOccasion, UserKey, Who};
use domain::contact::{ContactDetails, EmailAddress, UserAttributes};
use domain::counting::Counting;
use domain::dimension::Dimension;
use domain::ids::{ClientId, EventId, ProjectId, Sub, UserPoolId};
use domain::metadata::AppMetadata;
use domain::traits::Traits;
use domain::user_state::{Effects, UserState};

const USERS: usize = 10_000;
const DAYS: usize = 10;

const PLATFORMS: [&str; 3] = ["iOS", "Android", "Web"];
const PLATFORM_VERSIONS: [&str; 5] = ["17.6", "18.0", "18.1", "14", "15"];
const APP_VERSIONS: [&str; 4] = ["2.3.0", "2.3.1", "2.4.0", "2.5.0-beta.1"];
const LOCALES: [&str; 6] = ["en_US", "de_DE", "fr_FR", "ja_JP", "pt_BR", "es_MX"];

fn main() {
    divan::main();
}

/// Ten thousand users on ten days, each there on every other one; figures by the default five dimensions.
#[divan::bench]
fn fold(bencher: divan::Bencher<'_, '_>) {
    let visits: Vec<Visit> = (0..DAYS)
        .flat_map(|day| (0..USERS).map(move |user| (user, day)))
        .filter(|(user, day)| (user + day) % 2 == 0)
        .map(|(user, day)| Visit::of(user, day))
        .collect();
    let events: usize = visits.iter().map(|visit| visit.events.len()).sum();
    bencher
        .counter(ItemsCount::new(events))
        .with_inputs(|| (vec![UserState::default(); USERS], counting()))
        .bench_local_refs(|(states, counting)| {
            for visit in &visits {
                divan::black_box(visit.fold(&mut states[visit.user], counting));
            }
        });
}

/// The events of one user that come together: one reading and one writing of their state.
struct Visit {
    user: usize,
    events: Vec<(Position, AuthEvent)>,
}

impl Visit {
    /// Of ten visits seven are sign-ins, two refresh a token, and one is a failure first.
    fn of(user: usize, day: usize) -> Self {
        let begin = || AuthEventKind::AuthenticationStarted {
            window: AttemptWindow::default(),
        };
        let contacts = || contacts(user);
        let kinds = match (user / 2 + day * 3) % 10 {
            0 | 1 => vec![AuthEventKind::TokenIssued(TokenOccasion::Other, contacts())],
            2 => vec![
                begin(),
                AuthEventKind::AttemptExpired(event_id(user, day, 0)),
                begin(),
                AuthEventKind::TokenIssued(TokenOccasion::SignIn, contacts()),
                AuthEventKind::SignedIn(contacts()),
            ],
            _ => vec![
                begin(),
                AuthEventKind::TokenIssued(TokenOccasion::SignIn, contacts()),
                AuthEventKind::SignedIn(contacts()),
            ],
        };
        let events = kinds.into_iter().enumerate();
        let events = events.map(|(step, kind)| record(user, day, step, kind));
        Self {
            user,
            events: events.collect(),
        }
    }

    fn fold(&self, state: &mut UserState, counting: &mut Counting) -> Effects {
        let mut effects = Effects::default();
        for (position, event) in &self.events {
            state.apply(event, position, counting, &mut effects);
        }
        effects
    }
}

fn record(user: usize, day: usize, step: usize, kind: AuthEventKind) -> (Position, AuthEvent) {
    let position = Position {
        stream: "2026-03-01T00:00:00.000".to_owned(),
        sequence_number: format!("{:021}", ((day * USERS) + user) * 10 + step),
    };
    let event = AuthEvent {
        id: event_id(user, day, step),
        time: time(day, user, step),
        user: UserKey {
            project: ProjectId::new("0123456789abcdef0123456789abcdef"),
            pool: UserPoolId::new("eu-west-1_AAAA11111"),
            who: Who::User(Sub::new(format!("7c0d2f3e-0000-4000-8000-{user:012}"))),
        },
        client: Some(ClientId::new("1example23456789")),
        metadata: metadata(user, &kind),
        traits: Traits::default(),
        kind,
    };
    (position, event)
}

fn time(day: usize, user: usize, step: usize) -> DateTime<Utc> {
    let seconds = day * 86_400 + user + step * 2;
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_772_323_200 + i64::try_from(seconds).unwrap_or(0))
}

fn event_id(user: usize, day: usize, step: usize) -> EventId {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&(user * 10 + step).to_le_bytes());
    EventId::new(time(day, user, 0), random)
}

/// An app says what it is with all but the answer to a challenge; an expiry says nothing.
fn metadata(user: usize, kind: &AuthEventKind) -> AppMetadata {
    match kind {
        AuthEventKind::SignedIn(_)
        | AuthEventKind::AttemptExpired(_)
        | AuthEventKind::EndpointRefused(_) => AppMetadata::default(),
        AuthEventKind::AuthenticationStarted { .. }
        | AuthEventKind::UserNotFound
        | AuthEventKind::SignUpConfirmed(_)
        | AuthEventKind::PasswordResetConfirmed(_)
        | AuthEventKind::UserListed { .. }
        | AuthEventKind::TokenIssued(..) => {
            let pairs = [
                ("platform", PLATFORMS[user % PLATFORMS.len()]),
                (
                    "platformVersion",
                    PLATFORM_VERSIONS[user % PLATFORM_VERSIONS.len()],
                ),
                ("appVersion", APP_VERSIONS[user % APP_VERSIONS.len()]),
                ("locale", LOCALES[user % LOCALES.len()]),
                ("make", "Example"),
                ("model", "One"),
                ("analytics:plan", "pro"),
                ("analytics:entry", "deep link"),
            ];
            AppMetadata::from_pairs(pairs).0
        }
    }
}

/// Every other user's client shares user data.
fn contacts(user: usize) -> ContactDetails {
    match user % 4 {
        0 | 1 => ContactDetails::NotShared,
        _ => ContactDetails::Shared {
            email: EmailAddress::parse(&format!("user-{user}@example.test")),
            phone: None,
            user_attributes: UserAttributes::default(),
        },
    }
}

fn counting() -> Counting {
    Counting {
        dimensions: Dimension::default_list(),
        ..Counting::default()
    }
}
