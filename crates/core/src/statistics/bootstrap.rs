//! The bootstrap: how much would a number change with another sample?
//!
//! `n` events are drawn from the `n` that there are, with replacement, so each
//! event occurs a multinomial number of times; the number is computed with
//! these counts as weights, and all of it is repeated. Counts instead of copied
//! events let a statistic sort once and reweight. [`Bootstrap::by_class`] draws
//! each class for itself, as fits statistics of two samples of fixed size.
//!
//! Replica `r` draws from the stream `(seed, r)`: the same numbers for any
//! number of threads.
//!
//! * **Reference:** B. Efron, Ann. Statist. 7 (1979) 1.

use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::quantiles;
use crate::{Estimate, Interval, random};

/// The share of a normal distribution within one standard deviation.
const ONE_SIGMA: f64 = 0.682_689_492_137_085_9;

/// How to resample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bootstrap {
    /// The seed of the random counts.
    pub seed: u64,
    /// How often to resample; 200 give the error to 5 %.
    pub replicas: usize,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self {
            seed: 0,
            replicas: 200,
        }
    }
}

impl Bootstrap {
    /// Resamples `n` events; `statistic` gets the counts of the events.
    pub fn of(self, n: usize, statistic: impl Fn(&[u32]) -> Vec<f64> + Sync) -> Replicas {
        self.strata(n, &[(0..n).collect()], statistic)
    }

    /// Resamples each of the two classes for itself.
    pub fn by_class(
        self,
        labels: &[bool],
        statistic: impl Fn(&[u32]) -> Vec<f64> + Sync,
    ) -> Replicas {
        let class = |wanted| (0..labels.len()).filter(|&i| labels[i] == wanted).collect();
        self.strata(labels.len(), &[class(true), class(false)], statistic)
    }

    fn strata(
        self,
        n: usize,
        strata: &[Vec<usize>],
        statistic: impl Fn(&[u32]) -> Vec<f64> + Sync,
    ) -> Replicas {
        let central = statistic(&vec![1; n]);
        let replicas = (0..self.replicas as u64)
            .into_par_iter()
            .map_init(
                || vec![0_u32; n],
                |counts, replica| {
                    let mut rng = random::stream(self.seed, replica);
                    counts.fill(0);
                    for events in strata {
                        for _ in 0..events.len() {
                            // Of 32-bit numbers, which draw twice as fast.
                            let drawn = rng.random_range(0..events.len() as u32);
                            counts[events[drawn as usize]] += 1;
                        }
                    }
                    statistic(counts)
                },
            )
            .collect();
        Replicas { central, replicas }
    }
}

/// The numbers of the sample itself and of every replica.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicas {
    /// Every event counted once.
    pub central: Vec<f64>,
    /// One list of numbers per replica.
    pub replicas: Vec<Vec<f64>>,
}

impl Replicas {
    /// One number in all replicas.
    fn of(&self, number: usize) -> Vec<f64> {
        self.replicas
            .iter()
            .map(|replica| replica[number])
            .collect()
    }

    /// Each number with the middle 68.3 % of its replicas.
    pub fn intervals(&self) -> Vec<Interval> {
        let tail = (1.0 - ONE_SIGMA) / 2.0;
        self.central
            .iter()
            .enumerate()
            .map(|(number, &value)| {
                let ends = quantiles(&self.of(number), &[tail, 1.0 - tail]);
                Interval {
                    value,
                    low: ends[0],
                    high: ends[1],
                }
            })
            .collect()
    }

    /// Each number with the standard deviation of its replicas.
    pub fn estimates(&self) -> Vec<Estimate> {
        self.central
            .iter()
            .enumerate()
            .map(|(number, &value)| {
                let replicas = self.of(number);
                let n = replicas.len() as f64;
                // Of repeats: the error of their mean, n^(-1/2) of their spread.
                Estimate::new(value, Estimate::of_repeats(&replicas).error * n.sqrt())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighted_mean(values: &[f64]) -> impl Fn(&[u32]) -> Vec<f64> + Sync + '_ {
        move |counts| {
            let sum: f64 = counts
                .iter()
                .zip(values)
                .map(|(&c, v)| f64::from(c) * v)
                .sum();
            vec![sum / f64::from(counts.iter().sum::<u32>())]
        }
    }

    #[test]
    fn the_error_of_a_mean_is_sigma_over_root_n() {
        let mut rng = random::stream(4, 0);
        let values: Vec<f64> = (0..400).map(|_| random::normal(&mut rng)).collect();
        let replicas = Bootstrap {
            seed: 1,
            replicas: 800,
        }
        .of(400, weighted_mean(&values));
        let expected = Estimate::of_repeats(&values).error;
        let found = replicas.estimates()[0];
        // The spread of 800 replicas is known to 2.5 %; four of them.
        assert!(
            (found.error / expected - 1.0).abs() < 0.1,
            "{found} {expected}"
        );
        let interval = replicas.intervals()[0];
        assert!(interval.low < interval.value && interval.value < interval.high);
        assert!(((interval.high - interval.low) / 2.0 / expected - 1.0).abs() < 0.15);
    }

    #[test]
    fn counts_are_the_same_for_any_number_of_threads() {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| {
                Bootstrap {
                    seed: 9,
                    replicas: 20,
                }
                .of(50, |counts| counts.iter().map(|&c| f64::from(c)).collect())
            })
        };
        assert_eq!(run(1), run(2));
    }

    #[test]
    fn each_class_keeps_its_size() {
        let labels: Vec<bool> = (0..30).map(|i| i < 10).collect();
        let replicas = Bootstrap {
            seed: 2,
            replicas: 10,
        }
        .by_class(&labels, |counts| {
            vec![f64::from(counts[..10].iter().sum::<u32>())]
        });
        assert!(replicas.replicas.iter().all(|replica| replica[0] == 10.0));
    }
}
