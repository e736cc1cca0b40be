//! Which device endpoints are told of, and when.

use super::*;

#[test]
fn the_users_own_device_is_told_once_and_again_when_it_changes() {
    let ios = [("platform", "iOS"), ("platformVersion", "18.1")];
    let newer = [("platform", "iOS"), ("platformVersion", "18.2")];
    let told = Told::of(&[
        signed_in(seconds(1)),
        signed_in(seconds(2)),
        signed_in(seconds(3)).saying(&ios),
        signed_in(seconds(4)).saying(&ios),
        signed_in(seconds(5)),
        signed_in(seconds(6)).saying(&newer),
        signed_in(seconds(7)).saying(&ios),
    ]);
    assert_eq!(
        told.analytics(),
        [
            "#1 sign_in app-a 1s on own: u",
            "#2 sign_in app-a 2s on own",
            "#3 sign_in app-a 3s on own: u, iOS, 18.1",
            "#4 sign_in app-a 4s on own",
            "#5 sign_in app-a 5s on own",
            "#6 sign_in app-a 6s on own: u, iOS, 18.2",
            "#7 sign_in app-a 7s on own: u, iOS, 18.1",
        ]
    );
}

#[test]
fn an_apps_own_device_is_told_every_time() {
    let said = [("analyticsEndpointId", "Device-1"), ("platform", "iOS")];
    check(
        &[
            signed_in(seconds(1)).saying(&said),
            signed_in(seconds(2)).saying(&said),
        ],
        &[
            "#1 sign_in app-a 1s on device-1: u, iOS",
            "#2 sign_in app-a 2s on device-1: u, iOS",
            "day 0, whole, platform iOS, appVersion unknown, locale unknown: \
             2 sign-ins, 1 user after never",
            "active: whole, platform iOS, appVersion unknown, locale unknown on 0",
            "device: device-1",
        ],
    );
}

#[test]
fn an_id_that_no_endpoint_can_have_means_the_users_own_device() {
    let told = Told::of(&[signed_in(seconds(1)).saying(&[("analyticsEndpointId", "${id}")])]);
    assert_eq!(told.analytics(), ["#1 sign_in app-a 1s on own: u"]);
}

#[test]
fn twelve_devices_of_apps_are_known_and_all_further_ones_are_the_users_own() {
    let on = |at: i64, id: i64| {
        let id = format!("device-{id}");
        signed_in(seconds(at)).saying(&[("analyticsEndpointId", &id)])
    };
    let mut events: Vec<AuthEvent> = (1..=13).map(|number| on(number, number)).collect();
    events.push(on(14, 12));
    events.push(on(15, 14));
    let analytics = Told::of(&events).analytics();
    assert_eq!(
        analytics[11..],
        [
            "#12 sign_in app-a 12s on device-12: u",
            "#13 sign_in app-a 13s on own: u",
            "#14 sign_in app-a 14s on device-12: u",
            "#15 sign_in app-a 15s on own",
        ]
    );
}
