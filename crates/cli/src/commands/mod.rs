//! One file per command.

pub mod explain;
pub mod inputs;
pub mod train;
