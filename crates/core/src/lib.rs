//! Pellucid's plain data, and what every other crate may ask for.
//!
//! Nothing here knows a file format, an observable or a network:
//!
//! * [`table`] and [`jagged`]: named columns with units, lists per row kept as
//!   offsets and values;
//! * [`tensor`]: shape and numbers, no arithmetic;
//! * [`random`]: one counter-based stream per task, so that results do not
//!   depend on the number of threads;
//! * [`statistics`]: rank statistics, ROC curves, the bootstrap;
//! * [`estimate`]: numbers with their uncertainty;
//! * [`missing`](mod@missing): numbers that may not exist, as files hold them;
//! * [`multigraph`]: the graphs behind energy flow polynomials;
//! * [`formula`]: formulas as people write them, conditions on rows;
//! * [`inputs`]: events as collections of things with named features;
//! * [`target`]: the truth, weights and groups of events;
//! * [`model`]: the traits a black box is asked through;
//! * [`job`]: progress and interruption of long work.

pub mod estimate;
pub mod formula;
pub mod inputs;
pub mod jagged;
pub mod job;
pub mod missing;
pub mod model;
pub mod multigraph;
pub mod random;
pub mod statistics;
pub mod table;
pub mod target;
pub mod tensor;

pub use estimate::{Estimate, Interval};
pub use inputs::Inputs;
pub use jagged::Jagged;
pub use job::{Interrupted, Job};
pub use multigraph::Multigraph;
pub use table::{Column, Table, Values};
pub use target::Target;
pub use tensor::Tensor;
