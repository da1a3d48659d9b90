//! Any number of events for a model that was exported for a fixed number.
//!
//! `attribute` runs such a model as often as the events need. A file cannot call itself, so the
//! model is read once more with the number of events left open. That it treats events alike and
//! apart then is what the shapes of all its operations must say, and is tried on some events:
//! both must give the same numbers. Where they do not, the file takes as many events as the
//! model, and that is told.

use pellucid_core::{Job, Tensor};
use pellucid_explain::{Explained, Inference, Question};
use pellucid_network::check::inputs as example;
use pellucid_network::graph::Dim;

use crate::PipelineError;
use crate::model::{File, Sizes};

/// The side of the events, where a file did not name it.
const EVENTS: &str = "events";

/// How far two runs of one model may be apart: rounding of single precision, in another order.
const ROUNDING: f64 = 1e-4;

/// What became of the batch.
#[derive(Debug)]
pub struct Freed {
    /// The model for any number of events, if it was not one before.
    pub model: Option<Explained>,
    /// What is to be told.
    pub note: Option<String>,
}

/// The model for any number of events, where it was exported for a fixed one.
pub fn freed(
    file: &File,
    sizes: &Sizes,
    fixed: &Explained,
    question: &Question,
    job: &Job,
) -> Result<Freed, PipelineError> {
    let graph = fixed.graph();
    let first = graph
        .inputs()
        .first()
        .and_then(|&id| graph.shape(id).first());
    let Some(count) = first.and_then(Dim::known).filter(|_| fixed.by_events()) else {
        return Ok(Freed {
            model: None,
            note: None,
        });
    };
    let free = file.clone().of_any_batch(EVENTS).and_then(|file| {
        let graph = file.sized(sizes, question.output.as_deref()).ok()?;
        let free = Explained::asking(&graph, question, Inference::default()).ok()?;
        let open = free.graph().inputs().first().is_some_and(|&id| {
            let side = free.graph().shape(id).first();
            side.is_some_and(|side| side.known().is_none())
        });
        (open && free.apart()).then_some(free)
    });
    let same = match &free {
        Some(free) => agree(fixed, free, job)?,
        None => false,
    };
    if same {
        return Ok(Freed {
            model: free,
            note: None,
        });
    }
    let events = if count == 1 { "event" } else { "events" };
    Ok(Freed {
        model: None,
        note: Some(format!(
            "the file takes exactly {count} {events} a run, as the model does; for any number, \
             export the model with an open batch (in PyTorch `dynamic_shapes` or `dynamic_axes`)"
        )),
    })
}

/// Whether two versions of a model give the same on some events.
fn agree(fixed: &Explained, free: &Explained, job: &Job) -> Result<bool, PipelineError> {
    let Ok(inputs) = example::<f64>(free.graph()) else {
        return Ok(false);
    };
    let (Ok(one), Ok(other)) = (fixed.predict(&inputs, job), free.predict(&inputs, job)) else {
        job.check()?;
        return Ok(false);
    };
    Ok(same(&one, &other))
}

/// Whether two tensors are the same to rounding, and say something: all of their numbers
/// are finite.
fn same(one: &Tensor<f64>, other: &Tensor<f64>) -> bool {
    let largest = one.data().iter().fold(0.0_f64, |max, x| max.max(x.abs()));
    one.shape() == other.shape()
        && one
            .data()
            .iter()
            .zip(other.data())
            .all(|(a, b)| a.is_finite() && (a - b).abs() <= ROUNDING * largest)
}
