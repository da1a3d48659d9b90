//! `pellucid regress`: the law behind a table.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::PipelineError;
use pellucid_pipeline::regress::{
    InvariantRequest, Motion, Outcome, Request, find_invariants, regress,
};
use pellucid_pipeline::settings;
use pellucid_symbolic::relation::invariant;
use pellucid_symbolic::relation::terms::Kinds;
use pellucid_symbolic::{Limits, Operator, Settings, Units};

use crate::Common;
use crate::table::{show, table};

/// Search for formulas that give one column of a table from the others
///
/// TABLE is CSV, Parquet or NPZ: one array per column, or an array `X` (rows,
/// columns) with the names of its columns in `names`.
///
/// FRONT.json gets a list of laws, the smallest first: complexity (nodes), loss
/// (mean squared error), expression (`^` is the power, `log` the natural
/// logarithm), latex, score (fall of ln loss per node), and selected: true for
/// the one law whose description of the data is shortest among those that predict
/// rows held out and out of range no worse than smaller ones; where errors of rows
/// near each other are alike, as those of a network are, the one at the front's
/// knee.
/// Then follow, for the selected law, reason and noise (standard deviation
/// between rows at one place), and for each law description_length, held_out
/// and out_of_range (mean squared errors on rows its constants were not fitted
/// to), rows_alike, constants with their errors, sympy, numpy and rust.
///
/// With --derivative the law is that of the target's rate of change along
/// trajectories (dx/dt = f(x, ...)); with --invariant the list at --out is one
/// of functions that stay constant along every trajectory: expression, latex,
/// sympy, fluctuation (within trajectories, as a part of the change the function
/// would show if every column varied on its own).
///
/// --seconds is a budget of work, counted in operations so that the same seed
/// gives the same front on any number of threads; an ordinary core is done
/// before the clock says so, and the clock ends the search at the latest.
/// --rounds fixes the work without any clock. The search ends early once a law
/// is exact. Ctrl-C writes the front found so far; beside it FRONT.state.json
/// keeps the search, and --resume goes on from there as if it had never stopped.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct Regress {
    /// The table
    #[arg(value_name = "TABLE")]
    table: PathBuf,
    /// The column to explain
    #[arg(long, value_name = "COLUMN", required_unless_present = "invariant")]
    target: Option<String>,
    /// Search for the rate of change of the target: its differential equation
    #[arg(long, requires = "time", conflicts_with_all = ["weights", "errors"])]
    derivative: bool,
    /// Search for functions of the columns that stay constant in time
    #[arg(
        long,
        requires = "time",
        conflicts_with_all = [
            "target", "weights", "errors", "units", "derivative", "max_complexity", "seconds", "rounds", "resume",
            "report", "onnx"
        ]
    )]
    invariant: bool,
    /// With --invariant: let functions contain the rates of change of the
    /// columns (`x_dot`), as velocities where only positions are known
    #[arg(long, requires = "invariant")]
    rates: bool,
    /// The column of the time
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// The column that tells trajectories apart
    #[arg(long, value_name = "COLUMN", requires = "time")]
    trajectory: Option<String>,
    /// The columns to explain it by [default: all others]
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    features: Option<Vec<String>>,
    /// A column of weights of the rows
    #[arg(long, value_name = "COLUMN")]
    weights: Option<String>,
    /// A column of standard errors of the target; rows count by one over their square
    #[arg(long, value_name = "COLUMN", conflicts_with = "weights")]
    errors: Option<String>,
    /// The operators laws are made of, by name or sign
    /// [default: +,-,*,/,exp,log,sin,cos,sqrt,square]
    #[arg(
        long,
        value_name = "OPERATOR,…",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    operators: Option<Vec<String>>,
    /// The largest law, in nodes
    #[arg(long, value_name = "NODES")]
    max_complexity: Option<usize>,
    /// Units of the columns (TOML); laws must be consistent in them. `[columns]` gives
    /// each its unit: y = "kg*m/s^2", pt = "GeV", n = "1"; `system` is "si" or
    /// "natural", `constants` is "any" (a fitted constant may carry a unit) or
    /// "dimensionless"
    #[arg(long, value_name = "UNITS.toml")]
    units: Option<PathBuf>,
    /// Settings of the search (TOML); a table `[constraints]` limits the form of laws:
    /// most.exp = 1 (so many of an operator), argument.sin = 3 (nodes of its largest
    /// argument), and inside.sin lists operators that must not stand inside it; a table
    /// `[vectors]` names the components of vectors, r = ["x", "y", "z"]: their norms, dot
    /// products and distances count as one node each in the search (the front has them
    /// written out); guesses = ["a*exp(-x)"] are laws to begin with
    #[arg(long, value_name = "REGRESS.toml")]
    config: Option<PathBuf>,
    /// The budget, in seconds of one core [default: 30, unless --rounds is given]
    #[arg(long, allow_negative_numbers = true)]
    seconds: Option<f64>,
    /// The budget, in rounds
    #[arg(long)]
    rounds: Option<u64>,
    /// Go on from FRONT.state.json
    #[arg(long)]
    resume: bool,
    /// The front to write
    #[arg(long, value_name = "FRONT.json", default_value = "front.json")]
    out: PathBuf,
    /// Write a report page, DIR/report.html
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Write the selected law as a network over the features
    #[arg(long, value_name = "LAW.onnx")]
    onnx: Option<PathBuf>,
}

/// The largest fluctuation (squared) of what counts as constant.
const FLUCTUATION: f64 = 3e-3;
/// The budget if none is given.
const SECONDS: f64 = 30.0;

impl Regress {
    /// Runs the command.
    pub fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        if self.invariant {
            return self.invariants(common, job);
        }
        let outcome = regress(&self.request(common)?, job)?;
        if common.json {
            println!("{}", serde_json::to_string(&outcome)?);
        } else if !common.quiet {
            self.show(&outcome)?;
        }
        Ok(if outcome.interrupted {
            ExitCode::from(130)
        } else {
            ExitCode::SUCCESS
        })
    }

    fn motion(&self) -> Option<Motion> {
        self.time.as_ref().map(|time| Motion {
            time: time.clone(),
            trajectory: self.trajectory.clone(),
        })
    }

    fn invariants(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let settings = self.settings(common)?;
        let allows = |all: &[Operator]| all.iter().all(|o| settings.allows(*o));
        let motion = self.motion().context("--invariant needs --time")?;
        let found = find_invariants(
            &InvariantRequest {
                table: self.table.clone(),
                motion,
                features: self.features.clone(),
                settings: invariant::Settings {
                    rates: self.rates,
                    kinds: Kinds {
                        angles: allows(&[Operator::Sin, Operator::Cos]),
                        logarithms: false,
                        distances: allows(&[Operator::Div, Operator::Sqrt]),
                    },
                    tolerance: FLUCTUATION,
                },
                out: self.out.clone(),
            },
            job,
        )?;
        if common.json {
            println!("{}", serde_json::to_string(&found)?);
        } else if !common.quiet {
            let rows: Vec<Vec<String>> = found
                .iter()
                .map(|f| vec![format!("{:.2e}", f.fluctuation), f.expression.clone()])
                .collect();
            let text = format!(
                "{}{}: {} invariants\n",
                table(&["fluctuation", "function"], &rows),
                self.out.display(),
                rows.len()
            );
            show(&text).context("cannot print the invariants")?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The settings of the search, those of the command line over the file's.
    fn settings(&self, common: &Common) -> anyhow::Result<Settings> {
        let mut settings: Settings = match &self.config {
            Some(path) => settings::read(path)?,
            None => Settings::default(),
        };
        settings.seed = common.seed;
        if let Some(names) = &self.operators {
            let operators = names.iter().map(|name| Operator::named(name.trim()));
            settings.operators = operators
                .collect::<Result<_, _>>()
                .map_err(|error| wrong("--operators", error.to_string()))?;
        }
        if let Some(nodes) = self.max_complexity {
            settings.max_complexity = nodes;
        }
        if let Some(path) = &self.units {
            let units: Units = settings::read(path)?;
            units.check().map_err(|error| PipelineError::Settings {
                path: path.clone(),
                problem: error.to_string(),
            })?;
            settings.units = Some(units);
        }
        Ok(settings)
    }

    fn request(&self, common: &Common) -> anyhow::Result<Request> {
        let settings = self.settings(common)?;
        if self.time.is_some() && !self.derivative {
            return Err(wrong(
                "--time",
                "it goes with --derivative or --invariant; add one of them, or leave it out"
                    .to_owned(),
            ));
        }
        if self.seconds.is_some_and(|s| !(s > 0.0 && s < 1e9)) {
            return Err(wrong(
                "--seconds",
                "expected a positive number of seconds".to_owned(),
            ));
        }
        let default = self.rounds.is_none().then_some(SECONDS);
        Ok(Request {
            table: self.table.clone(),
            target: self.target.clone().context("--target is missing")?,
            features: self.features.clone(),
            rate: self.motion(),
            weights: self.weights.clone(),
            errors: self.errors.clone(),
            settings,
            limits: Limits {
                seconds: self.seconds.or(default),
                rounds: self.rounds,
            },
            out: self.out.clone(),
            report: self.report.clone(),
            onnx: self.onnx.clone(),
            resume: self.resume,
        })
    }

    fn show(&self, outcome: &Outcome) -> anyhow::Result<()> {
        let rows: Vec<Vec<String>> = outcome
            .front
            .iter()
            .map(|law| {
                vec![
                    law.complexity.to_string(),
                    format!("{:.3e}", law.loss),
                    format!("{:.2}", law.score),
                    if law.selected { "selected" } else { "" }.to_owned(),
                    law.expression.clone(),
                ]
            })
            .collect();
        let end = match (outcome.interrupted, outcome.by_the_clock) {
            (true, _) => ", interrupted; --resume goes on",
            (_, true) => ", ended by the clock: another run may end elsewhere (--rounds would not)",
            _ => "",
        };
        let text = format!(
            "{}{}: {} laws, {} rounds{end}\n",
            table(&["nodes", "loss", "score", "", "law"], &rows),
            self.out.display(),
            rows.len(),
            outcome.rounds
        );
        show(&text).context("cannot print the front")
    }
}

fn wrong(setting: &str, problem: String) -> anyhow::Error {
    PipelineError::Setting {
        setting: setting.to_owned(),
        problem,
    }
    .into()
}
