//! From a file of jets and a tagger to a report.
//!
//! 1. Every jet is read once, batch by batch: the tagger's score, its label
//!    and every observable are kept; of a seeded subset the jets themselves.
//! 2. The tagger's performance, and how each observable orders jets, come from
//!    all of them.
//! 3. Attributions and permutations work on a part of the subset, the search
//!    for observables on all of it.
//! 4. Results become `result.json`, and the page beside it.
//!
//! What an interruption finds finished is kept and written.

mod attribution;
mod effort;
mod groups;
mod inputs;
mod page;
mod pass;
mod performance;
mod result;
mod run;
mod search;
mod settings;
mod start;
mod verdict;

pub(crate) use inputs::sentence as left_out;
pub use result::{
    AttributionResult, BlackBox, ExplainResult, ImportanceResult, InputResult, MethodResult,
    ObservableResult, Profile, Provenance, SCHEMA_VERSION, VariableResult, Verdict,
};
pub use run::{Outcome, Request, explain, shipped};
pub use settings::{
    AttributionSettings, Count, ExplainSettings, ImportanceSettings, SearchSettings,
};
