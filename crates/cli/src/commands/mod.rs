//! One file per command.

pub mod attribute;
pub mod explain;
pub mod export_explanation;
pub mod inputs;
pub mod inspect;
pub mod method;
pub mod train;
