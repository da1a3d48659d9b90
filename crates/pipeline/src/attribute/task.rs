//! The work itself: which events with which targets, and what is found of them.

use pellucid_core::{Job, Tensor};
use pellucid_explain::{Attribution, Cause, ExplainError, Explained, Explainer, Inference, Method};
use pellucid_network::Graph;

use super::arrays::Arrays;
use super::baseline::Start;
use super::cut::{Segment, cut};
use super::kept::Kept;
use super::method::wrong;
use super::number::Number;
use super::request::Request;
use super::result::Found;
use super::targets::{Group, Targets};
use crate::PipelineError;

/// What is asked, with all that was read for it.
pub struct Task<'a, S> {
    /// What is asked.
    pub request: &'a Request,
    /// The model.
    pub graph: &'a Graph,
    /// Its inputs.
    pub inputs: &'a [Tensor<S>],
    /// The arrays that may hold baselines.
    pub arrays: &'a Arrays,
    /// The method.
    pub method: Method,
}

/// The task cut into segments.
#[derive(Debug)]
pub struct Work {
    /// Rows with one target.
    pub groups: Vec<Group>,
    /// The segments, in their order.
    pub segments: Vec<Segment>,
    /// Where paths begin, if not at zero.
    start: Option<Start>,
    /// The model of the first target.
    first: Option<Explained>,
}

impl<S: Number> Task<'_, S> {
    /// Checks targets and baselines, and cuts the events.
    pub fn work(&self, targets: &Targets, job: &Job) -> Result<Work, PipelineError> {
        let first = match targets {
            Targets::All(class) => *class,
            Targets::Rows(rows) => rows.first().copied(),
        };
        let model = self.model(first)?;
        let events = model.events(self.inputs)?;
        let shape = self.output_shape(&model, events, job)?;
        let groups = targets.groups(&model.output_name(), &shape)?;
        if groups.len() > 1 && !model.apart() {
            return Err(wrong(
                "--targets-from",
                "the rows of this model's inputs are not events that can run apart; explain one \
                 --target after the other"
                    .to_owned(),
            ));
        }
        let asked = self.request.method.baseline.as_slice();
        let start = if asked.is_empty() {
            let mut method = self.method.clone();
            let own = method.baseline_mut().map(|baseline| baseline.clone());
            own.and_then(|own| Start::of_method(own, &model, self.inputs))
        } else {
            Some(Start::asked(asked, &model, self.inputs, self.arrays)?)
        };
        let segments = cut(&groups, events, model.part(self.inputs)?);
        Ok(Work {
            first: matches!(groups.as_slice(), [Group { rows: None, .. }]).then_some(model),
            groups,
            segments,
            start,
        })
    }

    /// The shape of the whole output.
    fn output_shape(
        &self,
        model: &Explained,
        events: usize,
        job: &Job,
    ) -> Result<Vec<usize>, PipelineError> {
        let apart = model.apart();
        let probe = apart.then(|| self.rows(model, &[0]));
        let inputs = probe.as_deref().unwrap_or(self.inputs);
        let mut shape = model.predict(inputs, job)?.shape().to_vec();
        if apart && let Some(rows) = shape.first_mut() {
            *rows = events;
        }
        Ok(shape)
    }

    /// The inputs of some events.
    fn rows(&self, model: &Explained, rows: &[usize]) -> Vec<Tensor<S>> {
        let inputs = self.inputs.iter().enumerate();
        inputs
            .map(|(i, input)| model.select(i, input, rows))
            .collect()
    }

    /// Explains all segments that are not kept yet; the bytes that the runs of
    /// the largest took.
    pub fn run(&self, work: &mut Work, kept: &mut Kept, job: &Job) -> Result<usize, PipelineError> {
        let done = kept.done();
        let parts = work.segments.last().map_or(0, |last| last.part + 1);
        let several = work.segments.len() > 1;
        let bar = several.then(|| {
            let events = work.segments.iter().flat_map(|one| &one.rows);
            let bar = job.start(
                self.method.name(),
                events.map(Vec::len).sum::<usize>() as u64,
            );
            bar.advance(kept.events(&work.segments) as u64);
            bar
        });
        let job = &if several { job.quiet() } else { job.clone() };
        let mut most = 0;
        let mut first = work.first.take();
        for (group, Group { class, .. }) in work.groups.iter().enumerate() {
            let here = work.segments.iter().enumerate();
            let mut here = here
                .filter(|(_, segment)| segment.group == group && segment.part >= done)
                .peekable();
            if here.peek().is_none() {
                continue;
            }
            let model = match first.take() {
                Some(model) => model,
                None => self.model(*class)?,
            };
            let mut explainer = model.prepare_with_output(&self.method)?;
            for (place, segment) in here {
                job.check()?;
                if let Some(start) = &work.start {
                    explainer.set_baseline(start.of(segment.rows.as_deref()));
                }
                let (found, memory) = self.segment(&model, &explainer, segment, job)?;
                most = most.max(memory);
                let next = work.segments.get(place + 1).map_or(parts, |next| next.part);
                kept.add(found.arrays(), next > segment.part)?;
                if let (Some(bar), Some(rows)) = (&bar, &segment.rows) {
                    bar.advance(rows.len() as u64);
                }
            }
        }
        Ok(most)
    }

    /// Why an event has no finite numbers.
    pub fn cause(&self, work: &Work, event: usize) -> Result<Cause, PipelineError> {
        let has = |group: &&Group| group.rows.as_ref().is_none_or(|rows| rows.contains(&event));
        let class = work.groups.iter().find(has).and_then(|group| group.class);
        let model = self.model(class)?;
        if model.apart() {
            return Ok(model.cause(&self.rows(&model, &[event]), 0)?);
        }
        Ok(model.cause(self.inputs, event)?)
    }

    /// What is found of a segment, and the bytes that its runs took.
    fn segment(
        &self,
        model: &Explained,
        explainer: &Explainer<'_>,
        segment: &Segment,
        job: &Job,
    ) -> Result<(Found<S>, usize), PipelineError> {
        let chosen = segment.rows.as_ref().map(|rows| self.rows(model, rows));
        let inputs = chosen.as_deref().unwrap_or(self.inputs);
        let mut attribution = explainer.explain(inputs, job).map_err(|error| {
            match (error, &segment.rows) {
                // The row of the file, not of the segment.
                (ExplainError::Baseline { event, found }, Some(rows)) => ExplainError::Baseline {
                    event: rows[event],
                    found,
                },
                (error, _) => error,
            }
        })?;
        let output = match attribution.output.take() {
            Some(output) => output,
            None => model.predict(inputs, job)?,
        };
        let found = Found {
            inputs: self.graph.inputs().len(),
            names: self.names(&attribution)?,
            output,
            attribution,
        };
        Ok((found, explainer.memory(inputs)?))
    }

    /// The model with one number of its output to explain.
    fn model(&self, class: Option<usize>) -> Result<Explained, PipelineError> {
        let question = self.request.question(class);
        let inference = Inference {
            precision: self.request.precision,
            batch: None,
            memory: self.request.memory,
        };
        // A named node must not be folded away.
        Ok(if self.method.explains_inner_values() {
            Explained::asking_unfolded(self.graph, &question, inference)?
        } else {
            Explained::asking(self.graph, &question, inference)?
        })
    }

    /// The input that each tensor belongs to.
    fn names(&self, found: &Attribution<S>) -> Result<Vec<Option<String>>, PipelineError> {
        if self.method.explains_inner_values() {
            return Ok(vec![None; found.values.len()]);
        }
        let free = self.request.question(None).free(self.graph)?;
        let inputs = self.graph.inputs();
        let name = |i: usize| Some(self.graph.value(inputs[i]).name.clone());
        Ok(free.into_iter().map(name).collect())
    }
}
