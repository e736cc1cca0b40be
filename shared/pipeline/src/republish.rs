//! Republish: the analytics events of some days go to one destination once more, with the ids that they had. Neither states nor
//! figures change, and no endpoint is updated.
//!
//! The log is read from end to end, since it keeps each user's events together and has no other order. Each user's are folded by
//! the rules of [`publish`](crate::publish), from an empty state, as they came: an event takes its place by its own time, one
//! that was redriven by when it was. What the log itself no longer says is taken from the user's kept state. One thing is
//! not known: a spilled event that was re-ingested after its attempt had expired is taken as if it had come in time, so
//! that this attempt is no failure here.

mod refold;

use std::collections::{BTreeMap, BTreeSet};

use ::config::Config;
use chrono::{DateTime, TimeDelta, Utc};
use domain::auth_event::{AttemptWindow, UserKey, Who};
use domain::day::Day;
use domain::ids::{DestinationName, ProjectId};
use domain::time_zone::TimeZone;
use domain::user_state::UserState;

use crate::ports::{
    ForgottenUsers, LogPlace, LoggedDays, LoggedEvent, LoggedEvents, Outbox, PortError, UserStates,
};
use crate::route::{Body, Message, route};
use refold::{OfOneUser, by_user, refold};

/// Which analytics events, and where to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Those of this project.
    pub project: ProjectId,
    /// Whose days these are.
    pub zone: TimeZone,
    /// Those that happened from the first of these days to the last, both included.
    pub days: (Day, Day),
    /// Where they go, as far as their clients name it.
    pub destination: DestinationName,
    /// How long the log keeps events.
    pub kept: Kept,
}

/// Days that cannot be republished.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotThen {
    /// The last day is before the first.
    #[error("the last day, {to}, is before the first, {from}")]
    WrongWayRound {
        /// The first.
        from: Day,
        /// The last.
        to: Day,
    },
    /// A day has not begun.
    #[error(
        "{day} has not begun: today is {today} in the project's time zone; ask for days up to then"
    )]
    NotBegun {
        /// The day.
        day: Day,
        /// The day that it is.
        today: Day,
    },
    /// The log no longer has all of the day's events.
    #[error(
        "the event log keeps events for {kept_days} days, and no longer has all of {from}; the first day that can be republished is {first}"
    )]
    TooOld {
        /// The day.
        from: Day,
        /// The first day that can be.
        first: Day,
        /// How long the log keeps events.
        kept_days: u32,
    },
}

/// How long a log keeps events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// So many days, from their own time.
    Days(u32),
    /// For good.
    Always,
}

impl Wanted {
    /// Checks that the days can be republished: that they have begun, and that the log still has the first, and before it one
    /// attempt window, for what began in it.
    ///
    /// # Errors
    ///
    /// If they cannot be.
    pub fn check(&self, config: &Config, now: DateTime<Utc>) -> Result<(), NotThen> {
        let (from, to) = self.days;
        let today = self.zone.day_of(now);
        if to < from {
            return Err(NotThen::WrongWayRound { from, to });
        }
        if to > today {
            return Err(NotThen::NotBegun { day: to, today });
        }
        let Kept::Days(kept_days) = self.kept else {
            return Ok(());
        };
        let windows = config.of_project(&self.project);
        let window = windows.map(|client| client.attempt_window).max();
        let oldest = now - TimeDelta::days(kept_days.into());
        // The day on which the oldest event and a window after it lie is no longer whole.
        let first = self
            .zone
            .day_of(oldest + window.unwrap_or_default().as_delta())
            .plus(1);
        if from < first {
            return Err(NotThen::TooOld {
                from,
                first,
                kept_days,
            });
        }
        Ok(())
    }

    /// What to read of the log. No time zone is more than 14 hours ahead of UTC, or 12 behind it, and no window is longer than
    /// a day: attempts that began before the first day, and sign-ins that close the last one's.
    fn logged(&self) -> LoggedDays {
        const { assert!(AttemptWindow::LONGEST <= 24 * 60 * 60) };
        let (from, to) = self.days;
        LoggedDays {
            project: self.project.clone(),
            first: from.minus(2),
            last: to.plus(2),
        }
    }

    /// The last day of which the log may have forgotten events.
    fn forgotten_up_to(&self, now: DateTime<Utc>) -> Option<Day> {
        match self.kept {
            Kept::Days(days) => Some(self.zone.day_of(now - TimeDelta::days(days.into()))),
            Kept::Always => None,
        }
    }

    fn includes(&self, time: DateTime<Utc>) -> bool {
        let (from, to) = self.days;
        (from..=to).contains(&self.zone.day_of(time))
    }
}

/// What is republished, and from what.
#[derive(Debug)]
pub struct Republish<'a, L, S> {
    /// What is wanted.
    pub wanted: &'a Wanted,
    /// What is configured now.
    pub config: &'a Config,
    /// The log.
    pub log: &'a L,
    /// The users' states, and who was forgotten.
    pub states: &'a S,
    /// The wall clock's time.
    pub now: DateTime<Utc>,
}

/// How far a republish has come in the log.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Walk {
    /// All that comes up to here is planned.
    planned: Option<LogPlace>,
    /// Where the next page begins after.
    next: Option<LogPlace>,
    /// Events of a user of whom the next page may have more.
    held: Vec<LoggedEvent>,
}

impl Walk {
    /// From after this place on, or from the beginning.
    pub fn from(place: Option<LogPlace>) -> Self {
        Self {
            planned: place.clone(),
            next: place,
            held: Vec::new(),
        }
    }
}

/// What is to be sent of one page of the log.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Plan {
    /// The messages, all of them to the one destination.
    pub messages: Vec<Message>,
    /// How many events of the log were read, wanted or not.
    pub read: u64,
    /// The analytics events in the messages, by type.
    pub sent: BTreeMap<&'static str, u64>,
    /// Analytics events whose clients do not name the destination.
    pub not_wanted: u64,
    /// Auth events of these days that are older than their users' tombstones, and so dropped.
    pub forgotten: u64,
    /// Events of the log that are no auth events.
    pub unreadable: u64,
    /// Where to go on, once this is sent.
    pub place: Next,
}

/// Where a republish goes on.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Next {
    /// After this place, or from the beginning.
    After(Option<LogPlace>),
    /// Nowhere: that was all.
    #[default]
    End,
}

impl<L: LoggedEvents, S: UserStates + ForgottenUsers> Republish<'_, L, S> {
    /// Reads the next page of the log, and works out what is to be sent of the users who are whole by then.
    ///
    /// # Errors
    ///
    /// If the log, the users' states or their tombstones cannot be read. Then the walk is where it was.
    pub async fn plan(&self, walk: &mut Walk) -> Result<Plan, PortError> {
        let page = self
            .log
            .page(&self.wanted.logged(), walk.next.as_ref())
            .await?;
        let mut events = walk.held.clone();
        events.extend(page.events);
        let held = match page.next {
            Some(_) => split_off_last(&mut events),
            None => Vec::new(),
        };
        let last = events.last().map(LogPlace::of);
        let planned = match (&page.next, held.is_empty()) {
            (Some(next), true) => Some(next.clone()),
            (Some(_), false) => last.or_else(|| walk.planned.clone()),
            (None, _) => None,
        };
        let plan = Plan {
            read: page.read,
            unreadable: page.unreadable,
            place: match page.next {
                Some(_) => Next::After(planned.clone()),
                None => Next::End,
            },
            ..self.plan_users(by_user(events)).await?
        };
        *walk = Walk {
            planned,
            next: page.next,
            held,
        };
        Ok(plan)
    }

    async fn plan_users(&self, users: Vec<OfOneUser>) -> Result<Plan, PortError> {
        let known: BTreeSet<&UserKey> = users.iter().map(|of| &of.user).collect();
        let known: Vec<&UserKey> = known.into_iter().filter(|it| it.sub().is_some()).collect();
        let forgotten = self.states.forgotten(&known).await?;
        let states = self.states_of(&known).await?;
        let mut plan = Plan::default();
        let mut deliveries = Vec::with_capacity(users.len());
        let nothing = UserState::default();
        for mut of in users {
            let dropped = of.drop_covered(&forgotten).into_iter();
            let dropped = dropped.filter(|time| self.wanted.includes(*time));
            plan.forgotten += dropped.map(|_| 1).sum::<u64>();
            let state = states.get(&of.user).unwrap_or(&nothing);
            deliveries.push(refold(of, (state, self.now), self.wanted));
        }
        let found = deliveries.iter().map(|it| it.analytics.len()).sum();
        let routes = route(deliveries, self.config).into_iter();
        let messages = routes.map(|routed| routed.message);
        let wanted = messages.filter(|it| it.destination == self.wanted.destination);
        plan.messages = wanted.collect();
        plan.count(found);
        Ok(plan)
    }

    /// What is known of the users now. Of one whose state is unreadable, nothing.
    async fn states_of(
        &self,
        users: &[&UserKey],
    ) -> Result<BTreeMap<UserKey, UserState>, PortError> {
        let users: Vec<UserKey> = users.iter().copied().cloned().collect();
        let mut states = BTreeMap::new();
        for (user, loaded) in self.states.load(&users).await? {
            match loaded {
                Ok(loaded) => drop(states.insert(user, loaded.state)),
                Err(error) => {
                    tracing::warn!(%error, "a user's state is unreadable: their events are folded without it");
                }
            }
        }
        Ok(states)
    }
}

impl Plan {
    /// Counts what is in the messages, of so many analytics events.
    fn count(&mut self, found: usize) {
        for message in &self.messages {
            if let Body::Events(events) = &message.body {
                for event in events {
                    *self.sent.entry(event.item.event_type.name()).or_default() += 1;
                }
            }
        }
        let found = u64::try_from(found).unwrap_or(u64::MAX);
        self.not_wanted = found.saturating_sub(self.events());
    }

    /// How many analytics events are to be sent.
    pub fn events(&self) -> u64 {
        self.sent.values().sum()
    }
}

/// Enqueues what was planned. Done twice, it sends the same ids.
///
/// # Errors
///
/// If some of it is not enqueued; the rest may be.
pub async fn enqueue(plan: &Plan, outbox: &impl Outbox) -> Result<(), PortError> {
    let messages: Vec<&Message> = plan.messages.iter().collect();
    if messages.is_empty() {
        return Ok(());
    }
    outbox.enqueue(&messages).await.into_iter().collect()
}

/// Takes the events of the last user off, of whom there may be more. Who was found not to be there has no state: each of their
/// events stands by itself, and there may be any number of them.
fn split_off_last(events: &mut Vec<LoggedEvent>) -> Vec<LoggedEvent> {
    let last = events.last().map(|last| last.event.user.clone());
    match last {
        None => Vec::new(),
        Some(user) if matches!(user.who, Who::NotFound(..)) => Vec::new(),
        Some(user) => {
            let is_others = |it: &LoggedEvent| it.event.user != user;
            let begin = events
                .iter()
                .rposition(is_others)
                .map_or(0, |place| place + 1);
            events.split_off(begin)
        }
    }
}

impl LogPlace {
    /// That of an event.
    fn of(logged: &LoggedEvent) -> Self {
        Self {
            user: logged.event.user.clone(),
            event: logged.event.id,
        }
    }
}
