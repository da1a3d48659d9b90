//! A prepared model: a network, and how events become its inputs.

use std::path::{Path, PathBuf};

use pellucid_core::inputs::Inputs;
use pellucid_core::model::{Level, Model, ModelError, Outputs, Precision};
use pellucid_core::{Job, Tensor};
use pellucid_explain::{Explained, Lists, Question};
use pellucid_network::graph::show;
use pellucid_network::transform::columns;
use pellucid_network::{Dim, Graph};
use pellucid_observables::Representation;
use pellucid_observables::jets::Jets;
use pellucid_observables::jets::property::Property;
use pellucid_observables::particles::Cut;

use rayon::prelude::*;

use crate::PipelineError;
use crate::input_spec::graph::{self, One};
use crate::input_spec::{Any, Input, InputSpec, Port, Untold, sentences};
use crate::settings::most_like;

/// A tagger: its graph and how jets become its inputs.
#[derive(Debug, Clone)]
pub struct Tagger {
    /// Where it comes from.
    pub path: PathBuf,
    /// The network.
    pub graph: Graph,
    /// What is given to each input, in the order of the graph's inputs.
    pub ports: Vec<Port>,
    /// How they are made of jets, in the same order; empty where they are not.
    pub representations: Vec<Representation>,
    /// The same by name.
    pub spec: InputSpec,
    /// The variables that the files at hand do not tell.
    pub untold: Vec<Untold>,
}

impl Tagger {
    /// Reads an ONNX file; `spec`, if given, stands before what the file says
    /// of itself.
    pub fn read(path: &Path, spec: Option<&InputSpec>) -> Result<Self, PipelineError> {
        Self::new(path, crate::model::read(path)?, spec)
    }

    /// A graph in memory, with the path it is (or will be) kept at.
    pub fn new(path: &Path, graph: Graph, spec: Option<&InputSpec>) -> Result<Self, PipelineError> {
        let mut spec = match spec {
            Some(spec) => spec.clone(),
            None => InputSpec::of_model(&graph, path)?.ok_or_else(|| {
                let inputs: Vec<String> = graph
                    .inputs()
                    .iter()
                    .map(|&id| format!("{} {}", graph.value(id).name, show(graph.shape(id))))
                    .collect();
                PipelineError::NoInputs {
                    path: path.to_owned(),
                    inputs: inputs.join(", "),
                    example: example(&graph),
                }
            })?,
        };
        let found = spec.for_model(&graph, path)?;
        let inputs = found
            .iter()
            .map(|port| (port.name.clone(), port.input.clone()));
        spec.inputs = inputs.collect();
        let untold = spec.untold(|_| true);
        let jets = found.iter().filter_map(|port| port.input.jets().cloned());
        Ok(Self {
            path: path.to_owned(),
            graph,
            representations: jets.collect(),
            ports: found,
            spec,
            untold,
        })
    }

    /// How the model is made of jets at an input, if it is.
    pub fn representation(&self, input: usize) -> Option<&Representation> {
        self.ports.get(input)?.input.jets()
    }

    /// How events of different length lie in its tensors, if they do.
    pub fn lists(&self) -> Option<Lists> {
        let any = self.ports.iter().any(Port::is_list);
        any.then(|| Lists {
            sides: self.ports.iter().map(Port::sides).collect(),
        })
    }

    /// What of the constituents is known of the files at hand: variables that need
    /// more have their pad value. Returns what is to be read.
    pub fn knowing(&mut self, known: impl Fn(Property) -> bool) -> Vec<Property> {
        self.untold = self.spec.untold(&known);
        let wished = self.spec.wishes().into_iter().filter(|&p| known(p));
        self.spec.needs().into_iter().chain(wished).collect()
    }

    /// Tells which variables have their pad value.
    pub fn tell(&self, job: &Job) {
        for sentence in sentences(&self.untold) {
            job.note(&sentence);
        }
    }

    /// The name of an input of the model.
    pub fn input_name(&self, input: usize) -> &str {
        let id = self.graph.inputs().get(input);
        id.map_or("", |&id| &self.graph.value(id).name)
    }

    /// Whether a feature of an input, by its place among the names, is told.
    pub fn tells(&self, input: usize, feature: &str) -> bool {
        let name = self.specified(input);
        !self
            .untold
            .iter()
            .any(|one| one.input == name && one.variable == feature)
    }

    /// What an input is called in the specification.
    fn specified(&self, input: usize) -> &str {
        let name = self.input_name(input);
        match self.spec.inputs.keys().next() {
            Some(only) if self.spec.inputs.len() == 1 => only,
            _ => name,
        }
    }

    /// Whether an input is the same for all jets or says no more than which places
    /// hold a particle: such an input is held where others are explained.
    pub fn is_held(&self, input: usize) -> bool {
        let Some(representation) = self.representation(input) else {
            use graph::Part;
            let part = self.ports[input].part;
            return !matches!(part, None | Some(Part::X | Part::EdgeAttr));
        };
        representation.is_mask()
            || match representation {
                Representation::Particles(list) => {
                    !list.mask && list.features.iter().all(|e| !self.tells(input, &e.name))
                }
                _ => false,
            }
    }

    /// What is asked: a class, the ratio of two (`outputs`, by name or by place), or
    /// the model's only score; inputs that are masks are held.
    pub fn question(
        &self,
        class: Option<usize>,
        outputs: &[String],
    ) -> Result<Question, PipelineError> {
        let places = outputs
            .iter()
            .map(|name| self.output(name))
            .collect::<Result<Vec<usize>, _>>()?;
        let (class, against) = match places[..] {
            [] => (class, None),
            [one] => (Some(one), None),
            [one, other] if one != other => (Some(one), Some(other)),
            _ => {
                return Err(wrong(format!(
                    "found {}, expected one output, or two different ones with a comma between them",
                    outputs.join(",")
                )));
            }
        };
        let inputs = 0..self.ports.len();
        let held = inputs.filter(|&input| self.is_held(input));
        Ok(Question {
            class,
            against,
            hold: held
                .map(|input| self.input_name(input).to_owned())
                .collect(),
            ..Question::default()
        })
    }

    /// The place of an output in a row, by its name or its number.
    fn output(&self, name: &str) -> Result<usize, PipelineError> {
        let names = &self.spec.output_names;
        if let Some(place) = names.iter().position(|known| known == name) {
            return Ok(place);
        }
        let count = self
            .graph
            .outputs()
            .first()
            .and_then(|&id| columns(&self.graph, id).known());
        if let Ok(place) = name.parse::<usize>()
            && count.is_none_or(|count| place < count)
        {
            return Ok(place);
        }
        let count = count.map_or_else(|| "several".to_owned(), |count| count.to_string());
        Err(wrong(
            match most_like(name, names.iter().map(String::as_str)) {
                Some(nearest) => format!(
                    "no output is called `{name}`; did you mean `{nearest}`? There are: {}",
                    names.join(", ")
                ),
                None => format!(
                    "no output is called `{name}`: the specification names none; give places, from 0, of the {count} \
                 numbers of the output, or `output_names = [\"…\", …]` beside the sections [inputs.NAME]"
                ),
            },
        ))
    }

    /// What is explained, as a formula in LaTeX; the logit of a model with a single
    /// score.
    pub fn explained(&self, question: &Question) -> Option<String> {
        let name = |place: usize| {
            let known = self.spec.output_names.get(place).cloned();
            let name = known.unwrap_or_else(|| place.to_string());
            name.replace('_', "\\_").replace(['$', '{', '}'], "")
        };
        let p = |place| format!("p_{{\\mathrm{{{}}}}}", name(place));
        match (question.class, question.against) {
            (Some(one), Some(other)) => Some(format!("\\ln({} / {})", p(one), p(other))),
            (Some(one), None) => Some(format!("\\mathrm{{logit}}\\,{}", p(one))),
            _ => None,
        }
    }

    /// What its lists leave out of these jets, one entry for each input.
    pub fn cuts(&self, jets: &Jets) -> Vec<Cut> {
        self.representations.iter().map(|it| it.cut(jets)).collect()
    }

    /// The model's inputs for these events; of events with lists of their own length all
    /// of one shape, and their lengths behind (see [`Lists`]).
    pub fn inputs(&self, events: &Inputs) -> Result<Vec<Tensor<f32>>, PipelineError> {
        if self.spec.of_jets() {
            // Jets are made once for all views of them.
            let jets = Jets::try_from(events)?;
            let made = self.representations.iter();
            return made.map(|it| Ok(it.apply(&jets)?)).collect();
        }
        let mut made: Vec<(&str, Vec<One>)> = Vec::new();
        let mut tensors = Vec::with_capacity(self.ports.len() + 1);
        for port in &self.ports {
            match (&port.input, port.part) {
                (Input::Any(Any::Graph(graph)), Some(part)) => {
                    let place = made.iter().position(|(name, _)| *name == port.name);
                    let place = if let Some(place) = place {
                        place
                    } else {
                        let of = |event| graph.one(&port.name, events, event);
                        let graphs = (0..events.len()).into_par_iter().map(of);
                        made.push((&port.name, graphs.collect::<Result<_, _>>()?));
                        made.len() - 1
                    };
                    tensors.push(graph::part(graph, part, &made[place].1));
                }
                (input, _) => {
                    let tensor = input.tensor(&port.name, events)?;
                    let shape = tensor.shape().to_vec();
                    tensors.push(match self.lists() {
                        // One event by itself is a batch of one.
                        Some(_) => tensor.reshape([&[shape[0], 1], &shape[1..]].concat()),
                        None => tensor,
                    });
                }
            }
        }
        if self.lists().is_some() {
            let lengths = made.iter().flat_map(|(name, graphs)| {
                let width = self.ports.iter().find_map(|port| match &port.input {
                    Input::Any(Any::Graph(graph)) if port.name == *name => Some(graph.nodes.len()),
                    _ => None,
                });
                let width = width.unwrap_or(1);
                graphs
                    .iter()
                    .flat_map(move |one| [(one.x.len() / width) as f32, one.from.len() as f32])
            });
            tensors.push(Tensor::new(vec![events.len(), 2], lengths.collect()));
        }
        Ok(tensors)
    }
}

/// A prepared model with what is explained of it: a [`Model`], whose number is the value
/// explained.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<'a> {
    /// How events become the network's inputs.
    pub tagger: &'a Tagger,
    /// The network.
    pub explained: &'a Explained,
}

impl Model for Prepared<'_> {
    fn score(
        &self,
        inputs: &Inputs,
        precision: Precision,
        job: &Job,
    ) -> Result<Outputs, ModelError> {
        // The network was prepared for one precision.
        let own = self.explained.inference().precision;
        if precision != own {
            return Err(
                format!("asked in {precision:?}, the network was prepared for {own:?}").into(),
            );
        }
        let tensors = self.tagger.inputs(inputs)?;
        Ok(Outputs {
            level: Level::Event,
            names: vec![self.explained.output_name()],
            columns: vec![self.explained.scores(&tensors, job)?.logit],
        })
    }
}

fn wrong(problem: String) -> PipelineError {
    PipelineError::Setting {
        setting: "outputs".to_owned(),
        problem,
    }
}

/// A section that could begin the specification of the model's first input.
fn example(graph: &Graph) -> String {
    let Some(&id) = graph.inputs().first() else {
        return String::new();
    };
    let sides: Vec<Option<usize>> = graph.shape(id).iter().skip(1).map(Dim::known).collect();
    let name = &graph.value(id).name;
    let bare = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let name = if bare {
        name.clone()
    } else {
        format!("\"{name}\"")
    };
    let body = match sides[..] {
        [Some(channels), Some(height), Some(width)] if channels == 1 && height == width => {
            format!("kind = \"image\"\npixels = {height}\nhalf_width = 0.8")
        }
        [features, count] => {
            let count = count.unwrap_or(100);
            let seven = match features {
                Some(2) => "features = \"weaver-points\"",
                Some(4) => "features = \"weaver-vectors\"",
                Some(7) => "features = \"particle-net\"",
                Some(1) => "features = [\"mask\"]",
                _ => "features = [\"log_pt\", \"delta_eta\", \"delta_phi\"]",
            };
            format!("kind = \"particles\"\ncount = {count}\n{seven}")
        }
        _ => "kind = \"scalars\"\nobservables = [\"mass\", \"girth\"]".to_owned(),
    };
    format!("[inputs.{name}]\n{body}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_network::Dim;
    use pellucid_network::graph::Type;
    use pellucid_network::ops::{Concat, GlobalAveragePool, Reshape, Softmax};

    /// Points, features and mask, joined into four probabilities.
    fn model() -> Graph {
        let mut graph = Graph::new();
        let input = |graph: &mut Graph, name: &str, features: usize| {
            let shape = vec![Dim::symbol("N"), features.into(), Dim::symbol("n_pf")];
            graph.input(name, Type::real(shape))
        };
        let all = [
            input(&mut graph, "pf_points", 2),
            input(&mut graph, "pf_features", 1),
            input(&mut graph, "pf_mask", 1),
        ];
        let joined = graph.push(Concat { axis: 1 }, &all).unwrap();
        let mean = graph.push(GlobalAveragePool, &[joined]).unwrap();
        let shape = vec![Dim::symbol("N"), 4.into()];
        let flat = graph.push(Reshape { shape }, &[mean]).unwrap();
        let softmax = graph.push(Softmax { axis: 1 }, &[flat]).unwrap();
        graph.set_outputs(vec![softmax]);
        graph
    }

    fn tagger() -> Tagger {
        let spec: InputSpec = crate::settings::parse(
            "output_names = ['A', 'B', 'C', 'D']\n\
             [inputs.pf_points]\nkind = 'particles'\ncount = 10\nfeatures = 'weaver-points'\n\
             [inputs.pf_features]\nkind = 'particles'\ncount = 10\nfeatures = ['pfcand_quality']\nmissing = 'pad'\n\
             [inputs.pf_vectors]\nkind = 'particles'\ncount = 10\nfeatures = 'weaver-vectors'\n\
             [inputs.pf_mask]\nkind = 'mask'\ncount = 10\n",
        )
        .unwrap();
        Tagger::new(Path::new("m.onnx"), model(), Some(&spec)).unwrap()
    }

    #[test]
    fn masks_and_what_nobody_tells_are_held() {
        let tagger = tagger();
        let question = tagger
            .question(None, &["B".to_owned(), "0".to_owned()])
            .unwrap();
        assert_eq!(question.hold, ["pf_features", "pf_mask"]);
        assert_eq!((question.class, question.against), (Some(1), Some(0)));
        let said = tagger.explained(&question).unwrap();
        assert_eq!(said, "\\ln(p_{\\mathrm{B}} / p_{\\mathrm{A}})");
        // The model has no use for the vectors.
        assert_eq!(tagger.spec.inputs.len(), 3);
    }

    #[test]
    fn a_mistyped_output_is_met_with_the_nearest() {
        let tagger = tagger();
        let ask = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            tagger.question(None, &names).unwrap_err().to_string()
        };
        assert!(ask(&["AA", "B"]).contains("did you mean `A`?"));
        assert!(ask(&["A", "7"]).contains('7'));
        assert!(ask(&["A", "A"]).contains("different"));
        assert!(ask(&["A", "B", "C"]).contains("one output, or two"));
    }

    #[test]
    fn a_model_that_says_nothing_is_met_with_a_section_that_can_be_read() {
        let message = Tagger::new(Path::new("m.onnx"), model(), None)
            .unwrap_err()
            .to_string();
        let section = message.split_once("such as\n\n").unwrap().1;
        let section = section.split("\n\n").next().unwrap();
        let spec: InputSpec = crate::settings::parse(section).unwrap();
        assert!(spec.inputs.contains_key("pf_points") && spec.check().is_ok());
    }
}
