//! The weights of a map in the forms that the rules ask for: as they are,
//! their positive and negative parts, squared, or replaced by ones.
//!
//! What is known when the graph is built is computed then; what is not (an
//! adjacency that is an input) becomes nodes.

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::graph::{Data, Graph, ValueId};
use crate::ops::{Equal, Mul, Relu, Sub};

/// What a rule does to weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Weighing {
    /// Nothing.
    Plain,
    /// Parts them by sign.
    Signs,
    /// Squares them.
    Squares,
    /// Replaces weights by ones, and of an adjacency what is not 0.
    Ones,
}

/// Weights in one of these forms; the second only where signs are parted, and
/// each only if it is not known to be all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Parts {
    pub first: Option<ValueId>,
    pub negative: Option<ValueId>,
}

/// Weights in a form. Of an `adjacency`, ones stand only where it is not 0.
pub(super) fn weigh(
    graph: &mut Graph,
    weights: ValueId,
    weighing: Weighing,
    adjacency: bool,
) -> Result<Parts, NetworkError> {
    let one = |first| Parts {
        first: Some(first),
        negative: None,
    };
    let Some(data) = graph.data(weights).cloned() else {
        return computed(graph, weights, weighing);
    };
    let mut known = |f: &dyn Fn(f64) -> f64| {
        let data = mapped(&data, f);
        let nothing = data.to_f64().iter().all(|&x| x == 0.0);
        (!nothing).then(|| graph.constant("", data))
    };
    Ok(match weighing {
        Weighing::Plain => one(weights),
        Weighing::Signs => Parts {
            first: known(&|x| x.max(0.0)),
            negative: known(&|x| x.min(0.0)),
        },
        Weighing::Squares => Parts {
            first: known(&|x| x * x),
            negative: None,
        },
        Weighing::Ones => Parts {
            first: known(&|x| f64::from(!adjacency || x != 0.0)),
            negative: None,
        },
    })
}

fn computed(
    graph: &mut Graph,
    weights: ValueId,
    weighing: Weighing,
) -> Result<Parts, NetworkError> {
    let (first, negative) = match weighing {
        Weighing::Plain => (weights, None),
        Weighing::Signs => {
            let positive = graph.push(Relu, &[weights])?;
            (positive, Some(graph.push(Sub, &[weights, positive])?))
        }
        Weighing::Squares => (graph.push(Mul, &[weights, weights])?, None),
        Weighing::Ones => {
            let (zero, one) = (graph.scalar(0.0), graph.scalar(1.0));
            let nothing = graph.push(Equal, &[weights, zero])?;
            (graph.push(Sub, &[one, nothing])?, None)
        }
    };
    Ok(Parts {
        first: Some(first),
        negative,
    })
}

/// A function of every number, in the precision it came in.
fn mapped(data: &Data, f: &dyn Fn(f64) -> f64) -> Data {
    match data {
        Data::F64(tensor) => tensor.map(|&x| f(x)).into(),
        Data::F32(tensor) => tensor.map(|&x| f(f64::from(x)) as f32).into(),
        Data::I32(tensor) => Tensor::new(
            tensor.shape().to_vec(),
            tensor.data().iter().map(|&x| f(f64::from(x))).collect(),
        )
        .into(),
    }
}
