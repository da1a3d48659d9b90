//! Real numbers to the integers of a quantised model, kept as real numbers:
//!
//! $$ q = \mathrm{clip}\bigl(\mathrm{round}(x / s) + z,\; q_\min,\; q_\max\bigr). $$
//!
//! **Straight through:** its derivative is 0 nearly everywhere, which would
//! explain nothing. The gradient passes the rounding as if it were not there,
//! and is 0 where the integer is cut at a limit (Y. Bengio et al.,
//! arXiv:1308.3432; B. Jacob et al., arXiv:1712.05877):
//!
//! $$ \frac{\partial q}{\partial x} := \frac{1}{s}\,
//!    [\,q_\min \le \mathrm{round}(x/s) + z \le q_\max\,], $$
//!
//! the step `s` and the zero point `z` constant. Relevance passes unchanged.
//! [`straight_through`](crate::transform::straight_through) lists such nodes.
//!
//! The quotient is rounded to single precision before it is rounded to an
//! integer, in double precision too: runtimes compute it so, and a number in
//! the middle between two integers must fall to the same side here.

use crate::onnx::prelude::*;
use crate::ops::finite::divides_safely;
use crate::ops::prelude::*;
use crate::ops::{Div, Greater, Where};

/// How a quotient becomes an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// The nearest, of two the even one.
    Even,
    /// The next above.
    Up,
    /// The next below.
    Down,
    /// The next towards 0.
    TowardsZero,
    /// The next away from 0.
    AwayFromZero,
    /// The nearest, of two the one farther from 0.
    HalfAway,
    /// The nearest, of two the one nearer to 0.
    HalfTowardsZero,
    /// 1 for what is not negative, else −1.
    Sign,
}

impl Rounding {
    fn of(self, x: f32) -> f32 {
        match self {
            Self::Even => x.round_ties_even(),
            Self::Up => x.ceil(),
            Self::Down => x.floor(),
            Self::TowardsZero => x.trunc(),
            Self::AwayFromZero => x.abs().ceil().copysign(x),
            Self::HalfAway => x.round(),
            Self::HalfTowardsZero => (x.abs() - 0.5).ceil().copysign(x),
            Self::Sign if x >= 0.0 => 1.0,
            Self::Sign => -1.0,
        }
    }
}

/// Inputs: the numbers, the step and the zero point, broadcast to the numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantise {
    /// The smallest integer.
    pub low: f64,
    /// The largest integer.
    pub high: f64,
    /// How quotients are rounded.
    pub rounding: Rounding,
    /// Whether the zero point is added before the rounding, or behind it.
    pub shift_first: bool,
}

impl Operation for Quantise {
    const NAME: &'static str = "Quantise";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;
    const STRAIGHT_THROUGH: bool = true;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let made = broadcast(inputs, 3)?;
        if made[0].shape != inputs[0].shape {
            return Err(format!(
                "step and zero point do not fit the numbers {}",
                show(&inputs[0].shape)
            ));
        }
        Ok(made)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        let (low, high) = (self.low as f32, self.high as f32);
        map3(a[0], a[1], a[2], out, |x, step, zero| {
            let quotient = x.double() as f32 / step.double() as f32;
            let zero = zero.double() as f32;
            let whole = if self.shift_first {
                self.rounding.of(quotient + zero)
            } else {
                self.rounding.of(quotient) + zero
            };
            T::of(f64::from(if whole < low {
                low
            } else if whole > high {
                high
            } else {
                whole
            }))
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let [x, step, zero] = [0, 1, 2].map(|i| back.inputs[i]);
        let mut passed = back.push(Div, &[g, step])?;
        if !divides_safely(back.graph, step) {
            passed = finite(back, passed)?;
        }
        if self.rounding != Rounding::Sign && (self.low, self.high) != UNLIMITED {
            // The integer before it is cut, as this operation rounds it.
            let (low, high) = UNLIMITED;
            let uncut = Self { low, high, ..*self };
            let whole = back.push(uncut, &[x, step, zero])?;
            let nothing = back.graph.scalar(0.0);
            let (low, high) = (back.graph.scalar(self.low), back.graph.scalar(self.high));
            let under = back.push(Greater, &[low, whole])?;
            let over = back.push(Greater, &[whole, high])?;
            passed = back.push(Where, &[under, nothing, passed])?;
            passed = back.push(Where, &[over, nothing, passed])?;
        }
        Ok(vec![Some(passed), None, None])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::within(INT8, &[&[3, 4], &[], &[]], 0.5, 2.0)]
    }
}

/// The limits of integers that have none.
const UNLIMITED: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

const INT8: Quantise = Quantise {
    low: -128.0,
    high: 127.0,
    rounding: Rounding::Even,
    shift_first: false,
};

impl OnnxForm for Quantise {
    /// In floating point, so that any step, zero point and limits can be written.
    fn export(&self, node: &mut Export<'_>) -> Exported {
        if let Some(kind) = self.standard(node) {
            let to = |kind: DataType| vec![AttributeProto::int("to", i64::from(kind.code()))];
            let zero = node.between("Cast", &[node.input(2)], to(kind));
            let integers = node.between(
                "QuantizeLinear",
                &[node.input(0), node.input(1), &zero],
                vec![],
            );
            node.emit("Cast", &[&integers], &[node.output(0)], to(DataType::Float));
            return Ok(());
        }
        let quotient = node.between("Div", &[node.input(0), node.input(1)], vec![]);
        let zero = node.input(2);
        let whole = if self.shift_first {
            let shifted = node.between("Add", &[&quotient, zero], vec![]);
            self.rounded(node, &shifted)
        } else {
            let rounded = self.rounded(node, &quotient);
            node.between("Add", &[&rounded, zero], vec![])
        };
        if (self.low, self.high) == UNLIMITED {
            node.emit("Identity", &[&whole], &[node.output(0)], vec![]);
            return Ok(());
        }
        let (low, high) = (node.number("low", self.low), node.number("high", self.high));
        node.emit("Clip", &[&whole, &low, &high], &[node.output(0)], vec![]);
        Ok(())
    }
}

impl Quantise {
    /// The type of integers that `QuantizeLinear` has for it, if it has one.
    fn standard(&self, node: &Export<'_>) -> Option<DataType> {
        let single = node.shape(1).is_empty() && node.shape(2).is_empty();
        let plain = self.rounding == Rounding::Even && !self.shift_first && single;
        match (self.low, self.high) {
            (0.0, 255.0) if plain => Some(DataType::Uint8),
            (-128.0, 127.0) if plain => Some(DataType::Int8),
            _ => None,
        }
    }

    /// Adds the rounding of a value.
    fn rounded(&self, node: &mut Export<'_>, x: &str) -> String {
        let of_size = |node: &mut Export<'_>, make: &dyn Fn(&mut Export<'_>, &str) -> String| {
            let size = node.between("Abs", &[x], vec![]);
            let whole = make(node, &size);
            let sign = node.between("Sign", &[x], vec![]);
            node.between("Mul", &[&whole, &sign], vec![])
        };
        let half = |node: &mut Export<'_>, operation: &str, size: &str| {
            let half = node.number("half", 0.5);
            node.between(operation, &[size, &half], vec![])
        };
        match self.rounding {
            Rounding::Even => node.between("Round", &[x], vec![]),
            Rounding::Up => node.between("Ceil", &[x], vec![]),
            Rounding::Down => node.between("Floor", &[x], vec![]),
            Rounding::TowardsZero => {
                of_size(node, &|node, size| node.between("Floor", &[size], vec![]))
            }
            Rounding::AwayFromZero => {
                of_size(node, &|node, size| node.between("Ceil", &[size], vec![]))
            }
            Rounding::HalfAway => of_size(node, &|node, size| {
                let moved = half(node, "Add", size);
                node.between("Floor", &[&moved], vec![])
            }),
            Rounding::HalfTowardsZero => of_size(node, &|node, size| {
                let moved = half(node, "Sub", size);
                node.between("Ceil", &[&moved], vec![])
            }),
            Rounding::Sign => {
                let [zero, one, minus] = [0.0, 1.0, -1.0].map(|x| node.number("sign", x));
                let negative = node.between("Less", &[x, &zero], vec![]);
                node.between("Where", &[&negative, &minus, &one], vec![])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pellucid_core::Tensor;

    use super::*;
    use crate::exec::Executor;
    use crate::graph::Graph;
    use crate::ops::Op;
    use crate::transform::gradient;

    /// Integers and gradients of some numbers by a quantiser of step ½ and
    /// zero point 3.
    fn quantised(op: Quantise, numbers: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![numbers.len().into()]));
        let (step, zero) = (graph.scalar(0.5), graph.scalar(3.0));
        let y = graph.push(Op::from(op), &[x, step, zero]).unwrap();
        let slope = gradient(&mut graph, y, &[x], None).unwrap()[0];
        graph.set_outputs(vec![y, slope]);
        let numbers = Tensor::new(vec![numbers.len()], numbers.to_vec());
        let made = Executor::<f64>::new(&graph).call(&[&numbers]).unwrap();
        (made[0].data().to_vec(), made[1].data().to_vec())
    }

    #[test]
    fn the_gradient_passes_the_rounding_and_stops_at_the_limits() {
        let x = [0.2, 0.25, 0.75, -0.25, 62.0, 62.2, 80.0, -65.5, -66.0];
        let (q, slope) = quantised(INT8, &x);
        assert_eq!(q, [3.0, 3.0, 5.0, 3.0, 127.0, 127.0, 127.0, -128.0, -128.0]);
        assert_eq!(slope, [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 0.0, 2.0, 0.0]);
    }

    #[test]
    fn every_rounding_is_that_of_its_name() {
        let x = [0.75, -0.75, 0.6, -0.6];
        for (rounding, expected) in [
            (Rounding::Even, [2.0, -2.0, 1.0, -1.0]),
            (Rounding::Up, [2.0, -1.0, 2.0, -1.0]),
            (Rounding::Down, [1.0, -2.0, 1.0, -2.0]),
            (Rounding::TowardsZero, [1.0, -1.0, 1.0, -1.0]),
            (Rounding::AwayFromZero, [2.0, -2.0, 2.0, -2.0]),
            (Rounding::HalfAway, [2.0, -2.0, 1.0, -1.0]),
            (Rounding::HalfTowardsZero, [1.0, -1.0, 1.0, -1.0]),
            (Rounding::Sign, [1.0, -1.0, 1.0, -1.0]),
        ] {
            let (q, _) = quantised(Quantise { rounding, ..INT8 }, &x);
            assert_eq!(q, expected.map(|whole| whole + 3.0), "{rounding:?}");
        }
    }
}
