//! Observables of one jet.
//!
//! Each is one file: its definition, its reference, its code, its limits by
//! hand. The one list below feeds the command line, the settings, the search
//! for what a tagger has learned, and the tests of the symmetries that all of
//! them share. To add one, write its file and put its name into the list.
//! Families that differ in a number (`tau1` to `tau6`) are one file each, in the
//! second list.
//!
//! Throughout, `z_i = pt_i / Σ pt` is the share of constituent `i` and `r_i`
//! its distance from the jet's axis, `r² = Δy² + Δφ²`, not divided by the
//! jet's radius.

mod family;
mod moments;
mod parameters;

use std::sync::LazyLock;

use rayon::prelude::*;

use super::property::Property;
use super::substructure::Substructure;
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

    /// What must be known of the constituents besides their momenta.
    fn needs(&self) -> &'static [Property] {
        &[]
    }

    /// Its value; finite for every jet of which [`needs`](Self::needs) is known,
    /// not a number for others.
    fn evaluate(&self, jet: Jet<'_>) -> f64;

    /// The same where other observables of the jet are asked for too: what they
    /// share (histories, sums over pairs) is computed once.
    fn evaluate_among(&self, jet: &Substructure<'_>) -> f64 {
        self.evaluate(jet.jet())
    }

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
        static STANDARD: &[&dyn Observable] = &[$(&$name::Shape),*];
    };
}

macro_rules! families {
    [$($name:ident),* $(,)?] => {
        $(mod $name;)*
        static FAMILIES: &[fn() -> Vec<&'static dyn Observable>] = &[$($name::family),*];
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

families![
    pull_vector,
    correlation_functions,
    correlation_ratios,
    n_subjettiness,
    groomed,
    lund_plane,
    jet_charge,
];

static ALL: LazyLock<Vec<&'static dyn Observable>> = LazyLock::new(|| {
    let families = FAMILIES.iter().flat_map(|family| family());
    STANDARD.iter().copied().chain(families).collect()
});

/// All observables.
pub fn all() -> &'static [&'static dyn Observable] {
    &ALL
}

/// Those that a report shows and a search begins with unless others are named:
/// the first list.
pub fn standard() -> &'static [&'static dyn Observable] {
    STANDARD
}

/// Each of these observables of each jet, jet by jet in parallel; the numbers of
/// one jet lie together.
pub fn evaluate_all(observables: &[&dyn Observable], jets: &Jets) -> Vec<f64> {
    let width = observables.len().max(1);
    let mut out = vec![0.0; jets.len() * observables.len()];
    out.par_chunks_mut(width).enumerate().for_each(|(i, row)| {
        let jet = Substructure::new(jets.jet(i));
        for (value, observable) in row.iter_mut().zip(observables) {
            *value = observable.evaluate_among(&jet);
        }
    });
    out
}

/// What must be known of the constituents for all of these.
pub fn needs(observables: &[&dyn Observable]) -> Vec<Property> {
    let mut all: Vec<Property> = observables
        .iter()
        .flat_map(|observable| observable.needs())
        .copied()
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The observable of that name, with parameters perhaps (`tau2(beta=2)`, see
/// `parameters.rs`), or an error that offers the nearest.
pub fn by_name(name: &str) -> Result<&'static dyn Observable, ObservableError> {
    let known = all()
        .iter()
        .find(|observable| observable.about().name == name);
    match known {
        Some(found) => Ok(*found),
        None => parameters::by_name(name).unwrap_or_else(|| Err(unknown(name))),
    }
}

fn unknown(name: &str) -> ObservableError {
    let names = || all().iter().map(|observable| observable.about().name);
    let nearest = names()
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)))
        .unwrap_or_default();
    ObservableError::UnknownObservable {
        name: name.to_owned(),
        nearest: nearest.to_owned(),
        all: names().collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use crate::jets::Jets;
    use crate::jets::kinematics::Momentum;

    /// One jet of massless particles (pt, y, phi), its axis at the origin.
    pub fn jet(parts: &[(f64, f64, f64)]) -> Jets {
        jet_of(1.0, parts)
    }

    /// The same with this momentum of the jet's own.
    pub fn jet_of(pt: f64, parts: &[(f64, f64, f64)]) -> Jets {
        let parts: Vec<Momentum> = parts
            .iter()
            .map(|&(pt, y, phi)| Momentum { pt, y, phi, m: 0.0 })
            .collect();
        let mut jets = Jets::new();
        jets.push_with_axis(
            &parts,
            Momentum {
                pt,
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
