//! Where paths begin: `zeros`, `mean`, or an array that is repeated for all
//! events as far as it has to be, as NumPy does (F for an input of [N, F]).

use pellucid_core::Tensor;
use pellucid_explain::Explained;
use pellucid_explain::method::Baseline;

use super::arrays::{Arrays, doubles};
use super::method::wrong;
use super::number::Number;
use crate::PipelineError;

/// The numbers of a baseline: for each explained input those of one event, or
/// of every event.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// One list per explained input.
    lists: Vec<Vec<f64>>,
    /// How many numbers an event has, where lists are of events.
    lengths: Vec<usize>,
}

impl Start {
    /// What is asked, each `zeros`, `mean`, the name of an array, or
    /// `INPUT=…` for one input.
    pub fn asked<S: Number>(
        asked: &[String],
        model: &Explained,
        inputs: &[Tensor<S>],
        arrays: &Arrays,
    ) -> Result<Self, PipelineError> {
        let graph = model.graph();
        let names: Vec<&str> = model
            .free_values()
            .iter()
            .map(|&id| graph.value(id).name.as_str())
            .collect();
        let mut chosen: Vec<Option<&str>> = vec![None; names.len()];
        for word in asked {
            let own = word
                .split_once('=')
                .and_then(|(input, rest)| Some((names.iter().position(|n| *n == input)?, rest)));
            match own {
                Some((place, rest)) => chosen[place] = Some(rest),
                None => chosen
                    .iter_mut()
                    .filter(|one| one.is_none())
                    .for_each(|one| *one = Some(word)),
            }
        }
        let (mut lists, mut lengths) = (Vec::new(), Vec::new());
        for (place, &i) in model.free().iter().enumerate() {
            let input = &inputs[i];
            lists.push(match chosen[place].unwrap_or("zeros") {
                "zeros" => vec![0.0; event_len(model, input)],
                "mean" => mean(model, input),
                array => spread(array, names[place], names.len(), model, input, arrays)?,
            });
            lengths.push(event_len(model, input));
        }
        Ok(Self { lists, lengths })
    }

    /// What a method's own settings say of all events; nothing, if paths begin
    /// at zero.
    pub fn of_method<S: Number>(
        own: Baseline,
        model: &Explained,
        inputs: &[Tensor<S>],
    ) -> Option<Self> {
        let explained = || model.free().iter().map(|&i| &inputs[i]);
        let lists = match own {
            Baseline::Zeros => return None,
            Baseline::Mean => explained().map(|input| mean(model, input)).collect(),
            Baseline::Given(lists) => lists,
        };
        Some(Self {
            lists,
            lengths: explained().map(|input| event_len(model, input)).collect(),
        })
    }

    /// The baseline of some of the events; of all, if none are named.
    pub fn of(&self, rows: Option<&[usize]>) -> Baseline {
        let lists = self.lists.iter().zip(&self.lengths);
        Baseline::Given(
            lists
                .map(|(list, &len)| match rows {
                    Some(rows) if list.len() > len => rows
                        .iter()
                        .flat_map(|&row| list[row * len..(row + 1) * len].iter().copied())
                        .collect(),
                    _ => list.clone(),
                })
                .collect(),
        )
    }
}

/// How many numbers an event has.
fn event_len<S>(model: &Explained, input: &Tensor<S>) -> usize {
    if model.by_events() {
        input.row_len()
    } else {
        input.data().len()
    }
}

/// The mean row; where rows are no events, for each of them.
fn mean<S: Number>(model: &Explained, input: &Tensor<S>) -> Vec<f64> {
    let mut sums = vec![0.0; input.row_len()];
    for row in 0..input.rows() {
        for (sum, x) in sums.iter_mut().zip(input.row(row)) {
            *sum += x.double();
        }
    }
    for sum in &mut sums {
        *sum /= input.rows().max(1) as f64;
    }
    let len = event_len(model, input);
    sums.iter().copied().cycle().take(len).collect()
}

/// An array of the file, repeated to the shape of one event or of all.
fn spread<S: Number>(
    name: &str,
    input_name: &str,
    count: usize,
    model: &Explained,
    input: &Tensor<S>,
    arrays: &Arrays,
) -> Result<Vec<f64>, PipelineError> {
    let own = format!("{name}.{input_name}");
    let what = "the baseline (--baseline zeros, mean, or an array)";
    // Several inputs have an array each, `NAME.INPUT`, or share one number.
    let array = match arrays.get(&own, what) {
        Ok(array) => array,
        Err(_) => arrays.get(name, what)?,
    };
    let array = doubles(array);
    let shape = input.shape();
    let refused = || {
        let advice = if count > 1 {
            format!("; give each input its own, --baseline {input_name}=ARRAY")
        } else {
            String::new()
        };
        wrong(
            "--baseline",
            format!(
                "`{name}` has the shape {:?}, which cannot be repeated to {shape:?}, the shape of \
                 the input `{input_name}`{advice}",
                array.shape()
            ),
        )
    };
    if let Some(x) = array.data().iter().find(|x| !x.is_finite()) {
        return Err(arrays.wrong(format!(
            "the baseline `{name}` holds {x}, expected finite numbers"
        )));
    }
    // One event's numbers are enough where the array has no side of events.
    let per_event = array.shape().len() == shape.len() && array.rows() != 1;
    let mut wanted = shape.to_vec();
    if model.by_events() && !per_event {
        wanted[0] = 1;
    }
    broadcast(&array, &wanted).ok_or_else(refused)
}

/// A tensor repeated along sides of length 1 and along those it lacks in front.
pub(super) fn broadcast(tensor: &Tensor<f64>, shape: &[usize]) -> Option<Vec<f64>> {
    let missing = shape.len().checked_sub(tensor.shape().len())?;
    let mut strides = vec![0; shape.len()];
    let mut stride = 1;
    for side in (missing..shape.len()).rev() {
        let own = tensor.shape()[side - missing];
        if own != shape[side] && own != 1 {
            return None;
        }
        strides[side] = if own == 1 { 0 } else { stride };
        stride *= own;
    }
    let volume = shape.iter().product();
    let mut out = Vec::with_capacity(volume);
    for place in 0..volume {
        let (mut rest, mut at) = (place, 0);
        for side in (0..shape.len()).rev() {
            at += rest % shape[side] * strides[side];
            rest /= shape[side];
        }
        out.push(tensor.data()[at]);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_repeated_as_numpy_does() {
        let row = Tensor::new(vec![2], vec![1.0, 2.0]);
        assert_eq!(broadcast(&row, &[2, 2]).unwrap(), [1.0, 2.0, 1.0, 2.0]);
        let column = Tensor::new(vec![2, 1], vec![1.0, 2.0]);
        assert_eq!(broadcast(&column, &[2, 2]).unwrap(), [1.0, 1.0, 2.0, 2.0]);
        let number = Tensor::new(vec![], vec![3.0]);
        assert_eq!(broadcast(&number, &[1, 2]).unwrap(), [3.0, 3.0]);
        assert!(broadcast(&row, &[2, 3]).is_none());
        assert!(broadcast(&column, &[1]).is_none());
    }
}
