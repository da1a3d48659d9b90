//! `pellucid report`: the page of a result, drawn again.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::explain::report;

use super::Run;
use crate::Common;

/// Draw the page of a result.json again
///
/// The page depends on that file alone: neither the model nor the data are needed, and it is
/// the same, byte for byte, as the one that `pellucid explain` has written beside the file.
///
///     pellucid report report/result.json --out again
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
// The example is for --help, where it is shown as it stands; it is no Rust.
#[allow(rustdoc::invalid_rust_codeblocks)]
pub struct Command {
    /// What `pellucid explain` has found
    #[arg(value_name = "RESULT.json")]
    result: PathBuf,
    /// The folder to write index.html to
    #[arg(long, value_name = "DIR", default_value = "report")]
    out: PathBuf,
}

impl Run for Command {
    const KEEPS_WHAT_IS_FINISHED: bool = false;

    fn run(&self, common: &Common, _job: &Job) -> anyhow::Result<ExitCode> {
        let page = report(&self.result, &self.out)?;
        if common.json {
            println!("{}", serde_json::json!({ "page": page }));
        } else if !common.quiet {
            println!("{}", page.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}
