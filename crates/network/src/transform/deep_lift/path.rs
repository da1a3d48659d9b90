//! Points on the straight path from the baseline to the input of an operation.
//!
//! What is integrated changes within a small part of the path: a softmax where
//! its winner changes, a normalisation where its width is least. The points are
//! dense there, for every row of numbers by itself:
//!
//! * between two places (`between`), dense towards both in steps of about
//!   `ε`: `t = (1 + 2ε) σ(v) − ε` with equal steps of `v`;
//! * around a place (`around`), as dense as its width `w` asks:
//!   `t = t₀ ± w sinh θ` with equal steps of `θ`.
//!
//! The steps are those of the Gauss–Legendre rule.

use pellucid_core::Tensor;

use super::Lift;
use crate::error::NetworkError;
use crate::graph::{Dim, ValueId};
use crate::ops::{
    Abs, Add, Concat, Div, Exp, Finite, Log, Max, Mul, Neg, ReduceSum, Reshape, Sigmoid, Sign,
    Slice, Sqrt, Sub,
};
use crate::transform::quadrature::gauss_legendre;

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

    /// Points on both sides of `middle`, dense at the ends and there, in steps of
    /// `grade` of the whole path. Both have one number per row.
    pub(super) fn between(
        &mut self,
        middle: ValueId,
        grade: ValueId,
        count: usize,
    ) -> Result<Points, NetworkError> {
        let (one, zero) = (self.graph.scalar(1.0), self.graph.scalar(0.0));
        let (middle, grade) = (self.lined(middle)?, self.lined(grade)?);
        let rest = self.graph.push(Sub, &[one, middle])?;
        let first = self.graded(zero, middle, rest, grade, count)?;
        let second = self.graded(middle, rest, zero, grade, count)?;
        self.joined(first, second)
    }

    /// Points from `start` over `length`, where `behind` is left of the path.
    fn graded(
        &mut self,
        start: ValueId,
        length: ValueId,
        behind: ValueId,
        grade: ValueId,
        count: usize,
    ) -> Result<Points, NetworkError> {
        let (steps, weights) = rule(count);
        let [one, two, tiny] = [1.0, 2.0, 1e-30].map(|number| self.graph.scalar(number));
        // ε of this part, at most 3: what is beyond is an even grid as well.
        let third = self.graph.scalar(1.0 / 3.0);
        let least = self.graph.push(Mul, &[grade, third])?;
        let part = self.graph.push(Max, &[length, least])?;
        let part = self.graph.push(Add, &[part, tiny])?;
        let e = self.graph.push(Div, &[grade, part])?;
        let far = self.graph.push(Add, &[e, one])?;
        let ratio = self.graph.push(Div, &[far, e])?;
        let reach = self.graph.push(Log, &[ratio])?;
        let width = self.graph.push(Add, &[far, e])?;
        let mut sides = Vec::with_capacity(2);
        let mut shares = Vec::with_capacity(2);
        for sign in [1.0, -1.0] {
            let steps: Vec<f64> = steps.iter().map(|g| sign * (2.0 * g - 1.0)).collect();
            let steps = self.list(steps);
            let v = self.graph.push(Mul, &[reach, steps])?;
            let share = self.graph.push(Sigmoid, &[v])?;
            let u = self.graph.push(Mul, &[share, width])?;
            let u = self.graph.push(Sub, &[u, e])?;
            sides.push(self.graph.push(Mul, &[u, length])?);
            shares.push(share);
        }
        let t = self.graph.push(Add, &[sides[0], start])?;
        let rest = self.graph.push(Add, &[sides[1], behind])?;
        let scale = self.graph.push(Mul, &[length, width])?;
        let scale = self.graph.push(Mul, &[scale, reach])?;
        let scale = self.graph.push(Mul, &[scale, two])?;
        let weights = self.list(weights);
        let weight = self.graph.push(Mul, &[shares[0], shares[1]])?;
        let weight = self.graph.push(Mul, &[weight, scale])?;
        let weight = self.graph.push(Mul, &[weight, weights])?;
        Ok(Points {
            t,
            rest,
            weight,
            count,
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

    fn list(&mut self, numbers: Vec<f64>) -> ValueId {
        self.graph
            .constant("", Tensor::new(vec![numbers.len()], numbers))
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

    /// Multipliers of which the sums of `m Δ` over a row are `target` exactly: what
    /// the integral misses is dealt out in proportion to `|m Δ|`.
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
