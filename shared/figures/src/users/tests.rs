use std::collections::BTreeMap;
use std::sync::Mutex;

use domain::ids::{ProjectId, Sub, UserPoolId};
use domain::time_zone::TimeZone;
use futures::executor::block_on;
use pipeline::ports::figures::IndexPage;

use super::*;

/// Three partitions with the days on which their users were active last. What is asked of it is noted, and what it answers.
struct Index {
    partitions: [&'static [u32]; 3],
    noted: Mutex<Vec<String>>,
}

impl UserIndex for Index {
    type Page = usize;

    const PARTITIONS: u64 = 3;

    async fn last_active(
        &self,
        (_, number): (&ProjectId, u64),
        _: LastActive,
        page: PageAt<usize>,
    ) -> Result<IndexPage<usize>, PortError> {
        let note = |what| self.noted.lock().unwrap().push(what);
        note(format!("asked {number} {page:?}"));
        let mut asked = false;
        // Who asks the others meanwhile asks them now.
        std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            match std::mem::replace(&mut asked, true) {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            }
        })
        .await;
        let (from, most) = match page {
            PageAt::First(most) => (0, most.unwrap_or(usize::MAX)),
            PageAt::Next(from) => (from, usize::MAX),
        };
        let days = self.partitions[usize::try_from(number).unwrap()];
        let left = &days[from..];
        let page = &left[..most.min(left.len())];
        note(format!("answered {number} with {}", page.len()));
        Ok(IndexPage {
            users: page.iter().map(|day| listed(*day)).collect(),
            next: (page.len() < left.len()).then_some(from + page.len()),
        })
    }
}

fn listed(day: u32) -> ListedUser {
    let active = Day::parse("2026-01-01").unwrap().plus(day);
    ListedUser {
        pool: UserPoolId::new("eu-west-1_AAAA11111"),
        sub: Sub::new(day.to_string()),
        active: Some((active, active)),
        active_days: 1 + u64::from(day % 2),
    }
}

/// The first users of the index, at most so many, and what was asked for them.
fn check(wanted: WantedUsers, most: usize, (subs, noted): (&[&str], &[&str])) {
    let index = Index {
        partitions: [&[1, 2, 3, 4, 5], &[], &[0, 6]],
        noted: Mutex::default(),
    };
    let project = Project {
        id: ProjectId::new("p"),
        zone: TimeZone::default(),
        counting_since: None,
        dimensions: BTreeMap::new(),
        client_names: BTreeMap::new(),
        counted: None,
    };
    let found = block_on(async {
        let mut users = Users::few(&index, &project, wanted, most).await.unwrap();
        let mut found = Vec::new();
        while found.len() < most
            && let Some(user) = users.next().await.unwrap()
        {
            found.push(user.sub);
        }
        found
    });
    assert_eq!(found, subs);
    assert_eq!(*index.noted.lock().unwrap(), noted);
}

#[test]
fn a_short_list_asks_all_partitions_at_once_for_no_more_than_it_shows() {
    let day = Day::parse("2026-06-01").unwrap();
    let first = [
        "asked 0 First(Some(3))",
        "asked 1 First(Some(3))",
        "asked 2 First(Some(3))",
        "answered 0 with 3",
        "answered 1 with 0",
        "answered 2 with 2",
    ];
    check(
        WantedUsers::InactiveSince(day),
        3,
        (&["0", "1", "2"], &first),
    );
    // Those who did come back are passed over: the rest is read as it comes.
    let rest = ["asked 0 Next(3)", "answered 0 with 2"];
    check(
        WantedUsers::NeverReturned,
        3,
        (&["0", "2", "4"], &[&first[..], &rest].concat()),
    );
}
