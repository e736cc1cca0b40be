//! What stands above and below the figures: whose they are, which days, the filters, and what to know about them.

use chrono::SecondsFormat;
use domain::ids::ProjectId;
use figures::selection::label;
use maud::{Markup, html};
use pipeline::ports::figures::CountedTo;

use super::links;
use super::load::{Loaded, days_before_first};
use super::period::{Move, Period, length};
use super::view::{Compare, Matching, Preset, Range, Step, Theme, View, custom};
use super::words;

impl Preset {
    fn words(self) -> &'static str {
        match self {
            Self::Days7 => "Last 7 days",
            Self::Days28 => "Last 28 days",
            Self::Days30 => "Last 30 days",
            Self::Days91 => "Last 91 days",
            Self::Months12 => "Last 12 months",
            Self::Month => "This month",
            Self::Year => "This year",
            Self::All => "All time",
        }
    }

    /// The key that chooses it.
    fn key(self) -> &'static str {
        match self {
            Self::Days7 => "w",
            Self::Days28 => "f",
            Self::Days30 => "t",
            Self::Days91 => "n",
            Self::Months12 => "l",
            Self::Month => "m",
            Self::Year => "y",
            Self::All => "a",
        }
    }
}

impl Step {
    fn words(self) -> &'static str {
        match self {
            Self::Day => "By day",
            Self::Week => "By week",
            Self::Month => "By month",
        }
    }
}

impl Compare {
    fn words(self) -> &'static str {
        match self {
            Self::Previous => "Previous period",
            Self::Year => "Year before",
            Self::Off => "No comparison",
        }
    }
}

/// The title of the page.
pub fn title(loaded: &Loaded) -> String {
    format!("{} · {}", words::span(loaded.period.span), name(loaded))
}

fn name(loaded: &Loaded) -> String {
    short(&loaded.project.id)
}

/// As much of an id as tells it apart.
fn short(id: &ProjectId) -> String {
    let id = id.to_string();
    match (id.get(..LEFT), id.len() > 2 * LEFT) {
        (Some(left), true) => format!("Project {left}…"),
        (Some(_) | None, _) => format!("Project {id}"),
    }
}

/// How many characters of an id are shown.
const LEFT: usize = 8;

/// Whose figures these are, and what of them is shown.
pub fn header(loaded: &Loaded) -> Markup {
    let view = &loaded.view;
    html! {
        header {
            h1 {
                @if loaded.projects.len() > 1 { (projects(loaded)) } @else { span class="project" title=(loaded.project.id) { (name(loaded)) } }
                small {
                    (words::span(loaded.period.span)) " · " (loaded.project.zone.to_string())
                    @if let Some(counted) = &loaded.project.counted { " · " (counted_to(loaded, counted)) }
                }
            }
            div class="controls" {
                (chips(loaded))
                (ranges(loaded))
                (steps(loaded))
                (comparisons(view))
                (export(loaded))
            }
        }
    }
}

fn menu(id: &str, name: &str, items: &Markup) -> Markup {
    html! {
        details class="menu" id=(id) {
            summary { (name) }
            div { (items) }
        }
    }
}

fn projects(loaded: &Loaded) -> Markup {
    let items = html! {
        @for project in &loaded.projects {
            a href=(loaded.view.href(|view| { view.project = Some(project.id.clone()); view.filters.clear(); view.by = None; }))
                aria-current=(project.id == loaded.project.id) { (project.id) }
        }
    };
    menu("menu-project", &name(loaded), &items)
}

/// The filters: each takes itself off.
fn chips(loaded: &Loaded) -> Markup {
    html! {
        @for (place, condition) in loaded.view.filters.iter().enumerate() {
            @let value = label(&condition.property.to_string(), &condition.value, &loaded.project);
            @let property = words::property(&condition.property);
            a class="chip" href=(loaded.view.href(|view| { view.filters.remove(place); }))
                aria-label={ "Remove the filter " (property) ": " (value) } {
                (property) ": " (value) " " span aria-hidden="true" { "✕" }
            }
        }
        @if !loaded.view.filters.is_empty() {
            a class="clear" data-key="x" href=(loaded.view.href(|view| view.filters.clear())) { "Clear" }
        }
    }
}

fn ranges(loaded: &Loaded) -> Markup {
    let view = &loaded.view;
    let name = match view.range {
        Range::Preset(preset) => preset.words().to_owned(),
        Range::Custom(..) => words::span(loaded.period.span),
    };
    let items = html! {
        @for preset in Preset::ALL {
            a href=(view.href(|view| view.range = Range::Preset(preset))) data-key=(preset.key())
                aria-current=(view.range == Range::Preset(preset)) { (preset.words()) kbd aria-hidden="true" { (preset.key()) } }
        }
        (dates(loaded))
    };
    html! {
        div class="steps" {
            (arrow(loaded, Move::Back))
            (menu("menu-range", &name, &items))
            (arrow(loaded, Move::Forth))
        }
    }
}

fn arrow(loaded: &Loaded, by: Move) -> Markup {
    let (key, sign, says) = match by {
        Move::Back => ("ArrowLeft", "‹", "The period before"),
        Move::Forth => ("ArrowRight", "›", "The period after"),
    };
    html! {
        @if let Some(span) = loaded.period.moved(by) {
            a class="arrow" data-key=(key) href=(loaded.view.href(|view| view.range = custom(span))) aria-label=(says) { (sign) }
        } @else {
            span class="arrow" aria-hidden="true" { (sign) }
        }
    }
}

/// Days of one's own choice: the form carries along what else the address says.
fn dates(loaded: &Loaded) -> Markup {
    let (from, to) = loaded.period.span;
    let others = loaded.view.pairs().into_iter();
    let others = others.filter(|(name, _)| !["range", "from", "to"].contains(name));
    html! {
        form method="get" action="/" {
            @for (name, value) in others { input type="hidden" name=(name) value=(value); }
            label { "From " input type="date" name="from" value=(from) max=(loaded.period.today) required; }
            label { "to " input type="date" name="to" value=(to) max=(loaded.period.today) required; }
            button type="submit" { "Show" }
        }
    }
}

fn steps(loaded: &Loaded) -> Markup {
    let view = &loaded.view;
    let items = html! {
        @for step in Step::ALL {
            a href=(view.href(|view| view.step = Some(step))) aria-current=(loaded.period.step == step) { (step.words()) }
        }
    };
    menu("menu-interval", loaded.period.step.words(), &items)
}

fn comparisons(view: &View) -> Markup {
    let items = html! {
        @for compare in Compare::ALL {
            a href=(view.href(|view| view.compare = compare)) aria-current=(view.compare == compare)
                data-key=[(compare == Compare::Off && view.compare != Compare::Off).then_some("c")] { (compare.words()) }
        }
        @if view.compare != Compare::Off {
            hr;
            a href=(view.href(|view| view.matching = Matching::Weekday)) aria-current=(view.matching == Matching::Weekday) {
                "Match weekdays"
            }
            a href=(view.href(|view| view.matching = Matching::Date)) aria-current=(view.matching == Matching::Date) {
                "Match dates"
            }
        }
    };
    let name = match view.compare {
        Compare::Off => "No comparison".to_owned(),
        Compare::Previous => "vs. period before".to_owned(),
        Compare::Year => "vs. year before".to_owned(),
    };
    menu("menu-compare", &name, &items)
}

fn export(loaded: &Loaded) -> Markup {
    let items = html! {
        a href=(links::csv(loaded, "days", links::days(loaded))) download="days.csv" { "These days as CSV" }
        a href=(links::json(loaded, "everything", links::dates(loaded.period.span))) download="figures.zip" { "Everything as CSV (zip)" }
        a href=(links::json(loaded, "days", links::days(loaded))) target="_blank" { "The API call (JSON)" }
    };
    menu("menu-export", "Export", &items)
}

/// How far events are counted: the time of the newest one, with its day where that is not the running one.
fn counted_to(loaded: &Loaded, counted: &CountedTo) -> Markup {
    let zone = loaded.project.zone;
    let day = zone.day_of(counted.newest);
    html! {
        span title="When the newest event happened that is counted, and how long it had waited" {
            "counted to "
            @if day != loaded.period.today { (words::date(day)) " " }
            (words::time(zone, counted.newest)) ", " (words::duration(counted.behind())) " behind"
        }
    }
}

/// What to know before reading the figures.
pub fn notes(loaded: &Loaded) -> Markup {
    let Period { span, .. } = &loaded.period;
    let missing = days_before_first(&loaded.period, loaded.first);
    html! {
        @if let Some(counted) = loaded.project.counted.as_ref().filter(|counted| counted.is_late()) {
            p class="note lag" {
                "Figures lag: the newest event that is counted had waited for " (words::duration(counted.behind()))
                ". Newer ones are on their way; cognito-pinpoint doctor says what holds them up."
            }
        }
        @if missing > 0 && missing < length(*span) {
            p class="note" { "The figures begin on " (words::date_of_year(loaded.first)) "." }
        }
        @if missing == length(*span) {
            p class="note lag" {
                "Nothing was counted on these days: the figures begin on " (words::date_of_year(loaded.first)) ". "
                a href=(loaded.view.href(|view| view.range = Range::Preset(Preset::All))) { "Show all time" }
            }
        }
    }
}

/// What stands below.
pub fn footer(loaded: &Loaded) -> Markup {
    let view = &loaded.view;
    let other = match view.theme {
        Some(Theme::Dark) => Theme::Light,
        Some(Theme::Light) | None => Theme::Dark,
    };
    let read_at = loaded.read_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    html! {
        footer {
            span { "Exact: each user once, late events included" }
            span { "Read at " time datetime=(read_at) { (read_at) } }
            @if let Some(since) = loaded.project.counting_since {
                span { "Counted since " (words::date_of_year(loaded.project.zone.day_of(since))) }
            }
            a href=(view.href(|view| view.theme = Some(other))) { "Theme: " (other.name()) }
            @if let Some(address) = loaded.sign_out {
                form method="post" action=(address) { button type="submit" { "Sign out" } }
            }
            button type="button" id="show-shortcuts" hidden { "Shortcuts " kbd { "?" } }
        }
        (shortcuts())
    }
}

fn shortcuts() -> Markup {
    html! {
        dialog id="shortcuts" aria-labelledby="shortcuts-title" {
            h2 id="shortcuts-title" { "Keyboard shortcuts" }
            dl {
                @for preset in Preset::ALL {
                    dt { kbd { (preset.key()) } } dd { (preset.words()) }
                }
                dt { kbd { "←" } " " kbd { "→" } } dd { "The period before, after; in a chart: the point before, after" }
                dt { kbd { "c" } } dd { "No comparison" }
                dt { kbd { "x" } } dd { "Clear the filters" }
                dt { kbd { "?" } } dd { "This list" }
            }
            label { input type="checkbox" id="shortcuts-on" checked; " Single keys are shortcuts" }
            form method="dialog" { button { "Close" } }
        }
    }
}
