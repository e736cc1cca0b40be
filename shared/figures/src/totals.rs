//! What a segment comes to over some days.

use serde::Serialize;

use crate::{DayObject, SegmentObject};

/// A segment's totals over some days, and its active users at the last of them.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentTotals {
    /// The segment.
    pub segment: SegmentObject,
    /// Confirmed sign-ups.
    pub sign_ups: i64,
    /// Sign-ins.
    pub sign_ins: i64,
    /// Failed authentications.
    pub auth_failures: i64,
    /// Users whose first active day in the segment is one of these.
    pub new_users: i64,
    /// Users active on the last day.
    pub dau: i64,
    /// Users active on at least one of the 30 days that end with the last one.
    pub mau: i64,
    /// What part of the whole project's `mau` that is, from 0 to 1; 0 of nobody. Segments overlap.
    pub share: f64,
}

impl SegmentTotals {
    /// That of these days of a segment, of a project with so many users active in the 30 days up to the last.
    pub fn of(segment: SegmentObject, days: &[DayObject], whole: i64) -> Self {
        let sum = |figure: fn(&DayObject) -> i64| days.iter().map(figure).sum();
        let mau = days.last().map_or(0, |day| day.mau);
        Self {
            segment,
            sign_ups: sum(|day| day.sign_ups),
            sign_ins: sum(|day| day.sign_ins),
            auth_failures: sum(|day| day.auth_failures),
            new_users: sum(|day| day.new_users),
            dau: days.last().map_or(0, |day| day.dau),
            mau,
            share: share(mau, whole),
        }
    }
}

/// Rounded to four digits.
fn share(part: i64, whole: i64) -> f64 {
    let parts = (part * 10_000 + whole / 2).checked_div(whole).unwrap_or(0);
    f64::from(i32::try_from(parts).unwrap_or(i32::MAX)) / 10_000.0
}
