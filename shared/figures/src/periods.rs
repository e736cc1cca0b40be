//! Days gathered for a chart: as they are if they are few, else by month.

use crate::DayObject;

/// The most days that a chart shows one by one.
const MOST_DAYS: usize = 31;

/// Some days that follow one another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Period {
    /// The day, such as `2026-01-31`, or the month, such as `2026-01`.
    pub name: String,
    /// Confirmed sign-ups.
    pub sign_ups: i64,
    /// Sign-ins.
    pub sign_ins: i64,
    /// Failed authentications.
    pub auth_failures: i64,
    /// The most users who were active on one day.
    pub highest_dau: i64,
}

/// The periods of these days in which anything happened.
pub fn periods(days: &[DayObject]) -> Vec<Period> {
    let name = |day: &DayObject| match days.len() {
        0..=MOST_DAYS => day.date.clone(),
        _ => day.date.rsplit_once('-').map_or("", |it| it.0).to_owned(),
    };
    let chunks = days.chunk_by(|day, next| name(day) == name(next));
    let periods = chunks.filter_map(|days| Some(period(name(days.first()?), days)));
    periods.filter(is_something).collect()
}

fn period(name: String, days: &[DayObject]) -> Period {
    let sum = |figure: fn(&DayObject) -> i64| days.iter().map(figure).sum();
    Period {
        name,
        sign_ups: sum(|day| day.sign_ups),
        sign_ins: sum(|day| day.sign_ins),
        auth_failures: sum(|day| day.auth_failures),
        highest_dau: days.iter().map(|day| day.dau).max().unwrap_or(0),
    }
}

fn is_something(period: &Period) -> bool {
    period.sign_ups + period.sign_ins + period.auth_failures + period.highest_dau > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str, figure: i64) -> DayObject {
        DayObject {
            project: "p".to_owned(),
            date: date.to_owned(),
            sign_ups: figure,
            sign_ins: 2 * figure,
            auth_failures: 0,
            new_users: figure,
            dau: figure,
            wau: figure,
            mau: 9,
            segment: None,
        }
    }

    fn check(days: &[DayObject], expected: &[(&str, i64, i64, i64)]) {
        let periods = periods(days);
        let found: Vec<_> = periods
            .iter()
            .map(|it| (it.name.as_str(), it.sign_ups, it.sign_ins, it.highest_dau))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn few_days_are_shown_one_by_one_and_many_by_month() {
        check(&[], &[]);
        let few = [
            day("2026-01-30", 1),
            day("2026-01-31", 0),
            day("2026-02-01", 3),
        ];
        check(&few, &[("2026-01-30", 1, 2, 1), ("2026-02-01", 3, 6, 3)]);
        let january = (1..=31).map(|it| day(&format!("2026-01-{it:02}"), 1));
        let february = (1..=28).map(|it| day(&format!("2026-02-{it:02}"), 0));
        let many: Vec<_> = january
            .chain(february)
            .chain([day("2026-03-01", 7)])
            .collect();
        check(&many, &[("2026-01", 31, 62, 1), ("2026-03", 7, 14, 7)]);
    }
}
