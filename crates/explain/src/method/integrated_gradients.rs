//! Integrated gradients.
//!
//! $$ A_i(x) = (x_i - b_i) \int_0^1
//!      \frac{\partial f}{\partial x_i}\bigl(b + t\,(x - b)\bigr)\,\mathrm{d}t $$
//!
//! The gradient's network runs on all points of several paths at once; the
//! weighted sum over a path is formed in double precision. The number of
//! points is doubled for the events whose residual is still too large, until
//! `|f(x) − f(b) − Σ A| ≤ tolerance · max(|f(x) − f(b)|, floor)` or
//! [`max_steps`](IntegratedGradients::max_steps) is reached: residual and
//! steps of every event are reported.
//!
//! Dense layers in front of everything else are computed once per path, see
//! `affine`; rectifiers and the dense layer behind them change with the numbers
//! that change their sign, not with the points, see `rectified`.
//!
//! * **Units:** those of the logit, whatever the unit of the input.
//! * **Completeness:** `Σ A = f(x) − f(b)`; what is missing is the residual.
//! * **Reference:** M. Sundararajan, A. Taly, Q. Yan, arXiv:1703.01365, eq. 1.

use pellucid_core::{Job, Tensor};
use pellucid_network::{Graph, Real};
use serde::{Deserialize, Serialize};

use super::path::{self, Course, Paths};
use super::{Attribute, Baseline, Quadrature, affine_path, one_pass, unrolled};
use crate::attribution::Attribution;
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::Explained;

/// Steps from which a path counts as long: with fewer, running a layer at every
/// point is not much more work than following its numbers from sign to sign.
const LONG: u32 = 16;

/// What choices of the network (nearest neighbours) do along a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Choices {
    /// They are made anew at every point.
    #[default]
    Dynamic,
    /// They stay what they are for the event.
    Frozen,
}

/// The gradient averaged along the straight path from a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct IntegratedGradients {
    /// Where every path begins.
    pub baseline: Baseline,
    /// The rule of integration.
    pub quadrature: Quadrature,
    /// Steps on the path to begin with.
    pub steps: u32,
    /// Steps at which doubling ends; not more than `steps`: no doubling.
    pub max_steps: u32,
    /// The residual allowed, as a share of `|f(x) − f(b)|`.
    pub tolerance: f64,
    /// A difference below this, in units of the logit, counts as this large.
    pub floor: f64,
    /// What a graph of neighbours does along the path.
    pub graph: Choices,
}

impl Default for IntegratedGradients {
    fn default() -> Self {
        Self {
            baseline: Baseline::Zeros,
            quadrature: Quadrature::GaussLegendre,
            steps: 32,
            max_steps: 512,
            tolerance: 0.01,
            floor: 0.1,
            graph: Choices::Dynamic,
        }
    }
}

impl IntegratedGradients {
    /// Exactly this many steps for every event.
    pub fn fixed(steps: u32, quadrature: Quadrature) -> Self {
        Self {
            quadrature,
            steps,
            max_steps: steps,
            ..Self::default()
        }
    }

    /// Sets where the paths begin.
    #[must_use]
    pub fn baseline(mut self, baseline: Baseline) -> Self {
        self.baseline = baseline;
        self
    }

    /// The same without frozen choices, if they are frozen.
    pub(super) fn dynamic(&self) -> Option<Self> {
        (self.graph == Choices::Frozen).then(|| Self {
            graph: Choices::Dynamic,
            ..self.clone()
        })
    }

    /// Refuses numbers that no path can have.
    pub(super) fn check(&self) -> Result<(), ExplainError> {
        let wrong = |what, expected: &str, found: String| {
            Err(ExplainError::Setting {
                what,
                expected: expected.to_owned(),
                found,
            })
        };
        if self.steps == 0 {
            return wrong(
                "steps of integrated-gradients",
                "at least 1",
                "0".to_owned(),
            );
        }
        for (what, number) in [
            ("tolerance of integrated-gradients", self.tolerance),
            ("floor of integrated-gradients", self.floor),
        ] {
            if !(number > 0.0 && number.is_finite()) {
                return wrong(what, "a positive number", number.to_string());
            }
        }
        Ok(())
    }
}

impl Attribute for IntegratedGradients {
    const NAME: &'static str = "integrated-gradients";
    const TITLE: &'static str = "Integrated gradients";

    fn graph(&self, model: &Explained) -> Result<Graph, ExplainError> {
        self.check()?;
        let mut graph = one_pass::gradient_graph(model)?;
        // The logit along the path is of no use: both ends are known.
        let gradients = graph.outputs()[..model.free().len()].to_vec();
        graph.set_outputs(gradients);
        Ok(graph)
    }

    fn run<T: Real, S: Real>(
        &self,
        model: &Explained,
        engine: &Engine<T>,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError> {
        if let Some(settings) = self.dynamic()
            && let Some(found) = path::frozen::<T, S>(&settings, model, inputs, job)?
        {
            return Ok(found);
        }
        let paths = Paths {
            settings: self,
            model,
            inputs,
            starts: self.baseline.starts(model, inputs)?,
            course: Course::Straight,
        };
        let long = self.steps >= LONG;
        if model.events(inputs)? > 0
            && let Some(parted) = engine.parted(model, long, |rest| self.graph(rest))?
        {
            return affine_path::integrate(&paths, parted, Self::NAME, job);
        }
        let finish = |event: usize, sums: &mut [f64]| {
            for (sum, distance) in sums.iter_mut().zip(paths.distances(event)) {
                *sum *= distance;
            }
            sums.iter().sum()
        };
        let (rows, mut attribution) = paths.integrate(engine, &finish, Self::NAME, job)?;
        attribution.values = inputs_of(model, inputs, rows);
        Ok(attribution)
    }

    fn baseline_mut(&mut self) -> Option<&mut Baseline> {
        Some(&mut self.baseline)
    }

    fn path_mut(&mut self) -> Option<&mut IntegratedGradients> {
        Some(self)
    }

    fn standalone(&self, model: &Explained) -> Result<Graph, ExplainError> {
        self.check()?;
        unrolled::integrated_gradients(self, model)
    }
}

/// Each event's numbers, all explained inputs behind one another, as one tensor
/// per explained input.
pub(super) fn inputs_of<S: Real>(
    model: &Explained,
    inputs: &[Tensor<S>],
    rows: Vec<Vec<S>>,
) -> Vec<Tensor<S>> {
    let free = model.free();
    let mut values: Vec<Vec<S>> = free
        .iter()
        .map(|&i| Vec::with_capacity(inputs[i].data().len()))
        .collect();
    for row in rows {
        let mut start = 0;
        for (all, &i) in values.iter_mut().zip(free) {
            let len = model.batching().row_len(i, &inputs[i]);
            all.extend_from_slice(&row[start..start + len]);
            start += len;
        }
    }
    let shapes = free.iter().map(|&i| inputs[i].shape().to_vec());
    let tensors = shapes.zip(values);
    tensors
        .map(|(shape, data)| Tensor::new(shape, data))
        .collect()
}
