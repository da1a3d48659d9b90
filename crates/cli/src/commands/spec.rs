//! `--spec FILE`: how jets become the inputs of a foreign model.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pellucid_core::Job;
use pellucid_pipeline::PipelineError;
use pellucid_pipeline::input_spec::SpecFile;
use pellucid_pipeline::particles::Missing;
use pellucid_pipeline::source::DataSettings;

/// The specification of a model's inputs.
#[derive(Debug, Clone, Args)]
pub struct Spec {
    /// How jets become the model's inputs: our TOML, or weaver's preprocess.json
    /// or data configuration (.yaml) [default: what the model says of itself]
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// What to do about variables of a foreign specification whose names are not
    /// known
    #[arg(long, value_enum, default_value_t = Unknown::Refuse)]
    missing: Unknown,
}

/// What is done about unknown variables.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Unknown {
    /// The specification is refused
    Refuse,
    /// They have their pad value everywhere
    Pad,
}

impl Spec {
    /// The settings of data with what the file says of them too, if it says
    /// anything.
    pub fn join(file: Option<DataSettings>, data: &mut DataSettings) -> anyhow::Result<()> {
        if let Some(file) = file {
            *data =
                std::mem::take(data)
                    .joined(file)
                    .map_err(|setting| PipelineError::Setting {
                        setting: format!("data.{setting}"),
                        problem:
                            "the settings and the file of --spec say different things; leave one \
                              of them out"
                                .to_owned(),
                    })?;
        }
        Ok(())
    }

    /// What the file says, if one was given.
    pub fn read(&self, job: &Job) -> anyhow::Result<Option<SpecFile>> {
        let unknown = match self.missing {
            Unknown::Refuse => Missing::Refuse,
            Unknown::Pad => Missing::Pad,
        };
        let Some(path) = &self.spec else {
            return Ok(None);
        };
        let file = SpecFile::read(path, unknown)?;
        for note in &file.notes {
            job.note(&format!("{}: {note}", path.display()));
        }
        Ok(Some(file))
    }
}
