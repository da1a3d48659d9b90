//! Symbolic regression: the law behind a table.
//!
//! * [`operator`]: what formulas are made of;
//! * [`expression`]: formulas, read, printed, simplified;
//! * [`evaluate`]: their values, losses and derivatives over tables;
//! * [`fit`](mod@fit): their constants;
//! * [`loss`]: what a wrong prediction costs;
//! * [`search`]: where they come from;
//! * [`select`]: which to report and believe;
//! * [`units`]: which formulas dimensions forbid;
//! * [`relation`]: invariants, motions, and what a network's gradient says;
//! * [`distillation`]: what a network's answers say before a search, and how the
//!   search uses it;
//! * [`kernel`]: elementary functions on vectors of the machine.

pub mod differentiable;
pub mod distillation;
pub mod error;
pub mod evaluate;
pub mod expression;
pub mod fit;
pub mod kernel;
pub mod loss;
pub mod operator;
pub mod relation;
pub mod search;
pub mod select;
pub mod units;

pub use differentiable::Differentiable;
pub use error::SymbolicError;
pub use expression::Expression;
pub use operator::Operator;
pub use search::{Engine, Limits, Problem, Settings};
pub use units::Units;
