//! All figures of some days, as a zip file of CSV files.

use std::io::{Cursor, Write};

use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::day::{Day, Interval};
use figures::selection::Selection;
use pipeline::ports::figures::FiguresStore;
use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;

use super::tables::{self, MOST_DAYS_OF_SEGMENTS};
use super::{ApiError, Asked};
use crate::Console;

/// The files by name, each the text that the API answers as CSV. Segments are those of the last days, as many as they are added
/// up over, and cohorts are the last ones, as many as an answer has.
///
/// # Errors
///
/// As each of them.
pub async fn files<S: FiguresStore>(
    console: &Console<S>,
    asked: &Asked,
) -> Result<Vec<(String, String)>, ApiError> {
    let days = tables::days(console, asked, &Selection::Whole).await?;
    let mut files = vec![
        ("days.csv".to_owned(), days.csv()?),
        (
            "months.csv".to_owned(),
            tables::months(console, asked).await?.csv()?,
        ),
    ];
    for interval in [Interval::Week, Interval::Month] {
        let last = from_day(asked, |span| tables::first_of_cohorts(interval, span));
        let cohorts = tables::cohorts(console, &last, interval).await?;
        files.push((format!("retention-{}.csv", interval.name()), cohorts.csv()?));
    }
    let last = from_day(asked, |(from, to)| {
        from.max(to.minus(MOST_DAYS_OF_SEGMENTS - 1))
    });
    for dimension in asked.project.dimensions.keys() {
        let selection = Selection::of(Some(dimension), &[], &asked.project)?;
        let segments = tables::segments(console, &last, &selection).await?;
        files.push((file_name(&dimension.to_string()), segments.csv()?));
    }
    let annotations = tables::annotations(console, asked).await?;
    files.push(("annotations.csv".to_owned(), annotations.csv()?));
    Ok(files)
}

/// The same, of the days from that one on.
fn from_day(asked: &Asked, first: impl Fn((Day, Day)) -> Day) -> Asked {
    Asked {
        project: asked.project.clone(),
        span: asked.span.map(|span| (first(span), span.1)),
    }
}

/// What every file system takes: a dimension is named by the app.
fn file_name(dimension: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_alphanumeric() || "-_+".contains(c) => c,
        _ => '-',
    };
    let name: String = dimension.chars().map(plain).collect();
    format!("segments-{name}.csv")
}

/// The answer.
///
/// # Errors
///
/// If the files cannot be written.
pub fn zip(files: &[(String, String)]) -> Result<Response, ApiError> {
    let bytes = zipped(files).map_err(|error| {
        tracing::error!(%error, "figures cannot be zipped");
        ApiError::Unavailable("the figures cannot be zipped".to_owned())
    })?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"figures.zip\"",
        ),
    ];
    Ok((headers, bytes).into_response())
}

fn zipped(files: &[(String, String)]) -> Result<Vec<u8>, ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(name.as_str(), SimpleFileOptions::default())?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dimension_names_a_file_that_every_system_takes() {
        for (dimension, expected) in [
            ("platform", "segments-platform.csv"),
            ("client+platform", "segments-client+platform.csv"),
            (
                "attribute:custom:tenant",
                "segments-attribute-custom-tenant.csv",
            ),
            ("app:../a", "segments-app----a.csv"),
        ] {
            assert_eq!(file_name(dimension), expected);
        }
    }
}
