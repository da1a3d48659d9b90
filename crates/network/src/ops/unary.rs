//! What functions of one number share: `y = f(x)` with `x̄ = ȳ f'(x)`.

use crate::error::NetworkError;
use crate::graph::{Type, ValueId};
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Add, Div, Mul, Op, Sqrt};

/// A function of one number without settings, which ONNX has under the same name.
pub(crate) trait Unary: Copy + Default + std::fmt::Debug + PartialEq + Into<Op> {
    /// Its name, also in ONNX.
    const NAME: &'static str;

    /// How relevance passes back.
    const RULE: Rule = Rule::Pass;

    /// Whether its slope is infinite or no number somewhere: there it counts as
    /// 0 (see [`Finite`](crate::ops::Finite)).
    const SINGULAR: bool = false;

    /// Whether ONNX has it for integers too.
    const WHOLE: bool = false;

    /// Bounds of the numbers it is tested on: no kink, no pole between them.
    const TESTED: [f64; 2] = [-2.0, 2.0];

    /// The function.
    fn value<T: Real>(x: T) -> T;

    /// Adds the derivative at `x`, where the function is `y`; none where it is
    /// 0 everywhere.
    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        y: ValueId,
    ) -> Result<Option<ValueId>, NetworkError>;

    /// Adds the ONNX node that computes it, or nodes where it is newer than
    /// the operation set that is written.
    fn write(node: &mut Export<'_>) {
        node.same(Self::NAME, vec![]);
    }
}

impl<U: Unary> Operation for U {
    const NAME: &'static str = <U as Unary>::NAME;
    const ELEMENTWISE: bool = true;
    const RULE: Rule = <U as Unary>::RULE;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, U::value);
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let (x, y) = (back.inputs[0], back.outputs[0]);
        Ok(vec![match U::slope(back, x, y)? {
            Some(slope) => {
                let slope = if U::SINGULAR {
                    finite(back, slope)?
                } else {
                    slope
                };
                Some(back.push(Mul, &[g, slope])?)
            }
            None => None,
        }])
    }

    fn examples() -> Vec<Example<Self>> {
        let [low, high] = U::TESTED;
        vec![Example::within(U::default(), &[&[3, 4]], low, high)]
    }
}

impl<U: Unary> OnnxForm for U {
    const NAMES: &'static [&'static str] = &[<U as Unary>::NAME];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = if U::WHOLE {
            node.either(0)?
        } else {
            node.real(0)?
        };
        node.push(U::default(), &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        U::write(node);
        Ok(())
    }
}

/// Adds `a + b x²`, which the derivatives of many functions are made of.
pub(crate) fn of_square(
    back: &mut Backward<'_>,
    x: ValueId,
    a: f64,
    b: f64,
) -> Result<ValueId, NetworkError> {
    let (a, b) = (back.graph.scalar(a), back.graph.scalar(b));
    let square = back.push(Mul, &[x, x])?;
    let scaled = back.push(Mul, &[square, b])?;
    back.push(Add, &[scaled, a])
}

/// Adds `sign / √(a + b x²)`.
pub(crate) fn inverse_root(
    back: &mut Backward<'_>,
    x: ValueId,
    [sign, a, b]: [f64; 3],
) -> Result<ValueId, NetworkError> {
    let inside = of_square(back, x, a, b)?;
    let root = back.push(Sqrt, &[inside])?;
    let sign = back.graph.scalar(sign);
    back.push(Div, &[sign, root])
}
