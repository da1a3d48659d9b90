//! What can go wrong on the way from files to a result.

use std::path::PathBuf;

use pellucid_core::Interrupted;
use pellucid_core::inputs::InputsError;
use pellucid_core::target::TargetError;
use pellucid_data::DataError;
use pellucid_distill::DistillError;
use pellucid_explain::ExplainError;
use pellucid_network::NetworkError;
use pellucid_observables::ObservableError;
use pellucid_symbolic::SymbolicError;

use crate::source::{SourceError, WAY_OUT, bad_rows};

/// Why a job could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// A data file.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The files, labels, groups or rows of a data set.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Events that cannot be put together.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Collections of events that do not fit together.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// Jets of a file that no jet can be.
    #[error("{}: {source}{}", path.display(), skippable(source))]
    Jets {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        source: ObservableError,
    },
    /// An array of particles whose numbers have no names.
    #[error(
        "{}: {array}; say what the numbers of a particle are, in their order, as in `--columns \
         pt,y,phi,pid` or [data] features = [\"pt\", \"y\", \"phi\", \"pid\"] in settings", path.display()
    )]
    Features {
        /// The file.
        path: PathBuf,
        /// The array and its shape.
        array: String,
    },
    /// The settings of an observable or representation.
    #[error(transparent)]
    Observable(#[from] ObservableError),
    /// A model file.
    #[error("{}: {source}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: NetworkError,
    },
    /// A file of arrays that does not fit what it is for.
    #[error("{}: {problem}", path.display())]
    Arrays {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and what would be right.
        problem: String,
    },
    /// An output of a model that cannot be read, though others can.
    #[error(
        "{}: the output `{output}` cannot be explained; name another by --output: {others}\n{source}",
        path.display()
    )]
    Output {
        /// The file.
        path: PathBuf,
        /// The output.
        output: String,
        /// Why it cannot be read.
        source: NetworkError,
        /// The outputs that can be explained.
        others: String,
    },
    /// A network in work.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// An explanation.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The search for observables.
    #[error(transparent)]
    Distill(#[from] DistillError),
    /// A search for laws that cannot begin.
    #[error("{}: {source}", path.display())]
    Regress {
        /// The table, or the saved search.
        path: PathBuf,
        /// What is wrong with it.
        source: SymbolicError,
    },
    /// A settings file that cannot be read or understood.
    #[error("{}: {problem}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong, where, and what would be right.
        problem: String,
    },
    /// A setting that does not fit the data or the model.
    #[error("`{setting}`: {problem}")]
    Setting {
        /// The setting.
        setting: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A model without input specification.
    #[error(
        "{}: the model does not say how jets become its inputs ({inputs}); give weaver's preprocess.json or a TOML \
         file with `--spec FILE`, which has a section [inputs.NAME] for each input (see `pellucid inputs --help`), such as\n\n\
         {example}\n", path.display()
    )]
    NoInputs {
        /// The model's file.
        path: PathBuf,
        /// The model's inputs with their shapes.
        inputs: String,
        /// A section for the first of them.
        example: String,
    },
    /// The inputs that were specified are not those of the model.
    #[error(
        "{}: input `{input}` of the model takes {expected} for each event, \
         the specification `{specification}` gives {found}; change one of them", path.display()
    )]
    Shape {
        /// The model's file.
        path: PathBuf,
        /// The model's input.
        input: String,
        /// Its shape without the batch.
        expected: String,
        /// The specification's name.
        specification: String,
        /// The shape that it gives.
        found: String,
    },
    /// The model has another number of inputs than were specified.
    #[error(
        "{}: the model has the inputs {inputs}, the specification gives {found}; \
         each input needs a section [inputs.NAME]", path.display()
    )]
    InputNames {
        /// The model's file.
        path: PathBuf,
        /// The model's inputs.
        inputs: String,
        /// The specified names.
        found: String,
    },
    /// A file that could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// The files of the main job are not where they are looked for.
    #[error(
        "the shipped `{name}` was found neither below this folder nor beside the program; \
         run from the repository, or give --model and --data"
    )]
    NotShipped {
        /// The file looked for.
        name: String,
    },
    /// A file that no page can be drawn from.
    #[error("{}: {problem}", path.display())]
    Result {
        /// The file.
        path: PathBuf,
        /// What it is, and what to do.
        problem: String,
    },
    /// Stopped by the user.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// Stopped by the user, with parts that are kept.
    #[error(
        "interrupted: {done} rows of the input are done and kept in `{}`; the same command goes on from there",
        folder.display()
    )]
    Paused {
        /// Rows of the input that are done.
        done: usize,
        /// Where they are.
        folder: PathBuf,
    },
}

/// The way out, if it is about one row.
fn skippable(source: &ObservableError) -> &'static str {
    match bad_rows::kind(source) {
        Some(_) => WAY_OUT,
        None => "",
    }
}

impl PipelineError {
    /// Whether a file has no rows, of which others may have some.
    pub(crate) fn of_no_rows(&self) -> bool {
        let (Self::Data(error) | Self::Source(SourceError::Data(error))) = self else {
            return false;
        };
        matches!(error, DataError::NoRows { .. })
    }

    /// Whether the user stopped the job.
    pub fn interrupted(&self) -> bool {
        match self {
            Self::Interrupted(_) | Self::Paused { .. } => true,
            Self::Network(network)
            | Self::Model {
                source: network, ..
            }
            | Self::Explain(ExplainError::Network(network)) => {
                matches!(network, NetworkError::Interrupted(_))
            }
            Self::Explain(error) => matches!(error, ExplainError::Interrupted(_)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interruption_is_known_however_deep_it_came_from() {
        let nested = [
            PipelineError::from(Interrupted),
            PipelineError::from(NetworkError::from(Interrupted)),
            PipelineError::from(ExplainError::from(Interrupted)),
            PipelineError::from(ExplainError::from(NetworkError::from(Interrupted))),
        ];
        assert!(nested.iter().all(PipelineError::interrupted));
        let other = PipelineError::NotShipped {
            name: String::new(),
        };
        assert!(!other.interrupted());
    }
}
