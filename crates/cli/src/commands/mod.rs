//! One file per command.

pub mod attribute;
pub mod audit;
pub mod cluster;
pub mod explain;
pub mod export_explanation;
pub mod inputs;
pub mod inspect;
pub mod method;
pub mod observables;
pub mod regress;
pub mod spec;
pub mod train;
