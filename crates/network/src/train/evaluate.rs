//! A network's outputs for many events, batch by batch.

use pellucid_core::{Job, Tensor};

use super::batch::gather;
use crate::error::NetworkError;
use crate::exec::Executor;

/// Output 0 for every event, event after event, in batches of at most `batch`.
pub fn evaluate(
    executor: &mut Executor<f32>,
    inputs: &[&Tensor<f32>],
    batch: usize,
) -> Result<Vec<f32>, NetworkError> {
    let events = inputs.first().map_or(0, |input| input.rows());
    let rows: Vec<usize> = (0..events).collect();
    predict(executor, inputs, &rows, batch, &Job::silent())
}

/// Output 0 for these rows.
pub(crate) fn predict(
    executor: &mut Executor<f32>,
    inputs: &[&Tensor<f32>],
    rows: &[usize],
    batch: usize,
    job: &Job,
) -> Result<Vec<f32>, NetworkError> {
    if let Some(odd) = inputs.iter().find(|input| input.rows() != inputs[0].rows()) {
        return Err(NetworkError::Settings {
            what: "inputs".to_owned(),
            problem: format!(
                "one has {} events, another {}",
                inputs[0].rows(),
                odd.rows()
            ),
        });
    }
    let mut out = Vec::new();
    let mut buffers: Vec<Tensor<f32>> = Vec::new();
    for rows in rows.chunks(batch.max(1)) {
        job.check()?;
        if buffers
            .first()
            .is_none_or(|buffer| buffer.rows() != rows.len())
        {
            buffers = inputs
                .iter()
                .map(|input| {
                    let mut shape = input.shape().to_vec();
                    if let Some(first) = shape.first_mut() {
                        *first = rows.len();
                    }
                    Tensor::full(shape, 0.0)
                })
                .collect();
        }
        for (from, into) in inputs.iter().zip(&mut buffers) {
            gather(from, rows, into);
        }
        executor.run(&buffers.iter().collect::<Vec<_>>())?;
        out.extend_from_slice(executor.output(0).1);
    }
    Ok(out)
}
