//! `cognito-pinpoint annotate`: notes on days, which are shown with the figures.

use std::process::ExitCode;

use chrono::Utc;
use domain::annotation::Annotation;
use pipeline::ports::figures::{FiguresStore, Project};

use crate::Failure;
use crate::args::annotate::AnnotateArgs;
use crate::data_folder::lock;
use crate::site::{Place, Site};

/// Adds the annotation, or deletes it.
pub async fn run(args: AnnotateArgs) -> Result<ExitCode, Failure> {
    let place = Place::new(args.data_dir.as_deref(), &args.account);
    let site = Site::open(&place).await?;
    let _lock = args.data_dir.as_deref().map(lock).transpose()?;
    let project = site.project(args.project.as_ref(), &place).await?;
    let today = project.zone.day_of(Utc::now());
    let annotation = Annotation {
        day: args.date.on(today),
        text: args.text,
    };
    if args.delete {
        delete(&site, &project, &annotation).await?;
    } else if annotation.is_in_time(today) {
        add(&site, &project, &annotation).await?;
    } else {
        return Err(Failure::Usage(format!(
            "{} is no day to annotate: give one from 2014-01-01 to {}, {} days ahead",
            annotation.day,
            today.plus(Annotation::MOST_DAYS_AHEAD),
            Annotation::MOST_DAYS_AHEAD
        )));
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(site: &Site, project: &Project, annotation: &Annotation) -> Result<(), Failure> {
    let Annotation { day, text } = annotation;
    let is_new = site.metrics.annotate(&project.id, annotation).await?;
    let done = if is_new {
        "annotated"
    } else {
        "was annotated before"
    };
    println!("{day} {done}: {text}");
    Ok(())
}

async fn delete(site: &Site, project: &Project, annotation: &Annotation) -> Result<(), Failure> {
    let Annotation { day, text } = annotation;
    let metrics = &site.metrics;
    if metrics.remove_annotation(&project.id, annotation).await? {
        println!("{day} is no longer annotated: {text}");
        return Ok(());
    }
    let others = metrics.annotations(&project.id, (*day, *day)).await?;
    let others: Vec<_> = others.iter().map(|other| other.text.as_str()).collect();
    let others = match others[..] {
        [] => "no annotation".to_owned(),
        _ => format!("these:\n{}", others.join("\n")),
    };
    Err(Failure::Usage(format!(
        "there is nothing to delete: {day} has not this text, but {others}"
    )))
}
