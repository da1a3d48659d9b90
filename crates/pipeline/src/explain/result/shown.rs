//! Single events with what each method says of them.

use serde::{Deserialize, Serialize};

use super::Numbers;

/// One event of those that the page shows one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownEvent {
    /// The place of its class among [`classes`](super::ExplainResult::classes), if it has
    /// a label.
    pub class: Option<usize>,
    /// What is explained: its logit.
    pub logit: f64,
    /// The model's output, where it is a number: a ratio of two may be without bound.
    pub output: Option<f64>,
    /// The share of its class whose logit is below its own.
    pub above: f64,
    /// The observables that decide most like the model.
    pub observables: Vec<ShownObservable>,
    /// What the model is given, one list per input.
    pub input: Vec<Numbers>,
    /// What each method says of it, in the order of the methods.
    pub attributions: Vec<ShownAttribution>,
}

/// The value of an observable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownObservable {
    /// The observable's name.
    pub name: String,
    /// Its value, if it has one.
    pub value: Option<f64>,
}

/// What a method says of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownAttribution {
    /// The method's name.
    pub method: String,
    /// One list per input; empty of inputs that are held.
    pub values: Vec<Numbers>,
    /// What the sum leaves over, as a share of the explained value, if the method promises
    /// anything of it.
    pub residual: Option<f64>,
}
