//! What does not reach the inputs, one number per event for each cause.
//!
//! Most values have one side along which the events are, and their sums over
//! all other sides are added up. In a ragged batch of graphs (one list of nodes
//! for all events) they have none, and where the number of events is fixed,
//! another side may have the same length. There the account `T` of all events
//! is parted by what was handed back: relevance is linear in its seed `R_0`, so
//! that
//!
//! $$ T = \sum_n R_{0,n} \frac{\partial T}{\partial R_{0,n}} $$
//!
//! exactly, and the terms are the events' own.

use super::pass::Pass;
use crate::error::NetworkError;
use crate::graph::{Dim, ValueId};
use crate::ops::{Add, Expand, Mul, ReduceSum, Reshape};
use crate::transform::gradient::gradient;

/// An account so far.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Terms of one number per event.
    events: Vec<ValueId>,
    /// Terms of one number for all events.
    totals: Vec<ValueId>,
}

/// The accounts so far.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    absorbed: Account,
    stabilised: Account,
    empty: Account,
}

/// The sums of the accounts, one number per event each.
pub(super) struct Sums {
    pub absorbed: ValueId,
    pub stabilised: ValueId,
    pub empty: ValueId,
}

impl Pass<'_> {
    /// Counts what biases and constants keep.
    pub fn absorbed(&mut self, kept: ValueId) -> Result<(), NetworkError> {
        self.count(kept, |accounts| &mut accounts.absorbed)
    }

    /// Counts what a stabiliser takes.
    pub fn stabilised(&mut self, taken: ValueId) -> Result<(), NetworkError> {
        self.count(taken, |accounts| &mut accounts.stabilised)
    }

    /// Counts what was due to a side without contributions.
    pub fn emptied(&mut self, lost: ValueId) -> Result<(), NetworkError> {
        self.count(lost, |accounts| &mut accounts.empty)
    }

    fn count(
        &mut self,
        value: ValueId,
        account: fn(&mut Accounts) -> &mut Account,
    ) -> Result<(), NetworkError> {
        if let Some(sum) = self.per_event(value)? {
            account(&mut self.accounts).events.push(sum);
        } else {
            let axes = (0..self.graph.shape(value).len()).collect();
            let total = self.graph.push(ReduceSum { axes, keep: false }, &[value])?;
            account(&mut self.accounts).totals.push(total);
        }
        Ok(())
    }

    /// The sum over all sides but that of the events, if it can be told: the
    /// only side whose length is their number or a multiple of it. If there is
    /// one event, all is its.
    fn per_event(&mut self, value: ValueId) -> Result<Option<ValueId>, NetworkError> {
        let shape = self.graph.shape(value).to_vec();
        if self.events == Dim::fixed(1) {
            let axes = (0..shape.len()).collect();
            let sum = self.graph.push(ReduceSum { axes, keep: false }, &[value])?;
            let shape = vec![Dim::fixed(1)];
            return self.graph.push(Reshape { shape }, &[sum]).map(Some);
        }
        let multiple = |side: &Dim| &side.quotient(&self.events) * &self.events == *side;
        let mut sides = (0..shape.len()).filter(|&side| multiple(&shape[side]));
        match (sides.next(), sides.next()) {
            (Some(side), None) if shape[side] == self.events => self.sum_but(value, side).map(Some),
            _ => Ok(None),
        }
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

    /// The sums of all accounts.
    pub fn sums(&mut self) -> Result<Sums, NetworkError> {
        let accounts = std::mem::take(&mut self.accounts);
        Ok(Sums {
            absorbed: self.sum_up(accounts.absorbed)?,
            stabilised: self.sum_up(accounts.stabilised)?,
            empty: self.sum_up(accounts.empty)?,
        })
    }

    fn sum_up(&mut self, mut account: Account) -> Result<ValueId, NetworkError> {
        let mut totals = account.totals.into_iter();
        if let Some(first) = totals.next() {
            let total = totals.try_fold(first, |sum, next| self.graph.push(Add, &[sum, next]))?;
            let slope = gradient(self.graph, total, &[self.seed], None)?[0];
            let own = self.graph.push(Mul, &[self.seed, slope])?;
            account.events.push(self.sum_but(own, 0)?);
        }
        let zero = self.graph.scalar(0.0);
        let shape = vec![self.events.clone()];
        let mut sum = self.graph.push(Expand { shape }, &[zero])?;
        for part in account.events {
            sum = self.graph.push(Add, &[sum, part])?;
        }
        Ok(sum)
    }
}
