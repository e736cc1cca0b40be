//! Counting active users: the days on which a user was active, the recency histogram that one additive write per
//! user and active day keeps exact for every window, and the cohorts that tell who comes back.
//!
//! A day's row counts the users active that day by *recency*: the days since that user's previous
//! active day. A user counts in a window at their first active day inside it, which is the one whose
//! previous active day lies before the window. So the number of users active in a window is a sum
//! over its rows, and rows may be added up in any order and from any number of shards.
//!
//! A user belongs to the cohort of the week, and of the month, of their first active day, and counts in it once for
//! each later week or month in which they were active.

mod cohort;
mod days;
mod recency;
mod rows;

pub use cohort::{Cohort, CohortChange, CohortRow, cohort_changes, cohort_changes_of};
pub use days::{ActiveDays, Activity, Moved};
pub use recency::Recency;
pub use rows::{DayFigures, DayRow, DayRows};

#[cfg(test)]
mod tests;
