//! `pellucid train`: a tagger from a settings file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::recipe::{Recipe, train_to_file};
use pellucid_pipeline::settings;

use super::Run;
use super::jets::{JetOptions, TruthOptions};
use crate::Common;

/// Train a tagger and write it as ONNX, with its input specification inside
#[derive(Debug, Args)]
pub struct Command {
    /// The recipe: input, network, training, files
    recipe: PathBuf,
    /// The folder in which the recipe's files are [default: the recipe's own]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The model to write [default: the recipe's name with the ending .onnx]
    #[arg(long, value_name = "MODEL.onnx")]
    out: Option<PathBuf>,
    /// Keep the state in this folder after every epoch, and go on from there
    #[arg(long, value_name = "DIR")]
    checkpoint: Option<PathBuf>,
    #[command(flatten)]
    jets: JetOptions,
    #[command(flatten)]
    truth: TruthOptions,
}

impl Run for Command {
    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let mut recipe: Recipe = settings::read(&self.recipe)?;
        self.jets.apply(&mut recipe.data);
        self.truth.apply(&mut recipe.data)?;
        if self.truth.names_files() {
            // Named on the command line: beside the user, not beside the recipe.
            for label in &mut recipe.data.files {
                for path in &mut label.paths {
                    *path = std::path::absolute(&*path)?;
                }
            }
        }
        if let Some(folder) = &self.checkpoint {
            recipe.training.checkpoint = Some(folder.clone());
            recipe.training.resume = true;
        }
        let folder = self
            .data_dir
            .clone()
            .unwrap_or_else(|| self.recipe.parent().unwrap_or(Path::new("")).to_owned());
        let out = self
            .out
            .clone()
            .unwrap_or_else(|| self.recipe.with_extension("onnx"));
        let trained = train_to_file(&recipe, &folder, &out, common.seed, job)?;
        let interrupted = trained.history.interrupted;
        if common.json {
            let summary = serde_json::json!({
                "out": out,
                "epochs": trained.history.epochs.len(),
                "interrupted": interrupted,
                format!("test_{}", trained.score.measure): trained.score.value,
                "read": trained.account,
            });
            println!("{summary}");
        } else if !common.quiet {
            println!(
                "{}: {} epochs{}, {} {} on {} test events",
                out.display(),
                trained.history.epochs.len(),
                if interrupted {
                    " (interrupted; the best finished one is kept)"
                } else {
                    ""
                },
                match trained.score.measure {
                    "auc" => "AUC",
                    "r2" => "R²",
                    other => other,
                },
                trained.score.value,
                trained.test.len()
            );
        }
        Ok(if interrupted {
            ExitCode::from(130)
        } else {
            ExitCode::SUCCESS
        })
    }
}
