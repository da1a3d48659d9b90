//! Named observables side by side as a model's input.
//!
//! $$ x_k = \frac{O_k(\text{jet}) - \mu_k}{\sigma_k} $$
//!
//! * **Shape:** `[jets, k]`.
//! * **Units:** those of the observables, none once standardised.

use pellucid_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::jets::property::Property;
use crate::jets::substructure::Substructure;
use crate::jets::{Jets, shapes};
use crate::representation::{Standardise, fill};
use crate::{Observable, ObservableError};

/// Which observables a model is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scalars {
    /// The names of the observables, as [`shapes::by_name`] knows them.
    pub observables: Vec<String>,
    /// Shift and scale of each; raw values without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standardise: Option<Vec<Standardise>>,
}

impl Scalars {
    /// These observables, as they are.
    pub fn new<S: Into<String>>(observables: impl IntoIterator<Item = S>) -> Self {
        Self {
            observables: observables.into_iter().map(Into::into).collect(),
            standardise: None,
        }
    }

    /// An error if an observable is unknown or the list is empty.
    pub fn check(&self) -> Result<(), ObservableError> {
        if self.observables.is_empty() {
            return Err(ObservableError::setting(
                "observables",
                "empty",
                "the name of at least one observable",
            ));
        }
        for name in &self.observables {
            shapes::by_name(name)?;
        }
        Standardise::check(self.standardise.as_deref(), self.observables.len())
    }

    fn found(&self) -> Result<Vec<&'static dyn Observable>, ObservableError> {
        let names = self.observables.iter();
        names.map(|name| shapes::by_name(name)).collect()
    }

    /// What must be known of the constituents besides their momenta; nothing of
    /// observables that do not exist.
    pub fn needs(&self) -> Vec<Property> {
        shapes::needs(&self.found().unwrap_or_default())
    }

    /// The values, `[jets, k]`.
    pub fn apply(&self, jets: &Jets) -> Result<Tensor<f32>, ObservableError> {
        self.check()?;
        jets.require(&self.needs())?;
        let observables = self.found()?;
        let k = observables.len();
        let data = fill(jets, k, |jet, out| {
            let jet = Substructure::new(jet);
            for (i, (out, observable)) in out.iter_mut().zip(&observables).enumerate() {
                let standardise = self
                    .standardise
                    .as_ref()
                    .map_or(Standardise::IDENTITY, |list| list[i]);
                *out = standardise.apply(observable.evaluate_among(&jet)) as f32;
            }
        });
        Ok(Tensor::new(vec![jets.len(), k], data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::kinematics::Momentum;

    #[test]
    fn columns_are_the_observables_in_the_order_asked_for() {
        let mut jets = Jets::new();
        for n in 1..=3 {
            jets.push(&vec![
                Momentum {
                    pt: 2.0,
                    ..Momentum::default()
                };
                n
            ])
            .unwrap();
        }
        let mut scalars = Scalars::new(["multiplicity", "pt"]);
        assert_eq!(
            scalars.apply(&jets).unwrap().data(),
            [1.0, 2.0, 2.0, 4.0, 3.0, 6.0]
        );
        scalars.standardise = Some(vec![
            Standardise {
                mean: 2.0,
                scale: 1.0,
            },
            Standardise {
                mean: 0.0,
                scale: 2.0,
            },
        ]);
        assert_eq!(
            scalars.apply(&jets).unwrap().data(),
            [-1.0, 1.0, 0.0, 2.0, 1.0, 3.0]
        );
    }

    #[test]
    fn unknown_names_and_missing_scales_are_refused() {
        assert!(matches!(
            Scalars::new(["masss"]).check(),
            Err(ObservableError::UnknownObservable { .. })
        ));
        let mut scalars = Scalars::new(["mass"]);
        scalars.standardise = Some(vec![]);
        assert!(scalars.check().is_err());
        assert!(Scalars::new(Vec::<String>::new()).check().is_err());
    }
}
