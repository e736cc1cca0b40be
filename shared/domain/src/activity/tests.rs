//! The histogram against brute force over sets.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

fn day(offset: u32) -> Day {
    Day::parse("2025-12-01").unwrap().plus(offset)
}

/// Every user's activity, in order of arrival, through the histogram.
fn histogram(arrivals: &[(u8, u32)]) -> DayRows {
    let mut users: BTreeMap<u8, ActiveDays> = BTreeMap::new();
    let mut rows = DayRows::default();
    for (user, offset) in arrivals {
        let today = day(*offset);
        let activity = match users.get_mut(user) {
            Some(days) => days.record(today),
            None => {
                users.insert(*user, ActiveDays::starting(today));
                Activity::Added(Recency::NEVER, None)
            }
        };
        for (day, recency, users) in changes(today, activity) {
            let mut row = DayRow::default();
            row.add_users(recency, users);
            rows.add(day, &row);
        }
    }
    rows
}

fn changes(today: Day, activity: Activity) -> Vec<(Day, Recency, i64)> {
    match activity {
        Activity::Repeated | Activity::TooLate => vec![],
        Activity::Added(recency, None) => vec![(today, recency, 1)],
        Activity::Added(recency, Some(moved)) => {
            vec![
                (today, recency, 1),
                (moved.day, moved.from, -1),
                (moved.day, moved.to, 1),
            ]
        }
    }
}

/// The users active on each day, leaving out what comes too late.
fn brute_force(arrivals: &[(u8, u32)]) -> BTreeMap<Day, BTreeSet<u8>> {
    let mut newest: BTreeMap<u8, u32> = BTreeMap::new();
    let mut sets: BTreeMap<Day, BTreeSet<u8>> = BTreeMap::new();
    for (user, offset) in arrivals {
        let newest = newest.entry(*user).or_insert(*offset);
        *newest = (*newest).max(*offset);
        if *newest - *offset <= LATEST_COUNTED_DAYS {
            sets.entry(day(*offset)).or_default().insert(*user);
        }
    }
    sets
}

fn users_between(sets: &BTreeMap<Day, BTreeSet<u8>>, first: Day, last: Day) -> i64 {
    let sets = sets.iter().filter(|(day, _)| (first..=last).contains(*day));
    let users: BTreeSet<u8> = sets.flat_map(|(_, users)| users).copied().collect();
    i64::try_from(users.len()).unwrap()
}

/// Arrivals over 400 days: mostly near each other, so that late and repeated ones are common.
fn arrivals() -> impl Strategy<Value = Vec<(u8, u32)>> {
    let near = (0u8..6, 0u32..120);
    let far = (0u8..6, 0u32..400);
    prop::collection::vec(prop_oneof![3 => near, 1 => far], 0..150)
}

proptest! {
    #[test]
    fn every_window_of_every_day_equals_brute_force(arrivals in arrivals()) {
        let rows = histogram(&arrivals);
        let sets = brute_force(&arrivals);
        for today in day(0).through(day(400)) {
            let figures = rows.figures(today);
            prop_assert_eq!(figures.dau, users_between(&sets, today, today));
            prop_assert_eq!(figures.wau, users_between(&sets, today.minus(6), today));
            prop_assert_eq!(figures.mau, users_between(&sets, today.minus(29), today));
            let before = users_between(&sets, day(0), today.minus(1));
            let new = users_between(&sets, day(0), today) - before;
            prop_assert_eq!(figures.new_users, new);
            let month = today.month();
            let brute = users_between(&sets, month.first_day(), month.last_day());
            prop_assert_eq!(rows.calendar_mau(month), brute);
        }
    }

    #[test]
    fn no_entry_is_negative_and_each_is_where_brute_force_puts_it(arrivals in arrivals()) {
        let sets = brute_force(&arrivals);
        let mut expected = DayRows::default();
        for (today, users) in &sets {
            for user in users {
                let previous = sets.range(..*today).rev().find(|(_, set)| set.contains(user));
                let recency = previous
                    .map_or(Recency::NEVER, |(previous, _)| Recency::of_days(today.days_since(*previous)));
                let mut row = DayRow::default();
                row.add_users(recency, 1);
                expected.add(*today, &row);
            }
        }
        prop_assert_eq!(histogram(&arrivals), expected);
    }

    #[test]
    fn order_of_arrival_within_90_days_changes_nothing(
        (arrivals, shuffled) in prop::collection::vec((0u8..6, 0u32..=90), 0..80)
            .prop_flat_map(|arrivals| (Just(arrivals.clone()), Just(arrivals).prop_shuffle()))
    ) {
        prop_assert_eq!(histogram(&arrivals), histogram(&shuffled));
    }

    #[test]
    fn parts_come_back_as_they_were(offsets in prop::collection::vec(0u32..400, 1..40)) {
        let mut days = ActiveDays::starting(day(offsets[0]));
        for offset in offsets {
            days.record(day(offset));
        }
        let (first, newest, bits) = days.to_parts();
        prop_assert_eq!(ActiveDays::from_parts(first, newest, bits), Some(days));
    }
}

#[test]
fn a_row_moved_to_nothing_leaves_no_entry() {
    let rows = histogram(&[(1, 10), (1, 5)]);
    let figures = rows.figures(day(10));
    assert_eq!((figures.new_users, figures.dau, figures.wau), (0, 1, 1));
    assert_eq!(rows.figures(day(5)).new_users, 1);
}
