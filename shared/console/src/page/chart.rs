//! A chart: what the script draws, the table behind it, and a sentence for those who see neither.

use domain::day::Day;
use maud::{Markup, html};
use serde::Serialize;

use super::measure::Unit;
use super::period::Period;
use super::words;

/// A chart, as the script draws it.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Chart {
    /// Its name on the page.
    pub id: &'static str,
    /// Lines, bars, or bars on bars.
    pub kind: Kind,
    /// How its values are written: `count` or `share`.
    #[serde(serialize_with = "unit_name")]
    pub unit: Unit,
    /// The first day of each point.
    pub x: Vec<String>,
    /// What each point is called.
    pub labels: Vec<String>,
    /// The lines, or the bars.
    pub series: Vec<Line>,
    /// What happened, and at which point.
    pub marks: Vec<Mark>,
    /// A line across.
    pub level: Option<Level>,
    /// Whether what lies under the first line is filled.
    pub area: bool,
}

/// How a chart is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Lines.
    Line,
    /// Bars beside each other.
    Bars,
    /// Bars on bars.
    Stacked,
}

/// A line of a chart, or its bars.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// What it shows.
    pub name: String,
    /// How it is drawn.
    pub style: Style,
    /// A value for each point, or none.
    pub values: Vec<Option<f64>>,
    /// From which point on it is not over yet.
    pub dotted_from: Option<usize>,
    /// Up to which point it is too young to be whole.
    pub dotted_to: Option<usize>,
    /// What its points are called, where that differs.
    pub labels: Option<Vec<String>>,
}

/// How a line is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Style {
    /// The figure itself.
    Main,
    /// The period before.
    Before,
    /// Beside the figure.
    Second,
    /// Beside both.
    Third,
    /// What is as it should be.
    Good,
    /// What is not.
    Bad,
}

/// What happened at a point.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Mark {
    /// The point.
    pub at: usize,
    /// What.
    pub text: String,
}

/// A line across.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Level {
    /// Where.
    pub value: f64,
    /// What it is.
    pub text: String,
}

fn unit_name<S: serde::Serializer>(unit: &Unit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match unit {
        Unit::Count => "count",
        Unit::Share => "share",
    })
}

impl Line {
    /// A line that is over and whole.
    pub fn new(name: impl Into<String>, style: Style, values: Vec<Option<f64>>) -> Self {
        Self {
            name: name.into(),
            style,
            values,
            dotted_from: None,
            dotted_to: None,
            labels: None,
        }
    }
}

impl Chart {
    /// A chart of points that begin on these days and are called so.
    pub fn new(id: &'static str, kind: Kind, points: Vec<(Day, String)>) -> Self {
        let (x, labels) = points
            .into_iter()
            .map(|(day, label)| (day.to_string(), label))
            .unzip();
        Self {
            id,
            kind,
            unit: Unit::Count,
            x,
            labels,
            series: Vec::new(),
            marks: Vec::new(),
            level: None,
            area: false,
        }
    }

    /// A chart of the points of a period.
    pub fn of_points(id: &'static str, kind: Kind, period: &Period) -> Self {
        let points = period.points.iter();
        let points = points.map(|point| (point.0, words::point(period.step, *point)));
        Self::new(id, kind, points.collect())
    }

    /// The same chart with these lines, none of which is over from the running point on.
    pub fn with(mut self, lines: impl IntoIterator<Item = Line>, running: Option<usize>) -> Self {
        self.series = lines.into_iter().collect();
        for line in &mut self.series {
            line.dotted_from = running;
        }
        self
    }

    /// Its place on the page, and the table behind it.
    pub fn figure(&self) -> Markup {
        html! {
            figure class="chart" id={ "chart-" (self.id) } tabindex="0" role="img" aria-label=(self.sentence()) {
                div class="plot" {}
            }
            details class="data" id={ "data-" (self.id) } {
                summary { "Table" }
                (self.table())
            }
        }
    }

    fn table(&self) -> Markup {
        html! {
            div class="scroll" tabindex="0" role="region" aria-label={ "Table of " (self.id) } {
                table {
                    thead {
                        tr {
                            th scope="col" { "" }
                            @for line in &self.series { th scope="col" { (line.name) } }
                            @if !self.marks.is_empty() { th scope="col" { "Note" } }
                        }
                    }
                    tbody {
                        @for (place, label) in self.labels.iter().enumerate() { (self.row(place, label)) }
                    }
                }
            }
        }
    }

    fn row(&self, place: usize, label: &str) -> Markup {
        let notes: Vec<&str> = self.notes(place).collect();
        let value = |line: &Line| line.values.get(place).copied().flatten();
        html! {
            tr {
                th scope="row" {
                    (label)
                    @if self.is_running(place) { " (not over)" }
                }
                @for line in &self.series {
                    td {
                        (words::figure(self.unit, value(line)))
                        @if let Some(label) = line.labels.as_ref().and_then(|it| it.get(place)) { " " small { (label) } }
                    }
                }
                @if !self.marks.is_empty() { td { (notes.join("; ")) } }
            }
        }
    }

    fn notes(&self, place: usize) -> impl Iterator<Item = &str> {
        let marks = self.marks.iter().filter(move |mark| mark.at == place);
        marks.map(|mark| mark.text.as_str())
    }

    fn is_running(&self, place: usize) -> bool {
        let from = self.series.first().and_then(|line| line.dotted_from);
        from.is_some_and(|from| place >= from)
    }

    /// What it shows, in a sentence.
    fn sentence(&self) -> String {
        let lines = self
            .series
            .iter()
            .filter(|line| line.style != Style::Before);
        let sentences: Vec<String> = lines.map(|line| self.sentence_of(line)).collect();
        sentences.join(". ") + ". Arrow keys read each point; the table follows."
    }

    fn sentence_of(&self, line: &Line) -> String {
        let known = line.values.iter().zip(&self.labels);
        let known: Vec<(f64, &String)> = known
            .filter_map(|(value, label)| Some(((*value)?, label)))
            .collect();
        let (Some(first), Some(last)) = (known.first(), known.last()) else {
            return format!("{}: nothing to tell", line.name);
        };
        let highest = known
            .iter()
            .copied()
            .max_by(|one, other| one.0.total_cmp(&other.0));
        let (most, when) = highest.unwrap_or(*first);
        let text = |value| words::figure(self.unit, Some(value));
        format!(
            "{}: {} on {}, {} on {}; the highest {} on {when}",
            line.name,
            text(first.0),
            first.1,
            text(last.0),
            last.1,
            text(most)
        )
    }
}

/// A spark line: a polyline in a box of 100 by 24.
pub fn spark(values: &[Option<f64>]) -> Markup {
    let known: Vec<f64> = values.iter().copied().flatten().collect();
    let most = known.iter().copied().fold(0.0, f64::max);
    let least = known.iter().copied().fold(most, f64::min);
    let height = (most - least).max(f64::EPSILON);
    let count = u32::try_from(values.len().saturating_sub(1))
        .unwrap_or(1)
        .max(1);
    let points = values.iter().zip(0_u32..).filter_map(|(value, place)| {
        let x = 100.0 * f64::from(place) / f64::from(count);
        Some(format!(
            "{x:.1},{:.1}",
            22.0 - 20.0 * ((*value)? - least) / height
        ))
    });
    let points: Vec<String> = points.collect();
    html! {
        svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true" {
            polyline points=(points.join(" ")) {}
        }
    }
}
