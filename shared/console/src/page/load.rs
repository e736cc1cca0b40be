//! What a view shows, read all at once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::activity::DayRows;
use domain::annotation::Annotation;
use domain::day::Day;
use domain::dimension::Dimension;
use domain::segment::SegmentValue;
use figures::reader::{self, Series, choose, cohorts_of, months_of, series_of_spans};
use figures::selection::{Condition, Selection, Wanted};
use figures::users::WantedUsers;
use figures::{CohortObject, MonthObject, UserObject, first_read};
use futures::FutureExt;
use futures::future::OptionFuture;
use pipeline::ports::PortError;
use pipeline::ports::figures::{FiguresStore, Project};

use super::measure::Measured;
use super::period::{Period, Shift, Span, length};
use super::view::{CohortTab, UsersTab, View};
use crate::Console;
use crate::api::ApiError;

/// How many months the calendar has.
const MONTHS: u32 = 12;
/// How many cohorts there are at least, and at most.
const WEEKS: (u32, u32) = (8, 13);
const MONTHS_OF_COHORTS: (u32, u32) = (6, 13);
/// How many users a list shows.
const USERS: usize = 12;
/// For how long who is listed as inactive has not come back (days).
pub const INACTIVE_DAYS: u32 = 90;

/// All that a view shows of a project.
pub struct Loaded {
    /// All projects there are.
    pub projects: Vec<Project>,
    /// The one that is shown.
    pub project: Project,
    /// The address.
    pub view: View,
    /// The days.
    pub period: Period,
    /// The first day of which there are figures, with these filters.
    pub first: Day,
    /// The figures, filtered.
    pub figures: Measured,
    /// The last calendar months: of the whole project.
    pub months: Vec<MonthObject>,
    /// The days of these months.
    pub months_span: Span,
    /// The dimension that is chosen, if the project has any.
    pub breakdown: Option<Breakdown>,
    /// The cohorts: of the whole project.
    pub cohorts: Vec<CohortObject>,
    /// What happened on some days, by the team's own words.
    pub annotations: Vec<Annotation>,
    /// Some users, and whether there are more, or why they cannot be read; `None` where users are not shown.
    pub users: Option<Result<(Vec<UserObject>, bool), ApiError>>,
    /// Where who has signed in signs out.
    pub sign_out: Option<&'static str>,
    /// When all this was read.
    pub read_at: DateTime<Utc>,
}

/// The segments of a dimension.
pub struct Breakdown {
    /// The dimension.
    pub dimension: Dimension,
    /// The days: the last ones of the range.
    pub span: Span,
    /// How far back lie those that they are compared with.
    pub shift: Option<Shift>,
    /// Whether the filters apply to it.
    pub filtering: Filtering,
    /// Those that do.
    pub conditions: Vec<Condition>,
    /// The figures of each value, by its name within the dimension.
    pub values: Vec<(SegmentValue, Measured)>,
    /// The figures of all of them together, where they are not those that the page shows.
    pub whole: Option<Measured>,
}

/// Whether filters apply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Filtering {
    /// There are none.
    None,
    /// They do.
    Applied,
    /// They do not: no figures are kept by both.
    NotKept,
    /// The dimension is filtered by: all its values are shown. Filters by other dimensions apply.
    OfItself,
}

/// Why nothing is shown.
pub enum NotLoaded {
    /// Nothing has been counted.
    Empty,
    /// Something is wrong.
    Problem(ApiError),
}

impl From<ApiError> for NotLoaded {
    fn from(error: ApiError) -> Self {
        Self::Problem(error)
    }
}

/// Reads what a view shows.
///
/// # Errors
///
/// If there is nothing, or what the view asks for is not there, or the store does not give it.
pub async fn load<S: FiguresStore>(console: &Console<S>, view: View) -> Result<Loaded, NotLoaded> {
    let failed = |error: PortError| console.unavailable(&error);
    let projects = console.projects().await?;
    let project = chosen(&projects, &view)?;
    let span = console.store.span(&project.id).await.map_err(failed)?;
    let Some((first, _)) = span else {
        return Err(NotLoaded::Empty);
    };
    let today = console.today(&project);
    let period = Period::of(&view, today, first)?;
    let selection = Selection::of(None, &view.filters, &project).map_err(ApiError::from)?;
    if let Some(by) = &view.by {
        Selection::of(Some(by), &[], &project).map_err(ApiError::from)?;
    }
    let store = &console.store;
    let (months_span, cohorts) = (
        last_months(&period, first),
        last_cohorts(&view, &period, first),
    );
    let interval = view.cohorts.interval();
    let days = (period.shift, period.span);
    let (figures, months, cohorts, breakdown, annotations, users) = futures::try_join!(
        measured(store, &project, &selection, (days, first)),
        months_of(store, &project.id, months_span),
        cohorts_of(store, &project.id, interval, cohorts),
        breakdown(store, &project, &view, (&period, first)),
        store.annotations(&project.id, period.span),
        users(console, &project, (&view, &period)).map(Ok),
    )
    .map_err(failed)?;
    Ok(Loaded {
        projects,
        view,
        period,
        first: figures.first,
        figures,
        months,
        months_span,
        breakdown,
        cohorts,
        annotations,
        users,
        sign_out: console.sign_out,
        read_at: (console.now)(),
        project,
    })
}

/// The project of a view: the first, if it says none.
fn chosen(projects: &[Project], view: &View) -> Result<Project, NotLoaded> {
    match &view.project {
        Some(id) => Ok(choose(projects.to_vec(), Some(id)).map_err(ApiError::from)?),
        None => projects.first().cloned().ok_or(NotLoaded::Empty),
    }
}

/// The days that must be read to tell these, and those that they are compared with.
fn read(shift: Option<Shift>, span: Span) -> Span {
    let before = shift.map_or(span.0, |shift| shift.of(span).0);
    (first_read(before.min(span.0)), span.1)
}

/// The parts of them that are read: a year before is not all of the year.
fn parts(shift: Option<Shift>, span: Span) -> Vec<Span> {
    let before = shift.map(|shift| shift.of(span));
    reader::read_for(before.into_iter().chain([span]))
}

/// The figures of these days, and of those that they are compared with, of the whole project or of one segment of it.
async fn measured<S: FiguresStore>(
    store: &S,
    project: &Project,
    selection: &Selection,
    ((shift, span), first): ((Option<Shift>, Span), Day),
) -> Result<Measured, PortError> {
    let days = read(shift, span);
    let mut found = series_of_spans(store, project, selection, &parts(shift, span)).await?;
    let rows = found.pop().map(|series| series.rows).unwrap_or_default();
    let first = first_of(selection, project, first);
    Ok(Measured::of(rows, days, first))
}

/// The first day of which a selection has figures: a dimension may have been added after the project's first day.
fn first_of(selection: &Selection, project: &Project, first: Day) -> Day {
    let dimension = selection.dimension();
    let since = dimension.and_then(|it| project.dimensions.get(it).copied().flatten());
    since.map_or(first, |since| project.zone.day_of(since).max(first))
}

/// The last calendar months, but none before the figures begin.
fn last_months(period: &Period, first: Day) -> Span {
    let (_, to) = period.span;
    let from = to.month().first_day().minus_months(MONTHS - 1);
    (from.max(first).min(to), to)
}

/// Cohorts of the period, and so many before as make a picture.
fn last_cohorts(view: &View, period: &Period, first: Day) -> Span {
    let (from, to) = period.span;
    let interval = view.cohorts.interval();
    let back = |count: u32| match view.cohorts {
        CohortTab::Week => interval.start(to).minus((count - 1) * 7),
        CohortTab::Month => interval.start(to).minus_months(count - 1),
    };
    let (least, most) = match view.cohorts {
        CohortTab::Week => WEEKS,
        CohortTab::Month => MONTHS_OF_COHORTS,
    };
    let from = from.clamp(back(most), back(least));
    (from.max(interval.start(first).min(to)), to)
}

async fn breakdown<S: FiguresStore>(
    store: &S,
    project: &Project,
    view: &View,
    (period, first): (&Period, Day),
) -> Result<Option<Breakdown>, PortError> {
    let asked = view.by.as_ref().and_then(|asked| project.recorded(asked));
    let dimensions = dimensions(project);
    let Some(dimension) = asked.or_else(|| dimensions.first().copied()) else {
        return Ok(None);
    };
    let By {
        selection,
        whole,
        filtering,
        conditions,
    } = By::of(dimension, &view.filters, project);
    let (from, to) = period.span;
    let span = (from.max(to.minus(DayRows::LONGEST_WINDOW_DAYS - 1)), to);
    // A long range is compared as its last days are: else all values would be read of all that range, twice.
    let shift = match span == period.span {
        true => period.shift,
        false => period
            .shift
            .map(|_| Shift::Days(DayRows::LONGEST_WINDOW_DAYS)),
    };
    let days = read(shift, span);
    let parts = parts(shift, span);
    let found = series_of_spans(store, project, &selection, &parts);
    let whole = whole.as_ref();
    let whole = whole.map(|whole| measured(store, project, whole, ((shift, span), first)));
    let (found, whole) = futures::join!(found, OptionFuture::from(whole));
    let (found, whole) = (found?, whole.transpose()?);
    let first = first_of(&selection, project, first);
    let place = place_of(dimension, &selection);
    let mut values: BTreeMap<SegmentValue, Measured> = BTreeMap::new();
    for Series { segment, rows } in found {
        let Some(segment) = segment else { continue };
        let value = open_part(&segment.1, place);
        values.insert(value, Measured::of(rows, days, first));
    }
    Ok(Some(Breakdown {
        dimension: dimension.clone(),
        span,
        shift,
        filtering,
        conditions,
        values: values.into_iter().collect(),
        whole,
    }))
}

/// The project's dimensions as they are offered: the app client first, pairs last.
pub fn dimensions(project: &Project) -> Vec<&Dimension> {
    let mut dimensions: Vec<&Dimension> = project.dimensions.keys().collect();
    dimensions.sort_by_key(|dimension| {
        let name = dimension.to_string();
        let pair = matches!(dimension, Dimension::Pair(..));
        (pair, name != "client", name)
    });
    dimensions
}

/// What a breakdown is read by.
struct By {
    selection: Selection,
    /// What all its values are a part of, where that is not what the page shows.
    whole: Option<Selection>,
    filtering: Filtering,
    /// The filters that apply.
    conditions: Vec<Condition>,
}

impl By {
    /// By a dimension, with the filters by other ones as far as figures are kept by all of them.
    fn of(by: &Dimension, filters: &[Condition], project: &Project) -> Self {
        let properties = by.properties();
        let others = filters
            .iter()
            .filter(|it| !properties.contains(&&it.property));
        let others: Vec<Condition> = others.cloned().collect();
        let (filtering, whole) = match (filters.len(), others.len()) {
            (0, _) => (Filtering::None, None),
            (all, some) if all == some => (Filtering::Applied, None),
            (_, _) => (
                Filtering::OfItself,
                Selection::of(None, &others, project).ok(),
            ),
        };
        let kept = Selection::of(Some(by), &others, project).map(|selection| Self {
            selection,
            whole,
            filtering,
            conditions: others,
        });
        kept.unwrap_or_else(|_| Self {
            selection: Selection::of(Some(by), &[], project).unwrap_or(Selection::Whole),
            whole: Some(Selection::Whole),
            filtering: Filtering::NotKept,
            conditions: Vec::new(),
        })
    }
}

/// Which part of the values of a pair is open, where the other one is filtered by.
fn place_of(by: &Dimension, selection: &Selection) -> Option<usize> {
    let Selection::Segments(wanted) = selection else {
        return None;
    };
    let open = Wanted::open(wanted);
    match (by, open.as_slice()) {
        (Dimension::Of(_), [(place, _)]) => Some(*place),
        (Dimension::Of(_) | Dimension::Pair(..), _) => None,
    }
}

fn open_part(value: &SegmentValue, place: Option<usize>) -> SegmentValue {
    let part = place.and_then(|place| value.parts().nth(place));
    part.map_or_else(|| value.clone(), SegmentValue::new)
}

async fn users<S: FiguresStore>(
    console: &Console<S>,
    project: &Project,
    (view, period): (&View, &Period),
) -> Option<Result<(Vec<UserObject>, bool), ApiError>> {
    let own = console.own.as_ref()?;
    let wanted = wanted_users(view.users, period);
    let found = own.list(project, wanted, USERS).await;
    Some(found.map_err(|error| console.unavailable(&error)))
}

/// Which users a tab lists.
pub fn wanted_users(tab: UsersTab, period: &Period) -> WantedUsers {
    match tab {
        UsersTab::Inactive => WantedUsers::InactiveSince(period.today.minus(INACTIVE_DAYS)),
        UsersTab::NeverReturned => WantedUsers::NeverReturned,
        UsersTab::New => WantedUsers::NewSince(period.span.0),
    }
}

/// How many days of the period have no figures, as they lie before the first.
pub fn days_before_first(period: &Period, first: Day) -> u32 {
    match period.span.0 < first {
        true => first.days_since(period.span.0).min(length(period.span)),
        false => 0,
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::ProjectId;
    use domain::time_zone::TimeZone;

    use super::*;

    /// A project by client, platform, and both; by provider since noon of 10 June.
    fn project() -> Project {
        let since = "2026-06-10T12:00:00Z".parse().unwrap();
        let of = |name: &str| Dimension::parse(name).unwrap();
        Project {
            id: ProjectId::new("p"),
            zone: TimeZone::UTC,
            counting_since: None,
            dimensions: BTreeMap::from([
                (of("client"), None),
                (of("platform"), None),
                (of("client+platform"), None),
                (of("provider"), Some(since)),
            ]),
            client_names: BTreeMap::new(),
            counted: None,
        }
    }

    fn conditions(texts: &[&str]) -> Vec<Condition> {
        let conditions = texts.iter().map(|text| Condition::parse(text));
        conditions.collect::<Result<_, _>>().unwrap()
    }

    fn selection(by: Option<&str>, texts: &[&str]) -> Selection {
        let by = by.map(|by| Dimension::parse(by).unwrap());
        Selection::of(by.as_ref(), &conditions(texts), &project()).unwrap()
    }

    /// What a dimension is read by under filters: which of them apply, and what its values are a part of.
    fn check(
        (by, filters): (&str, &[&str]),
        (filtering, applied): (Filtering, &[&str]),
        whole: Option<Selection>,
    ) {
        let dimension = Dimension::parse(by).unwrap();
        let found = By::of(&dimension, &conditions(filters), &project());
        assert_eq!(found.filtering, filtering, "{by} {filters:?}");
        assert_eq!(found.conditions, conditions(applied), "{by} {filters:?}");
        assert_eq!(found.whole, whole, "{by} {filters:?}");
        assert_eq!(
            found.selection,
            selection(Some(by), applied),
            "{by} {filters:?}"
        );
    }

    #[test]
    fn a_breakdown_is_filtered_by_other_dimensions_than_its_own() {
        check(("client", &[]), (Filtering::None, &[]), None);
        check(
            ("client", &["platform=iOS"]),
            (Filtering::Applied, &["platform=iOS"]),
            None,
        );
        check(
            ("client", &["client=a"]),
            (Filtering::OfItself, &[]),
            Some(Selection::Whole),
        );
        check(
            ("client", &["client=a", "platform=iOS"]),
            (Filtering::OfItself, &["platform=iOS"]),
            Some(selection(None, &["platform=iOS"])),
        );
        check(
            ("client+platform", &["client=a", "platform=iOS"]),
            (Filtering::OfItself, &[]),
            Some(Selection::Whole),
        );
        check(
            ("provider", &["client=a"]),
            (Filtering::NotKept, &[]),
            Some(Selection::Whole),
        );
    }

    #[test]
    fn a_segment_begins_when_its_dimension_does() {
        let first = Day::parse("2026-06-01").unwrap();
        for (selection, expected) in [
            (Selection::Whole, "2026-06-01"),
            (selection(None, &["client=a"]), "2026-06-01"),
            (selection(None, &["provider=Google"]), "2026-06-10"),
        ] {
            let found = first_of(&selection, &project(), first);
            assert_eq!(found.to_string(), expected, "{selection:?}");
        }
    }
}
