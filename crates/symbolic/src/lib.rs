//! Symbolic regression: the law behind a table.
//!
//! * [`operator`]: what formulas are made of;
//! * [`expression`]: formulas, read, printed, simplified;
//! * [`kernel`]: elementary functions on vectors of the machine.

pub mod error;
pub mod expression;
pub mod kernel;
pub mod operator;

pub use error::SymbolicError;
pub use expression::Expression;
pub use operator::Operator;
