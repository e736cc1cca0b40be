//! Sign-ins against failures.

use maud::{Markup, html};

use super::Card;
use crate::page::chart::{Chart, Kind, Line, Style};
use crate::page::header::api;
use crate::page::load::Loaded;
use crate::page::measure::number;
use crate::page::period::Span;
use crate::page::words;

/// The card, and its chart.
pub fn card(loaded: &Loaded, charts: &mut Vec<Chart>) -> Markup {
    let (figures, period) = (&loaded.figures, &loaded.period);
    let points = period.points.iter();
    let points = points.map(|point| (point.0, words::point(period.step, *point)));
    let mut chart = Chart::new("sign-ins", Kind::Stacked, points.collect());
    let counted = |point: &&Span| point.1 >= loaded.first;
    let values = |figure| {
        let value = |point: &Span| {
            Some(point)
                .filter(counted)
                .map(|it| number(figures.sum(*it, figure)))
        };
        period.points.iter().map(value).collect::<Vec<_>>()
    };
    chart.series = vec![
        Line::new("Succeeded", Style::Good, values(|day| day.sign_ins)),
        Line::new("Failed", Style::Bad, values(|day| day.auth_failures)),
    ];
    for line in &mut chart.series {
        line.dotted_from = period.running();
    }
    let mut more: Vec<(&str, &str)> = loaded
        .view
        .filters
        .iter()
        .map(|it| ("where", it.as_str()))
        .collect();
    more.push(("format", "csv"));
    let card = Card {
        id: "sign-ins",
        class: "card",
        title: "Sign-ins and failures",
        tabs: Vec::new(),
        csv: Some(api(loaded, "days", &more)),
    };
    let content = html! { (chart.figure()) };
    charts.push(chart);
    card.of(content)
}
