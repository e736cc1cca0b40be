//! `cognito-pinpoint metrics`: the daily figures of a project.

use std::io::Write;
use std::process::ExitCode;

use aws::metrics::DynamoMetrics;
use aws::sdk;
use aws::tables::TableNames;
use domain::activity::DayRows;
use domain::day::Day;
use domain::ids::ProjectId;
use figures::{SegmentObject, days, months};
use local::dynamodb::DynamoDbStore;
use serde::Serialize;

use crate::Failure;
use crate::account::account;
use crate::args::{MetricsArgs, MetricsFormat};
use crate::data_folder::DYNAMODB_FILE;
use crate::data_folder::embedded;
use crate::table::{cells, table};

/// Prints the figures that were asked for.
pub async fn run(args: MetricsArgs) -> Result<ExitCode, Failure> {
    if args.to < args.from {
        return Err(Failure::Usage(format!(
            "--to {} is before --from {}",
            args.to, args.from
        )));
    }
    let project = args.project.clone();
    let metrics = open(&args).await?;
    let segments = read(&metrics, &project, &args).await?;
    if segments.iter().all(|(_, rows)| rows.span().is_none()) {
        eprintln!("project {project} has no figures for these days: is it the right one?");
    }
    if args.months {
        let span = (args.from.month(), args.to.month());
        let all = segments
            .iter()
            .flat_map(|(segment, rows)| months(&project, rows, span, segment.as_ref()));
        print(&all.collect::<Vec<_>>(), args.format)?;
    } else {
        let span = (args.from, args.to);
        let all = segments
            .iter()
            .flat_map(|(segment, rows)| days(&project, rows, span, segment.as_ref()));
        print(&all.collect::<Vec<_>>(), args.format)?;
    }
    Ok(ExitCode::SUCCESS)
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

async fn read(
    metrics: &DynamoMetrics,
    project: &ProjectId,
    args: &MetricsArgs,
) -> Result<Vec<(Option<SegmentObject>, DayRows)>, Failure> {
    let (from, to) = span_to_read(args);
    let Some(dimension) = args.by else {
        return Ok(vec![(None, metrics.whole(project, from, to).await?)]);
    };
    let rows = metrics.by(project, dimension, (from, to)).await?;
    let segment = |value| Some(SegmentObject(dimension, value));
    Ok(rows
        .into_iter()
        .map(|(value, rows)| (segment(value), rows))
        .collect())
}

/// The days whose rows the figures are made of.
fn span_to_read(args: &MetricsArgs) -> (Day, Day) {
    if args.months {
        (args.from.month().first_day(), args.to.month().last_day())
    } else {
        (args.from.minus(DayRows::LOOK_BACK_DAYS), args.to)
    }
}

fn print<T: Serialize>(objects: &[T], format: MetricsFormat) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match format {
        MetricsFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(objects)?)?,
        MetricsFormat::Table => writeln!(out, "{}", table(cells(objects)?))?,
        MetricsFormat::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            for row in cells(objects)? {
                csv.write_record(row)?;
            }
            csv.flush()?;
        }
    }
    Ok(())
}
