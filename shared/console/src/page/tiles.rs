//! The tiles, and the chart of the one that is chosen.

use domain::activity::DayRows;
use domain::annotation::Annotation;
use maud::{Markup, html};

use super::chart::{Chart, Kind, Line, Mark, Style, spark};
use super::load::Loaded;
use super::measure::number;
use super::period::length;
use super::view::{Metric, Step};
use super::words;

impl Metric {
    /// Its name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Active => "Active users",
            Self::NewUsers => "New users",
            Self::SignUps => "Sign-ups",
            Self::SignIns => "Sign-ins",
            Self::FailureRate => "Failure rate",
            Self::Stickiness => "Stickiness",
        }
    }

    /// How it is counted.
    fn definition(self) -> &'static str {
        match self {
            Self::Active => {
                "Users with a sign-in, a confirmed sign-up or a token issued on at least one of the days, each counted once. \
                 A failure is not activity."
            }
            Self::NewUsers => "Users whose first active day of all is one of these.",
            Self::SignUps => {
                "Confirmed sign-ups, one for each user: a repeated confirmation counts once."
            }
            Self::SignIns => {
                "Completed sign-ins, also those that only their token tells of. Refreshed tokens are none."
            }
            Self::FailureRate => {
                "Failed authentications, of all that ended. One fails that no sign-in follows within the attempt window; one \
                 with a name that nobody has fails at once."
            }
            Self::Stickiness => {
                "The average DAU by the average MAU: on what part of the last 30 days an active user comes."
            }
        }
    }

    /// Whether more of it is worse.
    fn is_bad(self) -> bool {
        self == Self::FailureRate
    }
}

/// The tiles, and under them the main chart.
pub fn tiles(loaded: &Loaded, main: Option<&Chart>) -> Markup {
    html! {
        section class="main card" aria-label="The figures at a glance" {
            nav class="tiles" aria-label="Figures" {
                @for metric in Metric::ALL { (tile(loaded, metric)) }
            }
            h2 class="sr" { (loaded.view.metric.words()) }
            @if let Some(chart) = main { (chart.figure()) }
        }
    }
}

fn tile(loaded: &Loaded, metric: Metric) -> Markup {
    let (figures, period, view) = (&loaded.figures, &loaded.period, &loaded.view);
    let value = figures.headline(metric, period);
    // A day that is not over looks like a crash in a line so small.
    let over = period.running().unwrap_or(period.points.len());
    let points = period.points.get(..over).unwrap_or(&period.points);
    let points = figures.points(metric, points);
    html! {
        div class="tile-cell" {
            a class="tile" id={ "tile-" (metric.name()) } href=(view.href(|view| view.metric = metric))
                aria-current=(view.metric == metric) {
                span class="label" { (metric.words()) }
                span class="value" { (words::figure(metric.unit(), value)) }
                (change(metric, figures.change(metric, period)))
                span class="hint" { (hint(loaded, metric)) }
                (spark(&points))
            }
            button class="help" type="button" popovertarget={ "help-" (metric.name()) }
                aria-label={ "How is this counted: " (metric.words()) } { "?" }
            div class="popover" id={ "help-" (metric.name()) } popover { (metric.definition()) }
        }
    }
}

/// A change, with its direction told by sign and shape; colour only adds to it.
fn change(metric: Metric, change: Option<f64>) -> Markup {
    let Some(change) = change else {
        return html! { span class="change none" title="Nothing to compare with" { "–" } };
    };
    let up = change > 0.0;
    let good = up != metric.is_bad();
    let class = match words::change(metric.unit(), change).starts_with('±') {
        true => "change none",
        false if good => "change good",
        false => "change bad",
    };
    html! {
        span class=(class) {
            span aria-hidden="true" { @if up { "▲ " } @else { "▼ " } }
            (words::change(metric.unit(), change))
        }
    }
}

/// What else there is to say of a figure.
fn hint(loaded: &Loaded, metric: Metric) -> String {
    let (figures, period) = (&loaded.figures, &loaded.period);
    let step = period.step.name();
    let average = figures.average(metric, period);
    match (metric, average) {
        (_, None) => String::new(),
        (Metric::Active, Some(average)) if length(period.span) > DayRows::LONGEST_WINDOW_DAYS => {
            let last = period
                .last_whole()
                .map(|last| words::point(period.step, last));
            let last = last.unwrap_or_default();
            format!("{last}; {} a {step} on average", words::grouped(average))
        }
        (Metric::Active, Some(average)) => {
            format!("{} a {step} on average", words::grouped(average))
        }
        (Metric::FailureRate, Some(_)) => {
            let failures = figures.sum(period.span, |day| day.auth_failures);
            format!("{} failed", words::grouped(number(failures)))
        }
        (Metric::Stickiness, Some(_)) => "average DAU / MAU".to_owned(),
        (Metric::NewUsers | Metric::SignUps | Metric::SignIns, Some(average)) => {
            format!("{} a {step}", words::grouped(average))
        }
    }
}

/// The chosen figure at each point, the period before, and what happened.
pub fn main_chart(loaded: &Loaded) -> Chart {
    let (figures, period, metric) = (&loaded.figures, &loaded.period, loaded.view.metric);
    let mut chart = Chart::of_points("main", Kind::Line, period);
    chart.unit = metric.unit();
    chart.area = true;
    let mut main = Line::new(
        metric.words(),
        Style::Main,
        figures.points(metric, &period.points),
    );
    main.dotted_from = period.running();
    chart.series.push(main);
    if let Some(shift) = period.shift {
        let before: Vec<_> = period.points.iter().map(|point| shift.of(*point)).collect();
        let mut line = Line::new("Before", Style::Before, figures.points(metric, &before));
        let label = |point| words::point(period.step, point);
        line.labels = Some(before.into_iter().map(label).collect());
        if line.values.iter().any(Option::is_some) {
            chart.series.push(line);
        }
    }
    chart.marks = marks(loaded);
    chart
}

fn marks(loaded: &Loaded) -> Vec<Mark> {
    let annotations = loaded.annotations.iter();
    let marks = annotations.filter_map(|Annotation { day, text }| {
        let mut points = loaded.period.points.iter();
        let at = points.position(|(from, to)| (from..=to).contains(&day))?;
        let text = match loaded.period.step {
            Step::Day => text.to_string(),
            Step::Week | Step::Month => format!("{}: {text}", words::date(*day)),
        };
        Some(Mark { at, text })
    });
    marks.collect()
}
