//! Tests of the crate through its public interface.

mod distillation;
mod evaluation;
mod expressions;
mod kernels;
#[path = "../laws/mod.rs"]
mod laws;
mod leaves;
mod losses;
mod magnitudes;
mod motions;
mod operators;
mod printers;
mod published;
mod relations;
mod rounded;
mod run;
mod search;
mod selection;
mod statements;
mod tables;
mod templates;
mod units;
