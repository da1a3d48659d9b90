//! Numbers of the tensors that a network is given, exchanged between events.

use pellucid_core::{Job, Tensor};

use super::{Exchange, Shuffle};
use crate::error::{ExplainError, one_per_event};
use crate::explained::Explained;
use crate::group::Group;

/// Events scored at a time, so that no second copy of all inputs is made.
const BATCH: usize = 4096;

/// A network, the tensors of some events, and groups of their numbers.
#[derive(Debug)]
pub struct Elements<'a> {
    model: &'a Explained,
    inputs: &'a [Tensor<f32>],
    groups: &'a [Group],
    events: usize,
}

impl<'a> Elements<'a> {
    /// An error if inputs differ in their events, or a group has numbers that no input
    /// has.
    pub fn new(
        model: &'a Explained,
        inputs: &'a [Tensor<f32>],
        groups: &'a [Group],
    ) -> Result<Self, ExplainError> {
        let events = inputs.first().map_or(0, Tensor::rows);
        for input in inputs {
            one_per_event("rows of a model input", events, input.rows())?;
        }
        for group in groups {
            let inside = |&(input, element): &(usize, usize)| {
                inputs
                    .get(input)
                    .is_some_and(|input| element < input.row_len())
            };
            if let Some((input, element)) = group.elements.iter().find(|e| !inside(e)) {
                let sizes: Vec<String> = inputs.iter().map(|i| i.row_len().to_string()).collect();
                return Err(ExplainError::Setting {
                    what: "group of inputs",
                    expected: format!("elements of inputs of {} numbers", sizes.join(", ")),
                    found: format!("element {element} of input {input} in `{}`", group.name),
                });
            }
        }
        Ok(Self {
            model,
            inputs,
            groups,
            events,
        })
    }
}

impl Exchange for Elements<'_> {
    fn events(&self) -> usize {
        self.events
    }

    fn names(&self) -> Vec<String> {
        self.groups.iter().map(|group| group.name.clone()).collect()
    }

    fn scores(
        &self,
        shuffle: Option<Shuffle<'_>>,
        job: &Job,
        advance: &mut dyn FnMut(usize),
    ) -> Result<Vec<f64>, ExplainError> {
        let mut scores = Vec::with_capacity(self.events);
        for first in (0..self.events).step_by(BATCH) {
            job.check()?;
            let events: Vec<usize> = (first..self.events.min(first + BATCH)).collect();
            let mut batch: Vec<Tensor<f32>> = self
                .inputs
                .iter()
                .map(|input| input.select_rows(&events))
                .collect();
            if let Some(Shuffle { group, others, .. }) = shuffle {
                for (row, &event) in events.iter().enumerate() {
                    for &(input, element) in &self.groups[group].elements {
                        let len = batch[input].row_len();
                        batch[input].data_mut()[row * len + element] =
                            self.inputs[input].row(others[event])[element];
                    }
                }
            }
            scores.extend(self.model.scores(&batch, &job.quiet())?.logit);
            advance(events.len());
        }
        Ok(scores)
    }
}
