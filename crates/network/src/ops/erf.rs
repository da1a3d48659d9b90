//! Error function; its derivative is `2/√π e^(−x²)`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::{Exp, Mul, Neg};

/// Error function; its derivative is `2/√π e^(−x²)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Erf;

impl Unary for Erf {
    const NAME: &'static str = "Erf";

    fn value<T: Real>(x: T) -> T {
        x.erf()
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        let square = back.push(Mul, &[x, x])?;
        let negative = back.push(Neg, &[square])?;
        let bell = back.push(Exp, &[negative])?;
        let norm = back.graph.scalar(std::f64::consts::FRAC_2_SQRT_PI);
        Ok(Some(back.push(Mul, &[bell, norm])?))
    }
}
