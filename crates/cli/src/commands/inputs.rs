//! `pellucid inputs`: what a model is given.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::inputs;
use pellucid_pipeline::particles::variable::VARIABLES;
use pellucid_pipeline::particles::{Feature, Function, JetNumber};
use pellucid_pipeline::source::Names;

use super::Run;
use super::jets::{JetOptions, TruthOptions};
use super::spec::Spec;
use crate::Common;
use crate::table::{show, table};

/// Write the inputs of a model, and the labels, to an NPZ file
///
/// The specification names each input of the model:
///
///     [inputs.image]
///     kind = "image"        # or "lund", "particles", "pairs", "scalars"
///     pixels = 25
///     half_width = 0.8
///
///     [inputs.list]
///     kind = "particles"
///     count = 100
///     features = ["log_pt", "delta_eta", "delta_phi", "charge"]
///
///     [inputs.pf_features]
///     kind = "particles"
///     count = 128
///     padding = "wrap"      # or "constant", each variable's `pad`
///     missing = "pad"       # or "refuse": variables that the files do not tell
///     features = [
///       "log_pt",
///       { name = "part_deltaR", subtract = 0.2, multiply = 4, clip = [-5, 5] },
///       { name = "mine", formula = "where(charge != 0, tanh(d0), 0)", pad = -1 },
///     ]
///
///     [inputs.pf_mask]
///     kind = "mask"         # [1, count]; layout = "flat" for [count]
///     count = 128
///
/// Published ones by name: of images `preset = "jet-images"`, "quark-gluon",
/// "top-tagging", "expert-augmented"; of particles `features = "particle-net"`,
/// "particle-transformer", "expert-augmented", and, shifted and scaled as in
/// weaver's files, "jetclass-full", "jetclass-kinpid", "jetclass-kin",
/// "weaver-points", "weaver-vectors". Charges, kinds and impact parameters are
/// the columns part_charge, part_pid, part_d0, part_dz.
///
/// FILE may also be weaver's preprocess.json or its data configuration (.yaml):
/// `pellucid inputs --variables` lists the variables that are known by name.
///
/// A section `data` may say what --label, --weight, --columns and the others
/// say: label, signal, background, group, weight, convention, skip_bad_rows,
/// and `data.columns` with the files' names of columns by ours.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
// The example is for --help, where it is shown as it stands; it is no Rust.
#[allow(rustdoc::invalid_rust_codeblocks)]
pub struct Command {
    /// Jets (Parquet or NPZ): files, folders, patterns; read as one
    #[arg(required_unless_present_any = ["label", "variables"])]
    data: Vec<PathBuf>,
    #[command(flatten)]
    spec: Spec,
    /// The file to write
    #[arg(long, value_name = "INPUT.npz", required_unless_present = "variables")]
    out: Option<PathBuf>,
    /// List the variables of foreign specifications with formula, unit and source,
    /// and the features that formulas are made of
    #[arg(long)]
    variables: bool,
    /// Write the inputs alone, of jets without labels
    #[arg(long, conflicts_with_all = ["label", "signal", "background"])]
    no_labels: bool,
    #[command(flatten)]
    jets: JetOptions,
    #[command(flatten)]
    truth: TruthOptions,
}

impl Run for Command {
    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        if self.variables {
            show(&variables())?;
            return Ok(ExitCode::SUCCESS);
        }
        let (Some(file), Some(out)) = (self.spec.read(job)?, &self.out) else {
            anyhow::bail!(
                "give --spec FILE: how jets become inputs, as our TOML (see --help), weaver's preprocess.json or its \
                 data configuration"
            );
        };
        let mut data = file.data.unwrap_or_default();
        self.jets.apply(&mut data);
        self.truth.apply(&mut data)?;
        if self.no_labels {
            data.label = Some(Names(vec![String::new()]));
        }
        let read = inputs::write_inputs(&self.data, &file.spec, &data, out, job)?;
        if common.json {
            let summary = serde_json::json!({ "out": out, "jets": read.jets, "read": read });
            println!("{summary}");
        } else if !common.quiet {
            println!("{}: the inputs of {} jets", out.display(), read.jets);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The table of variables, and the features that formulas are made of.
fn variables() -> String {
    let rows: Vec<Vec<String>> = VARIABLES
        .iter()
        .map(|row| {
            let formula = row
                .formula
                .unwrap_or("not told by files of jets: its pad value");
            let formula = formula.split_whitespace().collect::<Vec<_>>().join(" ");
            let unit = if row.unit.is_empty() { "1" } else { row.unit };
            vec![
                row.names.join(", "),
                formula,
                unit.to_owned(),
                row.source.to_owned(),
            ]
        })
        .collect();
    let features: Vec<Vec<String>> = Feature::ALL
        .iter()
        .map(|feature| {
            let unit = feature.unit();
            let unit = if unit.is_empty() { "1" } else { unit };
            let needs: Vec<&str> = feature.needs().iter().map(|need| need.column()).collect();
            vec![feature.name().to_owned(), unit.to_owned(), needs.join(", ")]
        })
        .collect();
    let jet: Vec<&str> = JetNumber::ALL.iter().map(|number| number.name()).collect();
    let functions: Vec<&str> = Function::all().collect();
    format!(
        "{}\n{}\nOf the jet: {}.\nFunctions: {}; operators + - * / // % ** < <= > >= == != & | ^ ~.\n",
        table(&["variable", "formula", "unit", "source"], &rows),
        table(
            &["feature", "unit", "column besides the momenta"],
            &features
        ),
        jet.join(", "),
        functions.join(", ")
    )
}
