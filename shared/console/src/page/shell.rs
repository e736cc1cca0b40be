//! The HTML around what a view shows.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets;
use super::chart::Chart;
use super::view::View;

/// How often the figures of a running day are read anew (seconds), while somebody looks.
pub const REFRESH: u32 = 60;

/// A page. What changes with the address is within `app`, which is read anew every so many seconds.
pub fn page(title: &str, view: &View, refresh: Option<u32>, app: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[view.theme.map(|theme| theme.name())] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="icon" type="image/svg+xml" href="/assets/icon.svg";
                @if let Some(style) = assets::address("page.css") { link rel="stylesheet" href=(style); }
                @if let Some(script) = assets::address("page.js") { script type="module" src=(script) {} }
            }
            body {
                a class="skip" href="#view" { "Skip to the figures" }
                p id="notice" role="status" hidden {}
                div id="app" data-refresh=[refresh] { (app) }
                p id="live" class="sr" aria-live="polite" {}
            }
        }
    }
}

/// The data of the charts, for the script: a block that no browser executes. `<` is written so that nothing ends it early.
pub fn charts(charts: &[Chart]) -> Markup {
    let json = serde_json::json!({ "charts": charts }).to_string();
    let json = json.replace('<', "\\u003c");
    html! { script type="application/json" id="charts" { (PreEscaped(json)) } }
}
