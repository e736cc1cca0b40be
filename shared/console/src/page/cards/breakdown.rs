//! The chosen figure by each value of a dimension: a click filters the page.

use domain::dimension::{Dimension, Property};
use domain::segment::SegmentValue;
use figures::selection::{Condition, Selection, label};
use maud::{Markup, html};
use pipeline::ports::figures::Project;

use super::{Card, Tab};
use crate::page::links;
use crate::page::load::{Breakdown, Filtering, Loaded, dimensions};
use crate::page::measure::{Measured, Unit, number};
use crate::page::view::{Metric, View, conditions};
use crate::page::words;

/// How many values are shown at once.
const SHOWN: usize = 10;

/// A value of the dimension, and what is told of it.
struct Row<'a> {
    value: &'a SegmentValue,
    figure: f64,
    /// Of how many: of a rate alone.
    whole: Option<i64>,
    /// Its part of the largest, in hundredths.
    bar: f64,
    share: Option<f64>,
    change: Option<f64>,
}

/// The card.
pub fn card(loaded: &Loaded) -> Markup {
    let Some(breakdown) = &loaded.breakdown else {
        let card = Card {
            id: "breakdown",
            class: "card",
            title: "Breakdown",
            tabs: Vec::new(),
            csv: None,
        };
        return card.of(html! {
            p class="note" { "The project has no dimensions: add some under Dimensions in the configuration." }
        });
    };
    let by = ("by", breakdown.dimension.to_string());
    let pairs = [by].into_iter().chain(links::dates(breakdown.span));
    let pairs = pairs.chain(conditions(&breakdown.conditions));
    let card = Card {
        id: "breakdown",
        class: "card",
        title: "Breakdown",
        tabs: tabs(loaded, &breakdown.dimension),
        csv: Some(links::csv(loaded, "segments", pairs)),
    };
    card.of(html! { (notes(loaded, breakdown)) (table(loaded, breakdown)) })
}

fn tabs(loaded: &Loaded, chosen: &Dimension) -> Vec<Tab> {
    let dimensions = dimensions(&loaded.project).into_iter();
    let tab = |dimension: &Dimension| Tab {
        name: words::dimension(dimension),
        address: loaded.view.href(|view| view.by = Some(dimension.clone())),
        current: dimension == chosen,
    };
    dimensions.map(tab).collect()
}

fn notes(loaded: &Loaded, breakdown: &Breakdown) -> Markup {
    let filters = loaded.view.filters.iter().map(ToString::to_string);
    let filters: Vec<String> = filters.collect();
    let since = loaded
        .project
        .dimensions
        .get(&breakdown.dimension)
        .copied()
        .flatten();
    html! {
        @match breakdown.filtering {
            Filtering::NotKept => p class="note" {
                "Of the whole project: no figures are kept by " (breakdown.dimension) " and " (filters.join(", ")) " at once. Add the pair \
                 to Dimensions in the configuration, and it is counted from then on."
            },
            Filtering::OfItself => p class="note" {
                "All values of " (breakdown.dimension) ", also those filtered out."
            },
            Filtering::None | Filtering::Applied => {},
        }
        @if breakdown.span != loaded.period.span {
            p class="caption" { "Of the last 91 days: " (words::span(breakdown.span)) "." }
        }
        @if let Some(since) = since {
            p class="caption" {
                "Counted since " (words::date_of_year(loaded.project.zone.day_of(since)))
                ": each user is new in their segment from then on."
            }
        }
    }
}

fn rows<'a>(loaded: &Loaded, breakdown: &'a Breakdown) -> Vec<Row<'a>> {
    let metric = loaded.view.metric;
    let whole = breakdown.whole.as_ref().unwrap_or(&loaded.figures);
    let whole = whole.value(metric, breakdown.span);
    let of = |(value, figures): &'a (SegmentValue, Measured)| {
        let figure = figures.figure(metric, breakdown.span, &loaded.period)?;
        Some(Row {
            value,
            figure,
            whole: figures.attempts(metric, breakdown.span),
            bar: 0.0,
            share: whole
                .filter(|whole| *whole > 0.0 && metric.unit() == Unit::Count)
                .map(|it| figure / it),
            change: changed(loaded, breakdown, figures),
        })
    };
    let mut rows: Vec<Row> = breakdown.values.iter().filter_map(of).collect();
    rows.retain(|row| row.figure > 0.0 || row.whole.is_some_and(|whole| whole > 0));
    rows.sort_by(|one, other| other.figure.total_cmp(&one.figure));
    let most = rows.first().map_or(1.0, |row| row.figure);
    for row in &mut rows {
        row.bar = if most > 0.0 {
            100.0 * row.figure / most
        } else {
            0.0
        };
    }
    rows
}

/// Over the whole days alone, as everywhere.
fn changed(loaded: &Loaded, breakdown: &Breakdown, figures: &Measured) -> Option<f64> {
    let now = loaded.period.over(breakdown.span)?;
    figures.changed(loaded.view.metric, now, breakdown.shift?)
}

fn table(loaded: &Loaded, breakdown: &Breakdown) -> Markup {
    let metric = loaded.view.metric;
    let rows = rows(loaded, breakdown);
    html! {
        @if rows.is_empty() {
            p class="caption" { "Nobody and nothing on these days." }
        } @else {
            @let (first, more) = rows.split_at(rows.len().min(SHOWN));
            (of_rows(loaded, breakdown, first))
            @if !more.is_empty() {
                details class="data" id="breakdown-more" {
                    summary { (more.len()) " more" }
                    (of_rows(loaded, breakdown, more))
                }
            }
            p class="caption" {
                (metric.words()) ". "
                @match metric {
                    Metric::FailureRate => "The failed ones of all authentications that ended.",
                    Metric::Active | Metric::NewUsers | Metric::SignUps | Metric::SignIns | Metric::Stickiness => {
                        "Segments overlap: who used two counts in both."
                    }
                }
            }
        }
    }
}

fn of_rows(loaded: &Loaded, breakdown: &Breakdown, rows: &[Row]) -> Markup {
    let metric = loaded.view.metric;
    html! {
        table class="bars" {
            thead {
                tr {
                    th scope="col" { (words::dimension(&breakdown.dimension)) }
                    th scope="col" { (metric.words()) }
                    th scope="col" { @if metric == Metric::FailureRate { "Of" } @else { "Share" } }
                    th scope="col" { "Change" }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" {
                            svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" {
                                rect width=(format!("{:.1}", row.bar)) height="1" {}
                            }
                            (name(loaded, &breakdown.dimension, row.value))
                        }
                        td { (words::figure(metric.unit(), Some(row.figure))) }
                        td {
                            @match row.whole {
                                Some(whole) => (words::grouped(number(whole))),
                                None => (words::figure(Unit::Share, row.share)),
                            }
                        }
                        td { (row.change.map_or("–".to_owned(), |it| words::change(metric.unit(), it))) }
                    }
                }
            }
        }
    }
}

/// A value, which filters the page, or takes its filter off.
fn name(loaded: &Loaded, dimension: &Dimension, value: &SegmentValue) -> Markup {
    let filters = filters(dimension, value);
    let on = filters
        .iter()
        .all(|filter| loaded.view.filters.contains(filter));
    let words = value.parts().zip(dimension.properties());
    let words: Vec<String> = words
        .map(|(part, property)| label(&property.to_string(), part, &loaded.project))
        .collect();
    let address = loaded.view.href(|view| match on {
        true => view.filters.retain(|filter| !filters.contains(filter)),
        false => add(view, &filters, &loaded.project),
    });
    html! { a href=(address) aria-current=[on.then_some("true")] { (words.join(" · ")) } }
}

fn filters(dimension: &Dimension, value: &SegmentValue) -> Vec<Condition> {
    let parts = dimension.properties().into_iter().zip(value.parts());
    let filter = |(property, value): (&Property, &str)| Condition {
        property: property.clone(),
        value: value.to_owned(),
    };
    parts.map(filter).collect()
}

/// Adds filters: beside those that are set where figures are kept by both, else in their place.
fn add(view: &mut View, filters: &[Condition], project: &Project) {
    let is_other = |set: &Condition| filters.iter().all(|new| new.property != set.property);
    view.filters.retain(is_other);
    let both = [view.filters.as_slice(), filters].concat();
    let kept = Selection::of(None, &both, project).is_ok();
    view.filters = if kept { both } else { filters.to_vec() };
}
