//! Recency: how long a user was away before an active day.

/// Recencies up to this many days are distinguished.
const LONGEST_RECENCY_DAYS: u8 = 90;

/// Days from a user's previous active day to an active day.
///
/// Ordered by length: 1 to 90 days, then [`Recency::BEYOND`], then [`Recency::NEVER`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Recency(u8);

impl Recency {
    /// More than 90 days, or before anything was counted.
    pub const BEYOND: Self = Self(LONGEST_RECENCY_DAYS + 1);
    /// There was no active day before: the user is new.
    pub const NEVER: Self = Self(LONGEST_RECENCY_DAYS + 2);

    /// The recency of a day that is active `days` after the one before.
    pub fn of_days(days: u32) -> Self {
        u8::try_from(days).map_or(Self::BEYOND, |days| Self(days).min(Self::BEYOND))
    }

    /// 1 to 90 for days, 91 for [`Recency::BEYOND`], 92 for [`Recency::NEVER`].
    pub fn code(self) -> u8 {
        self.0
    }

    /// Reads what [`Recency::code`] gives; `None` for any other number.
    pub fn from_code(code: u8) -> Option<Self> {
        (1..=Self::NEVER.0).contains(&code).then_some(Self(code))
    }

    pub(super) fn exceeds_days(self, days: u32) -> bool {
        u32::from(self.0) > days
    }
}
