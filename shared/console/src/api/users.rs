//! Users: on one's own machine alone.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::day::Day;
use figures::dates::{Date, Last};
use figures::examples;
use figures::users::WantedUsers;
use pipeline::ports::figures::FiguresStore;
use serde_json::Value;

use super::answer::{Answer, Table};
use super::parameters::Parameters;
use super::{ApiError, of};
use crate::Console;

/// How many users one answer has at most.
const MOST_USERS: usize = 20_000;

const KNOWN: [&str; 7] = [
    "project",
    "inactiveFor",
    "activeSince",
    "newSince",
    "neverReturned",
    "limit",
    "format",
];

pub(crate) async fn users<S: FiguresStore>(
    State(console): State<Arc<Console<S>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let parameters = Parameters::read(query.as_deref(), &KNOWN)?;
    let answer = Answer::wanted(&parameters, &headers)?;
    let project = console.project(parameters.one("project")?).await?;
    let wanted = wanted(&parameters, console.today(&project))?;
    let most = limit(&parameters)?;
    let own = console.own.as_ref().ok_or_else(nobody)?;
    let found = own.list(&project, wanted, most).await;
    let (objects, are_more) = found.map_err(|error| console.unavailable(&error))?;
    let mut more = of(&project);
    more.insert("more".to_owned(), Value::from(are_more));
    let users = Table {
        name: "users",
        objects,
        example: examples::user(&project.id),
    };
    Ok(answer.of(&users, more))
}

fn nobody() -> ApiError {
    ApiError::NotFound("users are not shown here".to_owned())
}

fn limit(parameters: &Parameters) -> Result<usize, ApiError> {
    let Some(text) = parameters.one("limit")? else {
        return Ok(MOST_USERS);
    };
    let limit = text.parse().ok();
    let limit = limit.filter(|limit| (1..=MOST_USERS).contains(limit));
    limit.ok_or_else(|| ApiError::invalid(format!("limit is a number from 1 to {MOST_USERS}")))
}

fn wanted(parameters: &Parameters, today: Day) -> Result<WantedUsers, ApiError> {
    let day = |text| Ok::<Day, ApiError>(Date::parse(text)?.on(today));
    let mut found = Vec::new();
    if let Some(text) = parameters.one("inactiveFor")? {
        found.push(WantedUsers::InactiveSince(Last::parse(text)?.before(today)));
    }
    if let Some(text) = parameters.one("activeSince")? {
        found.push(WantedUsers::ActiveSince(day(text)?));
    }
    if let Some(text) = parameters.one("newSince")? {
        found.push(WantedUsers::NewSince(day(text)?));
    }
    if let Some("true") = parameters.one("neverReturned")? {
        found.push(WantedUsers::NeverReturned);
    }
    match found.as_slice() {
        [wanted] => Ok(*wanted),
        _ => Err(ApiError::invalid(
            "say which users: exactly one of inactiveFor=90d, activeSince=DATE, newSince=DATE and neverReturned=true"
                .to_owned(),
        )),
    }
}
