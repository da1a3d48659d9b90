//! From a file of jets and a tagger to a report.
//!
//! 1. Every jet is read once, batch by batch: the tagger's score, its label
//!    and every observable are kept; of a seeded subset the jets themselves.
//! 2. The tagger's performance, and how each observable orders jets, come from
//!    all of them.
//! 3. Attributions and permutations work on a part of the subset, the search
//!    for observables on all of it.
//! 4. Results become `result.json`; the page beside it is drawn from what is in that file
//!    and nothing else ([`draw`]), so that [`report`] can draw it again.
//!
//! What an interruption finds finished is kept and written.

mod attribution;
mod classes;
mod effort;
mod groups;
mod inputs;
mod page;
mod pass;
mod performance;
mod polynomial;
mod result;
mod run;
mod search;
mod settings;
mod shown;
mod start;
mod task;
mod trainings;
mod values;
mod verdict;

pub(crate) use inputs::sentence as left_out;
pub use page::draw;
pub use result::{
    AgreementResult, AttributionResult, BlackBox, ClassHistogram, CorrelationResult, ExplainResult,
    GroupResult, ImitationRoc, ImportanceResult, InputResult, MapResult, MeanInput, MethodResult,
    NodeResult, Noun, Numbers, ObservableResult, Profile, Provenance, RankedGroup, SCHEMA_VERSION,
    ScoreHistogram, ShownAttribution, ShownEvent, ShownObservable, VariableResult, Verdict, Words,
};
pub use run::{Outcome, Request, explain, report, shipped};
pub use settings::{
    AttributionSettings, Count, ExplainSettings, ImportanceSettings, SearchSettings,
};
