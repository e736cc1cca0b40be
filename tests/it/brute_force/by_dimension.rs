//! The same by every dimension, in the days of a time zone, over a year, and with all that may be left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, Utc};
use serde_json::{Map, Value, json};

use super::Numbers;
use crate::support::command::{cognito_pinpoint, json_of};
use crate::support::trigger::{Trigger, entry};

const SHOP: &str = "11111111111111111111111111111111";
const MAIN: &str = "00000000000000000000000000000000";
const POOL: &str = "eu-west-1_AAAA11111";

/// A zone's offsets (minutes), each from this moment on, as the law has it: the time zone database is not asked.
type Offsets = &'static [(&'static str, i64)];

const ZONES: [(&str, Offsets); 4] = [
    (
        "Europe/Berlin",
        &[
            ("2025-01-01T00:00:00Z", 60),
            ("2025-03-30T01:00:00Z", 120),
            ("2025-10-26T01:00:00Z", 60),
            ("2026-03-29T01:00:00Z", 120),
        ],
    ),
    (
        "America/St_Johns",
        &[
            ("2025-01-01T00:00:00Z", -210),
            ("2025-03-09T05:30:00Z", -150),
            ("2025-11-02T04:30:00Z", -210),
            ("2026-03-08T05:30:00Z", -150),
        ],
    ),
    ("Asia/Kathmandu", &[("2025-01-01T00:00:00Z", 345)]),
    (
        "Pacific/Auckland",
        &[
            ("2025-01-01T00:00:00Z", 780),
            ("2025-04-05T14:00:00Z", 720),
            ("2025-09-27T14:00:00Z", 780),
            ("2026-04-04T14:00:00Z", 720),
        ],
    ),
];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn local(offsets: Offsets, time: DateTime<Utc>) -> DateTime<Utc> {
    let offset = offsets.iter().rev().find(|(from, _)| at(from) <= time);
    time + Duration::minutes(offset.unwrap().1)
}

const DIMENSIONS: [&str; 9] = [
    "platform",
    "appVersion",
    "client",
    "provider",
    "attribute:custom:tenant",
    "app:plan",
    "group",
    "client+platform",
    "provider+attribute:custom:tenant",
];

const CLIENTS: [&str; 5] = ["web", "app", "other", "staff", "shop"];

fn config(zone: &str) -> Value {
    json!({
        "TimeZone": zone, "Dimensions": DIMENSIONS,
        "Exclude": {"Clients": ["staff"], "EmailDomains": ["Example.test"], "Attributes": {"custom:internal": ["true"]}},
        "Clients": {
            "web": {"Name": "Web", "ApplicationId": MAIN},
            "app": {"ApplicationId": MAIN, "IncludeFederatedUsers": true, "AttemptWindowSeconds": 400},
            "shop": {"ApplicationId": SHOP},
        },
        "Default": {"ApplicationId": MAIN},
    })
}

type Pairs = BTreeMap<&'static str, &'static str>;

#[derive(Clone)]
struct Person {
    sub: String,
    tenant: Option<&'static str>,
    /// Of a federated user.
    provider: Option<&'static str>,
    excluded: Option<(&'static str, &'static str)>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    SignUp,
    SignIn {
        after: i64,
    },
    MistypedAndSignedIn,
    WrongPassword,
    Refresh,
    /// Managed login: the token comes so many seconds after the authentication began, and nothing else.
    Hosted {
        after: i64,
    },
    /// The token comes before the post-authentication.
    SignInWithToken,
    NotFound,
    PasswordReset,
    Machine,
    Unknown,
}

struct Act {
    person: Person,
    client: &'static str,
    at: DateTime<Utc>,
    kind: Kind,
    /// What the app says first, and then.
    says: [Pairs; 2],
    groups: Vec<&'static str>,
}

/// What is to be counted of an event.
struct Seen {
    sub: Option<String>,
    time: DateTime<Utc>,
    counter: Option<&'static str>,
    active: bool,
    /// The values in each dimension, each with its parts.
    values: BTreeMap<&'static str, BTreeSet<Vec<String>>>,
}

fn one_of<T: Copy>(numbers: &mut Numbers, all: &[T]) -> T {
    let place = numbers.below(i64::try_from(all.len()).unwrap());
    all[usize::try_from(place).unwrap()]
}

fn person(number: i64, numbers: &mut Numbers) -> Person {
    Person {
        sub: format!("{number:08}-0000-4000-8000-000000000000"),
        tenant: one_of(numbers, &[Some("acme"), Some("globex"), Some("a=b"), None]),
        provider: one_of(
            numbers,
            &[None, None, None, None, Some("Google"), Some("Okta")],
        ),
        excluded: one_of(
            numbers,
            &[
                None,
                None,
                None,
                None,
                None,
                None,
                Some(("email", "x@EXAMPLE.TEST")),
                Some(("custom:internal", "true")),
                None,
            ],
        ),
    }
}

fn says(numbers: &mut Numbers) -> Pairs {
    let mut pairs = Pairs::new();
    for (name, values) in [
        ("platform", &["iOS", "Android", ""][..]),
        ("appVersion", &["1.0", "2.0", "unknown", "other", "", ""]),
        ("analytics:plan", &["free", "pro", ""]),
    ] {
        let value = one_of(numbers, values);
        if !value.is_empty() {
            pairs.insert(name, value);
        }
    }
    pairs
}

fn kind(numbers: &mut Numbers, federated: bool) -> Kind {
    let after = [0, 30, 100, 209, 210, 211, 399, 400, 401, 600];
    match numbers.below(if federated { 8 } else { 14 }) {
        0 => Kind::SignUp,
        1 => Kind::Refresh,
        2 => Kind::WrongPassword,
        3 | 4 => Kind::SignInWithToken,
        5 => Kind::Hosted {
            after: one_of(numbers, &after),
        },
        6..=8 => Kind::SignIn {
            after: one_of(numbers, &after),
        },
        9 => Kind::MistypedAndSignedIn,
        10 => Kind::NotFound,
        11 => Kind::PasswordReset,
        12 => Kind::Machine,
        _ => Kind::Unknown,
    }
}

/// A year of them. Nobody acts twice within twenty minutes; many act around midnight, as it is in their zone.
fn acts(seed: u64, offsets: Offsets) -> Vec<Act> {
    let mut numbers = Numbers(seed);
    let (start, end) = (at("2025-02-20T00:00:00Z"), at("2026-04-10T00:00:00Z"));
    let mut acts = Vec::new();
    for number in 0..100 {
        let person = person(number, &mut numbers);
        let mut time = start + Duration::hours(numbers.below(200 * 24));
        loop {
            let days = one_of(&mut numbers, &[0, 0, 1, 1, 2, 5, 7, 20, 31, 95, 120]);
            time += Duration::days(days) + Duration::seconds(1_200 + numbers.below(80_000));
            if numbers.below(3) == 0 {
                let here = local(offsets, time);
                let midnight = here.date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc();
                time += midnight - here + Duration::seconds(86_400 + numbers.below(600) - 450);
            }
            if time > end {
                break;
            }
            acts.push(Act {
                kind: kind(&mut numbers, person.provider.is_some()),
                client: one_of(&mut numbers, &CLIENTS),
                at: time,
                says: [says(&mut numbers), says(&mut numbers)],
                groups: one_of(&mut numbers, &[&[][..], &["a"], &["a", "b"], &["b", "b"]]).to_vec(),
                person: person.clone(),
            });
        }
    }
    acts
}

impl Act {
    fn window(&self) -> i64 {
        if self.client == "app" { 400 } else { 210 }
    }

    fn project(&self) -> &'static str {
        if self.client == "shop" { SHOP } else { MAIN }
    }

    fn attributes(&self) -> Value {
        let status = match self.person.provider {
            Some(_) => "EXTERNAL_PROVIDER",
            None => "CONFIRMED",
        };
        let mut attributes = json!({"sub": self.person.sub, "cognito:user_status": status});
        if let Some(tenant) = self.person.tenant {
            attributes["custom:tenant"] = tenant.into();
        }
        if let Some(provider) = self.person.provider {
            let identities = json!([{"providerName": provider, "userId": "1"}]).to_string();
            attributes["identities"] = identities.into();
        }
        if let Some((name, value)) = self.person.excluded {
            attributes[name] = value.into();
        }
        attributes
    }

    fn entry(&self, after: i64, source: &str, says: &Pairs) -> Value {
        let pre = source.starts_with("PreAuthentication");
        let mut request = json!({"userAttributes": self.attributes()});
        request[if pre {
            "validationData"
        } else {
            "clientMetadata"
        }] = json!(says);
        if self.kind == Kind::NotFound {
            request = json!({"userAttributes": {}, "validationData": says, "userNotFound": true});
        }
        if source.starts_with("TokenGeneration") {
            request["groupConfiguration"] = json!({"groupsToOverride": self.groups});
        }
        let event = json!({
            "version": "1", "region": "eu-west-1", "userPoolId": POOL, "userName": "u", "triggerSource": source,
            "callerContext": {"awsSdkVersion": "1", "clientId": self.client}, "request": request, "response": {},
        });
        entry(self.at + Duration::seconds(after), event)
    }

    fn entries(&self) -> Vec<Value> {
        let [first, then] = &self.says;
        let pre = |after| self.entry(after, "PreAuthentication_Authentication", first);
        let post = |after| self.entry(after, "PostAuthentication_Authentication", then);
        let token = |after, of: &str| self.entry(after, &format!("TokenGeneration_{of}"), then);
        match self.kind {
            Kind::SignUp => vec![self.entry(0, "PostConfirmation_ConfirmSignUp", then)],
            Kind::SignIn { after } => vec![pre(0), post(after)],
            Kind::MistypedAndSignedIn => {
                vec![pre(0), pre(20), token(30, "Authentication"), post(31)]
            }
            Kind::WrongPassword | Kind::NotFound => vec![pre(0)],
            Kind::Refresh => vec![token(0, "RefreshTokens")],
            Kind::Hosted { after } => vec![
                pre(0),
                token(after, "HostedAuth"),
                token(after + 1, "HostedAuth"),
            ],
            Kind::SignInWithToken => vec![pre(0), token(5, "Authentication"), post(6)],
            Kind::PasswordReset => {
                vec![self.entry(0, "PostConfirmation_ConfirmForgotPassword", then)]
            }
            Kind::Machine => vec![token(0, "ClientCredentials")],
            Kind::Unknown => vec![self.entry(0, "CustomMessage_SignUp", then)],
        }
    }

    /// Why its events are left out.
    fn left_out(&self) -> Option<&'static str> {
        let known = self.kind != Kind::NotFound;
        if self.kind == Kind::Unknown {
            Some("ignored:trigger_source")
        } else if self.client == "staff" || (known && self.person.excluded.is_some()) {
            Some("ignored:excluded")
        } else if self.kind == Kind::Machine {
            Some("ignored:no_user")
        } else if known && self.person.provider.is_some() && self.client != "app" {
            Some("ignored:federated_user")
        } else {
            None
        }
    }

    fn seen(
        &self,
        after: i64,
        what: (Option<&'static str>, bool),
        says: &[&Pairs],
        groups: bool,
    ) -> Seen {
        let known = self.kind != Kind::NotFound;
        let say = |name| says.iter().find_map(|pairs| pairs.get(name).copied());
        let platform = say("platform").unwrap_or("unknown");
        let provider = if known {
            self.person.provider.unwrap_or("Cognito")
        } else {
            "unknown"
        };
        let tenant = self.person.tenant.filter(|_| known).unwrap_or("unknown");
        let one = |parts: &[&str]| {
            BTreeSet::from([parts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()])
        };
        let mut values = BTreeMap::from([
            ("platform", one(&[platform])),
            ("appVersion", one(&[say("appVersion").unwrap_or("unknown")])),
            ("client", one(&[self.client])),
            ("provider", one(&[provider])),
            ("attribute:custom:tenant", one(&[tenant])),
            (
                "app:plan",
                one(&[say("analytics:plan").unwrap_or("unknown")]),
            ),
            ("group", one(&["unknown"])),
            ("client+platform", one(&[self.client, platform])),
            ("provider+attribute:custom:tenant", one(&[provider, tenant])),
        ]);
        if groups && !self.groups.is_empty() {
            let groups = self.groups.iter().map(|group| vec![(*group).to_owned()]);
            values.insert("group", groups.collect());
        }
        Seen {
            sub: known.then(|| self.person.sub.clone()),
            time: self.at + Duration::seconds(after),
            counter: what.0,
            active: what.1,
            values,
        }
    }

    /// What is to be counted, if it is not left out, and no sign-up that is repeated.
    fn all_seen(&self) -> Vec<Seen> {
        let [first, then] = &self.says;
        let failed = |after| self.seen(after, (Some("authFailures"), false), &[first], false);
        let signed_in =
            |after, says: &[&Pairs]| self.seen(after, (Some("signIns"), true), says, false);
        let token = |after| self.seen(after, (None, true), &[then], true);
        match self.kind {
            Kind::SignUp => vec![self.seen(0, (Some("signUps"), true), &[then], false)],
            Kind::SignIn { after } if after <= self.window() => {
                vec![signed_in(after, &[then, first])]
            }
            Kind::SignIn { after } => vec![failed(0), signed_in(after, &[then])],
            Kind::MistypedAndSignedIn => vec![failed(0), token(30), signed_in(31, &[then, first])],
            Kind::WrongPassword | Kind::NotFound => vec![failed(0)],
            Kind::Refresh => vec![token(0)],
            Kind::Hosted { after } if after <= self.window() => {
                vec![token(after), token(after + 1), signed_in(after, &[first])]
            }
            Kind::Hosted { after } => vec![failed(0), token(after), token(after + 1)],
            Kind::SignInWithToken => vec![token(5), signed_in(6, &[then, first])],
            Kind::PasswordReset | Kind::Machine | Kind::Unknown => vec![],
        }
    }
}

/// Of the whole project, or of a segment.
#[derive(Default)]
pub struct Count {
    pub counters: BTreeMap<(&'static str, NaiveDate), i64>,
    pub active: BTreeMap<NaiveDate, BTreeSet<String>>,
    pub first: BTreeMap<String, NaiveDate>,
}

impl Count {
    /// The user was active on the day.
    pub fn active(&mut self, sub: &str, day: NaiveDate) {
        self.active.entry(day).or_default().insert(sub.to_owned());
        let first = self.first.entry(sub.to_owned()).or_insert(day);
        *first = day.min(*first);
    }

    fn add(&mut self, seen: &Seen, day: NaiveDate) {
        if let Some(counter) = seen.counter {
            *self.counters.entry((counter, day)).or_default() += 1;
        }
        if let Some(sub) = seen.sub.as_ref().filter(|_| seen.active) {
            self.active(sub, day);
        }
    }

    fn days(&self) -> BTreeSet<NaiveDate> {
        let counted = self.counters.keys().map(|(_, day)| *day);
        counted.chain(self.active.keys().copied()).collect()
    }

    pub fn between(&self, first: NaiveDate, last: NaiveDate) -> BTreeSet<&String> {
        self.active
            .range(first..=last)
            .flat_map(|(_, users)| users)
            .collect()
    }

    pub fn day(&self, project: &str, day: NaiveDate, segment: Option<&Value>) -> Value {
        let window = |days: i64| self.between(day - Duration::days(days - 1), day).len();
        let of = |counter| self.counters.get(&(counter, day)).copied().unwrap_or(0);
        let new = self.first.values().filter(|first| **first == day).count();
        let mut object = json!({
            "project": project, "date": day.to_string(), "signUps": of("signUps"), "signIns": of("signIns"),
            "authFailures": of("authFailures"), "newUsers": new, "dau": window(1), "wau": window(7), "mau": window(30),
        });
        if let Some(segment) = segment {
            object["segment"] = segment.clone();
        }
        object
    }

    pub fn cohorts(&self, project: &str, name: &str, (from, to): (&str, &str)) -> Vec<Value> {
        let (mut start, last) = (interval(name, date(from)).0, interval(name, date(to)).0);
        let mut expected = Vec::new();
        while start <= last {
            let after = interval(name, start).1;
            let first = self.first.iter();
            let users: BTreeSet<&String> = first
                .filter(|(_, first)| (start..after).contains(first))
                .map(|(user, _)| user)
                .collect();
            let (mut active, mut of) = (Vec::new(), start);
            while of <= last {
                let next = interval(name, of).1;
                let there = self.between(of, next - Duration::days(1));
                active.push(users.intersection(&there).count());
                of = next;
            }
            expected.push(json!({
                "project": project, "interval": name, "cohort": start.to_string(), "size": users.len(), "active": active,
            }));
            start = after;
        }
        expected
    }
}

/// All that is counted of a project, by dimension and value.
#[derive(Default)]
struct Counts {
    whole: Count,
    by: BTreeMap<(&'static str, Vec<String>), Count>,
}

fn segment(dimension: &str, parts: &[String]) -> Value {
    let names = dimension.split('+').map(str::to_owned);
    let pairs = names.zip(parts.iter().map(|part| Value::from(part.as_str())));
    Value::Object(pairs.collect::<Map<_, _>>())
}

impl Counts {
    fn add(&mut self, seen: &Seen, day: NaiveDate) {
        self.whole.add(seen, day);
        for (dimension, values) in &seen.values {
            for value in values {
                self.by
                    .entry((*dimension, value.clone()))
                    .or_default()
                    .add(seen, day);
            }
        }
    }

    /// The days of each value that these parts match (`None` matches all), of which there is any row, or which is the only
    /// one that is wanted.
    fn days_by(
        &self,
        project: &str,
        of: (&str, &[Option<&str>]),
        (from, to): (NaiveDate, NaiveDate),
    ) -> Vec<Value> {
        let mut all = Vec::new();
        let one: Option<Vec<String>> = of.1.iter().map(|part| part.map(str::to_owned)).collect();
        let nobody = (DIMENSIONS.iter().find(|it| **it == of.0).copied()).zip(one);
        let nobody = nobody.filter(|key| !self.by.contains_key(key));
        let nobody = nobody.map(|key| (key, Count::default()));
        for ((dimension, parts), count) in self
            .by
            .iter()
            .chain(nobody.iter().map(|(key, count)| (key, count)))
        {
            let matches = parts
                .iter()
                .zip(of.1)
                .all(|(part, wanted)| wanted.is_none_or(|wanted| wanted == part));
            let days = count.days();
            let mut rows = days.range(from - Duration::days(29)..=to);
            let known = rows.next().is_some() || of.1.iter().all(Option::is_some);
            if *dimension == of.0 && matches && known {
                let segment = segment(dimension, parts);
                let days = from.iter_days().take_while(|day| *day <= to);
                all.extend(days.map(|day| count.day(project, day, Some(&segment))));
            }
        }
        all
    }
}

/// A data folder that replays add up in, and what it is to hold.
struct Told {
    folder: tempfile::TempDir,
    offsets: Offsets,
    projects: BTreeMap<&'static str, Counts>,
    signed_up: BTreeSet<(&'static str, String)>,
}

impl Told {
    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn replay(&mut self, name: &str, acts: &[&Act]) {
        let lines: Vec<String> = acts
            .iter()
            .flat_map(|act| act.entries())
            .map(|it| it.to_string())
            .collect();
        let file = self.folder.path().join(name);
        std::fs::write(&file, lines.join("\n")).unwrap();
        let mut command = cognito_pinpoint();
        command
            .args(["replay", "--format", "json", "--config"])
            .arg(self.folder.path().join("config.json"));
        let report = json_of(command.arg("--data-dir").arg(self.data()).arg(&file));

        let (mut outcomes, mut published) = (BTreeMap::<&str, u64>::new(), [0_u64; 3]);
        for act in acts {
            let count = u64::try_from(act.entries().len()).unwrap();
            let repeated = act.kind == Kind::SignUp && act.left_out().is_none();
            let repeated = repeated
                && !self
                    .signed_up
                    .insert((act.project(), act.person.sub.clone()));
            let left_out = act
                .left_out()
                .or(repeated.then_some("ignored:already_signed_up"));
            *outcomes.entry(left_out.unwrap_or("published")).or_default() += count;
            for seen in act.all_seen().iter().filter(|_| left_out.is_none()) {
                let day = local(self.offsets, seen.time).date_naive();
                self.projects
                    .entry(act.project())
                    .or_default()
                    .add(seen, day);
                for (place, counter) in ["signUps", "signIns", "authFailures"].iter().enumerate() {
                    published[place] += u64::from(seen.counter == Some(counter));
                }
            }
        }
        let [sign_ups, sign_ins, failures] = published;
        let published = json!({"_userauth.sign_up": sign_ups, "_userauth.sign_in": sign_ins, "_userauth.auth_fail": failures});
        assert_eq!(report["outcomes"], json!(outcomes), "{name}");
        assert_eq!(report["published"], published, "{name}");
        assert_eq!(report["days"], self.days(), "{name}");
    }

    fn days(&self) -> Value {
        let of_project = |(project, counts): (&&str, &Counts)| -> Vec<Value> {
            let days = counts.whole.days();
            let (first, last) = (*days.first().unwrap(), *days.last().unwrap());
            let days = first.iter_days().take_while(|day| *day <= last);
            days.map(|day| counts.whole.day(project, day, None))
                .collect()
        };
        Value::Array(self.projects.iter().flat_map(of_project).collect())
    }

    fn ask(&self, command: &str, project: &str, arguments: &[&str]) -> Vec<Value> {
        ask(&self.data(), command, project, arguments)
    }
}

pub fn ask(data: &Path, command: &str, project: &str, arguments: &[&str]) -> Vec<Value> {
    let mut asked = cognito_pinpoint();
    asked
        .args([
            command,
            "--project",
            project,
            "--format",
            "json",
            "--data-dir",
        ])
        .arg(data);
    json_of(asked.args(arguments)).as_array().unwrap().clone()
}

/// In one order, whatever it was: by segment, and within it by date.
fn sorted(mut days: Vec<Value>) -> Vec<Value> {
    days.sort_by_key(|day| (day["segment"].to_string(), day["date"].to_string()));
    days
}

pub fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const SPANS: [(&str, &str); 3] = [
    ("2025-02-19", "2026-04-11"),
    ("2025-06-01", "2025-06-10"),
    ("2025-10-26", "2025-10-26"),
];

/// Every dimension, each of its values by itself, and pairs by one of their properties or both.
fn by_dimension(told: &Told) {
    for dimension in DIMENSIONS {
        by(
            told,
            (MAIN, SPANS[0]),
            &["--by", dimension],
            (dimension, &[None, None]),
        );
    }
    for span in [SPANS[1], SPANS[2]] {
        by(told, (MAIN, span), &["--by", "group"], ("group", &[None]));
        by(
            told,
            (SHOP, span),
            &["--by", "platform+client"],
            (PAIR, &[None, None]),
        );
    }
    let attribute = "attribute:custom:tenant";
    let (tenant, client) = (format!("{attribute}=a=b"), "client=Web");
    for (arguments, of) in [
        (
            &["--by", "platform", "--where", client][..],
            (PAIR, &[Some("web"), None][..]),
        ),
        (
            &["--by", "client", "--where", "platform=iOS"],
            (PAIR, &[None, Some("iOS")]),
        ),
        (
            &["--by", PAIR, "--where", "platform=iOS"],
            (PAIR, &[None, Some("iOS")]),
        ),
        (
            &["--where", "platform=iOS", "--where", client],
            (PAIR, &[Some("web"), Some("iOS")]),
        ),
        (
            &["--where", client, "--where", "platform=iOS"],
            (PAIR, &[Some("web"), Some("iOS")]),
        ),
        (&["--where", "client=web"], ("client", &[Some("web")])),
        (&["--where", &tenant], (attribute, &[Some("a=b")])),
        (
            &["--where", "appVersion=other"],
            ("appVersion", &[Some("other")]),
        ),
    ] {
        by(told, (MAIN, SPANS[1]), arguments, of);
    }
}

const PAIR: &str = "client+platform";

fn by(
    told: &Told,
    (project, (from, to)): (&str, (&str, &str)),
    arguments: &[&str],
    of: (&str, &[Option<&str>]),
) {
    let span = ["--from", from, "--to", to];
    let found = told.ask("metrics", project, &[&span[..], arguments].concat());
    let expected = told.projects[project].days_by(project, of, (date(from), date(to)));
    let (found, expected) = (sorted(found), sorted(expected));
    let differs = found
        .iter()
        .zip(&expected)
        .find(|(found, expected)| found != expected);
    assert_eq!(differs, None, "{arguments:?}");
    assert_eq!(found.len(), expected.len(), "{arguments:?}");
}

fn by_month(told: &Told) {
    for (project, counts) in &told.projects {
        let found = told.ask(
            "metrics",
            project,
            &["--months", "--from", "2025-02-28", "--to", "2026-04-01"],
        );
        let first = date("2025-02-01");
        let expected: Vec<Value> = (0..15)
            .map(|month| {
                let first = first + Months::new(month);
                let active = counts.whole.between(first, first + Months::new(1) - Duration::days(1));
                json!({"project": project, "month": first.format("%Y-%m").to_string(), "calendarMau": active.len()})
            })
            .collect();
        assert_eq!(found, expected);
    }
}

/// The first day of the interval that the day is in, and of the one after.
pub fn interval(name: &str, day: NaiveDate) -> (NaiveDate, NaiveDate) {
    if name == "week" {
        let monday = day - Duration::days(day.weekday().num_days_from_monday().into());
        (monday, monday + Duration::days(7))
    } else {
        let first = day.with_day(1).unwrap();
        (first, first + Months::new(1))
    }
}

fn retention(told: &Told) {
    for (project, counts) in &told.projects {
        for (name, from, to) in [
            ("week", "2025-02-20", "2026-04-08"),
            ("month", "2025-02-20", "2026-04-08"),
            ("week", "2025-04-03", "2025-05-06"),
            ("month", "2025-12-31", "2026-01-01"),
        ] {
            let expected = counts.whole.cohorts(project, name, (from, to));
            let found = told.ask(
                "metrics",
                project,
                &["--retention", name, "--from", from, "--to", to],
            );
            assert_eq!(found, expected, "{name} from {from} to {to}");
        }
    }
}

/// The users with each option, as sets; and the longest inactive first.
fn users(told: &Told) {
    for (project, counts) in &told.projects {
        let mut days: BTreeMap<&String, BTreeSet<NaiveDate>> = BTreeMap::new();
        for (day, users) in &counts.whole.active {
            for user in users {
                days.entry(user).or_default().insert(*day);
            }
        }
        let listed = |wanted: &dyn Fn(NaiveDate, NaiveDate, usize) -> bool| -> BTreeSet<String> {
            let all = days.iter().map(|(user, days)| {
                (
                    user,
                    *days.first().unwrap(),
                    *days.last().unwrap(),
                    days.len(),
                )
            });
            all.filter(|(_, first, last, count)| wanted(*first, *last, *count))
                .map(|(user, first, last, count)| {
                    json!({"project": project, "userPoolId": POOL, "sub": user, "firstActive": first.to_string(),
                        "lastActive": last.to_string(), "activeDays": count})
                    .to_string()
                })
                .collect()
        };
        let found = |arguments: &[&str]| -> BTreeSet<String> {
            let users = told.ask("users", project, arguments);
            assert!(
                users.is_sorted_by_key(|user| user["lastActive"].to_string()),
                "{arguments:?}"
            );
            let count = users.len();
            let users: BTreeSet<String> = users.iter().map(ToString::to_string).collect();
            assert_eq!(users.len(), count, "{arguments:?}");
            users
        };
        let since = date("2026-02-17");
        assert_eq!(
            found(&["--active-since", "2026-02-17"]),
            listed(&|_, last, _| last >= since)
        );
        assert_eq!(
            found(&["--new-since", "2026-02-17"]),
            listed(&|first, _, _| first >= since)
        );
        assert_eq!(
            found(&["--never-returned"]),
            listed(&|_, _, count| count == 1)
        );
        // Whose day it is here, it may be the next there.
        let today = Utc::now().date_naive();
        let ago = today - since;
        let found = found(&["--inactive-for", &format!("{}d", ago.num_days())]);
        let expected =
            [-1, 0, 1].map(|off| listed(&|_, last, _| last <= since + Duration::days(off)));
        assert!(expected.contains(&found));
    }
}

fn check(seed: u64, (zone, offsets): (&str, Offsets), files: i64) {
    let mut told = Told {
        folder: tempfile::tempdir().unwrap(),
        offsets,
        projects: BTreeMap::new(),
        signed_up: BTreeSet::new(),
    };
    std::fs::write(
        told.folder.path().join("config.json"),
        config(zone).to_string(),
    )
    .unwrap();
    let (mut acts, mut numbers) = (acts(seed, offsets), Numbers(seed + 100));
    acts.sort_by_key(|act| act.at);
    let mut parts: Vec<Vec<&Act>> = (0..files).map(|_| Vec::new()).collect();
    for act in &acts {
        let part = usize::try_from(numbers.below(files)).unwrap();
        parts[part].push(act);
    }
    for (number, part) in parts.iter().enumerate() {
        told.replay(&format!("{number}.jsonl"), part);
    }
    by_dimension(&told);
    by_month(&told);
    retention(&told);
    users(&told);
}

#[test]
fn by_every_dimension_in_berlin() {
    check(11, ZONES[0], 3);
}

#[test]
fn by_every_dimension_in_st_johns() {
    check(12, ZONES[1], 4);
}

#[test]
fn by_every_dimension_in_kathmandu() {
    check(13, ZONES[2], 2);
}

#[test]
fn by_every_dimension_in_auckland() {
    check(14, ZONES[3], 1);
}

/// The sign-ins by app version, after one sign-in of each of these users with each of these versions, a minute apart.
fn by_version(versions: impl Iterator<Item = (i64, String)>) -> BTreeMap<String, i64> {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> = versions
        .enumerate()
        .map(|(minute, (user, version))| {
            let time =
                at("2026-03-02T00:00:00Z") + Duration::minutes(i64::try_from(minute).unwrap());
            let event = Trigger::PostAuthentication
                .event(&format!("u{user}"), &json!({"appVersion": version}));
            entry(time, event).to_string()
        })
        .collect();
    let (file, data) = (
        folder.path().join("trace.jsonl"),
        folder.path().join("data"),
    );
    std::fs::write(&file, lines.join("\n")).unwrap();
    json_of(
        cognito_pinpoint()
            .args(["replay", "--format", "json", "--data-dir"])
            .arg(&data)
            .arg(&file),
    );
    let days = ask(
        &data,
        "metrics",
        MAIN,
        &[
            "--by",
            "appVersion",
            "--from",
            "2026-03-02",
            "--to",
            "2026-03-02",
        ],
    );
    let count = |day: &Value| {
        let version = day["segment"]["appVersion"].as_str().unwrap().to_owned();
        (version, day["signIns"].as_i64().unwrap())
    };
    days.iter().map(count).collect()
}

#[test]
fn the_hundred_and_first_value_is_other_and_so_is_the_twenty_first_of_a_user() {
    let said = |number: i64| match number % 12 {
        3 => "unknown".to_owned(),
        7 => "other".to_owned(),
        _ => format!("v{number}"),
    };
    for (users, most) in [(1, 20), (13, 100)] {
        let all = || (0..150).map(|number| (number % users, said(number)));
        let mut expected: BTreeMap<String, i64> = BTreeMap::new();
        for (_, version) in all() {
            let new = !["unknown", "other"].contains(&&*version);
            let places = expected.keys().filter(|key| key.starts_with('v')).count();
            let version = if new && places == most {
                "other".to_owned()
            } else {
                version
            };
            *expected.entry(version).or_default() += 1;
        }
        assert_eq!(by_version(all()), expected, "{users}");
    }
}
