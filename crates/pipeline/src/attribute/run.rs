//! From a model and a file of arrays to a file of attributions.

use pellucid_core::{Job, Tensor};
use pellucid_data::npz;
use pellucid_explain::{Attribution, Explained, Inference, Method};
use pellucid_network::Graph;
use serde::Serialize;

use super::arrays::Arrays;
use super::baseline::Start;
use super::method::{from_baseline, method, wrong};
use super::request::Request;
use super::result::Found;
use super::targets::{Group, Targets};
use crate::{PipelineError, model};

/// What was done, in a few numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The method.
    pub method: String,
    /// How many events were explained.
    pub events: usize,
    /// The largest modulus of what completeness misses.
    pub largest_residual: f64,
    /// The mean modulus of the explained value.
    pub mean_explained: f64,
    /// Events whose attributions or explained value are not finite; they are in no other
    /// number here.
    pub not_finite: usize,
    /// The bytes that the runs of the network were planned to hold at once, weights
    /// included; inputs and results come on top.
    pub memory: usize,
}

/// Explains the events of a file by a method and writes the result.
pub fn attribute(request: &Request, job: &Job) -> Result<Summary, PipelineError> {
    let method = method(&request.method)?;
    let file = model::File::read(&request.model)?;
    let arrays = Arrays::read(&request.inputs)?;
    let ports = file.inputs()?;
    let inputs = arrays.inputs(&ports, &request.hold)?;
    let shapes: Vec<&[usize]> = inputs.iter().map(Tensor::shape).collect();
    let graph = file.network(&shapes)?;
    let targets = Targets::asked(request, &graph, &arrays)?;
    let mut request = request.clone();
    // Truth values are held by themselves, as integers are.
    let truth = ports.into_iter().filter(|port| port.truth);
    request.hold.extend(truth.map(|port| port.name));
    let task = Task {
        request: &request,
        graph: &graph,
        inputs: &inputs,
        arrays: &arrays,
        method,
    };
    let (found, memory) = task.run(&targets, job)?;
    job.check()?;
    npz::write(&request.out, &found.arrays(request.precision))?;
    let explained = &found.attribution.explained;
    let sums = &found.attribution.sums;
    let finite = |event: usize| sums[event].is_finite() && explained[event].is_finite();
    let moduli = |numbers: &[f64]| -> Vec<f64> {
        let finite = numbers
            .iter()
            .enumerate()
            .filter(|(event, _)| finite(*event));
        finite.map(|(_, x)| x.abs()).collect()
    };
    Ok(Summary {
        method: task.method.name().to_owned(),
        events: explained.len(),
        largest_residual: moduli(&found.residual()).into_iter().fold(0.0, f64::max),
        mean_explained: pellucid_core::statistics::mean(&moduli(explained), None),
        not_finite: (0..explained.len()).filter(|&event| !finite(event)).count(),
        memory,
    })
}

struct Task<'a> {
    request: &'a Request,
    graph: &'a Graph,
    inputs: &'a [Tensor<f64>],
    arrays: &'a Arrays,
    method: Method,
}

impl Task<'_> {
    /// What is found, and the bytes that its runs took.
    fn run(&self, targets: &Targets, job: &Job) -> Result<(Found, usize), PipelineError> {
        let first = match targets {
            Targets::All(class) => *class,
            Targets::Rows(rows) => rows.first().copied(),
        };
        let model = self.model(first)?;
        let output = model.predict(self.inputs, job)?;
        let groups = targets.groups(&model.output_name(), output.shape())?;
        if groups.len() > 1 && !model.apart() {
            return Err(wrong(
                "--targets-from",
                "the rows of this model's inputs are not events that can run apart; explain one \
                 --target after the other"
                    .to_owned(),
            ));
        }
        let asked = &self.request.method.baseline;
        let start = match asked.as_slice() {
            [] => None,
            asked => Some(Start::asked(asked, &model, self.inputs, self.arrays)?),
        };
        let (attribution, memory) = self.groups(model, &groups, start.as_ref(), job)?;
        let names = self.names(&attribution)?;
        let found = Found {
            inputs: self.graph.inputs().len(),
            names,
            output,
            attribution,
        };
        Ok((found, memory))
    }

    /// The model with one number of its output to explain.
    fn model(&self, class: Option<usize>) -> Result<Explained, PipelineError> {
        let question = self.request.question(class);
        let inference = Inference {
            precision: self.request.precision,
            batch: None,
            memory: self.request.memory,
        };
        // A named node must not be folded away.
        Ok(if self.method.explains_inner_values() {
            Explained::asking_unfolded(self.graph, &question, inference)?
        } else {
            Explained::asking(self.graph, &question, inference)?
        })
    }

    /// Every group's events, put back in their order, and the bytes that the
    /// runs of the largest group took.
    fn groups(
        &self,
        first: Explained,
        groups: &[Group],
        start: Option<&Start>,
        job: &Job,
    ) -> Result<(Attribution<f64>, usize), PipelineError> {
        let mut most = 0;
        let mut model = Some(first);
        let mut all: Option<Attribution<f64>> = None;
        let mut order = Vec::new();
        for group in groups {
            // The first model was made to know the output; its class may be another.
            let model = match model.take() {
                Some(model) if group.rows.is_none() => model,
                _ => self.model(group.class)?,
            };
            let baseline = start.map(|start| start.of(group.rows.as_deref()));
            let method = from_baseline(&self.method, baseline);
            let explainer = model.prepare(&method)?;
            let Some(rows) = &group.rows else {
                let memory = explainer.memory(self.inputs)?;
                return Ok((explainer.explain(self.inputs, job)?, memory));
            };
            let inputs: Vec<Tensor<f64>> = self
                .inputs
                .iter()
                .enumerate()
                .map(|(i, input)| model.select(i, input, rows))
                .collect();
            most = most.max(explainer.memory(&inputs)?);
            let found = explainer.explain(&inputs, job)?;
            order.extend_from_slice(rows);
            match &mut all {
                None => all = Some(found),
                Some(all) => all.append(found),
            }
        }
        let mut places: Vec<usize> = (0..order.len()).collect();
        places.sort_by_key(|&place| order[place]);
        let all = all.ok_or_else(|| wrong("--targets-from", "it holds no targets".to_owned()))?;
        Ok((all.select(&places), most))
    }

    /// The input that each tensor belongs to.
    fn names(&self, found: &Attribution<f64>) -> Result<Vec<Option<String>>, PipelineError> {
        if self.method.explains_inner_values() {
            return Ok(vec![None; found.values.len()]);
        }
        let free = self.request.question(None).free(self.graph)?;
        let inputs = self.graph.inputs();
        let name = |i: usize| Some(self.graph.value(inputs[i]).name.clone());
        Ok(free.into_iter().map(name).collect())
    }
}
