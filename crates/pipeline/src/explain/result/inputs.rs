//! What the model is given.

use serde::{Deserialize, Serialize};

use crate::input_spec::Input;

/// One input of the tagger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputResult {
    /// Its name.
    pub input: String,
    /// The shape of one event's; of a graph's nodes or edges how many numbers each has.
    pub shape: Vec<usize>,
    /// How it is made of an event; in the file as TOML, the section `[inputs.NAME]` of a
    /// specification.
    #[serde(with = "super::as_toml")]
    pub representation: Input,
    /// Whether it is held in explanations: a mask, or the same for all jets.
    pub held: bool,
    /// The variables of a list of particles.
    pub variables: Vec<VariableResult>,
    /// The share of jets with more particles than the list.
    pub cut: f64,
    /// The share of the scalar sum of transverse momenta that this leaves out, mean
    /// over jets.
    pub cut_pt: f64,
}

impl InputResult {
    /// Whether the files tell a feature of it, by its name.
    pub fn tells(&self, feature: &str) -> bool {
        let mut variables = self.variables.iter();
        variables
            .find(|variable| variable.name == feature)
            .is_none_or(|variable| variable.told)
    }
}

/// One variable of a list of particles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableResult {
    /// Its name.
    pub name: String,
    /// What it is.
    pub formula: String,
    /// The unit of that.
    pub unit: String,
    /// How it is shifted, scaled and cut; empty if it is not.
    pub transform: String,
    /// Whether the files tell it; else `pad` stands everywhere.
    pub told: bool,
    /// What stands where there is no particle.
    pub pad: f64,
}
