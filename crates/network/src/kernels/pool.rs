//! Pooling over windows: maximum with its place, and average.

use crate::kernels::conv::Geometry;
use crate::kernels::split;
use crate::real::Real;

/// The positions of window `(y, x)` along side `d` that fall on the input.
fn window(g: &Geometry, d: usize, at: usize) -> impl Iterator<Item = usize> + Clone {
    let (kernel, dilation, pad, input) = (g.kernel[d], g.dilation[d], g.pad[d], g.input[d]);
    let start = at * g.stride[d];
    (0..kernel)
        .map(move |k| start + k * dilation)
        .filter(move |&at| at >= pad && at - pad < input)
        .map(move |at| at - pad)
}

/// The largest number of every window, and its place in the plane; the first
/// of equals wins, a NaN always does. A window without any input is −∞ at 0.
pub fn max<T: Real>(g: &Geometry, x: &[T], out: &mut [T], places: &mut [i32]) {
    let plane = g.input[0] * g.input[1];
    let area = g.output[0] * g.output[1];
    let planes = g.batch * g.channels;
    let piece = split::rows_per_piece(planes, area * g.kernel[0] * g.kernel[1]);
    let cost = out.len() * g.kernel[0] * g.kernel[1];
    let mut both: Vec<_> = out
        .chunks_mut(piece * area)
        .zip(places.chunks_mut(piece * area))
        .collect();
    split::chunks(&mut both, 1, cost, |index, both| {
        let (out, places) = &mut both[0];
        for (p, (out, places)) in out
            .chunks_exact_mut(area)
            .zip(places.chunks_exact_mut(area))
            .enumerate()
        {
            let x = &x[(index * piece + p) * plane..][..plane];
            for y in 0..g.output[0] {
                for column in 0..g.output[1] {
                    let (mut best, mut place) = (T::LOWEST, 0);
                    for iy in window(g, 0, y) {
                        for ix in window(g, 1, column) {
                            let value = x[iy * g.input[1] + ix];
                            if value > best || value.is_nan() {
                                best = value;
                                place = iy * g.input[1] + ix;
                            }
                        }
                    }
                    out[y * g.output[1] + column] = best;
                    places[y * g.output[1] + column] = place as i32;
                }
            }
        }
    });
}

/// How many numbers each window is divided by: all of it, or what falls on
/// the input.
pub fn divisor(g: &Geometry, y: usize, x: usize, count_pad: bool) -> f64 {
    if count_pad {
        (g.kernel[0] * g.kernel[1]) as f64
    } else {
        (window(g, 0, y).count() * window(g, 1, x).count()).max(1) as f64
    }
}

/// The average of every window.
pub fn average<T: Real>(g: &Geometry, count_pad: bool, x: &[T], out: &mut [T]) {
    let plane = g.input[0] * g.input[1];
    let area = g.output[0] * g.output[1];
    let cost = out.len() * g.kernel[0] * g.kernel[1];
    split::chunks(out, area, cost, |index, out| {
        let x = &x[index * plane..][..plane];
        for y in 0..g.output[0] {
            for column in 0..g.output[1] {
                let mut sum = T::ZERO;
                for iy in window(g, 0, y) {
                    for ix in window(g, 1, column) {
                        sum += x[iy * g.input[1] + ix];
                    }
                }
                out[y * g.output[1] + column] = sum / T::of(divisor(g, y, column, count_pad));
            }
        }
    });
}

/// The transpose of [`average`].
pub fn average_back<T: Real>(g: &Geometry, count_pad: bool, adjoint: &[T], out: &mut [T]) {
    let plane = g.input[0] * g.input[1];
    let area = g.output[0] * g.output[1];
    let cost = adjoint.len() * g.kernel[0] * g.kernel[1];
    split::chunks(out, plane, cost, |index, out| {
        out.fill(T::ZERO);
        let adjoint = &adjoint[index * area..][..area];
        for y in 0..g.output[0] {
            for column in 0..g.output[1] {
                let share =
                    adjoint[y * g.output[1] + column] / T::of(divisor(g, y, column, count_pad));
                for iy in window(g, 0, y) {
                    for ix in window(g, 1, column) {
                        out[iy * g.input[1] + ix] += share;
                    }
                }
            }
        }
    });
}
