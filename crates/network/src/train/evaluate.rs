//! A network's outputs for many events, batch by batch.

use pellucid_core::{Job, Tensor};

use super::Particles;
use super::batch::Events;
use crate::error::NetworkError;
use crate::exec::Executor;

/// Output 0 for every event, event after event, in batches of at most `batch`.
pub fn evaluate(
    executor: &mut Executor<f32>,
    inputs: &[&Tensor<f32>],
    batch: usize,
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
    let rows: Vec<usize> = (0..inputs.first().map_or(0, |input| input.rows())).collect();
    let events = Events::Rows(inputs.to_vec());
    predict(executor, &events, &rows, batch, &Job::silent())
}

/// The same for events of any number of particles.
pub fn evaluate_particles(
    executor: &mut Executor<f32>,
    particles: &Particles,
    batch: usize,
) -> Result<Vec<f32>, NetworkError> {
    particles.check()?;
    let rows: Vec<usize> = (0..particles.events()).collect();
    let events = Events::Particles(particles);
    predict(executor, &events, &rows, batch, &Job::silent())
}

/// Output 0 for these rows.
pub(crate) fn predict(
    executor: &mut Executor<f32>,
    events: &Events<'_>,
    rows: &[usize],
    batch: usize,
    job: &Job,
) -> Result<Vec<f32>, NetworkError> {
    let mut out = Vec::new();
    let mut buffers = Vec::new();
    for rows in rows.chunks(batch.max(1)) {
        job.check()?;
        events.gather(rows, &mut buffers);
        executor.run(&buffers.iter().collect::<Vec<_>>())?;
        out.extend_from_slice(executor.output(0).1);
    }
    Ok(out)
}
