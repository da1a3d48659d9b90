//! `pellucid inputs`: what a model is given.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::events::DataSettings;
use pellucid_pipeline::input_spec::InputSpec;
use pellucid_pipeline::{inputs, settings};
use serde::Deserialize;

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
/// A section `data` may name the label column and map other column names.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Inputs {
    /// Files of jets (Parquet, NPZ or CSV), read as one
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// How jets become inputs
    #[arg(long, value_name = "INPUTS.toml")]
    spec: PathBuf,
    /// The file to write
    #[arg(long, value_name = "INPUT.npz")]
    out: PathBuf,
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
        let jets = inputs::write_inputs(&self.data, &spec, &file.data, &self.out, job)?;
        if common.json {
            println!("{}", serde_json::json!({ "out": self.out, "jets": jets }));
        } else if !common.quiet {
            println!("{}: the inputs of {jets} jets", self.out.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}
