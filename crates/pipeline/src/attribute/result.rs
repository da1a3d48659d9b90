//! The arrays that are written.
//!
//! | array | shape | what |
//! |---|---|---|
//! | `output` | the model's | the model's own output |
//! | `attribution` | the input's | one number per input number (of a model of several inputs `attribution.NAME`, and `attribution` if only one of them is explained) |
//! | `explained` | `[N]` | the explained value |
//! | `residual` | `[N]` | what completeness misses: `f(x) − Σ A`, less `f(baseline)` for methods with one, less the three accounts for relevance |
//! | `absorbed`, `stabilised`, `empty` | `[N]` | relevance kept by biases, taken by stabilisers, due to empty sides |
//! | `baseline_value`, `steps` | `[N]` | `f(baseline)` and the steps taken, for path methods |
//!
//! `N` is the number of events; where the rows of a model's inputs are no
//! events (graphs put together) it is 1.

use pellucid_core::Tensor;
use pellucid_data::npz::Array;
use pellucid_explain::{Attribution, Residual};

use super::number::Number;

/// What is known of all events.
#[derive(Debug, Clone)]
pub struct Found<S> {
    /// The names of all inputs of the model.
    pub inputs: usize,
    /// Of each attributed tensor the input's name; none for inner values.
    pub names: Vec<Option<String>>,
    /// The model's own output.
    pub output: Tensor<S>,
    /// The attribution.
    pub attribution: Attribution<S>,
}

impl<S: Number> Found<S> {
    /// What completeness misses, for every event.
    pub fn residual(&self) -> Vec<f64> {
        let found = &self.attribution;
        match found.meaning {
            Residual::None => {
                let pairs = found.explained.iter().zip(&found.sums);
                pairs.map(|(value, sum)| value - sum).collect()
            }
            _ => found.residual.clone(),
        }
    }

    /// The arrays of the file.
    pub fn arrays(mut self) -> Vec<(String, Array)> {
        let list = |list: &[f64]| Array::F64(Tensor::new(vec![list.len()], list.to_vec()));
        let residual = self.residual();
        let values = std::mem::take(&mut self.attribution.values);
        let mut arrays = vec![("output".to_owned(), S::array(self.output))];
        let single = values.len() == 1;
        for (name, values) in self.names.iter().zip(values) {
            if let Some(name) = name.as_ref().filter(|_| self.inputs > 1) {
                let name = format!("attribution.{name}");
                if single {
                    arrays.push((name, S::array(values.clone())));
                } else {
                    arrays.push((name, S::array(values)));
                    continue;
                }
            }
            if single {
                arrays.push(("attribution".to_owned(), S::array(values)));
            }
        }
        let found = &self.attribution;
        arrays.push(("explained".to_owned(), list(&found.explained)));
        arrays.push(("residual".to_owned(), list(&residual)));
        let accounts = [
            ("absorbed", &found.absorbed),
            ("stabilised", &found.stabilised),
            ("empty", &found.empty),
            ("baseline_value", &found.reference),
        ];
        for (name, account) in accounts {
            if let Some(account) = account {
                arrays.push((name.to_owned(), list(account)));
            }
        }
        if let Some(steps) = &found.steps {
            let steps = steps.iter().map(|&steps| i64::from(steps)).collect();
            let steps = Tensor::new(vec![found.events()], steps);
            arrays.push(("steps".to_owned(), Array::I64(steps)));
        }
        arrays
    }
}
