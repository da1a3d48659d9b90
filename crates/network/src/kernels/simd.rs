//! Plain loops, compiled for the widest vector instructions of the machine.

use std::sync::LazyLock;

use pulp::Arch;

static ARCH: LazyLock<Arch> = LazyLock::new(Arch::new);

/// Runs `work` compiled for this machine's vector instructions. The closure
/// must be small enough to be inlined, loops and all.
#[inline(always)]
pub fn simd<R>(work: impl FnOnce() -> R) -> R {
    ARCH.dispatch(work)
}

/// Runs a kernel that handles vectors itself.
pub fn vectorised<K: pulp::WithSimd>(kernel: K) -> K::Output {
    ARCH.dispatch(kernel)
}

/// `out[i] = f(a[i])`.
#[inline(always)]
pub fn map1<T: Copy>(a: &[T], out: &mut [T], f: impl Fn(T) -> T) {
    simd(
        #[inline(always)]
        || {
            for (out, &a) in out.iter_mut().zip(a) {
                *out = f(a);
            }
        },
    );
}

/// `out[i] = f(a[i], b[i])`.
#[inline(always)]
pub fn map2<T: Copy>(a: &[T], b: &[T], out: &mut [T], f: impl Fn(T, T) -> T) {
    simd(
        #[inline(always)]
        || {
            for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                *out = f(a, b);
            }
        },
    );
}

/// `out[i] = f(a[i], b[i], c[i])`.
#[inline(always)]
pub fn map3<T: Copy>(a: &[T], b: &[T], c: &[T], out: &mut [T], f: impl Fn(T, T, T) -> T) {
    simd(
        #[inline(always)]
        || {
            for (((out, &a), &b), &c) in out.iter_mut().zip(a).zip(b).zip(c) {
                *out = f(a, b, c);
            }
        },
    );
}

/// The sum of a slice in sixteen interleaved partial sums: an order that is
/// fixed and that vector units like.
#[inline(always)]
pub fn sum<T: crate::Real>(a: &[T]) -> T {
    simd(
        #[inline(always)]
        || {
            let mut lanes = [T::ZERO; 16];
            let blocks = a.chunks_exact(16);
            let rest = blocks.remainder();
            for block in blocks {
                for (lane, &x) in lanes.iter_mut().zip(block) {
                    *lane += x;
                }
            }
            let mut total = T::ZERO;
            for lane in lanes {
                total += lane;
            }
            for &x in rest {
                total += x;
            }
            total
        },
    )
}
