//! Features of collections, exchanged between events: every tensor that a model makes of
//! them changes.

use pellucid_core::inputs::Inputs;
use pellucid_core::model::{Model, Precision};
use pellucid_core::{Job, random};

use super::{Exchange, Shuffle};
use crate::error::ExplainError;

/// Features of one collection that move together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureGroup {
    /// What they are called together.
    pub name: String,
    /// The collection.
    pub collection: String,
    /// The features.
    pub features: Vec<String>,
}

/// A model, some events, and groups of their features.
pub struct Features<'a> {
    /// The model; its first number is the score.
    pub model: &'a dyn Model,
    /// The events.
    pub inputs: &'a Inputs,
    /// The groups.
    pub groups: &'a [FeatureGroup],
}

impl std::fmt::Debug for Features<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Features")
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}

impl Exchange for Features<'_> {
    fn events(&self) -> usize {
        self.inputs.len()
    }

    fn names(&self) -> Vec<String> {
        self.groups.iter().map(|group| group.name.clone()).collect()
    }

    fn scores(
        &self,
        shuffle: Option<Shuffle<'_>>,
        job: &Job,
        advance: &mut dyn FnMut(usize),
    ) -> Result<Vec<f64>, ExplainError> {
        job.check()?;
        let made = shuffle.map(|shuffle| {
            let group = &self.groups[shuffle.group];
            let rng = &mut random::stream(shuffle.seed, 0x6c69_7374);
            let (collection, features) = (&group.collection, &group.features);
            self.inputs
                .exchanged(collection, features, shuffle.others, rng)
        });
        let exchanged = made
            .transpose()
            .map_err(|error| ExplainError::Model(error.into()))?;
        let inputs = exchanged.as_ref().unwrap_or(self.inputs);
        let outputs = self.model.score(inputs, Precision::F32, &job.quiet());
        let outputs = outputs.map_err(|error| match error.downcast::<ExplainError>() {
            Ok(own) => *own,
            Err(error) => ExplainError::Model(error),
        })?;
        advance(inputs.len());
        Ok(outputs.columns.into_iter().next().unwrap_or_default())
    }
}
