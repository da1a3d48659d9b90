//! Values, losses, derivatives and fits over tables.

use pellucid_core::random::stream;
use pellucid_symbolic::Expression;
use pellucid_symbolic::evaluate::{Program, Rows, Scratch, input_gradient};
use pellucid_symbolic::fit::{Effort, fit, restarted};
use rand::RngExt;

fn names() -> Vec<String> {
    ["x", "y"].map(str::to_owned).to_vec()
}

fn parse(text: &str) -> Expression {
    Expression::parse(text, &names()).unwrap()
}

/// Two columns of numbers between 1 and 3.
fn columns(rows: usize) -> Vec<Vec<f64>> {
    let mut rng = stream(5, 0);
    (0..2)
        .map(|_| (0..rows).map(|_| rng.random_range(1.0..3.0)).collect())
        .collect()
}

fn values(law: &Expression, columns: &[Vec<f64>]) -> Vec<f64> {
    (0..columns[0].len())
        .map(|row| law.at(&[columns[0][row], columns[1][row]]))
        .collect()
}

const LAWS: &[&str] = &[
    "1.5*sin(x*y - 0.3)/(2.0 + x^2)",
    "exp(-0.5*x)*log(y) + sqrt(x + y)*abs(x - 2.0*y)",
    "(x + 1.0)^(0.7*y) - max(x, y)*tanh(x/y)",
    "x",
    "2.5",
    "atan2(x, 0.3*y) + erf(x - y) + 1/(x*cbrt(y))",
];

#[test]
fn register_code_gives_the_values_of_the_definition() {
    // 300 is no multiple of a block of either precision.
    let columns = columns(300);
    let rows = Rows::<f64>::new(&columns, &vec![0.0; 300], &vec![1.0; 300]);
    let single = Rows::<f32>::new(&columns, &vec![0.0; 300], &vec![1.0; 300]);
    for text in LAWS {
        let law = parse(text);
        let exact = values(&law, &columns);
        let program = Program::new(&law);
        let found = program.values(law.constants(), &rows, &mut Scratch::new());
        assert_eq!(found, exact, "{text}");
        let squares: f64 = exact.iter().map(|v| v * v).sum();
        let sum = program.squares(law.constants(), &rows, f64::INFINITY, &mut Scratch::new());
        // Another order of summation.
        assert!((sum - squares).abs() < 1e-12 * squares, "{text}");
        let sum = program.squares(law.constants(), &single, f64::INFINITY, &mut Scratch::new());
        // A dozen roundings in single precision.
        assert!((sum - squares).abs() < 1e-5 * squares, "{text}");
    }
}

#[test]
fn a_hopeless_or_undefined_formula_is_given_up() {
    let columns = columns(300);
    let rows = Rows::<f64>::new(&columns, &vec![0.0; 300], &vec![1.0; 300]);
    let squares = |text: &str, limit: f64| {
        let law = parse(text);
        Program::new(&law).squares(law.constants(), &rows, limit, &mut Scratch::new())
    };
    assert!(squares("x", 1e6).is_finite());
    assert_eq!(squares("x", 10.0), f64::INFINITY);
    assert_eq!(squares("log(x - 2.0)", f64::INFINITY), f64::INFINITY);
}

#[test]
fn derivatives_equal_central_differences() {
    let columns = columns(300);
    let target: Vec<f64> = columns[0].iter().map(|x| 0.3 * x).collect();
    let weights: Vec<f64> = columns[1].iter().map(|y| 0.5 + y).collect();
    let rows = Rows::<f64>::new(&columns, &target, &weights);
    for text in LAWS {
        let law = parse(text);
        let program = Program::keeping(&law);
        let normal = program.normal(law.constants(), &rows, &mut Scratch::new());
        let squares = |law: &Expression| {
            Program::new(law).squares(law.constants(), &rows, f64::INFINITY, &mut Scratch::new())
        };
        assert!((normal.squares - squares(&law)).abs() <= 1e-12 * normal.squares);
        for i in 0..law.constants().len() {
            let h = 1e-5;
            let moved = |h: f64| {
                let mut law = law.clone();
                law.constants_mut()[i] += h;
                squares(&law)
            };
            let numeric = (moved(h) - moved(-h)) / (4.0 * h);
            // h² times the third derivative, and rounding of the sum over h.
            let tolerance = 1e-6 * (1.0 + normal.squares + numeric.abs());
            assert!(
                (normal.gradient[i] - numeric).abs() < tolerance,
                "{text} {i}"
            );
        }
        let gradient = input_gradient(&program, law.constants(), &rows, &mut Scratch::new());
        for row in [0, 129, 299] {
            let point = [columns[0][row], columns[1][row]];
            for v in 0..2 {
                let at = |h: f64| {
                    let mut point = point;
                    point[v] += h;
                    law.at(&point)
                };
                let numeric = (at(1e-6) - at(-1e-6)) / 2e-6;
                let found = gradient[v][row];
                assert!(
                    (found - numeric).abs() < 1e-6 * (1.0 + numeric.abs()),
                    "{text}: {found} {numeric}"
                );
            }
        }
    }
}

#[test]
fn constants_are_found_again() {
    let columns = columns(500);
    // The law, and where to start from.
    for (law, start) in [
        ("1.5 + 2.5*x - 0.25*y", "1.0 + 1.0*x + 1.0*y"),
        ("1.5*exp(-0.7*x*y) + 3.0", "1.0*exp(-0.3*x*y) + 1.0"),
        ("2.0*sin(1.3*x + 0.4)/y", "1.0*sin(1.0*x + 0.0)/y"),
        ("3.0/(1.0 + 0.5*x^2) + y", "1.0/(1.0 + 1.0*x^2) + y"),
    ] {
        let target = values(&parse(law), &columns);
        let rows = Rows::<f64>::new(&columns, &target, &vec![1.0; 500]);
        let found = fit(&parse(start), &rows, Effort::POLISH, &mut Scratch::new());
        let found = found.0.unwrap();
        // Exact data: what is left is rounding.
        let mut fitted = parse(start);
        fitted.constants_mut().copy_from_slice(&found.constants);
        for (a, b) in values(&fitted, &columns).iter().zip(&target) {
            assert!(
                (a - b).abs() < 1e-9 * (1.0 + b.abs()),
                "{law}: {:?}",
                found.constants
            );
        }
    }
}

#[test]
fn a_frequency_far_from_the_start_is_found_by_beginning_in_many_places() {
    let x: Vec<f64> = (0..400).map(|i| 0.5 + 0.02 * f64::from(i)).collect();
    let columns = vec![x.clone(), x];
    let few: Vec<usize> = (0..128).map(|i| i * 3).collect();
    for (law, start) in [
        ("2.0*sin(5.0*x + 0.3) + 1.0", "1.0*sin(1.3*x + 0.1) + 0.5"),
        ("0.7*cos(0.9*x) + 0.2*x", "1.0*cos(4.0*x) + 1.0*x"),
    ] {
        let target = values(&parse(law), &columns);
        let rows = |columns: &[Vec<f64>], target: &[f64]| {
            Rows::<f64>::new(columns, target, &vec![1.0; target.len()])
        };
        let all = rows(&columns, &target);
        let pick = |v: &[f64]| -> Vec<f64> { few.iter().map(|&i| v[i]).collect() };
        let few_columns: Vec<Vec<f64>> = columns.iter().map(|c| pick(c)).collect();
        let few_rows = rows(&few_columns, &pick(&target));
        let mut scratch = Scratch::new();
        let (once, _) = fit(&parse(start), &all, Effort::POLISH, &mut scratch);
        let spread: f64 = target.iter().map(|y| y * y).sum();
        let trapped = once.map_or(f64::INFINITY, |fit| fit.normal.squares);
        assert!(
            trapped > 1e-4 * spread,
            "{law} needs one start only: {trapped}"
        );
        let (found, passes) = restarted(&parse(start), &few_rows, &all, &mut scratch);
        // What rounding leaves.
        assert!(found.unwrap().normal.squares < 1e-18 * spread, "{law}");
        assert!(passes[0] > passes[1] && passes[1] > 0);
    }
}
