//! Trains a model as a settings file says: of jets, tables, fields, sets or graphs, for
//! classes or values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pellucid_core::statistics::{auc_estimate, effective_number, mean_estimate, variance};
use pellucid_core::target::{Target, Truth};
use pellucid_core::{Estimate, Job, Tensor};
use pellucid_data::write_atomically;
use pellucid_distill::split_by_group;
use pellucid_explain::{Explained, Inference, Question, Value};
use pellucid_network::layers::{Architecture, Events as Kind};
use pellucid_network::ops::{Add, Mul, Op};
use pellucid_network::train::{Dataset, Edges, History, Loss, Particles, Split, Training, fit};
use pellucid_network::{Graph, onnx};
use pellucid_observables::Standardise;
use pellucid_observables::jets::property::Property;
use serde::{Deserialize, Serialize};

use crate::PipelineError;
use crate::input_spec::demand::Demand;
use crate::input_spec::{Any, Input, InputSpec, KEY, graph};
use crate::provenance::FileId;
use crate::source::{Account, DataSettings, Events, Source, files};
use crate::tagger::Tagger;

/// A model to be trained: what it sees, what it is, how it learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// How events become the network's only input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// How events become each input, by its name, of a network with several.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, Input>,
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
    /// Where labels or values and groups are in the files.
    #[serde(default)]
    pub data: DataSettings,
}

fn default_shares() -> [f64; 2] {
    [0.8, 0.1]
}

/// What a model is worth on events that it has not seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Test {
    /// The measure: `auc` of two classes, `accuracy` of several, `r2` of values.
    pub measure: &'static str,
    /// Its value.
    pub value: Estimate,
}

/// A trained model and how well it does on the events it has not seen.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The network, its specification in its metadata.
    pub graph: Graph,
    /// What happened, epoch by epoch.
    pub history: History,
    /// How well it does on the test part.
    pub score: Test,
    /// The events of the test part, by position.
    pub test: Vec<usize>,
    /// What was read of the files, and what was left out.
    pub account: Account,
}

/// The key of a model's recipe in its metadata.
pub const RECIPE: &str = "pellucid.recipe";
/// The key of the files that it was trained on: name, size and SHA-256 of each.
pub const FILES: &str = "pellucid.files";
/// The key of the split of their events.
pub const SPLIT: &str = "pellucid.split";

/// What the network is to give.
struct Goal {
    outputs: usize,
    loss: Loss,
    targets: Vec<f32>,
    names: Vec<String>,
    /// Mean and scale of each value.
    standard: Vec<Standardise>,
}

impl Goal {
    /// Of events of this truth; values are standardised over the training part.
    fn of(target: &Target, train: &[usize], asked: Loss) -> Result<Self, PipelineError> {
        let wrong = |problem: String| {
            Err(PipelineError::Setting {
                setting: "training.loss".to_owned(),
                problem,
            })
        };
        let classes = |outputs: usize, targets: Vec<f32>, names: &[String], loss: Loss| Self {
            outputs,
            loss,
            targets,
            names: names.to_vec(),
            standard: Vec::new(),
        };
        match &target.truth {
            Truth::Two { names, signal } => match asked {
                Loss::BinaryCrossEntropy => {
                    let targets = signal.iter().map(|&label| f32::from(u8::from(label)));
                    Ok(classes(1, targets.collect(), &names[..1], asked))
                }
                _ => wrong("is not of two classes, expected binary-cross-entropy".to_owned()),
            },
            Truth::Classes {
                names,
                classes: places,
            } => match asked {
                Loss::BinaryCrossEntropy | Loss::CrossEntropy => {
                    let targets = places.iter().map(|&place| place as f32).collect();
                    Ok(classes(names.len(), targets, names, Loss::CrossEntropy))
                }
                _ => wrong("is of values, expected cross-entropy for several classes".to_owned()),
            },
            Truth::Values { names, values } => {
                let loss = match asked {
                    Loss::CrossEntropy => {
                        return wrong("is of classes, expected squared-error or huber for values".to_owned());
                    }
                    // What a recipe has that names none.
                    Loss::BinaryCrossEntropy => Loss::SquaredError,
                    loss => loss,
                };
                let of = |column: &Vec<f64>| {
                    let own: Vec<f64> = train.iter().map(|&event| column[event]).collect();
                    Standardise::of(own.into_iter())
                };
                let standard: Vec<Standardise> = values.iter().map(of).collect();
                let events = values.first().map_or(0, Vec::len);
                let each = (0..events).flat_map(|event| {
                    let columns = values.iter().zip(&standard);
                    columns.map(move |(column, standard)| standard.apply(column[event]) as f32)
                });
                Ok(Self {
                    outputs: values.len(),
                    loss,
                    targets: each.collect(),
                    names: names.clone(),
                    standard,
                })
            }
            Truth::None => Err(PipelineError::Setting {
                setting: "data.label".to_owned(),
                problem: "the events have neither classes nor values to learn; name a column: label = \"NAME\" or target = \
                          \"NAME\" in [data]"
                    .to_owned(),
            }),
        }
    }

    /// Puts behind the network what brings standardised values to their own units.
    fn undo(&self, graph: &mut Graph) -> Result<(), PipelineError> {
        if self.standard.is_empty() {
            return Ok(());
        }
        let output = graph.outputs()[0];
        let row = |of: fn(&Standardise) -> f64| {
            let numbers = self.standard.iter().map(|it| of(it) as f32).collect();
            Tensor::new(vec![self.standard.len()], numbers)
        };
        let scale = graph.constant("target.scale", row(|it| it.scale));
        let mean = graph.constant("target.mean", row(|it| it.mean));
        let scaled = graph.node("target.scaled", Op::from(Mul), &[output, scale])?[0];
        let value = graph.node("value", Op::from(Add), &[scaled, mean])?[0];
        graph.rename(value, "value");
        graph.set_outputs(vec![value]);
        Ok(())
    }
}

impl Recipe {
    /// What is asked of files that hold no jets; nothing of a recipe for jets.
    pub fn demand(&self) -> Result<Option<Demand>, PipelineError> {
        let spec = self.spec()?;
        Ok((!spec.of_jets()).then(|| spec.demand()))
    }

    /// What must be known of the constituents of jets.
    pub fn needs(&self) -> Vec<Property> {
        self.spec().map(|spec| spec.needs()).unwrap_or_default()
    }

    /// The specification of the network's inputs.
    fn spec(&self) -> Result<InputSpec, PipelineError> {
        let inputs = match (&self.input, self.inputs.is_empty()) {
            (Some(input), true) => [("input".to_owned(), input.clone())].into(),
            (None, false) => self.inputs.clone(),
            _ => {
                return Err(PipelineError::Setting {
                    setting: "input".to_owned(),
                    problem: "expected either a section [input], or a section [inputs.NAME] for each of several inputs"
                        .to_owned(),
                });
            }
        };
        let spec = InputSpec {
            inputs,
            output_names: Vec::new(),
        };
        spec.check()?;
        Ok(spec)
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
        self.train_of(events, [seed; 2], job)
    }

    /// The same with a seed of the split, and another of the weights and the order of
    /// events: trainings that differ in the second see the same events.
    pub fn train_of(
        &self,
        events: &Events,
        [of_split, seed]: [u64; 2],
        job: &Job,
    ) -> Result<Trained, PipelineError> {
        let mut spec = self.spec()?;
        let rest = 1.0 - self.shares[0] - self.shares[1];
        let parts = split_by_group(
            events.groups(),
            [self.shares[0], self.shares[1], rest],
            of_split,
        )?;
        for (part, rows) in [("training", &parts.train), ("test", &parts.test)] {
            check_part("shares", part, &events.target.select(rows), events.len())?;
        }
        spec.trained(&events.inputs.select(&parts.train))?;
        let goal = Goal::of(&events.target, &parts.train, self.training.loss)?;
        spec.output_names.clone_from(&goal.names);
        let (mut graph, mut dataset) = self.laid_out(&mut spec, events, goal.outputs, seed)?;
        dataset.targets.clone_from(&goal.targets);
        dataset.weights = events
            .target
            .weighted()
            .map(|weights| in_a_unit(weights).into_iter().map(|x| x as f32).collect());
        let split = Split {
            train: &parts.train,
            valid: &parts.valid,
        };
        let training = Training {
            seed,
            loss: goal.loss,
            ..self.training.clone()
        };
        let history = fit(&mut graph, &dataset, split, &training, job)?;
        drop(dataset);
        goal.undo(&mut graph)?;
        graph.metadata.push((KEY.to_owned(), spec.to_toml()));
        graph
            .metadata
            .push((RECIPE.to_owned(), toml::to_string(self).unwrap_or_default()));
        let counts = [&parts.train, &parts.valid, &parts.test].map(Vec::len);
        let split =
            serde_json::json!({ "seed": of_split, "shares": self.shares, "events": counts });
        graph.metadata.push((SPLIT.to_owned(), split.to_string()));
        let score = score(&graph, &events.select(&parts.test), job)?;
        Ok(Trained {
            graph,
            history,
            score,
            test: parts.test,
            account: Account::default(),
        })
    }

    /// The network before it learns, and the events as it takes them.
    fn laid_out(
        &self,
        spec: &mut InputSpec,
        events: &Events,
        outputs: usize,
        seed: u64,
    ) -> Result<(Graph, Dataset), PipelineError> {
        let wrong = |problem: &str| {
            Err(PipelineError::Setting {
                setting: "network.events".to_owned(),
                problem: problem.to_owned(),
            })
        };
        let lists = spec
            .inputs
            .values()
            .any(|input| matches!(input, Input::Any(Any::Graph(_))));
        if lists {
            let (name, input) = match spec.inputs.iter_mut().next() {
                Some((name, Input::Any(Any::Graph(graph)))) if self.inputs.len() < 2 => {
                    (name.clone(), graph)
                }
                _ => return wrong("a graph is a network's only input: found several inputs"),
            };
            if !input.edge_features.is_empty() {
                return Err(PipelineError::Setting {
                    setting: format!("inputs.{name}.edge_features"),
                    problem: "our layers of graphs have no features of edges; leave them out, or train elsewhere".to_owned(),
                });
            }
            input.onnx = graph::Names::ours();
            let kind = if input.edges.is_some() {
                Kind::Graphs
            } else {
                Kind::Ragged
            };
            if self.network.events != Kind::Fixed && self.network.events != kind {
                return wrong("the input is a graph: leave the setting out");
            }
            let network = self.network.clone().events(kind);
            let particles = particles(&name, input, events)?;
            let graph = network.build(&[input.nodes.len()], outputs, seed)?;
            let dataset = Dataset {
                particles: Some(particles),
                ..Dataset::default()
            };
            return Ok((graph, dataset));
        }
        if self.network.events != Kind::Fixed {
            return wrong("a recipe's events come as tensors of one shape: expected \"fixed\"");
        }
        let tensors = spec.apply(&events.inputs)?;
        let graph = if self.input.is_some() {
            self.network
                .build(&tensors[0].1.shape()[1..], outputs, seed)?
        } else {
            let shapes = tensors
                .iter()
                .map(|(name, it)| (name.clone(), it.shape()[1..].to_vec()));
            self.network
                .build_joined(&shapes.collect::<Vec<_>>(), outputs, seed)?
        };
        let dataset = Dataset {
            inputs: tensors.into_iter().map(|(_, tensor)| tensor).collect(),
            ..Dataset::default()
        };
        Ok((graph, dataset))
    }
}

/// Events of nodes and edges as a training takes them.
fn particles(
    name: &str,
    graph: &graph::Graph,
    events: &Events,
) -> Result<Particles, PipelineError> {
    let width = graph.nodes.len();
    let mut features = Vec::new();
    let (mut offsets, mut places) = (vec![0], vec![0]);
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for event in 0..events.len() {
        let one = graph.one(name, &events.inputs, event)?;
        features.extend(one.x);
        offsets.push(features.len() / width);
        from.extend(one.from.iter().map(|&node| node as u32));
        to.extend(one.to.iter().map(|&node| node as u32));
        places.push(from.len());
    }
    Ok(Particles {
        features: Tensor::new(vec![features.len() / width, width], features),
        offsets,
        edges: graph.edges.is_some().then_some(Edges {
            offsets: places,
            from,
            to,
        }),
    })
}

/// How well a network that says how its inputs are made does on events.
fn score(graph: &Graph, events: &Events, job: &Job) -> Result<Test, PipelineError> {
    let tagger = Tagger::new(Path::new("the trained model"), graph.clone(), None)?;
    let several = matches!(
        events.target.truth,
        Truth::Classes { .. } | Truth::Values { .. }
    );
    let question = Question {
        class: several.then_some(0),
        value: Value::Probability,
        ..tagger.question(None, &[])?
    };
    let explained = Explained::asking(graph, &question, Inference::default())?;
    let explained = match tagger.lists() {
        Some(lists) => explained.with_lists(lists),
        None => explained,
    };
    let outputs = explained.predict(&tagger.inputs(&events.inputs)?, &job.quiet())?;
    let width = outputs.row_len().max(1);
    let column = |place: usize| -> Vec<f64> {
        let own = outputs.data().iter().skip(place).step_by(width);
        own.map(|&x| f64::from(x)).collect()
    };
    let weights = events.target.weighted().map(in_a_unit);
    let weights = weights.as_deref();
    Ok(match &events.target.truth {
        Truth::Classes { classes, .. } => {
            let right = |(event, &class): (usize, &usize)| {
                let row = outputs.row(event);
                let taken = (0..width).fold(0, |best, i| if row[i] > row[best] { i } else { best });
                f64::from(u8::from(taken == class))
            };
            let right: Vec<f64> = classes.iter().enumerate().map(right).collect();
            Test {
                measure: "accuracy",
                value: mean_estimate(&right, weights),
            }
        }
        Truth::Values { values, .. } => {
            let (truth, given) = (&values[0], column(0));
            let squares = truth.iter().zip(&given).map(|(y, f)| (y - f).powi(2));
            let square = mean_estimate(&squares.collect::<Vec<_>>(), weights);
            let spread = variance(truth, weights);
            Test {
                measure: "r2",
                value: Estimate::new(1.0 - square.value / spread, square.error / spread),
            }
        }
        _ => Test {
            measure: "auc",
            value: auc_estimate(&column(0), events.target.signal(), weights),
        },
    })
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

/// Reads a recipe's files, trains, and writes the tagger as ONNX.
pub fn train_to_file(
    recipe: &Recipe,
    folder: &Path,
    out: &Path,
    seed: u64,
    job: &Job,
) -> Result<Trained, PipelineError> {
    let (files, data) = recipe.beside(folder);
    let source = match recipe.demand()? {
        Some(demand) => Source::of(&files, &data, demand, false)?,
        None => Source::open(&files, &data)?.telling(recipe.needs())?,
    };
    files::check_out(out, source.paths())?;
    let (events, account) = source.read_all(job)?;
    source.tell(job);
    source.tell_of_groups(job);
    account.tell(job);
    let mut trained = recipe.train(&events, seed, job)?;
    trained.account = account;
    let read = source
        .paths()
        .into_iter()
        .map(FileId::of)
        .collect::<Result<Vec<_>, _>>()?;
    let read = serde_json::to_string(&read).unwrap_or_default();
    trained.graph.metadata.push((FILES.to_owned(), read));
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
