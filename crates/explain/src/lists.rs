//! Events that have lists of their own length: graphs, sets of particles.
//!
//! A network of one event takes its nodes `[P, F]` and its edges `[2, E]`; events differ
//! in `P` and `E`. For figures over many events they lie in tensors of one shape,
//! `[events, P_max, F]` and `[events, 2, E_max]`, zeros behind the end of each list, and
//! one more tensor behind the model's inputs tells the lengths, `[events, lists]`. The
//! network never sees the filling: each event is cut to its lengths and runs by itself;
//! what is found of it is filled up again with zeros, which change no sum.

use pellucid_core::{Job, Tensor};
use pellucid_network::Real;
use rayon::prelude::*;

use crate::attribution::Attribution;
use crate::error::ExplainError;
use crate::explained::{Explained, Explainer, Scores};
use crate::method::Baseline;

/// Which sides of a model's inputs are as long as the lists of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists {
    /// Of each input the sides of one event's: `None` is as it is, a number the place of
    /// the list among the lengths.
    pub sides: Vec<Vec<Option<usize>>>,
}

impl Lists {
    /// The shape of one event's input `i` in the data.
    fn shape<S>(input: &Tensor<S>) -> &[usize] {
        &input.shape()[1..]
    }

    /// The shape of one event's input `i` as the network takes it.
    fn own<S: Real>(&self, i: usize, inputs: &[Tensor<S>], event: usize) -> Vec<usize> {
        let lengths = inputs.last().map(|lengths| lengths.row(event));
        let sides = Self::shape(&inputs[i]).iter().zip(&self.sides[i]);
        let own = sides.map(|(&side, list)| {
            let length = list.and_then(|list| lengths?.get(list).copied());
            length.map_or(side, |length| length.double() as usize)
        });
        own.collect()
    }

    /// Calls `copy(place in the data, place in the event's own, how many)` for each run of
    /// numbers that lie together in both.
    fn blocks(whole: &[usize], own: &[usize], mut copy: impl FnMut(usize, usize, usize)) {
        let Some((last, outer)) = own.split_last() else {
            return copy(0, 0, 1);
        };
        let count: usize = outer.iter().product();
        for block in 0..count {
            let (mut rest, mut place, mut stride) = (block, 0, whole[whole.len() - 1]);
            for (side, &length) in outer.iter().enumerate().rev() {
                place += rest % length * stride;
                rest /= length;
                stride *= whole[side];
            }
            copy(place, block * last, *last);
        }
    }

    /// The inputs of one event as the network takes them.
    fn event<S: Real>(&self, inputs: &[Tensor<S>], event: usize) -> Vec<Tensor<S>> {
        let cut = |i: usize| {
            let own = self.own(i, inputs, event);
            let mut data = vec![S::ZERO; own.iter().product()];
            let row = inputs[i].row(event);
            Self::blocks(Self::shape(&inputs[i]), &own, |from, to, count| {
                data[to..to + count].copy_from_slice(&row[from..from + count]);
            });
            Tensor::new(own, data)
        };
        (0..self.sides.len()).map(cut).collect()
    }

    /// Numbers of an event's own input `i`, filled up to those of the data.
    fn filled<S: Real>(
        &self,
        i: usize,
        inputs: &[Tensor<S>],
        event: usize,
        numbers: &[S],
    ) -> Vec<S> {
        let own = self.own(i, inputs, event);
        let whole = Self::shape(&inputs[i]);
        let mut data = vec![S::ZERO; whole.iter().product()];
        Self::blocks(whole, &own, |to, from, count| {
            data[to..to + count].copy_from_slice(&numbers[from..from + count]);
        });
        data
    }

    /// A baseline of the data, cut to an event's own lengths.
    fn start<S: Real>(
        &self,
        baseline: &Baseline,
        free: &[usize],
        inputs: &[Tensor<S>],
        event: usize,
    ) -> Baseline {
        let Baseline::Given(lists) = baseline else {
            return baseline.clone();
        };
        let cut = |(list, &i): (&Vec<f64>, &usize)| {
            let own = self.own(i, inputs, event);
            let whole = Self::shape(&inputs[i]);
            let len: usize = whole.iter().product();
            let row = if list.len() == len {
                &list[..]
            } else {
                &list[event * len..(event + 1) * len]
            };
            let mut data = vec![0.0; own.iter().product()];
            Self::blocks(whole, &own, |from, to, count| {
                data[to..to + count].copy_from_slice(&row[from..from + count]);
            });
            data
        };
        Baseline::Given(lists.iter().zip(free).map(cut).collect())
    }
}

/// Does the same to each event, by all threads, in order.
fn each<S: Real, R: Send>(
    lists: &Lists,
    inputs: &[Tensor<S>],
    job: &Job,
    work: impl Fn(usize, &[Tensor<S>], &Job) -> Result<R, ExplainError> + Sync,
) -> Result<Vec<R>, ExplainError> {
    let events = inputs.last().map_or(0, Tensor::rows);
    let quiet = job.quiet();
    (0..events)
        .into_par_iter()
        .map(|event| {
            job.check()?;
            work(event, &lists.event(inputs, event), &quiet)
        })
        .collect()
}

pub(crate) fn scores<S: Real>(
    model: &Explained,
    lists: &Lists,
    inputs: &[Tensor<S>],
    job: &Job,
) -> Result<Scores, ExplainError> {
    let found = each(lists, inputs, job, |_, event, job| {
        model.scores_of_rows(event, job)
    })?;
    let mut all = Scores::default();
    for one in found {
        all.output.extend(one.output);
        all.logit.extend(one.logit);
    }
    Ok(all)
}

pub(crate) fn predict<S: Real>(
    model: &Explained,
    lists: &Lists,
    inputs: &[Tensor<S>],
    job: &Job,
) -> Result<Tensor<S>, ExplainError> {
    let found = each(lists, inputs, job, |_, event, job| {
        model.predict_rows(event, job)
    })?;
    let len = found.first().map_or(0, |tensor| tensor.data().len());
    if let Some(odd) = found.iter().find(|tensor| tensor.data().len() != len) {
        return Err(ExplainError::Setting {
            what: "output",
            expected: format!("{len} numbers for each event"),
            found: format!("{} for one of them", odd.data().len()),
        });
    }
    let events = found.len();
    let data = found.into_iter().flat_map(Tensor::into_data).collect();
    Ok(Tensor::new(vec![events, len], data))
}

pub(crate) fn explain<S: Real>(
    explainer: &Explainer<'_>,
    lists: &Lists,
    baseline: Option<&Baseline>,
    inputs: &[Tensor<S>],
    job: &Job,
) -> Result<Attribution<S>, ExplainError> {
    let free = explainer.model.free();
    let bar = job.start("attribution", inputs.last().map_or(0, Tensor::rows) as u64);
    let found = each(lists, inputs, job, |event, own, job| {
        let mut found = match baseline {
            Some(Baseline::Mean) => {
                return Err(ExplainError::Setting {
                    what: "baseline",
                    expected: "zeros, or the numbers of one row, for lists of different length"
                        .to_owned(),
                    found: "the mean".to_owned(),
                });
            }
            Some(baseline) => {
                let start = lists.start(baseline, free, inputs, event);
                explainer.explain_rows(Some(start), own, job)
            }
            None => explainer.explain_rows(None, own, job),
        }?;
        for (values, &i) in found.values.iter_mut().zip(free) {
            let filled = lists.filled(i, inputs, event, values.data());
            let shape = [&[1][..], Lists::shape(&inputs[i])].concat();
            *values = Tensor::new(shape, filled);
        }
        found.output = None;
        bar.advance(1);
        Ok(found)
    })?;
    let mut all = found.into_iter();
    let mut whole = all.next().ok_or(ExplainError::TooFew {
        what: "attribution",
        needed: "at least one event",
        found: 0,
    })?;
    all.for_each(|one| whole.append(one));
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use pellucid_network::graph::Type;
    use pellucid_network::ops::{MatMul, ReduceSum, Sigmoid};
    use pellucid_network::{Dim, Graph};

    use super::*;
    use crate::method::{Gradient, IntegratedGradients};
    use crate::{Inference, Method, Question};

    /// `sigmoid(sum over the particles of x w)`: `[P, 2] -> [1]`.
    fn model() -> Explained {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("P"), 2.into()]));
        let w = graph.constant("w", Tensor::new(vec![2, 1], vec![1.0, -2.0]));
        let each = graph.push(MatMul, &[x, w]).unwrap();
        let sum = graph
            .push(
                ReduceSum {
                    axes: vec![0],
                    keep: true,
                },
                &[each],
            )
            .unwrap();
        let p = graph.push(Sigmoid, &[sum]).unwrap();
        graph.set_outputs(vec![p]);
        let lists = Lists {
            sides: vec![vec![Some(0), None]],
        };
        Explained::asking(&graph, &Question::default(), Inference::default())
            .unwrap()
            .with_lists(lists)
    }

    #[test]
    fn events_are_scored_and_explained_one_by_one_and_what_fills_them_is_nothing() {
        let model = model();
        let x = vec![1.0, 1.0, 2.0, 0.5, 9.0, 9.0, 3.0, 1.0, 9.0, 9.0, 9.0, 9.0];
        let inputs = [
            Tensor::new(vec![2, 3, 2], x),
            Tensor::new(vec![2, 1], vec![2.0_f32, 1.0]),
        ];
        let job = Job::silent();
        let scores = model.scores(&inputs, &job).unwrap();
        assert_eq!(scores.logit, [0.0, 1.0]);
        let gradient = Method::Gradient(Gradient::default());
        let found = model.explain(&gradient, &inputs, &job).unwrap();
        assert_eq!(found.values[0].shape(), [2, 3, 2]);
        assert_eq!(
            found.values[0].data(),
            [
                1.0, -2.0, 1.0, -2.0, 0.0, 0.0, 1.0, -2.0, 0.0, 0.0, 0.0, 0.0
            ]
        );
        let path = Method::IntegratedGradients(IntegratedGradients::default());
        let found = model.explain(&path, &inputs, &job).unwrap();
        assert!(found.residual.iter().all(|residual| residual.abs() < 1e-6));
        assert_eq!(found.explained, [0.0, 1.0]);
        assert_eq!(model.predict(&inputs, &job).unwrap().shape(), [2, 1]);
    }

    #[test]
    fn a_list_may_be_any_side() {
        let lists = Lists {
            sides: vec![vec![None, Some(0)]],
        };
        let edges = [
            Tensor::new(vec![1, 2, 3], vec![0.0_f32, 1.0, 9.0, 2.0, 3.0, 9.0]),
            Tensor::new(vec![1, 1], vec![2.0]),
        ];
        let own = lists.event(&edges, 0);
        assert_eq!(
            (own[0].shape(), own[0].data()),
            (&[2, 2][..], &[0.0, 1.0, 2.0, 3.0][..])
        );
        assert_eq!(
            lists.filled(0, &edges, 0, own[0].data()),
            [0.0, 1.0, 0.0, 2.0, 3.0, 0.0]
        );
    }
}
