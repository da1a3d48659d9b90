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

/// The registers of 64 bytes, if this machine has them.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn widest() -> Option<pulp::x86::V4> {
    match *ARCH {
        Arch::V4(v4) => Some(v4),
        _ => None,
    }
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
