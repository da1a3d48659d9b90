//! The odds of each class of a softmax.
//!
//! $$ \ln\frac{p_i}{1 - p_i} = z_i - \ln\sum_{j \ne i} e^{z_j} , $$
//!
//! over two classes the difference of their numbers. A class is explained by its own `z_i`;
//! where `1 − p_i` stands beside it, both are explained by this logit, since `−z_i` would
//! leave out what the other classes do.

use crate::error::NetworkError;
use crate::graph::{Graph, ValueId};
use crate::ops::{Concat, ReduceLogSumExp, Slice, Sub};

/// Classes of a softmax whose logits are written down, each a sum over all others.
const MOST_CLASSES: usize = 64;

/// The logit of each class of a softmax, `z_i − ln Σ_{j≠i} exp z_j`: what `1 − p_i`
/// needs. None, if there are no two classes, more than [`MOST_CLASSES`], or an unknown
/// number of them; then the probabilities stay.
pub(super) fn odds(
    graph: &mut Graph,
    z: ValueId,
    axis: usize,
) -> Result<Option<ValueId>, NetworkError> {
    let Some(classes @ 2..=MOST_CLASSES) = graph.shape(z)[axis].known() else {
        return Ok(None);
    };
    let part = |graph: &mut Graph, start: usize, length: usize| {
        let slice = Slice {
            axis,
            start: start.into(),
            length: length.into(),
            step: 1,
        };
        graph.push(slice, &[z])
    };
    let mut rest = Vec::with_capacity(classes);
    for class in 0..classes {
        let mut others = Vec::with_capacity(2);
        for (start, end) in [(0, class), (class + 1, classes)] {
            if start < end {
                others.push(part(graph, start, end - start)?);
            }
        }
        let together = match *others.as_slice() {
            [only] => only,
            _ => graph.push(Concat { axis }, &others)?,
        };
        rest.push(if classes == 2 {
            together
        } else {
            let axes = vec![axis];
            graph.push(ReduceLogSumExp { axes, keep: true }, &[together])?
        });
    }
    let rest = graph.push(Concat { axis }, &rest)?;
    graph.push(Sub, &[z, rest]).map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::logit::logit;
    use super::*;
    use crate::Executor;
    use crate::graph::{Dim, Type};
    use crate::ops::Softmax;
    use pellucid_core::Tensor;

    /// A softmax over so many classes, and the head `(1 − p, p)` of its first.
    fn head(classes: usize) -> (Graph, ValueId, ValueId) {
        let mut graph = Graph::new();
        let shape = vec![Dim::symbol("N"), classes.into()];
        let x = graph.input("x", Type::real(shape));
        let p = graph.push(Softmax { axis: 1 }, &[x]).unwrap();
        let slice = Slice {
            axis: 1,
            start: 0.into(),
            length: 1.into(),
            step: 1,
        };
        let first = graph.push(slice, &[p]).unwrap();
        let one = graph.scalar(1.0);
        let rest = graph.push(Sub, &[one, first]).unwrap();
        let both = graph.push(Concat { axis: 1 }, &[rest, first]).unwrap();
        (graph, p, both)
    }

    /// What a class of an output is explained by, at one event.
    fn at(graph: &Graph, output: ValueId, class: usize, event: &[f64]) -> f64 {
        let mut graph = graph.clone();
        let z = logit(&mut graph, output, Some(class)).unwrap();
        graph.set_outputs(vec![z]);
        let event = Tensor::new(vec![1, event.len()], event.to_vec());
        Executor::<f64>::new(&graph).call(&[&event]).unwrap()[0].data()[0]
    }

    #[test]
    fn what_is_left_of_one_class_of_three_weighs_the_other_two() {
        let (graph, p, both) = head(3);
        let event: [f64; 3] = [0.5, 2.0, -1.0];
        // A few operations, each rounded once.
        let expected = event[0] - (event[1].exp() + event[2].exp()).ln();
        assert!((at(&graph, both, 1, &event) - expected).abs() < 1e-14);
        assert!((at(&graph, both, 0, &event) + expected).abs() < 1e-14);
        // Without 1 − p a class of a softmax is explained by its own number.
        assert_eq!(at(&graph, p, 0, &event), 0.5);
    }

    #[test]
    fn of_more_classes_than_are_written_down_the_probability_stays() {
        const CLASSES: usize = MOST_CLASSES + 1;
        let (graph, _, both) = head(CLASSES);
        // Of equal scores each class has its share.
        let share = 1.0 - 1.0 / CLASSES as f64;
        assert!((at(&graph, both, 0, &[0.3; CLASSES]) - share).abs() < 1e-14);
    }
}
