//! What the page shows, as its address says it. The address holds only what differs from the default.

use domain::day::{Day, Interval};
use domain::dimension::Dimension;
use domain::ids::ProjectId;
use figures::dates::Date;
use figures::selection::{Condition, dimension};
use form_urlencoded::Serializer;

use crate::api::{ApiError, Parameters};

/// An enumeration with the name that each of its values has in the address. The first one is the default.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $value:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $name { $($(#[$of])* $value,)+ }

        impl $name {
            /// All there are.
            pub const ALL: [Self; [$($text,)+].len()] = [$(Self::$value,)+];

            /// The name in the address.
            pub fn name(self) -> &'static str {
                match self { $(Self::$value => $text,)+ }
            }

            /// What the parameter of this name says, if it says anything.
            fn read(said: &Parameters, name: &str) -> Result<Option<Self>, ApiError> {
                let Some(text) = said.one(name)? else {
                    return Ok(None);
                };
                let value = Self::ALL.iter().find(|value| value.name() == text);
                let names = Self::ALL.map(Self::name).join(", ");
                let value = value.ok_or_else(|| {
                    ApiError::invalid(format!("{name} is one of {names}"))
                });
                value.copied().map(Some)
            }
        }
    };
}

named! {
    /// A figure that a tile shows, and the main chart when it is chosen.
    Metric {
        /// Users active in the period.
        Active = "active",
        /// Users whose first active day is in it.
        NewUsers = "new",
        /// Confirmed sign-ups.
        SignUps = "sign-ups",
        /// Sign-ins.
        SignIns = "sign-ins",
        /// Failed authentications, of all that were tried.
        FailureRate = "failure-rate",
        /// The average DAU by the average MAU.
        Stickiness = "stickiness",
    }
}

named! {
    /// A range that ends today.
    Preset {
        /// Four weeks.
        Days28 = "28d",
        /// A week.
        Days7 = "7d",
        /// The window of the MAU.
        Days30 = "30d",
        /// As far as distinct users can be told.
        Days91 = "91d",
        /// Twelve months.
        Months12 = "12mo",
        /// The running calendar month.
        Month = "month",
        /// The running calendar year.
        Year = "year",
        /// Since the first day.
        All = "all",
    }
}

named! {
    /// What one point of a chart stands for.
    Step {
        /// A day.
        Day = "day",
        /// A week, from Monday on.
        Week = "week",
        /// A calendar month.
        Month = "month",
    }
}

named! {
    /// What the figures are compared with.
    Compare {
        /// As many days before.
        Previous = "previous",
        /// The same days a year before.
        Year = "year",
        /// Nothing.
        Off = "off",
    }
}

named! {
    /// Which day is compared with which.
    Matching {
        /// One of the same weekday.
        Weekday = "weekday",
        /// One of the same place in the period, or date.
        Date = "date",
    }
}

named! {
    /// What the card of the active users shows.
    ActiveTab {
        /// DAU, WAU and MAU.
        Windows = "windows",
        /// New against returning users.
        Returning = "returning",
        /// Calendar months, and the bill.
        Months = "months",
    }
}

named! {
    /// What the cohorts are gathered by.
    CohortTab {
        /// Weeks.
        Week = "week",
        /// Months.
        Month = "month",
    }
}

named! {
    /// Which users are listed.
    UsersTab {
        /// Who has not come back for long.
        Inactive = "inactive",
        /// Who was active on one day alone.
        NeverReturned = "never-returned",
        /// Who is new in the range.
        New = "new",
    }
}

named! {
    /// Light or dark, whatever the system says.
    Theme {
        /// Dark on light.
        Light = "light",
        /// Light on dark.
        Dark = "dark",
    }
}

impl CohortTab {
    /// The interval.
    pub fn interval(self) -> Interval {
        match self {
            Self::Week => Interval::Week,
            Self::Month => Interval::Month,
        }
    }
}

/// Which days are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Range {
    /// Days that end with this one.
    Preset(Preset),
    /// These days.
    Custom(Date, Date),
}

/// What the page shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// The project; the only one, or the first, if it is not said.
    pub project: Option<ProjectId>,
    /// The days.
    pub range: Range,
    /// What a point stands for; `None` for what suits the range.
    pub step: Option<Step>,
    /// What it is compared with.
    pub compare: Compare,
    /// Which day with which.
    pub matching: Matching,
    /// What the main chart shows.
    pub metric: Metric,
    /// What figures are broken down by; the first dimension, if it is not said.
    pub by: Option<Dimension>,
    /// The filters, such as `platform=iOS`.
    pub filters: Vec<Condition>,
    /// What the card of the active users shows.
    pub active: ActiveTab,
    /// What the cohorts are gathered by.
    pub cohorts: CohortTab,
    /// Which users are listed.
    pub users: UsersTab,
    /// Light or dark; `None` for what the system says.
    pub theme: Option<Theme>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            project: None,
            range: Range::Preset(Preset::Days28),
            step: None,
            compare: Compare::Previous,
            matching: Matching::Weekday,
            metric: Metric::Active,
            by: None,
            filters: Vec::new(),
            active: ActiveTab::Windows,
            cohorts: CohortTab::Week,
            users: UsersTab::Inactive,
            theme: None,
        }
    }
}

/// Filters, as an address has them: the page's own as well as the API's.
pub fn conditions(filters: &[Condition]) -> impl Iterator<Item = (&'static str, String)> {
    let filters = filters.iter();
    filters.map(|filter| ("where", filter.to_string()))
}

/// What an address may say.
const KNOWN: [&str; 14] = [
    "project", "range", "from", "to", "interval", "compare", "match", "metric", "by", "where",
    "active", "cohorts", "users", "theme",
];

impl View {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// If it says something that there is not.
    pub fn read(query: Option<&str>) -> Result<Self, ApiError> {
        let said = Parameters::read(query, &KNOWN)?;
        let default = Self::default();
        let by = said.one("by")?.map(dimension).transpose()?;
        let filters = said.all("where").map(Condition::parse);
        let filters = filters.collect::<Result<_, _>>()?;
        Ok(Self {
            project: said.one("project")?.map(ProjectId::new),
            range: range(&said)?,
            step: Step::read(&said, "interval")?,
            compare: Compare::read(&said, "compare")?.unwrap_or(default.compare),
            matching: Matching::read(&said, "match")?.unwrap_or(default.matching),
            metric: Metric::read(&said, "metric")?.unwrap_or(default.metric),
            by,
            filters,
            active: ActiveTab::read(&said, "active")?.unwrap_or(default.active),
            cohorts: CohortTab::read(&said, "cohorts")?.unwrap_or(default.cohorts),
            users: UsersTab::read(&said, "users")?.unwrap_or(default.users),
            theme: Theme::read(&said, "theme")?,
        })
    }

    /// The same view with a change, as a relative address.
    pub fn href(&self, change: impl FnOnce(&mut Self)) -> String {
        self.with(change).address()
    }

    /// The same view with a change.
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        change(&mut changed);
        changed
    }

    /// Its relative address.
    pub fn address(&self) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in self.pairs() {
            query.append_pair(name, &value);
        }
        format!("/?{}", query.finish())
            .trim_end_matches('?')
            .to_owned()
    }

    /// What differs from the default.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let default = Self::default();
        let unless = |name, value: &'static str, default: &'static str| {
            (value != default).then(|| (name, value.to_owned()))
        };
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        pairs.extend(self.project.iter().map(|id| ("project", id.to_string())));
        match self.range {
            Range::Preset(preset) => {
                pairs.extend(unless("range", preset.name(), Preset::Days28.name()))
            }
            Range::Custom(from, to) => pairs.extend([("from", date(from)), ("to", date(to))]),
        }
        pairs.extend(self.step.map(|step| ("interval", step.name().to_owned())));
        pairs.extend(unless(
            "compare",
            self.compare.name(),
            default.compare.name(),
        ));
        pairs.extend(unless(
            "match",
            self.matching.name(),
            default.matching.name(),
        ));
        pairs.extend(unless("metric", self.metric.name(), default.metric.name()));
        pairs.extend(self.by.iter().map(|by| ("by", by.to_string())));
        pairs.extend(conditions(&self.filters));
        pairs.extend(unless("active", self.active.name(), default.active.name()));
        pairs.extend(unless(
            "cohorts",
            self.cohorts.name(),
            default.cohorts.name(),
        ));
        pairs.extend(unless("users", self.users.name(), default.users.name()));
        pairs.extend(self.theme.map(|theme| ("theme", theme.name().to_owned())));
        pairs
    }
}

fn range(said: &Parameters) -> Result<Range, ApiError> {
    let preset = Preset::read(said, "range")?;
    match (preset, said.date("from")?, said.date("to")?) {
        (Some(preset), None, None) => Ok(Range::Preset(preset)),
        (None, None, None) => Ok(Range::Preset(Preset::Days28)),
        (None, Some(from), to) => Ok(Range::Custom(from, to.unwrap_or(Date::Today))),
        (None, None, Some(_)) => Err(ApiError::invalid("from= is missing".to_owned())),
        (Some(_), _, _) => Err(ApiError::invalid(
            "range= and from= say the same: leave out one of them".to_owned(),
        )),
    }
}

/// A day as an address has it.
fn date(date: Date) -> String {
    match date {
        Date::Of(day) => day.to_string(),
        Date::Today => "today".to_owned(),
        Date::Yesterday => "yesterday".to_owned(),
    }
}

/// Days as a custom range.
pub fn custom((from, to): (Day, Day)) -> Range {
    Range::Custom(Date::Of(from), Date::Of(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, address: &str) {
        let found = match View::read(Some(query)) {
            Ok(view) => view.address(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, address, "{query}");
    }

    #[test]
    fn an_address_is_read_and_written_without_what_is_the_default() {
        check("", "/");
        check(
            "range=28d&compare=previous&match=weekday&metric=active",
            "/",
        );
        check("range=all&interval=day", "/?range=all&interval=day");
        check("from=2026-01-01", "/?from=2026-01-01&to=today");
        let all = "project=p&from=2026-01-01&to=2026-02-01&interval=week&compare=year&match=date&metric=sign-ins&\
                   by=client%2Bplatform&where=platform%3DiOS&where=client%3Da%26b&active=months&cohorts=month&users=new&\
                   theme=dark";
        check(all, &format!("/?{all}"));
    }

    #[test]
    fn what_there_is_not_is_refused_by_name() {
        check(
            "range=8d",
            "range is one of 28d, 7d, 30d, 91d, 12mo, month, year, all",
        );
        check("interval=hour", "interval is one of day, week, month");
        check(
            "metric=%3Cscript%3E",
            "metric is one of active, new, sign-ups, sign-ins, failure-rate, stickiness",
        );
        check("to=2026-01-01", "from= is missing");
        check(
            "range=7d&from=2026-01-01",
            "range= and from= say the same: leave out one of them",
        );
        check(
            "from=2026-02-29",
            "from: input is out of range; a date looks like 2026-01-31, or is today or yesterday",
        );
        check("range=7d&range=7d", "range= is there twice");
    }
}
