//! Quotients `y = a / b`.
//!
//! On the straight path of both the mean slopes are
//!
//! $$ p = \int_0^1 \frac{\mathrm{d}t}{b(t)} = \frac{\ln(b / b_0)}{b - b_0}, \qquad
//!    q = -\int_0^1 \frac{a(t)}{b(t)^2}\,\mathrm{d}t
//!      = \frac{\Delta y - p\,\Delta a}{b - b_0} $$
//!
//! so that a divisor that changes by orders of magnitude counts as their logarithm.
//! With `r = (b − b_0) / (b + b_0)` both are series for small `r`,
//!
//! $$ p = \frac{2}{b + b_0} \sum_{k \ge 0} \frac{r^{2k}}{2k + 1}, \qquad
//!    q = -\frac{a + a_0}{2\, b\, b_0}
//!        + \frac{2\,\Delta a}{(b + b_0)^2} \sum_{k \ge 1} \frac{2k}{2k + 1} r^{2k - 1} $$
//!
//! A divisor that changes its sign passes a pole; there `p` is the principal value,
//! with `ln |b / b_0|`.

use super::Lift;
use crate::error::NetworkError;
use crate::graph::{Node, ValueId};
use crate::ops::{Abs, Add, Div, Finite, Greater, Log, Mul, Sub, Where};

/// Series are for smaller `r`.
const SMALL: f64 = 0.1;

/// Terms behind the first: `0.1¹⁶` is below the rounding of a double.
const TERMS: usize = 7;

impl Lift<'_> {
    /// The multipliers of both, where the divisor varies.
    pub(super) fn quotient(
        &mut self,
        node: &Node,
        m: ValueId,
        wanted: &[bool],
    ) -> Result<Vec<Option<ValueId>>, NetworkError> {
        let (a, b, y) = (node.inputs[0], node.inputs[1], node.outputs[0]);
        let b0 = self.reference(b);
        let [one, two, small] = [1.0, 2.0, SMALL].map(|number| self.graph.scalar(number));
        let db = self.difference(b)?;
        let sum = self.graph.push(Add, &[b, b0])?;
        let r = self.ratio_or(db, sum, one)?;
        let size = self.graph.push(Abs, &[r])?;
        let far = self.graph.push(Greater, &[size, small])?;
        let square = self.graph.push(Mul, &[r, r])?;
        // Both series, from their last terms.
        let (mut series_p, mut series_q) = (self.graph.scalar(0.0), self.graph.scalar(0.0));
        for k in (1..=TERMS).rev() {
            let odd = (2 * k + 1) as f64;
            let (share, rest) = (
                self.graph.scalar(1.0 / odd),
                self.graph.scalar((2 * k) as f64 / odd),
            );
            let next = self.graph.push(Add, &[series_p, share])?;
            series_p = self.graph.push(Mul, &[next, square])?;
            let next = self.graph.push(Mul, &[series_q, square])?;
            series_q = self.graph.push(Add, &[next, rest])?;
        }
        let series_q = self.graph.push(Mul, &[series_q, r])?;
        let series_p = self.graph.push(Add, &[series_p, one])?;
        let twice = self.graph.push(Div, &[two, sum])?;
        let near = self.graph.push(Mul, &[twice, series_p])?;
        let ratio = self.graph.push(Div, &[b, b0])?;
        let ratio = self.graph.push(Abs, &[ratio])?;
        let log = self.graph.push(Log, &[ratio])?;
        let beyond = self.graph.push(Div, &[log, db])?;
        let p = self.graph.push(Where, &[far, beyond, near])?;
        let p = self.graph.push(Finite, &[p, p])?;
        let (da, dy) = (self.difference(a)?, self.difference(y)?);
        let mean = self.middle(a)?;
        let product = self.graph.push(Mul, &[b, b0])?;
        let first = self.graph.push(Div, &[mean, product])?;
        let second = self.graph.push(Div, &[da, sum])?;
        let second = self.graph.push(Mul, &[second, twice])?;
        let second = self.graph.push(Mul, &[second, series_q])?;
        let near = self.graph.push(Sub, &[second, first])?;
        let due = self.graph.push(Mul, &[p, da])?;
        let due = self.graph.push(Sub, &[dy, due])?;
        let beyond = self.graph.push(Div, &[due, db])?;
        let q = self.graph.push(Where, &[far, beyond, near])?;
        let q = self.graph.push(Finite, &[q, q])?;
        let to_a = if wanted[0] {
            let to_a = self.graph.push(Mul, &[m, p])?;
            Some(self.narrow(to_a, a)?)
        } else {
            None
        };
        let to_b = self.graph.push(Mul, &[m, q])?;
        Ok(vec![to_a, Some(self.narrow(to_b, b)?)])
    }

    /// `a / b`, or `otherwise` where that is not finite.
    fn ratio_or(
        &mut self,
        a: ValueId,
        b: ValueId,
        otherwise: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let zero = self.graph.scalar(0.0);
        let nothing = self.graph.push(crate::ops::Equal, &[b, zero])?;
        let ratio = self.graph.push(Div, &[a, b])?;
        self.graph.push(Where, &[nothing, otherwise, ratio])
    }
}
