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

/// `out[i] = f(a[i])`.
#[inline(always)]
pub fn fill1<T: Copy>(a: &[T], out: &mut [T], f: impl Fn(T) -> T) {
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
pub fn fill2<T: Copy>(a: &[T], b: &[T], out: &mut [T], f: impl Fn(T, T) -> T) {
    simd(
        #[inline(always)]
        || {
            for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                *out = f(a, b);
            }
        },
    );
}

/// `out[i] = near(a[i])` where `key(a[i]) ≤ limit`, else `any(a[i])`: functions of
/// few instructions hold on a part of the numbers only, and that one of a block is
/// elsewhere is rare.
#[inline(always)]
pub fn fill_where<T: Copy, K: Copy + Ord + Default>(
    a: &[T],
    out: &mut [T],
    key: impl Fn(T) -> K,
    limit: K,
    near: impl Fn(T) -> T,
    any: impl Fn(T) -> T,
) {
    let largest = simd(
        #[inline(always)]
        || {
            let mut largest = K::default();
            for (out, &a) in out.iter_mut().zip(a) {
                largest = largest.max(key(a));
                *out = near(a);
            }
            largest
        },
    );
    if largest > limit {
        simd(
            #[inline(always)]
            || {
                for (out, &a) in out.iter_mut().zip(a) {
                    if key(a) > limit {
                        *out = any(a);
                    }
                }
            },
        );
    }
}
