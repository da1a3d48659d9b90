//! From a black box to known observables.
//!
//! * [`ordering`]: how often two functions agree on which of two events is more
//!   like signal, exactly over all pairs;
//! * [`pairs`]: the same on a chosen set of pairs, such as those that a network
//!   still orders differently from the black box;
//! * [`guided_search`](mod@guided_search): which observables, added one by one to a small network,
//!   make it decide as the black box does;
//! * [`mlp_student`]: that small network;
//! * [`candidates`], [`split`] and [`student`]: what the search is given.

pub mod candidates;
mod error;
pub mod guided_search;
mod joined;
pub mod mlp_student;
pub mod normal_scores;
pub mod ordering;
pub mod pairs;
mod ranking;
pub mod split;
pub mod student;

pub use candidates::{Candidate, Candidates, Details};
pub use error::DistillError;
pub use guided_search::{GuidedSearch, Problem, Search, guided_search};
pub use mlp_student::MlpStudent;
pub use ordering::{DecisionOrdering, Folded, average_decision_ordering};
pub use pairs::{Pairs, balanced_pairs, misordered_pairs, ordering_on_pairs};
pub use split::{Split, split_by_group};
pub use student::{Features, Predict, Sample, Student, StudentError};
