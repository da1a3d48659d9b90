//! Where a path to an event begins, and what deleted numbers are replaced by.

use pellucid_core::Tensor;
use pellucid_network::Real;
use serde::{Deserialize, Serialize};

use crate::error::ExplainError;
use crate::explained::Explained;

/// An event without the information that is to be explained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// All numbers 0: an empty image, a jet without particles.
    #[default]
    Zeros,
    /// The mean of the events that are explained together.
    Mean,
    /// A flat list for each explained input of the model: one event's numbers,
    /// or those of as many events as are explained.
    Given(Vec<Vec<f64>>),
}

/// One event's numbers for each explained input, or those of every event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Starts<S> {
    /// The numbers of each input.
    numbers: Vec<Vec<S>>,
    /// How many of them an event has.
    lengths: Vec<usize>,
}

impl<S: Real> Starts<S> {
    /// From the numbers of each explained input, for one event or for all, and
    /// how many of them an event has.
    pub fn new(numbers: Vec<Vec<S>>, lengths: Vec<usize>) -> Self {
        Self { numbers, lengths }
    }

    /// The numbers for an event of the explained input in place `free`.
    pub fn of(&self, free: usize, event: usize) -> &[S] {
        let (numbers, len) = (&self.numbers[free], self.lengths[free]);
        if numbers.len() == len {
            numbers
        } else {
            &numbers[event * len..(event + 1) * len]
        }
    }

    /// Those of some events.
    pub fn of_events(&self, events: &[usize]) -> Self {
        let lists = self.numbers.iter().zip(&self.lengths).enumerate();
        let numbers = lists.map(|(free, (numbers, &len))| {
            if numbers.len() == len {
                numbers.clone()
            } else {
                let own = events.iter().flat_map(|&event| self.of(free, event));
                own.copied().collect()
            }
        });
        Self {
            numbers: numbers.collect(),
            lengths: self.lengths.clone(),
        }
    }

    /// Whether all events have the same.
    pub fn common(&self) -> bool {
        let mut both = self.numbers.iter().zip(&self.lengths);
        both.all(|(numbers, &len)| numbers.len() == len)
    }
}

impl Baseline {
    /// The numbers for the events of these inputs of a model.
    pub(crate) fn starts<S: Real>(
        &self,
        model: &Explained,
        inputs: &[Tensor<S>],
    ) -> Result<Starts<S>, ExplainError> {
        let events = model.events(inputs)?;
        let batching = model.batching();
        let free = model.free();
        let lengths: Vec<usize> = free
            .iter()
            .map(|&i| {
                if model.in_lists(inputs) {
                    inputs[i].row_len()
                } else {
                    batching.row_len(i, &inputs[i])
                }
            })
            .collect();
        let numbers = match self {
            Self::Zeros => lengths.iter().map(|&len| vec![S::ZERO; len]).collect(),
            Self::Mean => free
                .iter()
                .zip(&lengths)
                .map(|(&i, len)| {
                    // Where rows are no events, every row has the mean row.
                    let mean = mean_row(&inputs[i]);
                    mean.iter().copied().cycle().take(*len).collect()
                })
                .collect(),
            Self::Given(lists) => {
                let fits = lists.len() == lengths.len()
                    && lists
                        .iter()
                        .zip(&lengths)
                        .all(|(list, &len)| list.len() == len || list.len() == events * len);
                if !fits {
                    let show = |lengths: &mut dyn Iterator<Item = usize>| -> String {
                        let all: Vec<String> = lengths.map(|n| n.to_string()).collect();
                        format!("lists of {} numbers", all.join(", "))
                    };
                    return Err(ExplainError::Setting {
                        what: "baseline",
                        expected: show(&mut lengths.iter().copied()),
                        found: show(&mut lists.iter().map(Vec::len)),
                    });
                }
                let stored = |list: &Vec<f64>| list.iter().map(|&x| S::of(x)).collect();
                lists.iter().map(stored).collect()
            }
        };
        Ok(Starts { numbers, lengths })
    }
}

fn mean_row<S: Real>(input: &Tensor<S>) -> Vec<S> {
    let mut sums = vec![0.0_f64; input.row_len()];
    for event in 0..input.rows() {
        for (sum, x) in sums.iter_mut().zip(input.row(event)) {
            *sum += x.double();
        }
    }
    let mean = |sum: &f64| S::of(sum / input.rows().max(1) as f64);
    sums.iter().map(mean).collect()
}
