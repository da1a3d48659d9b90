//! Vectors of `f32` or `f64` under one name, for kernels that keep their
//! accumulators in registers.

use pulp::Simd;

/// A precision that comes in vectors of the machine's width.
pub trait Vectors: Copy {
    /// A vector on machine `S`.
    type Vector<S: Simd>: Copy;
    /// The same number in every lane.
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S>;
    /// `a·b + c`, with one rounding where the machine has it.
    fn fused<S: Simd>(
        simd: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        c: Self::Vector<S>,
    ) -> Self::Vector<S>;
    /// `a + b`.
    fn plus<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// `0` where `a < 0`, else `a`.
    fn rectified<S: Simd>(simd: S, a: Self::Vector<S>) -> Self::Vector<S>;
    /// `a` where `b > 0`, else `0`.
    fn gated<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// A vector that begins with the slice, which may be shorter; zeros behind.
    fn load<S: Simd>(simd: S, x: &[Self]) -> Self::Vector<S>;
    /// Writes as many lanes as the slice holds.
    fn store<S: Simd>(simd: S, x: &mut [Self], a: Self::Vector<S>);
    /// The sum of the lanes.
    fn lanes_sum<S: Simd>(simd: S, a: Self::Vector<S>) -> Self;
    /// As many whole vectors as the slice holds, wherever it begins.
    fn vectors<S: Simd>(x: &[Self]) -> &[Self::Vector<S>];
    /// The same, to be written.
    fn vectors_mut<S: Simd>(x: &mut [Self]) -> &mut [Self::Vector<S>];
}

macro_rules! vectors {
    ($type:ident, $vector:ident, $splat:ident, $fused:ident, $plus:ident, $less:ident, $greater:ident, $select:ident, $load:ident, $store:ident, $sum:ident, $cut:ident, $cut_mut:ident) => {
        impl Vectors for $type {
            type Vector<S: Simd> = S::$vector;
            #[inline(always)]
            fn splat<S: Simd>(simd: S, x: Self) -> S::$vector {
                simd.$splat(x)
            }
            #[inline(always)]
            fn fused<S: Simd>(simd: S, a: S::$vector, b: S::$vector, c: S::$vector) -> S::$vector {
                simd.$fused(a, b, c)
            }
            #[inline(always)]
            fn plus<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
                simd.$plus(a, b)
            }
            #[inline(always)]
            fn rectified<S: Simd>(simd: S, a: S::$vector) -> S::$vector {
                let zero = simd.$splat(0.0);
                simd.$select(simd.$less(a, zero), zero, a)
            }
            #[inline(always)]
            fn gated<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
                let zero = simd.$splat(0.0);
                simd.$select(simd.$greater(b, zero), a, zero)
            }
            #[inline(always)]
            fn load<S: Simd>(simd: S, x: &[Self]) -> S::$vector {
                simd.$load(x)
            }
            #[inline(always)]
            fn store<S: Simd>(simd: S, x: &mut [Self], a: S::$vector) {
                simd.$store(x, a);
            }
            #[inline(always)]
            fn lanes_sum<S: Simd>(simd: S, a: S::$vector) -> Self {
                simd.$sum(a)
            }
            #[inline(always)]
            fn vectors<S: Simd>(x: &[Self]) -> &[S::$vector] {
                S::$cut(x).0
            }
            #[inline(always)]
            fn vectors_mut<S: Simd>(x: &mut [Self]) -> &mut [S::$vector] {
                S::$cut_mut(x).0
            }
        }
    };
}

vectors!(
    f32,
    f32s,
    splat_f32s,
    mul_add_e_f32s,
    add_f32s,
    less_than_f32s,
    greater_than_f32s,
    select_f32s,
    partial_load_f32s,
    partial_store_f32s,
    reduce_sum_f32s,
    as_simd_f32s,
    as_mut_simd_f32s
);
vectors!(
    f64,
    f64s,
    splat_f64s,
    mul_add_e_f64s,
    add_f64s,
    less_than_f64s,
    greater_than_f64s,
    select_f64s,
    partial_load_f64s,
    partial_store_f64s,
    reduce_sum_f64s,
    as_simd_f64s,
    as_mut_simd_f64s
);
