//! `pellucid search`: which columns of a table decide as a score does.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::search::{Request, Settings, search};
use pellucid_pipeline::settings;

use super::Run;
use crate::Common;

/// Find the few columns of a table that decide as a score in it does
///
/// The score may come from any model. A small network learns it from the columns
/// chosen so far; then the column is added that orders most like the score the pairs
/// of a signal and a background row that the network still orders differently
/// (black-box guided search, arXiv:2010.11998).
///
///     pellucid search events.parquet --score bdt --label is_signal --group event --out search
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
// The example is for --help, where it is shown as it stands; it is no Rust.
#[allow(rustdoc::invalid_rust_codeblocks)]
pub struct Command {
    /// The tables (Parquet, NPZ, CSV): files, folders, patterns; read as one
    #[arg(required = true, value_name = "TABLE")]
    tables: Vec<PathBuf>,
    /// The column of the score, larger for signal
    #[arg(long, value_name = "COLUMN")]
    score: String,
    /// The column of labels: two numbers, the larger for signal
    #[arg(long, value_name = "COLUMN")]
    label: String,
    /// The columns to choose from; a star stands for any letters [default: all others of
    /// one number per row]
    #[arg(long, value_name = "A,B*", value_delimiter = ',')]
    features: Vec<String>,
    /// The columns that the search begins with
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    start: Vec<String>,
    /// The column of weights; negative ones count as they are
    #[arg(long, value_name = "COLUMN")]
    weights: Option<String>,
    /// The column that tells which rows belong together, so that they stay on one side of
    /// every split
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// How many columns may be added [default: 10]
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// Settings of the search and of its network: shares, `[guided]`, `[student]`
    #[arg(long, value_name = "SEARCH.toml")]
    config: Option<PathBuf>,
    /// Leave out rows with a number that is missing or not finite, and count them
    #[arg(long)]
    skip_bad_rows: bool,
    /// A folder for index.html and result.json, or a file of the name ….json
    #[arg(long, value_name = "DIR|FILE.json", default_value = "search")]
    out: PathBuf,
}

impl Run for Command {
    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let mut settings: Settings = match &self.config {
            Some(path) => settings::read(path)?,
            None => Settings::default(),
        };
        if let Some(steps) = self.steps {
            settings.guided.max_observables = steps;
        }
        let request = Request {
            tables: self.tables.clone(),
            score: self.score.clone(),
            label: self.label.clone(),
            features: self.features.clone(),
            start: self.start.clone(),
            weights: self.weights.clone(),
            group: self.group.clone(),
            skip_bad_rows: self.skip_bad_rows,
            settings,
            seed: common.seed,
            out: self.out.clone(),
        };
        let outcome = search(&request, job)?;
        let found = &outcome.found;
        if common.json {
            println!("{}", serde_json::to_string(found)?);
        } else if !common.quiet {
            println!("{}", found.sentence().replace('`', ""));
            for step in &found.search.steps {
                println!(
                    "  {}: ADO {:.4} ± {:.4}, AUC {:.4} ± {:.4}",
                    step.observable, step.ado.value, step.ado.error, step.auc.value, step.auc.error
                );
            }
            let written: Vec<String> = outcome
                .written
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            println!("{}", written.join(" and "));
        }
        if found.search.interrupted() {
            eprintln!("interrupted: what was finished is written");
            return Ok(ExitCode::from(130));
        }
        Ok(ExitCode::SUCCESS)
    }
}
