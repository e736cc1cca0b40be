//! One figure's days as a chart of block characters, a bar a day, with what was annotated.
//!
//! The libraries for charts in a terminal (textplots, rasciigraph) draw lines over numbers: they know neither dates nor a
//! day that is still running, and bars need no more than this.

use std::fmt;

use domain::annotation::Annotation;
use domain::day::Day;
use figures::DayObject;
use terminal_size::{Width, terminal_size};

use crate::args::metrics::ChartFigure;
use crate::summary::tenths;

/// How many lines the highest bar has; a quarter of them is between two numbers of the axis.
const LINES: usize = 12;
const QUARTERS: usize = 4;
/// The heights of a bar's last character.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// What a bar of a running day is made of.
const RUNNING: char = '░';
/// What is under an annotated day.
const MARK: char = '▲';
/// How wide a bar is at most, with the gap after it.
const WIDEST_BAR: usize = 6;
/// How wide a chart may be, and how narrow.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=100;
/// How much room a date has at least.
const DATE_ROOM: usize = 18;
/// How long a date is.
const DATE: usize = 10;

/// How wide a chart may be in this terminal; where there is none, as wide as all that is printed.
pub fn width() -> usize {
    let found = terminal_size().map(|(Width(columns), _)| usize::from(columns));
    found.map_or(*WIDTHS.end(), |columns| {
        columns.clamp(*WIDTHS.start(), *WIDTHS.end())
    })
}

/// A chart, which displays as its lines.
pub struct Chart<'a> {
    /// What it is of.
    pub figure: ChartFigure,
    /// The days, one after the other.
    pub days: &'a [DayObject],
    /// The last of them, if it is still running.
    pub running: Option<Day>,
    /// What happened on them.
    pub annotations: &'a [Annotation],
    /// How many columns there are.
    pub width: usize,
}

impl ChartFigure {
    fn name(self) -> &'static str {
        match self {
            Self::Dau => "DAU",
            Self::Wau => "WAU",
            Self::Mau => "MAU",
            Self::NewUsers => "new users",
            Self::SignUps => "sign-ups",
            Self::SignIns => "sign-ins",
            Self::Failures => "failures",
        }
    }

    fn of(self, day: &DayObject) -> u64 {
        let figure = match self {
            Self::Dau => day.dau,
            Self::Wau => day.wau,
            Self::Mau => day.mau,
            Self::NewUsers => day.new_users,
            Self::SignUps => day.sign_ups,
            Self::SignIns => day.sign_ins,
            Self::Failures => day.auth_failures,
        };
        u64::try_from(figure).unwrap_or(0)
    }
}

/// Where everything is.
struct Layout<'a> {
    /// The days of each bar.
    bars: Vec<&'a [DayObject]>,
    /// How many days a bar is of.
    days_a_bar: usize,
    /// How wide a bar is, with the gap after it.
    bar: usize,
    /// How wide the numbers of the axis are.
    numbers: usize,
    /// The number at the top of the axis.
    top: u64,
}

impl<'a> Layout<'a> {
    fn of(chart: &Chart<'a>) -> Self {
        let highest = chart.days.iter().map(|day| chart.figure.of(day)).max();
        let top = round_above(highest.unwrap_or(0));
        let numbers = top.to_string().len();
        let room = chart.width.saturating_sub(numbers + 2).max(1);
        let days_a_bar = chart.days.len().div_ceil(room).max(1);
        let bars: Vec<_> = chart.days.chunks(days_a_bar).collect();
        Self {
            bar: (room / bars.len().max(1)).clamp(1, WIDEST_BAR),
            bars,
            days_a_bar,
            numbers,
            top,
        }
    }

    fn columns(&self) -> usize {
        self.bar * self.bars.len()
    }

    /// A line of the chart: what is drawn for each bar, as wide as it is.
    fn line(&self, start: &str, mark: impl Fn(&[DayObject]) -> char) -> String {
        let mut line = format!("{start:>numbers$}", numbers = self.numbers + 2);
        for days in &self.bars {
            let wide = self.bar.saturating_sub(1).max(1);
            line.extend(std::iter::repeat_n(mark(days), wide));
            line.extend(std::iter::repeat_n(' ', self.bar - wide));
        }
        line.trim_end().to_owned() + "\n"
    }

    /// The dates under the axis, as many as have room: each begins under its bar, and the last one ends there.
    fn dates(&self) -> String {
        let room = self.columns().saturating_sub(DATE);
        let labels = (self.columns() / DATE_ROOM).max(1);
        let begun = (0..labels).filter_map(|label| {
            let index = room * label / labels / self.bar;
            let day = self.bars.get(index)?.first()?;
            Some((index * self.bar, day))
        });
        let last = self.bars.last().and_then(|days| days.last());
        let mut line = String::new();
        for (start, day) in begun.chain(last.map(|day| (room, day))) {
            if line.is_empty() || start > line.len() {
                line = format!("{line:start$}{}", day.date);
            }
        }
        format!("{}{line}\n", " ".repeat(self.numbers + 2))
    }
}

impl Chart<'_> {
    /// Whether this is the bar of the running day alone.
    fn is_running(&self, days: &[DayObject]) -> bool {
        let running = self.running.map(|day| day.to_string());
        matches!((days, running), ([day], Some(running)) if day.date == running)
    }

    /// Whether something happened on one of the days.
    fn is_annotated(&self, days: &[DayObject]) -> bool {
        let mut annotated = self
            .annotations
            .iter()
            .map(|annotation| annotation.day.to_string());
        annotated.any(|date| days.iter().any(|day| day.date == date))
    }

    /// How much of a line's character a bar fills: the highest of its days is its height.
    fn mark(&self, days: &[DayObject], line: usize, top: u64) -> char {
        let value = days
            .iter()
            .map(|day| self.figure.of(day))
            .max()
            .unwrap_or(0);
        let all = u128::from(value) * (LINES * 8) as u128;
        let eighths = (all + u128::from(top) / 2) / u128::from(top);
        // Whatever is not nothing is seen.
        let eighths = usize::try_from(eighths)
            .unwrap_or(0)
            .max(usize::from(value > 0));
        let here = eighths.saturating_sub(line * 8).min(8);
        if self.is_running(days) && here > 0 {
            return if here >= 4 || line == 0 { RUNNING } else { ' ' };
        }
        EIGHTHS.get(here).copied().unwrap_or(' ')
    }

    /// The highest day, and the average of those that are over.
    fn summary(&self) -> String {
        let over = self.days.len() - usize::from(self.running.is_some() && !self.days.is_empty());
        let over = self.days.get(..over).unwrap_or_default();
        let first = |highest: &&DayObject, day: &&DayObject| {
            self.figure.of(highest).cmp(&self.figure.of(day))
        };
        let highest = over.iter().rev().max_by(first);
        let highest = highest.filter(|day| self.figure.of(day) > 0);
        let mut parts = Vec::new();
        if let (Some(day), Ok(count)) = (highest, u64::try_from(over.len())) {
            let sum: u64 = over.iter().map(|day| self.figure.of(day)).sum();
            let average = i64::try_from((sum * 10 + count / 2) / count).unwrap_or(i64::MAX);
            parts.push(format!("highest {} on {}", self.figure.of(day), day.date));
            parts.push(format!("average {}", tenths(average)));
        }
        if let (Some(day), Some(last)) = (self.running, self.days.last()) {
            parts.push(format!(
                "{RUNNING} {} so far on {day}",
                self.figure.of(last)
            ));
        }
        if parts.is_empty() {
            return "nothing on these days".to_owned();
        }
        parts.join(" · ")
    }
}

impl fmt::Display for Chart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = Layout::of(self);
        writeln!(f, "{}", self.figure.name())?;
        for line in (0..LINES).rev() {
            let start = axis(line + 1, layout.top);
            f.write_str(&layout.line(&start, |days| self.mark(days, line, layout.top)))?;
        }
        let axis = "─".repeat(layout.columns());
        writeln!(f, "{:>numbers$} ┼{axis}", 0, numbers = layout.numbers)?;
        if !self.annotations.is_empty() {
            let mark = |days: &[DayObject]| if self.is_annotated(days) { MARK } else { ' ' };
            f.write_str(&layout.line("", mark))?;
        }
        writeln!(f, "{}\n{}", layout.dates(), self.summary())?;
        if layout.days_a_bar > 1 {
            writeln!(f, "each bar is the highest of {} days", layout.days_a_bar)?;
        }
        for Annotation { day, text } in self.annotations {
            writeln!(f, "{MARK} {day} {text}")?;
        }
        Ok(())
    }
}

/// What stands before a line: a number where a quarter ends.
fn axis(line: usize, top: u64) -> String {
    let quarter = LINES / QUARTERS;
    if !line.is_multiple_of(quarter) {
        return "│".to_owned();
    }
    let quarters = u64::try_from(line / quarter).unwrap_or(0);
    format!("{} ┤", top / QUARTERS as u64 * quarters)
}

/// The least round number that is not below this one, and that has four round quarters.
fn round_above(value: u64) -> u64 {
    let quarter = value.div_ceil(QUARTERS as u64).max(1);
    let mut unit = 1;
    loop {
        let round = [1, 2, 3, 4, 5, 6, 8].into_iter().map(|times| times * unit);
        match round.into_iter().find(|round| *round >= quarter) {
            Some(round) => return round * QUARTERS as u64,
            None if unit > u64::MAX / 1000 => return value,
            None => unit *= 10,
        }
    }
}

#[cfg(test)]
mod tests;
