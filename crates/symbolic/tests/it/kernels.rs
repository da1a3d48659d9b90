//! The error of elementary functions, against values of more digits
//! (`tests/fixtures/kernels`).

use pellucid_core::random::stream;
use pellucid_symbolic::kernel::{double, fill1, single};
use rand::RngExt;

/// What the kernels' documentation promises, in units of the last digit.
const UNITS: f64 = 2.0;

/// The arguments (as bits) and values of one function; a value is a sum of two
/// numbers.
fn table(text: &str, function: &str) -> (Vec<u64>, Vec<(f64, f64)>) {
    let lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let of = lines.filter(|words| words[0] == function);
    let number = |word: &str| word.parse::<f64>().unwrap();
    of.map(|words| {
        let bits: u64 = words[1].parse().unwrap();
        (bits, (number(words[2]), number(words[3])))
    })
    .unzip()
}

macro_rules! accuracy {
    ($test:ident, $module:ident, $type:ident, $bits:ident, $file:literal, lowest $lowest:expr) => {
        #[test]
        fn $test() {
            type Kernel = fn(&[$type], &mut [$type]);
            let kernels: [(&str, Kernel); 9] = [
                ("exp", $module::exps),
                ("exp_m1", |a, out| fill1(a, out, $module::exp_m1)),
                ("ln", $module::lns),
                ("sin", $module::sin),
                ("cos", $module::cos),
                ("tan", $module::tan),
                ("sinh", |a, out| fill1(a, out, $module::sinh)),
                ("cosh", |a, out| fill1(a, out, $module::cosh)),
                ("tanh", |a, out| fill1(a, out, $module::tanh)),
            ];
            let mut worst = Vec::new();
            for (name, kernel) in kernels {
                worst.push((name, 0.0, 0.0));
                let (bits, exact) = table(include_str!($file), name);
                assert!(bits.len() >= 200, "{name}: {}", bits.len());
                let arguments: Vec<$type> =
                    bits.iter().map(|b| $type::from_bits(*b as $bits)).collect();
                let mut found = vec![0.0; arguments.len()];
                kernel(&arguments, &mut found);
                for ((x, found), (high, low)) in arguments.iter().zip(&found).zip(exact) {
                    // Beyond the largest number is infinity.
                    if high.abs() > f64::from($type::MAX) {
                        assert!(found.is_infinite(), "{name}({x:e}) = {found:e}");
                        continue;
                    }
                    let nearest = (high as $type).abs();
                    // The distance to the next number.
                    let unit = f64::from(nearest.next_up()) - f64::from(nearest);
                    let unit = unit.max($lowest);
                    let error = ((f64::from(*found) - high) - low).abs() / unit;
                    if let Some(last) = worst.last_mut().filter(|(_, _, least)| error > *least) {
                        *last = (name, *x, error);
                    }
                    // Neighbours in a block do not matter.
                    let mut alone = [0.0];
                    kernel(&[*x], &mut alone);
                    assert_eq!(alone[0].to_bits(), found.to_bits(), "{name}({x:e})");
                }
            }
            assert!(
                worst.iter().all(|(_, _, error)| *error <= UNITS),
                "{worst:?}"
            );
        }
    };
}

accuracy!(
    double_precision_is_at_most_two_units_off, double, f64, u64,
    "../fixtures/kernels/double.csv", lowest f64::from_bits(1)
);
accuracy!(
    single_precision_is_at_most_two_units_off, single, f32, u32,
    "../fixtures/kernels/single.csv", lowest f64::from(f32::from_bits(1))
);

#[test]
fn special_numbers_are_those_of_the_definition() {
    let at = |kernel: fn(&[f64], &mut [f64]), x: f64| {
        let mut out = [0.0];
        kernel(&[x], &mut out);
        out[0]
    };
    assert_eq!(at(double::exps, 0.0), 1.0);
    assert_eq!(at(double::exps, f64::NEG_INFINITY), 0.0);
    assert_eq!(at(double::exps, f64::INFINITY), f64::INFINITY);
    assert_eq!(at(double::exps, 1e4), f64::INFINITY);
    assert_eq!(at(double::lns, 0.0), f64::NEG_INFINITY);
    assert_eq!(at(double::lns, 1.0), 0.0);
    assert_eq!(at(double::lns, f64::INFINITY), f64::INFINITY);
    assert!(at(double::lns, -1.0).is_nan());
    assert_eq!(at(double::sin, 0.0), 0.0);
    assert_eq!(at(double::cos, 0.0), 1.0);
    for kernel in [
        double::exps,
        double::lns,
        double::sin,
        double::cos,
        double::tan,
    ] {
        assert!(at(kernel, f64::NAN).is_nan());
    }
    for kernel in [double::sin, double::cos, double::tan] {
        assert!(at(kernel, f64::INFINITY).is_nan());
    }
}

#[test]
fn sine_and_cosine_never_leave_the_unit_interval() {
    let angles: Vec<f64> = (0..40_000)
        .map(|i| f64::from(i) * std::f64::consts::FRAC_PI_2)
        .flat_map(|x| [x.next_down(), x, x.next_up()])
        .collect();
    let mut out = vec![0.0; angles.len()];
    for kernel in [double::sin, double::cos] {
        kernel(&angles, &mut out);
        for (x, y) in angles.iter().zip(&out) {
            assert!(y.abs() <= 1.0, "{x:e}: {y:e}");
        }
    }
}

macro_rules! registers {
    ($test:ident, $module:ident, $type:ident) => {
        #[test]
        fn $test() {
            let kernels: [(&str, fn(&[$type], &mut [$type])); 3] = [
                ("exp", $module::exps),
                ("ln", $module::lns),
                ("root", $module::roots),
            ];
            let mut rng = stream(7, 0);
            for round in 0..400 {
                // Any bits at all, or numbers near 1.
                let any = round % 2 == 0;
                let block: Vec<$type> = (0..64)
                    .map(|_| match any {
                        true => $type::from_bits(rng.random()),
                        false => rng.random_range(-3.0..60.0),
                    })
                    .collect();
                for (name, kernel) in kernels {
                    let mut together = vec![0.0; block.len()];
                    kernel(&block, &mut together);
                    for (x, together) in block.iter().zip(together) {
                        let mut alone = [0.0];
                        kernel(&[*x], &mut alone);
                        let same = alone[0].to_bits() == together.to_bits();
                        assert!(
                            same || alone[0].is_nan() && together.is_nan(),
                            "{name}({x:e}): {:e} and {together:e}",
                            alone[0]
                        );
                    }
                }
            }
        }
    };
}

registers!(registers_of_doubles_give_what_one_number_gives, double, f64);
registers!(registers_of_singles_give_what_one_number_gives, single, f32);
