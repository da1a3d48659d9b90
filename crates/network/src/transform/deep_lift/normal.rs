//! Layer normalisation: `n = d s` with `d = x − mean(x)` and
//! `s = (mean(d²) + ε)^(−1/2)`.
//!
//! On the straight path the variance `v(t) = v_0 (1 − t) + v_1 t − c t (1 − t)`, with
//! `c = mean((d_1 − d_0)²)`, is one parabola per row, so that only numbers of a row
//! are integrated:
//!
//! $$ m = I\,(m' - \overline{m'}) - \sum_{ab} J_{ab}\, d_a\, \overline{m' d_b}, \qquad
//!    I = \int s\,\mathrm{d}t, \quad
//!    J_{ab} = \int s^3 \tau_a \tau_b\,\mathrm{d}t, \quad \tau = (1 - t, t) $$
//!
//! `I` grows as the logarithm of `1/ε` where a row has no width at the baseline, not
//! as its root. What grows so hands the row's numbers shares that cancel, while the
//! result has settled and moves no more: there the multiplier is the derivative `g` by
//! the result at the event, not the mean `m'` of the whole path,
//!
//! $$ m \mathrel{+}= P \int_{t^*}^1 \Bigl(1 - \frac{v(t^*)}{v(t)}\Bigr)^4
//!    J(t)^T (g - m')\,\mathrm{d}t $$
//!
//! with the projection `P` across `Δx`, so that no sum changes. (A line that is zero
//! at the baseline settles at once, and integrated gradients see its shares at the
//! event.)

use pellucid_core::Tensor;

use super::Lift;
use crate::error::NetworkError;
use crate::graph::{Node, ValueId};
use crate::ops::{
    Add, Clip, Div, LayerNorm, Max, Mul, Reciprocal, ReduceMean, ReduceSum, Sqrt, Sub,
};

/// Points on each side of where the variance is least.
const POINTS: usize = 24;

/// A row's numbers on the path: `d` of the baseline and of the input, `s` at every
/// point, and the shares of both ends there.
struct Row {
    d: [ValueId; 2],
    mean: ReduceMean,
    s: ValueId,
    shares: [ValueId; 2],
}

impl Lift<'_> {
    /// The multiplier of what is normalised.
    pub(super) fn normalised(
        &mut self,
        node: &Node,
        norm: LayerNorm,
        m: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let (x, n, s) = (node.inputs[0], node.outputs[0], node.outputs[1]);
        let axes: Vec<usize> = (norm.axis..self.graph.shape(n).len()).collect();
        let mean = ReduceMean {
            axes: axes.clone(),
            keep: true,
        };
        let over = ReduceSum { axes, keep: true };
        let one = self.graph.scalar(1.0);
        // Of the baseline, then of the input.
        let (mut d, mut v) = (Vec::new(), Vec::new());
        for (n, s) in [(self.reference(n), self.reference(s)), (n, s)] {
            d.push(self.graph.push(Div, &[n, s])?);
            let square = self.graph.push(Mul, &[s, s])?;
            v.push(self.graph.push(Div, &[one, square])?);
        }
        let change = self.graph.push(Sub, &[d[1], d[0]])?;
        let square = self.graph.push(Mul, &[change, change])?;
        let c = self.graph.push(mean.clone(), &[square])?;
        let least = self.graph.scalar(norm.epsilon.max(1e-30));
        let (middle, width) = self.narrowest([v[0], v[1], c], least)?;
        let points = self.around(middle, width, POINTS)?;
        let ends = [v[0], v[1]];
        let lines = [self.lined(v[0])?, self.lined(v[1])?, self.lined(c)?];
        let v = self.parabola(lines, points.t, points.rest, least)?;
        let root = self.graph.push(Sqrt, &[v])?;
        let s = self.graph.push(Reciprocal, &[root])?;
        let row = Row {
            d: [d[0], d[1]],
            mean,
            s,
            shares: [points.rest, points.t],
        };
        let mut total = self.pulled(&row, m, points.weight)?;
        if let Some(&slope) = self.slopes.get(&n) {
            // Behind its bottom, where the parabola has risen, the line has settled:
            // (1 − v_least / v)⁴ of a point.
            let rest = self.graph.push(Sub, &[one, middle])?;
            let bottom = self.parabola([ends[0], ends[1], c], middle, rest, least)?;
            let bottom = self.lined(bottom)?;
            let share = self.graph.push(Div, &[bottom, v])?;
            let risen = self.graph.push(Sub, &[one, share])?;
            let risen = self.graph.push(Mul, &[risen, risen])?;
            let risen = self.graph.push(Mul, &[risen, risen])?;
            let late = (0..points.count).map(|k| f64::from(u8::from(2 * k >= points.count)));
            let late = Tensor::new(vec![points.count], late.collect());
            let late = self.graph.constant("", late);
            let weight = self.graph.push(Mul, &[points.weight, risen])?;
            let weight = self.graph.push(Mul, &[weight, late])?;
            let other = self.graph.push(Sub, &[slope, m])?;
            let more = self.pulled(&row, other, weight)?;
            // Only across the path, where it changes no sum.
            let along = self.graph.push(Mul, &[more, change])?;
            let along = self.graph.push(over.clone(), &[along])?;
            let square = self.graph.push(Mul, &[change, change])?;
            let square = self.graph.push(over.clone(), &[square])?;
            let tiny = self.graph.scalar(1e-30);
            let square = self.graph.push(Max, &[square, tiny])?;
            let share = self.graph.push(Div, &[along, square])?;
            let along = self.graph.push(Mul, &[change, share])?;
            let more = self.graph.push(Sub, &[more, along])?;
            total = self.graph.push(Add, &[total, more])?;
        }
        let (dx, dn) = (self.difference(x)?, self.difference(n)?);
        let product = self.graph.push(Mul, &[m, dn])?;
        let target = self.graph.push(over.clone(), &[product])?;
        self.completed(total, dx, target, &over)
    }

    /// `Σ_t weight · J(t)ᵀ m` of a row.
    fn pulled(&mut self, row: &Row, m: ValueId, weight: ValueId) -> Result<ValueId, NetworkError> {
        let weighted = self.graph.push(Mul, &[weight, row.s])?;
        let i = self.summed(weighted)?;
        let cube = self.graph.push(Mul, &[weighted, row.s])?;
        let cube = self.graph.push(Mul, &[cube, row.s])?;
        let mut along = Vec::with_capacity(2);
        for &d in &row.d {
            let product = self.graph.push(Mul, &[m, d])?;
            along.push(self.graph.push(row.mean.clone(), &[product])?);
        }
        let level = self.graph.push(row.mean.clone(), &[m])?;
        let rest = self.graph.push(Sub, &[m, level])?;
        let mut total = self.graph.push(Mul, &[rest, i])?;
        for (&d, &own) in row.d.iter().zip(&row.shares) {
            for (&other, &along) in row.shares.iter().zip(&along) {
                let part = self.graph.push(Mul, &[cube, own])?;
                let part = self.graph.push(Mul, &[part, other])?;
                let j = self.summed(part)?;
                let factor = self.graph.push(Mul, &[j, along])?;
                let part = self.graph.push(Mul, &[d, factor])?;
                total = self.graph.push(Sub, &[total, part])?;
            }
        }
        Ok(total)
    }

    /// Where a parabola through `v_0` and `v_1` of the curvature `c` is least, and
    /// the width of its bottom.
    pub(super) fn narrowest(
        &mut self,
        [v0, v1, c]: [ValueId; 3],
        least: ValueId,
    ) -> Result<(ValueId, ValueId), NetworkError> {
        let [half, tiny, one] = [0.5, 1e-30, 1.0].map(|number| self.graph.scalar(number));
        let curve = self.graph.push(Max, &[c, tiny])?;
        let slope = self.graph.push(Sub, &[v0, v1])?;
        let place = self.graph.push(Div, &[slope, curve])?;
        let place = self.graph.push(Add, &[place, one])?;
        let place = self.graph.push(Mul, &[place, half])?;
        let within = Clip {
            low: 0.0,
            high: 1.0,
        };
        let middle = self.graph.push(within, &[place])?;
        let rest = self.graph.push(Sub, &[one, middle])?;
        let v = self.parabola([v0, v1, c], middle, rest, least)?;
        let width = self.graph.push(Div, &[v, curve])?;
        let width = self.graph.push(Sqrt, &[width])?;
        // Beyond ten paths the points are even; below, more would not help.
        let useful = Clip {
            low: 1e-9,
            high: 10.0,
        };
        Ok((middle, self.graph.push(useful, &[width])?))
    }

    fn parabola(
        &mut self,
        [v0, v1, c]: [ValueId; 3],
        t: ValueId,
        rest: ValueId,
        least: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let a = self.graph.push(Mul, &[v0, rest])?;
        let b = self.graph.push(Mul, &[v1, t])?;
        let sum = self.graph.push(Add, &[a, b])?;
        let both = self.graph.push(Mul, &[t, rest])?;
        let dip = self.graph.push(Mul, &[c, both])?;
        let v = self.graph.push(Sub, &[sum, dip])?;
        self.graph.push(Max, &[v, least])
    }

    /// The sum over the points.
    fn summed(&mut self, value: ValueId) -> Result<ValueId, NetworkError> {
        let axes = vec![self.graph.shape(value).len() - 1];
        self.graph.push(ReduceSum { axes, keep: false }, &[value])
    }
}
