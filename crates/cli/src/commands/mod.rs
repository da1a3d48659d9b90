//! One file per command, and one for options that several share.

pub mod attribute;
pub mod audit;
pub mod cluster;
pub mod explain;
pub mod export_explanation;
pub mod inputs;
pub mod inspect;
pub mod jets;
pub mod method;
pub mod observables;
pub mod regress;
pub mod report;
pub mod spec;
pub mod train;
