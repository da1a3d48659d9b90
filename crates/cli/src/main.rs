//! The `pellucid` command: arguments, progress, exit codes, nothing else.
//!
//! Exit code 0 for success, 2 for bad input (with one clear sentence), 130 for
//! an interruption (what is finished is kept), 1 for a fault of our own.

mod commands;
mod progress;
mod table;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, Parser};
use commands::Command;
use pellucid_core::Job;
use pellucid_pipeline::PipelineError;

/// What has my network learned?
#[derive(Debug, Parser)]
#[command(name = "pellucid", version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The seed of everything random; the same seed gives the same bits
    #[arg(long, global = true, default_value_t = 0)]
    pub seed: u64,
    /// Threads to use; results do not depend on their number [default: all cores]
    #[arg(long, global = true)]
    pub threads: Option<usize>,
    /// Print errors only: no notes, no progress
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Print the result as JSON, for machines
    #[arg(long, global = true)]
    pub json: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let stop = Arc::new(AtomicBool::new(false));
    if cli.command.keeps_what_is_finished() {
        listen_for_interrupt(&stop);
    }
    if let Some(threads) = cli.common.threads {
        if threads == 0 {
            eprintln!("error: `--threads` is 0, expected 1 or more");
            return ExitCode::from(2);
        }
        // Fails only if the pool exists already, and nothing has used it yet.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global();
    }
    let job = Job::new(progress::shown(cli.common.quiet, cli.common.json), stop);
    match cli.command.run(&cli.common, &job) {
        Ok(code) => code,
        Err(error) => report(&error),
    }
}

/// The first Ctrl-C, or signal to terminate, asks the work to stop at the next safe place, the second
/// ends the program.
fn listen_for_interrupt(stop: &Arc<AtomicBool>) {
    let stop = Arc::clone(stop);
    let listening = ctrlc::set_handler(move || {
        if stop.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\nstopping; what is finished is kept (Ctrl-C again to end at once)");
    });
    if let Err(error) = listening {
        eprintln!("warning: Ctrl-C will end the program at once ({error})");
    }
}

fn report(error: &anyhow::Error) -> ExitCode {
    match error.downcast_ref::<PipelineError>() {
        Some(paused @ PipelineError::Paused { .. }) => {
            eprintln!("{paused}");
            return ExitCode::from(130);
        }
        Some(stopped) if stopped.interrupted() => {
            eprintln!("interrupted: nothing was finished, nothing was written");
            return ExitCode::from(130);
        }
        _ => {}
    }
    // Every message is whole; the causes below it would say the same again.
    eprintln!("error: {error}");
    ExitCode::from(2)
}
