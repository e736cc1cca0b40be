//! `TimeZone`: whose calendar days are counted.

use domain::time_zone::TimeZone;

use super::object::{LIKE, likeness};

/// Reads the name of a time zone.
pub(super) fn time_zone(name: &str) -> Result<TimeZone, String> {
    name.parse().map_err(|_| match nearest(name) {
        Some(zone) => format!("is {name:?}, which is no time zone; did you mean {zone:?}?"),
        None => format!(
            "is {name:?}, which is no time zone; give its IANA name, like Europe/Berlin, or UTC"
        ),
    })
}

/// The zone that was probably meant, by its name or by its place alone. What is written as an offset means
/// none: an offset knows no daylight saving, and that of `Etc/GMT+2` has the other sign.
fn nearest(given: &str) -> Option<&'static str> {
    if given.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let likeness = |zone: &str| {
        let place = zone.rsplit('/').next().unwrap_or(zone);
        likeness(given, zone).max(likeness(given, place))
    };
    let zones = TimeZone::names().map(|zone| (zone, likeness(zone)));
    let nearest = zones.max_by(|(_, a), (_, b)| a.total_cmp(b));
    nearest
        .filter(|(_, likeness)| *likeness >= LIKE)
        .map(|(zone, _)| zone)
}
