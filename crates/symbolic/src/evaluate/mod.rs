//! Values, losses and derivatives of formulas over tables.
//!
//! A formula is compiled once to register code ([`Program`]) and run block by
//! block of rows that fit the first cache ([`Rows`]), each operator as one loop
//! in the machine's vector instructions. Partial sums are added in a fixed
//! order, so a loss has the same bits wherever it is computed.

mod derivative;
mod lines;
mod program;
mod rows;

pub use derivative::{Normal, input_gradient};
pub use program::{Program, Scratch};
pub use rows::Rows;
