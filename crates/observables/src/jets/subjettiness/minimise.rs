//! Axes that move to a minimum of `Σ pt min ΔR^β`.
//!
//! Every particle belongs to its nearest axis; each axis moves to the weighted
//! mean of its particles with weights `pt ΔR^{β-2}`, which lowers the sum for
//! `1 ≤ β ≤ 2` (E. Weiszfeld, Tohoku Math. J. 43 (1937) 355; the update of
//! arXiv:1108.2701, section 3.2), until the axes are at rest to 10⁻⁴. From there
//! short steps of Newton's lead to the minimum of that valley. For `β = 1` it is often
//! exactly on a hard particle: that is so if the pull of all others does not
//! exceed the particle's own momentum, and is tested. A step that does not lower
//! the sum is halved; where none does, it ends.

use super::measure;
use crate::jets::kinematics::wrap;
use crate::jets::padded::Padded;

/// Most rounds of assigning and moving, of either kind.
const ROUNDS: usize = 1000;

/// Axes are at rest if none moves further, radians.
const AT_REST: f64 = 1e-4;

/// No step of Newton's is longer, so that none leads over a ridge, radians.
const SHORT: f64 = 1e-3;

/// Relative gain at which a step was the last.
const GAIN: f64 = 1e-14;

/// In a mean the weight of particles nearer than this does not grow more, so that
/// an axis that begins on a particle can leave it, radians.
const LEAVE: f64 = 1e-4;

/// The same so small that an axis hardly can.
const STAY: f64 = 1e-9;

/// For Newton's steps particles nearer than this are where the axis is, radians.
const AT_THE_AXIS: f64 = 1e-12;

/// Moves the axes downhill: to the better of two minima, one for axes that leave
/// a particle they begin on and one for axes that stay.
pub(super) fn minimise(jet: &Padded, axes: &mut [[f64; 2]], beta: f64) {
    let mut best = f64::INFINITY;
    let start = axes.to_vec();
    for near in [LEAVE, STAY] {
        let mut moved = start.clone();
        settle(jet, &mut moved, beta, near);
        let sum = polish(jet, &mut moved, beta);
        if sum < best {
            best = sum;
            axes.copy_from_slice(&moved);
        }
    }
}

/// Weighted means until the axes are at rest.
fn settle(jet: &Padded, axes: &mut [[f64; 2]], beta: f64, near: f64) {
    let mut owner = vec![0; jet.count];
    for _ in 0..ROUNDS {
        assign(jet, axes, &mut owner);
        let mut furthest: f64 = 0.0;
        for (k, axis) in axes.iter_mut().enumerate() {
            let moved = mean(jet, &owner, k, *axis, beta, near);
            furthest = furthest.max((moved[0] - axis[0]).hypot(wrap(moved[1] - axis[1])));
            *axis = moved;
        }
        if furthest < AT_REST {
            break;
        }
    }
}

/// Short steps to the minimum of this valley, and the sum there.
fn polish(jet: &Padded, axes: &mut [[f64; 2]], beta: f64) -> f64 {
    let mut owner = vec![0; jet.count];
    let mut best = measure::sum(jet, axes, beta);
    for _ in 0..ROUNDS {
        assign(jet, axes, &mut owner);
        let all = |step: &dyn Fn(usize) -> [f64; 2]| (0..axes.len()).map(step).collect::<Vec<_>>();
        let newton = all(&|k| newton(jet, &owner, k, axes[k], beta));
        let tried = downhill(jet, axes, &newton, beta, best).or_else(|| {
            let means = all(&|k| mean(jet, &owner, k, axes[k], beta, STAY));
            downhill(jet, axes, &means, beta, best)
        });
        let Some((moved, sum)) = tried else { break };
        axes.copy_from_slice(&moved);
        let gain = best - sum;
        best = sum;
        if gain <= GAIN * best {
            break;
        }
    }
    best
}

/// The whole way to the wanted axes, or the longest of its halves, quarters, …
/// that lowers the sum.
fn downhill(
    jet: &Padded,
    axes: &[[f64; 2]],
    wanted: &[[f64; 2]],
    beta: f64,
    best: f64,
) -> Option<(Vec<[f64; 2]>, f64)> {
    let mut step = 1.0;
    for _ in 0..6 {
        let moved: Vec<[f64; 2]> = axes
            .iter()
            .zip(wanted)
            .map(|(from, to)| {
                if step == 1.0 {
                    return *to;
                }
                let dphi = wrap(to[1] - from[1]);
                [
                    from[0] + step * (to[0] - from[0]),
                    wrap(from[1] + step * dphi),
                ]
            })
            .collect();
        let sum = measure::sum(jet, &moved, beta);
        if sum < best {
            return Some((moved, sum));
        }
        step *= 0.5;
    }
    None
}

fn assign(jet: &Padded, axes: &[[f64; 2]], owner: &mut [usize]) {
    for (i, owner) in owner.iter_mut().enumerate() {
        let mut nearest = f64::INFINITY;
        for (k, axis) in axes.iter().enumerate() {
            let [dy, dphi] = from(axis, jet, i);
            let distance2 = dy * dy + dphi * dphi;
            if distance2 < nearest {
                (nearest, *owner) = (distance2, k);
            }
        }
    }
}

/// Particle `i` seen from a place.
fn from(place: &[f64; 2], jet: &Padded, i: usize) -> [f64; 2] {
    [jet.y[i] - place[0], wrap(jet.phi[i] - place[1])]
}

/// The weighted mean of the particles of an axis.
fn mean(
    jet: &Padded,
    owner: &[usize],
    axis: usize,
    at: [f64; 2],
    beta: f64,
    near: f64,
) -> [f64; 2] {
    let (mut total, mut y, mut phi) = (0.0, 0.0, 0.0);
    for i in (0..jet.count).filter(|&i| owner[i] == axis) {
        let [dy, dphi] = from(&at, jet, i);
        let weight = jet.pt[i] * power(dy.hypot(dphi).max(near), beta - 2.0);
        total += weight;
        y += weight * dy;
        phi += weight * dphi;
    }
    if total > 0.0 {
        [at[0] + y / total, wrap(at[1] + phi / total)]
    } else {
        at
    }
}

/// Newton's step of an axis with the particles it owns, or the particle that
/// holds it.
fn newton(jet: &Padded, owner: &[usize], axis: usize, at: [f64; 2], beta: f64) -> [f64; 2] {
    let own = || (0..jet.count).filter(|&i| owner[i] == axis);
    if beta == 1.0 {
        let nearest = own().min_by(|&i, &j| {
            let [a, b] = [i, j].map(|i| from(&at, jet, i));
            a[0].hypot(a[1]).total_cmp(&b[0].hypot(b[1]))
        });
        let hardest = own().max_by(|&i, &j| jet.pt[i].total_cmp(&jet.pt[j]));
        for particle in [hardest, nearest].into_iter().flatten() {
            let [dy, dphi] = from(&at, jet, particle);
            if dy.hypot(dphi) <= SHORT && holds(jet, own(), particle) {
                return [jet.y[particle], wrap(jet.phi[particle])];
            }
        }
    }
    let (mut slope, mut yy, mut yphi, mut phiphi) = ([0.0; 2], 0.0, 0.0, 0.0);
    let mut held = 0.0;
    for i in own() {
        let [dy, dphi] = from(&at, jet, i);
        let distance = dy.hypot(dphi);
        if distance < AT_THE_AXIS {
            held += jet.pt[i];
            continue;
        }
        let weight = jet.pt[i] * power(distance, beta - 2.0);
        let (u, v) = (dy / distance, dphi / distance);
        slope[0] += weight * dy;
        slope[1] += weight * dphi;
        yy += weight * (1.0 + (beta - 2.0) * u * u);
        yphi += weight * (beta - 2.0) * u * v;
        phiphi += weight * (1.0 + (beta - 2.0) * v * v);
    }
    // At a particle the sum has a cusp: only what the others pull beyond its
    // momentum moves the axis.
    let pull = slope[0].hypot(slope[1]);
    if beta == 1.0 && held > 0.0 {
        if pull <= held {
            return at;
        }
        slope = slope.map(|x| x * (1.0 - held / pull));
    }
    let determinant = yy * phiphi - yphi * yphi;
    if determinant <= 1e-12 * yy * phiphi {
        return at;
    }
    let y = (phiphi * slope[0] - yphi * slope[1]) / determinant;
    let phi = (yy * slope[1] - yphi * slope[0]) / determinant;
    let shorter = (SHORT / y.hypot(phi)).min(1.0);
    [at[0] + shorter * y, wrap(at[1] + shorter * phi)]
}

fn power(distance: f64, exponent: f64) -> f64 {
    if exponent == -1.0 {
        1.0 / distance
    } else if exponent == 0.0 {
        1.0
    } else {
        distance.powf(exponent)
    }
}

/// Whether `Σ pt ΔR` over these particles is smallest at one of them: the
/// others pull less than its momentum holds.
fn holds(jet: &Padded, own: impl Iterator<Item = usize>, at: usize) -> bool {
    let place = [jet.y[at], jet.phi[at]];
    let (mut y, mut phi, mut held) = (0.0, 0.0, 0.0);
    for i in own {
        let [dy, dphi] = from(&place, jet, i);
        let distance = dy.hypot(dphi);
        if distance == 0.0 {
            held += jet.pt[i];
        } else {
            y += jet.pt[i] * dy / distance;
            phi += jet.pt[i] * dphi / distance;
        }
    }
    y.hypot(phi) <= held
}
