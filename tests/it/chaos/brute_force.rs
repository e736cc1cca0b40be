//! What should have come of the log's events, worked out from the stored records by rules written down here once more, over sets
//! of users: it shares no code with the fold.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use super::parts::{TIME_ZONE, client};
use super::places::Address;

/// A user of a project: the project, the pool and the `sub`.
pub type User = (String, String, String);

/// A dimension and a value; none is the whole project.
type Segment = Option<(&'static str, String)>;

/// What should have come of it all.
#[derive(Default)]
pub struct Expected {
    /// Of each project, the whole and each segment.
    pub counts: BTreeMap<(String, Segment), Count>,
    /// The events that each destination is to have.
    pub events: BTreeMap<&'static str, BTreeSet<String>>,
    pub contacts: BTreeMap<User, Contacts>,
    /// Of each key of the users table: how far in the log its state is to have come.
    pub positions: BTreeMap<String, Positions>,
    /// The ids of all events that are in the log, and how many of these a trigger has captured.
    pub ids: BTreeSet<String>,
    pub captured: u64,
    pub open_attempts: Vec<DateTime<Utc>>,
}

/// The sequence number of a user's last record that changes anything, and those of the records after it: a state that nothing
/// changes is not written, and has no need to.
#[derive(Default)]
pub struct Positions(Vec<String>);

impl Positions {
    pub fn allow(&self, reached: Option<&String>) -> bool {
        reached.is_some_and(|it| self.0.contains(it))
    }

    pub fn last_change(&self) -> Option<&String> {
        self.0.first()
    }
}

/// Whether an event changes its user's state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Something,
    Nothing,
}

/// Who was active when, and how often what happened.
#[derive(Default)]
pub struct Count {
    active: BTreeMap<NaiveDate, BTreeSet<User>>,
    counters: BTreeMap<(&'static str, NaiveDate), i64>,
}

/// What destinations were to be told of a user's addresses: of the email, and of the phone.
#[derive(Default)]
pub struct Contacts {
    as_of: Option<DateTime<Utc>>,
    pub channels: [Contact; 2],
}

#[derive(Default)]
pub struct Contact {
    sharing: BTreeSet<&'static str>,
    /// What each destination was to be told, the newest last.
    pub told: BTreeMap<&'static str, Vec<Address>>,
}

struct Attempt {
    id: String,
    client: String,
    platform: Option<String>,
    opened: DateTime<Utc>,
    closes: DateTime<Utc>,
    proved: Option<DateTime<Utc>>,
}

#[derive(Default)]
struct State {
    signed_up: bool,
    attempts: Vec<Attempt>,
}

/// A record of the log, read.
struct Event<'r> {
    image: &'r Value,
    id: String,
    time: DateTime<Utc>,
    client: String,
    user: Option<User>,
    project: String,
    platform: Option<String>,
}

fn text(value: &Value) -> Option<String> {
    value["S"].as_str().map(str::to_owned)
}

impl<'r> Event<'r> {
    fn of(record: &'r Value) -> Self {
        let image = &record["dynamodb"]["NewImage"];
        let project = text(&image["project"]).unwrap();
        let pool = text(&image["userPoolId"]).unwrap();
        Self {
            image,
            id: text(&image["eventId"]).unwrap(),
            time: text(&image["time"]).unwrap().parse().unwrap(),
            client: text(&image["clientId"]).unwrap(),
            user: text(&image["sub"]).map(|sub| (project.clone(), pool, sub)),
            project,
            platform: text(&image["metadata"]["M"]["platform"]),
        }
    }

    fn kind(&self) -> &str {
        self.image["type"]["S"].as_str().unwrap()
    }

    /// The verified email address and phone number, where they are shared.
    fn addresses(&self) -> Option<[Option<String>; 2]> {
        let contacts = self.image["contacts"]["M"].as_object()?;
        let address = |name| contacts.get(name).and_then(text);
        Some([address("email"), address("phoneNumber")])
    }
}

/// What is counted at once.
struct Happened<'e> {
    user: Option<&'e User>,
    project: &'e str,
    client: &'e str,
    platform: Option<&'e str>,
    time: DateTime<Utc>,
    counter: Option<&'static str>,
    is_active: bool,
}

impl Happened<'_> {
    fn failed(self) -> Self {
        Self {
            counter: Some("authFailures"),
            ..self
        }
    }

    fn succeeded(self, counter: &'static str) -> Self {
        Self {
            counter: Some(counter),
            is_active: true,
            ..self
        }
    }
}

/// The records in the order of the log, as far as each user is concerned.
pub fn expected<'r>(records: impl Iterator<Item = &'r Value>) -> Expected {
    let mut expected = Expected::default();
    let mut states: BTreeMap<String, State> = BTreeMap::new();
    for record in records {
        let event = Event::of(record);
        let key = text(&record["dynamodb"]["Keys"]["user"]).unwrap();
        let number = record["dynamodb"]["SequenceNumber"].as_str().unwrap();
        expected.ids.insert(event.id.clone());
        let own = ["AttemptExpired", "EndpointRefused"];
        expected.captured += u64::from(!own.contains(&event.kind()));
        let change = expected.apply(&event, states.entry(key.clone()).or_default());
        let Positions(allowed) = expected.positions.entry(key).or_default();
        if change == Change::Something {
            allowed.clear();
        }
        allowed.push(number.to_owned());
    }
    let open = states.values().flat_map(|state| &state.attempts);
    expected.open_attempts = open.map(|attempt| attempt.closes).collect();
    expected
}

impl Expected {
    fn apply(&mut self, event: &Event<'_>, state: &mut State) -> Change {
        match event.kind() {
            "AuthenticationStarted" => {
                let window = event.image["attemptWindowSeconds"]["N"].as_str().unwrap();
                state.attempts.push(Attempt {
                    id: event.id.clone(),
                    client: event.client.clone(),
                    platform: event.platform.clone(),
                    opened: event.time,
                    closes: event.time + TimeDelta::seconds(window.parse().unwrap()),
                    proved: None,
                });
            }
            "UserNotFound" => {
                let happened = event.happened(event.time, event.platform.as_ref());
                self.sent_and_counted(event, &event.id, happened.failed());
            }
            "SignedIn" => {
                self.contacts(event);
                let closed = state.close(event);
                let said = closed.and_then(|attempt| attempt.platform);
                let platform = event.platform.clone().or(said);
                let happened = event.happened(event.time, platform.as_ref());
                self.sent_and_counted(event, &event.id, happened.succeeded("signIns"));
            }
            "SignUpConfirmed" if state.signed_up => {}
            "SignUpConfirmed" => {
                self.contacts(event);
                state.signed_up = true;
                let happened = event.happened(event.time, event.platform.as_ref());
                self.sent_and_counted(event, &event.id, happened.succeeded("signUps"));
            }
            "PasswordResetConfirmed" => self.contacts(event),
            "TokenIssued" => {
                self.contacts(event);
                if event.image["tokenOccasion"]["S"] == "SignIn" {
                    state.prove(event);
                }
                let happened = event.happened(event.time, event.platform.as_ref());
                self.count(&Happened {
                    is_active: true,
                    ..happened
                });
            }
            "AttemptExpired" => {
                let id = text(&event.image["attempt"]).unwrap();
                let place = state.attempts.iter().position(|attempt| attempt.id == id);
                let Some(ended) = place.map(|place| state.attempts.remove(place)) else {
                    return Change::Nothing;
                };
                let happened = |time| event.happened(time, ended.platform.as_ref());
                let happened = match ended.proved {
                    Some(time) => happened(time).succeeded("signIns"),
                    None => happened(ended.opened).failed(),
                };
                self.sent_and_counted(event, &ended.id, happened);
            }
            "EndpointRefused" => {}
            other => panic!("{other} is in no trace"),
        }
        Change::Something
    }

    /// Something was sent with this id, and counted.
    fn sent_and_counted(&mut self, event: &Event<'_>, id: &str, happened: Happened<'_>) {
        self.send(event, id);
        self.count(&happened);
    }

    fn send(&mut self, event: &Event<'_>, id: &str) {
        for destination in client(&event.client).destinations {
            let events = self.events.entry(destination).or_default();
            events.insert(id.to_owned());
        }
    }

    fn count(&mut self, happened: &Happened<'_>) {
        let platform = happened.platform.unwrap_or("unknown").to_owned();
        let segments: [Segment; 3] = [
            None,
            Some(("client", happened.client.to_owned())),
            Some(("platform", platform)),
        ];
        let zone = FixedOffset::east_opt(TIME_ZONE.1).unwrap();
        let day = happened.time.with_timezone(&zone).date_naive();
        for segment in segments {
            let key = (happened.project.to_owned(), segment);
            let count = self.counts.entry(key).or_default();
            if let Some(counter) = happened.counter {
                *count.counters.entry((counter, day)).or_default() += 1;
            }
            if let (true, Some(user)) = (happened.is_active, happened.user) {
                count.active.entry(day).or_default().insert(user.clone());
            }
        }
    }

    /// What is older than what is known says nothing, and neither does who does not share.
    fn contacts(&mut self, event: &Event<'_>) {
        let (Some(user), Some(addresses)) = (&event.user, event.addresses()) else {
            return;
        };
        let contacts = self.contacts.entry(user.clone()).or_default();
        if contacts.as_of.is_some_and(|as_of| event.time < as_of) {
            return;
        }
        contacts.as_of = Some(event.time);
        for (contact, address) in contacts.channels.iter_mut().zip(addresses) {
            contact.is_now(&address, &event.client);
        }
    }
}

impl Contact {
    /// All who share it are told, and who does so for the first time is among them. Once it is gone, nobody shares it.
    fn is_now(&mut self, address: &Address, through: &str) {
        if address.is_some() {
            self.sharing.insert(client(through).id);
        }
        let sharing = self.sharing.iter();
        for destination in sharing.flat_map(|id| client(id).destinations) {
            let told = self.told.entry(destination).or_default();
            told.push(address.clone());
        }
        if address.is_none() {
            self.sharing.clear();
        }
    }
}

impl State {
    fn open_to(&self, event: &Event<'_>) -> impl Iterator<Item = (usize, &Attempt)> {
        let (client, time) = (event.client.clone(), event.time);
        self.attempts
            .iter()
            .enumerate()
            .filter(move |(_, it)| it.client == client && it.opened <= time && time <= it.closes)
    }

    /// A sign-in is that of the newest attempt, a proved one before all others.
    fn close(&mut self, event: &Event<'_>) -> Option<Attempt> {
        let newest = self
            .open_to(event)
            .max_by_key(|(place, it)| (it.proved.is_some(), it.opened, *place));
        let place = newest?.0;
        Some(self.attempts.remove(place))
    }

    fn prove(&mut self, event: &Event<'_>) {
        let newest = self
            .open_to(event)
            .max_by_key(|(place, it)| (it.opened, *place));
        if let Some((place, _)) = newest {
            self.attempts[place].proved.get_or_insert(event.time);
        }
    }
}

impl<'e> Event<'e> {
    fn happened<'a>(&'a self, time: DateTime<Utc>, platform: Option<&'a String>) -> Happened<'a> {
        Happened {
            user: self.user.as_ref(),
            project: &self.project,
            client: &self.client,
            platform: platform.map(String::as_str),
            time,
            counter: None,
            is_active: false,
        }
    }
}

impl Count {
    /// The first and the last day with anything.
    pub fn span(&self) -> (NaiveDate, NaiveDate) {
        let counted = self.counters.keys().map(|(_, day)| *day);
        let days: BTreeSet<NaiveDate> = self.active.keys().copied().chain(counted).collect();
        (*days.first().unwrap(), *days.last().unwrap())
    }

    fn active_between(&self, first: NaiveDate, last: NaiveDate) -> BTreeSet<&User> {
        let days = self.active.range(first..=last);
        days.flat_map(|(_, users)| users).collect()
    }

    fn first_days(&self) -> BTreeMap<&User, NaiveDate> {
        let mut first = BTreeMap::new();
        for (day, users) in &self.active {
            for user in users {
                first.entry(user).or_insert(*day);
            }
        }
        first
    }

    /// Each day of a span.
    pub fn days(&self, project: &str, (from, to): (NaiveDate, NaiveDate)) -> Vec<Value> {
        let first = self.first_days();
        let mut new: BTreeMap<NaiveDate, usize> = BTreeMap::new();
        first
            .values()
            .for_each(|day| *new.entry(*day).or_default() += 1);
        let days = from.iter_days().take_while(|day| *day <= to);
        days.map(|day| {
            let of = |counter| self.counters.get(&(counter, day)).copied().unwrap_or(0);
            let window = |days: u64| self.active_between(day - Days::new(days - 1), day).len();
            json!({
                "project": project, "date": day.to_string(), "signUps": of("signUps"), "signIns": of("signIns"),
                "authFailures": of("authFailures"), "newUsers": new.get(&day).copied().unwrap_or(0),
                "dau": window(1), "wau": window(7), "mau": window(30),
            })
        })
        .collect()
    }

    /// Each calendar month of a span.
    pub fn months(&self, project: &str, (from, to): (NaiveDate, NaiveDate)) -> Vec<Value> {
        let first = from.with_day(1).unwrap();
        let months = std::iter::successors(Some(first), |it| it.checked_add_months(Months::new(1)));
        let months = months.take_while(|month| *month <= to);
        months
            .map(|month| {
                let next = month.checked_add_months(Months::new(1)).unwrap();
                let users = self.active_between(month, next.pred_opt().unwrap()).len();
                json!({"project": project, "month": month.format("%Y-%m").to_string(), "calendarMau": users})
            })
            .collect()
    }

    /// Of those whose first day lies in each week or month: how many were active in it, and in each after it.
    pub fn cohorts(&self, interval: &'static str) -> BTreeMap<(NaiveDate, u32), usize> {
        let first = self.first_days();
        let mut cohorts: BTreeMap<(NaiveDate, u32), BTreeSet<&User>> = BTreeMap::new();
        for (day, users) in &self.active {
            for user in users {
                let (start, age) = age(interval, first[user], *day);
                cohorts.entry((start, age)).or_default().insert(user);
            }
        }
        let counted = cohorts.into_iter();
        counted.map(|(key, users)| (key, users.len())).collect()
    }
}

/// The first day of an interval, and how many later another day lies.
fn age(interval: &str, first: NaiveDate, day: NaiveDate) -> (NaiveDate, u32) {
    if interval == "week" {
        let monday = |day: NaiveDate| day - Days::new(day.weekday().num_days_from_monday().into());
        let weeks = (monday(day) - monday(first)).num_weeks();
        return (monday(first), u32::try_from(weeks).unwrap());
    }
    let months = |day: NaiveDate| day.year() * 12 + i32::try_from(day.month0()).unwrap();
    let later = u32::try_from(months(day) - months(first)).unwrap();
    (first.with_day(1).unwrap(), later)
}
