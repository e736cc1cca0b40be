//! The command line of `annotate`.

use std::path::PathBuf;

use domain::annotation::{AnnotationText, AnnotationTextError};
use domain::ids::ProjectId;

use super::AccountArgs;
use figures::dates::Date;

#[derive(Debug, clap::Args)]
pub struct AnnotateArgs {
    /// The day: a date such as 2026-01-31, today or yesterday, in the project's time zone; at most 31 days ahead.
    #[arg(value_name = "DATE", value_parser = Date::parse)]
    pub date: Date,
    /// What happened: one line of at most 200 characters.
    #[arg(value_name = "TEXT", value_parser = text)]
    pub text: AnnotationText,
    /// Delete this annotation.
    #[arg(long)]
    pub delete: bool,
    /// Annotate the folder that replays kept their store in, instead of a deployed stack.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["stack", "region", "profile"])]
    pub data_dir: Option<PathBuf>,
    /// The project, by its Pinpoint application id [default: the only one there is].
    #[arg(long, value_name = "ID", value_parser = ::config::application_id)]
    pub project: Option<ProjectId>,
    #[command(flatten)]
    pub account: AccountArgs,
}

fn text(text: &str) -> Result<AnnotationText, AnnotationTextError> {
    AnnotationText::parse(text)
}
