//! What holds for every trace.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use super::*;
use crate::activity::{DayFigures, DayRows};
use crate::analytics_event::AnalyticsEventType;
use crate::auth_event::Who;
use crate::endpoint::ContactUpdate;
use crate::ids::{EventId, Sub};

/// An event, and which of the trace's users it is of.
type Step = (usize, AuthEvent);

/// Times of a few busy minutes on each of many days: most days near each other, so that windows,
/// days and late events are all met often.
fn time() -> impl Strategy<Value = TimeDelta> {
    let day = prop_oneof![4 => 0i64..8, 2 => 80i64..100, 1 => 0i64..300];
    (day, 0i64..600).prop_map(|(day, second)| days(day) + seconds(second))
}

fn kind() -> impl Strategy<Value = AuthEvent> {
    let of = |make: fn(TimeDelta) -> AuthEvent| time().prop_map(make);
    prop_oneof![
        4 => of(started),
        1 => (time(), 1u32..=60).prop_map(|(at, window)| {
            started_for(at, AttemptWindow::from_seconds(window).unwrap())
        }),
        4 => of(signed_in),
        1 => of(signed_up),
        2 => of(token_issued),
        1 => of(password_reset),
        2 => (time(), 1u8..60).prop_map(|(at, number)| expired(at, number)),
        1 => of(user_not_found),
    ]
}

/// What an app may say: values that are distinguished, one that is not, and attributes.
fn said() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    subsequence(
        vec![
            ("platform", "iOS"),
            ("appVersion", "1.0"),
            ("locale", "xx"),
            ("analyticsEndpointId", "device-1"),
            ("analytics:plan", "pro"),
        ],
        0..=5,
    )
    .prop_flat_map(|said| {
        let android = said.iter().map(|(name, value)| match *name {
            "platform" => ("platform", "Android"),
            _ => (*name, *value),
        });
        select(vec![android.collect(), said])
    })
}

fn shared() -> impl Strategy<Value = Option<(Option<&'static str>, Option<&'static str>)>> {
    let email = select(vec![None, Some(ADA), Some("ada@new.test")]);
    let phone = select(vec![None, Some(PHONE)]);
    prop::option::of((email, phone))
}

fn event() -> impl Strategy<Value = AuthEvent> {
    let client = select(vec!["app-a", "app-a", "app-b"]);
    (kind(), client, said(), shared()).prop_map(|(event, client, said, shared)| {
        let event = event.through(client).saying(&said);
        let says_contacts = !matches!(
            event.kind,
            AuthEventKind::AuthenticationStarted { .. }
                | AuthEventKind::UserNotFound
                | AuthEventKind::AttemptExpired(_)
        );
        match shared {
            Some((email, phone)) if says_contacts => event.sharing(email, phone),
            Some(_) | None => event,
        }
    })
}

/// Events of up to five users and of nobody, each with its place's id.
fn trace() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0usize..6, event()), 1..120).prop_map(numbered)
}

fn numbered(mut steps: Vec<Step>) -> Vec<Step> {
    for (index, (user, event)) in steps.iter_mut().enumerate() {
        event.id = event_id(u8::try_from(index + 1).unwrap());
        if *user == 5 || event.kind == AuthEventKind::UserNotFound {
            *user = 5;
            event.user = user_key(Who::Nobody(None));
        } else {
            event.user = user_key(Who::User(Sub::new(user.to_string())));
        }
    }
    steps
}

/// The trace folded, as batches whose ends are given.
struct Folded {
    states: Vec<UserState>,
    analytics: Vec<(usize, AnalyticsEvent)>,
    contacts: Vec<(usize, (DestinationName, ContactUpdate))>,
    rows: BTreeMap<Segment, DayRows>,
    applied: Vec<Applied>,
}

impl Folded {
    fn one_by_one(steps: &[Step]) -> Self {
        Self::in_batches(steps, |_| true)
    }

    fn in_batches(steps: &[Step], ends_batch: impl Fn(usize) -> bool) -> Self {
        let mut folded = Self {
            states: vec![UserState::default(); 6],
            analytics: Vec::new(),
            contacts: Vec::new(),
            rows: BTreeMap::new(),
            applied: Vec::new(),
        };
        let mut counting = counting();
        let mut effects = vec![Effects::default(); 6];
        for (index, (user, event)) in steps.iter().enumerate() {
            let state = &mut folded.states[*user];
            let applied = state.apply(event, &position(index), &mut counting, &mut effects[*user]);
            folded.applied.push(applied);
            if ends_batch(index) {
                folded.take(&mut effects);
            }
        }
        folded.take(&mut effects);
        folded.analytics.sort_by_key(|(user, _)| *user);
        folded.contacts.sort_by_key(|(user, _)| *user);
        folded
    }

    fn take(&mut self, effects: &mut [Effects]) {
        for (user, effects) in effects.iter_mut().enumerate() {
            let effects = std::mem::take(effects);
            self.analytics
                .extend(effects.analytics.into_iter().map(|event| (user, event)));
            self.contacts
                .extend(effects.contacts.into_iter().map(|update| (user, update)));
            for ((day, segment), row) in effects.rows.into_iter().filter(|(_, row)| !row.is_empty())
            {
                self.rows.entry(segment).or_default().add(day, &row);
            }
        }
    }
}

/// Who was active when, as plain sets, and what was counted; one for each segment.
#[derive(Default)]
struct Counts {
    active: BTreeMap<Day, BTreeSet<usize>>,
    counters: BTreeMap<Day, [i64; 3]>,
}

impl Counts {
    fn users(&self, first: Day, last: Day) -> BTreeSet<usize> {
        self.active
            .range(first..=last)
            .flat_map(|(_, users)| users)
            .copied()
            .collect()
    }

    fn count(&self, first: Day, last: Day) -> i64 {
        i64::try_from(self.users(first, last).len()).unwrap()
    }
}

/// Counts what brings its metadata itself: everything but attempts, and sign-ins that close one.
fn brute_force(steps: &[Step]) -> BTreeMap<Segment, Counts> {
    let mut signed_up: BTreeSet<usize> = BTreeSet::new();
    let mut segments: BTreeMap<Segment, Counts> = BTreeMap::new();
    for (user, event) in steps {
        let day = day_of(event.time);
        if is_sign_up_of_user(event) && !signed_up.insert(*user) {
            continue;
        }
        let (counter, active) = match &event.kind {
            AuthEventKind::SignUpConfirmed(_) => (Some(0), true),
            AuthEventKind::SignedIn(_) => (Some(1), true),
            AuthEventKind::UserNotFound => (Some(2), false),
            AuthEventKind::TokenIssued(..) => (None, true),
            AuthEventKind::PasswordResetConfirmed(_)
            | AuthEventKind::UserListed { .. }
            | AuthEventKind::AuthenticationStarted { .. }
            | AuthEventKind::EndpointRefused(_)
            | AuthEventKind::AttemptExpired(_) => continue,
        };
        let active = active && event.user.sub().is_some();
        if counter.is_none() && !active {
            continue;
        }
        for segment in notation::segments(&event.metadata) {
            let counts = segments.entry(segment).or_default();
            if let Some(counter) = counter {
                counts.counters.entry(day).or_default()[counter] += 1;
            }
            if active {
                counts.active.entry(day).or_default().insert(*user);
            }
        }
    }
    segments
}

fn is_sign_up_of_user(event: &AuthEvent) -> bool {
    matches!(event.kind, AuthEventKind::SignUpConfirmed(_)) && event.user.sub().is_some()
}

/// Without any sign-up but the first of each user: of several, the first to arrive counts.
fn one_sign_up_each(mut steps: Vec<Step>) -> Vec<Step> {
    let mut signed_up = BTreeSet::new();
    steps.retain(|(user, event)| !is_sign_up_of_user(event) || signed_up.insert(*user));
    steps
}

fn without_attempts(steps: Vec<Step>) -> Vec<Step> {
    let started = |step: &Step| matches!(step.1.kind, AuthEventKind::AuthenticationStarted { .. });
    steps.into_iter().filter(|step| !started(step)).collect()
}

fn day_range() -> (Day, Day) {
    (day_of(epoch()), day_of(epoch()).plus(310))
}

proptest! {
    #[test]
    fn a_record_applied_again_changes_nothing(
        steps in trace(),
        again in prop::collection::vec(any::<Index>(), 120),
    ) {
        let mut counting = counting();
        let mut states = vec![UserState::default(); 6];
        for (index, (user, event)) in steps.iter().enumerate() {
            let _ = states[*user].apply(event, &position(index), &mut counting, &mut Effects::default());
            let before = states.clone();
            let earlier = again[index].index(index + 1);
            for repeated in [index, earlier] {
                let (user, event) = &steps[repeated];
                let mut effects = Effects::default();
                let applied = states[*user].apply(event, &position(repeated), &mut counting, &mut effects);
                prop_assert_eq!(applied, Applied::Repeated);
                prop_assert_eq!(effects, Effects::default());
            }
            prop_assert_eq!(&states, &before);
        }
    }

    #[test]
    fn batches_of_any_size_come_to_the_same_as_one_by_one(
        steps in trace(),
        ends in prop::collection::vec(any::<bool>(), 120),
    ) {
        let one_by_one = Folded::one_by_one(&steps);
        for batches in [Folded::in_batches(&steps, |_| false), Folded::in_batches(&steps, |i| ends[i])] {
            prop_assert_eq!(&batches.states, &one_by_one.states);
            prop_assert_eq!(&batches.analytics, &one_by_one.analytics);
            prop_assert_eq!(&batches.contacts, &one_by_one.contacts);
            prop_assert_eq!(&batches.applied, &one_by_one.applied);
            prop_assert_eq!(&batches.rows, &one_by_one.rows);
        }
    }

    #[test]
    fn the_rows_of_every_segment_equal_brute_force(steps in trace().prop_map(without_attempts)) {
        let rows = Folded::one_by_one(&steps).rows;
        let expected = brute_force(&steps);
        prop_assert_eq!(rows.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (segment, counts) in &expected {
            let mut before = BTreeSet::new();
            for day in day_range().0.through(day_range().1) {
                let figures = rows[segment].figures(day);
                let [sign_ups, sign_ins, auth_failures] =
                    counts.counters.get(&day).copied().unwrap_or_default();
                let today = counts.users(day, day);
                prop_assert_eq!(figures, DayFigures {
                    day,
                    sign_ups,
                    sign_ins,
                    auth_failures,
                    new_users: i64::try_from(today.difference(&before).count()).unwrap(),
                    dau: counts.count(day, day),
                    wau: counts.count(day.minus(6), day),
                    mau: counts.count(day.minus(29), day),
                });
                before.extend(today);
            }
        }
    }

    #[test]
    fn order_of_arrival_changes_no_row_however_late(
        (steps, shuffled) in prop::collection::vec((0usize..6, event()), 0..60)
            .prop_map(|steps| one_sign_up_each(numbered(without_attempts(steps))))
            .prop_flat_map(|steps| (Just(steps.clone()), Just(steps).prop_shuffle()))
    ) {
        prop_assert_eq!(Folded::one_by_one(&steps).rows, Folded::one_by_one(&shuffled).rows);
    }

    /// However they come, attempts end once each, and nothing else fails or ends.
    #[test]
    fn every_attempt_is_open_or_closed_or_failed(steps in trace()) {
        let folded = Folded::one_by_one(&steps);
        let mut failed = BTreeSet::new();
        let mut signed_in = 0;
        for (_, event) in &folded.analytics {
            match event.event_type {
                AnalyticsEventType::AuthFail => prop_assert!(failed.insert(event.id)),
                AnalyticsEventType::SignIn => signed_in += 1,
                AnalyticsEventType::SignUp => (),
            }
        }
        let open: BTreeSet<_> = folded.states.iter()
            .flat_map(|state| state.attempts.iter().map(|attempt| attempt.id)).collect();
        let ids = |wanted: fn(&AuthEventKind) -> bool| -> BTreeSet<EventId> {
            steps.iter().filter(|(_, event)| wanted(&event.kind)).map(|(_, event)| event.id).collect()
        };
        let begun = ids(|kind| matches!(kind, AuthEventKind::AuthenticationStarted { .. }));
        let unknown = ids(|kind| matches!(kind, AuthEventKind::UserNotFound));
        let signed_in_events = ids(|kind| matches!(kind, AuthEventKind::SignedIn(_)));
        prop_assert_eq!(signed_in, signed_in_events.len());
        prop_assert!(open.is_subset(&begun) && open.is_disjoint(&failed));
        prop_assert!(unknown.is_subset(&failed));
        let failed: BTreeSet<_> = failed.difference(&unknown).copied().collect();
        prop_assert!(failed.is_subset(&begun));
        prop_assert!(begun.len() - open.len() - failed.len() <= signed_in);
    }
}
