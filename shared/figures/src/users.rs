//! Lists of users: who has not come back, who has, and who is new. Read from the index of the last active day, page by page.

use std::collections::{BTreeSet, VecDeque};

use domain::day::Day;
use futures::future::try_join_all;
use pipeline::ports::PortError;
use pipeline::ports::figures::{LastActive, ListedUser, PageAt, Project, UserIndex};

use crate::UserObject;

/// Which users are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WantedUsers {
    /// Whose last active day is this one or earlier.
    InactiveSince(Day),
    /// Who were active on this day or later.
    ActiveSince(Day),
    /// Whose first active day is this one or later.
    NewSince(Day),
    /// Who were active on one day only.
    NeverReturned,
}

impl WantedUsers {
    /// The part of the index that they are in: who is new since a day was active since then.
    fn read(self) -> LastActive {
        match self {
            Self::InactiveSince(day) => LastActive::UpTo(day),
            Self::ActiveSince(day) | Self::NewSince(day) => LastActive::From(day),
            Self::NeverReturned => LastActive::Any,
        }
    }

    fn includes(self, user: &ListedUser) -> bool {
        match self {
            Self::InactiveSince(_) | Self::ActiveSince(_) => true,
            Self::NewSince(day) => user.active.is_some_and(|(first, _)| first >= day),
            Self::NeverReturned => user.active_days == 1,
        }
    }
}

/// The users of a project that are wanted, the longest inactive first: the partitions of its index, merged.
pub struct Users<'a, I: UserIndex> {
    index: &'a I,
    project: &'a Project,
    wanted: WantedUsers,
    partitions: Vec<Partition<I::Page>>,
    /// The partitions that have a user at hand, by that user's last active day.
    at_hand: BTreeSet<(Option<Day>, usize)>,
    /// The partition whose user was handed out last: read on only once another user is asked for.
    taken: Option<usize>,
}

/// A partition, as far as it was read.
struct Partition<P> {
    number: u64,
    users: VecDeque<ListedUser>,
    /// Where the page after begins, if there is one.
    next: Option<P>,
}

impl<'a, I: UserIndex> Users<'a, I> {
    /// Reads the first of each partition.
    ///
    /// # Errors
    ///
    /// If the index does not give them.
    pub async fn open(
        index: &'a I,
        project: &'a Project,
        wanted: WantedUsers,
    ) -> Result<Self, PortError> {
        Self::first(index, project, wanted, None).await
    }

    /// The same for who wants at most so many users: no more are read of a partition at first.
    ///
    /// # Errors
    ///
    /// If the index does not give them.
    pub async fn few(
        index: &'a I,
        project: &'a Project,
        wanted: WantedUsers,
        most: usize,
    ) -> Result<Self, PortError> {
        Self::first(index, project, wanted, Some(most)).await
    }

    async fn first(
        index: &'a I,
        project: &'a Project,
        wanted: WantedUsers,
        most: Option<usize>,
    ) -> Result<Self, PortError> {
        let page =
            |number| index.last_active((&project.id, number), wanted.read(), PageAt::First(most));
        let pages = try_join_all((0..I::PARTITIONS).map(page)).await?;
        let partitions = (0..).zip(pages).map(|(number, page)| Partition {
            number,
            users: page.users.into(),
            next: page.next,
        });
        let mut users = Self {
            index,
            project,
            wanted,
            partitions: partitions.collect(),
            at_hand: BTreeSet::new(),
            taken: None,
        };
        for place in 0..users.partitions.len() {
            users.fill(place).await?;
        }
        Ok(users)
    }

    /// The next user that is wanted, the longest inactive first.
    ///
    /// # Errors
    ///
    /// If the index does not give them.
    pub async fn next(&mut self) -> Result<Option<UserObject>, PortError> {
        while let Some(user) = self.next_of_any().await? {
            if self.wanted.includes(&user) {
                return Ok(Some(object(self.project, user)));
            }
        }
        Ok(None)
    }

    async fn next_of_any(&mut self) -> Result<Option<ListedUser>, PortError> {
        if let Some(place) = self.taken.take() {
            self.fill(place).await?;
        }
        let Some((_, place)) = self.at_hand.pop_first() else {
            return Ok(None);
        };
        self.taken = Some(place);
        let partition = self.partitions.get_mut(place);
        Ok(partition.and_then(|partition| partition.users.pop_front()))
    }

    /// Sees that a partition has a user at hand, unless there is none left.
    async fn fill(&mut self, place: usize) -> Result<(), PortError> {
        let Some(partition) = self.partitions.get_mut(place) else {
            return Ok(());
        };
        while partition.users.is_empty() {
            let Some(next) = partition.next.take() else {
                return Ok(());
            };
            let of = (&self.project.id, partition.number);
            let page = self
                .index
                .last_active(of, self.wanted.read(), PageAt::Next(next));
            let page = page.await?;
            partition.users.extend(page.users);
            partition.next = page.next;
        }
        if let Some(user) = partition.users.front() {
            let last = user.active.map(|(_, last)| last);
            self.at_hand.insert((last, place));
        }
        Ok(())
    }
}

fn object(project: &Project, user: ListedUser) -> UserObject {
    let day = |day: Day| day.to_string();
    UserObject {
        project: project.id.to_string(),
        user_pool_id: user.pool.to_string(),
        sub: user.sub.to_string(),
        first_active: user.active.map(|(first, _)| day(first)),
        last_active: user.active.map(|(_, last)| day(last)),
        active_days: user.active_days,
    }
}

#[cfg(test)]
mod tests;
