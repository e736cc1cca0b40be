//! Cohorts: how many of those who came first in a week or month came back in each one after.

use domain::day::{Day, Interval};
use figures::CohortObject;
use maud::{Markup, html};

use super::{Card, Tab, whole_project};
use crate::page::links;
use crate::page::load::Loaded;
use crate::page::measure::{number, share};
use crate::page::view::CohortTab;
use crate::page::words;

/// How many intervals after its own a cohort is shown in.
const MOST_AGES: usize = 12;

/// The card.
pub fn card(loaded: &Loaded) -> Markup {
    let view = &loaded.view;
    let tab = |tab, name| Tab::of(view, name, |view| view.cohorts = tab);
    let from = loaded.cohorts.first();
    let from = from.map_or(String::new(), |cohort| cohort.cohort.clone());
    let pairs = [
        ("interval", view.cohorts.name().to_owned()),
        ("from", from),
        ("to", loaded.period.span.1.to_string()),
    ];
    let card = Card {
        id: "retention",
        class: "card",
        title: "Retention",
        tabs: vec![
            tab(CohortTab::Week, "By week"),
            tab(CohortTab::Month, "By month"),
        ],
        csv: Some(links::csv(loaded, "retention", pairs)),
    };
    card.of(html! { (whole_project(view)) (grid(loaded)) })
}

fn grid(loaded: &Loaded) -> Markup {
    let ages = loaded
        .cohorts
        .first()
        .map_or(0, |cohort| cohort.active.len())
        .min(MOST_AGES + 1);
    let interval = loaded.view.cohorts.name();
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="Cohorts" {
            table class="cohorts" {
                caption class="sr" { "Of the users who came first in each " (interval) ", the part that was active so many later" }
                thead {
                    tr {
                        th scope="col" { "First " (interval) }
                        th scope="col" { "Users" }
                        @for age in 1..ages { th scope="col" { (age) } }
                    }
                }
                tbody { @for cohort in &loaded.cohorts { (row(loaded, cohort, ages)) } }
            }
        }
        p class="caption" { "The part of a " (interval) "’s new users who were active so many " (interval) "s later. Hatched: not over." }
    }
}

fn row(loaded: &Loaded, cohort: &CohortObject, ages: usize) -> Markup {
    let interval = loaded.view.cohorts.interval();
    let start = Day::parse(&cohort.cohort).ok();
    let name = start.map_or(cohort.cohort.clone(), |start| match interval {
        Interval::Week => words::date(start),
        Interval::Month => words::month(start),
    });
    let running = start.map(|start| interval.age(start, loaded.period.today));
    let running = running.and_then(|age| usize::try_from(age).ok());
    html! {
        tr {
            th scope="row" { (name) }
            td { (words::grouped(number(cohort.size))) }
            @for age in 1..ages { (cell(cohort, age, running == Some(age))) }
        }
    }
}

fn cell(cohort: &CohortObject, age: usize, running: bool) -> Markup {
    let users = cohort.active.get(age).copied();
    let part = users.and_then(|users| share(users, cohort.size));
    html! {
        @match (users, part) {
            (Some(users), Some(part)) => {
                td class={ "heat-" (heat(part)) @if running { " running" } } title={ (users) " of " (cohort.size) } {
                    (format!("{:.0} %", part * 100.0))
                }
            },
            (Some(_), None) => td { "–" },
            (None, _) => td class="blank" {},
        }
    }
}

/// From 0 to 10: tenths.
fn heat(part: f64) -> String {
    format!("{:.0}", (part * 10.0).clamp(0.0, 10.0))
}
