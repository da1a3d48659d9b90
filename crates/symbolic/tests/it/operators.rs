//! Every operator, users' included.

use pellucid_symbolic::Operator;
use pellucid_symbolic::kernel::fill2;
use pellucid_symbolic::operator::{Operation, Side};

/// Points of both signs, small and large, where most operators are defined.
fn points() -> Vec<f64> {
    let sizes = [0.0137, 0.31, 0.77, 0.96, 1.9, 4.3];
    sizes.iter().flat_map(|&x| [x, -x]).collect()
}

/// A logistic step: an operator as a user would add it.
#[derive(Debug)]
struct Logistic;

impl Operation for Logistic {
    fn name(&self) -> &'static str {
        "logistic"
    }
    fn arity(&self) -> usize {
        1
    }
    fn single(&self, a: &[f32], _: &[f32], out: &mut [f32]) {
        for (out, &a) in out.iter_mut().zip(a) {
            *out = 1.0 / (1.0 + (-a).exp());
        }
    }
    fn double(&self, a: &[f64], _: &[f64], out: &mut [f64]) {
        for (out, &a) in out.iter_mut().zip(a) {
            *out = 1.0 / (1.0 + (-a).exp());
        }
    }
    fn slopes(&self, a: &[f64], _: &[f64], value: &[f64], da: &mut [f64], _: &mut [f64]) {
        fill2(a, value, da, |_, v| v * (1.0 - v));
    }
}

#[test]
fn slopes_equal_central_differences() {
    for operator in Operator::all() {
        if operator == Operator::Step {
            continue;
        }
        let op = operator.operation();
        let mut checked = 0;
        for &a in &points() {
            for &b in &points()[..if op.arity() == 2 { 12 } else { 1 }] {
                let value = op.at(a, b);
                let h = 1e-5;
                let numeric = [
                    (op.at(a + h, b) - op.at(a - h, b)) / (2.0 * h),
                    (op.at(a, b + h) - op.at(a, b - h)) / (2.0 * h),
                ];
                let (mut da, mut db) = ([0.0], [0.0]);
                op.slopes(&[a], &[b], &[value], &mut da, &mut db);
                for (exact, numeric) in [da[0], db[0]].iter().zip(numeric).take(op.arity()) {
                    // On the kink of a choice there are two slopes.
                    if a == b || !value.is_finite() || !numeric.is_finite() {
                        continue;
                    }
                    checked += 1;
                    // Central differences are off by h² f'''/6 and by rounding over h.
                    let tolerance = 1e-5 * (1.0 + exact.abs().powi(2) + value.abs());
                    assert!(
                        (exact - numeric).abs() < tolerance,
                        "{operator:?} at {a}, {b}: {exact} {numeric}"
                    );
                }
            }
        }
        assert!(checked >= 4, "{operator:?}");
    }
}

#[test]
fn inverses_lead_back() {
    for operator in Operator::all() {
        let op = operator.operation();
        for &a in &points() {
            for &b in &points()[..if op.arity() == 2 { 12 } else { 1 }] {
                let value = op.at(a, b);
                if !value.is_finite() {
                    continue;
                }
                for (side, other) in [(Side::Left, b), (Side::Right, a)]
                    .into_iter()
                    .take(op.arity())
                {
                    let Some(found) = op.inverse(side, value, other) else {
                        continue;
                    };
                    let again = match side {
                        Side::Left => op.at(found, b),
                        Side::Right => op.at(a, found),
                    };
                    // Ill-conditioned inverses (tanh near 1) lose some digits.
                    assert!(
                        (again - value).abs() <= 1e-9 * (1.0 + value.abs()),
                        "{operator:?} at {a}, {b}: {again} {value}"
                    );
                }
            }
        }
    }
}

#[test]
fn both_precisions_agree() {
    let a: Vec<f64> = (0..256)
        .map(|i| f64::from(f32::from_bits(0x3f00_0000 + i * 0x1_7000)))
        .collect();
    let b: Vec<f64> = a.iter().rev().copied().collect();
    let narrow = |x: &[f64]| -> Vec<f32> { x.iter().map(|&x| x as f32).collect() };
    for operator in Operator::all() {
        let (mut wide, mut single) = (vec![0.0; 256], vec![0.0_f32; 256]);
        operator.operation().double(&a, &b, &mut wide);
        operator
            .operation()
            .single(&narrow(&a), &narrow(&b), &mut single);
        for (i, (&x, &y)) in wide.iter().zip(&single).enumerate() {
            if x.is_nan() || y.is_nan() {
                assert_eq!(x.is_nan(), y.is_nan(), "{operator:?}");
                continue;
            }
            // Two units of single precision.
            let tolerance = 2.0 * f64::from(f32::EPSILON) * x.abs();
            assert!(
                (x - f64::from(y)).abs() <= tolerance
                    || operator == Operator::Sub && x.abs() < 1e-6,
                "{operator:?} at {} {}: {x} {y}",
                a[i],
                b[i]
            );
        }
    }
}

/// Units of the last digit between a kernel and the standard library over a
/// range of arguments.
fn units(operator: Operator, exact: fn(f64) -> f64, from: f64, to: f64) -> f64 {
    let n = 20_000;
    let a: Vec<f64> = (0..n)
        .map(|i| from + (to - from) * f64::from(i) / f64::from(n))
        .collect();
    let mut found = vec![0.0; a.len()];
    operator.operation().double(&a, &a, &mut found);
    let unit = |x: f64| (f64::from_bits(x.abs().to_bits() + 1) - x.abs()).max(f64::MIN_POSITIVE);
    let errors = a
        .iter()
        .zip(&found)
        .map(|(&a, &y)| (y - exact(a)).abs() / unit(exact(a)));
    errors.fold(0.0, f64::max)
}

#[test]
fn our_functions_are_within_two_units_of_the_last_digit() {
    // The reference itself is off by up to one unit, hence 3; tan is a quotient
    // of two such functions, sinh, cosh and tanh sums of them.
    for (from, to) in [(-700.0, 700.0), (-1.0, 1.0), (-1e-3, 1e-3)] {
        assert!(units(Operator::Exp, f64::exp, from, to) <= 3.0);
        assert!(units(Operator::Tanh, f64::tanh, from, to) <= 4.0);
        assert!(units(Operator::Sinh, f64::sinh, from, to) <= 4.0);
        assert!(units(Operator::Cosh, f64::cosh, from, to) <= 4.0);
    }
    for (from, to) in [(1e-300, 1e-290), (1e-3, 3.0), (0.99, 1.01), (1.0, 1e12)] {
        assert!(units(Operator::Log, f64::ln, from, to) <= 3.0);
    }
    for (from, to) in [(-7.0, 7.0), (-1e5, 1e5), (1e7, 1.1e7), (1e9, 2e9)] {
        assert!(units(Operator::Sin, f64::sin, from, to) <= 3.0);
        assert!(units(Operator::Cos, f64::cos, from, to) <= 3.0);
        assert!(units(Operator::Tan, f64::tan, from, to) <= 4.0);
    }
}

#[test]
fn ends_of_the_range_are_those_of_the_standard_library() {
    let at = |operator: Operator, x: f64| operator.operation().at(x, 0.0);
    assert_eq!(at(Operator::Exp, f64::INFINITY), f64::INFINITY);
    assert_eq!(at(Operator::Exp, f64::NEG_INFINITY), 0.0);
    assert_eq!(at(Operator::Log, 0.0), f64::NEG_INFINITY);
    assert_eq!(at(Operator::Log, f64::INFINITY), f64::INFINITY);
    assert_eq!(at(Operator::Log, 1.0), 0.0);
    assert!((at(Operator::Log, 5e-324) - 5e-324_f64.ln()).abs() < 1e-12);
    assert!(at(Operator::Log, -1.0).is_nan() && at(Operator::Sqrt, -1.0).is_nan());
    assert!(at(Operator::Sin, f64::INFINITY).is_nan());
    for operator in [
        Operator::Exp,
        Operator::Log,
        Operator::Sin,
        Operator::Tanh,
        Operator::Step,
    ] {
        assert!(at(operator, f64::NAN).is_nan(), "{operator:?}");
    }
    assert!(Operator::Min.operation().at(f64::NAN, 1.0).is_nan());
    assert!(Operator::Max.operation().at(1.0, f64::NAN).is_nan());
}

#[test]
fn a_users_operator_is_parsed_printed_and_evaluated() {
    // The registry is one for the process: another test may have been first.
    let logistic = Operator::register(Box::new(Logistic));
    let Ok(logistic) = logistic else {
        panic!("{logistic:?}")
    };
    let names = vec!["x".to_owned()];
    let law = pellucid_symbolic::Expression::parse("2.0*logistic(x)", &names).unwrap();
    assert_eq!(law.infix(&names), "2.0*logistic(x)");
    assert_eq!(law.at(&[0.0]), 1.0);
    assert_eq!(logistic.name(), "logistic");
    assert!(Operator::register(Box::new(Logistic)).is_err());
}

#[test]
fn an_unknown_operator_is_met_with_the_nearest() {
    let message = Operator::named("sine").unwrap_err().to_string();
    assert!(message.contains("did you mean `sin`"), "{message}");
}
