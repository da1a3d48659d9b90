//! The inner loops: matrix products, convolutions, pooling, and how work is
//! cut into pieces whose number does not depend on the threads.

pub mod conv;
pub mod gemm;
pub mod pool;
pub mod scratch;
pub mod simd;
pub mod split;
