//! What a target is turned into before a sum is fitted to it.

use super::Settings;
use crate::expression::Expression;
use crate::operator::Operator;
use crate::units::Dimension;

/// What the target is turned into, and how a formula for that becomes one for
/// the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    Plain,
    Inverse,
    Square,
    InverseSquare,
    Root,
    Logarithm,
    Exponential,
    Arcsine,
    Arccosine,
}

impl Shape {
    /// Those of angles.
    pub const ANGLES: [Self; 2] = [Self::Arcsine, Self::Arccosine];
    /// All others.
    pub const ALL: [Self; 7] = [
        Self::Plain,
        Self::Inverse,
        Self::Square,
        Self::InverseSquare,
        Self::Root,
        Self::Logarithm,
        Self::Exponential,
    ];

    /// Whether its inverse can be written.
    pub fn allowed(self, settings: &Settings) -> bool {
        let divides = settings.allows(Operator::Div) || settings.allows(Operator::Inv);
        let roots = settings.allows(Operator::Sqrt);
        match self {
            Self::Plain => true,
            Self::Inverse => divides,
            Self::Square => roots,
            Self::InverseSquare => divides && roots,
            Self::Root => settings.allows(Operator::Square) || settings.allows(Operator::Mul),
            Self::Logarithm => settings.allows(Operator::Exp),
            Self::Exponential => settings.allows(Operator::Log),
            Self::Arcsine => settings.allows(Operator::Asin),
            Self::Arccosine => settings.allows(Operator::Acos),
        }
    }

    /// Whether it tells targets of either sign.
    pub fn both(self) -> bool {
        matches!(
            self,
            Self::Plain | Self::Inverse | Self::Exponential | Self::Arcsine | Self::Arccosine
        )
    }

    /// What it makes of a target.
    pub fn forward(self, y: f64) -> f64 {
        match self {
            Self::Plain => y,
            Self::Inverse => 1.0 / y,
            Self::Square => y * y,
            Self::InverseSquare => 1.0 / (y * y),
            Self::Root => y.abs().sqrt(),
            Self::Logarithm => y.abs().ln(),
            Self::Exponential => y.exp(),
            Self::Arcsine => y.sin(),
            Self::Arccosine => y.cos(),
        }
    }

    /// How much faster it changes than a target does, there.
    pub fn slope(self, y: f64) -> f64 {
        let y = y.abs();
        match self {
            Self::Plain => 1.0,
            Self::Inverse => 1.0 / (y * y),
            Self::Square => 2.0 * y,
            Self::InverseSquare => 2.0 / (y * y * y),
            Self::Root => 0.5 / y.sqrt(),
            Self::Logarithm => 1.0 / y,
            Self::Exponential => y.exp(),
            Self::Arcsine => y.cos().abs(),
            Self::Arccosine => y.sin().abs(),
        }
    }

    /// The dimension of the sum, where the target without its power law has this
    /// one; `None` if a sum of this shape cannot be.
    pub fn measure(self, target: Dimension) -> Option<Dimension> {
        match self {
            Self::Plain => Some(target),
            Self::Inverse => target.power(-12),
            Self::Square => target.power(24),
            Self::InverseSquare => target.power(-24),
            Self::Root => target.power(6),
            Self::Logarithm | Self::Exponential | Self::Arcsine | Self::Arccosine => {
                (target == Dimension::NONE).then_some(Dimension::NONE)
            }
        }
    }

    /// `M · g⁻¹(sum)` with the sign of the target.
    pub fn backward(self, sum: &Expression, factor: &Expression, sign: f64) -> Expression {
        let apply = |operator, a: &Expression| Expression::apply(operator, &[a]);
        let over = |a: &Expression| Expression::apply(Operator::Div, &[factor, a]);
        let times = |a: &Expression| Expression::apply(Operator::Mul, &[factor, a]);
        let value = match self {
            // These have the sign in the sum.
            Self::Plain => return times(sum),
            Self::Inverse => return over(sum),
            Self::Exponential => return times(&apply(Operator::Log, sum)),
            Self::Arcsine => return times(&apply(Operator::Asin, sum)),
            Self::Arccosine => return times(&apply(Operator::Acos, sum)),
            Self::Square => times(&apply(Operator::Sqrt, sum)),
            Self::InverseSquare => over(&apply(Operator::Sqrt, sum)),
            Self::Root => times(&Expression::apply(Operator::Mul, &[sum, sum])),
            Self::Logarithm => times(&apply(Operator::Exp, sum)),
        };
        if sign < 0.0 {
            Expression::apply(Operator::Mul, &[&Expression::constant(-1.0), &value])
        } else {
            value
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_leads_back_to_the_target_of_either_sign() {
        let factor = Expression::constant(2.0);
        for shape in Shape::ALL {
            for y in [1.7, -1.7] {
                let sum = Expression::constant(shape.forward(y));
                let law = shape.backward(&sum, &factor, f64::signum(y));
                assert!((law.at(&[]) - 2.0 * y).abs() < 1e-14, "{shape:?} {y}");
            }
        }
    }

    #[test]
    fn slopes_are_those_of_central_differences() {
        for shape in Shape::ALL {
            let (y, h) = (1.7, 1e-5);
            let slope = (shape.forward(y + h) - shape.forward(y - h)) / (2.0 * h);
            assert!((shape.slope(y) - slope.abs()).abs() < 1e-8, "{shape:?}");
        }
    }
}
