//! Quotients and roots, the nearest numbers to the true ones on every machine.

macro_rules! rounded {
    ($module:ident, $type:ident) => {
        /// In this precision.
        pub mod $module {
            use crate::kernel::{fill1, fill2, wide};

            /// `out = a/b`.
            pub fn quotients(a: &[$type], b: &[$type], out: &mut [$type]) {
                let done = wide::quotients(a, b, out);
                fill2(&a[done..], &b[done..], &mut out[done..], |a, b| a / b);
            }

            /// `out = √a`.
            pub fn roots(a: &[$type], out: &mut [$type]) {
                let done = wide::roots(a, out);
                fill1(&a[done..], &mut out[done..], |a| a.sqrt());
            }
        }
    };
}
rounded!(single, f32);
rounded!(double, f64);
