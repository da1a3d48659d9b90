//! `pellucid observables`: a table of observables of all jets of a file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Args};
use pellucid_core::Job;
use pellucid_pipeline::observables::{self, Efps, Kappa, Measure, Request};
use pellucid_pipeline::settings::{self, word};
use pellucid_pipeline::source::DataSettings;

use super::Run;
use super::jets::JetOptions;
use crate::Common;
use crate::table::{show, table};

/// Compute observables of jets and write them as a table (Parquet)
///
/// JETS is a file of jets with their constituents: Parquet with list columns
/// part_pt, part_y (or part_eta, or part_deta with jet_eta), part_phi (or
/// part_dphi with jet_phi), part_m or part_e; or part_px, part_py, part_pz and
/// part_e or part_m; or NPZ with flat arrays of these names and `offsets` (n + 1
/// integers), or matrices [jets, particles]. Other common names are known in upper
/// and lower case: pt, mass, energy, PFCands_pt, constituents.pt, part_energy, …;
/// what is read under another name, and what is not used, is said. A mass is never
/// left out for its name: it is read, or refused. Without masses particles are
/// massless. An array [jets, particles, numbers], or numbered columns, need names:
/// --columns pt,y,phi,pid. Padding at the end of rows (all zeros, or no numbers)
/// is left out and counted. The jet charge also needs part_charge.
///
/// Graphs of energy flow polynomials are asked for by conditions that must all
/// hold, `d<=7 prime chi<=3`, or one by one, `edges=0-1,1-2,2-0`, with any names
/// of the vertices:
///   d edges (the degree), n vertices, e joined pairs, v most edges at a vertex,
///   chi sums over so many particles at once, colours the chromatic number,
///   p connected components; with <=, <, ==, >=, >; prime, composite.
/// Without a limit on the degree it is at most 8.
///
/// Columns: those kept, the named observables, then for each graph, kappa and
/// beta, in the order asked for, one that is called efp_0-1_1-2_k1_b0.5.
/// What is finished of a long run is kept in OUT.parts when it is interrupted,
/// and the same command goes on from there.
///
/// A settings file says the same and may have several grids:
///
///     observables = ["mass", "lha"]
///     keep = ["label"]
///     [[efp]]
///     graphs = ["d<=5 prime"]
///     kappa = [0, 1, "pf"]
///     beta = [0.5, 1, 2]
///     measure = "hadrdot"
///     normalised = true
///     [data]
///     convention = "pt-eta-phi-m"      # or "pt-y-phi-m", "px-py-pz-e"
///     columns = { part_pt = "PFCands_pt" }
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Command {
    /// The jets (Parquet or NPZ): files, folders, patterns; read as one
    #[arg(value_name = "JETS", required_unless_present = "list")]
    jets: Vec<PathBuf>,
    /// What to compute
    #[arg(
        long,
        value_name = "OBSERVABLES.toml",
        conflicts_with_all = ["observable", "efp", "kappa", "beta", "measure", "normalised", "keep"],
    )]
    config: Option<PathBuf>,
    /// A named observable; may be given several times
    #[arg(long, value_name = "NAME")]
    observable: Vec<String>,
    /// Graphs of energy flow polynomials; may be given several times
    #[arg(long, value_name = "GRAPHS")]
    efp: Vec<String>,
    /// The powers of the momenta: numbers or pf, with commas between them
    #[arg(
        long,
        value_name = "K,…",
        value_delimiter = ',',
        allow_hyphen_values = true,
        default_value = "1"
    )]
    kappa: Vec<Kappa>,
    /// The powers of the angles, with commas between them
    #[arg(
        long,
        value_name = "B,…",
        value_delimiter = ',',
        allow_hyphen_values = true,
        default_value = "1"
    )]
    beta: Vec<f64>,
    /// Momenta and angles: hadr (pt; rapidity and azimuth), hadrdot (pt;
    /// products of momenta) or ee (energies; products of momenta)
    #[arg(long, value_name = "hadr|hadrdot|ee", default_value = "hadr", value_parser = word::<Measure>)]
    measure: Measure,
    /// Whether momenta are divided by their sum
    #[arg(long, value_name = "true|false", default_value = "true", action = ArgAction::Set)]
    normalised: bool,
    /// A column of the input to copy; may be given several times
    #[arg(long, value_name = "COLUMN")]
    keep: Vec<String>,
    /// The file to write
    #[arg(
        long,
        value_name = "FEATURES.parquet",
        required_unless_present = "list"
    )]
    out: Option<PathBuf>,
    /// Name all observables with units and references, and end
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    columns: JetOptions,
}

impl Run for Command {
    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let (Some(out), false) = (&self.out, self.list) else {
            return list(common);
        };
        let mut request: Request = match &self.config {
            Some(path) => settings::read(path)?,
            None => self.request(),
        };
        self.columns.apply(&mut request.data);
        let summary = observables::observables(&self.jets, &request, out, job)?;
        if common.json {
            println!("{}", serde_json::to_string(&summary)?);
        } else if !common.quiet {
            let (jets, columns) = (summary.jets, summary.columns.len());
            println!("{}: {columns} columns of {jets} jets", out.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Command {
    fn request(&self) -> Request {
        let efps = Efps {
            graphs: self.efp.clone(),
            kappa: self.kappa.clone(),
            beta: self.beta.clone(),
            measure: self.measure,
            normalised: self.normalised,
        };
        Request {
            keep: self.keep.clone(),
            observables: self.observable.clone(),
            efp: if self.efp.is_empty() {
                Vec::new()
            } else {
                vec![efps]
            },
            data: DataSettings::default(),
        }
    }
}

fn list(common: &Common) -> anyhow::Result<ExitCode> {
    let list = observables::list();
    if common.json {
        println!("{}", serde_json::to_string(&list)?);
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = list
        .into_iter()
        .map(|entry| vec![entry.name, entry.unit, entry.definition, entry.reference])
        .collect();
    show(&table(&["name", "unit", "definition", "reference"], &rows))?;
    Ok(ExitCode::SUCCESS)
}
