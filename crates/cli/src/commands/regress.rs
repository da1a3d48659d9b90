//! `pellucid regress`: the law behind a table.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::PipelineError;
use pellucid_pipeline::attribute::request::Value;
use pellucid_pipeline::regress::{
    Conserved, InvariantRequest, Motion, Outcome, Parallel, Request, Subject, Told,
    find_invariants, find_parallel, regress,
};
use pellucid_pipeline::settings::{self, word};
use pellucid_symbolic::loss::Kind as Loss;
use pellucid_symbolic::relation::invariant;
use pellucid_symbolic::relation::terms::Kinds;
use pellucid_symbolic::{Limits, Operator, Settings, Units};

use serde::Serialize;

use super::Run;
use crate::Common;
use crate::table::{show, table};

/// Search for formulas that give one column of a table from the others
///
/// TABLE is CSV, Parquet or NPZ: one array per column, or an array `X` (rows,
/// columns) with the names of its columns in `names`. Several files, folders and
/// patterns ('runs/*.csv') are read as one table; each file has its own trajectories.
///
/// FRONT.json gets a list of laws, the smallest first: complexity (nodes), loss
/// (mean squared error, or what else --loss names), expression (`^` is the power,
/// `log` the natural logarithm), latex, score (fall of ln loss per node), and
/// selected: true for the one law to take. Of thirty rows and more that is the largest
/// whose errors on rows held out and out of range both fall beyond chance (a bootstrap
/// over blocks of neighbouring rows), with a shorter description of the data; of fewer
/// rows the one of the shortest description among laws that predict rows which no search
/// for them saw (40 % of the budget) no worse than smaller ones, or, where that one leaves
/// much over, a larger one that predicts such rows several times better; the front then also
/// has laws that others of no more nodes are better than, if they have fewer constants and
/// describe the data shorter. A description counts the
/// residuals, the number of formulas of that size, and the digits of the constants. The last written digits
/// of a CSV file (or --errors) are a floor of the residuals; for a positive target over
/// more than a decade relative errors count where that describes it shorter, and the
/// reason says so.
/// Then follow, for the selected law, reason and noise (standard deviation
/// between rows at one place), and for each law description_length, held_out
/// and out_of_range (the loss on rows its constants were not fitted
/// to), rows_alike, constants with their errors, sympy, numpy and rust.
///
/// With --derivative the law is that of the target's rate of change along
/// trajectories (dx/dt = f(x, ...)), with --derivative=2 that of its acceleration,
/// over the columns and their rates (`x_dot`); with --invariant the list at --out is one
/// of functions that stay constant along every trajectory, or are lost slowly: expression,
/// latex, sympy, balance (the median over the states of |sum of df/dx_i dx_i/dt| over
/// the sum of its parts' sizes: 0 for what is conserved, 1 for what is not), fluctuation
/// (within one swing of the motion, as a part of the change the function would show if
/// every column varied on its own), lost (in a swing, in the same unit). A motion is cut
/// where samples are missing.
///
/// With --model the law is that of a network's value at the rows of the table. The
/// network is asked first: its gradient says which features do not matter and which
/// occur in one combination only, its values at new points (numbers of one row
/// beside those of another) whether it is a sum or a product of functions of
/// different features. Each is searched for by itself, and what is found begins
/// the search for the whole. FRONT.model.json gets these statements, each with how
/// much of the network's slopes contradicts it (0 to 1) and its error; with
/// --target also how the network and the selected law compare with that column.
///
/// With --monotone the list at --out is one of sums of a few terms that the network
/// is a monotone function of: expression, latex, sympy, across (the part of the
/// function's gradient across that of the network, 0 to 1; S. J. Wetzel,
/// arXiv:2409.05305).
///
/// Columns far from the size of 1 are searched in units of their own and laws written
/// back, so that the unit of a column is of no importance; a Julian date is counted from
/// a round number. Of more than 12 columns those are searched first that tell something
/// of the target alone, in pairs or in threes; laws are made of the ten best. Unless
/// --operators says otherwise, a power with a fitted exponent is offered where columns
/// and target span decades, arcsine and arccosine where the target is an angle and nothing
/// else fits; the reason says so.
///
/// --seconds is a budget of work, counted in operations so that the same seed
/// gives the same front on any number of threads; an ordinary core is done
/// before the clock says so, and the clock ends the search at the latest.
/// --rounds fixes the work without any clock. The search ends early once a law
/// is exact and was looked for behind all power laws. Ctrl-C, and the signal by which a
/// batch system ends a job, write the front found so far; beside it FRONT.state.json keeps
/// the search, and --resume goes on from there as if it had never stopped. Both are also
/// saved every few seconds, whole or not at all, so that a machine that stops costs no
/// more; the laws of such a front are not tried on rows held out yet.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct Command {
    /// The tables: files, folders or patterns
    #[arg(value_name = "TABLE", required = true)]
    tables: Vec<PathBuf>,
    /// Leave out rows with a number that is missing or not finite, and count them
    #[arg(long)]
    skip_bad_rows: bool,
    /// The column to explain
    #[arg(long, value_name = "COLUMN", required_unless_present_any = ["invariant", "model"])]
    target: Option<String>,
    /// Search for the law of this network's value; it takes rows of the features,
    /// in the order of --features or of the table
    #[arg(long, value_name = "MODEL.onnx", conflicts_with_all = ["invariant", "derivative"])]
    model: Option<PathBuf>,
    /// The output of --model, or a node inside of it [default: the first output]
    #[arg(long, value_name = "NAME", requires = "model")]
    output: Option<String>,
    /// The place in a row of that output, where it has several
    #[arg(long, value_name = "K", requires = "model")]
    class: Option<usize>,
    /// What of a classifier the law is for
    #[arg(long, value_name = "logit|probability", default_value = "logit", value_parser = word::<Value>)]
    explain: Value,
    /// Search for the rate of change of the target, or its second derivative: its
    /// differential equation. Standard errors and weights are those of the samples
    #[arg(
        long,
        value_name = "1|2",
        requires = "time",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1",
        value_parser = clap::value_parser!(u8).range(1..=2)
    )]
    derivative: Option<u8>,
    /// Search for functions of the columns that stay constant in time
    #[arg(
        long,
        requires = "time",
        conflicts_with_all = [
            "target", "weights", "errors", "loss", "units", "derivative", "max_complexity", "seconds", "rounds", "resume",
            "report", "onnx"
        ]
    )]
    invariant: bool,
    /// With --invariant: let functions contain the rates of change of the
    /// columns (`x_dot`), as velocities where only positions are known
    #[arg(long, requires = "invariant")]
    rates: bool,
    /// With --model: search for functions f that the network's value is some monotone
    /// function of; their gradient is parallel to the network's
    #[arg(
        long,
        requires = "model",
        conflicts_with_all = [
            "weights", "errors", "units", "max_complexity", "seconds", "rounds", "resume", "report", "onnx"
        ]
    )]
    monotone: bool,
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
    /// What errors cost. l2: their squares. l1: their moduli. huber:DELTA: squares up to
    /// DELTA, in the target's unit, moduli beyond. log: squared errors of logarithms (all
    /// positive). poisson: the deviance of counts. gaussian: chi squared of known standard
    /// errors (--errors); without them one unknown error, as l2 [default: l2]
    #[arg(long, value_name = "LOSS")]
    loss: Option<String>,
    /// The operators laws are made of, by name or sign
    /// [default: +,-,*,/,exp,log,sin,cos,sqrt,square, and ^, asin, acos where the table
    /// asks for them]
    #[arg(
        long,
        value_name = "OPERATOR,…",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    operators: Option<Vec<String>>,
    /// A law over the columns with functions left open: 'f(r)*(x1 - x2)/r', one function
    /// in several places, 'f(r12) + f(r13) + f(r23)', several, 'f(x)*g(y)', and constants
    /// to be fitted: `c[kind]*f(x)` or `f(x, c[kind])` with one for each value of the column
    /// kind, c[] with one for all rows. Arguments may be formulas. The search is for the
    /// functions (--max-complexity: nodes of all of them together); other numbers of the
    /// template stay as they are. The front has the whole laws, with what was open under
    /// `opened`
    #[arg(long, value_name = "LAW", conflicts_with_all = ["invariant", "model"])]
    template: Option<String>,
    /// The largest law, in nodes
    #[arg(long, value_name = "NODES")]
    max_complexity: Option<usize>,
    /// Units of the columns (TOML); laws must be consistent in them. `[columns]` gives
    /// each its unit: y = "kg*m/s^2", pt = "GeV", n = "1"; `system` is "si" or
    /// "natural", `constants` is "any" (a fitted constant may carry a unit) or
    /// "dimensionless"; `mode` is "hard" or "soft": then laws that disagree must be better,
    /// by a factor `penalty` = 10 in the loss for each place; `groups` is "none", "leaves"
    /// (products of columns without dimension count as one node each) or "only" (laws are a
    /// product with the target's unit times a function of these)
    #[arg(long, value_name = "UNITS.toml")]
    units: Option<PathBuf>,
    /// Settings of the search (TOML); a table `[constraints]` says what laws must be like:
    /// `most.exp = 1` (so many of an operator), `argument.sin = 3` (nodes of its largest
    /// argument), `inside.sin = ["cos"]` (operators that must not stand inside it),
    /// `variables.exp = ["t"]` (the only columns that may), with and without (columns that
    /// laws must and must not contain), even and odd (lists of columns),
    /// `symmetric = [{ these = ["x1"], those = ["x2"] }]` (columns that may change places),
    /// `monotonic = [{ column = "r", is = "falling", range = [1, 10] }]` (or rising; range:
    /// that of the data),
    /// `limits = [{ column = "r", to = "inf", value = "0", tolerance = 0.01 }]` (value: a
    /// number, a formula of other columns, or finite); a table
    /// `[vectors]` names the components of vectors, `r = ["x", "y", "z"]`: their norms, dot
    /// products and distances count as one node each in the search (the front has them
    /// written out); `guesses = ["2*exp(-x)"]` are laws to begin with; a table
    /// `[distillation]` says how a model is asked: tolerance = 0.05 (the largest
    /// contradiction of what counts as true), rows = 1000, share = 0.6 (of the budget,
    /// for its parts); a table `[loss]` is as --loss, `kind = "huber"` with `delta = 0.5`
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
    /// Write a report page, DIR/index.html
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Write the selected law as a network over the features
    #[arg(long, value_name = "LAW.onnx")]
    onnx: Option<PathBuf>,
}

/// The largest balance of what counts as conserved.
const BALANCE: f64 = 0.1;
/// The budget if none is given.
const SECONDS: f64 = 30.0;

impl Run for Command {
    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        if self.invariant {
            return self.invariants(common, job);
        }
        if self.monotone {
            return self.monotone(common, job);
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
}

impl Command {
    fn motion(&self) -> Option<Motion> {
        self.time.as_ref().map(|time| Motion {
            time: time.clone(),
            trajectory: self.trajectory.clone(),
            order: usize::from(self.derivative.unwrap_or(1)),
        })
    }

    fn invariants(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let settings = self.settings(common)?;
        let motion = self.motion().context("--invariant needs --time")?;
        let found = find_invariants(
            &InvariantRequest {
                tables: self.tables.clone(),
                skip_bad_rows: self.skip_bad_rows,
                motion,
                features: self.features.clone(),
                settings: invariant::Settings {
                    rates: self.rates,
                    kinds: self.kinds(&settings),
                    tolerance: BALANCE,
                },
                out: self.out.clone(),
            },
            job,
        )?;
        let row = |f: &Conserved| {
            vec![
                format!("{:.2e}", f.balance),
                format!("{:.2e}", f.fluctuation),
                format!("{:.1e}", f.lost),
                f.expression.clone(),
            ]
        };
        let heads = ["balance", "fluctuation", "lost per swing", "function"];
        self.list(common, &found, row, (&heads, "invariants"))
    }

    fn monotone(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let request = self.request(common)?;
        let found = find_parallel(&request, self.kinds(&request.settings), job)?;
        let row = |f: &Parallel| vec![format!("{:.2e}", f.across), f.expression.clone()];
        self.list(common, &found, row, (&["across", "function"], "functions"))
    }

    /// Prints what was written to the file, which is called so.
    fn list<T: Serialize>(
        &self,
        common: &Common,
        found: &[T],
        row: impl Fn(&T) -> Vec<String>,
        (heads, what): (&[&str], &str),
    ) -> anyhow::Result<ExitCode> {
        if common.json {
            println!("{}", serde_json::to_string(found)?);
        } else if !common.quiet {
            let rows: Vec<Vec<String>> = found.iter().map(row).collect();
            let text = format!(
                "{}{}: {} {what}\n",
                table(heads, &rows),
                self.out.display(),
                rows.len()
            );
            show(&text).context("cannot print what was found")?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The kinds of terms that the operators of the settings allow.
    fn kinds(&self, settings: &Settings) -> Kinds {
        let allows = |all: &[Operator]| all.iter().all(|o| settings.allows(*o));
        Kinds {
            angles: allows(&[Operator::Sin, Operator::Cos]),
            logarithms: self.monotone && allows(&[Operator::Log]),
            distances: allows(&[Operator::Div, Operator::Sqrt]),
        }
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
        if let Some(law) = &self.template {
            settings.template = Some(law.clone());
        }
        if let Some(text) = &self.loss {
            settings.loss = text
                .parse::<Loss>()
                .map_err(|error| wrong("--loss", error.to_string()))?;
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
        if self.time.is_some() && self.derivative.is_none() {
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
            tables: self.tables.clone(),
            skip_bad_rows: self.skip_bad_rows,
            target: self.target.clone(),
            model: self.model.as_ref().map(|path| Subject {
                path: path.clone(),
                output: self.output.clone(),
                class: self.class,
                value: self.explain,
            }),
            features: self.features.clone(),
            rate: self.motion(),
            weights: self.weights.clone(),
            errors: self.errors.clone(),
            settings,
            limits: Limits {
                seconds: self.seconds.or(default),
                rounds: self.rounds,
                work: None,
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
        let told = outcome.told.as_ref().map_or_else(String::new, telling);
        let text = format!(
            "{told}{}{}: {} laws, {} rounds{end}\n",
            table(&["nodes", "loss", "score", "", "law"], &rows),
            self.out.display(),
            rows.len(),
            outcome.rounds
        );
        show(&text).context("cannot print the front")
    }
}

/// What a model told, as text.
fn telling(told: &Told) -> String {
    let rows: Vec<Vec<String>> = told
        .facts
        .iter()
        .map(|fact| {
            vec![
                fact.told(),
                format!("{:.4} ± {:.4}", fact.violation, fact.error),
            ]
        })
        .collect();
    let mut text = match rows.as_slice() {
        [] => format!("{}: no symmetry, no parts\n\n", told.model),
        rows => format!(
            "{}\n",
            table(&[told.model.as_str(), "contradicted by"], rows)
        ),
    };
    if let Some(data) = &told.data {
        let _ = writeln!(
            text,
            "{}: root mean squared error {:.4e} of the network, {:.4e} of the selected law\n",
            data.column, data.model, data.law
        );
    }
    text
}

fn wrong(setting: &str, problem: String) -> anyhow::Error {
    PipelineError::Setting {
        setting: setting.to_owned(),
        problem,
    }
    .into()
}
