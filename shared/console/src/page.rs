//! The page: rendered here, whole, for any address, so that its first paint holds the figures and it works without script.
//! The script draws the charts, and swaps in what is rendered here for another address.

mod assets;
mod cards;
mod chart;
mod header;
mod links;
mod load;
mod measure;
mod period;
mod shell;
mod tiles;
mod view;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use pipeline::ports::figures::FiguresStore;

use crate::Console;
use crate::api::ApiError;
use load::{Loaded, NotLoaded};
use view::View;

/// The page, and what it is made of.
pub fn routes<S: FiguresStore + 'static>() -> Router<Arc<Console<S>>> {
    Router::new()
        .route("/", get(page::<S>))
        .route("/assets/{name}", get(assets::asset))
}

async fn page<S: FiguresStore>(
    State(console): State<Arc<Console<S>>>,
    RawQuery(query): RawQuery,
) -> Response {
    let view = match View::read(query.as_deref()) {
        Ok(view) => view,
        Err(error) => return problem(&error, &View::default()),
    };
    match load::load(&console, view.clone()).await {
        Ok(loaded) => shown(&loaded).into_response(),
        Err(NotLoaded::Empty) => empty(&console.place, &view).into_response(),
        Err(NotLoaded::Problem(error)) => problem(&error, &view),
    }
}

fn shown(loaded: &Loaded) -> Markup {
    let mut charts = vec![tiles::main_chart(loaded)];
    let active = cards::active::card(loaded, &mut charts);
    let sign_ins = cards::sign_ins::card(loaded, &mut charts);
    let app = html! {
        (header::header(loaded))
        (header::notes(loaded))
        main id="view" {
            (tiles::tiles(loaded, charts.first()))
            div class="cards" {
                (active)
                (sign_ins)
                (cards::breakdown::card(loaded))
                (cards::retention::card(loaded))
                (cards::users::card(loaded))
            }
        }
        (header::footer(loaded))
        (shell::charts(&charts))
    };
    let running = loaded.period.span.1 == loaded.period.today;
    let refresh = running.then_some(shell::REFRESH);
    shell::page(&header::title(loaded), &loaded.view, refresh, app)
}

/// Nothing has been counted yet, and what to run.
fn empty(place: &str, view: &View) -> Markup {
    let app = html! {
        main id="view" {
            section class="card empty" {
                h1 { "No events yet" }
                p { "Nothing has been counted in " (place) "." }
                p { "Attach the functions to your user pool, and sign in once:" }
                pre { code { "cognito-pinpoint attach --user-pool-id eu-west-1_AAAA11111" } }
                p { "Or look at an app that is made up:" }
                pre { code { "make console" } }
                p { "If somebody has signed in and nothing appears, this says why:" }
                pre { code { "cognito-pinpoint doctor --user-pool-id eu-west-1_AAAA11111" } }
            }
        }
    };
    shell::page("No events yet", view, None, app)
}

/// What is wrong, and what to do. What it repeats of what was asked for is escaped, as all text is.
fn problem(error: &ApiError, view: &View) -> Response {
    let status = error.status();
    let what = match status {
        StatusCode::NOT_FOUND => "There is no such thing here",
        StatusCode::SERVICE_UNAVAILABLE => "The figures cannot be read",
        _ => "This address makes no sense",
    };
    let app = html! {
        main id="view" {
            section class="card problem" {
                h1 { (what) }
                p id="problem" { (error) }
                p {
                    @if status == StatusCode::SERVICE_UNAVAILABLE {
                        a href=(view.href(|_| ())) { "Try again" }
                    } @else {
                        a href="/" { "Show the last 28 days" }
                    }
                }
            }
        }
    };
    (status, shell::page(what, view, None, app)).into_response()
}
