//! One pass over the files: what is kept of every event, and which events are kept.
//!
//! A pass is a fold: [`Partial::add`] takes batch after batch, [`Partial::merge`] puts two
//! parts together that were read apart, [`Partial::finish`] makes the result. Events are
//! kept for the costly steps by keys that depend on what they are, not on where they lie.

use pellucid_core::target::Target;
use pellucid_core::{Job, Table, Values};
use pellucid_explain::{Explained, Scores};
use pellucid_observables::jets::shapes;
use pellucid_observables::particles::Cut;

use super::task::Sides;
use crate::PipelineError;
use crate::source::{Account, Events, Source};
use crate::tagger::Tagger;

/// What one pass over the files leaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pass {
    /// Output and logit of every event, of the number that is looked at.
    pub scores: Scores,
    /// The side of every event, as that number is to tell it.
    pub labels: Vec<bool>,
    /// What the sides are called.
    pub sides: [String; 2],
    /// The same for each number that is explained.
    all: Vec<Scores>,
    /// The whole output of the model, column by column, where it is needed.
    pub outputs: Vec<Vec<f64>>,
    /// Truth, weights and groups of every event.
    pub target: Target,
    /// What was read of the files, and what was left out.
    pub account: Account,
    /// What is known of events beside the model.
    pub known: Vec<Known>,
    /// Its values, column by column.
    pub observables: Vec<Vec<f64>>,
    /// The positions of the kept events, rising.
    pub kept: Vec<usize>,
    /// The kept events.
    pub events: Events,
    /// What the model's lists of particles leave out, one entry for each input.
    pub cuts: Vec<Cut>,
}

/// An observable, or a column of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its name.
    pub name: String,
    /// Its symbol, in LaTeX.
    pub latex: String,
    /// Its unit; empty for pure numbers.
    pub unit: String,
    /// Its definition.
    pub definition: String,
    /// Where it comes from.
    pub reference: String,
}

impl Known {
    /// The standard observables of jets.
    fn of_jets() -> Vec<Self> {
        let about = shapes::standard().iter().map(|shape| shape.about());
        about
            .map(|about| Self {
                name: about.name.to_owned(),
                latex: about.latex.to_owned(),
                unit: about.unit.to_owned(),
                definition: about.definition.to_owned(),
                reference: about.reference.to_owned(),
            })
            .collect()
    }

    /// A column of the files.
    fn column(name: &str, unit: &str) -> Self {
        Self {
            name: name.to_owned(),
            latex: format!("\\mathrm{{{}}}", latex(name)),
            unit: unit.to_owned(),
            definition: "a column of the files".to_owned(),
            reference: String::new(),
        }
    }
}

/// A name as LaTeX can set it upright.
pub(crate) fn latex(name: &str) -> String {
    let letter = |c: char| match c {
        '_' => "\\_".to_owned(),
        c if c.is_alphanumeric() || "+-/.,()[]=<> ".contains(c) => c.to_string(),
        _ => " ".to_owned(),
    };
    name.chars().map(letter).collect()
}

impl Pass {
    /// What each event counts, if the data say.
    pub fn weights(&self) -> Option<&[f64]> {
        self.target.weighted()
    }

    /// What each kept event counts, if the data say.
    pub fn kept_weights(&self) -> Option<&[f64]> {
        self.events.target.weighted()
    }

    /// Values of all events, at the kept ones.
    pub fn at_kept<T: Copy>(&self, values: &[T]) -> Vec<T> {
        self.kept.iter().map(|&i| values[i]).collect()
    }

    /// The scores of one of the numbers explained.
    pub fn scores_of(&self, number: usize) -> &Scores {
        &self.all[number]
    }

    /// Looks at one of the numbers explained, which parts events so.
    pub fn look_at(&mut self, number: usize, sides: Sides) {
        self.scores = self.all[number].clone();
        self.labels = sides.first;
        self.sides = sides.names;
    }
}

/// A part of a pass.
#[derive(Debug, Default)]
pub(crate) struct Partial {
    pass: Pass,
    /// The key and the position of every kept event.
    keys: Vec<(u64, usize)>,
    /// How many events are kept.
    most: usize,
    seed: u64,
}

/// What a batch is made of.
pub(crate) struct Reading<'a> {
    /// The prepared model.
    pub tagger: &'a Tagger,
    /// The numbers of it that are explained.
    pub explained: &'a [Explained],
    /// Whether its whole output is kept.
    pub outputs: bool,
    /// Whether what is known of events beside the model is kept.
    pub known: bool,
}

impl Partial {
    /// Nothing yet; of all events `most` are kept.
    pub fn new(most: usize, seed: u64) -> Self {
        Self {
            most: most.max(1),
            seed,
            ..Self::default()
        }
    }

    /// Takes the next events.
    pub fn add(
        &mut self,
        batch: &Events,
        reading: &Reading<'_>,
        job: &Job,
    ) -> Result<(), PipelineError> {
        if batch.is_empty() {
            return Ok(());
        }
        let tensors = reading.tagger.inputs(&batch.inputs)?;
        let pass = &mut self.pass;
        pass.all.resize(reading.explained.len(), Scores::default());
        for (all, explained) in pass.all.iter_mut().zip(reading.explained) {
            let scores = explained.scores(&tensors, job)?;
            check_scores(&scores, reading.tagger)?;
            all.output.extend(scores.output);
            all.logit.extend(scores.logit);
        }
        if let (true, Some(first)) = (reading.outputs, reading.explained.first()) {
            let whole = first.predict(&tensors, job)?;
            let width = whole.row_len();
            pass.outputs.resize(width, Vec::new());
            for (place, column) in pass.outputs.iter_mut().enumerate() {
                let own = whole.data().iter().skip(place).step_by(width);
                column.extend(own.map(|&x| f64::from(x)));
            }
        }
        if reading.known {
            self.know(batch, reading.tagger)?;
        }
        let pass = &mut self.pass;
        let start = pass.target.len();
        pass.target.append(&batch.target)?;
        let keys = batch.inputs.keys(self.seed).into_iter();
        self.keys.extend(keys.zip(start..));
        pass.kept.extend(start..start + batch.len());
        pass.events.append(batch)?;
        if self.keys.len() > self.most.saturating_mul(2) {
            self.shrink();
        }
        Ok(())
    }

    /// What is known of events beside the model: observables of jets, columns of others.
    fn know(&mut self, batch: &Events, tagger: &Tagger) -> Result<(), PipelineError> {
        let pass = &mut self.pass;
        if tagger.spec.of_jets() {
            let jets = batch.jets()?;
            if pass.known.is_empty() {
                pass.known = Known::of_jets();
                pass.observables = vec![Vec::new(); pass.known.len()];
            }
            for (column, observable) in pass.observables.iter_mut().zip(shapes::standard()) {
                column.extend(observable.evaluate_all(&jets));
            }
            pass.cuts
                .resize(tagger.representations.len(), Cut::default());
            for (sum, cut) in pass.cuts.iter_mut().zip(tagger.cuts(&jets)) {
                sum.add(cut);
            }
            return Ok(());
        }
        if pass.known.is_empty() {
            let columns = batch.columns.columns().iter();
            pass.known = columns
                .map(|it| Known::column(&it.name, &it.unit))
                .collect();
            pass.observables = vec![Vec::new(); pass.known.len()];
        }
        for (known, column) in pass.known.iter().zip(&mut pass.observables) {
            column.extend(numbers(&batch.columns, &known.name));
        }
        Ok(())
    }

    /// Puts the events of another part behind these.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "parts are read apart by shards of a farm")
    )]
    pub fn merge(&mut self, other: Self) -> Result<(), PipelineError> {
        let start = self.pass.target.len();
        let (mine, theirs) = (&mut self.pass, other.pass);
        if mine.all.is_empty() {
            mine.all.resize(theirs.all.len(), Scores::default());
            mine.outputs.resize(theirs.outputs.len(), Vec::new());
            mine.observables
                .resize(theirs.observables.len(), Vec::new());
            mine.known.clone_from(&theirs.known);
        }
        for (mine, theirs) in mine.all.iter_mut().zip(theirs.all) {
            mine.output.extend(theirs.output);
            mine.logit.extend(theirs.logit);
        }
        let columns = mine.outputs.iter_mut().zip(theirs.outputs);
        let observables = mine.observables.iter_mut().zip(theirs.observables);
        for (mine, theirs) in columns.chain(observables) {
            mine.extend(theirs);
        }
        mine.cuts
            .resize(theirs.cuts.len().max(mine.cuts.len()), Cut::default());
        for (mine, theirs) in mine.cuts.iter_mut().zip(theirs.cuts) {
            mine.add(theirs);
        }
        mine.target.append(&theirs.target)?;
        mine.events.append(&theirs.events)?;
        mine.kept
            .extend(theirs.kept.into_iter().map(|position| position + start));
        let keys = other.keys.into_iter();
        self.keys
            .extend(keys.map(|(key, position)| (key, position + start)));
        self.shrink();
        Ok(())
    }

    /// Keeps the events with the smallest keys.
    fn shrink(&mut self) {
        if self.keys.len() <= self.most {
            return;
        }
        self.keys.sort_unstable();
        self.keys.truncate(self.most);
        let mut positions: Vec<usize> = self.keys.iter().map(|&(_, position)| position).collect();
        positions.sort_unstable();
        let pass = &mut self.pass;
        let rows: Vec<usize> = (0..pass.kept.len())
            .filter(|&row| positions.binary_search(&pass.kept[row]).is_ok())
            .collect();
        pass.events = pass.events.select(&rows);
        pass.kept = positions;
    }

    /// All that was read.
    pub fn finish(mut self, account: Account) -> Pass {
        self.shrink();
        self.pass.account = account;
        self.pass
    }
}

/// The numbers of a column of a table.
fn numbers(table: &Table, name: &str) -> Vec<f64> {
    match table.get(name).map(|column| &column.values) {
        Some(Values::Float(list)) => list.clone(),
        Some(Values::Integer(list)) => list.iter().map(|&x| x as f64).collect(),
        _ => vec![f64::NAN; table.rows()],
    }
}

/// Reads every event; keeps `most` of them. `only`, if given, are the positions of the
/// events that count.
pub(crate) fn read(
    source: &Source,
    reading: &Reading<'_>,
    most: usize,
    only: Option<&[usize]>,
    seed: u64,
    job: &Job,
) -> Result<Pass, PipelineError> {
    let bar = job.start(
        "reading and scoring events",
        source.rows().unwrap_or(0) as u64,
    );
    let mut partial = Partial::new(most, seed);
    let quiet = job.quiet();
    let mut row = 0;
    let account = source.for_each(job, |batch| {
        bar.advance(batch.len() as u64);
        let chosen: Vec<usize> = (0..batch.len())
            .filter(|i| only.is_none_or(|only| only.binary_search(&(row + i)).is_ok()))
            .collect();
        row += batch.len();
        match only {
            Some(_) => partial.add(&batch.select(&chosen), reading, &quiet),
            None => partial.add(&batch, reading, &quiet),
        }
    })?;
    Ok(partial.finish(account))
}

fn check_scores(scores: &Scores, tagger: &Tagger) -> Result<(), PipelineError> {
    match scores.logit.iter().position(|score| !score.is_finite()) {
        None => Ok(()),
        Some(i) => Err(PipelineError::Setting {
            setting: tagger.path.display().to_string(),
            problem: format!(
                "what is explained of the model is {} for an event, expected finite numbers; \
                 check the weights and the input specification",
                scores.logit[i]
            ),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::inputs::{Collection, Extent, Feature, Inputs, Numbers};
    use pellucid_core::target::Truth;

    /// Events `from..to`, each of one number.
    fn events(from: usize, to: usize) -> Events {
        let mut inputs = Inputs::new(to - from);
        let numbers = Numbers::F64((from..to).map(|i| (i as f64).sin()).collect());
        let feature = Feature {
            name: "x".to_owned(),
            unit: String::new(),
            numbers,
        };
        let collection = Collection {
            name: "event".to_owned(),
            extent: Extent::One,
            features: vec![feature],
            ends: None,
        };
        inputs.push(collection).unwrap();
        Events {
            inputs,
            columns: Table::default(),
            target: Target {
                truth: Truth::None,
                weights: Vec::new(),
                groups: (from..to).map(|i| (0, i as i64)).collect(),
            },
        }
    }

    fn model() -> (Tagger, Explained) {
        use pellucid_network::layers::{Activation, Architecture};
        let graph = Architecture::dense(&[3], Activation::Relu)
            .build(&[1], 1, 3)
            .unwrap();
        let spec =
            crate::settings::parse("[inputs.x]\nkind = 'columns'\nfeatures = ['x']").unwrap();
        let tagger = Tagger::new(std::path::Path::new("m.onnx"), graph, Some(&spec)).unwrap();
        let explained = Explained::new(&tagger.graph, None, pellucid_explain::Inference::default());
        (tagger, explained.unwrap())
    }

    /// What is left of these batches, read in parts that end at `cut`.
    fn of(batches: &[usize], cut: usize) -> Pass {
        let (tagger, explained) = model();
        let reading = Reading {
            tagger: &tagger,
            explained: std::slice::from_ref(&explained),
            outputs: true,
            known: true,
        };
        let mut parts = [Partial::new(10, 7), Partial::new(10, 7)];
        for pair in batches.windows(2) {
            let part = &mut parts[usize::from(pair[0] >= cut)];
            part.add(&events(pair[0], pair[1]), &reading, &Job::silent())
                .unwrap();
        }
        let [mut first, second] = parts;
        first.merge(second).unwrap();
        first.finish(Account::default())
    }

    #[test]
    fn a_pass_does_not_depend_on_how_the_events_were_cut() {
        let whole = of(&[0, 100], 1000);
        assert_eq!(
            (whole.kept.len(), whole.events.len(), whole.target.len()),
            (10, 10, 100)
        );
        for (batches, cut) in [
            (&[0, 10, 20, 60, 100][..], 1000),
            (&[0, 10, 20, 60, 100], 20),
            (&[0, 50, 100], 50),
            (&[0, 100], 0),
        ] {
            let other = of(batches, cut);
            assert_eq!(other.kept, whole.kept);
            assert_eq!(other.events, whole.events);
            assert_eq!(other.scores_of(0), whole.scores_of(0));
            assert_eq!(other.outputs, whole.outputs);
        }
    }
}
