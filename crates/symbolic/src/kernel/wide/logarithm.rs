//! `ln a`, as [`logarithm`](super::super::logarithm) computes it for one number.

use super::Range;
use super::lanes::{Lanes, Wide};
use crate::kernel::logarithm::Logarithm;

/// `out = ln a`; what is not positive, or far from 1, is left to the function for one
/// number.
pub fn lns<T: Wide + Logarithm>(a: &[T], out: &mut [T]) -> usize {
    let filled = T::wide(
        #[inline(always)]
        |lanes| {
            let [inverse, minus_ln] = [T::INVERSE, T::MINUS_LN].map(|entries| lanes.table(entries));
            let constant = |x| lanes.splat(x);
            let [root, exponent] = [T::ROOT, T::EXPONENT].map(constant);
            let [ln2_high, ln2_low] = [T::LN2_HIGH, T::LN2_LOW].map(constant);
            let minus_one = lanes.splat(T::MINUS_ONE);
            let mut range = Range::new(lanes);
            let registers = lanes.registers(a);
            for (y, &x) in lanes.registers_mut(out).iter_mut().zip(registers) {
                range.see(x);
                let above = lanes.minus_bits(x, root);
                let place = lanes.place_bits(above);
                // The exponent's bits, where they stand.
                let octave = lanes.and(above, exponent);
                let k = lanes.whole(octave);
                let mantissa = lanes.minus_bits(x, octave);
                let r = lanes.fused(mantissa, lanes.looked_up(inverse, place), minus_one);
                let series = lanes.polynomial(r, T::SERIES);
                let small = lanes.times(k, ln2_low);
                let rest = lanes.plus(r, lanes.fused(lanes.times(r, r), series, small));
                let large = lanes.fused(k, ln2_high, lanes.looked_up(minus_ln, place));
                *y = lanes.plus(large, rest);
            }
            let filled = size_of_val(registers) / size_of::<T>();
            (filled, range.positive())
        },
    );
    let Some((filled, near)) = filled else {
        return 0;
    };
    if !near {
        for (y, &x) in out[..filled].iter_mut().zip(a) {
            *y = T::ln(x);
        }
    }
    filled
}
