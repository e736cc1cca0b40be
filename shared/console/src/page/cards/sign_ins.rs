//! Sign-ins against failures.

use maud::{Markup, html};

use super::Card;
use crate::page::chart::{Chart, Kind, Line, Style};
use crate::page::links;
use crate::page::load::Loaded;
use crate::page::measure::number;
use crate::page::period::Span;

/// The card, and its chart.
pub fn card(loaded: &Loaded, charts: &mut Vec<Chart>) -> Markup {
    let (figures, period) = (&loaded.figures, &loaded.period);
    let counted = |point: &&Span| point.1 >= loaded.first;
    let values = |figure| {
        let value = |point: &Span| {
            Some(point)
                .filter(counted)
                .map(|it| number(figures.sum(*it, figure)))
        };
        period.points.iter().map(value).collect::<Vec<_>>()
    };
    let lines = [
        Line::new("Succeeded", Style::Good, values(|day| day.sign_ins)),
        Line::new("Failed", Style::Bad, values(|day| day.auth_failures)),
    ];
    let chart = Chart::of_points("sign-ins", Kind::Stacked, period);
    let chart = chart.with(lines, period.running());
    let card = Card {
        id: "sign-ins",
        class: "card",
        title: "Sign-ins and failures",
        tabs: Vec::new(),
        csv: Some(links::csv(loaded, "days", links::days(loaded))),
    };
    let content = html! { (chart.figure()) };
    charts.push(chart);
    card.of(content)
}
