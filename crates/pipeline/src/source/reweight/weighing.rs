//! The first pass: what is in which bin, and what jets count for it.

use pellucid_core::Job;
use pellucid_core::target::{Target, Truth};

use super::bins::{Grid, equal};
use super::settings::OfColumn;
use super::{Closing, Reweight};
use crate::PipelineError;
use crate::settings::most_like;
use crate::source::{Source, SourceError};

/// Sums of one class in halved bins.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sums {
    pub weights: Vec<f64>,
    pub squares: Vec<f64>,
}

impl Sums {
    pub fn of(bins: usize) -> Self {
        Self {
            weights: vec![0.0; bins],
            squares: vec![0.0; bins],
        }
    }

    pub fn add(&mut self, bin: usize, weight: f64) {
        self.weights[bin] += weight;
        self.squares[bin] += weight * weight;
    }
}

/// What jets count by class and bin.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::source) struct Weighing {
    pub(super) settings: Reweight,
    pub(super) grid: Grid,
    pub(super) classes: Vec<String>,
    /// By class and bin; 0 in bins without a goal.
    pub(super) factors: Vec<Vec<f64>>,
    /// The share of the goal in each halved bin; 0 in bins without a goal.
    pub(super) goal: Vec<f64>,
    /// The square of its error in each halved bin.
    pub(super) variance: Vec<f64>,
    /// The class whose spectrum is the goal.
    pub(super) like: Option<usize>,
}

/// The class of every event, and what classes are called; one class of all where
/// events have none.
pub(super) fn classes(target: &Target) -> (Vec<String>, Vec<usize>) {
    match &target.truth {
        Truth::Two { names, signal } => (
            names.to_vec(),
            signal.iter().map(|&signal| usize::from(!signal)).collect(),
        ),
        Truth::Classes { names, classes } => (names.clone(), classes.clone()),
        Truth::None | Truth::Values { .. } => (vec!["all".to_owned()], vec![0; target.len()]),
    }
}

fn wrong(setting: &str, problem: String) -> PipelineError {
    PipelineError::Setting {
        setting: format!("reweight.{setting}"),
        problem,
    }
}

impl Weighing {
    /// Reads the files of a source that applies no such weights itself: once for the
    /// ranges of columns whose edges are not given, and once for the spectra.
    pub fn measure(source: &Source, settings: &Reweight, job: &Job) -> Result<Self, PipelineError> {
        let bins = settings
            .bins()
            .map_err(|(name, problem)| wrong(name, problem))?;
        let grid = grid(source, settings, &bins, job)?;
        let mut sums: Vec<Sums> = Vec::new();
        let mut names = Vec::new();
        let mut stream = source.stream();
        let bar = job.start("measuring spectra", source.rows().unwrap_or(0) as u64);
        while let Some(batch) = stream.next().transpose()? {
            job.check()?;
            bar.advance(batch.read as u64);
            let target = &batch.events.target;
            let (all, classes) = classes(target);
            sums.resize(all.len(), Sums::of(grid.halved()));
            names = all;
            for (event, class) in classes.into_iter().enumerate() {
                let point = batch.spectrum.iter().map(|column| column[event]);
                if let Some(bin) = grid.half_of(point) {
                    let weight = target.weighted().map_or(1.0, |weights| weights[event]);
                    sums[class].add(bin, weight);
                }
            }
        }
        Self::of(settings, grid, names, &sums)
    }

    /// The weights that these sums ask for.
    pub(super) fn of(
        settings: &Reweight,
        grid: Grid,
        classes: Vec<String>,
        sums: &[Sums],
    ) -> Result<Self, PipelineError> {
        let like = like(&settings.to, &classes)?;
        let wholes: Vec<usize> = (0..grid.halved()).map(|half| grid.whole_of(half)).collect();
        let spectrum = |sums: &Sums| {
            let mut spectrum = vec![0.0; grid.len()];
            for (whole, weight) in wholes.iter().zip(&sums.weights) {
                spectrum[*whole] += weight;
            }
            spectrum
        };
        let spectra: Vec<Vec<f64>> = sums.iter().map(spectrum).collect();
        let full = |bin: usize| spectra.iter().all(|spectrum| spectrum[bin] > 0.0);
        let full: Vec<bool> = (0..grid.len()).map(full).collect();
        if !full.contains(&true) {
            return Err(wrong(
                "columns",
                format!(
                    "in no bin of {} are the weights of every class ({}) above 0; give wider bins, or edges where \
                     the classes overlap",
                    settings.columns.0.join(", "),
                    classes.join(", ")
                ),
            ));
        }
        let goal = match like {
            Some(class) => spectra[class].clone(),
            None => grid.widths(),
        };
        let total = |values: &[f64]| -> f64 {
            let values = values.iter().zip(&full).filter(|(_, full)| **full);
            values.map(|(value, _)| value).sum()
        };
        let all = total(&goal);
        let factor = |class: usize, bin: usize| match () {
            () if !full[bin] => 0.0,
            // Its own spectrum: exactly what it was.
            () if like == Some(class) => 1.0,
            () => goal[bin] / all * total(&spectra[class]) / spectra[class][bin],
        };
        let factors = (0..classes.len())
            .map(|class| (0..grid.len()).map(|bin| factor(class, bin)).collect())
            .collect();
        let parts = f64::from(1 << grid.edges().len());
        let share = |half: usize| match like {
            _ if !full[wholes[half]] => 0.0,
            Some(class) => sums[class].weights[half] / all,
            None => goal[wholes[half]] / parts / all,
        };
        let variance = |half: usize| match like {
            Some(class) if full[wholes[half]] => sums[class].squares[half] / (all * all),
            _ => 0.0,
        };
        Ok(Self {
            goal: (0..grid.halved()).map(share).collect(),
            variance: (0..grid.halved()).map(variance).collect(),
            settings: settings.clone(),
            factors,
            classes,
            grid,
            like,
        })
    }

    /// Multiplies the weights of events whose numbers in each column these are.
    pub fn apply(&self, target: &mut Target, spectrum: &[Vec<f64>], closing: &mut Closing) {
        let (_, classes) = classes(target);
        if target.weights.is_empty() {
            target.weights = vec![1.0; target.groups.len()];
        }
        for (event, class) in classes.into_iter().enumerate() {
            let point = spectrum.iter().map(|column| column[event]);
            let half = self.grid.half_of(point);
            let factor = half.map(|half| self.factors[class][self.grid.whole_of(half)]);
            let weight = &mut target.weights[event];
            let before = *weight;
            *weight *= factor.unwrap_or(0.0);
            closing.add(class, half, factor, [before, *weight]);
        }
    }
}

/// The class whose spectrum is the goal; `None` for a flat one.
fn like(to: &str, classes: &[String]) -> Result<Option<usize>, PipelineError> {
    if to == "flat" {
        return Ok(None);
    }
    let place = classes.iter().position(|class| class == to);
    // Of two classes the first is the signal, whatever they are called.
    let place = place.or(match (to, classes.len()) {
        ("signal", 2) => Some(0),
        ("background", 2) => Some(1),
        _ => None,
    });
    place.map(Some).ok_or_else(|| {
        let known = classes.iter().map(String::as_str).chain(["flat"]);
        let nearest = most_like(to, known).unwrap_or("flat");
        wrong(
            "to",
            format!(
                "is `{to}`, expected `flat` or one of the classes {}; did you mean `{nearest}`?",
                classes.join(", ")
            ),
        )
    })
}

/// The bins, those of a number between the smallest and the largest value.
fn grid(
    source: &Source,
    settings: &Reweight,
    bins: &[OfColumn],
    job: &Job,
) -> Result<Grid, PipelineError> {
    let known = |bins: &OfColumn| matches!(bins, OfColumn::Edges(_));
    let mut ranges = vec![[f64::INFINITY, f64::NEG_INFINITY]; bins.len()];
    if !bins.iter().all(known) {
        let bar = job.start("measuring ranges", source.rows().unwrap_or(0) as u64);
        let mut stream = source.stream();
        while let Some(batch) = stream.next().transpose()? {
            job.check()?;
            bar.advance(batch.read as u64);
            for (range, column) in ranges.iter_mut().zip(&batch.spectrum) {
                for &value in column {
                    *range = [range[0].min(value), range[1].max(value)];
                }
            }
        }
    }
    let edges = bins.iter().zip(ranges).zip(&settings.columns.0);
    let edges = edges.map(|((bins, [low, high]), column)| match bins {
        OfColumn::Edges(edges) => Ok(edges.clone()),
        OfColumn::Number(_) if low >= high => Err(wrong(
            "columns",
            format!("`{column}` is {low} in every row: there is no spectrum to change"),
        )),
        OfColumn::Number(number) => Ok(equal(low, high, *number)),
    });
    Ok(Grid::new(edges.collect::<Result<_, _>>()?))
}

/// The error of a name of `[reweight] columns` that is none.
pub(in crate::source) fn no_column(expected: String) -> SourceError {
    SourceError::Reweight { expected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Names;
    use crate::source::reweight::Bins;

    fn settings(to: &str) -> Reweight {
        Reweight {
            columns: Names(vec!["pt".to_owned()]),
            to: to.to_owned(),
            bins: Bins::Number(3),
        }
    }

    fn target(signal: &[bool], weights: &[f64]) -> Target {
        Target {
            truth: Truth::Two {
                names: ["W", "QCD"].map(str::to_owned),
                signal: signal.to_vec(),
            },
            weights: weights.to_vec(),
            groups: (0..signal.len()).map(|i| (0, i as i64)).collect(),
        }
    }

    /// The spectrum of a class after the weights of two classes were changed to
    /// this goal: values, weights and whether they are of the first class.
    fn spectra(to: &str, rows: &[(f64, f64, bool)], edges: &[f64]) -> (Vec<Vec<f64>>, Closing) {
        let grid = Grid::new(vec![edges.to_vec()]);
        let mut sums = vec![Sums::of(grid.halved()); 2];
        for &(value, weight, signal) in rows {
            if let Some(bin) = grid.half_of([value]) {
                sums[usize::from(!signal)].add(bin, weight);
            }
        }
        let names = vec!["W".to_owned(), "QCD".to_owned()];
        let weighing = Weighing::of(&settings(to), grid.clone(), names, &sums).unwrap();
        let signal: Vec<bool> = rows.iter().map(|row| row.2).collect();
        let weights: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let mut target = target(&signal, &weights);
        let mut closing = Closing::new(&weighing);
        let values = vec![rows.iter().map(|row| row.0).collect()];
        weighing.apply(&mut target, &values, &mut closing);
        let mut out = vec![vec![0.0; grid.len()]; 2];
        for (row, weight) in rows.iter().zip(&target.weights) {
            if let Some(bin) = grid.half_of([row.0]) {
                out[usize::from(!row.2)][grid.whole_of(bin)] += weight;
            }
        }
        (out, closing)
    }

    const ROWS: [(f64, f64, bool); 10] = [
        (0.1, 1.0, true),
        (0.7, 2.0, true),
        (1.2, 0.5, true),
        (2.5, 4.0, true),
        (2.6, -1.0, true),
        (0.4, 3.0, false),
        (1.5, 1.0, false),
        (1.9, 0.25, false),
        (2.9, 2.0, false),
        (7.0, 1.0, false),
    ];

    #[test]
    fn spectra_become_the_goal_to_rounding_and_keep_their_sums() {
        let edges = [0.0, 1.0, 2.0, 4.0];
        let (flat, _) = spectra("flat", &ROWS, &edges);
        // Densities are the same: the last bin is twice as wide.
        for (spectrum, sum) in flat.iter().zip([6.5, 6.25]) {
            for (found, share) in spectrum.iter().zip([0.25, 0.25, 0.5]) {
                assert!((found - sum * share).abs() < 1e-14, "{spectrum:?}");
            }
        }
        let (like, _) = spectra("QCD", &ROWS, &edges);
        assert_eq!(like[1], [3.0, 1.25, 2.0]);
        for (found, goal) in like[0].iter().zip(&like[1]) {
            assert!((found / 6.5 - goal / 6.25).abs() < 1e-15);
        }
        assert_eq!(spectra("background", &ROWS, &edges).0, like);
    }

    #[test]
    fn bins_that_a_class_leaves_empty_have_no_goal() {
        // No background between 3 and 5, none of the signal beyond.
        let (flat, closing) = spectra("flat", &ROWS, &[0.0, 1.0, 2.0, 2.55, 8.0]);
        assert_eq!((flat[0][2], flat[1][2], flat[1][3]), (0.0, 0.0, 0.0));
        assert!((flat[0][0] - flat[0][1]).abs() < 1e-15);
        let done = closing.finish();
        // The weights of the signal beyond 2.55 add up to less than 0.
        assert_eq!((done.classes[0].empty, done.classes[1].empty), (2, 2));
        assert_eq!((done.classes[0].outside, done.classes[1].outside), (0, 0));
        let (_, closing) = spectra("flat", &ROWS, &[0.0, 1.0, 2.0]);
        let done = closing.finish();
        assert_eq!((done.classes[0].outside, done.classes[1].outside), (2, 2));
    }

    #[test]
    fn what_is_no_goal_or_no_spectrum_is_refused() {
        let grid = || Grid::new(vec![vec![0.0, 1.0, 2.0]]);
        let names = || vec!["W".to_owned(), "QCD".to_owned()];
        let mut sums = vec![Sums::of(4); 2];
        sums[0].add(0, 1.0);
        sums[1].add(3, 1.0);
        let says = |to: &str, sums: &[Sums], parts: &[&str]| {
            let message = Weighing::of(&settings(to), grid(), names(), sums);
            let message = message.unwrap_err().to_string();
            for part in parts {
                assert!(message.contains(part), "{message}");
            }
        };
        says("flat", &sums, &["in no bin of pt", "W, QCD"]);
        says("QCDs", &sums, &["`reweight.to`", "did you mean `QCD`?"]);
    }
}
