//! What does not reach the inputs, one number per event for each cause.

use super::pass::Pass;
use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, show, volume};
use crate::ops::{Add, Expand, ReduceSum, Reshape};

/// The accounts so far: their terms, one number per event each.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    pub absorbed: Vec<ValueId>,
    pub stabilised: Vec<ValueId>,
    pub empty: Vec<ValueId>,
}

impl Pass<'_> {
    /// Counts what biases and constants keep.
    pub fn absorbed(&mut self, kept: ValueId) -> Result<(), NetworkError> {
        let kept = self.per_event(kept)?;
        self.accounts.absorbed.push(kept);
        Ok(())
    }

    /// Counts what a stabiliser takes.
    pub fn stabilised(&mut self, taken: ValueId) -> Result<(), NetworkError> {
        let taken = self.per_event(taken)?;
        self.accounts.stabilised.push(taken);
        Ok(())
    }

    /// Counts what was due to a side without contributions.
    pub fn emptied(&mut self, lost: ValueId) -> Result<(), NetworkError> {
        let lost = self.per_event(lost)?;
        self.accounts.empty.push(lost);
        Ok(())
    }

    /// The sum over all sides but that of the events.
    ///
    /// Events are along the side of their number, the first of such; or along
    /// one whose length is a multiple of it, event by event (heads of an
    /// attention, particles of flattened events). If there is one event, all
    /// is its.
    fn per_event(&mut self, value: ValueId) -> Result<ValueId, NetworkError> {
        let shape = self.graph.shape(value).to_vec();
        let one = self.events == Dim::fixed(1);
        let own = shape.iter().position(|side| *side == self.events);
        if let (false, Some(side)) = (one, own) {
            return self.sum_but(value, side);
        }
        if one {
            let axes = (0..shape.len()).collect();
            let sum = self.graph.push(ReduceSum { axes, keep: false }, &[value])?;
            let shape = vec![Dim::fixed(1)];
            return self.graph.push(Reshape { shape }, &[sum]);
        }
        let multiple = shape.iter().enumerate().find_map(|(i, side)| {
            let times = side.quotient(&self.events);
            (&times * &self.events == *side).then_some((i, times))
        });
        let Some((side, times)) = multiple else {
            return Err(NetworkError::Settings {
                what: "relevance propagation".to_owned(),
                problem: format!(
                    "value `{}` of shape {} has no side of {} events, so that what it loses could \
                     not be told for each; explain one event at a time",
                    self.graph.value(value).name,
                    show(&shape),
                    self.events
                ),
            });
        };
        let mut parted = shape[..side].to_vec();
        parted.push(self.events.clone());
        parted.push(&times * &volume(&shape[side + 1..]));
        let parted = self.graph.push(Reshape { shape: parted }, &[value])?;
        self.sum_but(parted, side)
    }

    fn sum_but(&mut self, value: ValueId, side: usize) -> Result<ValueId, NetworkError> {
        let axes: Vec<usize> = (0..self.graph.shape(value).len())
            .filter(|&axis| axis != side)
            .collect();
        if axes.is_empty() {
            return Ok(value);
        }
        self.graph.push(ReduceSum { axes, keep: false }, &[value])
    }

    /// The sum of an account.
    pub fn total(&mut self, parts: &[ValueId]) -> Result<ValueId, NetworkError> {
        let zero = self.graph.scalar(0.0);
        let shape = vec![self.events.clone()];
        let mut sum = self.graph.push(Expand { shape }, &[zero])?;
        for &part in parts {
            sum = self.graph.push(Add, &[sum, part])?;
        }
        Ok(sum)
    }
}
