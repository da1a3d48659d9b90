//! Where the paths of methods begin, and what deleted numbers become.
//!
//! An event of zeros is the start where the network has a value there. The azimuth
//! of a momentum of zeros is none, and with it the score of a Particle Transformer:
//! then paths begin at the mean of the events that are explained, and it is said.

use pellucid_core::{Job, Tensor};
use pellucid_explain::method::Baseline;
use pellucid_explain::{Explained, Method};

use crate::PipelineError;

/// Events that are tried.
const TRIED: usize = 32;

/// The start for these inputs; what is held stays as the events have it.
pub(super) fn start(
    explained: &Explained,
    inputs: &[Tensor<f32>],
    job: &Job,
) -> Result<Baseline, PipelineError> {
    let events = inputs.first().map_or(0, Tensor::rows).min(TRIED);
    let rows: Vec<usize> = (0..events).collect();
    let mut zeros: Vec<Tensor<f32>> = inputs.iter().map(|x| x.select_rows(&rows)).collect();
    for &input in explained.free() {
        zeros[input].data_mut().fill(0.0);
    }
    let logits = explained.scores(&zeros, &job.quiet())?.logit;
    if logits.iter().all(|logit| logit.is_finite()) {
        return Ok(Baseline::Zeros);
    }
    job.note(
        "the network has no value where all its inputs are 0 (the azimuth of no momentum): paths begin at the mean of \
         the jets that are explained, and deleted numbers become that mean",
    );
    Ok(Baseline::Mean)
}

/// The method with this start, unless another one than zeros was asked for.
pub(super) fn from(method: &Method, start: &Baseline) -> Method {
    let mut method = method.clone();
    if let Some(own) = method.baseline_mut()
        && *own == Baseline::Zeros
    {
        own.clone_from(start);
    }
    method
}
