//! Piecewise linear functions of a line, such as its largest numbers in order.
//!
//! Between two points of the path with the slopes `g` and `h` such a function `f` has
//! a kink (or none), and where it is follows from the values at both points: it is
//! `τ` behind the first of two points that are `Δt` apart, with
//!
//! $$ g\,\tau + h\,(\Delta t - \tau) = \Delta f. $$
//!
//! The Jacobian of the first point counts for `τ`, that of the second for the rest. The
//! integral is exact where no two kinks lie between the same points.

use super::Lift;
use crate::error::NetworkError;
use crate::graph::{Node, ValueId};
use crate::ops::{Add, Clip, Finite, Mul, ReduceSum, Sub};

/// Parts of the path.
const PARTS: u32 = 64;

/// How far the first and the last point are from the ends, where numbers may be equal.
const INSIDE: f64 = 1e-9;

impl Lift<'_> {
    /// The multiplier of lines along `axes`, of which a node makes others.
    pub(super) fn through_lines(
        &mut self,
        node: &Node,
        m: ValueId,
        axes: Vec<usize>,
    ) -> Result<ValueId, NetworkError> {
        let (x, y) = (node.inputs[0], node.outputs[0]);
        let nodes = std::slice::from_ref(node);
        let over = ReduceSum { axes, keep: true };
        let dx = self.difference(x)?;
        let step = 1.0 / f64::from(PARTS);
        let mut points = Vec::new();
        for k in 0..=PARTS {
            let t = (f64::from(k) * step).clamp(INSIDE, 1.0 - INSIDE);
            let point = [t, 1.0 - t, step].map(|number| self.graph.scalar(number));
            let (at, pulled) = self.at_point(nodes, &[x], (y, m), point)?;
            let pulled = match pulled[0] {
                Some(pulled) => pulled,
                None => crate::transform::gradient::full(self.graph, 0.0, x)?,
            };
            let slope = self.summed_up(pulled, dx, &over)?;
            let value = self.summed_up(m, at, &over)?;
            points.push([pulled, slope, value]);
        }
        let [whole, half] = [step, step / 2.0].map(|number| self.graph.scalar(number));
        let within = Clip {
            low: 0.0,
            high: step,
        };
        let mut total = None;
        for pair in points.windows(2) {
            let ([first, g, before], [second, h, behind]) = (pair[0], pair[1]);
            let rise = self.graph.push(Sub, &[behind, before])?;
            let straight = self.graph.push(Mul, &[h, whole])?;
            let more = self.graph.push(Sub, &[rise, straight])?;
            let bend = self.graph.push(Sub, &[g, h])?;
            let share = self.ratio(more, bend, Some(half))?;
            let share = self.graph.push(within, &[share])?;
            let rest = self.graph.push(Sub, &[whole, share])?;
            for (pulled, weight) in [(first, share), (second, rest)] {
                let part = self.graph.push(Mul, &[pulled, weight])?;
                total = Some(match total {
                    Some(total) => self.graph.push(Add, &[total, part])?,
                    None => part,
                });
            }
        }
        let mean = total.unwrap_or(m);
        let dy = self.difference(y)?;
        let due = self.summed_up(m, dy, &over)?;
        self.completed(mean, dx, due, &over)
    }

    /// The sum of products along lines, of those that are finite.
    fn summed_up(
        &mut self,
        a: ValueId,
        b: ValueId,
        over: &ReduceSum,
    ) -> Result<ValueId, NetworkError> {
        let product = self.graph.push(Mul, &[a, b])?;
        let product = self.graph.push(Finite, &[product, product])?;
        self.graph.push(over.clone(), &[product])
    }
}
