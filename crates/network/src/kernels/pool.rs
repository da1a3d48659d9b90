//! Pooling over windows: maximum with its place, and average.

use crate::kernels::conv::Geometry;
use crate::kernels::simd::simd;
use crate::kernels::split;
use crate::real::Real;

/// The positions of window `at` along side `d` that fall on the input.
#[inline(always)]
fn window(g: &Geometry, d: usize, at: usize) -> impl ExactSizeIterator<Item = usize> + Clone {
    let (dilation, pad) = (g.dilation[d], g.pad[d]);
    let start = at * g.stride[d];
    let first = pad.saturating_sub(start).div_ceil(dilation);
    let end = (g.input[d] + pad).saturating_sub(start).div_ceil(dilation);
    (first..end.min(g.kernel[d])).map(move |k| start + k * dilation - pad)
}

/// Calls `each` with the places of the input under window `at`, in order.
#[inline(always)]
fn under(g: &Geometry, at: usize, mut each: impl FnMut(usize)) {
    let [z, y, x] = place(g, at);
    for iz in window(g, 0, z) {
        for iy in window(g, 1, y) {
            let row = (iz * g.input[1] + iy) * g.input[2];
            for ix in window(g, 2, x) {
                each(row + ix);
            }
        }
    }
}

/// Depth, row and column of window `at`.
#[inline(always)]
fn place(g: &Geometry, at: usize) -> [usize; 3] {
    let [_, rows, columns] = g.output;
    [at / columns / rows, at / columns % rows, at % columns]
}

/// Whether the windows are the pairs of rows and columns, without padding.
fn pairs(g: &Geometry) -> bool {
    g.is_flat()
        && g.kernel == [1, 2, 2]
        && g.stride[1..] == [2, 2]
        && g.dilation[1..] == [1, 1]
        && g.pad == [0; 3]
        && g.output[1] * 2 <= g.input[1]
        && g.output[2] * 2 <= g.input[2]
}

/// A later number takes the place of an earlier one if it is larger or a NaN.
#[inline(always)]
fn later<T: Real>((best, place): (T, i32), (value, at): (T, i32)) -> (T, i32) {
    let wins = value > best || value.is_nan();
    (
        if wins { value } else { best },
        if wins { at } else { place },
    )
}

/// The maxima of a plane cut into pairs of rows and columns.
fn max_of_pairs<T: Real>(g: &Geometry, x: &[T], out: &mut [T], places: &mut [i32]) {
    let ([_, _, width], [_, _, columns]) = (g.input, g.output);
    simd(
        #[inline(always)]
        || {
            for (y, ((rows, out), places)) in x
                .chunks_exact(2 * width)
                .zip(out.chunks_exact_mut(columns))
                .zip(places.chunks_exact_mut(columns))
                .enumerate()
            {
                let (upper, lower) = rows.split_at(width);
                let (upper, _) = upper.as_chunks::<2>();
                let (lower, _) = lower.as_chunks::<2>();
                let (start, below) = ((2 * y * width) as i32, width as i32);
                for (x, (((out, place), upper), lower)) in
                    out.iter_mut().zip(places).zip(upper).zip(lower).enumerate()
                {
                    let at = start + 2 * x as i32;
                    let above = later((upper[0], at), (upper[1], at + 1));
                    let left = later(above, (lower[0], at + below));
                    (*out, *place) = later(left, (lower[1], at + below + 1));
                }
            }
        },
    );
}

/// The maxima of a plane for any window.
fn max_of_windows<T: Real>(g: &Geometry, x: &[T], out: &mut [T], places: &mut [i32]) {
    let mut results = out.iter_mut().zip(places);
    for at in 0..g.area() {
        let Some((out, place)) = results.next() else {
            return;
        };
        let mut best: Option<(T, i32)> = None;
        under(g, at, |at| {
            let here = (x[at], at as i32);
            best = Some(best.map_or(here, |best| later(best, here)));
        });
        (*out, *place) = best.unwrap_or((T::LOWEST, 0));
    }
}

/// The largest number of every window, and its place in the plane; the first
/// of equals wins, a NaN always does. A window without any input is −∞ at 0.
pub fn max<T: Real>(g: &Geometry, x: &[T], out: &mut [T], places: &mut [i32]) {
    let (plane, area) = (g.volume(), g.area());
    let planes = g.batch * g.channels;
    if area == 0 || planes == 0 {
        return;
    }
    let piece = split::rows_per_piece(planes, area * g.kernel.iter().product::<usize>());
    let cost = out.len() * g.kernel.iter().product::<usize>();
    let one = if pairs(g) {
        max_of_pairs
    } else {
        max_of_windows
    };
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
            one(g, &x[(index * piece + p) * plane..][..plane], out, places);
        }
    });
}

/// The adjoint of [`max`]: adds every number at its place of a plane of zeros;
/// `finish(start, chunk)` is called on every finished piece of the output.
pub fn scatter<T: Real>(
    plane: usize,
    area: usize,
    adjoint: &[T],
    places: &[i32],
    out: &mut [T],
    finish: impl Fn(usize, &mut [T]) + Send + Sync,
) {
    if plane == 0 {
        return;
    }
    let piece = split::rows_per_piece(out.len() / plane, plane);
    // As many planes as stay in the first cache until they are finished.
    let run = (4096 / plane).clamp(1, piece);
    let cost = out.len();
    split::chunks(out, piece * plane, cost, |index, out| {
        for (r, out) in out.chunks_mut(run * plane).enumerate() {
            let first = index * piece + r * run;
            out.fill(T::ZERO);
            for (p, out) in out.chunks_exact_mut(plane).enumerate() {
                let at = (first + p) * area;
                for (&value, &place) in adjoint[at..at + area].iter().zip(&places[at..at + area]) {
                    out[place as usize] += value;
                }
            }
            finish(first * plane, out);
        }
    });
}

/// How many numbers the window `at` is divided by: what falls on the input,
/// or all up to where the padding that is `counted` ends.
pub fn divisor(g: &Geometry, at: usize, counted: Option<[usize; 3]>) -> f64 {
    let at = place(g, at);
    let count = |d: usize| match counted {
        Some(end) => (end[d] - (at[d] * g.stride[d]).min(end[d]))
            .div_ceil(g.dilation[d])
            .min(g.kernel[d]),
        None => window(g, d, at[d]).len(),
    };
    [0, 1, 2].map(count).iter().product::<usize>().max(1) as f64
}

/// The average of every window.
pub fn average<T: Real>(g: &Geometry, counted: Option<[usize; 3]>, x: &[T], out: &mut [T]) {
    let (plane, area) = (g.volume(), g.area());
    let cost = out.len() * g.kernel.iter().product::<usize>();
    split::chunks(out, area, cost, |index, out| {
        let x = &x[index * plane..][..plane];
        for (at, out) in out.iter_mut().enumerate() {
            let mut sum = T::ZERO;
            under(g, at, |from| sum += x[from]);
            *out = sum / T::of(divisor(g, at, counted));
        }
    });
}

/// The transpose of [`average`].
pub fn average_back<T: Real>(
    g: &Geometry,
    counted: Option<[usize; 3]>,
    adjoint: &[T],
    out: &mut [T],
) {
    let (plane, area) = (g.volume(), g.area());
    let cost = adjoint.len() * g.kernel.iter().product::<usize>();
    split::chunks(out, plane, cost, |index, out| {
        out.fill(T::ZERO);
        let adjoint = &adjoint[index * area..][..area];
        for (at, &adjoint) in adjoint.iter().enumerate() {
            let share = adjoint / T::of(divisor(g, at, counted));
            under(g, at, |to| out[to] += share);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry([height, width]: [usize; 2], kernel: usize, stride: usize) -> Geometry {
        let input = [1, height, width];
        let steps = |d: usize| (input[d] - kernel) / stride + 1;
        Geometry {
            batch: 2,
            groups: 1,
            channels: 3,
            filters: 3,
            input,
            output: [1, steps(1), steps(2)],
            kernel: [1, kernel, kernel],
            stride: [1, stride, stride],
            dilation: [1; 3],
            pad: [0; 3],
        }
    }

    #[test]
    fn pairs_and_windows_pick_the_same_places() {
        for input in [[4, 6], [5, 7], [2, 3], [19, 37]] {
            let g = geometry(input, 2, 2);
            let (plane, area) = (g.volume(), g.area());
            // Few different numbers, so that equals are common, and a NaN.
            let mut x: Vec<f32> = (0..plane).map(|i| ((i * 7919) % 5) as f32).collect();
            x[plane / 2] = f32::NAN;
            let (mut a, mut b) = (vec![0.0; area], vec![0.0; area]);
            let (mut p, mut q) = (vec![0; area], vec![0; area]);
            max_of_pairs(&g, &x, &mut a, &mut p);
            max_of_windows(&g, &x, &mut b, &mut q);
            assert_eq!(p, q, "{input:?}");
            let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&a), bits(&b), "{input:?}");
        }
    }

    #[test]
    fn a_maximum_is_the_first_of_equals_and_padding_never_wins() {
        let mut g = geometry([2, 2], 2, 2);
        (g.batch, g.channels) = (1, 1);
        g.pad = [0, 1, 1];
        g.output = [1, 2, 2];
        let (mut out, mut places) = (vec![0.0; 4], vec![0; 4]);
        let x = [-1.0, -2.0, f64::NEG_INFINITY, -3.0];
        max(&g, &x, &mut out, &mut places);
        assert_eq!(out, [-1.0, -2.0, f64::NEG_INFINITY, -3.0]);
        assert_eq!(places, [0, 1, 2, 3]);
        g.pad = [0; 3];
        g.output = [1; 3];
        max(&g, &[7.0; 4], &mut out[..1], &mut places[..1]);
        assert_eq!(places[0], 0);
    }

    #[test]
    fn scattering_adds_up_what_shares_a_place_and_finishes_every_number_once() {
        let places = [0, 3, 3, 5, 1, 2];
        let adjoint = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
        let mut out = vec![9.0; 12];
        scatter(6, 3, &adjoint, &places, &mut out, |start, piece| {
            for (i, out) in piece.iter_mut().enumerate() {
                *out += 100.0 * (start + i) as f64;
            }
        });
        let bare = [1.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 16.0, 32.0, 0.0, 0.0, 8.0];
        for (i, (out, bare)) in out.iter().zip(bare).enumerate() {
            assert_eq!(*out, bare + 100.0 * i as f64);
        }
    }
}
