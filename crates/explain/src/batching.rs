//! Which rows of the data make one run of a network.
//!
//! Most networks treat events alike and apart: then any number of rows can run
//! at once. A network exported for a fixed number of events runs in that
//! number, the last run filled up by repeating its last event. Where the shapes
//! do not promise that events stay apart (a graph with a list of edges, inputs
//! of different lengths), everything runs at once.

use std::collections::HashSet;
use std::ops::Range;

use pellucid_core::Tensor;
use pellucid_network::graph::Bindings;
use pellucid_network::ops::Op;
use pellucid_network::{Executor, Graph, Real, ValueId};

use crate::error::{ExplainError, one_per_event};

/// What the largest value of one run should take: a fifth of a common second
/// level cache, since a product reads one value, writes another and reads what
/// is fused behind it.
const PIECE_BYTES: usize = 256 << 10;

/// Rows of a run: below, calls cost more than they do; above, nothing is won.
pub(crate) const PIECE_ROWS: Range<usize> = 16..2048;

/// How many events a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    /// Any number.
    Any,
    /// Exactly as many as the model was exported for.
    Exactly(usize),
    /// All that there are.
    All,
}

/// How the rows of a network's inputs belong to events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batching {
    /// How many events a run takes.
    pub run: Run,
    /// Of each input, whether its rows are events; else all of it belongs to
    /// every run.
    split: Vec<bool>,
}

impl Batching {
    /// What the shapes of the inputs and of the explained value say; `free`
    /// are the inputs (by position) that are explained.
    pub fn of(graph: &Graph, explained: ValueId, free: &[usize]) -> Self {
        let inputs = graph.inputs();
        let first = |id: ValueId| graph.shape(id).first().cloned();
        let rows = first(explained);
        let split: Vec<bool> = inputs
            .iter()
            .map(|&id| rows.is_some() && first(id) == rows)
            .collect();
        let together = |split| Self {
            run: Run::All,
            split,
        };
        if free.is_empty() || !free.iter().all(|&i| split[i]) {
            return together(vec![false; inputs.len()]);
        }
        if sees_all(graph) {
            return together(split);
        }
        let rows = rows.unwrap_or_default();
        // What all events share must be the same for any number of them, and
        // may not point at rows.
        let apart = inputs.iter().zip(&split).all(|(&id, &split)| {
            let others = &graph.shape(id)[usize::from(split)..];
            let shared = others.iter().all(|dim| dim.known().is_some())
                && graph.ty(id).kind == pellucid_network::graph::Kind::Real;
            if split {
                rows.known().is_some() || !others.contains(&rows)
            } else {
                shared
            }
        });
        match (rows.known(), rows.name()) {
            (Some(count @ 1..), _) if apart => Self {
                run: Run::Exactly(count),
                split,
            },
            (None, Some(_)) if apart => Self {
                run: Run::Any,
                split,
            },
            _ => together(split),
        }
    }

    /// The number of events, the same in every input; one if rows are not
    /// events.
    pub fn events<S>(&self, inputs: &[Tensor<S>]) -> Result<usize, ExplainError> {
        let mut rows = self
            .split
            .iter()
            .zip(inputs)
            .filter(|(split, _)| **split)
            .map(|(_, input)| input.rows());
        let Some(events) = rows.next() else {
            return Ok(1);
        };
        rows.try_for_each(|rows| one_per_event("rows of a model input", events, rows))?;
        Ok(events)
    }

    /// How many events run at once of `events`.
    pub fn rows(&self, wanted: impl FnOnce() -> usize, events: usize) -> usize {
        match self.run {
            Run::Any => wanted(),
            Run::Exactly(count) => count,
            Run::All => events.max(1),
        }
    }

    /// Whether rows are events.
    pub fn by_events(&self) -> bool {
        self.split.contains(&true)
    }

    /// The numbers of input `i` that belong to an event.
    pub fn row<'t, S>(&self, i: usize, input: &'t Tensor<S>, event: usize) -> &'t [S] {
        if self.split[i] {
            input.row(event)
        } else {
            input.data()
        }
    }

    /// How many numbers of input `i` belong to an event.
    pub fn row_len<S>(&self, i: usize, input: &Tensor<S>) -> usize {
        if self.split[i] {
            input.row_len()
        } else {
            input.data().len()
        }
    }

    /// The shape of input `i` in a run of so many events.
    pub fn shape<S>(&self, i: usize, input: &Tensor<S>, events: usize) -> Vec<usize> {
        let mut shape = input.shape().to_vec();
        if self.split[i] {
            shape[0] = self.filled(events);
        }
        shape
    }

    /// What of input `i` belongs to these events.
    pub fn select<S: Copy>(&self, i: usize, input: &Tensor<S>, events: &[usize]) -> Tensor<S> {
        if self.split[i] {
            input.select_rows(events)
        } else {
            input.clone()
        }
    }

    /// The rows of some events of a tensor with one row per event, for a run.
    pub fn rows_of<T: Copy>(&self, tensor: &Tensor<T>, events: &Range<usize>) -> Tensor<T> {
        let last = events.end.saturating_sub(1);
        let rows = events.start..events.start + self.filled(events.len());
        let rows: Vec<usize> = rows.map(|row| row.min(last)).collect();
        tensor.select_rows(&rows)
    }

    /// How many rows a run of so many events has.
    fn filled(&self, events: usize) -> usize {
        match self.run {
            Run::Exactly(count) => count,
            Run::Any | Run::All => events,
        }
    }

    /// The numbers of output `i` of a run that belong to its first `events`
    /// events.
    pub fn output<'e, T: Real>(
        &self,
        executor: &'e Executor<T>,
        i: usize,
        events: usize,
    ) -> &'e [T] {
        let data = executor.output(i).1;
        match self.filled(events) {
            rows if rows > events => &data[..data.len() / rows * events],
            _ => data,
        }
    }

    /// Writes input `i` for a run of `count` events into `out`, put together from
    /// rows of its own or changed by `row(place, out)`, which writes those of one
    /// event.
    pub fn fill<T: Real>(
        &self,
        i: usize,
        count: usize,
        out: &mut [T],
        mut row: impl FnMut(usize, &mut [T]),
    ) {
        if !self.split[i] {
            return row(0, out);
        }
        let len = out.len() / self.filled(count).max(1);
        for (place, out) in out.chunks_exact_mut(len.max(1)).enumerate() {
            // A run that is not full repeats its last event.
            row(place.min(count.saturating_sub(1)), out);
        }
    }

    /// Input `i` for a run of the events of a range.
    pub fn take<T: Real, S: Real>(
        &self,
        i: usize,
        input: &Tensor<S>,
        events: &Range<usize>,
    ) -> Tensor<T> {
        let shape = self.shape(i, input, events.len());
        let mut data = vec![T::ZERO; shape.iter().product()];
        self.fill(i, events.len(), &mut data, |place, out| {
            let row = self.row(i, input, events.start + place);
            for (out, x) in out.iter_mut().zip(row) {
                *out = T::of(x.double());
            }
        });
        Tensor::new(shape, data)
    }
}

/// Whether the network takes the step of a quantisation from the numbers of all events
/// (`DynamicQuantizeLinear`): what it gives for one then depends on which others are
/// with it, and all that are asked about run together.
fn sees_all(graph: &Graph) -> bool {
    let mut nodes = graph.nodes().iter();
    if !nodes.any(|node| matches!(node.op, Op::DynamicStep(_))) {
        return false;
    }
    let depends = graph.depends_on(graph.inputs());
    let events: HashSet<ValueId> = graph
        .values()
        .zip(depends)
        .filter(|(_, depends)| *depends)
        .map(|((id, _), _)| id)
        .collect();
    graph.nodes().iter().any(|node| {
        matches!(node.op, Op::DynamicStep(_)) && node.inputs.iter().any(|id| events.contains(id))
    })
}

/// The named sizes of a run on one event of these inputs.
pub(crate) fn bindings<S>(graph: &Graph, inputs: &[Tensor<S>]) -> Bindings {
    let mut bindings = Bindings::new();
    for (&id, tensor) in graph.inputs().iter().zip(inputs) {
        for (side, (dim, &size)) in graph.shape(id).iter().zip(tensor.shape()).enumerate() {
            if let Some(name) = dim.name() {
                bindings.insert(name.into(), if side == 0 { 1 } else { size });
            }
        }
    }
    bindings
}

/// How many events of these inputs make a piece of `graph`.
pub(crate) fn rows_per_piece<S>(graph: &Graph, inputs: &[Tensor<S>], number: usize) -> usize {
    let bindings = bindings(graph, inputs);
    let largest = graph
        .nodes()
        .iter()
        .flat_map(|node| &node.outputs)
        .filter_map(|&value| {
            let sides = graph
                .shape(value)
                .iter()
                .map(|dim| dim.evaluate(&bindings).ok());
            sides.product::<Option<usize>>()
        })
        .max()
        .unwrap_or(1);
    (PIECE_BYTES / (largest.max(1) * number)).clamp(PIECE_ROWS.start, PIECE_ROWS.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_network::Dim;
    use pellucid_network::graph::Type;
    use pellucid_network::ops::{Add, Identity};

    fn graph(shapes: &[&[Dim]]) -> (Graph, ValueId) {
        let mut graph = Graph::new();
        for shape in shapes {
            graph.input("x", Type::real(shape.to_vec()));
        }
        let of = graph.push(Identity, &[graph.inputs()[0]]).unwrap();
        (graph, of)
    }

    #[test]
    fn events_run_apart_where_the_shapes_allow_it() {
        let n = Dim::symbol("N");
        let (many, of) = graph(&[&[n.clone(), 3.into()], &[n.clone(), 2.into()]]);
        assert_eq!(Batching::of(&many, of, &[0, 1]).run, Run::Any);
        let (shared, of) = graph(&[&[n.clone(), 3.into()], &[3.into(), 3.into()]]);
        assert_eq!(Batching::of(&shared, of, &[0]).run, Run::Any);
        let (fixed, of) = graph(&[&[4.into(), 3.into()]]);
        assert_eq!(Batching::of(&fixed, of, &[0]).run, Run::Exactly(4));
    }

    #[test]
    fn events_run_together_where_they_may_see_each_other() {
        let n = Dim::symbol("N");
        let (pairs, of) = graph(&[&[n.clone(), 3.into()], &[n.clone(), n.clone()]]);
        assert_eq!(Batching::of(&pairs, of, &[0]).run, Run::All);
        let (edges, of) = graph(&[&[n.clone(), 3.into()], &[2.into(), Dim::symbol("E")]]);
        assert_eq!(Batching::of(&edges, of, &[0]).run, Run::All);
    }

    #[test]
    fn a_run_that_is_not_full_repeats_its_last_event() {
        let (mut fixed, _) = graph(&[&[3.into(), 1.into()]]);
        let x = fixed.inputs()[0];
        let of = fixed.push(Add, &[x, x]).unwrap();
        let batching = Batching::of(&fixed, of, &[0]);
        let x = Tensor::new(vec![5, 1], vec![0.0_f32, 1.0, 2.0, 3.0, 4.0]);
        let last: Tensor<f64> = batching.take(0, &x, &(3..5));
        assert_eq!(last.data(), [3.0, 4.0, 4.0]);
    }
}
