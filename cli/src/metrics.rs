//! `cognito-pinpoint metrics`: the figures of a project.

mod chart;
mod dates;
mod for_people;

use std::io::Write;
use std::process::ExitCode;

use aws::metrics::DynamoMetrics;
use chrono::Utc;
use domain::day::{Day, Interval};
use figures::csv::csv_text;
use figures::examples;
use figures::reader::{Series, cohorts_of, months_of, series};
use figures::selection::{Selection, Wanted};
use figures::{DayObject, before, first_read};
use pipeline::ports::figures::{FiguresStore, Project};
use serde::Serialize;

use crate::Failure;
use crate::args::metrics::ChartFigure;
use crate::args::{MetricsArgs, MetricsFormat};
use crate::site::{Place, Site};
use chart::Chart;
use for_people::Heading;

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
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(error.to_string());
    let span = dates::asked_for(&args, today).map_err(|error| usage(&error))?;
    let selection = Selection::of(args.by.as_ref(), &args.conditions, &project);
    let selection = selection.map_err(|error| usage(&error))?;
    let figures = Figures {
        metrics: site.metrics,
        project,
        format: args.format,
        chart: args.chart,
        today,
    };
    match (span, args.retention) {
        (None, _) if args.format == MetricsFormat::Table => eprintln!("these days have not begun"),
        (None, Some(interval)) => {
            let example = examples::cohort(&figures.project.id, interval.into());
            print(&[], &example, args.format)?;
        }
        (None, None) if args.months => {
            print(&[], &examples::month(&figures.project.id), args.format)?;
        }
        (None, None) => {
            let example = examples::day(&figures.project.id, selection.dimension());
            print(&[], &example, args.format)?;
        }
        (Some(span), Some(interval)) => figures.print_retention(interval.into(), span).await?,
        (Some(span), None) if args.months => figures.print_months(span).await?,
        (Some(span), None) => figures.print_days(&selection, span).await?,
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
    async fn print_days(&self, selection: &Selection, span: (Day, Day)) -> Result<(), Failure> {
        if let Selection::Segments(wanted) = selection
            && !wanted.is_one()
        {
            let read = (first_read(span.0), span.1);
            let series = series(&self.metrics, &self.project, selection, read).await?;
            return self.print_by(wanted, &series, span).await;
        }
        let read = (self.first_read(span), span.1);
        for one in series(&self.metrics, &self.project, selection, read).await? {
            if one.rows.span().is_none() {
                eprintln!("{}", self.nothing(selection));
            }
            self.print_one(&one, span).await?;
        }
        Ok(())
    }

    fn nothing(&self, selection: &Selection) -> String {
        match selection {
            Selection::Whole => format!(
                "project {} has no figures for these days: is it the right one?",
                self.project.id
            ),
            Selection::Segments(wanted) => {
                format!("nobody and nothing has {wanted} on these days, nor on the 29 before")
            }
        }
    }

    async fn print_by(
        &self,
        wanted: &Wanted,
        series: &[Series],
        (from, to): (Day, Day),
    ) -> Result<(), Failure> {
        let days = |one: &Series| one.days(&self.project, (from, to));
        let segments: Vec<Vec<DayObject>> = series.iter().map(days).collect();
        match self.format {
            MetricsFormat::Table => {
                let whole = self
                    .metrics
                    .whole(&self.project.id, (first_read(to), to))
                    .await?;
                let heading = self.heading((from, to));
                print_text(&heading.segments(wanted, &segments, whole.figures(to).mau))
            }
            MetricsFormat::Json | MetricsFormat::Csv => {
                let example = examples::day(&self.project.id, Some(&wanted.dimension));
                print(&segments.concat(), &example, self.format)
            }
        }
    }

    /// The first day to be read: for people, also the days before are.
    fn first_read(&self, span: (Day, Day)) -> Day {
        match self.format {
            MetricsFormat::Table => first_read(before(span).0),
            MetricsFormat::Json | MetricsFormat::Csv => first_read(span.0),
        }
    }

    async fn print_one(&self, series: &Series, span: (Day, Day)) -> Result<(), Failure> {
        let objects = series.days(&self.project, span);
        if self.format != MetricsFormat::Table {
            let dimension = series.segment.as_ref().map(|segment| &segment.0);
            let example = examples::day(&self.project.id, dimension);
            return print(&objects, &example, self.format);
        }
        let segment = series.segment.as_ref();
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
        let before = series.days(&self.project, before(span));
        print_text(&self.heading(span).days(&objects, &before, segment))
    }

    async fn print_months(&self, span: (Day, Day)) -> Result<(), Failure> {
        let objects = months_of(&self.metrics, &self.project.id, span).await?;
        match self.format {
            MetricsFormat::Table => print_text(&self.heading(span).months(&objects)),
            MetricsFormat::Json | MetricsFormat::Csv => {
                print(&objects, &examples::month(&self.project.id), self.format)
            }
        }
    }

    async fn print_retention(&self, interval: Interval, span: (Day, Day)) -> Result<(), Failure> {
        let objects = cohorts_of(&self.metrics, &self.project.id, interval, span).await?;
        match self.format {
            MetricsFormat::Table => print_text(&self.heading(span).retention(&objects)),
            MetricsFormat::Json | MetricsFormat::Csv => {
                let example = examples::cohort(&self.project.id, interval);
                print(&objects, &example, self.format)
            }
        }
    }

    fn heading(&self, span: (Day, Day)) -> Heading<'_> {
        Heading {
            project: &self.project,
            span,
            running: (span.1 == self.today).then_some(span.1),
        }
    }
}

fn print_text(text: &str) -> Result<(), Failure> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

fn print<T: Serialize>(objects: &[T], example: &T, format: MetricsFormat) -> Result<(), Failure> {
    let text = match format {
        MetricsFormat::Csv => csv_text(objects, example)?,
        MetricsFormat::Json | MetricsFormat::Table => serde_json::to_string_pretty(objects)? + "\n",
    };
    print_text(&text)
}
