//! The figures as OpenMetrics: what Prometheus scrapes.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use domain::activity::DayFigures;
use figures::first_read;
use pipeline::ports::figures::FiguresStore;

use crate::Console;
use crate::api::ApiError;

/// A figure of the running day, by its name, what it says, and its samples' further labels.
type Gauge = (
    &'static str,
    &'static str,
    &'static [(&'static str, Figure)],
);
type Figure = fn(&DayFigures) -> i64;

/// Gauges, not counters: each begins anew with the day.
const GAUGES: [Gauge; 5] = [
    (
        "cognito_active_users",
        "Users active on at least one of the days that end with this one",
        &[
            (",days=\"1\"", |day| day.dau),
            (",days=\"7\"", |day| day.wau),
            (",days=\"30\"", |day| day.mau),
        ],
    ),
    (
        "cognito_new_users",
        "Users whose first active day is this one",
        &[("", |day| day.new_users)],
    ),
    (
        "cognito_sign_ups",
        "Confirmed sign-ups of the running day",
        &[("", |day| day.sign_ups)],
    ),
    (
        "cognito_sign_ins",
        "Sign-ins of the running day",
        &[("", |day| day.sign_ins)],
    ),
    (
        "cognito_auth_failures",
        "Failed authentications of the running day",
        &[("", |day| day.auth_failures)],
    ),
];

pub(crate) async fn metrics<S: FiguresStore>(
    State(console): State<Arc<Console<S>>>,
) -> Result<impl IntoResponse, ApiError> {
    let mut days = Vec::new();
    for project in console.projects().await? {
        let today = console.today(&project);
        let rows = console.store.whole(&project.id, (first_read(today), today));
        let rows = rows.await.map_err(|error| console.unavailable(&error))?;
        days.push((project.id.to_string(), rows.figures(today)));
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text(&days)))
}

fn text(days: &[(String, DayFigures)]) -> String {
    let mut text = String::new();
    for (name, help, samples) in GAUGES {
        // Writing into a String does not fail.
        let _ = write!(text, "# TYPE {name} gauge\n# HELP {name} {help}.\n");
        for (project, day) in days {
            for (labels, figure) in samples {
                let project = escaped(project);
                let _ = writeln!(
                    text,
                    "{name}{{project=\"{project}\"{labels}}} {}",
                    figure(day)
                );
            }
        }
    }
    text + "# EOF\n"
}

fn escaped(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
