//! Where a path to an event begins, and what deleted numbers are replaced by.

use pellucid_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::ExplainError;

/// An event without the information that is to be explained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// All numbers 0: an empty image, a jet without particles.
    #[default]
    Zeros,
    /// The mean of the events that are explained together.
    Mean,
    /// One event, flat: a list for each input of the model.
    Given(Vec<Vec<f32>>),
}

impl Baseline {
    /// One event's numbers for each input.
    pub(crate) fn rows(&self, inputs: &[Tensor<f32>]) -> Result<Vec<Vec<f32>>, ExplainError> {
        match self {
            Self::Zeros => Ok(inputs
                .iter()
                .map(|input| vec![0.0; input.row_len()])
                .collect()),
            Self::Mean => Ok(inputs.iter().map(mean_row).collect()),
            Self::Given(rows) => {
                let lengths = |rows: &mut dyn Iterator<Item = usize>| -> String {
                    let all: Vec<String> = rows.map(|n| n.to_string()).collect();
                    format!("lists of {} numbers", all.join(", "))
                };
                let fits = rows.len() == inputs.len()
                    && rows
                        .iter()
                        .zip(inputs)
                        .all(|(row, input)| row.len() == input.row_len());
                if fits {
                    return Ok(rows.clone());
                }
                Err(ExplainError::Setting {
                    what: "baseline",
                    expected: lengths(&mut inputs.iter().map(Tensor::row_len)),
                    found: lengths(&mut rows.iter().map(Vec::len)),
                })
            }
        }
    }
}

fn mean_row(input: &Tensor<f32>) -> Vec<f32> {
    let mut sums = vec![0.0_f64; input.row_len()];
    for event in 0..input.rows() {
        for (sum, &x) in sums.iter_mut().zip(input.row(event)) {
            *sum += f64::from(x);
        }
    }
    sums.iter()
        .map(|sum| (sum / input.rows().max(1) as f64) as f32)
        .collect()
}
