//! The search for laws.

mod archive;
mod dictionary;
mod engine;
mod island;
mod judge;
mod library;
mod mutation;
mod problem;
mod quadratic;
mod settings;
mod structure;

pub use archive::{Archive, Front};
pub use engine::{Engine, Limits, State, WORK_PER_SECOND};
pub use judge::{Bench, Judge, Law};
pub use library::{Builder, Library};
pub use problem::{FEWEST_ROWS, Problem};
pub use settings::Settings;
