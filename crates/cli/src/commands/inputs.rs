//! `pellucid inputs`: what a model is given.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::input_spec::InputSpec;
use pellucid_pipeline::source::{DataSettings, Names};
use pellucid_pipeline::{inputs, settings};
use serde::Deserialize;

use super::jets::{JetOptions, TruthOptions};
use crate::Common;

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
/// Published ones by name: of images `preset = "jet-images"`, "quark-gluon",
/// "top-tagging", "expert-augmented"; of particles `features = "particle-net"`,
/// "particle-transformer", "expert-augmented". Charges, kinds and impact
/// parameters are the columns part_charge, part_pid, part_d0, part_dz.
///
/// A section [data] may say what --label, --weight, --columns and the others
/// say: label, signal, background, group, weight, convention, skip_bad_rows,
/// and [data.columns] with the files' names of columns by ours.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Inputs {
    /// Jets (Parquet or NPZ): files, folders, patterns; read as one
    #[arg(required_unless_present = "label")]
    data: Vec<PathBuf>,
    /// How jets become inputs
    #[arg(long, value_name = "INPUTS.toml")]
    spec: PathBuf,
    /// The file to write
    #[arg(long, value_name = "INPUT.npz")]
    out: PathBuf,
    /// Write the inputs alone, of jets without labels
    #[arg(long, conflicts_with_all = ["label", "signal", "background"])]
    no_labels: bool,
    #[command(flatten)]
    jets: JetOptions,
    #[command(flatten)]
    truth: TruthOptions,
}

/// The file behind `--spec`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecFile {
    inputs: std::collections::BTreeMap<String, pellucid_pipeline::input_spec::Representation>,
    #[serde(default)]
    data: DataSettings,
}

impl Inputs {
    /// Runs the command.
    pub fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let file: SpecFile = settings::read(&self.spec)?;
        let spec = InputSpec {
            inputs: file.inputs,
        };
        let mut data = file.data;
        self.jets.apply(&mut data);
        self.truth.apply(&mut data)?;
        if self.no_labels {
            data.label = Some(Names(vec![String::new()]));
        }
        let read = inputs::write_inputs(&self.data, &spec, &data, &self.out, job)?;
        if common.json {
            let summary = serde_json::json!({ "out": self.out, "jets": read.jets, "read": read });
            println!("{summary}");
        } else if !common.quiet {
            println!("{}: the inputs of {} jets", self.out.display(), read.jets);
        }
        Ok(ExitCode::SUCCESS)
    }
}
