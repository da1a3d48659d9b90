//! Observables that differ in a number only.

use super::{About, Observable};
use crate::jets::Jet;
use crate::jets::property::Property;
use crate::jets::substructure::Substructure;

/// One member of a family: what is said of it, and its value.
pub(super) struct Member {
    about: About,
    needs: &'static [Property],
    value: Box<dyn Fn(&Substructure<'_>) -> f64 + Sync>,
}

impl Observable for Member {
    fn about(&self) -> &About {
        &self.about
    }

    fn needs(&self) -> &'static [Property] {
        self.needs
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        self.evaluate_among(&Substructure::new(jet))
    }

    fn evaluate_among(&self, jet: &Substructure<'_>) -> f64 {
        (self.value)(jet)
    }
}

/// A member, there for as long as the program runs: the list of observables is
/// made once.
pub(super) fn member(
    about: About,
    value: impl Fn(&Substructure<'_>) -> f64 + Sync + 'static,
) -> &'static dyn Observable {
    member_needing(about, &[], value)
}

/// A member that needs more of the constituents than their momenta.
pub(super) fn member_needing(
    about: About,
    needs: &'static [Property],
    value: impl Fn(&Substructure<'_>) -> f64 + Sync + 'static,
) -> &'static dyn Observable {
    Box::leak(Box::new(Member {
        about,
        needs,
        value: Box::new(value),
    }))
}

/// A text of that member, made once as well.
pub(super) fn text(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// A ratio of numbers that are not negative, 0 where there is nothing to
/// compare with.
pub(super) fn ratio(above: f64, below: f64) -> f64 {
    if below > 0.0 { above / below } else { 0.0 }
}
