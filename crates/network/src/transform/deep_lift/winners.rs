//! Where the largest of several straight lines is another one, and points that are
//! dense there.
//!
//! On the straight path the scores of a row are lines, `s_i(t) = a_i + t d_i`. The
//! largest of them is convex: its slope grows at every corner, where one winner
//! hands over to the next. From the winner `i` at one point the next corner is at
//!
//! $$ t^* = \min_{d_j > d_i} \frac{a_i - a_j}{d_j - d_i}, $$
//!
//! and the next winner is the steepest line that meets there. [`CORNERS`] corners are
//! found from each end of the path. (Of `n` random scores `√(2π ln n) / 2` win
//! somewhere on the path: 3 of 200.) A row whose winner changes more often than
//! that keeps what the points miss in its residual.
//!
//! Corners between lines that part by less than [`APART`], within one step of the
//! exponential, are none. Between corners the points are dense towards both sides
//! (`path.rs`), in panels that the segments of a row share out by how many powers
//! of the step they are long.

use super::Lift;
use super::path::{Point, Points};
use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::{Add, Div, Floor, Greater, GreaterOrEqual, Log, Max, Mul, Sub, Where};

/// Corners looked for from each end.
const CORNERS: usize = 4;

/// Panels of a row: at least one for each segment between corners.
const PANELS: usize = 2 * CORNERS + 1;

/// Points of a panel.
const POINTS: usize = 7;

/// The step of the points at a corner, times the largest difference of changes.
const STEP: f64 = 4.0;

/// Lines that part by less on the whole path are one.
const APART: f64 = 0.5;

/// Lines this close to the largest belong to the same corner.
const CLOSE: f64 = 0.25;

/// Below any score within reach.
const LOWEST: f64 = -1e30;

/// A part of the path, one number per row each.
struct Segment {
    start: ValueId,
    length: ValueId,
    /// What is left of the path behind it.
    behind: ValueId,
}

impl Lift<'_> {
    /// Points of every row for scores that move from one end to the other.
    pub(super) fn where_winners_change(
        &mut self,
        [start, end]: [ValueId; 2],
        change: ValueId,
        axes: &[usize],
    ) -> Result<Vec<Point>, NetworkError> {
        let down = self.minus(change)?;
        let most = self.largest(change, axes)?;
        let least = self.largest(down, axes)?;
        let spread = self.graph.push(Add, &[most, least])?;
        let [tiny, close, step] = [1e-3, CLOSE, STEP].map(|number| self.graph.scalar(number));
        let spread = self.graph.push(Max, &[spread, tiny])?;
        let close = self.graph.push(Div, &[close, spread])?;
        let grade = self.graph.push(Div, &[step, spread])?;
        let first = self.corners([start, change], close, axes)?;
        let last = self.corners([end, down], close, axes)?;
        let segments = self.segments(&first, &last)?;
        let row = self.graph.shape(grade).to_vec();
        let points = self.shared_out(&segments, grade)?;
        self.apart(points, &row)
    }

    /// How far the corners of the largest line are from `t = 0`, the nearest first; 1
    /// where there are no more.
    fn corners(
        &mut self,
        [a, d]: [ValueId; 2],
        close: ValueId,
        axes: &[usize],
    ) -> Result<Vec<ValueId>, NetworkError> {
        let [one, apart, lowest, none, near] =
            [1.0, APART, LOWEST, -2.0, CLOSE].map(|number| self.graph.scalar(number));
        let top = self.largest(a, axes)?;
        let floor = self.graph.push(Sub, &[top, near])?;
        let meets = self.graph.push(GreaterOrEqual, &[a, floor])?;
        let mut at = None;
        let mut steepest = None;
        let mut mask = meets;
        let mut all = Vec::with_capacity(CORNERS);
        for _ in 0..CORNERS {
            // The steepest of the lines that meet.
            let slopes = self.graph.push(Where, &[mask, d, lowest])?;
            let mut slope = self.largest(slopes, axes)?;
            if let Some(earlier) = steepest {
                slope = self.graph.push(Max, &[slope, earlier])?;
            }
            let wins = self.graph.push(GreaterOrEqual, &[slopes, slope])?;
            let own = self.graph.push(Where, &[wins, a, lowest])?;
            let own = self.largest(own, axes)?;
            // Minus the place at which each steeper line overtakes it.
            let rise = self.graph.push(Sub, &[d, slope])?;
            let steeper = self.graph.push(Greater, &[rise, apart])?;
            let rise = self.graph.push(Where, &[steeper, rise, one])?;
            let lead = self.graph.push(Sub, &[a, own])?;
            let place = self.graph.push(Div, &[lead, rise])?;
            let place = self.graph.push(Where, &[steeper, place, none])?;
            let next = self.largest(place, axes)?;
            let floor = self.graph.push(Sub, &[next, close])?;
            mask = self.graph.push(Greater, &[place, floor])?;
            steepest = Some(slope);
            let corner = self.minus(next)?;
            let corner = self.least(corner, one)?;
            let before = at.unwrap_or_else(|| self.graph.scalar(0.0));
            let corner = self.graph.push(Max, &[corner, before])?;
            at = Some(corner);
            all.push(corner);
        }
        Ok(all)
    }

    /// The parts of the path between corners, of which some are counted from the
    /// start and some from the end. Corners found from both sides are taken once.
    fn segments(
        &mut self,
        first: &[ValueId],
        last: &[ValueId],
    ) -> Result<Vec<Segment>, NetworkError> {
        let (zero, one) = (self.graph.scalar(0.0), self.graph.scalar(1.0));
        let mut all = Vec::with_capacity(first.len() + last.len() + 1);
        let (mut start, mut rest) = (zero, one);
        for &corner in first {
            let behind = self.graph.push(Sub, &[one, corner])?;
            let length = self.graph.push(Sub, &[corner, start])?;
            all.push(Segment {
                start,
                length,
                behind,
            });
            (start, rest) = (corner, behind);
        }
        // From here on by what is left of the path.
        let left = rest;
        for &corner in last.iter().rev() {
            let behind = self.least(corner, left)?;
            let length = self.graph.push(Sub, &[rest, behind])?;
            all.push(Segment {
                start,
                length,
                behind,
            });
            rest = behind;
            start = self.graph.push(Sub, &[one, rest])?;
        }
        all.push(Segment {
            start,
            length: rest,
            behind: zero,
        });
        Ok(all)
    }

    /// Points in segments of the path, dense towards both sides of each in steps of
    /// `grade` of the whole path.
    fn shared_out(&mut self, segments: &[Segment], grade: ValueId) -> Result<Points, NetworkError> {
        let [zero, one, tiny, third] =
            [0.0, 1.0, 1e-30, 1.0 / 3.0].map(|number| self.graph.scalar(number));
        // How long each segment is in steps that grow from its sides, and how many
        // segments there are up to each.
        let short = self.graph.push(Mul, &[grade, third])?;
        let (mut long, mut count) = (zero, zero);
        let mut steps = Vec::with_capacity(segments.len());
        let mut ends = Vec::with_capacity(segments.len());
        for segment in segments {
            let length = self.graph.push(Max, &[segment.length, short])?;
            let length = self.graph.push(Add, &[length, tiny])?;
            let e = self.graph.push(Div, &[grade, length])?;
            let ratio = self.graph.push(Div, &[one, e])?;
            let ratio = self.graph.push(Add, &[ratio, one])?;
            let reach = self.graph.push(Log, &[ratio])?;
            let there = self.graph.push(Greater, &[segment.length, zero])?;
            let reach = self.graph.push(Mul, &[reach, there])?;
            long = self.graph.push(Add, &[long, reach])?;
            count = self.graph.push(Add, &[count, there])?;
            steps.push([e, reach]);
            ends.push([long, count]);
        }
        // Each segment has one panel, and its share of the others.
        let all = self.graph.scalar(PANELS as f64);
        let free = self.graph.push(Sub, &[all, count])?;
        let panel = self.list((0..PANELS).map(|k| k as f64).collect());
        let mut from = zero;
        let mut chosen: Option<[ValueId; 7]> = None;
        for ((segment, [e, reach]), [sum, count]) in segments.iter().zip(steps).zip(ends) {
            let share = self.graph.push(Div, &[sum, long])?;
            let share = self.graph.push(Mul, &[share, free])?;
            let share = self.graph.push(Floor, &[share])?;
            let to = self.graph.push(Add, &[share, count])?;
            let to = self.lined(to)?;
            let panels = self.graph.push(Sub, &[to, from])?;
            let panels = self.graph.push(Max, &[panels, one])?;
            let mut own = [
                segment.start,
                segment.length,
                segment.behind,
                e,
                reach,
                from,
                panels,
            ];
            for value in &mut own[..5] {
                *value = self.lined(*value)?;
            }
            chosen = Some(match chosen {
                None => own,
                Some(mut chosen) => {
                    let here = self.graph.push(GreaterOrEqual, &[panel, from])?;
                    for (chosen, own) in chosen.iter_mut().zip(own) {
                        *chosen = self.graph.push(Where, &[here, own, *chosen])?;
                    }
                    chosen
                }
            });
            from = to;
        }
        let chosen = chosen.unwrap_or([from; 7]);
        let [start, length, behind, e, reach, from, panels] = chosen;
        self.in_panels([start, length, behind], [e, reach], [from, panels], POINTS)
    }
}
