//! Figures and days as people read them.

use chrono::{DateTime, TimeDelta, Utc};
use domain::day::Day;
use domain::dimension::{Dimension, Property};
use domain::time_zone::TimeZone;

use super::measure::Unit;
use super::period::{Span, length};
use super::view::Step;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A figure, or a dash where there is none.
pub fn figure(unit: Unit, value: Option<f64>) -> String {
    match (unit, value) {
        (_, None) => "–".to_owned(),
        (Unit::Count, Some(value)) => grouped(value),
        (Unit::Share, Some(value)) => percent(value),
    }
}

/// `1,234,567`
pub fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value <= -0.5 {
        format!("−{text}")
    } else {
        text
    }
}

/// `9.4 %`
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A change: `+11.8 %`, or for shares `+2.7 pts`.
pub fn change(unit: Unit, change: f64) -> String {
    let sign = match format!("{:.1}", change * 100.0).as_str() {
        "0.0" | "-0.0" => "±",
        _ if change < 0.0 => "−",
        _ => "+",
    };
    let of = match unit {
        Unit::Count => "%",
        Unit::Share => "pts",
    };
    format!("{sign}{:.1} {of}", change.abs() * 100.0)
}

/// `Wed 28 Oct`
pub fn day(day: Day) -> String {
    format!("{} {}", nth(&WEEKDAYS, day.weekday()), date(day))
}

/// `28 Oct`
pub fn date(day: Day) -> String {
    let (_, month, number) = day.parts();
    format!("{number} {}", nth(&MONTHS, month - 1))
}

/// `28 Oct 2026`
pub fn date_of_year(day: Day) -> String {
    format!("{} {:04}", date(day), day.parts().0)
}

/// `13:05`
pub fn time(zone: TimeZone, time: DateTime<Utc>) -> String {
    zone.clock(time).format("%H:%M").to_string()
}

/// `40 s`, `5 min`, `3 h`, `2 days`: whole ones of the largest unit of which there are two.
pub fn duration(duration: TimeDelta) -> String {
    match duration.num_seconds() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7_200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// `Oct 2026`
pub fn month(day: Day) -> String {
    let (year, month, _) = day.parts();
    format!("{} {year:04}", nth(&MONTHS, month - 1))
}

fn nth(names: &[&'static str], place: u32) -> &'static str {
    let place = usize::try_from(place).ok();
    place
        .and_then(|place| names.get(place))
        .copied()
        .unwrap_or("")
}

/// `28 Oct – 24 Nov 2026`
pub fn span((from, to): Span) -> String {
    if from == to {
        return date_of_year(to);
    }
    let same_year = from.parts().0 == to.parts().0;
    let first = if same_year {
        date(from)
    } else {
        date_of_year(from)
    };
    format!("{first} – {}", date_of_year(to))
}

/// A point of a chart.
pub fn point(step: Step, (from, to): Span) -> String {
    match step {
        Step::Day => day(from),
        Step::Month if length((from, to)) >= 28 => month(from),
        Step::Week | Step::Month => span((from, to)),
    }
}

/// What people call a dimension.
pub fn dimension(dimension: &Dimension) -> String {
    let names = dimension.properties().into_iter().map(property);
    let names: Vec<String> = names.collect();
    names.join(" and ")
}

/// What people call a property.
pub fn property(property: &Property) -> String {
    match property {
        Property::Client => "App client".to_owned(),
        Property::Provider => "Provider".to_owned(),
        Property::Group => "Group".to_owned(),
        Property::Platform => "Platform".to_owned(),
        Property::PlatformVersion => "Platform version".to_owned(),
        Property::AppVersion => "App version".to_owned(),
        Property::Locale => "Locale".to_owned(),
        Property::Make => "Make".to_owned(),
        Property::Model => "Model".to_owned(),
        Property::Attribute(name) => capital(name.strip_prefix("custom:").unwrap_or(name)),
        Property::App(name) => capital(name),
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_days_are_written_as_people_read_them() {
        assert_eq!(grouped(1_234_567.0), "1,234,567");
        assert_eq!(grouped(999.0), "999");
        assert_eq!(figure(Unit::Share, Some(0.0944)), "9.4 %");
        assert_eq!(figure(Unit::Count, None), "–");
        assert_eq!(change(Unit::Count, 0.118), "+11.8 %");
        assert_eq!(change(Unit::Share, -0.027), "−2.7 pts");
        assert_eq!(change(Unit::Count, -0.0001), "±0.0 %");
        let durations = [2, 119, 300, 7_199, 7_200, 200_000].map(TimeDelta::seconds);
        assert_eq!(
            durations.map(duration),
            ["2 s", "119 s", "5 min", "119 min", "2 h", "2 days"]
        );
        let zone = "Europe/Berlin".parse().unwrap();
        assert_eq!(time(zone, "2026-07-01T11:05:59Z".parse().unwrap()), "13:05");
        let of = |text| Day::parse(text).unwrap();
        assert_eq!(day(of("2026-10-28")), "Wed 28 Oct");
        assert_eq!(
            span((of("2026-10-28"), of("2026-11-24"))),
            "28 Oct – 24 Nov 2026"
        );
        assert_eq!(
            span((of("2025-12-30"), of("2026-01-02"))),
            "30 Dec 2025 – 2 Jan 2026"
        );
        assert_eq!(
            point(Step::Month, (of("2026-02-01"), of("2026-02-28"))),
            "Feb 2026"
        );
    }
}
