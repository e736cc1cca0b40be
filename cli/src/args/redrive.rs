//! The command line of `cognito-pinpoint redrive`.

#[derive(Debug, clap::Args)]
pub struct RedriveArgs {
    /// The stack's name, which the names of its tables and queues begin with.
    #[arg(long, value_name = "NAME", default_value = "cognito-pinpoint")]
    pub stack: String,
    /// Tell what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
}
