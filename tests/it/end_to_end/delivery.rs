//! Between counting and a destination: whatever the destination does, figures are there, and it gets what waited.

use std::time::{Duration, Instant};

use crate::support::app::App;
use crate::support::command::done;
use crate::support::pinpoint::Fault;

use super::Stack;

/// How long figures may take on a busy machine: the stream's mapping waits for five seconds of it.
const SECONDS: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn while_pinpoint_hangs_figures_are_there_and_once_it_is_well_it_gets_what_waited() {
    let stack = Stack::deploy().await;
    let app = App::new(&stack.cognito.url()).await;
    done(&mut stack.command("attach", &app.pool));

    stack.pinpoint.set(Fault::Silence);
    let email = [("email", "ada@example.test")];
    app.sign_up("ada", "Right-Password-1", &email).await;
    app.sign_in("ada", "Right-Password-1").await.unwrap();
    let began = Instant::now();
    let figures = stack.wait_for("signIns", 1).await;
    assert_eq!(figures["signUps"], 1, "{figures}");
    assert!(began.elapsed() < SECONDS, "{:?}", began.elapsed());
    while stack.pinpoint.asked().is_empty() {
        stack.expire().await;
    }
    assert_eq!(stack.pinpoint.events(), Vec::<serde_json::Value>::new());

    stack.pinpoint.set(Fault::Nothing);
    let events = stack.wait_for_events(2).await;
    let mut types: Vec<_> = events.iter().map(|event| &event["event_type"]).collect();
    types.sort_by_key(|it| it.as_str());
    assert_eq!(types, ["_userauth.sign_in", "_userauth.sign_up"]);
    let endpoints = stack.pinpoint.endpoints();
    let addresses = endpoints.iter().filter_map(|it| it.get("Address"));
    assert_eq!(addresses.collect::<Vec<_>>(), ["ada@example.test"]);
}
