//! The published laws that the example `recovery` looks for.

use pellucid_core::random::stream;
use pellucid_symbolic::units::Constants;
use pellucid_symbolic::{Expression, Units};
use rand::RngExt;

use crate::laws::{LAWS, Law};

fn names(law: &Law) -> Vec<String> {
    law.variables.iter().map(|v| v.name.clone()).collect()
}

#[test]
fn all_published_laws_are_there_once_and_finite_on_most_of_their_boxes() {
    let of = |prefix: &str| {
        LAWS.iter()
            .filter(|law| law.name.starts_with(prefix))
            .count()
    };
    assert_eq!(of("I.") + of("II.") + of("III."), 100);
    assert_eq!(of("bonus."), 20);
    assert_eq!(
        [
            of("nguyen."),
            of("keijzer."),
            of("vladislavleva."),
            of("strogatz.")
        ],
        [12, 14, 8, 14]
    );
    for (i, law) in LAWS.iter().enumerate() {
        assert!(
            LAWS[..i].iter().all(|other| other.name != law.name),
            "{}",
            law.name
        );
        let formula = Expression::parse(&law.formula, &names(law)).unwrap();
        assert!(
            formula.variables().len() <= law.variables.len(),
            "{}",
            law.name
        );
        let mut rng = stream(3, i as u64);
        let finite = (0..1000).filter(|_| {
            let draw = law
                .variables
                .iter()
                .map(|v| rng.random_range(v.range[0]..v.range[1]));
            formula.at(&draw.collect::<Vec<f64>>()).is_finite()
        });
        assert!(finite.count() > 500, "{}", law.name);
    }
}

#[test]
fn the_units_of_every_published_law_agree() {
    for law in LAWS.iter() {
        let columns = law
            .variables
            .iter()
            .map(|v| (v.name.clone(), v.unit.clone()));
        let units = Units {
            constants: Constants::Dimensionless,
            columns: columns
                .chain([("target".to_owned(), law.unit.clone())])
                .collect(),
            ..Units::default()
        };
        let dimensions = units.resolve(&names(law), "target");
        let dimensions = dimensions.unwrap_or_else(|error| panic!("{}: {error}", law.name));
        let formula = Expression::parse(&law.formula, &names(law)).unwrap();
        assert!(
            dimensions.allow(&formula),
            "{}: {:?}",
            law.name,
            dimensions.measure(&formula)
        );
    }
}
