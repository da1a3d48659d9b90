//! The search for laws.

mod archive;
mod behaviour;
mod constraints;
mod dictionary;
mod engine;
mod inverse;
mod island;
mod judge;
mod leaf;
mod library;
mod limit;
mod mutation;
mod problem;
mod quadratic;
mod scaling;
mod settings;
mod shrink;
mod structure;
mod template;
mod vectors;
mod written;

pub use archive::{Archive, Front};
pub use behaviour::{Behaviour, Direction, Exchange, Monotonic};
pub use constraints::Constraints;
pub use engine::{Engine, Limits, State, WORK_PER_SECOND};
pub use judge::{Bench, Judge, Law};
pub use leaf::{Leaf, substitute};
pub use library::{Builder, Library};
pub use limit::{Approach, Limit};
pub use problem::{FEWEST_ROWS, Problem, precisions};
pub(crate) use scaling::Scaling;
pub use settings::Settings;
pub use shrink::shrink;
pub use template::{Template, Written};
pub use vectors::Vectors;
