//! The inner loops: matrix products, convolutions, pooling, and how work is
//! cut into pieces whose number does not depend on the threads.

pub mod conv;
#[cfg(test)]
mod conv_tests;
pub(crate) mod direct;
pub mod exponential;
pub mod gemm;
pub mod index;
pub mod lines;
pub mod panels;
pub mod pool;
pub mod scratch;
pub mod simd;
pub mod split;
pub mod vectors;
