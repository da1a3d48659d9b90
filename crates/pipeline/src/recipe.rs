//! Trains a tagger as a settings file says.

use std::path::{Path, PathBuf};

use pellucid_core::statistics::{auc_estimate, effective_number};
use pellucid_core::target::{Target, Truth};
use pellucid_core::{Estimate, Job, Tensor};
use pellucid_data::write_atomically;
use pellucid_distill::split_by_group;
use pellucid_network::layers::Architecture;
use pellucid_network::train::{Dataset, History, Split, Training, evaluate, fit};
use pellucid_network::{Executor, Graph, onnx};
use pellucid_observables::jets::property::Property;
use serde::{Deserialize, Serialize};

use crate::PipelineError;
use crate::input_spec::demand::Demand;
use crate::input_spec::{Input, InputSpec, KEY};
use crate::source::{Account, DataSettings, Events, Source, files};

/// A tagger to be trained: what it sees, what it is, how it learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// How events become the network's input.
    pub input: Input,
    /// The network.
    pub network: Architecture,
    /// How it is trained.
    #[serde(default)]
    pub training: Training,
    /// The shares of events that train and that say when to stop; what is left
    /// tests.
    #[serde(default = "default_shares")]
    pub shares: [f64; 2],
    /// The data files, beside the recipe or below the folder given on the
    /// command line; not needed where data are given otherwise.
    #[serde(default)]
    pub files: Vec<PathBuf>,
    /// Where labels and groups are in the files.
    #[serde(default)]
    pub data: DataSettings,
}

fn default_shares() -> [f64; 2] {
    [0.8, 0.1]
}

/// A trained tagger and how well it does on the events it has not seen.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The network, its specification in its metadata.
    pub graph: Graph,
    /// What happened, epoch by epoch.
    pub history: History,
    /// The area under the ROC curve of the test part.
    pub test_auc: Estimate,
    /// The events of the test part, by position.
    pub test: Vec<usize>,
    /// What was read of the files, and what was left out.
    pub account: Account,
}

impl Recipe {
    /// What is asked of files that hold no jets; nothing of a recipe for jets.
    pub fn demand(&self) -> Result<Option<Demand>, PipelineError> {
        let spec = self.spec();
        spec.check()?;
        Ok((!spec.of_jets()).then(|| spec.demand()))
    }

    /// What must be known of the constituents of jets.
    pub fn needs(&self) -> Vec<Property> {
        self.spec().needs()
    }

    /// The specification of the network's inputs.
    fn spec(&self) -> InputSpec {
        InputSpec {
            inputs: [("input".to_owned(), self.input.clone())].into(),
            output_names: Vec::new(),
        }
    }

    /// The data files and settings, with paths that begin at this folder.
    fn beside(&self, folder: &Path) -> (Vec<PathBuf>, DataSettings) {
        let beside = |path: &PathBuf| folder.join(path);
        let mut data = self.data.clone();
        for label in &mut data.files {
            label.paths = label.paths.iter().map(beside).collect();
        }
        (self.files.iter().map(beside).collect(), data)
    }

    /// Trains on these events, which are split by group into train, validation
    /// and test part.
    pub fn train(&self, events: &Events, seed: u64, job: &Job) -> Result<Trained, PipelineError> {
        self.input.check("input")?;
        if self.network.events != pellucid_network::layers::Events::Fixed {
            return Err(PipelineError::Setting {
                setting: "network.events".to_owned(),
                problem: "a recipe's jets come as tensors of one shape: expected \"fixed\""
                    .to_owned(),
            });
        }
        let rest = 1.0 - self.shares[0] - self.shares[1];
        let parts = split_by_group(
            events.groups(),
            [self.shares[0], self.shares[1], rest],
            seed,
        )?;
        for (part, rows) in [("training", &parts.train), ("test", &parts.test)] {
            check_part("shares", part, &events.target.select(rows), events.len())?;
        }
        let tensor = self.input.tensor("input", &events.inputs)?;
        let mut graph = self.network.build(&tensor.shape()[1..], 1, seed)?;
        let spec = InputSpec {
            inputs: [(
                graph.value(graph.inputs()[0]).name.clone(),
                self.input.clone(),
            )]
            .into(),
            output_names: Vec::new(),
        };
        graph.metadata.push((KEY.to_owned(), spec.to_toml()));
        let dataset = Dataset {
            inputs: vec![tensor],
            targets: events
                .labels()
                .iter()
                .map(|&label| f32::from(u8::from(label)))
                .collect(),
            particles: None,
            weights: events
                .target
                .weighted()
                .map(|weights| in_a_unit(weights).into_iter().map(|x| x as f32).collect()),
        };
        let split = Split {
            train: &parts.train,
            valid: &parts.valid,
        };
        let training = Training {
            seed,
            ..self.training.clone()
        };
        let history = fit(&mut graph, &dataset, split, &training, job)?;
        let test_auc = auc_on(&graph, &dataset.inputs[0], events, &parts.test)?;
        Ok(Trained {
            graph,
            history,
            test_auc,
            test: parts.test,
            account: Account::default(),
        })
    }
}

/// Weights in a unit, a power of two, in which the largest is about 1: only their
/// ratios count, and those of very small or large ones would be lost.
fn in_a_unit(weights: &[f64]) -> Vec<f64> {
    let largest = weights.iter().fold(0.0_f64, |most, w| most.max(w.abs()));
    let unit = largest.log2().floor().clamp(-1000.0, 1000.0).exp2();
    weights.iter().map(|weight| weight / unit).collect()
}

/// An error where a part has not what a loss and an area under the curve need:
/// jets of both classes whose weights add up to more than 0, and to more than
/// cancels.
pub(crate) fn check_part(
    setting: &str,
    part: &str,
    target: &Target,
    all: usize,
) -> Result<(), PipelineError> {
    let Truth::Two { names, signal } = &target.truth else {
        return Ok(());
    };
    for (name, class) in names.iter().zip([true, false]) {
        let of_class: Vec<usize> = (0..signal.len())
            .filter(|&event| signal[event] == class)
            .collect();
        let jets = of_class.len();
        let weights = target.weighted();
        let weights: Option<Vec<f64>> =
            weights.map(|weights| of_class.iter().map(|&event| weights[event]).collect());
        let sum = weights.as_ref().map_or(jets as f64, |w| w.iter().sum());
        let effective = weights
            .as_ref()
            .map_or(jets as f64, |w| effective_number(w));
        let found = match () {
            () if jets == 0 => format!("holds no jet of the class `{name}`"),
            // One jet's worth has no error.
            () if sum <= 0.0 || jets > 1 && effective <= 1.0 => format!(
                "holds {jets} jets of the class `{name}` whose weights add up to {sum:.4} and say as much as {effective:.2} jets"
            ),
            () => continue,
        };
        return Err(PipelineError::Setting {
            setting: setting.to_owned(),
            problem: format!(
                "the {part} part, {} of {all} jets, {found}; expected jets of both classes whose weights do not \
                 cancel: give it a larger share or more jets",
                signal.len()
            ),
        });
    }
    Ok(())
}

fn auc_on(
    graph: &Graph,
    inputs: &Tensor<f32>,
    events: &Events,
    rows: &[usize],
) -> Result<Estimate, PipelineError> {
    let mut executor = Executor::<f32>::new(graph);
    let scores = evaluate(&mut executor, &[&inputs.select_rows(rows)], 512)?;
    let scores: Vec<f64> = scores.into_iter().map(f64::from).collect();
    let test = events.target.select(rows);
    let weights = test.weighted().map(in_a_unit);
    Ok(auc_estimate(&scores, test.signal(), weights.as_deref()))
}

/// Reads a recipe's files, trains, and writes the tagger as ONNX.
pub fn train_to_file(
    recipe: &Recipe,
    folder: &Path,
    out: &Path,
    seed: u64,
    job: &Job,
) -> Result<Trained, PipelineError> {
    let (files, data) = recipe.beside(folder);
    let source = Source::open(&files, &data)?.telling(recipe.needs())?;
    files::check_out(out, source.paths())?;
    let (events, account) = source.read_all(job)?;
    source.tell(job);
    source.tell_of_groups(job);
    account.tell(job);
    let mut trained = recipe.train(&events, seed, job)?;
    trained.account = account;
    write_model(&trained.graph, out)?;
    Ok(trained)
}

/// Writes a model in one piece or not at all.
pub fn write_model(graph: &Graph, out: &Path) -> Result<(), PipelineError> {
    let model = onnx::export(graph).map_err(|source| PipelineError::Model {
        path: out.to_owned(),
        source,
    })?;
    let bytes = model.encode();
    write_atomically(out, |file| std::io::Write::write_all(file, &bytes))?;
    Ok(())
}
