//! Capture: one append, and if that fails, one spill.

use pipeline::capture::{End, capture};
use pipeline::outcome::Outcome;

use crate::resolve::{configuration, moment, pre_authentication};
use crate::world::{Call, Fate, World};

#[tokio::test]
async fn an_event_is_in_the_log_once() {
    let world = World::calm();
    let payload = pre_authentication();
    let captured = capture(&payload, moment(), &configuration(), &world).await;
    world.look(|memory| {
        assert_eq!(captured.end, End::Logged(memory.log[0].id));
        assert_eq!((memory.log.len(), memory.spilled.len()), (1, 0));
    });
}

#[tokio::test]
async fn an_event_that_the_log_does_not_take_is_spilled_once() {
    for fate in [Fate::Fails, Fate::FailsWhenDone] {
        let world = World::planned(move |call| {
            assert!(matches!(call, Call::Append(_)), "{call:?}");
            fate
        });
        let payload = pre_authentication();
        let captured = capture(&payload, moment(), &configuration(), &world).await;
        assert_eq!(captured, Outcome::Spilled.into());
        world.look(|memory| {
            let [(event, cause)] = &memory.spilled[..] else {
                panic!("{:?}", memory.spilled)
            };
            assert_eq!(event.time, moment().time);
            assert_eq!(cause, "Something on the world: as planned");
        });
    }
}

#[tokio::test]
async fn what_is_ignored_or_rejected_touches_nothing() {
    let world = World::planned(|call| panic!("{call:?}"));
    let captured = capture(b"{", moment(), &configuration(), &world).await;
    let End::Ended(outcome) = captured.end else {
        panic!("{captured:?}")
    };
    assert_eq!(outcome.name(), "rejected:no_trigger_event");
    world.look(|memory| assert!(memory.spilled.is_empty()));
}
