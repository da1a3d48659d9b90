//! Units as a price, and products of columns without dimension.

use pellucid_core::random::stream;
use pellucid_symbolic::select::Finding;
use pellucid_symbolic::units::{Constants, Groups, Mode};
use pellucid_symbolic::{Engine, Expression, Problem, Settings, Units};
use rand::RngExt;

use crate::run::reported;

/// A table of a law over columns with units, between 1 and 2; the target is the last.
fn table(columns: &[(&str, &str)], law: impl Fn(&[f64]) -> f64) -> (Problem, Units) {
    let mut rng = stream(41, 0);
    let (target, features) = columns.split_last().unwrap();
    let values: Vec<Vec<f64>> = features
        .iter()
        .map(|_| (0..300).map(|_| rng.random_range(1.0..2.0)).collect())
        .collect();
    let row = |r: usize| values.iter().map(|c| c[r]).collect::<Vec<f64>>();
    let y = (0..300).map(|r| law(&row(r))).collect();
    let names = features.iter().map(|(name, _)| (*name).to_owned());
    let features = names.zip(values).collect();
    let problem = Problem::new(features, (target.0.to_owned(), y), None).unwrap();
    let units = Units {
        constants: Constants::Dimensionless,
        columns: columns
            .iter()
            .map(|(n, u)| ((*n).to_owned(), (*u).to_owned()))
            .collect(),
        ..Units::default()
    };
    (problem, units)
}

fn small(units: Units) -> Settings {
    Settings {
        units: Some(units),
        max_complexity: 20,
        sample: 200,
        islands: 3,
        candidates: 40,
        ..Settings::default()
    }
}

/// Whether the selected law is right at a point out of the table.
fn selected_is(front: &[Finding], problem: &Problem, point: &[f64], expected: f64) -> bool {
    let selected = front.iter().find(|law| law.selected).unwrap();
    let law = Expression::parse(&selected.expression, problem.names()).unwrap();
    (law.at(point) - expected).abs() < 1e-8 * expected.abs()
}

#[test]
fn laws_that_disagree_with_soft_units_must_be_better_by_their_price() {
    // An empirical formula: consistent only up to a term that is not.
    let columns = [("x", "m"), ("t", "s"), ("v", "m/s"), ("y", "m")];
    let law = |v: &[f64]| v[0] + 2.0 * v[1] * v[2] + 0.05 * v[1];
    let (problem, units) = table(&columns, law);
    let soft = |penalty| Units {
        mode: Mode::Soft,
        penalty: Some(penalty),
        ..units.clone()
    };
    let point = [3.0, 0.5, 4.0];
    // Without noise the law is worth any price; the consistent one stands before it.
    let found = reported(&problem, &small(soft(100.0)), 12);
    assert!(
        selected_is(&found, &problem, &point, law(&point)),
        "{found:#?}"
    );
    let selected = found.iter().find(|law| law.selected).unwrap();
    assert_eq!(selected.consistent, Some(false));
    assert!(found.iter().any(|law| law.consistent == Some(true)));
    // The loss that is told is the mean of squares, whatever the price.
    for finding in &found {
        let law = Expression::parse(&finding.expression, problem.names()).unwrap();
        let error = |r: usize| {
            let row: Vec<f64> = problem.columns().iter().map(|c| c[r]).collect();
            (law.at(&row) - problem.target()[r]).powi(2)
        };
        let loss = (0..problem.rows()).map(error).sum::<f64>() / problem.rows() as f64;
        assert!(
            (loss - finding.loss).abs() <= 1e-9 * loss + 1e-25,
            "{finding:?}"
        );
    }
    // In the hard mode nothing that disagrees is on the front but the mean.
    let found = reported(&problem, &small(units), 3);
    let others = found.iter().filter(|law| law.complexity > 1);
    assert!(others.clone().count() > 0);
    assert!(others.clone().all(|law| law.consistent == Some(true)));
}

#[test]
fn laws_are_functions_of_products_without_dimension() {
    let only = |units: Units| Units {
        groups: Groups::Only,
        ..units
    };
    // The period of a pendulum to second order.
    let columns = [
        ("l", "m"),
        ("g", "m/s^2"),
        ("m", "kg"),
        ("theta", "1"),
        ("T", "s"),
    ];
    let period =
        |v: &[f64]| std::f64::consts::TAU * (v[0] / v[1]).sqrt() * (1.0 + v[3].powi(2) / 16.0);
    let (problem, units) = table(&columns, period);
    let found = reported(&problem, &small(only(units)), 6);
    let point = [5.0, 0.3, 7.0, 0.1];
    assert!(
        selected_is(&found, &problem, &point, period(&point)),
        "{found:#?}"
    );
    // Drag of a sphere after Abraham: a function of Reynolds' number alone.
    let columns = [
        ("rho", "kg/m^3"),
        ("v", "m/s"),
        ("d", "m"),
        ("mu", "Pa*s"),
        ("F", "N"),
    ];
    let drag = |v: &[f64]| {
        let reynolds = v[0] * v[1] * v[2] / v[3];
        0.22 * v[0] * (v[1] * v[2]).powi(2) * (1.0 + 9.06 / reynolds.sqrt()).powi(2)
    };
    let (problem, units) = table(&columns, drag);
    let found = reported(&problem, &small(only(units.clone())), 12);
    let point = [5.0, 3.0, 4.0, 0.1];
    assert!(
        selected_is(&found, &problem, &point, drag(&point)),
        "{found:#?}"
    );
    // With the number as a leaf, laws are found that contain it, written out.
    let leaves = Units {
        groups: Groups::Leaves,
        ..units
    };
    let found = reported(&problem, &small(leaves), 12);
    assert!(
        selected_is(&found, &problem, &point, drag(&point)),
        "{found:#?}"
    );
    // Stefan and Boltzmann's law leaves no product: it is a power law.
    let columns = [("sigma", "W/m^2/K^4"), ("T", "K"), ("A", "m^2"), ("P", "W")];
    let power = |v: &[f64]| 0.9 * v[0] * v[1].powi(4) * v[2];
    let (problem, units) = table(&columns, power);
    let found = reported(&problem, &small(only(units)), 3);
    let point = [0.1, 7.0, 3.0];
    assert!(
        selected_is(&found, &problem, &point, power(&point)),
        "{found:#?}"
    );
}

#[test]
fn groups_that_cannot_be_are_refused() {
    let (problem, mut units) = table(&[("l", "m"), ("t", "s"), ("m", "kg")], |v| v[0] + v[1]);
    units.constants = Constants::Any;
    units.groups = Groups::Only;
    let error = Engine::new(&problem, &small(units.clone())).unwrap_err();
    assert!(error.to_string().contains("`m`"), "{error}");
    let with_template = Settings {
        template: Some("f(l)*t".to_owned()),
        ..small(units)
    };
    let error = Engine::new(&problem, &with_template).unwrap_err();
    assert!(error.to_string().contains("units.groups"), "{error}");
}

#[test]
fn a_factor_of_one_that_carries_a_unit_stays() {
    // One kelvin that is no column: without it the law has another unit.
    let columns = [("m", "kg"), ("v", "m/s"), ("r", "m"), ("f", "J*K")];
    let (problem, units) = table(&columns, |v| v[0] * v[1] * v[1] / v[2]);
    let units = Units {
        constants: Constants::Any,
        ..units
    };
    let dimensions = units.resolve(problem.names(), "f").unwrap();
    let front = reported(&problem, &small(units), 1);
    for law in &front {
        let formula = Expression::parse(&law.expression, problem.names()).unwrap();
        assert!(dimensions.allow(&formula), "{}", law.expression);
    }
    assert!(selected_is(&front, &problem, &[3.0, 2.0, 4.0], 3.0));
    // The offset that keeps the factor in the search is nothing.
    let selected = front.iter().find(|law| law.selected).unwrap();
    assert_eq!(selected.expression, "1.0*(m*v^2/r)");
}
