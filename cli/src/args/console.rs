//! The command line of `console`.

use std::path::PathBuf;

use super::AccountArgs;

#[derive(Debug, clap::Args)]
pub struct ConsoleArgs {
    /// Show the folder that replays kept their store in, instead of a deployed stack.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["stack", "region", "profile"])]
    pub data_dir: Option<PathBuf>,
    /// The port to listen on, on 127.0.0.1 alone; 0 for any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 8900)]
    pub port: u16,
    /// Open the page in a browser.
    #[arg(long)]
    pub open: bool,
    #[command(flatten)]
    pub account: AccountArgs,
}
