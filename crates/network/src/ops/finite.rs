//! `a` where `b` is a finite number, else 0: how an adjoint passes a point at
//! which a slope is infinite or no number.
//!
//! An adjoint of 0 stays 0. What a choice (`Where`, `Clip`, a mask) has left out
//! has the adjoint 0, and 0 times an infinite slope is 0, not NaN. So a slope
//! that is not finite counts as 0:
//!
//! * `√x`, norms, standard deviations and `xᵖ` with `0 < p < 1` have the slope 0
//!   at exactly 0 (the smallest subgradient of a norm), where `PyTorch` gives
//!   infinity for the root and NaN for what is in front of it;
//! * `ln x`, `1 / x` and `x⁰` have it at 0, `arccos x` and `arcsin x` at ±1;
//! * a softmax of nothing but minus infinity, whose value is no number, has it
//!   for the whole row.
//!
//! The convention does not depend on the adjoint, so that what is linear in the
//! seed stays so: tangents and second derivatives follow it too.

use crate::error::NetworkError;
use crate::graph::{Data, Graph, Kind, Source, ValueId};
use crate::onnx::prelude::*;
use crate::ops::Op;
use crate::ops::prelude::*;

/// `a` where `b` is finite, else 0, broadcast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finite;

impl Operation for Finite {
    const NAME: &'static str = "Finite";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        broadcast(inputs, 2)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        let infinity = -T::LOWEST;
        // What is not a number is not below infinity.
        map2(a[0], a[1], out, |a, b| {
            if b.abs() < infinity { a } else { T::ZERO }
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let da = back.push(Self, &[g, back.inputs[1]])?;
        unbroadcast_all(back, vec![Some(da), None])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self, &[&[3, 4], &[3, 4]]),
            Example::new(Self, &[&[3, 4], &[4]]),
        ]
    }
}

impl OnnxForm for Finite {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let zero = node.number("zero", 0.0);
        let infinity = node.number("infinity", f64::INFINITY);
        let size = node.between("Abs", &[node.input(1)], vec![]);
        let flags = node.between("Less", &[&size, &infinity], vec![]);
        node.emit(
            "Where",
            &[&flags, node.input(0), &zero],
            &[node.output(0)],
            vec![],
        );
        Ok(())
    }
}

/// The value with 0 in the place of what is not finite.
pub(crate) fn finite(back: &mut Backward<'_>, value: ValueId) -> Result<ValueId, NetworkError> {
    back.push(Finite, &[value, value])
}

/// The same, if the value can be anything else at all.
pub(crate) fn tame(back: &mut Backward<'_>, value: ValueId) -> Result<ValueId, NetworkError> {
    if can_be_infinite(back.graph, value) {
        return finite(back, value);
    }
    Ok(value)
}

/// Whether a value can be infinite or no number although its products with weights
/// are finite: if it is an input of real numbers, or made, number by number or by
/// moving and summing numbers, from one, from a function with a pole or from a
/// constant that is infinite. (A model that masks with `−∞` or with NaN may take
/// the mask as an input.)
pub(crate) fn can_be_infinite(graph: &Graph, value: ValueId) -> bool {
    graph.value(value).can_be_infinite
}

/// Whether an input or constant of a graph can be infinite or no number.
pub(crate) fn starts_infinite(kind: Kind, source: &Source) -> bool {
    match source {
        Source::Input => kind == Kind::Real,
        Source::Parameter(data) | Source::Constant(data) => infinite(data),
        Source::Node(..) => false,
    }
}

/// Whether what an operation makes of its inputs can be infinite or no number: the
/// graph asks once, when it adds the node, and keeps the answer with the value.
pub(crate) fn makes_infinite(graph: &Graph, op: &Op, inputs: &[ValueId]) -> bool {
    let any = |inputs: &[ValueId]| inputs.iter().any(|&input| can_be_infinite(graph, input));
    match op {
        Op::Div(_) if divides_safely(graph, inputs[1]) => any(&inputs[..1]),
        Op::Acosh(_)
        | Op::Atanh(_)
        | Op::Acos(_)
        | Op::Asin(_)
        | Op::Cosh(_)
        | Op::Div(_)
        | Op::Exp(_)
        | Op::Log(_)
        | Op::Modulo(_)
        | Op::Pow(_)
        | Op::Reciprocal(_)
        | Op::Sinh(_)
        | Op::Sqrt(_)
        | Op::Tan(_) => true,
        Op::Clip(clip) if clip.low.is_finite() && clip.high.is_finite() => false,
        Op::Sigmoid(_) | Op::Tanh(_) | Op::Erf(_) | Op::Atan(_) | Op::Finite(_) => false,
        Op::Where(_) => any(&inputs[1..]),
        op => match op.rule() {
            // What is a product of infinite numbers is not looked for.
            Rule::Product | Rule::Affine | Rule::Constant => false,
            _ => any(inputs),
        },
    }
}

/// Whether a divisor is known and never 0.
pub(crate) fn divides_safely(graph: &Graph, divisor: ValueId) -> bool {
    match graph.data(divisor) {
        Some(Data::F32(tensor)) => tensor.data().iter().all(|&x| x != 0.0 && !x.is_nan()),
        Some(Data::F64(tensor)) => tensor.data().iter().all(|&x| x != 0.0 && !x.is_nan()),
        Some(Data::I32(tensor)) => tensor.data().iter().all(|&x| x != 0),
        None => false,
    }
}

fn infinite(data: &Data) -> bool {
    match data {
        Data::F32(tensor) => tensor.data().iter().any(|x| !x.is_finite()),
        Data::F64(tensor) => tensor.data().iter().any(|x| !x.is_finite()),
        Data::I32(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Dim;
    use crate::ops::{Abs, Add, Equal, Gemm, Mul, Relu, Where};
    use pellucid_core::Tensor;

    #[test]
    fn what_has_a_pole_an_infinite_constant_or_an_input_is_guarded() {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 2.into()]));
        let w = graph.parameter("w", Tensor::new(vec![2, 2], vec![1.0; 4]));
        let h = graph.push(Gemm::NT, &[x, w]).unwrap();
        let h = graph.push(Relu, &[h]).unwrap();
        assert!(!can_be_infinite(&graph, h));
        let root = graph.push(crate::ops::Log, &[h]).unwrap();
        let root = graph.push(Relu, &[root]).unwrap();
        assert!(can_be_infinite(&graph, root));
        let mask = graph.scalar(f64::NEG_INFINITY);
        let masked = graph.push(Add, &[h, mask]).unwrap();
        assert!(can_be_infinite(&graph, masked));
        let moved = graph.push(Relu, &[x]).unwrap();
        assert!(can_be_infinite(&graph, moved));
        // What is put in the place of the numbers counts.
        graph.set_data(mask, Tensor::new(vec![], vec![-1e9]));
        assert!(!can_be_infinite(&graph, masked));
    }

    #[test]
    fn an_infinite_input_that_a_choice_leaves_out_has_finite_slopes() {
        let mut graph = Graph::new();
        let [x, m] = ["x", "m"].map(|name| graph.input(name, Type::real(vec![2.into()])));
        let product = graph.push(Mul, &[x, m]).unwrap();
        let size = graph.push(Abs, &[m]).unwrap();
        let (infinity, zero) = (graph.scalar(f64::INFINITY), graph.scalar(0.0));
        let left_out = graph.push(Equal, &[size, infinity]).unwrap();
        let y = graph.push(Where, &[left_out, zero, product]).unwrap();
        let slopes = crate::transform::gradient(&mut graph, y, &[x, m], None).unwrap();
        graph.set_outputs(slopes);
        let numbers = [[3.0, 4.0], [2.0, f64::INFINITY]];
        let [x, m] = numbers.map(|row| Tensor::new(vec![2], row.to_vec()));
        let found = crate::exec::Executor::<f64>::new(&graph)
            .call(&[&x, &m])
            .unwrap();
        assert_eq!(found[0].data(), [2.0, 0.0]);
        assert_eq!(found[1].data(), [3.0, 0.0]);
    }
}
