//! The frequencies in a column of numbers, at times that need not be even.
//!
//! $$ P(\omega) = 1 - \frac{\min_{a,b,c} \sum_i (y_i - a - b \sin \omega t_i - c \cos \omega t_i)^2}
//!                         {\sum_i (y_i - \bar y)^2} $$
//!
//! The periodogram of least squares with a floating mean. The times are counted from
//! their middle. Its highest peak is taken if chance would hardly make one as high
//! anywhere, the wave is subtracted with all found before it, and the next is looked for
//! in what is left; then the second and third harmonics of the first.
//!
//! * **Range:** from half a period in the whole span to five times the mean number of
//!   rows per unit of time: uneven times know frequencies beyond half of it.
//! * **Step:** a sixth of the inverse of the span; peaks are then refined by golden
//!   sections.
//! * **Reference:** M. Zechmeister and M. Kürster, A&A 496, 577 (2009), arXiv:0901.2573,
//!   eq. 4, computed here by normal equations.

use crate::fit::{golden, solve};

/// `sin(frequency · t + phase)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wave {
    /// In radians per unit of time.
    pub frequency: f64,
    /// At time 0.
    pub phase: f64,
}

/// Waves that are looked for one after the other.
const WAVES: usize = 4;
/// Harmonics of the first.
const HARMONICS: usize = 3;
/// Frequencies per inverse of the span.
const OVERSAMPLED: f64 = 6.0;
/// The largest frequency in mean rows per unit of time.
const BEYOND: f64 = 5.0;
/// Frequencies that are tried at most.
const MOST: usize = 60_000;
/// The largest probability that the highest of all peaks is one of chance.
const CHANCE: f64 = 1e-3;
/// Fewer rows say nothing about a wave.
const FEWEST: usize = 8;

/// The waves in `y(t)`, the strongest first, and harmonics of the strongest; `all_rows`
/// is how many rows there are, of which these may be a part.
pub fn waves(t: &[f64], y: &[f64], all_rows: usize) -> Vec<Wave> {
    let mut out: Vec<Wave> = Vec::new();
    let low = t.iter().copied().fold(f64::INFINITY, f64::min);
    let high = t.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = high - low;
    let all_finite = span > 0.0 && span.is_finite() && y.iter().all(|y| y.is_finite());
    if t.len() < FEWEST || !all_finite {
        return out;
    }
    let middle = 0.5 * (low + high);
    let times: Vec<f64> = t.iter().map(|t| t - middle).collect();
    let step = std::f64::consts::TAU / (OVERSAMPLED * span);
    let count = ((BEYOND * OVERSAMPLED * all_rows as f64) as usize).min(MOST);
    let first = (OVERSAMPLED / 2.0) as usize;
    let mut found: Vec<f64> = Vec::new();
    for _ in 0..WAVES {
        let Some((left, _)) = without(&times, y, &found) else {
            break;
        };
        let total: f64 = centred(&left);
        let powers = periodogram(&times, &left, step, count);
        let Some((place, power)) = powers
            .iter()
            .enumerate()
            .skip(first)
            .max_by(|a, b| a.1.total_cmp(b.1))
        else {
            break;
        };
        // As many independent frequencies as there are inverses of the span.
        let tried = count as f64 / OVERSAMPLED;
        let free = (t.len() as f64 - 3.0 - 2.0 * found.len() as f64).max(1.0);
        let chance = tried * (1.0 - power).max(0.0).powf(0.5 * free);
        if !(total > 0.0 && chance < CHANCE) {
            break;
        }
        let near = |k: f64| (place as f64 + k) * step;
        let best = golden(near(-1.0), near(1.0), |w| {
            let mut with = found.clone();
            with.push(w);
            without(&times, y, &with).map_or(f64::INFINITY, |(left, _)| centred(&left))
        });
        found.push(best);
    }
    let Some(&strongest) = found.first() else {
        return out;
    };
    for k in 2..=HARMONICS {
        let harmonic = strongest * k as f64;
        if found.iter().all(|w| (w - harmonic).abs() > step) {
            found.push(harmonic);
        }
    }
    if let Some((_, coefficients)) = without(&times, y, &found) {
        for (w, pair) in found.iter().zip(coefficients[1..].chunks(2)) {
            // a sin ωt + b cos ωt = A sin(ωt + φ), counted from the middle.
            let phase = pair[1].atan2(pair[0]) - w * middle;
            out.push(Wave {
                frequency: *w,
                phase: phase.rem_euclid(std::f64::consts::TAU),
            });
        }
    }
    out
}

/// The sum of squares about the mean.
fn centred(y: &[f64]) -> f64 {
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    y.iter().map(|y| (y - mean).powi(2)).sum()
}

/// What waves of these frequencies leave of a column, and the coefficients of the mean and
/// of sine and cosine of each.
fn without(t: &[f64], y: &[f64], frequencies: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
    let mut design = vec![vec![1.0; t.len()]];
    for w in frequencies {
        design.push(t.iter().map(|t| (w * t).sin()).collect());
        design.push(t.iter().map(|t| (w * t).cos()).collect());
    }
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let matrix: Vec<f64> = design
        .iter()
        .flat_map(|a| design.iter().map(move |b| dot(a, b)))
        .collect();
    let right: Vec<f64> = design.iter().map(|a| dot(a, y)).collect();
    let coefficients = solve(&matrix, &right)?;
    let left = (0..t.len()).map(|row| {
        let fitted: f64 = design
            .iter()
            .zip(&coefficients)
            .map(|(d, c)| d[row] * c)
            .sum();
        y[row] - fitted
    });
    Some((left.collect(), coefficients))
}

/// The part of the variance that a wave explains, at `count` multiples of a step.
fn periodogram(t: &[f64], y: &[f64], step: f64, count: usize) -> Vec<f64> {
    let n = t.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    let y: Vec<f64> = y.iter().map(|y| y - mean).collect();
    let total: f64 = y.iter().map(|y| y * y).sum();
    if total <= 0.0 {
        return vec![0.0; count];
    }
    // Sine and cosine of every row are turned on from frequency to frequency.
    let turns: Vec<(f64, f64)> = t.iter().map(|t| (step * t).sin_cos()).collect();
    let mut now: Vec<(f64, f64)> = vec![(0.0, 1.0); t.len()];
    let mut out = Vec::with_capacity(count);
    out.push(0.0);
    for k in 1..count {
        if k % 512 == 0 {
            // Rounding is not carried on for long.
            for (now, t) in now.iter_mut().zip(t) {
                *now = (k as f64 * step * t).sin_cos();
            }
        } else {
            for ((s, c), (ds, dc)) in now.iter_mut().zip(&turns) {
                (*s, *c) = (*s * dc + *c * ds, *c * dc - *s * ds);
            }
        }
        let (mut s1, mut c1, mut ss, mut sc, mut ys, mut yc) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for ((s, c), y) in now.iter().zip(&y) {
            s1 += s;
            c1 += c;
            ss += s * s;
            sc += s * c;
            ys += y * s;
            yc += y * c;
        }
        let cc = n - ss - c1 * c1 / n;
        let ss = ss - s1 * s1 / n;
        let sc = sc - s1 * c1 / n;
        let determinant = ss * cc - sc * sc;
        let power = (cc * ys * ys + ss * yc * yc - 2.0 * sc * ys * yc) / (determinant * total);
        // Where sine and cosine are one on these times, such as at half the rate of even
        // ones, there is nothing to tell.
        let told = determinant > 1e-6 * n * n;
        out.push(if told { power.clamp(0.0, 1.0) } else { 0.0 });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random::{normal, stream, uniform};

    #[test]
    fn frequencies_beyond_the_mean_rate_are_found_at_uneven_times() {
        let mut rng = stream(2, 0);
        // A period of 0.57 days, 200 nights: 0.6 periods per row would be too few if the
        // times were even.
        let mut t: Vec<f64> = (0..200)
            .map(|_| 2000.0 + 200.0 * uniform(&mut rng))
            .collect();
        t.sort_by(f64::total_cmp);
        let w = std::f64::consts::TAU / 0.5668;
        let y: Vec<f64> = t
            .iter()
            .map(|t| {
                12.0 + (w * t + 1.0).sin() + 0.4 * (2.0 * w * t).sin() + 0.1 * normal(&mut rng)
            })
            .collect();
        let found = waves(&t, &y, t.len());
        // The standard error is √(24/n) σ/(A T) = 5e-4, with the harmonic in σ = 0.3: three
        // of them.
        assert!((found[0].frequency - w).abs() < 1.5e-3, "{found:?}");
        let phase = (found[0].frequency * 2100.0 + found[0].phase) - (w * 2100.0 + 1.0);
        // σ √(2/n)/A = 0.03.
        assert!(phase.sin().abs() < 0.1 && phase.cos() > 0.0, "{phase}");
        assert!((found[1].frequency - 2.0 * w).abs() < 3e-3, "{found:?}");
    }

    #[test]
    fn noise_has_no_frequency() {
        let mut rng = stream(3, 0);
        let t: Vec<f64> = (0..150).map(|_| uniform(&mut rng)).collect();
        let y: Vec<f64> = (0..150).map(|_| normal(&mut rng)).collect();
        assert_eq!(waves(&t, &y, 150), []);
    }
}
