//! Answers: one JSON object, or CSV.

use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use figures::csv::csv_text;
use serde::Serialize;
use serde_json::{Map, Value};

use super::ApiError;
use super::parameters::Parameters;

/// How an answer is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

impl Answer {
    /// By `format=`, or else by what is accepted first.
    ///
    /// # Errors
    ///
    /// If the format is none that there is.
    pub fn wanted(parameters: &Parameters, headers: &HeaderMap) -> Result<Self, ApiError> {
        match parameters.one("format")? {
            Some("json") => Ok(Self::Json),
            Some("csv") => Ok(Self::Csv),
            Some(_) => Err(ApiError::invalid("format is json or csv".to_owned())),
            None => Ok(accepted(headers)),
        }
    }

    /// The table's objects under its name, beside what else there is to say; as CSV, the objects alone.
    pub fn of<T: Serialize>(self, table: &Table<T>, more: Map<String, Value>) -> Response {
        match self {
            Self::Json => json(table, more).into_response(),
            Self::Csv => csv(table).into_response(),
        }
    }
}

/// Objects of one kind.
pub struct Table<T> {
    /// What they are called.
    pub name: &'static str,
    /// The objects.
    pub objects: Vec<T>,
    /// One that names the columns where there is none.
    pub example: T,
}

impl<T: Serialize> Table<T> {
    /// The objects as CSV.
    ///
    /// # Errors
    ///
    /// If they cannot be told.
    pub fn csv(&self) -> Result<String, ApiError> {
        csv_text(&self.objects, &self.example).map_err(|error| untold(&error))
    }
}

fn accepted(headers: &HeaderMap) -> Answer {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok()).unwrap_or("");
    let mut types = accept
        .split(',')
        .map(|it| it.split(';').next().unwrap_or(it).trim());
    let first = types.find(|it| ["text/csv", "application/json", "*/*"].contains(it));
    match first {
        Some("text/csv") => Answer::Csv,
        Some(_) | None => Answer::Json,
    }
}

fn json<T: Serialize>(
    table: &Table<T>,
    mut more: Map<String, Value>,
) -> Result<Json<Map<String, Value>>, ApiError> {
    let objects = serde_json::to_value(&table.objects);
    more.insert(
        table.name.to_owned(),
        objects.map_err(|error| untold(&error))?,
    );
    Ok(Json(more))
}

fn csv<T: Serialize>(table: &Table<T>) -> Result<impl IntoResponse, ApiError> {
    let disposition = format!("attachment; filename=\"{}.csv\"", table.name);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, table.csv()?))
}

fn untold(error: &serde_json::Error) -> ApiError {
    tracing::error!(%error, "an answer cannot be told");
    ApiError::Unavailable("an answer cannot be told".to_owned())
}
