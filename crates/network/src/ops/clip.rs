//! Limits: `min(max(x, low), high)`; the derivative at a limit is 1.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Greater, Where};

/// Limits: `min(max(x, low), high)`; the derivative at a limit is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clip {
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
}

impl Operation for Clip {
    const NAME: &'static str = "Clip";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        let (low, high) = (T::of(self.low), T::of(self.high));
        map1(a[0], out, |x| {
            if x < low {
                low
            } else if x > high {
                high
            } else {
                x
            }
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let zero = back.graph.scalar(0.0);
        let low = back.graph.scalar(self.low);
        let high = back.graph.scalar(self.high);
        let under = back.push(Greater, &[low, back.inputs[0]])?;
        let over = back.push(Greater, &[back.inputs[0], high])?;
        let inside = back.push(Where, &[over, zero, g])?;
        Ok(vec![Some(back.push(Where, &[under, zero, inside])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::within(
                Self {
                    low: -1.0,
                    high: 1.0,
                },
                &[&[3, 4]],
                -0.9,
                0.9,
            ),
            Example::within(
                Self {
                    low: -1.0,
                    high: 1.0,
                },
                &[&[3, 4]],
                1.1,
                2.0,
            ),
            Example::within(
                Self {
                    low: -1.0,
                    high: 1.0,
                },
                &[&[3, 4]],
                -2.0,
                -1.1,
            ),
        ]
    }
}

impl OnnxForm for Clip {
    const NAMES: &'static [&'static str] = &["Clip"];

    fn import(node: &mut Import<'_>) -> Imported {
        let limit = |i: usize, attribute: &str, default: f64| {
            if node.has(i) {
                node.number(i)
            } else {
                node.float(attribute, default)
            }
        };
        let low = limit(1, "min", f64::NEG_INFINITY)?;
        let high = limit(2, "max", f64::INFINITY)?;
        let x = node.either(0)?;
        node.push(Self { low, high }, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let mut limit = |hint, value: f64| value.is_finite().then(|| node.number(hint, value));
        let (low, high) = (
            limit("low", self.low).unwrap_or_default(),
            limit("high", self.high),
        );
        let mut inputs = vec![node.input(0), &low];
        inputs.extend(high.as_deref());
        node.emit("Clip", &inputs, &[node.output(0)], vec![]);
        Ok(())
    }
}
