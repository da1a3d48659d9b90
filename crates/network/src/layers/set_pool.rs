//! The particles of an event joined to one list of numbers: of a padded set
//! by sums over its side, of a ragged one by [`Segments`].

use super::Aggregate;
use super::build::Builder;
use super::segments::{LEAST, Segments};
use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, show};
use crate::ops::{
    Add, Div, Equal, Mul, Op, ReduceMax, ReduceMean, ReduceSum, Reshape, Softmax, Where,
};

impl Builder {
    /// `[N, P, F]`, or ragged `[P, F]`, to `[N, F]`.
    pub(super) fn set_pool(&mut self, aggregate: Aggregate) -> Result<(), NetworkError> {
        let name = self.name("set_pool");
        let value = self.value;
        if let Some(ragged) = self.ragged.take() {
            self.value = self.join(&name, aggregate, value, ragged.event, ragged.events)?;
            return Ok(());
        }
        let shape = self.graph.shape(value).to_vec();
        if shape.len() != 3 {
            let found = show(&shape);
            let problem = format!("set-pool takes [N, particles, features], found {found}");
            return Err(self.wrong(problem));
        }
        let mask = match self.mask.take() {
            Some(mask) => {
                let shape = vec![shape[0].clone(), shape[1].clone(), 1.into()];
                Some(self.graph.push(Reshape { shape }, &[mask])?)
            }
            None => None,
        };
        let pooled = match aggregate {
            Aggregate::Sum => self.masked_sum(value, mask)?,
            Aggregate::Mean => self.masked_mean(value, mask)?,
            Aggregate::Max => self.masked_max(value, mask)?,
            Aggregate::Softmax => {
                self.last_side(&format!("{name}.score"), 1, false)?;
                let scores = self.only_particles(self.value, mask)?;
                let weights = self.graph.push(Softmax { axis: 1 }, &[scores])?;
                let weighted = self.graph.push(Mul, &[value, weights])?;
                self.masked_sum(weighted, mask)?
            }
        };
        self.graph.rename(pooled, &name);
        self.value = pooled;
        Ok(())
    }

    /// Rows joined by group.
    pub(super) fn join(
        &mut self,
        name: &str,
        aggregate: Aggregate,
        rows: ValueId,
        of: ValueId,
        groups: Dim,
    ) -> Result<ValueId, NetworkError> {
        let mut scores = None;
        if aggregate == Aggregate::Softmax {
            self.value = rows;
            self.last_side(&format!("{name}.score"), 1, false)?;
            scores = Some(self.value);
        }
        let graph = &mut self.graph;
        let mut segments = Segments { graph, of, groups };
        let joined = match (aggregate, scores) {
            (Aggregate::Mean, _) => segments.mean(rows)?,
            (Aggregate::Max, _) => segments.max(rows)?,
            (_, Some(scores)) => segments.softmax(rows, scores)?,
            (_, None) => segments.sum(rows)?,
        };
        self.graph.rename(joined, name);
        Ok(joined)
    }

    fn over_particles(&mut self, op: impl Into<Op>, x: ValueId) -> Result<ValueId, NetworkError> {
        self.graph.push(op, &[x])
    }

    fn masked_sum(&mut self, x: ValueId, mask: Option<ValueId>) -> Result<ValueId, NetworkError> {
        let (axes, keep) = (vec![1], false);
        let x = match mask {
            Some(mask) => self.graph.push(Mul, &[x, mask])?,
            None => x,
        };
        self.over_particles(ReduceSum { axes, keep }, x)
    }

    fn masked_mean(&mut self, x: ValueId, mask: Option<ValueId>) -> Result<ValueId, NetworkError> {
        let Some(mask) = mask else {
            let (axes, keep) = (vec![1], false);
            return self.over_particles(ReduceMean { axes, keep }, x);
        };
        let total = self.masked_sum(x, Some(mask))?;
        let count = self.masked_sum(mask, None)?;
        let zero = self.graph.scalar(0.0);
        let empty = self.graph.push(Equal, &[count, zero])?;
        let count = self.graph.push(Add, &[count, empty])?;
        self.graph.push(Div, &[total, count])
    }

    fn masked_max(&mut self, x: ValueId, mask: Option<ValueId>) -> Result<ValueId, NetworkError> {
        let seen = self.only_particles(x, mask)?;
        let (axes, keep) = (vec![1], false);
        let largest = self.over_particles(ReduceMax { axes, keep }, seen)?;
        if mask.is_none() {
            return Ok(largest);
        }
        let (least, zero) = (self.graph.scalar(LEAST), self.graph.scalar(0.0));
        let empty = self.graph.push(Equal, &[largest, least])?;
        self.graph.push(Where, &[empty, zero, largest])
    }

    /// With a number in the place of padding that no maximum picks and no
    /// softmax sees.
    fn only_particles(
        &mut self,
        x: ValueId,
        mask: Option<ValueId>,
    ) -> Result<ValueId, NetworkError> {
        let Some(mask) = mask else {
            return Ok(x);
        };
        let (zero, least) = (self.graph.scalar(0.0), self.graph.scalar(LEAST));
        let padding = self.graph.push(Equal, &[mask, zero])?;
        self.graph.push(Where, &[padding, least, x])
    }
}
