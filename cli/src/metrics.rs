//! `cognito-pinpoint metrics`: the figures of a project.

mod chart;
mod dates;
mod for_people;
mod selection;

use std::io::Write;
use std::process::ExitCode;

use aws::metrics::{DynamoMetrics, Project};
use chrono::Utc;
use domain::activity::DayRows;
use domain::day::{Day, Interval};
use domain::segment::SegmentValue;
use figures::{DayObject, SegmentObject, before, days, first_read, months, retention};
use serde::Serialize;

use crate::Failure;
use crate::args::metrics::ChartFigure;
use crate::args::{MetricsArgs, MetricsFormat};
use crate::site::{Place, Site};
use crate::table::csv_rows;
use chart::Chart;
use for_people::Heading;
use selection::{Selection, Wanted};

/// Prints the figures that were asked for.
pub async fn run(args: MetricsArgs) -> Result<ExitCode, Failure> {
    let place = Place::new(args.data_dir.as_deref(), &args.account);
    if args.chart.is_some() && args.format != MetricsFormat::Table {
        let problem = "--chart is for people: --format json and csv have the figures without it";
        return Err(Failure::Usage(problem.to_owned()));
    }
    let site = Site::open(&place).await?;
    let project = site.project(args.project.as_ref(), &place).await?;
    let today = project.zone.day_of(Utc::now());
    let span = dates::asked_for(&args, today)?;
    let selection = Selection::of(&args, &project)?;
    let figures = Figures {
        metrics: site.metrics,
        project,
        format: args.format,
        chart: args.chart,
        today,
    };
    match (span, args.retention, selection) {
        (None, _, _) if args.format == MetricsFormat::Json => println!("[]"),
        (None, _, _) => eprintln!("these days have not begun"),
        (Some(span), Some(interval), _) => figures.print_retention(interval.into(), span).await?,
        (Some(span), None, _) if args.months => figures.print_months(span).await?,
        (Some(span), None, Selection::Whole) => figures.print_whole(span).await?,
        (Some(span), None, Selection::Segments(wanted)) if wanted.is_one() => {
            figures.print_where(&wanted, span).await?;
        }
        (Some(span), None, Selection::Segments(wanted)) => figures.print_by(&wanted, span).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The figures of one project, and how they are printed.
struct Figures {
    metrics: DynamoMetrics,
    project: Project,
    format: MetricsFormat,
    /// What to draw, instead of printing all.
    chart: Option<ChartFigure>,
    /// The day that is still running.
    today: Day,
}

impl Figures {
    async fn print_whole(&self, (from, to): (Day, Day)) -> Result<(), Failure> {
        let project = &self.project.id;
        let rows = self
            .metrics
            .whole(project, self.first_read((from, to)), to)
            .await?;
        if rows.span().is_none() {
            eprintln!("project {project} has no figures for these days: is it the right one?");
        }
        self.print_days(&rows, (from, to), None).await
    }

    async fn print_where(&self, wanted: &Wanted, (from, to): (Day, Day)) -> Result<(), Failure> {
        let read = (self.first_read((from, to)), to);
        let values = self.values(wanted, read).await?;
        let value = wanted.value();
        let rows = values.into_iter().find(|(found, _)| *found == value);
        let rows = rows.map_or_else(DayRows::default, |(_, rows)| rows);
        if rows.span().is_none() {
            eprintln!("nobody and nothing has {wanted} on these days, nor on the 29 before");
        }
        let segment = SegmentObject(wanted.dimension.clone(), value);
        self.print_days(&rows, (from, to), Some(&segment)).await
    }

    async fn print_by(&self, wanted: &Wanted, (from, to): (Day, Day)) -> Result<(), Failure> {
        let values = self.values(wanted, (first_read(from), to)).await?;
        let segments: Vec<Vec<DayObject>> = values
            .into_iter()
            .map(|(value, rows)| {
                let segment = SegmentObject(wanted.dimension.clone(), value);
                days(&self.project.id, &rows, (from, to), Some(&segment))
            })
            .collect();
        match self.format {
            MetricsFormat::Table => {
                let whole = self.metrics.whole(&self.project.id, first_read(to), to);
                let mau = whole.await?.figures(to).mau;
                let heading = self.heading((from, to));
                print_text(&heading.segments(wanted, &segments, mau))
            }
            MetricsFormat::Csv if segments.is_empty() => self.print_columns(wanted, to),
            MetricsFormat::Json | MetricsFormat::Csv => print(&segments.concat(), self.format),
        }
    }

    /// The names of the columns, over no row: a spreadsheet still knows them.
    fn print_columns(&self, wanted: &Wanted, day: Day) -> Result<(), Failure> {
        let value = SegmentValue::unknown(&wanted.dimension);
        let segment = SegmentObject(wanted.dimension.clone(), value);
        let rows = DayRows::default();
        let nobody = days(&self.project.id, &rows, (day, day), Some(&segment));
        let mut csv = csv::Writer::from_writer(std::io::stdout().lock());
        for names in csv_rows(&nobody)?.into_iter().take(1) {
            csv.write_record(names)?;
        }
        Ok(csv.flush()?)
    }

    /// The rows of each value that is wanted and has any.
    async fn values(
        &self,
        wanted: &Wanted,
        read: (Day, Day),
    ) -> Result<Vec<(SegmentValue, DayRows)>, Failure> {
        let values = self.metrics.by(&self.project.id, &wanted.dimension, read);
        let values = values.await?.into_iter();
        Ok(values.filter(|(value, _)| wanted.includes(value)).collect())
    }

    /// The first day to be read: for people, also the days before are.
    fn first_read(&self, span: (Day, Day)) -> Day {
        match self.format {
            MetricsFormat::Table => first_read(before(span).0),
            MetricsFormat::Json | MetricsFormat::Csv => first_read(span.0),
        }
    }

    async fn print_days(
        &self,
        rows: &DayRows,
        span: (Day, Day),
        segment: Option<&SegmentObject>,
    ) -> Result<(), Failure> {
        let objects = days(&self.project.id, rows, span, segment);
        if self.format != MetricsFormat::Table {
            return print(&objects, self.format);
        }
        if let Some(figure) = self.chart {
            let project = &self.project.id;
            let chart = Chart {
                figure,
                days: &objects,
                running: (span.1 == self.today).then_some(span.1),
                annotations: &self.metrics.annotations(project, span).await?,
                width: chart::width(),
            };
            return print_text(&self.heading(span).chart(&chart, segment));
        }
        let before = days(&self.project.id, rows, before(span), segment);
        print_text(&self.heading(span).days(&objects, &before, segment))
    }

    async fn print_months(&self, (from, to): (Day, Day)) -> Result<(), Failure> {
        let (first, last) = (from.month(), to.month());
        let (from, to) = (first.first_day(), last.last_day());
        let rows = self.metrics.whole(&self.project.id, from, to).await?;
        let objects = months(&self.project.id, &rows, (first, last));
        match self.format {
            MetricsFormat::Table => print_text(&self.heading((from, to)).months(&objects)),
            MetricsFormat::Json | MetricsFormat::Csv => print(&objects, self.format),
        }
    }

    async fn print_retention(
        &self,
        interval: Interval,
        (from, to): (Day, Day),
    ) -> Result<(), Failure> {
        let cohorts = (interval.start(from), interval.start(to));
        let project = &self.project.id;
        let rows = self.metrics.cohorts(project, interval, cohorts).await?;
        let objects = retention(project, interval, &rows, (from, to));
        match self.format {
            MetricsFormat::Table => print_text(&self.heading((from, to)).retention(&objects)),
            MetricsFormat::Json | MetricsFormat::Csv => print(&objects, self.format),
        }
    }

    fn heading(&self, span: (Day, Day)) -> Heading<'_> {
        Heading {
            project: &self.project,
            span,
        }
    }
}

fn print_text(text: &str) -> Result<(), Failure> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

fn print<T: Serialize>(objects: &[T], format: MetricsFormat) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if format == MetricsFormat::Json {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(objects)?)?);
    }
    let mut csv = csv::Writer::from_writer(out);
    for row in csv_rows(objects)? {
        csv.write_record(row)?;
    }
    Ok(csv.flush()?)
}
