//! The loop over events of different length.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use pellucid_core::{Job, Tensor};
use pellucid_explain::method::Baseline as Given;
use pellucid_explain::{ExplainError, Explained, Explainer, Inference, Method};
use pellucid_network::Graph;
use rayon::prelude::*;

use super::PART;
use super::events::{Baseline, Events};
use super::joined::{self, One};
use crate::PipelineError;
use crate::attribute::arrays::{Arrays, doubles};
use crate::attribute::method::wrong;
use crate::attribute::number::Number;
use crate::attribute::request::Request;
use crate::attribute::result::Found;
use crate::attribute::run::{Summary, not_finite, of_arrays};
use crate::attribute::straight_through;
use crate::attribute::targets::Targets;
use crate::model::File;
use crate::parts::Parts;

/// What is asked of the events of a file, with all that was read for it.
pub struct Lists<'a, S> {
    /// What is asked.
    pub request: &'a Request,
    /// The model, whose sizes may be fixed for each length.
    pub file: File,
    /// The events.
    pub events: Events<S>,
    /// The arrays that may hold baselines and targets.
    pub arrays: &'a Arrays,
    /// The method.
    pub method: Method,
}

/// The events of one run, their lengths, and the place in the output that is explained.
type Groups = BTreeMap<(Vec<usize>, Option<usize>), Vec<usize>>;

impl<S: Number> Lists<'_, S> {
    /// Explains all events and writes what is found.
    pub fn run(
        &self,
        identity: &str,
        notes: &mut Vec<String>,
        job: &Job,
    ) -> Result<Summary, PipelineError> {
        if self.method.explains_inner_values() {
            let problem = format!(
                "`{}` explains inner values, which have no lists; give events of one length",
                self.method.name()
            );
            return Err(wrong("--method", problem));
        }
        let count = self.events.count();
        let some = (0..count)
            .find(|&event| self.events.empty(event).is_empty())
            .unwrap_or(0);
        let graph = self.graph(some)?;
        self.file.note_output(self.request.output.as_deref(), job);
        notes.extend(straight_through::note(&graph));
        let targets = Targets::asked(self.request, &graph, self.arrays)?;
        let classes = self.classes(&targets)?;
        let model = self.model(&graph, classes.first().copied().flatten())?;
        let free: Vec<usize> = model.free().to_vec();
        let starts = self.starts(&free, &graph)?;
        // Whether one network serves all lengths.
        let open = (0..graph.inputs().len()).all(|input| {
            let side = self.events.open_side(input);
            side.is_none_or(|side| graph.shape(graph.inputs()[input])[side].known().is_none())
        });
        let mut models: BTreeMap<Option<usize>, Explained> = BTreeMap::new();
        if open {
            for &class in &classes {
                if let Entry::Vacant(place) = models.entry(class) {
                    place.insert(self.model(&graph, class)?);
                }
            }
        }
        let mut explainers = BTreeMap::new();
        for (class, model) in &models {
            explainers.insert(*class, model.prepare_with_output(&self.method)?);
        }
        let mut parts = Parts::of_arrays(&self.request.out, identity)?;
        let resumed = (parts.done() * PART).min(count);
        let bar = job.start(self.method.name(), count as u64);
        bar.advance(resumed as u64);
        let mut memory = 0;
        for first in (resumed..count).step_by(PART) {
            let rows = first..count.min(first + PART);
            let mut groups = Groups::new();
            for event in rows.clone() {
                let class = classes[if classes.len() == 1 { 0 } else { event }];
                groups
                    .entry((self.events.lengths(event), class))
                    .or_default()
                    .push(event);
            }
            let mut found: BTreeMap<usize, One<S>> = BTreeMap::new();
            for ((_, class), events) in groups {
                if let Err(stop) = job.check() {
                    return Err(match parts.done() {
                        0 => stop.into(),
                        done => parts.paused(done * PART),
                    });
                }
                let explained = match (models.get(&class), explainers.get(&class)) {
                    (Some(model), Some(explainer)) => self.group(
                        &Prepared {
                            model,
                            explainer,
                            starts: &starts,
                        },
                        &events,
                        job,
                    ),
                    _ => self.graph(events[0]).and_then(|graph| {
                        let model = self.model(&graph, class)?;
                        let explainer = model.prepare_with_output(&self.method)?;
                        let prepared = Prepared {
                            model: &model,
                            explainer: &explainer,
                            starts: &starts,
                        };
                        self.group(&prepared, &events, job)
                    }),
                };
                let (ones, bytes) = match explained {
                    Err(error) if error.interrupted() && parts.done() > 0 => {
                        return Err(parts.paused(parts.done() * PART));
                    }
                    // A model may have nothing to say of an event without any track.
                    Err(error)
                        if !error.interrupted() && !self.events.empty(events[0]).is_empty() =>
                    {
                        let nothing = |&event: &usize| One::nothing(&self.events, &free, event);
                        (events.iter().map(nothing).collect(), 0)
                    }
                    explained => explained?,
                };
                memory = memory.max(bytes);
                bar.advance(events.len() as u64);
                found.extend(events.into_iter().zip(ones));
            }
            notes.extend(self.told(&found));
            let found: Vec<One<S>> = found.into_values().collect();
            parts.finish_arrays(&joined::part(&found, free.len()))?;
        }
        drop(bar);
        let names = Self::names(&graph, &free);
        let free: Vec<(usize, Vec<String>)> = free.iter().copied().zip(names).collect();
        let all = joined::whole(&parts.arrays()?, &self.events, &free);
        parts.become_arrays(&all)?;
        let mut summary = of_arrays(&all);
        summary.resumed = resumed;
        summary.memory = memory;
        if let Some(event) = not_finite(&all).filter(|&event| self.events.empty(event).is_empty()) {
            let class = classes[if classes.len() == 1 { 0 } else { event }];
            let model = self.model(&self.graph(event)?, class)?;
            let cause = model.cause(&self.events.inputs(&[event]), 0)?;
            notes.push(format!("event {event} could not be explained: {cause}"));
        }
        Ok(summary)
    }

    /// The events without numbers, by number, for the user.
    fn told(&self, found: &BTreeMap<usize, One<S>>) -> Option<String> {
        let bad = found.iter().filter(|(_, one)| !one.is_finite());
        let bad: Vec<usize> = bad
            .map(|(&event, _)| event)
            .filter(|&event| !self.events.empty(event).is_empty())
            .collect();
        let first = *bad.first()?;
        let shown: Vec<String> = bad.iter().take(20).map(usize::to_string).collect();
        let more = if bad.len() > shown.len() { ", …" } else { "" };
        Some(format!(
            "the model gives no finite number for {} without rows in {} ({}{more}); their results are not a number",
            if bad.len() == 1 {
                "an event".to_owned()
            } else {
                format!("{} events", bad.len())
            },
            self.events.empty(first).join(", "),
            shown.join(", ")
        ))
    }

    /// The network for the lengths of an event, as free of them as can be.
    fn graph(&self, event: usize) -> Result<Graph, PipelineError> {
        let inputs = self.events.inputs(&[event]);
        let shapes: Vec<&[usize]> = inputs.iter().map(Tensor::shape).collect();
        self.file.network(self.request.output.as_deref(), &shapes)
    }

    fn model(&self, graph: &Graph, class: Option<usize>) -> Result<Explained, PipelineError> {
        let inference = Inference {
            precision: self.request.precision,
            batch: None,
            memory: self.request.memory,
        };
        Ok(Explained::asking(
            graph,
            &self.request.question(class),
            inference,
        )?)
    }

    /// The place in the output for every event, or one for all.
    fn classes(&self, targets: &Targets) -> Result<Vec<Option<usize>>, PipelineError> {
        match targets {
            Targets::All(class) => Ok(vec![*class]),
            Targets::Rows(rows) if rows.len() == self.events.count() => {
                Ok(rows.iter().map(|&class| Some(class)).collect())
            }
            Targets::Rows(rows) => Err(wrong(
                "--targets-from",
                format!(
                    "{} targets, expected one for each of the {} events",
                    rows.len(),
                    self.events.count()
                ),
            )),
        }
    }

    /// Where paths begin, for each explained input; none, where the method says it itself.
    fn starts(
        &self,
        free: &[usize],
        graph: &Graph,
    ) -> Result<Option<Vec<Baseline<S>>>, PipelineError> {
        let asked = &self.request.method.baseline;
        if asked.is_empty() {
            return Ok(None);
        }
        let starts = free.iter().map(|&input| {
            let name = &graph.value(graph.inputs()[input]).name;
            let own = asked.iter().find_map(|word| word.strip_prefix(&format!("{name}=")));
            let all = || asked.iter().find(|word| !word.contains('=')).map(String::as_str);
            let word = own.or_else(all).unwrap_or("zeros");
            let zero = Tensor::new(vec![], vec![0.0]);
            let found = match word {
                "zeros" => self.events.baseline(input, &zero),
                "mean" => self.events.mean(input),
                array => {
                    let what = "the baseline (--baseline zeros, mean, or an array)";
                    let array = self.arrays.get(array, what)?;
                    self.events.baseline(input, &doubles(array))
                }
            };
            found.ok_or_else(|| {
                wrong(
                    "--baseline",
                    format!(
                        "`{word}` cannot be repeated to {:?}, the shape of `{name}`; give the numbers of one row, or \
                         those of all",
                        self.events.shape(input)
                    ),
                )
            })
        });
        Ok(Some(starts.collect::<Result<_, _>>()?))
    }

    /// What is found of events of equal lengths, and the bytes that runs took.
    fn group(
        &self,
        prepared: &Prepared<'_, S>,
        events: &[usize],
        job: &Job,
    ) -> Result<(Vec<One<S>>, usize), PipelineError> {
        let quiet = job.quiet();
        if prepared.model.by_events() {
            return self.together(prepared, events, &quiet);
        }
        let each = events.par_iter().map(|&event| {
            job.check()?;
            self.together(prepared, &[event], &quiet)
        });
        let each: Vec<(Vec<One<S>>, usize)> = each.collect::<Result<_, PipelineError>>()?;
        let memory = each.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0);
        Ok((
            each.into_iter().flat_map(|(ones, _)| ones).collect(),
            memory,
        ))
    }

    /// What is found of events that run together.
    fn together(
        &self,
        prepared: &Prepared<'_, S>,
        events: &[usize],
        job: &Job,
    ) -> Result<(Vec<One<S>>, usize), PipelineError> {
        let Prepared {
            model,
            explainer,
            starts,
        } = prepared;
        let inputs = self.events.inputs(events);
        let given = starts
            .as_ref()
            .map(|starts| Given::Given(starts.iter().map(|start| start.of(events)).collect()));
        let of_file = |error: ExplainError| match error {
            ExplainError::Baseline { event, found } => ExplainError::Baseline {
                event: events[event],
                found,
            },
            error => error,
        };
        let attribution = match given {
            Some(given) => explainer.explain_from(given, &inputs, job),
            None => explainer.explain(&inputs, job),
        };
        let mut attribution = attribution.map_err(of_file)?;
        let output = match attribution.output.take() {
            Some(output) => output,
            None => model.predict(&inputs, job)?,
        };
        let found = Found {
            inputs: inputs.len(),
            names: Vec::new(),
            output,
            attribution,
        };
        let ones = One::of(
            &found,
            &self.events,
            model.free(),
            events,
            model.by_events(),
        );
        Ok((ones, explainer.memory(&inputs)?))
    }

    /// What the attributions of each explained input are called.
    fn names(graph: &Graph, free: &[usize]) -> Vec<Vec<String>> {
        let inputs = graph.inputs();
        let plain = || "attribution".to_owned();
        let own = |&input: &usize| format!("attribution.{}", graph.value(inputs[input]).name);
        match free {
            [_] if inputs.len() == 1 => vec![vec![plain()]],
            [one] => vec![vec![own(one), plain()]],
            several => several.iter().map(|input| vec![own(input)]).collect(),
        }
    }
}

/// What explains events of some lengths.
struct Prepared<'p, S> {
    model: &'p Explained,
    explainer: &'p Explainer<'p>,
    starts: &'p Option<Vec<Baseline<S>>>,
}
