//! Addresses of the API: what a card shows, for programs and spreadsheets.

use form_urlencoded::Serializer;

use super::load::Loaded;
use super::period::Span;
use super::view::conditions;

/// A parameter's name and value.
type Pair = (&'static str, String);

/// Figures of the project that is shown.
pub fn json(loaded: &Loaded, path: &str, pairs: impl IntoIterator<Item = Pair>) -> String {
    let project = [("project", loaded.project.id.to_string())];
    let pairs = project.into_iter().chain(pairs);
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/api/v1/{path}?{query}")
}

/// The same as CSV.
pub fn csv(loaded: &Loaded, path: &str, pairs: impl IntoIterator<Item = Pair>) -> String {
    let format = ("format", "csv".to_owned());
    json(loaded, path, pairs.into_iter().chain([format]))
}

/// The days that the page shows, filtered.
pub fn days(loaded: &Loaded) -> Vec<Pair> {
    let filters = conditions(&loaded.view.filters);
    dates(loaded.period.span)
        .into_iter()
        .chain(filters)
        .collect()
}

/// Some days.
pub fn dates((from, to): Span) -> [Pair; 2] {
    [("from", from.to_string()), ("to", to.to_string())]
}
