//! How well a model gives values.
//!
//! $$ R^2 = 1 - \frac{\sum_i w_i (y_i - f_i)^2}{\sum_i w_i (y_i - \bar y)^2}, \qquad
//!    \mathrm{pull}_i = \frac{f_i - y_i - b(f_i)}{s(f_i)} $$
//!
//! with the mean `b` and the standard deviation `s` of residuals in the bin of `f`, in bins
//! of as many events each. The error of `R²` is that of the mean of the squares, the spread
//! of the truth taken as known.

use pellucid_core::Estimate;
use pellucid_core::missing::known;
use pellucid_core::statistics::{mean, mean_estimate, quantiles, variance};

use super::pass::Pass;
use super::result::{BlackBox, Residuals, ValueResult};

/// Bins of residuals and pulls.
const BINS: usize = 40;
/// Bins of what the model gives.
const PARTS: usize = 20;
/// Pulls are shown up to so many standard deviations.
const WIDEST: f64 = 5.0;

pub(super) fn performance(out: &mut BlackBox, pass: &Pass, names: &[String], values: &[Vec<f64>]) {
    let of = |((name, truth), given): ((&String, &Vec<f64>), &Vec<f64>)| {
        value(name, truth, given, pass.weights())
    };
    let all = names.iter().zip(values).zip(&pass.outputs);
    out.values = all.map(of).collect();
    out.r2 = out.values.first().map(|value| value.r2);
}

fn value(name: &str, truth: &[f64], given: &[f64], weights: Option<&[f64]>) -> ValueResult {
    let residuals: Vec<f64> = given.iter().zip(truth).map(|(f, y)| f - y).collect();
    let squares: Vec<f64> = residuals.iter().map(|r| r * r).collect();
    let square = mean_estimate(&squares, weights);
    let spread = variance(truth, weights);
    let rmse = square.value.max(0.0).sqrt();
    let (profile, pulls) = profile(&residuals, given, weights);
    let (edges, contents, variances) = {
        let ends = quantiles(&residuals, &[0.005, 0.995]);
        histogram(&residuals, weights, ends[0], ends[1])
    };
    let (pull_edges, pull, _) = histogram(&pulls, weights, -WIDEST, WIDEST);
    let inside: Vec<f64> = pulls
        .iter()
        .map(|pull| f64::from(u8::from(pull.abs() < 1.0)))
        .collect();
    ValueResult {
        name: name.to_owned(),
        r2: Estimate::new(1.0 - square.value / spread, square.error / spread),
        rmse: Estimate::new(rmse, square.error / (2.0 * rmse)),
        bias: mean_estimate(&residuals, weights),
        edges,
        contents,
        variances,
        profile,
        pull_edges,
        pull,
        within_one: known(mean(&inside, weights)),
    }
}

/// Shares of the events in bins, which add up to 1 with those beyond the ends.
fn histogram(
    numbers: &[f64],
    weights: Option<&[f64]>,
    low: f64,
    high: f64,
) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let width = if high > low {
        (high - low) / BINS as f64
    } else {
        1.0
    };
    let (mut contents, mut squares) = (vec![0.0; BINS], vec![0.0; BINS]);
    let mut total = 0.0;
    for (event, &number) in numbers.iter().enumerate() {
        let weight = weights.map_or(1.0, |weights| weights[event]);
        total += weight;
        let bin = (number - low) / width;
        if (0.0..=BINS as f64).contains(&bin) {
            let bin = (bin as usize).min(BINS - 1);
            contents[bin] += weight;
            squares[bin] += weight * weight;
        }
    }
    let edges = (0..=BINS).map(|i| low + width * i as f64).collect();
    let shares = contents.iter().map(|n| n / total).collect();
    (
        edges,
        shares,
        squares.iter().map(|n| n / (total * total)).collect(),
    )
}

/// Residuals in bins of what the model gives, and the pull of every event.
fn profile(residuals: &[f64], given: &[f64], weights: Option<&[f64]>) -> (Residuals, Vec<f64>) {
    let mut order: Vec<usize> = (0..given.len()).collect();
    order.sort_by(|&a, &b| given[a].total_cmp(&given[b]).then(a.cmp(&b)));
    let mut out = Residuals {
        predicted: Vec::new(),
        mean: Vec::new(),
        spread: Vec::new(),
    };
    let mut pulls = vec![0.0; given.len()];
    // A bin of fewer events has no spread worth its name.
    let size = given.len().div_ceil(PARTS).max(10);
    for own in order.chunks(size) {
        let chosen = |list: &[f64]| -> Vec<f64> { own.iter().map(|&event| list[event]).collect() };
        let weight = weights.map(chosen);
        let weight = weight.as_deref();
        let residuals = chosen(residuals);
        let centre = mean_estimate(&residuals, weight);
        let spread = variance(&residuals, weight).max(0.0).sqrt();
        for (&event, residual) in own.iter().zip(&residuals) {
            pulls[event] = if spread > 0.0 {
                (residual - centre.value) / spread
            } else {
                0.0
            };
        }
        out.predicted.push(known(mean(&chosen(given), weight)));
        out.mean.push(centre);
        out.spread.push(known(spread));
    }
    (out, pulls)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random;

    #[test]
    fn noise_of_known_size_is_found_again() {
        // y = f + noise of width 0.5 with f of variance 1: R² = 1 - 0.25 / 1.25.
        let mut rng = random::stream(5, 0);
        let f: Vec<f64> = (0..20_000).map(|_| random::normal(&mut rng)).collect();
        let y: Vec<f64> = f
            .iter()
            .map(|f| f + 0.5 * random::normal(&mut rng))
            .collect();
        let found = value("y", &y, &f, None);
        assert!((found.r2.value - 0.8).abs() < 4.0 * found.r2.error && found.r2.error < 0.01);
        assert!((found.rmse.value - 0.5).abs() < 4.0 * found.rmse.error);
        assert!(found.bias.value.abs() < 4.0 * found.bias.error);
        assert!((found.within_one.unwrap() - 0.683).abs() < 0.02);
        let mut spread = found.profile.spread.iter();
        assert!(spread.all(|s| (s.unwrap() - 0.5).abs() < 0.06));
        let shown: f64 = found.contents.iter().sum();
        assert!((shown - 0.99).abs() < 0.002);
    }
}
