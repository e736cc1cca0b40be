//! A user's active days as bytes: those of the whole project, and of each segment as runs over these, so that a segment
//! whose days are the whole's takes a few bytes.
//!
//! Numbers are varints (LEB128). The whole's days: the first one, counted from 2000-01-01, and then either the gaps
//! between them or a bit for each day after the first, whichever is shorter. A run: how many of the whole's days it passes
//! over, and how many it takes; one that takes none takes all that are left. So a day that is added to both, as most are,
//! changes nothing of the segment's.

use std::collections::BTreeMap;

use domain::activity::ActiveDays;
use domain::day::Day;
use domain::dimension::Dimension;
use domain::segment::{Segment, SegmentValue};

use crate::record::RecordError;

/// The number of 2000-01-01: no event is of before 2014.
const FIRST_DAY: i32 = 730_120;

/// What the whole's days are written as: their gaps, or bits.
const GAPS: u32 = 0;
const BITS: u32 = 1;

/// The most days that are believed to be there (300 years).
const MOST_DAYS: u32 = 110_000;

/// The bytes; none if there is no activity.
pub fn to_bytes(activity: &BTreeMap<Segment, ActiveDays>) -> Vec<u8> {
    let mut out = Writer::default();
    let none = ActiveDays::default();
    let whole = activity.get(&Segment::Whole).unwrap_or(&none).as_slice();
    if activity.is_empty() {
        return out.0;
    }
    out.whole(whole);
    let mut dimension = None;
    for (segment, days) in activity {
        let Segment::Of(of, value) = segment else {
            continue;
        };
        // An empty name stands for the dimension of the value before.
        match dimension.replace(of) {
            Some(before) if before == of => out.text(""),
            Some(_) | None => out.text(&of.to_string()),
        }
        out.text(value.as_str());
        out.runs(whole, days.as_slice());
    }
    out.0
}

/// Reads what [`to_bytes`] gave.
///
/// # Errors
///
/// If the bytes are no such.
pub fn from_bytes(bytes: &[u8]) -> Result<BTreeMap<Segment, ActiveDays>, RecordError> {
    let mut activity = BTreeMap::new();
    if bytes.is_empty() {
        return Ok(activity);
    }
    let mut reader = Reader(bytes);
    let whole = reader.whole()?;
    let mut dimension = None;
    while !reader.0.is_empty() {
        let name = reader.text()?;
        if !name.is_empty() {
            let parsed = Dimension::parse(name);
            dimension = Some(parsed.map_err(|error| malformed(&error.to_string()))?);
        }
        let of = dimension
            .clone()
            .ok_or_else(|| malformed("a value has no dimension"))?;
        let value = SegmentValue::new(reader.text()?);
        let days = reader.runs(&whole)?;
        activity.insert(Segment::Of(of, value), active_days(days)?);
    }
    if !whole.is_empty() {
        activity.insert(Segment::Whole, active_days(whole)?);
    }
    Ok(activity)
}

fn active_days(days: Vec<Day>) -> Result<ActiveDays, RecordError> {
    ActiveDays::from_ordered(days).ok_or_else(|| malformed("its days are not in order"))
}

fn malformed(problem: &str) -> RecordError {
    RecordError::new("activity", problem)
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, mut number: u32) {
        loop {
            let [low, ..] = (number & 0x7f).to_le_bytes();
            number >>= 7;
            if number == 0 {
                return self.0.push(low);
            }
            self.0.push(low | 0x80);
        }
    }

    fn count(&mut self, count: usize) {
        self.number(u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend(text.as_bytes());
    }

    fn whole(&mut self, days: &[Day]) {
        self.count(days.len());
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            return;
        };
        self.number(u32::try_from(first.number() - FIRST_DAY).unwrap_or(0));
        let gaps = gaps(days);
        let bits = usize::try_from(last.days_since(*first))
            .unwrap_or(usize::MAX)
            .div_ceil(8);
        if gaps.len() <= bits {
            self.number(GAPS);
            self.0.extend(gaps);
        } else {
            self.number(BITS);
            self.count(bits);
            let start = self.0.len();
            self.0.resize(start + bits, 0);
            for day in days.iter().skip(1) {
                let bit = usize::try_from(day.days_since(*first) - 1).unwrap_or(usize::MAX);
                if let Some(byte) = self.0.get_mut(start + bit / 8) {
                    *byte |= 1 << (bit % 8);
                }
            }
        }
    }

    fn runs(&mut self, whole: &[Day], days: &[Day]) {
        let runs = runs(whole, days);
        self.count(runs.len());
        for (passed, taken) in runs {
            self.count(passed);
            self.count(taken);
        }
    }
}

fn gaps(days: &[Day]) -> Vec<u8> {
    let mut out = Writer::default();
    for pair in days.windows(2) {
        if let [day, next] = pair {
            out.number(next.days_since(*day));
        }
    }
    out.0
}

/// The runs over the whole's days that are a segment's.
fn runs(whole: &[Day], days: &[Day]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut days = days.iter().peekable();
    let mut passed = 0;
    let mut within = false;
    for day in whole {
        if days.next_if_eq(&day).is_none() {
            passed += 1;
            within = false;
        } else if let Some((_, taken)) = runs.last_mut().filter(|_| within) {
            *taken += 1;
        } else {
            runs.push((passed, 1));
            (passed, within) = (0, true);
        }
    }
    if let Some((_, taken)) = runs.last_mut().filter(|_| within) {
        *taken = 0;
    }
    runs
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn number(&mut self) -> Result<u32, RecordError> {
        let mut number = 0u32;
        for shift in (0..32).step_by(7) {
            let (byte, rest) = self
                .0
                .split_first()
                .ok_or_else(|| malformed("it is cut off"))?;
            self.0 = rest;
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(malformed("a number is too long"))
    }

    fn count(&mut self) -> Result<usize, RecordError> {
        let count = self.number()?;
        usize::try_from(count.min(MOST_DAYS)).map_err(|error| malformed(&error.to_string()))
    }

    fn bytes(&mut self, count: usize) -> Result<&'b [u8], RecordError> {
        let cut_off = || malformed("it is cut off");
        let (bytes, rest) = self.0.split_at_checked(count).ok_or_else(cut_off)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<&'b str, RecordError> {
        let length = self.count()?;
        std::str::from_utf8(self.bytes(length)?).map_err(|error| malformed(&error.to_string()))
    }

    fn whole(&mut self) -> Result<Vec<Day>, RecordError> {
        let count = self.count()?;
        if count == 0 {
            return Ok(Vec::new());
        }
        let first = i32::try_from(self.number()?).ok();
        let first = first.and_then(|first| Day::from_number(first.checked_add(FIRST_DAY)?));
        let first = first.ok_or_else(|| malformed("there is no such day"))?;
        let mut days = vec![first];
        if self.number()? == GAPS {
            let mut day = first;
            for _ in 1..count {
                day = day.plus(self.number()?);
                days.push(day);
            }
        } else {
            let length = self.count()?;
            for (byte, offset) in self.bytes(length)?.iter().zip((1..).step_by(8)) {
                let bits = (0..8).filter(|bit| byte >> bit & 1 == 1);
                days.extend(bits.map(|bit| first.plus(offset + bit)));
            }
        }
        Ok(days)
    }

    fn runs(&mut self, whole: &[Day]) -> Result<Vec<Day>, RecordError> {
        let mut days = Vec::new();
        let mut place = 0;
        for _ in 0..self.count()? {
            let (passed, taken) = (self.count()?, self.count()?);
            let left = whole.get(place + passed..).unwrap_or_default();
            let taken = if taken == 0 { left.len() } else { taken };
            let run = left
                .get(..taken)
                .ok_or_else(|| malformed("a run is too long"))?;
            days.extend(run);
            place += passed + taken;
        }
        Ok(days)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(offset: u32) -> Day {
        Day::parse("2014-01-01").unwrap().plus(offset)
    }

    fn days(offsets: impl IntoIterator<Item = u32>) -> ActiveDays {
        ActiveDays::from_ordered(offsets.into_iter().map(day).collect()).unwrap()
    }

    fn of(dimension: &str, value: &str) -> Segment {
        Segment::Of(
            Dimension::parse(dimension).unwrap(),
            SegmentValue::new(value),
        )
    }

    fn any_activity() -> impl Strategy<Value = BTreeMap<Segment, ActiveDays>> {
        let offsets = prop_oneof![
            prop::collection::btree_set(0u32..60, 1..60),
            prop::collection::btree_set(0u32..5_000, 1..40),
            Just((0..4_000).collect()),
        ];
        let segments = prop::collection::vec(any::<u64>(), 0..6);
        (offsets, segments).prop_map(|(offsets, segments)| {
            let mut activity = BTreeMap::from([(Segment::Whole, days(offsets.clone()))]);
            for (number, seed) in segments.into_iter().enumerate() {
                let own = offsets
                    .iter()
                    .filter(|offset| seed >> (*offset % 64) & 1 == 1);
                let dimension =
                    ["platform", "client+app:plan", "attribute:custom:tenant"][number % 3];
                activity.insert(
                    of(dimension, &format!("värde {number}")),
                    days(own.copied()),
                );
            }
            activity
        })
    }

    proptest! {
        #[test]
        fn any_activity_reads_back(activity in any_activity()) {
            let bytes = to_bytes(&activity);
            prop_assert_eq!(from_bytes(&bytes).unwrap(), activity);
        }

        #[test]
        fn bytes_that_are_cut_off_or_anything_else_are_an_error_or_other_days(
            bytes in prop::collection::vec(any::<u8>(), 0..40)
        ) {
            let _ = from_bytes(&bytes);
        }
    }

    /// How many bytes a user's days take, whose segment of one client is the same.
    #[test]
    fn a_segment_that_is_the_whole_takes_a_few_bytes_whatever_the_days() {
        for (offsets, expected) in [
            ((0..1).collect::<Vec<u32>>(), 4 + 19),
            ((0..365).collect(), 4 + 2 + 46 + 19),
            ((0..365).step_by(7).collect(), 4 + 2 + 45 + 19),
            ((0..3_650).collect(), 4 + 2 + 457 + 20),
        ] {
            let mut activity = BTreeMap::from([(Segment::Whole, days(offsets.clone()))]);
            activity.insert(of("client", "web"), days(offsets.clone()));
            activity.insert(of("locale", "x"), ActiveDays::default());
            let bytes = to_bytes(&activity).len();
            assert!(
                bytes <= expected + 12,
                "{} days: {bytes} of {expected}",
                offsets.len()
            );
        }
    }

    #[test]
    fn activity_without_any_day_keeps_the_places_of_its_values() {
        let activity = BTreeMap::from([(of("platform", "iOS"), ActiveDays::default())]);
        assert_eq!(from_bytes(&to_bytes(&activity)).unwrap(), activity);
        assert_eq!(
            from_bytes(&to_bytes(&BTreeMap::new())).unwrap(),
            BTreeMap::new()
        );
    }
}
