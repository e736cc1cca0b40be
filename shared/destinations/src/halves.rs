//! Sending in halves: a request that is refused as a whole for what is in it may be so for one of its items.

use std::future::Future;

use pipeline::deliver::Sent;

use crate::senders::Judged;

/// What was made of one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Of the request as a whole.
    Whole(Sent),
    /// Of each item.
    Each(Vec<Sent>),
}

/// What sends requests.
pub trait Request: Sync {
    /// What a request holds.
    type Item: Sync;

    /// Sends one request with these items, which have places.
    fn send(&self, items: &[(usize, Self::Item)]) -> impl Future<Output = Verdict> + Send;
}

/// Sends items together, and in halves what is refused as a whole. What is judged so far can be read at any time.
pub async fn in_halves<R: Request>(request: &R, items: &[(usize, R::Item)], judged: &mut Judged) {
    let mut parts = vec![items];
    while let Some(part) = parts.pop() {
        let sent = match (request.send(part).await, part) {
            (Verdict::Whole(Sent::Refused), [_, _, ..]) => {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
                continue;
            }
            (Verdict::Whole(sent), _) => vec![sent; part.len()],
            (Verdict::Each(sent), _) => sent,
        };
        judged.extend(part.iter().map(|(place, _)| *place).zip(sent));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    use super::*;

    /// A service that refuses each request with one of these in it.
    struct Service {
        bad: BTreeSet<u32>,
        requests: Mutex<usize>,
    }

    impl Request for Service {
        type Item = u32;

        async fn send(&self, items: &[(usize, u32)]) -> Verdict {
            *self.requests.lock().unwrap() += 1;
            let is_refused = items.iter().any(|(_, item)| self.bad.contains(item));
            match is_refused {
                true => Verdict::Whole(Sent::Refused),
                false => Verdict::Each(vec![Sent::Accepted; items.len()]),
            }
        }
    }

    #[tokio::test]
    async fn a_bad_item_is_found_with_two_requests_for_each_time_that_the_items_can_be_halved() {
        let all_but = |bad: &[u32]| -> Judged {
            let items = 0..100;
            let sent = items.map(|item| match bad.contains(&item) {
                true => Sent::Refused,
                false => Sent::Accepted,
            });
            sent.enumerate().collect()
        };
        let all: Vec<u32> = (0..100).collect();
        for (bad, requests, expected) in [
            (&[][..], 1, all_but(&[])),
            (&[99], 15, all_but(&[99])),
            (&[0], 13, all_but(&[0])),
            (&[0, 99], 25, all_but(&[0, 99])),
            (&all, 199, all_but(&all)),
        ] {
            let service = Service {
                bad: bad.iter().copied().collect(),
                requests: Mutex::default(),
            };
            let items: Vec<_> = all.iter().copied().enumerate().collect();
            let mut judged = Judged::new();
            in_halves(&service, &items, &mut judged).await;
            let asked = service.requests.into_inner().unwrap();
            assert_eq!((asked, judged), (requests, expected), "{bad:?}");
        }
    }
}
