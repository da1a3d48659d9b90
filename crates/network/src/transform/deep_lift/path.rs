//! Points on the straight path from the baseline to the input of an operation.
//!
//! What is integrated changes within a small part of the path: a softmax where
//! its winner changes, a normalisation where its width is least. The points are
//! dense there, for every row of numbers by itself:
//!
//! * between two places (`in_panels`), dense towards both in steps of about
//!   `ε`: `t = (1 + 2ε) σ(v) − ε` with equal panels of `v`;
//! * around a place (`around`), as dense as its width `w` asks:
//!   `t = t₀ ± w sinh θ` with equal steps of `θ`.
//!
//! The steps are those of the Gauss–Legendre rule.

use pellucid_core::Tensor;

use super::Lift;
use crate::error::NetworkError;
use crate::graph::{Dim, ValueId};
use crate::ops::{
    Abs, Add, Clip, Concat, Div, Exp, Finite, Log, Max, Mul, Neg, ReduceSum, Reshape, Sigmoid,
    Sign, Slice, Sqrt, Sub,
};
use crate::transform::quadrature::gauss_legendre;

/// The share of each part that what an integral misses may change it by.
const DEALT: f64 = 0.01;

/// Points of a row: how far each is from the baseline and from the input, and
/// its weight. Their last side counts the points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Points {
    pub t: ValueId,
    pub rest: ValueId,
    pub weight: ValueId,
    pub count: usize,
}

/// One point: the share of the input, of the baseline, and the weight.
pub(super) type Point = [ValueId; 3];

impl Lift<'_> {
    /// The same points for all rows.
    pub(super) fn even(&mut self, count: usize) -> Vec<Point> {
        let points = gauss_legendre(count).into_iter();
        points
            .map(|(t, weight)| [t, 1.0 - t, weight].map(|number| self.graph.scalar(number)))
            .collect()
    }

    /// The points of panels: each is one of several equal parts of the `v` of a
    /// segment of the path. All have one number per row and panel: where the segment
    /// starts, its length and what is left of the path behind it; its `ε` and the
    /// largest `v`; its first panel, and how many it has.
    pub(super) fn in_panels(
        &mut self,
        [start, length, behind]: [ValueId; 3],
        [e, reach]: [ValueId; 2],
        [from, panels]: [ValueId; 2],
        count: usize,
    ) -> Result<Points, NetworkError> {
        let mut shape = self.graph.shape(start).to_vec();
        let sides = shape.len();
        let many = shape[sides - 1].known().unwrap_or(1);
        shape[sides - 1] = (many * count).into();
        let panel = self.list((0..many).map(|k| k as f64).collect());
        let panel = self.graph.push(Sub, &[panel, from])?;
        let mut lined = [start, length, behind, e, reach, panels, panel];
        for value in &mut lined {
            *value = self.lined(*value)?;
        }
        let [start, length, behind, e, reach, panels, panel] = lined;
        let (steps, weights) = rule(count);
        let (steps, weights) = (self.list(steps), self.list(weights));
        let (one, two) = (self.graph.scalar(1.0), self.graph.scalar(2.0));
        let step = self.graph.push(Add, &[panel, steps])?;
        let step = self.graph.push(Div, &[step, panels])?;
        let step = self.graph.push(Mul, &[step, two])?;
        let step = self.graph.push(Sub, &[step, one])?;
        let v = self.graph.push(Mul, &[step, reach])?;
        let width = self.graph.push(Mul, &[e, two])?;
        let width = self.graph.push(Add, &[width, one])?;
        let mut sides = Vec::with_capacity(2);
        let mut shares = Vec::with_capacity(2);
        let minus = self.minus(v)?;
        for (v, edge) in [(v, start), (minus, behind)] {
            let share = self.graph.push(Sigmoid, &[v])?;
            let u = self.graph.push(Mul, &[share, width])?;
            let u = self.graph.push(Sub, &[u, e])?;
            let u = self.graph.push(Mul, &[u, length])?;
            sides.push(self.graph.push(Add, &[u, edge])?);
            shares.push(share);
        }
        let scale = self.graph.push(Mul, &[length, width])?;
        let scale = self.graph.push(Mul, &[scale, reach])?;
        let scale = self.graph.push(Mul, &[scale, two])?;
        let scale = self.graph.push(Div, &[scale, panels])?;
        let weight = self.graph.push(Mul, &[shares[0], shares[1]])?;
        let weight = self.graph.push(Mul, &[weight, scale])?;
        let weight = self.graph.push(Mul, &[weight, weights])?;
        let mut joined = [sides[0], sides[1], weight];
        for value in &mut joined {
            let shape = shape.clone();
            *value = self.graph.push(Reshape { shape }, &[*value])?;
        }
        let [t, rest, weight] = joined;
        Ok(Points {
            t,
            rest,
            weight,
            count: many * count,
        })
    }

    /// Points on both sides of `middle`, as dense there as the width `w` asks.
    /// Both have one number per row.
    pub(super) fn around(
        &mut self,
        middle: ValueId,
        w: ValueId,
        count: usize,
    ) -> Result<Points, NetworkError> {
        let one = self.graph.scalar(1.0);
        let (middle, w) = (self.lined(middle)?, self.lined(w)?);
        let rest = self.graph.push(Sub, &[one, middle])?;
        let mut halves = Vec::with_capacity(2);
        for (length, other) in [(middle, rest), (rest, middle)] {
            let (steps, weights) = rule(count);
            let (steps, weights) = (self.list(steps), self.list(weights));
            let ratio = self.graph.push(Div, &[length, w])?;
            let reach = self.asinh(ratio)?;
            let theta = self.graph.push(Mul, &[reach, steps])?;
            let [u, slope] = self.hyperbolic(theta)?;
            let u = self.graph.push(Mul, &[u, w])?;
            let near = self.graph.push(Sub, &[length, u])?;
            let far = self.graph.push(Add, &[other, u])?;
            let scale = self.graph.push(Mul, &[w, reach])?;
            let weight = self.graph.push(Mul, &[slope, scale])?;
            let weight = self.graph.push(Mul, &[weight, weights])?;
            halves.push((near, far, weight));
        }
        let point = |t, rest, weight| Points {
            t,
            rest,
            weight,
            count,
        };
        let (below, above) = (halves[0], halves[1]);
        self.joined(
            point(below.0, below.1, below.2),
            point(above.1, above.0, above.2),
        )
    }

    /// `ln(x + √(x² + 1))` of what is not negative: runtimes have no `Asinh` in
    /// double precision.
    fn asinh(&mut self, x: ValueId) -> Result<ValueId, NetworkError> {
        let one = self.graph.scalar(1.0);
        let square = self.graph.push(Mul, &[x, x])?;
        let inside = self.graph.push(Add, &[square, one])?;
        let root = self.graph.push(Sqrt, &[inside])?;
        let sum = self.graph.push(Add, &[root, x])?;
        self.graph.push(Log, &[sum])
    }

    /// Hyperbolic sine and cosine.
    fn hyperbolic(&mut self, x: ValueId) -> Result<[ValueId; 2], NetworkError> {
        let half = self.graph.scalar(0.5);
        let minus = self.minus(x)?;
        let (up, down) = (self.graph.push(Exp, &[x])?, self.graph.push(Exp, &[minus])?);
        let (sum, difference) = (
            self.graph.push(Add, &[up, down])?,
            self.graph.push(Sub, &[up, down])?,
        );
        Ok([
            self.graph.push(Mul, &[difference, half])?,
            self.graph.push(Mul, &[sum, half])?,
        ])
    }

    fn joined(&mut self, a: Points, b: Points) -> Result<Points, NetworkError> {
        let axis = self.graph.shape(a.weight).len() - 1;
        let mut join = |a, b| self.graph.push(Concat { axis }, &[a, b]);
        Ok(Points {
            t: join(a.t, b.t)?,
            rest: join(a.rest, b.rest)?,
            weight: join(a.weight, b.weight)?,
            count: a.count + b.count,
        })
    }

    /// The points one by one, each of the shape of a row's number.
    pub(super) fn apart(
        &mut self,
        points: Points,
        row: &[Dim],
    ) -> Result<Vec<Point>, NetworkError> {
        let mut all = Vec::with_capacity(points.count);
        for k in 0..points.count {
            let mut point = [points.t, points.rest, points.weight];
            for value in &mut point {
                let slice = Slice {
                    axis: row.len(),
                    start: k.into(),
                    length: 1.into(),
                    step: 1,
                };
                let one = self.graph.push(slice, &[*value])?;
                *value = self.graph.push(
                    Reshape {
                        shape: row.to_vec(),
                    },
                    &[one],
                )?;
            }
            all.push(point);
        }
        Ok(all)
    }

    /// A number per row with a side of its own behind, along which points go.
    pub(super) fn lined(&mut self, value: ValueId) -> Result<ValueId, NetworkError> {
        let mut shape = self.graph.shape(value).to_vec();
        shape.push(Dim::fixed(1));
        self.graph.push(Reshape { shape }, &[value])
    }

    pub(super) fn list(&mut self, numbers: Vec<f64>) -> ValueId {
        self.graph
            .constant("", Tensor::new(vec![numbers.len()], numbers))
    }

    /// The smaller of two values.
    pub(super) fn least(&mut self, a: ValueId, b: ValueId) -> Result<ValueId, NetworkError> {
        let (a, b) = (self.minus(a)?, self.minus(b)?);
        let top = self.graph.push(Max, &[a, b])?;
        self.minus(top)
    }

    /// The value where the rest of the path is 0, between two ends.
    pub(super) fn on_the_way(
        &mut self,
        ends: [ValueId; 2],
        [t, rest, _]: Point,
    ) -> Result<ValueId, NetworkError> {
        let [start, end] = ends;
        let a = self.graph.push(Mul, &[end, t])?;
        let b = self.graph.push(Mul, &[start, rest])?;
        self.graph.push(Add, &[a, b])
    }

    /// Multipliers of which the sums of `m Δ` over a row are `target`: what the
    /// integral misses is dealt out in proportion to `|m Δ|`, up to [`DEALT`] of it. What
    /// the points miss beyond that no rule knows the owner of; it is left in the
    /// residual, where it is seen.
    pub(super) fn completed(
        &mut self,
        m: ValueId,
        change: ValueId,
        target: ValueId,
        over: &ReduceSum,
    ) -> Result<ValueId, NetworkError> {
        let (one, tiny) = (self.graph.scalar(1.0), self.graph.scalar(1e-30));
        let part = self.graph.push(Mul, &[m, change])?;
        let total = self.graph.push(over.clone(), &[part])?;
        let missed = self.graph.push(Sub, &[target, total])?;
        let size = self.graph.push(Abs, &[part])?;
        let sizes = self.graph.push(over.clone(), &[size])?;
        let sizes = self.graph.push(Add, &[sizes, tiny])?;
        let share = self.graph.push(Div, &[missed, sizes])?;
        let share = self.graph.push(Finite, &[share, share])?;
        let small = Clip {
            low: -DEALT,
            high: DEALT,
        };
        let share = self.graph.push(small, &[share])?;
        let sign = self.graph.push(Sign, &[part])?;
        let more = self.graph.push(Mul, &[share, sign])?;
        let more = self.graph.push(Finite, &[more, more])?;
        let factor = self.graph.push(Add, &[more, one])?;
        self.graph.push(Mul, &[m, factor])
    }

    /// The negative of a value.
    pub(super) fn minus(&mut self, value: ValueId) -> Result<ValueId, NetworkError> {
        self.graph.push(Neg, &[value])
    }
}

/// The points of the Gauss–Legendre rule in [0, 1], and their weights.
fn rule(count: usize) -> (Vec<f64>, Vec<f64>) {
    gauss_legendre(count).into_iter().unzip()
}
