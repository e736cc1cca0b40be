//! Active users: by window, new against returning, and by calendar month with what Cognito takes for them.

use domain::activity::{DayFigures, DayRows};
use domain::day::Day;
use figures::MonthObject;
use maud::{Markup, html};

use super::{Card, Tab, whole_project};
use crate::page::chart::{Chart, Kind, Level, Line, Style};
use crate::page::links;
use crate::page::load::Loaded;
use crate::page::measure::number;
use crate::page::period::Span;
use crate::page::view::ActiveTab;
use crate::page::words;

/// Monthly active users that cost nothing, in the plans Lite and Essentials.
const FREE: i64 = 10_000;

/// A plan: its name, how many users are free, and the price of one more up to so many users (millionths of a dollar).
type Plan = (&'static str, i64, &'static [(i64, i64)]);

/// Cognito's published prices for users who sign in directly, us-east-1, November 2024 and later.
const PLANS: [Plan; 3] = [
    (
        "Lite",
        FREE,
        &[
            (100_000, 5_500),
            (1_000_000, 4_600),
            (10_000_000, 3_250),
            (i64::MAX, 2_500),
        ],
    ),
    ("Essentials", FREE, &[(i64::MAX, 15_000)]),
    ("Plus", 0, &[(i64::MAX, 20_000)]),
];

/// The card, and its chart.
pub fn card(loaded: &Loaded, charts: &mut Vec<Chart>) -> Markup {
    let view = &loaded.view;
    let tab = |tab, name| Tab::of(view, name, |view| view.active = tab);
    let card = Card {
        id: "active",
        class: "card",
        title: "Active users",
        tabs: vec![
            tab(ActiveTab::Windows, "DAU, WAU, MAU"),
            tab(ActiveTab::Returning, "New and returning"),
            tab(ActiveTab::Months, "By month"),
        ],
        csv: Some(match view.active {
            ActiveTab::Months => links::csv(loaded, "months", links::dates(loaded.months_span)),
            ActiveTab::Windows | ActiveTab::Returning => {
                links::csv(loaded, "days", links::days(loaded))
            }
        }),
    };
    let (chart, more) = match view.active {
        ActiveTab::Windows => (windows(loaded), young(loaded)),
        ActiveTab::Returning => (returning(loaded), html! {}),
        ActiveTab::Months => (months(loaded), bill(loaded)),
    };
    let content = html! { (chart.figure()) (more) };
    charts.push(chart);
    card.of(content)
}

fn windows(loaded: &Loaded) -> Chart {
    let (figures, span) = (&loaded.figures, loaded.period.span);
    let days: Vec<_> = figures
        .days(span)
        .filter(|day| day.day >= loaded.first)
        .collect();
    let points = days.iter().map(|day| (day.day, words::day(day.day)));
    let chart = Chart::new("active", Kind::Line, points.collect());
    let values = |figure: fn(&DayFigures) -> i64| {
        days.iter()
            .map(|day| Some(number(figure(day))))
            .collect::<Vec<_>>()
    };
    let young = days
        .iter()
        .filter(|day| day.day < loaded.first.plus(DayRows::LOOK_BACK_DAYS))
        .count();
    let mut mau = Line::new("MAU", Style::Third, values(|day| day.mau));
    mau.dotted_to = (young > 0).then_some(young);
    let lines = [
        Line::new("DAU", Style::Main, values(|day| day.dau)),
        Line::new("WAU", Style::Second, values(|day| day.wau)),
        mau,
    ];
    let running = days.iter().position(|day| day.day == loaded.period.today);
    chart.with(lines, running)
}

/// What there is to know of an MAU whose window reaches back before the first day.
fn young(loaded: &Loaded) -> Markup {
    let whole = loaded.first.plus(DayRows::LOOK_BACK_DAYS);
    html! {
        @if loaded.period.span.0 < whole {
            p class="caption" { "The MAU is whole from " (words::date_of_year(whole)) " on: dotted until then." }
        }
    }
}

fn returning(loaded: &Loaded) -> Chart {
    let (figures, period) = (&loaded.figures, &loaded.period);
    let users = |point: &Span| {
        let active = figures.active(*point)?;
        let new = figures.sum(*point, |day| day.new_users);
        (point.1 >= loaded.first).then_some((new, active - new))
    };
    let users: Vec<Option<(i64, i64)>> = period.points.iter().map(users).collect();
    let values = |pick: fn((i64, i64)) -> i64| {
        let values = users
            .iter()
            .map(|users| users.map(|users| number(pick(users))));
        values.collect::<Vec<_>>()
    };
    let lines = [
        Line::new("Returning", Style::Main, values(|(_, returning)| returning)),
        Line::new("New", Style::Second, values(|(new, _)| new)),
    ];
    Chart::of_points("active", Kind::Stacked, period).with(lines, period.running())
}

fn months(loaded: &Loaded) -> Chart {
    let day = |month: &MonthObject| Day::parse(&format!("{}-01", month.month)).ok();
    let months: Vec<_> = loaded
        .months
        .iter()
        .filter_map(|month| Some((day(month)?, month)))
        .collect();
    let points = months
        .iter()
        .map(|(first, _)| (*first, words::month(*first)));
    let users = months
        .iter()
        .map(|(_, month)| Some(number(month.calendar_mau)));
    let line = Line::new("Monthly active users", Style::Main, users.collect());
    let running = loaded.period.today.month().first_day();
    let running = months.iter().position(|(first, _)| *first == running);
    let chart = Chart::new("active", Kind::Bars, points.collect());
    let mut chart = chart.with([line], running);
    chart.level = Some(Level {
        value: number(FREE),
        text: "10,000: free in Lite and Essentials".to_owned(),
    });
    chart
}

/// What the last whole month costs by each plan, at least.
fn bill(loaded: &Loaded) -> Markup {
    let running = loaded.period.today.month().to_string();
    let whole = loaded
        .months
        .iter()
        .rev()
        .find(|month| month.month != running);
    html! {
        (whole_project(&loaded.view))
        @if let Some(month) = whole {
            table class="bill" {
                caption { "What Cognito bills for " (month.month) ", at least" }
                tbody {
                    @for (name, free, tiers) in PLANS {
                        tr {
                            th scope="row" { (name) }
                            td { "$" (dollars(price(month.calendar_mau, free, tiers))) }
                        }
                    }
                }
            }
            p class="caption" {
                "A lower bound, by published prices (us-east-1): Cognito also counts users who only had something done to \
                 them, such as a password reset, and federated users by their own price. An account that had user pools before \
                 22 November 2024 may have 50,000 users free, and pays for fewer then."
            }
        }
    }
}

/// Millionths of a dollar.
fn price(users: i64, free: i64, tiers: &[(i64, i64)]) -> i64 {
    let mut from = free;
    let mut price = 0;
    for (to, each) in tiers {
        price += (users.min(*to) - from).max(0) * each;
        from = from.max(*to);
    }
    price
}

fn dollars(millionths: i64) -> String {
    let cents = (millionths + 5_000) / 10_000;
    let dollars = words::grouped(number(cents / 100));
    format!("{dollars}.{:02}", cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_costs_what_its_tiers_say() {
        let check = |users, expected: [&str; 3]| {
            let found = PLANS.map(|(_, free, tiers)| dollars(price(users, free, tiers)));
            assert_eq!(found, expected, "{users}");
        };
        check(0, ["0.00", "0.00", "0.00"]);
        check(10_000, ["0.00", "0.00", "200.00"]);
        check(10_001, ["0.01", "0.02", "200.02"]);
        check(50_000, ["220.00", "600.00", "1,000.00"]);
        check(150_000, ["725.00", "2,100.00", "3,000.00"]);
        check(2_000_000, ["7,885.00", "29,850.00", "40,000.00"]);
    }
}
