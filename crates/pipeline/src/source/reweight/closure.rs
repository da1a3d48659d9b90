//! How well spectra agree after they were reweighted.
//!
//! In the bins of the weights they agree to rounding. In bins half as wide (in
//! every column) they need not: the difference of a spectrum from the goal there,
//! given that both agree in the whole bin, is judged by
//!
//! $$ \chi^2 = \sum_h \frac{(H_h - G_h)^2}{V_b\, G_h / G_b + V^G_h} $$
//!
//! with `V_b` the sum of squared weights of the bin that `h` is half of and `V^G`
//! that of the goal, if it is a class. Each bin with `m` parts in which the goal is
//! above 0 counts `m - 1` degrees of freedom. A χ² far above them says that the
//! spectrum changes within the bins: narrower ones are needed.

use serde::{Deserialize, Serialize};

use super::Weighing;
use super::weighing::Sums;

/// What was done to the spectra.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reweighted {
    /// The columns.
    pub columns: Vec<String>,
    /// `flat`, or a class.
    pub to: String,
    /// The edges of the bins of each column.
    pub edges: Vec<Vec<f64>>,
    /// What became of each class.
    pub classes: Vec<Spectrum>,
}

/// What became of one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spectrum {
    /// The class.
    pub class: String,
    /// Its jets.
    pub jets: usize,
    /// Those outside of all bins, which count 0.
    pub outside: usize,
    /// Those in bins without a goal, which count 0.
    pub empty: usize,
    /// The effective number of jets before.
    pub effective_before: f64,
    /// The effective number of jets after.
    pub effective: f64,
    /// The largest difference from the goal in the bins, as a share of the goal.
    pub largest: f64,
    /// The same in bins half as wide.
    pub finer: Finer,
}

/// How a spectrum agrees with the goal in bins half as wide.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finer {
    /// The sum of squared differences in units of their errors.
    pub chi2: f64,
    /// What it is to be compared with.
    pub ndf: usize,
    /// The largest difference, as a share of the goal.
    pub largest: f64,
}

/// The sums over one class.
#[derive(Debug, Clone, PartialEq, Default)]
struct Class {
    sums: Sums,
    jets: usize,
    outside: usize,
    empty: usize,
    /// Sum of weights and of their squares, before and after.
    before: [f64; 2],
    after: [f64; 2],
}

/// The second pass: what jets with the new weights add up to.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::source) struct Closing {
    weighing: Weighing,
    classes: Vec<Class>,
}

impl Closing {
    pub fn new(weighing: &Weighing) -> Self {
        let class = Class {
            sums: Sums::of(weighing.grid.halved()),
            ..Class::default()
        };
        Self {
            classes: vec![class; weighing.classes.len()],
            weighing: weighing.clone(),
        }
    }

    /// A jet of a class in a halved bin, its factor, and its weight before and after.
    pub(super) fn add(
        &mut self,
        class: usize,
        half: Option<usize>,
        factor: Option<f64>,
        [before, after]: [f64; 2],
    ) {
        let class = &mut self.classes[class];
        class.jets += 1;
        class.outside += usize::from(factor.is_none());
        class.empty += usize::from(factor == Some(0.0));
        for (sums, weight) in [(&mut class.before, before), (&mut class.after, after)] {
            sums[0] += weight;
            sums[1] += weight * weight;
        }
        if let Some(half) = half {
            class.sums.add(half, after);
        }
    }

    pub fn finish(&self) -> Reweighted {
        let Weighing {
            settings,
            grid,
            classes,
            ..
        } = &self.weighing;
        let spectra = classes.iter().zip(&self.classes).enumerate();
        Reweighted {
            columns: settings.columns.0.clone(),
            to: settings.to.clone(),
            edges: grid.edges().to_vec(),
            classes: spectra
                .map(|(place, (name, class))| self.spectrum(place, name, class))
                .collect(),
        }
    }

    fn spectrum(&self, place: usize, name: &str, class: &Class) -> Spectrum {
        let effective = |[sum, squares]: [f64; 2]| {
            if squares > 0.0 {
                sum * sum / squares
            } else {
                0.0
            }
        };
        let (largest, finer) = self.agreement(place, class);
        Spectrum {
            class: name.to_owned(),
            jets: class.jets,
            outside: class.outside,
            empty: class.empty,
            effective_before: effective(class.before),
            effective: effective(class.after),
            largest,
            finer,
        }
    }

    fn agreement(&self, place: usize, class: &Class) -> (f64, Finer) {
        let Weighing {
            grid,
            goal,
            variance,
            like,
            ..
        } = &self.weighing;
        let total: f64 = class.sums.weights.iter().sum();
        let mut finer = Finer {
            chi2: 0.0,
            ndf: 0,
            largest: 0.0,
        };
        if total <= 0.0 {
            return (0.0, finer);
        }
        let mut found = vec![0.0; grid.len()];
        let mut squares = vec![0.0; grid.len()];
        let mut wanted = vec![0.0; grid.len()];
        let mut parts = vec![0_usize; grid.len()];
        for (half, &goal) in goal.iter().enumerate().take(grid.halved()) {
            let whole = grid.whole_of(half);
            found[whole] += class.sums.weights[half] / total;
            squares[whole] += class.sums.squares[half] / (total * total);
            wanted[whole] += goal;
            parts[whole] += usize::from(goal > 0.0);
        }
        let share = |found: f64, wanted: f64| ((found - wanted) / wanted).abs();
        let bins = found
            .iter()
            .zip(&wanted)
            .filter(|(_, wanted)| **wanted > 0.0);
        let largest = bins
            .map(|(found, wanted)| share(*found, *wanted))
            .fold(0.0, f64::max);
        // A class is its own goal in the smallest bins.
        if *like == Some(place) {
            return (largest, finer);
        }
        finer.ndf = parts.iter().map(|parts| parts.saturating_sub(1)).sum();
        for half in (0..grid.halved()).filter(|&half| goal[half] > 0.0) {
            let whole = grid.whole_of(half);
            if parts[whole] < 2 {
                continue;
            }
            let found = class.sums.weights[half] / total;
            let expected = squares[whole] * goal[half] / wanted[whole] + variance[half];
            if expected > 0.0 {
                finer.chi2 += (found - goal[half]).powi(2) / expected;
            }
            finer.largest = finer.largest.max(share(found, goal[half]));
        }
        (largest, finer)
    }
}

impl Reweighted {
    /// What was done, a line for all and one for each class.
    pub(in crate::source) fn told(&self) -> Vec<String> {
        let bins: Vec<String> = self
            .columns
            .iter()
            .zip(&self.edges)
            .map(|(column, edges)| format!("`{column}` ({} bins)", edges.len().saturating_sub(1)))
            .collect();
        let goal = match self.to.as_str() {
            "flat" => "a flat spectrum".to_owned(),
            class => format!("the spectrum of {class}"),
        };
        let mut lines = vec![format!("reweighted in {} to {goal}:", bins.join(" and "))];
        for class in &self.classes {
            let Spectrum {
                class,
                jets,
                outside,
                empty,
                effective_before,
                effective,
                largest,
                finer,
            } = class;
            let mut line = format!(
                "  {class}: {jets} jets that count as {effective:.1} without weights (before: {effective_before:.1}); \
                 the spectrum is the goal within {largest:.1e} of it"
            );
            if finer.ndf > 0 {
                let more = format!(
                    ", in bins half as wide within {:.2}, chi2/ndf {:.1}/{}",
                    finer.largest, finer.chi2, finer.ndf
                );
                line.push_str(&more);
            }
            if outside + empty > 0 {
                let more = format!(
                    "; weight 0 for {outside} jets outside of the bins and {empty} in bins where a class has none"
                );
                line.push_str(&more);
            }
            lines.push(line);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Names;
    use crate::source::reweight::bins::Grid;
    use crate::source::reweight::{Bins, Reweight};

    /// Jets of one class at these places in two bins, made flat.
    fn flat(places: &[f64]) -> Spectrum {
        let settings = Reweight {
            columns: Names(vec!["pt".to_owned()]),
            to: "flat".to_owned(),
            bins: Bins::Number(2),
        };
        let grid = Grid::new(vec![vec![0.0, 1.0, 2.0]]);
        let mut sums = Sums::of(grid.halved());
        for &place in places {
            sums.add(grid.half_of([place]).unwrap(), 1.0);
        }
        let weighing = Weighing::of(&settings, grid, vec!["all".to_owned()], &[sums]).unwrap();
        let mut closing = Closing::new(&weighing);
        let mut target = pellucid_core::Target {
            groups: vec![(0, 0); places.len()],
            ..pellucid_core::Target::default()
        };
        weighing.apply(&mut target, &[places.to_vec()], &mut closing);
        closing.finish().classes.remove(0)
    }

    #[test]
    fn halves_of_bins_are_compared_by_hand() {
        // 3 and 1 jets in the halves of the first bin, 1 and 1 in the second; six
        // jets in all, so that they count 3/4 and 3/2 each.
        let class = flat(&[0.1, 0.2, 0.3, 0.6, 1.2, 1.7]);
        assert!(class.largest < 1e-15);
        assert!((class.effective - 36.0 / (4.0 * 0.5625 + 2.0 * 2.25)).abs() < 1e-12);
        assert_eq!(class.effective_before, 6.0);
        // Of the first bin 9/4 and 3/4 instead of 3/2, each with the variance of
        // half the sum of squares, 9/8; the second is even.
        let chi2 = 2.0 * 0.75 * 0.75 / 1.125;
        assert!((class.finer.chi2 - chi2).abs() < 1e-12, "{class:?}");
        assert_eq!(class.finer.ndf, 2);
        assert!((class.finer.largest - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_chi2_of_what_is_flat_is_its_degrees_of_freedom() {
        use rand::RngExt;
        let mut sum = 0.0;
        let n = 400;
        for i in 0..n {
            let mut rng = pellucid_core::random::stream(3, i);
            let places: Vec<f64> = (0..200).map(|_| 2.0 * rng.random::<f64>()).collect();
            sum += flat(&places).finer.chi2 / 2.0;
        }
        // Of 2 degrees of freedom the mean of χ²/2 over 400 has the error 1/20.
        assert!((sum / n as f64 - 1.0).abs() < 0.2, "{sum}");
    }
}
