//! Observables of one jet that need no clustering.
//!
//! Each is one file: its definition, its reference, its code, its limits by
//! hand. The one list below feeds the command line, the settings, the search
//! for what a tagger has learned, and the tests of the symmetries that all of
//! them share. To add one, write its file and put its name into the list.
//!
//! Throughout, `z_i = pt_i / Σ pt` is the share of constituent `i` and `r_i`
//! its distance from the jet's axis, `r² = Δy² + Δφ²`, not divided by the
//! jet's radius.

mod correlators;
mod moments;

use rayon::prelude::*;

use super::{Jet, Jets};
use crate::ObservableError;

/// What is to be said about an observable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Its name in settings and tables, unique.
    pub name: &'static str,
    /// Its symbol in plain text.
    pub symbol: &'static str,
    /// Its symbol in LaTeX.
    pub latex: &'static str,
    /// Its unit, empty for pure numbers.
    pub unit: &'static str,
    /// Its definition in one line.
    pub definition: &'static str,
    /// Where it is defined or was proposed.
    pub reference: &'static str,
    /// Whether soft particles and collinear splittings leave it as it is.
    pub infrared_safe: bool,
}

/// A number that a jet has.
pub trait Observable: Sync {
    /// Name, symbol, unit, definition, reference.
    fn about(&self) -> &About;

    /// Its value; finite for every jet.
    fn evaluate(&self, jet: Jet<'_>) -> f64;

    /// Its values for many jets, in parallel.
    fn evaluate_all(&self, jets: &Jets) -> Vec<f64> {
        (0..jets.len())
            .into_par_iter()
            .map(|i| self.evaluate(jets.jet(i)))
            .collect()
    }
}

macro_rules! observables {
    [$($name:ident),* $(,)?] => {
        $(mod $name;)*
        static ALL: &[&dyn Observable] = &[$(&$name::Shape),*];
    };
}

observables![
    pt,
    rapidity,
    phi,
    mass,
    mass_over_pt,
    multiplicity,
    girth,
    width,
    lha,
    ptd,
    leading_fraction,
    subleading_fraction,
    pt_entropy,
    core_fraction,
    planar_flow,
    eccentricity,
    minor_axis,
    pull,
    c2_beta1,
    c2_beta2,
    d2_beta1,
    d2_beta2,
];

/// All observables.
pub fn all() -> &'static [&'static dyn Observable] {
    ALL
}

/// The observable of that name, or an error that offers the nearest.
pub fn by_name(name: &str) -> Result<&'static dyn Observable, ObservableError> {
    if let Some(found) = ALL
        .iter()
        .find(|observable| observable.about().name == name)
    {
        return Ok(*found);
    }
    let names = || ALL.iter().map(|observable| observable.about().name);
    let nearest = names()
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)))
        .unwrap_or_default();
    Err(ObservableError::UnknownObservable {
        name: name.to_owned(),
        nearest: nearest.to_owned(),
        all: names().collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod testing {
    use crate::jets::Jets;
    use crate::jets::kinematics::Momentum;

    /// One jet of massless particles (pt, y, phi), its axis at the origin.
    pub fn jet(parts: &[(f64, f64, f64)]) -> Jets {
        let parts: Vec<Momentum> = parts
            .iter()
            .map(|&(pt, y, phi)| Momentum { pt, y, phi, m: 0.0 })
            .collect();
        let mut jets = Jets::new();
        jets.push_with_axis(
            &parts,
            Momentum {
                pt: 1.0,
                ..Momentum::default()
            },
        )
        .unwrap();
        jets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_everything_is_said() {
        let mut names: Vec<&str> = all().iter().map(|o| o.about().name).collect();
        for observable in all() {
            let about = observable.about();
            for said in [about.symbol, about.latex, about.definition, about.reference] {
                assert!(!said.is_empty(), "{}", about.name);
            }
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().len());
    }

    #[test]
    fn a_mistyped_name_is_offered_the_nearest() {
        let error = by_name("multiplicty").err().unwrap();
        assert!(
            error.to_string().contains("nearest is `multiplicity`"),
            "{error}"
        );
        assert_eq!(by_name("girth").unwrap().about().name, "girth");
    }
}
