//! The read API, as `docs/console.md` and `openapi.json` have it.

mod answer;
mod error;
mod parameters;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::day::{Day, Interval};
use figures::dates;
use figures::first_read;
use figures::reader::{Series, cohorts_of, months_of, segments as segments_of, series};
use figures::selection::{Condition, Selection, dimension};
use pipeline::ports::figures::{FiguresStore, Project};
use serde_json::{Map, Value, json};

use crate::Console;
use answer::Answer;

pub use error::ApiError;
pub(crate) use parameters::Parameters;
pub(crate) use users::users;

/// How many day objects one answer has at most.
const MOST_OBJECTS: usize = 20_000;
/// Over how many days segments are added up at most.
const MOST_DAYS_OF_SEGMENTS: u32 = 92;

/// The routes that read figures.
pub fn routes<S: FiguresStore + 'static>() -> Router<Arc<Console<S>>> {
    Router::new()
        .route("/projects", get(projects))
        .route("/days", get(days))
        .route("/segments", get(segments))
        .route("/months", get(months))
        .route("/retention", get(retention))
        .route("/annotations", get(annotations))
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

type Asked<S> = State<Arc<Console<S>>>;

async fn openapi() -> Response {
    let json = [("content-type", "application/json")];
    (json, include_str!("../openapi.json")).into_response()
}

async fn projects<S: FiguresStore>(
    State(console): Asked<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let parameters = Parameters::read(query.as_deref(), &["format"])?;
    let answer = Answer::wanted(&parameters, &headers)?;
    let mut objects = Vec::new();
    for project in console.projects().await? {
        let span = console.store.span(&project.id).await;
        let span = span.map_err(|error| console.unavailable(&error))?;
        objects.push(project_object(&project, span));
    }
    Ok(answer.of("projects", objects, Map::new()))
}

fn project_object(project: &Project, span: Option<(Day, Day)>) -> Value {
    let dimensions: Vec<String> = project.dimensions.keys().map(ToString::to_string).collect();
    let names = project.client_names.iter();
    let names = names.map(|(id, name)| (id.to_string(), Value::from(name.as_str())));
    let day = |day: Day| day.to_string();
    let since = project.counting_since;
    json!({
        "id": project.id.to_string(),
        "timeZone": project.zone.to_string(),
        "countingSince": since.map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
        "firstDay": span.map(|(first, _)| day(first)),
        "lastDay": span.map(|(_, last)| day(last)),
        "dimensions": dimensions,
        "labels": { "client": Value::Object(names.collect()) },
    })
}

async fn days<S: FiguresStore>(
    State(console): Asked<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let known = ["project", "from", "to", "by", "where", "format"];
    let parameters = Parameters::read(query.as_deref(), &known)?;
    let answer = Answer::wanted(&parameters, &headers)?;
    let project = console.project(parameters.one("project")?).await?;
    let selection = selection(&parameters, &project)?;
    let mut objects = Vec::new();
    if let Some(span) = span(&parameters, console.today(&project))? {
        let days = usize::try_from(span.1.days_since(span.0) + 1).unwrap_or(usize::MAX);
        bounded(days)?;
        let read = (first_read(span.0), span.1);
        let found = series(&console.store, &project, &selection, read).await;
        let found: Vec<Series> = found.map_err(|error| console.unavailable(&error))?;
        bounded(days.saturating_mul(found.len()))?;
        objects = found
            .iter()
            .flat_map(|one| one.days(&project, span))
            .collect();
    }
    Ok(answer.of("days", objects, of(&project)))
}

/// # Errors
///
/// If there are more day objects than an answer may have.
fn bounded(objects: usize) -> Result<(), ApiError> {
    if objects <= MOST_OBJECTS {
        return Ok(());
    }
    Err(ApiError::BadRequest {
        code: "too_many",
        message: format!(
            "these are {objects} day objects, and an answer has at most {MOST_OBJECTS}: narrow it by from and to, or use \
             the command cognito-pinpoint metrics"
        ),
    })
}

async fn segments<S: FiguresStore>(
    State(console): Asked<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let known = ["project", "by", "from", "to", "where", "format"];
    let parameters = Parameters::read(query.as_deref(), &known)?;
    let answer = Answer::wanted(&parameters, &headers)?;
    let project = console.project(parameters.one("project")?).await?;
    let by = parameters.one("by")?;
    let by = by.ok_or_else(|| ApiError::invalid("by= is missing: the dimension".to_owned()))?;
    let selection = selection(&parameters, &project)?;
    let Some(span) = span(&parameters, console.today(&project))? else {
        return Ok(answer.of("segments", Vec::<Value>::new(), of(&project)));
    };
    if span.1.days_since(span.0) >= MOST_DAYS_OF_SEGMENTS {
        return Err(ApiError::BadRequest {
            code: "too_many",
            message: format!("segments are added up over {MOST_DAYS_OF_SEGMENTS} days at most"),
        });
    }
    let found = segments_of(&console.store, &project, &selection, span).await;
    let found = found.map_err(|error| console.unavailable(&error))?;
    let mut more = of(&project);
    for (name, text) in [
        ("by", by.to_owned()),
        ("from", span.0.to_string()),
        ("to", span.1.to_string()),
    ] {
        more.insert(name.to_owned(), Value::from(text));
    }
    Ok(answer.of("segments", found, more))
}

async fn months<S: FiguresStore>(
    State(console): Asked<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let parameters = Parameters::read(query.as_deref(), &["project", "from", "to", "format"])?;
    let answer = Answer::wanted(&parameters, &headers)?;
    let project = console.project(parameters.one("project")?).await?;
    let mut objects = Vec::new();
    if let Some(span) = span(&parameters, console.today(&project))? {
        let found = months_of(&console.store, &project.id, span).await;
        objects = found.map_err(|error| console.unavailable(&error))?;
    }
    Ok(answer.of("months", objects, of(&project)))
}

async fn retention<S: FiguresStore>(
    State(console): Asked<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let known = ["project", "interval", "from", "to", "format"];
    let parameters = Parameters::read(query.as_deref(), &known)?;
    let answer = Answer::wanted(&parameters, &headers)?;
    let project = console.project(parameters.one("project")?).await?;
    let interval = match parameters.one("interval")? {
        None | Some("week") => Interval::Week,
        Some("month") => Interval::Month,
        Some(_) => {
            return Err(ApiError::invalid("interval is week or month".to_owned()));
        }
    };
    let mut objects = Vec::new();
    if let Some((from, to)) = span(&parameters, console.today(&project))? {
        // A triangle of ages: as many numbers as half its square.
        let cohorts = usize::try_from(interval.age(interval.start(from), to)).unwrap_or(usize::MAX);
        bounded(cohorts.saturating_mul(cohorts) / 2)?;
        let found = cohorts_of(&console.store, &project.id, interval, (from, to)).await;
        objects = found.map_err(|error| console.unavailable(&error))?;
    }
    Ok(answer.of("cohorts", objects, of(&project)))
}

async fn annotations<S: FiguresStore>(
    State(console): Asked<S>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let parameters = Parameters::read(query.as_deref(), &["project", "from", "to", "format"])?;
    let answer = Answer::wanted(&parameters, &headers)?;
    let project = console.project(parameters.one("project")?).await?;
    let mut objects = Vec::new();
    if let Some(span) = span(&parameters, console.today(&project))? {
        let found = console.store.annotations(&project.id, span).await;
        let found = found.map_err(|error| console.unavailable(&error))?;
        objects = figures::annotations(&project.id, &found);
    }
    Ok(answer.of("annotations", objects, of(&project)))
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
    let day = |name: &str| -> Result<Option<Day>, ApiError> {
        let text = parameters.one(name)?;
        let date = text.map(dates::Date::parse).transpose();
        let date = date.map_err(|error| ApiError::invalid(format!("{name}: {error}")))?;
        Ok(date.map(|date| date.on(today)))
    };
    let span = dates::span(day("from")?, day("to")?, today);
    span.map_err(|error| ApiError::invalid(error.to_string()))
}

fn selection(parameters: &Parameters, project: &Project) -> Result<Selection, ApiError> {
    let invalid = |error: figures::selection::SelectionError| ApiError::invalid(error.to_string());
    let by = parameters.one("by")?.map(dimension).transpose();
    let conditions: Result<Vec<Condition>, _> =
        parameters.all("where").map(Condition::parse).collect();
    Selection::of(
        by.map_err(invalid)?.as_ref(),
        &conditions.map_err(invalid)?,
        project,
    )
    .map_err(invalid)
}
