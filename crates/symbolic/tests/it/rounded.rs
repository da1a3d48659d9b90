//! Quotients and roots are the nearest numbers, whichever way they are computed.
//!
//! Tried are the arguments whose results lie closest to the middle between two
//! numbers, where the smallest error before the last rounding would show.

use pellucid_core::random::stream;
use pellucid_symbolic::kernel::{double, single};
use rand::RngExt;

/// `1/m` modulo `2^64` for an odd `m`: every step doubles the right digits.
fn inverse(m: u64) -> u64 {
    (0..6).fold(m, |y, _| {
        y.wrapping_mul(2_u64.wrapping_sub(m.wrapping_mul(y)))
    })
}

/// Whole `a` and `b` of at most `digits` binary digits with `2^(digits + 1) a = b m + c`
/// for an odd `m` of `digits + 1` digits and a small `c`: `a/b` is `c/b` units beside a
/// middle.
fn near_middles(digits: u32, count: usize) -> Vec<(u64, u64)> {
    let mut rng = stream(3, u64::from(digits));
    let modulus = 1_u64 << (digits + 1);
    let mut out = Vec::new();
    while out.len() < count {
        let m = rng.random_range(modulus / 2..modulus) | 1;
        let c = rng.random_range(1..20_i64) * if out.len() % 2 == 0 { 1 } else { -1 };
        let b = inverse(m).wrapping_mul((-c) as u64) % modulus;
        let product = i128::from(b) * i128::from(m) + i128::from(c);
        assert_eq!(product % i128::from(modulus), 0);
        let a = product / i128::from(modulus);
        if b < modulus / 2 && b > modulus / 8 && a > 0 {
            out.push((a as u64, b));
        }
    }
    out
}

macro_rules! quotients {
    ($test:ident, $module:ident, $type:ident, $digits:literal) => {
        #[test]
        fn $test() {
            let mut rng = stream(4, 0);
            let pairs = near_middles($digits, 100_000);
            let mut a: Vec<$type> = pairs.iter().map(|(a, _)| *a as $type).collect();
            let mut b: Vec<$type> = pairs.iter().map(|(_, b)| *b as $type).collect();
            // Reciprocals of numbers with all digits set are the hardest.
            for _ in 0..20_000 {
                a.push(rng.random_range(1.0..4.0));
                b.push((2.0 as $type).next_down());
            }
            // Zeros, infinities, what is no number, and what is too large or small for
            // estimates, one of each in otherwise ordinary registers.
            let odd = [
                0.0,
                -0.0,
                $type::INFINITY,
                $type::NAN,
                $type::MIN_POSITIVE / 8.0,
                $type::MAX,
            ];
            for x in odd {
                for i in 0..64 {
                    a.push(if i == 5 { x } else { 3.0 });
                    b.push(if i == 37 { x } else { -0.7 });
                }
            }
            let mut found = vec![0.0; a.len()];
            // In blocks, as they are used: a block with an odd number is computed anew.
            for ((a, b), out) in a.chunks(64).zip(b.chunks(64)).zip(found.chunks_mut(64)) {
                $module::quotients(a, b, out);
            }
            for ((a, b), found) in a.iter().zip(&b).zip(&found) {
                let exact = a / b;
                assert!(
                    exact.to_bits() == found.to_bits() || exact.is_nan() && found.is_nan(),
                    "{a:e}/{b:e} = {exact:e}, found {found:e}"
                );
            }
        }
    };
}

quotients!(quotients_are_the_nearest_double, double, f64, 53);
quotients!(quotients_are_the_nearest_single, single, f32, 24);

/// Roots of `m² + m + c = 0` modulo `2^digits`, digit after digit: the slope `2m + 1` is
/// odd, so there is one root above each of 0 and 1.
fn middles(c: i64, digits: u32) -> [u64; 2] {
    [0_u64, 1].map(|mut m| {
        for digit in 1..digits {
            let value = m.wrapping_mul(m).wrapping_add(m).wrapping_add(c as u64);
            if value >> digit & 1 == 1 {
                m += 1 << digit;
            }
        }
        m
    })
}

fn assert_roots_are_exact<T: Copy + Into<f64> + std::fmt::LowerExp>(
    x: &[T],
    kernel: fn(&[T], &mut [T]),
    exact: fn(T) -> T,
    zero: T,
) {
    let mut found = vec![zero; x.len()];
    for (x, out) in x.chunks(512).zip(found.chunks_mut(512)) {
        kernel(x, out);
    }
    for (x, found) in x.iter().zip(&found) {
        let exact = exact(*x);
        let [wide, wide_found]: [f64; 2] = [exact.into(), (*found).into()];
        let same = wide.to_bits() == wide_found.to_bits() || wide.is_nan() && wide_found.is_nan();
        assert!(same, "√{x:e} = {exact:e}, found {found:e}");
    }
}

#[test]
fn roots_closest_to_a_middle_are_the_nearest_double() {
    let mut hard = Vec::new();
    for c in (-4000..=4000_i64).step_by(2) {
        // `m` has 53 digits, and `m² + m + c` of 105 or 106 ends in as many zeros as
        // leave 53: its root is `m + ½` but for `c/2m`.
        for zeros in [52, 53] {
            for low in middles(c, zeros) {
                for top in [1_u64 << 52, 3 << 51] {
                    let m = top | low & ((1 << 51) - 1);
                    let square = i128::from(m) * i128::from(m) + i128::from(m) + i128::from(c);
                    let x = (square >> zeros) as u64;
                    if square % (1 << zeros) == 0
                        && x < 1 << 54
                        && (x < 1 << 53 || x.is_multiple_of(2))
                    {
                        hard.push(x as f64 * 2_f64.powi(zeros as i32 - 104));
                        hard.push(x as f64 * 2_f64.powi(zeros as i32));
                    }
                }
            }
        }
    }
    assert!(hard.len() > 1000, "{}", hard.len());
    assert_roots_are_exact(&hard, double::roots, f64::sqrt, 0.0);
}

#[test]
fn roots_of_odd_numbers_are_those_of_the_processor() {
    let odd = [
        0.0,
        -0.0,
        -1.0,
        f64::INFINITY,
        f64::NAN,
        f64::MIN_POSITIVE / 8.0,
        f64::MAX,
    ];
    for x in odd {
        let mut block = vec![2.0; 64];
        block[21] = x;
        assert_roots_are_exact(&block, double::roots, f64::sqrt, 0.0);
        let block: Vec<f32> = block.iter().map(|x| *x as f32).collect();
        assert_roots_are_exact(&block, single::roots, f32::sqrt, 0.0);
    }
}

#[test]
fn all_roots_are_the_nearest_single() {
    // Every mantissa with an even and with an odd exponent.
    let ends = [1.0_f32, 4.0].map(f32::to_bits);
    let all: Vec<f32> = (ends[0]..ends[1]).map(f32::from_bits).collect();
    assert_roots_are_exact(&all, single::roots, f32::sqrt, 0.0);
}
