//! Hard swish: `x min(max(x / 6 + ½, 0), 1)`; A. Howard et al.,
//! arXiv:1905.02244, section 5.2.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::{Abs, Add, Clip, Gate, Mul, Sub};

/// Hard swish: `x min(max(x / 6 + ½, 0), 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HardSwish;

impl Unary for HardSwish {
    const NAME: &'static str = "HardSwish";

    fn value<T: Real>(x: T) -> T {
        let gate = x * T::of(1.0 / 6.0) + T::of(0.5);
        if gate <= T::ZERO {
            T::ZERO
        } else if gate < T::ONE {
            x * gate
        } else {
            x
        }
    }

    /// The gate, and `x / 6` between −3 and 3.
    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        let [sixth, half, three] = [1.0 / 6.0, 0.5, 3.0].map(|x| back.graph.scalar(x));
        let part = back.push(Mul, &[x, sixth])?;
        let gate = back.push(Add, &[part, half])?;
        let limits = Clip {
            low: 0.0,
            high: 1.0,
        };
        let gate = back.push(limits, &[gate])?;
        let size = back.push(Abs, &[x])?;
        let inside = back.push(Sub, &[three, size])?;
        let bend = back.push(Gate, &[part, inside])?;
        Ok(Some(back.push(Add, &[gate, bend])?))
    }
}
