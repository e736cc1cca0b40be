//! Expire: each attempt whose time is over is in the log once, and publish makes it a failure.

use std::cell::Cell;

use domain::analytics_event::AnalyticsEventType;
use domain::auth_event::{AuthEvent, AuthEventKind};
use domain::metadata::AppMetadata;
use domain::traits::Traits;
use pipeline::expire::{Expired, expire};
use pipeline::publish::{LogRecord, Verdict};

use crate::events::*;
use crate::world::{Call, DUE_PAGE, Fate, World};

/// A world in which these events have been published.
async fn after(world: World, events: impl IntoIterator<Item = AuthEvent>) -> World {
    for judged in world.publish(records(events)).await {
        assert!(matches!(judged.verdict, Verdict::Ended(_)), "{judged:?}");
    }
    world
}

/// The numbers of the attempts whose expiry is in the log.
fn in_log(world: &World) -> Vec<i16> {
    world.look(|memory| memory.log.iter().map(|event| -number(event.id)).collect())
}

async fn expired_at(world: &World, at: i64) -> Expired {
    expire(epoch() + seconds(at), world, world, || true)
        .await
        .unwrap()
}

fn expected(appended: usize, unpublished: usize, failed: usize) -> Expired {
    Expired {
        appended,
        unpublished,
        failed,
        more: false,
    }
}

#[tokio::test]
async fn attempts_expire_when_their_window_is_over_and_not_at_its_end() {
    let world = after(
        World::calm(),
        [started("a", seconds(0)), started("b", seconds(1))],
    )
    .await;
    for (at, result, log) in [
        (210, expected(0, 0, 0), &[][..]),
        (211, expected(1, 0, 0), &[1]),
        (212, expected(1, 1, 0), &[1, 2]),
    ] {
        assert_eq!(expired_at(&world, at).await, result);
        assert_eq!(in_log(&world), log);
    }
}

#[tokio::test]
async fn an_expiry_is_an_event_of_its_attempts_user_and_client_in_whole_milliseconds() {
    let said = [("platform", "iOS")];
    let world = after(World::calm(), [saying(started("a", seconds(0)), &said)]).await;
    let now = "2026-03-01T00:05:00.123456Z".parse().unwrap();
    expire(now, &world, &world, || true).await.unwrap();
    let attempt = &records([started("a", seconds(0))])[0].event;
    let expiry = AuthEvent {
        id: attempt.id.of_expiry(),
        time: "2026-03-01T00:05:00.123Z".parse().unwrap(),
        kind: AuthEventKind::AttemptExpired(attempt.id),
        metadata: AppMetadata::default(),
        traits: Traits::default(),
        ..attempt.clone()
    };
    world.look(|memory| assert_eq!(memory.log, [expiry]));
}

#[tokio::test]
async fn expiring_twice_before_publish_comes_to_it_appends_once() {
    let world = after(World::calm(), [started("a", seconds(0))]).await;
    expired_at(&world, 300).await;
    expired_at(&world, 360).await;
    assert_eq!(in_log(&world), [1]);
}

#[tokio::test]
async fn an_attempt_that_a_sign_in_closed_does_not_expire() {
    let events = [started("a", seconds(0)), signed_in("a", seconds(200))];
    let world = after(World::calm(), events).await;
    assert_eq!(expired_at(&world, 300).await, expected(0, 0, 0));
}

#[tokio::test]
async fn what_is_not_appended_is_left_to_the_next_run_and_hinders_no_other() {
    let mut failures = 7;
    let world = World::planned(move |call| match call {
        Call::Append(_) if failures > 0 => {
            failures -= 1;
            Fate::Fails
        }
        _ => Fate::Done,
    });
    let many = (0..40).map(|number| started(&number.to_string(), seconds(number)));
    let world = after(world, many).await;
    assert_eq!(expired_at(&world, 300).await, expected(33, 0, 7));
    assert_eq!(expired_at(&world, 300).await, expected(7, 33, 0));
    let mut log = in_log(&world);
    log.sort_unstable();
    assert_eq!(log, (1..=40).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_run_goes_on_page_by_page_while_there_is_time() {
    let many = (0..40).map(|number| started(&number.to_string(), seconds(number)));
    let world = after(World::calm(), many).await;
    let now = epoch() + seconds(300);
    for (further_pages, appended, unpublished, more) in [
        (0, DUE_PAGE, 0, true),
        (1, DUE_PAGE, DUE_PAGE, true),
        (9, 8, 32, false),
    ] {
        let left: Cell<u32> = Cell::new(further_pages);
        let goes_on = || left.replace(left.get().saturating_sub(1)) > 0;
        let result = expire(now, &world, &world, goes_on).await.unwrap();
        let expected = Expired {
            more,
            ..expected(appended, unpublished, 0)
        };
        assert_eq!(result, expected);
    }
}

#[tokio::test]
async fn attempts_that_cannot_be_listed_are_an_error() {
    let world = World::failing(Call::Due);
    let error = expire(epoch(), &world, &world, || true).await.unwrap_err();
    assert_eq!(error.to_string(), "Something on the world: as planned");
}

#[tokio::test]
async fn a_published_expiry_is_one_failure_with_its_attempts_id_and_time() {
    let world = after(World::calm(), [started("a", seconds(5))]).await;
    expired_at(&world, 300).await;
    let expiry = LogRecord {
        position: position(2),
        event: world.look(|memory| memory.log[0].clone()),
    };
    let judged = world.publish(vec![expiry]).await;
    assert_eq!(judged[0].verdict, Verdict::Applied);
    assert_eq!(expired_at(&world, 360).await, expected(0, 0, 0));
    world.look(|memory| {
        let failure = memory.analytics().last().unwrap();
        let told = (failure.id, failure.event_type, failure.time);
        let time = epoch() + seconds(5);
        assert_eq!(told, (event_id(1), AnalyticsEventType::AuthFail, time));
        assert_eq!(memory.counts(), ["day 0: 0 up, 0 in, 1 fail, 0 new of 0"]);
    });
}
