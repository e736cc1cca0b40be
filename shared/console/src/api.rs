//! The read API, as `docs/console.md` and `openapi.json` have it.

mod answer;
mod error;
mod everything;
mod parameters;
mod projects;
mod tables;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::day::{Day, Interval};
use figures::dates;
use figures::selection::{Condition, Selection, dimension};
use pipeline::ports::figures::{FiguresStore, Project};
use serde_json::{Map, Value};

use crate::Console;
use answer::Answer;
use projects::ProjectObject;

pub use error::ApiError;
pub(crate) use parameters::Parameters;
pub(crate) use users::users;

/// The routes that read figures.
pub fn routes<S: FiguresStore + 'static>() -> Router<Arc<Console<S>>> {
    Router::new()
        .route("/projects", get(projects))
        .route("/days", get(days))
        .route("/segments", get(segments))
        .route("/months", get(months))
        .route("/retention", get(retention))
        .route("/annotations", get(annotations))
        .route("/everything", get(everything))
        .route("/openapi.json", get(openapi))
        .method_not_allowed_fallback(not_allowed)
}

/// What is said where nothing is.
pub async fn nothing_here() -> ApiError {
    ApiError::NotFound("there is nothing at this address; the API is under /api/v1".to_owned())
}

/// What is said to whoever wants to change something.
pub async fn not_allowed() -> ApiError {
    ApiError::MethodNotAllowed
}

type Shared<S> = State<Arc<Console<S>>>;

async fn openapi() -> Response {
    let json = [("content-type", "application/json")];
    (json, include_str!("../openapi.json")).into_response()
}

async fn projects<S: FiguresStore>(
    State(console): Shared<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let parameters = Parameters::read(query.as_deref(), &["format"])?;
    let answer = Answer::wanted(&parameters, &headers)?;
    let mut objects = Vec::new();
    for project in console.projects().await? {
        let span = console.store.span(&project.id).await;
        let span = span.map_err(|error| console.unavailable(&error))?;
        objects.push(ProjectObject::of(&project, span));
    }
    Ok(match answer {
        Answer::Json => answer.of(&projects::table(objects), Map::new()),
        Answer::Csv => answer.of(&projects::in_cells(&objects), Map::new()),
    })
}

async fn days<S: FiguresStore>(
    State(console): Shared<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let known = ["project", "from", "to", "by", "where", "format"];
    let read = asked(&console, query.as_deref(), (&headers, &known));
    let (parameters, answer, asked) = read.await?;
    let selection = selection(&parameters, &asked.project)?;
    let days = tables::days(&console, &asked, &selection).await?;
    Ok(answer.of(&days, of(&asked.project)))
}

async fn segments<S: FiguresStore>(
    State(console): Shared<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let known = ["project", "by", "from", "to", "where", "format"];
    let read = asked(&console, query.as_deref(), (&headers, &known));
    let (parameters, answer, asked) = read.await?;
    let by = parameters.one("by")?;
    let by = by.ok_or_else(|| ApiError::invalid("by= is missing: the dimension".to_owned()))?;
    let selection = selection(&parameters, &asked.project)?;
    let segments = tables::segments(&console, &asked, &selection).await?;
    let mut more = of(&asked.project);
    more.insert("by".to_owned(), Value::from(by));
    let ends = asked.span.map(|(from, to)| [("from", from), ("to", to)]);
    for (name, day) in ends.into_iter().flatten() {
        more.insert(name.to_owned(), Value::from(day.to_string()));
    }
    Ok(answer.of(&segments, more))
}

async fn months<S: FiguresStore>(
    State(console): Shared<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let read = asked(&console, query.as_deref(), (&headers, &DATES));
    let (_, answer, asked) = read.await?;
    let months = tables::months(&console, &asked).await?;
    Ok(answer.of(&months, of(&asked.project)))
}

async fn retention<S: FiguresStore>(
    State(console): Shared<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let known = ["project", "interval", "from", "to", "format"];
    let read = asked(&console, query.as_deref(), (&headers, &known));
    let (parameters, answer, asked) = read.await?;
    let interval = match parameters.one("interval")? {
        None | Some("week") => Interval::Week,
        Some("month") => Interval::Month,
        Some(_) => {
            return Err(ApiError::invalid("interval is week or month".to_owned()));
        }
    };
    let cohorts = tables::cohorts(&console, &asked, interval).await?;
    Ok(answer.of(&cohorts, of(&asked.project)))
}

async fn annotations<S: FiguresStore>(
    State(console): Shared<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let read = asked(&console, query.as_deref(), (&headers, &DATES));
    let (_, answer, asked) = read.await?;
    let annotations = tables::annotations(&console, &asked).await?;
    Ok(answer.of(&annotations, of(&asked.project)))
}

async fn everything<S: FiguresStore>(
    State(console): Shared<S>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let parameters = Parameters::read(query.as_deref(), &["project", "from", "to"])?;
    let asked = Asked::of(&console, &parameters).await?;
    everything::zip(&everything::files(&console, &asked).await?)
}

/// What is asked of nothing but days.
const DATES: [&str; 4] = ["project", "from", "to", "format"];

/// A request's parameters, of which these are known; how it wants its answer; and whose figures it asks for.
async fn asked<S: FiguresStore>(
    console: &Console<S>,
    query: Option<&str>,
    (headers, known): (&HeaderMap, &[&str]),
) -> Result<(Parameters, Answer, Asked), ApiError> {
    let parameters = Parameters::read(query, known)?;
    let answer = Answer::wanted(&parameters, headers)?;
    let asked = Asked::of(console, &parameters).await?;
    Ok((parameters, answer, asked))
}

/// What nearly every request says: whose figures, and of which days.
struct Asked {
    project: Project,
    /// `None` where none of the days has begun.
    span: Option<(Day, Day)>,
}

impl Asked {
    /// # Errors
    ///
    /// If there is no such project, or there are no such days.
    async fn of<S: FiguresStore>(
        console: &Console<S>,
        parameters: &Parameters,
    ) -> Result<Self, ApiError> {
        let project = console.project(parameters.one("project")?).await?;
        let span = span(parameters, console.today(&project))?;
        Ok(Self { project, span })
    }
}

/// What every answer says of its project.
fn of(project: &Project) -> Map<String, Value> {
    let text = |name: &str, value: String| (name.to_owned(), Value::from(value));
    let project = [
        text("project", project.id.to_string()),
        text("timeZone", project.zone.to_string()),
    ];
    project.into_iter().collect()
}

fn span(parameters: &Parameters, today: Day) -> Result<Option<(Day, Day)>, ApiError> {
    let day = |name| Ok::<_, ApiError>(parameters.date(name)?.map(|date| date.on(today)));
    Ok(dates::span(day("from")?, day("to")?, today)?)
}

fn selection(parameters: &Parameters, project: &Project) -> Result<Selection, ApiError> {
    let by = parameters.one("by")?.map(dimension).transpose()?;
    let conditions = parameters.all("where").map(Condition::parse);
    let conditions: Vec<Condition> = conditions.collect::<Result<_, _>>()?;
    Ok(Selection::of(by.as_ref(), &conditions, project)?)
}
