//! How far a written explanation is from what `attribute` gives for some events.

use std::fmt;
use std::path::{Path, PathBuf};

use pellucid_core::{Job, Tensor};
use pellucid_explain::{Explained, Method};
use pellucid_network::Graph;
use serde::Serialize;

use crate::PipelineError;
use crate::attribute::arrays::Arrays;
use crate::model::Input;

/// Events to compare on.
#[derive(Debug)]
pub struct Events {
    path: PathBuf,
    inputs: Vec<Tensor<f64>>,
}

/// The largest difference of two attributions of the same events.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The file of the events.
    pub data: PathBuf,
    /// How many there are.
    pub events: usize,
    /// The largest difference, as a share of the largest attribution.
    pub largest: f64,
    /// The steps that `attribute` took, the fewest and the most of an event.
    pub steps: Option<[u32; 2]>,
}

impl Events {
    /// Reads the model's inputs from a file.
    pub fn read(path: &Path, ports: &[Input], hold: &[String]) -> Result<Self, PipelineError> {
        let arrays = Arrays::read(path)?;
        Ok(Self {
            path: path.to_owned(),
            inputs: arrays.inputs(ports, hold)?.tensors,
        })
    }
}

/// Runs the written network, and the method as `attribute` does.
pub fn measured(
    written: &Graph,
    model: &Explained,
    asked: &Method,
    events: &Events,
    job: &Job,
) -> Result<Difference, PipelineError> {
    let inputs = &events.inputs;
    let expected = model.explain(asked, inputs, job)?;
    let (mut largest, mut scale) = (0.0_f64, 0.0_f64);
    for (output, values) in written.outputs().iter().zip(&expected.values) {
        let mut map = written.clone();
        map.set_outputs(vec![*output]);
        let found = model.outputs_of(&map, inputs, job)?;
        for (a, b) in found.data().iter().zip(values.data()) {
            if b.is_finite() {
                // What is not finite in the file alone is as far as can be.
                let off = (a - b).abs();
                largest = largest.max(if off.is_finite() { off } else { f64::INFINITY });
                scale = scale.max(b.abs());
            }
        }
    }
    let steps = expected
        .steps
        .as_ref()
        .and_then(|steps| Some([*steps.iter().min()?, *steps.iter().max()?]));
    Ok(Difference {
        data: events.path.clone(),
        events: model.events(inputs)?,
        largest: if largest == 0.0 { 0.0 } else { largest / scale },
        steps,
    })
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            data,
            events,
            largest,
            steps,
        } = self;
        let data = data.display();
        write!(
            f,
            "the {events} events of {data} the largest difference is {largest:.1e} of the largest attribution"
        )?;
        match steps {
            Some([few, many]) if few == many => write!(f, ", with {few} steps there"),
            Some([few, many]) => write!(f, ", with {few} to {many} steps there"),
            None => Ok(()),
        }
    }
}
