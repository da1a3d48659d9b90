//! Which law of a front is taken, on small tables: the laws are given, so that nothing
//! depends on what a search finds.

use std::path::Path;

use pellucid_core::Job;
use pellucid_core::random::{normal, stream, uniform};
use pellucid_symbolic::search::precisions;
use pellucid_symbolic::select::{Finding, Folds, begin, findings, findings_with};
use pellucid_symbolic::{Engine, Expression, Limits, Problem, Settings};

/// A table of `tests/nature`, as somebody wrote it.
fn nature(name: &str) -> Problem {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nature/tables");
    let text = std::fs::read_to_string(folder.join(format!("{name}.csv"))).unwrap();
    let mut lines = text.lines();
    let mut columns: Vec<(String, Vec<f64>)> = (lines.next().unwrap().split(','))
        .map(|name| (name.to_owned(), Vec::new()))
        .collect();
    for line in lines {
        for (column, cell) in columns.iter_mut().zip(line.split(',')) {
            column.1.push(cell.parse().unwrap());
        }
    }
    let target = columns.pop().unwrap();
    Problem::new(columns, target, None).unwrap().as_written()
}

fn of(x: Vec<f64>, y: Vec<f64>) -> Problem {
    Problem::new(vec![("x".into(), x)], ("y".into(), y), None).unwrap()
}

/// What is found where a search has found these laws and no others.
fn chosen(problem: &Problem, laws: &[&str]) -> Finding {
    let settings = Settings::default();
    let mut engine = Engine::new(problem, &settings).unwrap();
    let laws: Vec<Expression> = (laws.iter())
        .map(|law| Expression::parse(law, problem.names()).unwrap())
        .collect();
    assert!(engine.guess(&laws));
    let found = findings(&engine.front(), problem, &settings);
    let selected = found.into_iter().find(|(_, law)| law.selected);
    selected.unwrap().1
}

#[test]
fn a_cosine_fitted_to_eight_planets_is_no_evidence() {
    let laws = [
        "0.9*a*sqrt(a)",
        "exp(0.0057*sin(a) + 1.4998*log(a))",
        "0.999174434/(sqrt(a)/a^2 - 9.293484e-5*cos(a) + 6.281e-5)",
        "0.9997/(1.0002*(sqrt(a)/a^2) + 9.836e-5*cos(a + 147.697) + 7.0464e-5)",
    ];
    let planets = nature("planets");
    // Relative errors are what the command takes here; both are the same law, whether or
    // not powers are written.
    let law = chosen(&planets.relative().unwrap(), &laws);
    let known = ["sqrt(a)*a", "a^1.5"];
    assert!(
        known.contains(&law.expression.as_str()),
        "{}",
        law.expression
    );
    // Of absolute errors only those of the two outermost planets count, which follow an
    // exponent that is a little smaller: a power still, without a wave.
    let law = chosen(&planets, &laws);
    assert!(law.complexity <= 4, "{}", law.expression);
}

#[test]
fn an_exponent_is_a_half_unless_the_rows_say_more_than_two_standard_errors() {
    // Osculating elements of the planets: Saturn is off by half a percent.
    let a = [
        0.387098, 0.723339, 1.000001, 1.523792, 5.203811, 9.572603, 19.164999, 30.180597,
    ];
    let t = [
        0.240842, 0.615188, 1.0, 1.880818, 11.861787, 29.456655, 84.010666, 164.785794,
    ];
    let features = vec![("a".to_owned(), a.to_vec())];
    let problem = Problem::new(features, ("T".into(), t.to_vec()), None).unwrap();
    for view in [problem.relative().unwrap(), problem] {
        assert_eq!(chosen(&view, &["a^1.4985"]).expression, "a^1.5");
    }
}

#[test]
fn where_rows_are_few_a_law_of_fewer_constants_stands_beside_a_better_one() {
    // Monomolecular adsorption, fourteen rows: the second law has the smaller error, as many
    // nodes and a constant more.
    let saturation = "437.4*x/(x + 3308.3)";
    let law = chosen(
        &nature("misra1a"),
        &[saturation, "449.5 - 1539200.0/(x + 3425.8)"],
    );
    assert_eq!(law.complexity, 7, "{}", law.expression);
    assert_eq!(law.constants.len(), 2, "{}", law.expression);
}

#[test]
fn a_constant_and_a_coefficient_that_are_alike_become_one_where_rows_are_few() {
    let mut rng = stream(21, 0);
    let x: Vec<f64> = (1..=12).map(f64::from).collect();
    let y = x.iter();
    let y = y
        .map(|x| 7.3 * (1.0 - (-0.31 * x).exp()) + 0.05 * normal(&mut rng))
        .collect();
    let law = chosen(&of(x, y), &["7.31 - 7.26*exp(-0.31*x)"]);
    let simple = law.constants.iter().filter(|c| c.value.abs() == 1.0);
    assert_eq!(simple.count(), 1, "{}", law.expression);
    assert_eq!(law.constants.len(), 3, "{}", law.expression);
}

#[test]
fn a_law_of_as_many_constants_as_rows_is_not_taken() {
    let x: Vec<f64> = (0..6).map(f64::from).collect();
    let y = vec![0.1, 0.9, 2.2, 2.9, 4.15, 4.95];
    let through_all = "0.1 + 1.5*x + 0.5*x^2 + 0.3*x^3 + 0.1*x^4 + 0.02*x^5";
    let law = chosen(&of(x, y), &["1.1*x", through_all]);
    assert!(law.complexity <= 3, "{}", law.expression);
}

#[test]
fn the_digits_of_a_table_are_a_floor_of_its_noise() {
    // What rounding to one place leaves of a line is followed by no parabola or wave.
    let x: Vec<f64> = (0..12).map(f64::from).collect();
    let y: Vec<f64> = x
        .iter()
        .map(|x| ((0.537 * x + 2.281) * 10.0).round() / 10.0)
        .collect();
    let larger = [
        "0.5*x + 2.2",
        "0.5*x + 2.2 + 0.02*sin(2.1*x + 0.3)",
        "0.5*x + 2.2 + 0.02*sin(2.6*x + 0.3) + 0.01*x^2",
    ];
    let law = chosen(&of(x, y).as_written(), &larger);
    assert_eq!(law.complexity, 5, "{}", law.expression);
}

#[test]
fn whole_numbers_are_preferred_to_a_completed_square() {
    let x: Vec<f64> = (-5..=5).map(f64::from).collect();
    let y = x.iter().map(|x| 27.0 * x * x + 11.0 * x + 1983.0).collect();
    let law = chosen(&of(x, y), &["27.0*(x + 0.2037)^2 + 1981.88"]);
    let mut constants: Vec<f64> = law.constants.iter().map(|c| c.value).collect();
    constants.sort_by(f64::total_cmp);
    assert_eq!(constants, [11.0, 27.0, 1983.0], "{}", law.expression);
}

#[test]
fn a_quotient_of_a_sum_is_written_as_a_sum() {
    let mut rng = stream(4, 0);
    let mut column = || {
        (0..60)
            .map(|_| 1.0 + uniform(&mut rng))
            .collect::<Vec<f64>>()
    };
    let [a, b, c, d] = [column(), column(), column(), column()];
    let y = (0..60).map(|i| a[i] * b[i] / d[i] + c[i]).collect();
    let names = ["a", "b", "c", "d"].map(str::to_owned);
    let features = names.into_iter().zip([a, b, c, d]).collect();
    let problem = Problem::new(features, ("y".into(), y), None).unwrap();
    let law = chosen(&problem, &["(a*b + c*d)/d"]);
    assert_eq!(law.complexity, 7, "{}", law.expression);
}

#[test]
fn smooth_errors_do_not_stop_at_a_line_where_a_better_law_predicts() {
    // Carbon dioxide: what a line leaves over is smooth, and a parabola is better held out
    // and out of range.
    let law = chosen(
        &nature("co2"),
        &["1.5*year - 2600.5", "0.012*(year - 1925.5)^2 + 302.5"],
    );
    assert!(law.complexity > 5, "{}", law.expression);
    assert!(law.reason.unwrap().contains("beyond chance"));
}

#[test]
fn a_wave_that_follows_smooth_errors_only_inside_is_not_taken() {
    // Sixty rows of a line with an error that is smooth, and another one out of range.
    let x: Vec<f64> = (0..60).map(|i| f64::from(i) / 59.0).collect();
    let bump = |x: f64| 0.02 * (-((x - 0.5) / 0.12_f64).powi(2)).exp();
    let far = |x: f64| {
        if (0.1..=0.9).contains(&x) {
            0.0
        } else {
            0.03 * (41.0 * x).sin()
        }
    };
    let y = x
        .iter()
        .map(|&x| 1.0 + 2.0 * x + bump(x) + far(x))
        .collect();
    let law = chosen(
        &of(x, y),
        &["1.1 + 2.1*x", "1.1 + 2.1*x + 0.02*sin(20.5*x + 2.2)"],
    );
    assert_eq!(law.complexity, 5, "{}", law.expression);
}

#[test]
fn relative_errors_count_where_they_describe_the_rows_shorter() {
    let mut rng = stream(11, 0);
    let x: Vec<f64> = (0..40).map(|i| 0.1 * f64::from(i)).collect();
    let noise: Vec<f64> = (0..40).map(|_| 0.03 * normal(&mut rng)).collect();
    let law = |x: f64| 0.5 * (1.7 * x).exp();
    let pairs = || x.iter().zip(&noise);
    let relative = pairs().map(|(&x, e)| law(x) * (1.0 + e)).collect();
    let absolute = pairs()
        .map(|(&x, e)| law(x) + e.abs() + 5.0 * e * e)
        .collect();
    let limits = Limits {
        work: Some(1_500_000),
        ..Limits::default()
    };
    for (y, is_relative) in [(relative, true), (absolute, false)] {
        let problem = of(x.clone(), y);
        let settings = Settings::default();
        let (engine, view, _) = begin(&problem, &settings, limits, &Job::silent()).unwrap();
        assert_eq!(view.is_relative(), Some(is_relative));
        let found = findings(&engine.front(), &view, &settings);
        let reason = found
            .iter()
            .find_map(|(_, law)| law.reason.clone())
            .unwrap();
        let told = if is_relative {
            "relative errors count"
        } else {
            "absolute errors count"
        };
        assert!(reason.contains(told), "{reason}");
    }
}

#[test]
fn errors_that_a_table_gives_are_a_floor_unless_they_are_far_too_large() {
    let mut rng = stream(5, 0);
    let x: Vec<f64> = (1..=22).map(f64::from).collect();
    let y: Vec<f64> = x
        .iter()
        .map(|x| 3.0 / x + 0.05 * normal(&mut rng))
        .collect();
    let with = |error: f64| {
        let weights = precisions("e", &[error; 22]).unwrap();
        let features = vec![("x".to_owned(), x.clone())];
        let weights = Some(("e".to_owned(), weights));
        let problem = Problem::new(features, ("y".into(), y.clone()), weights).unwrap();
        let laws = ["3.1/x", "3.1/x + 0.03*sin(2.2*x + 0.4)"];
        chosen(&problem.of_errors(true), &laws)
    };
    assert_eq!(with(0.05).complexity, 3);
    // A law must not be lost because its errors were given in another unit.
    assert_eq!(with(1e9).complexity, 3);
}

#[test]
fn what_larger_laws_gain_is_asked_of_searches_that_did_not_see_the_row() {
    let problem = nature("sunlight");
    let settings = Settings::default();
    let limits = Limits {
        work: Some(3_000_000),
        ..Limits::default()
    };
    assert!(Folds::wanted(&problem, &settings));
    let job = Job::silent();
    let (mut engine, view, _) = begin(&problem, &settings, limits, &job).unwrap();
    engine.run(limits, &job, |_| {});
    let folds = Folds::search(&view, &settings, limits, &job).unwrap();
    let found = findings_with(&engine.front(), &view, &settings, folds.as_ref());
    let selected = found.iter().find(|(_, law)| law.selected).unwrap();
    assert!(selected.1.complexity <= 6, "{}", selected.1.expression);
    // Twice the distance, a quarter of the light: to the digits of the table.
    let ratio = selected.0.expression.at(&[80.0]) / selected.0.expression.at(&[40.0]);
    assert!((ratio - 0.25).abs() < 0.005, "{ratio}");
}
