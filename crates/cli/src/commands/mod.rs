//! One file per command, and one for options that several share.
//!
//! A file holds a `Command` (its arguments, whose documentation is its help) and what it
//! does ([`Run`]); its word in the list below is all that the rest of the program needs.

mod jets;
mod method;
mod spec;

use std::process::ExitCode;

use clap::Subcommand;
use pellucid_core::Job;

use crate::Common;

/// What every command does.
trait Run {
    /// Whether an interruption leaves something to keep; other commands end at once, as
    /// programs do.
    const KEEPS_WHAT_IS_FINISHED: bool = true;

    /// Runs the command.
    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode>;
}

macro_rules! commands {
    [$($name:ident),* $(,)?] => {
        $(mod $name;)*

        /// All commands, in the order in which the help lists them; each is called as its
        /// file is, with hyphens.
        #[derive(Debug, Subcommand)]
        #[allow(non_camel_case_types)] // called as their files
        pub enum Command { $($name($name::Command)),* }

        impl Command {
            /// Whether an interruption leaves something to keep.
            pub fn keeps_what_is_finished(&self) -> bool {
                match self { $(Self::$name(_) => <$name::Command as Run>::KEEPS_WHAT_IS_FINISHED),* }
            }

            /// Runs the command.
            pub fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
                match self { $(Self::$name(command) => command.run(common, job)),* }
            }
        }
    };
}

commands![
    explain,
    report,
    attribute,
    cluster,
    inspect,
    export_explanation,
    regress,
    search,
    train,
    inputs,
    observables,
    audit,
];
