//! The histogram and the cohorts against brute force over sets.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::day::{Day, Interval};

fn day(offset: u32) -> Day {
    Day::parse("2025-12-01").unwrap().plus(offset)
}

/// What becomes known of a user.
#[derive(Clone, Copy, Debug)]
enum Arrival {
    /// They were active on this day.
    Active(u8, u32),
    /// Cognito made them on this day, before anything was counted.
    Seed(u8, u32),
}

/// What a project has counted of its users.
#[derive(PartialEq, Debug, Default)]
struct Counted {
    rows: DayRows,
    cohorts: BTreeMap<Cohort, CohortRow>,
}

/// What arrives, in its order, through the histogram and the cohorts.
fn counted(arrivals: &[Arrival]) -> Counted {
    let mut users: BTreeMap<u8, (ActiveDays, Option<Day>)> = BTreeMap::new();
    let mut counted = Counted::default();
    for arrival in arrivals {
        let (Arrival::Active(user, offset) | Arrival::Seed(user, offset)) = *arrival;
        let (days, seed) = users.entry(user).or_default();
        let before = (days.clone(), *seed);
        match arrival {
            Arrival::Active(..) => {
                let activity = days.record(day(offset), *seed);
                if activity != Activity::Repeated {
                    let changes = cohort_changes_of(days.as_slice(), day(offset), *seed);
                    let difference =
                        cohort_changes((before.0.as_slice(), *seed), (days.as_slice(), *seed));
                    assert_eq!(changes, difference);
                }
                counted.rows.take(changes(day(offset), activity));
            }
            Arrival::Seed(..) if seed.is_none() => {
                *seed = Some(day(offset));
                let moved = days.seeded(day(offset));
                counted
                    .rows
                    .take(moved.into_iter().flat_map(moves).collect());
            }
            Arrival::Seed(..) => {}
        }
        let before = (before.0.as_slice(), before.1);
        for change in cohort_changes(before, (days.as_slice(), *seed)) {
            let row = counted.cohorts.entry(change.cohort).or_default();
            row.add_users(change.age, change.users);
        }
    }
    counted.cohorts.retain(|_, row| !row.is_empty());
    counted
}

impl DayRows {
    fn take(&mut self, changes: Vec<(Day, Recency, i64)>) {
        for (day, recency, users) in changes {
            let mut row = DayRow::default();
            row.add_users(recency, users);
            self.add(day, &row);
        }
    }
}

fn changes(today: Day, activity: Activity) -> Vec<(Day, Recency, i64)> {
    match activity {
        Activity::Repeated => vec![],
        Activity::Added(recency, moved) => {
            let moved = moved.into_iter().flat_map(moves);
            [(today, recency, 1)].into_iter().chain(moved).collect()
        }
    }
}

fn moves(moved: Moved) -> [(Day, Recency, i64); 2] {
    [(moved.day, moved.from, -1), (moved.day, moved.to, 1)]
}

/// The users active on each day, and those who were there before.
#[derive(Default)]
struct Sets {
    active: BTreeMap<Day, BTreeSet<u8>>,
    seeds: BTreeMap<u8, Day>,
}

fn brute_force(arrivals: &[Arrival]) -> Sets {
    let mut sets = Sets::default();
    for arrival in arrivals {
        match *arrival {
            Arrival::Active(user, offset) => {
                sets.active.entry(day(offset)).or_default().insert(user);
            }
            Arrival::Seed(user, offset) => {
                sets.seeds.entry(user).or_insert(day(offset));
            }
        }
    }
    sets
}

impl Sets {
    fn users(&self, first: Day, last: Day) -> BTreeSet<u8> {
        let sets = self.active.range(first..=last);
        sets.flat_map(|(_, users)| users).copied().collect()
    }

    fn users_between(&self, first: Day, last: Day) -> i64 {
        i64::try_from(self.users(first, last).len()).unwrap()
    }

    /// The first active days, without those of users who were there before.
    fn new_on(&self) -> BTreeMap<u8, Day> {
        let mut new_on = BTreeMap::new();
        for (today, users) in &self.active {
            for user in users {
                new_on.entry(*user).or_insert(*today);
            }
        }
        new_on.retain(|user, first| {
            self.seeds
                .get(user)
                .is_none_or(|seed| *first <= seed.plus(1))
        });
        new_on
    }

    /// The users of the cohort that begins on `start` who were active in each of the intervals after.
    fn retention(&self, interval: Interval, start: Day) -> Vec<i64> {
        let new_on = self.new_on();
        let of_cohort = |user: &u8| {
            new_on
                .get(user)
                .is_some_and(|first| interval.start(*first) == start)
        };
        let intervals: Vec<Day> = interval.through(start, day(500)).collect();
        let active = intervals.windows(2).map(|pair| {
            let users = self.users(pair[0], pair[1].minus(1));
            i64::try_from(users.iter().filter(|user| of_cohort(user)).count()).unwrap()
        });
        active.collect()
    }
}

/// Arrivals over 400 days: mostly near each other, so that late and repeated ones are common.
fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let near = (0u8..6, 0u32..120).prop_map(|(user, offset)| Arrival::Active(user, offset));
    let far = (0u8..6, 0u32..400).prop_map(|(user, offset)| Arrival::Active(user, offset));
    let seed = (0u8..6, 0u32..100).prop_map(|(user, offset)| Arrival::Seed(user, offset));
    let arrival = prop_oneof![30 => near, 10 => far, 1 => seed];
    prop::collection::vec(arrival, 0..150).prop_map(one_seed_each)
}

/// Cognito makes a user once.
fn one_seed_each(mut arrivals: Vec<Arrival>) -> Vec<Arrival> {
    let mut seeded = BTreeSet::new();
    arrivals.retain(|arrival| match arrival {
        Arrival::Active(..) => true,
        Arrival::Seed(user, _) => seeded.insert(*user),
    });
    arrivals
}

proptest! {
    #[test]
    fn every_window_of_every_day_equals_brute_force(arrivals in arrivals()) {
        let rows = counted(&arrivals).rows;
        let sets = brute_force(&arrivals);
        let new_on = sets.new_on();
        for today in day(0).through(day(400)) {
            let figures = rows.figures(today);
            prop_assert_eq!(figures.dau, sets.users_between(today, today));
            prop_assert_eq!(figures.wau, sets.users_between(today.minus(6), today));
            prop_assert_eq!(figures.mau, sets.users_between(today.minus(29), today));
            let new = new_on.values().filter(|first| **first == today).count();
            prop_assert_eq!(figures.new_users, i64::try_from(new).unwrap());
            prop_assert_eq!(rows.active(today, 91), sets.users_between(today.minus(90), today));
            let month = today.month();
            let brute = sets.users_between(month.first_day(), month.last_day());
            prop_assert_eq!(rows.calendar_mau(month), brute);
        }
    }

    #[test]
    fn every_cohort_equals_brute_force(arrivals in arrivals()) {
        let counted = counted(&arrivals);
        let sets = brute_force(&arrivals);
        for interval in Interval::ALL {
            for start in interval.through(day(0), day(400)) {
                let expected = sets.retention(interval, start);
                let row = counted.cohorts.get(&Cohort { interval, start }).cloned().unwrap_or_default();
                let last = u32::try_from(expected.len() - 1).unwrap();
                prop_assert_eq!(row.active(last), expected, "{:?} {}", interval, start);
            }
        }
    }

    #[test]
    fn order_of_arrival_changes_nothing_however_late(
        (arrivals, shuffled) in arrivals()
            .prop_flat_map(|arrivals| (Just(arrivals.clone()), Just(arrivals).prop_shuffle()))
    ) {
        prop_assert_eq!(counted(&arrivals), counted(&shuffled));
    }
}

#[test]
fn a_row_moved_to_nothing_leaves_no_entry() {
    let rows = counted(&[Arrival::Active(1, 10), Arrival::Active(1, 5)]).rows;
    let figures = rows.figures(day(10));
    assert_eq!((figures.new_users, figures.dau, figures.wau), (0, 1, 1));
    assert_eq!(rows.figures(day(5)).new_users, 1);
}

#[test]
fn days_out_of_order_are_none_of_a_users() {
    for (offsets, expected) in [
        (vec![], true),
        (vec![1, 2], true),
        (vec![2, 1], false),
        (vec![1, 1], false),
    ] {
        let days = offsets.iter().map(|offset| day(*offset)).collect();
        assert_eq!(
            ActiveDays::from_ordered(days).is_some(),
            expected,
            "{offsets:?}"
        );
    }
}
