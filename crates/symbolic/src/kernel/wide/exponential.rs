//! `eᵃ`, as [`exponential`](super::super::exponential) computes it for one number.

use super::lanes::{Lanes, Wide};
use crate::kernel::exponential::Exponential;

/// `out = eᵃ`; the bounds of the argument and the scaling by a power of two take care
/// of what over- or underflows.
pub fn exps<T: Wide + Exponential>(a: &[T], out: &mut [T]) -> usize {
    let filled = T::wide(
        #[inline(always)]
        |lanes| {
            let table = lanes.table(T::POWERS);
            let constant = |x| lanes.splat(x);
            let [lowest, highest] = [T::LOWEST, T::HIGHEST].map(constant);
            let [per, shift] = [T::PER, T::SHIFT].map(constant);
            let [high, low] = [T::STEP_HIGH, T::STEP_LOW].map(constant);
            let a = lanes.registers(a);
            for (out, &x) in lanes.registers_mut(out).iter_mut().zip(a) {
                let x = lanes.at_least(lowest, lanes.at_most(highest, x));
                let rounded = lanes.fused(x, per, shift);
                let power = lanes.minus(rounded, shift);
                let r = lanes.left(power, low, lanes.left(power, high, x));
                let series = lanes.polynomial(r, T::SERIES);
                let less_one = lanes.fused(lanes.times(r, r), series, r);
                let part = lanes.looked_up(table, rounded);
                *out = lanes.scaled(lanes.fused(part, less_one, part), power);
            }
            size_of_val(a) / size_of::<T>()
        },
    );
    filled.unwrap_or(0)
}
