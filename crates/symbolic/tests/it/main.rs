//! Tests of the crate through its public interface.

mod distillation;
mod evaluation;
mod expressions;
mod kernels;
mod leaves;
mod operators;
mod printers;
mod relations;
mod search;
