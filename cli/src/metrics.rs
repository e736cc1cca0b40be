//! `cognito-pinpoint metrics`: the figures of a project.

mod dates;
mod for_people;

use std::io::Write;
use std::process::ExitCode;

use aws::metrics::DynamoMetrics;
use aws::sdk;
use aws::tables::TableNames;
use chrono::Utc;
use domain::activity::DayRows;
use domain::day::Day;
use domain::ids::ProjectId;
use domain::segment::Dimension;
use figures::{DayObject, SegmentObject, days, months};
use local::dynamodb::DynamoDbStore;
use serde::Serialize;

use crate::Failure;
use crate::account::account;
use crate::args::metrics::Condition;
use crate::args::{MetricsArgs, MetricsFormat};
use crate::data_folder::DYNAMODB_FILE;
use crate::data_folder::embedded;
use crate::table::cells;

/// Prints the figures that were asked for.
pub async fn run(args: MetricsArgs) -> Result<ExitCode, Failure> {
    let condition = the_condition(&args)?;
    let span = dates::asked_for(&args, Day::of(Utc::now()))?;
    let metrics = open(&args).await?;
    let figures = Figures {
        project: the_project(&metrics, &args).await?,
        metrics,
        format: args.format,
    };
    match (span, args.by, condition) {
        (None, _, _) if args.format == MetricsFormat::Json => println!("[]"),
        (None, _, _) => eprintln!("these days have not begun"),
        (Some(span), _, _) if args.months => figures.print_months(span).await?,
        (Some(span), Some(dimension), _) => figures.print_by(dimension, span).await?,
        (Some(span), None, Some(condition)) => figures.print_where(condition, span).await?,
        (Some(span), None, None) => figures.print_whole(span).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The condition, if there is one. For two at once, no figures are kept.
fn the_condition(args: &MetricsArgs) -> Result<Option<&Condition>, Failure> {
    let dimensions = args.conditions.iter().map(|it| it.dimension).chain(args.by);
    let names: Vec<&str> = dimensions.map(Dimension::name).collect();
    match args.conditions.as_slice() {
        [] => Ok(None),
        [condition] if args.by.is_none() => Ok(Some(condition)),
        _ => Err(Failure::Usage(format!(
            "figures of {} at once are exact only where that pair is a configured dimension, which this version does not have: \
             give one --where, or one --by",
            names.join(" and ")
        ))),
    }
}

/// The rows, wherever they are.
async fn open(args: &MetricsArgs) -> Result<DynamoMetrics, Failure> {
    let Some(folder) = &args.data_dir else {
        let config = account(&args.account).await?;
        let table = args.account.tables().metrics;
        return Ok(DynamoMetrics::new(sdk::dynamodb(&config), table));
    };
    let file = folder.join(DYNAMODB_FILE);
    if !file.is_file() {
        let problem = format!(
            "{} is not there: no replay kept its store here",
            file.display()
        );
        return Err(Failure::Usage(problem));
    }
    let store = DynamoDbStore::open(&file)?;
    let client = sdk::dynamodb(&embedded(store));
    Ok(DynamoMetrics::new(client, TableNames::default().metrics))
}

/// The project that was asked for, or the only one there is.
async fn the_project(metrics: &DynamoMetrics, args: &MetricsArgs) -> Result<ProjectId, Failure> {
    if let Some(project) = &args.project {
        return Ok(project.clone());
    }
    match metrics.projects().await?.as_slice() {
        [project] => Ok(project.clone()),
        [] => Err(Failure::Outside(format!(
            "nothing has been counted in {} yet",
            match &args.data_dir {
                Some(folder) => folder.display().to_string(),
                None => format!(
                    "the stack {} (cognito-pinpoint doctor says whether anything is wrong)",
                    args.account.stack()
                ),
            }
        ))),
        several => {
            let ids: Vec<&str> = several.iter().map(ProjectId::as_str).collect();
            Err(Failure::Usage(format!(
                "there are {} projects; say which, with --project:\n{}",
                ids.len(),
                ids.join("\n")
            )))
        }
    }
}

/// The figures of one project, and how they are printed.
struct Figures {
    metrics: DynamoMetrics,
    project: ProjectId,
    format: MetricsFormat,
}

impl Figures {
    async fn print_whole(&self, (from, to): (Day, Day)) -> Result<(), Failure> {
        let rows = self
            .metrics
            .whole(&self.project, self.first_read((from, to)), to)
            .await?;
        if rows.span().is_none() {
            let project = &self.project;
            eprintln!("project {project} has no figures for these days: is it the right one?");
        }
        self.print_days(&rows, (from, to), None)
    }

    async fn print_where(
        &self,
        condition: &Condition,
        (from, to): (Day, Day),
    ) -> Result<(), Failure> {
        let Condition { dimension, value } = condition;
        let read = (self.first_read((from, to)), to);
        let mut values = self.metrics.by(&self.project, *dimension, read).await?;
        let rows = values.remove(value).unwrap_or_else(|| {
            let others: Vec<&str> = values.keys().map(|value| value.as_str()).collect();
            let (name, known) = (dimension.name(), others.join(", "));
            eprintln!(
                "nobody and nothing has {name}={value} on these days; what there is: {known}"
            );
            DayRows::default()
        });
        let segment = SegmentObject(*dimension, value.clone());
        self.print_days(&rows, (from, to), Some(&segment))
    }

    /// The first day to be read: for people, also the days before are.
    fn first_read(&self, (from, to): (Day, Day)) -> Day {
        let first = match self.format {
            MetricsFormat::Table => before((from, to)).0,
            MetricsFormat::Json | MetricsFormat::Csv => from,
        };
        first.minus(DayRows::LOOK_BACK_DAYS)
    }

    fn print_days(
        &self,
        rows: &DayRows,
        span: (Day, Day),
        segment: Option<&SegmentObject>,
    ) -> Result<(), Failure> {
        let objects = days(&self.project, rows, span, segment);
        if self.format != MetricsFormat::Table {
            return print(&objects, self.format);
        }
        let before = days(&self.project, rows, before(span), segment);
        print_text(&for_people::days(&objects, &before))
    }

    async fn print_by(&self, dimension: Dimension, (from, to): (Day, Day)) -> Result<(), Failure> {
        let read = (from.minus(DayRows::LOOK_BACK_DAYS), to);
        let values = self.metrics.by(&self.project, dimension, read).await?;
        let segments: Vec<Vec<DayObject>> = values
            .into_iter()
            .map(|(value, rows)| {
                let segment = SegmentObject(dimension, value);
                days(&self.project, &rows, (from, to), Some(&segment))
            })
            .collect();
        match self.format {
            MetricsFormat::Table => print_text(&for_people::segments(dimension.name(), &segments)),
            MetricsFormat::Json | MetricsFormat::Csv => print(&segments.concat(), self.format),
        }
    }

    async fn print_months(&self, (from, to): (Day, Day)) -> Result<(), Failure> {
        let (first, last) = (from.month(), to.month());
        let (from, to) = (first.first_day(), last.last_day());
        let rows = self.metrics.whole(&self.project, from, to).await?;
        let objects = months(&self.project, &rows, (first, last));
        match self.format {
            MetricsFormat::Table => print_text(&for_people::months(&objects)),
            MetricsFormat::Json | MetricsFormat::Csv => print(&objects, self.format),
        }
    }
}

/// As many days before these.
fn before((from, to): (Day, Day)) -> (Day, Day) {
    (from.minus(to.days_since(from) + 1), from.minus(1))
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
    for row in cells(objects)? {
        csv.write_record(row)?;
    }
    Ok(csv.flush()?)
}
