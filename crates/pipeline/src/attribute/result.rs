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
use pellucid_explain::{Attribution, Precision, Residual};

/// What is known of all events.
#[derive(Debug, Clone)]
pub struct Found {
    /// The names of all inputs of the model.
    pub inputs: usize,
    /// Of each attributed tensor the input's name; none for inner values.
    pub names: Vec<Option<String>>,
    /// The model's own output.
    pub output: Tensor<f64>,
    /// The attribution.
    pub attribution: Attribution<f64>,
}

impl Found {
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
    pub fn arrays(&self, precision: Precision) -> Vec<(String, Array)> {
        let found = &self.attribution;
        let tensor = |tensor: &Tensor<f64>| match precision {
            Precision::F32 => Array::F32(tensor.map(|&x| x as f32)),
            Precision::F64 => Array::F64(tensor.clone()),
        };
        let list = |list: &[f64]| Array::F64(Tensor::new(vec![list.len()], list.to_vec()));
        let mut arrays = vec![("output".to_owned(), tensor(&self.output))];
        for (name, values) in self.names.iter().zip(&found.values) {
            match name {
                Some(name) if self.inputs > 1 => {
                    arrays.push((format!("attribution.{name}"), tensor(values)));
                }
                _ => {}
            }
        }
        if let [values] = found.values.as_slice() {
            arrays.push(("attribution".to_owned(), tensor(values)));
        }
        arrays.push(("explained".to_owned(), list(&found.explained)));
        arrays.push(("residual".to_owned(), list(&self.residual())));
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
