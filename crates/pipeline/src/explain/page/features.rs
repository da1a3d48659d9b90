//! Inputs that are no pictures: numbers by name, particles summed over.

use pellucid_core::Interval;
use pellucid_observables::Representation;
use pellucid_report::figure::{Axis, Bar, Bars};

use super::{View, names};
use crate::explain::result::InputResult;

/// The features of an input by their places, with their names as prose; none of an
/// image. What the files do not tell, and masks, are left out.
pub(super) fn features(view: &View<'_>, input: &InputResult) -> Vec<(usize, String)> {
    let representation = &input.representation;
    let named = |list: Vec<String>, of: &str| -> Vec<(usize, String)> {
        let names = list.iter().enumerate();
        let told = names.filter(|(_, name)| input.tells(name));
        told.map(|(place, name)| (place, format!("{of}{}", names::variable(view, name))))
            .collect()
    };
    match representation {
        _ if input.held => Vec::new(),
        Representation::Image(_) | Representation::Lund(_) | Representation::Mask(_) => Vec::new(),
        Representation::Particles(particles) => named(particles.names(), "particles’ "),
        Representation::Pairs(pairs) => named(pairs.names(), "pairs’ "),
        Representation::Scalars(scalars) => named(scalars.observables.clone(), ""),
    }
}

/// The place of a number of an input among its features.
pub(super) fn feature_of(representation: &Representation, element: usize) -> usize {
    match representation {
        Representation::Particles(list) => list.feature_of(element),
        Representation::Pairs(pairs) => element / (pairs.count * pairs.count).max(1),
        _ => element,
    }
}

/// One number for each feature: the sum over the particles or the pairs.
pub(super) fn sums(representation: &Representation, values: &[f64]) -> Vec<f64> {
    let count = match representation {
        Representation::Particles(particles) => particles.names().len(),
        Representation::Pairs(pairs) => pairs.names().len(),
        _ => return values.to_vec(),
    };
    let mut out = vec![0.0; count];
    for (i, value) in values.iter().enumerate() {
        if let Some(sum) = out.get_mut(feature_of(representation, i)) {
            *sum += value;
        }
    }
    out
}

/// Bars of one value each, whose uncertainty is not known.
pub(super) fn bars(title: &str, caption: &str, axis: Axis, values: Vec<(String, f64)>) -> Bars {
    let unknown = |value| Interval {
        value,
        low: f64::NAN,
        high: f64::NAN,
    };
    Bars {
        title: title.to_owned(),
        caption: caption.to_owned(),
        axis,
        bars: values
            .into_iter()
            .map(|(label, value)| Bar {
                label,
                value: unknown(value),
                reference: None,
            })
            .collect(),
        ..Bars::default()
    }
}

#[cfg(test)]
mod tests {
    use pellucid_observables::ParticleList;
    use pellucid_observables::particles::Layout;

    use super::*;

    #[test]
    fn particles_are_summed_in_either_layout() {
        let list: ParticleList =
            toml::from_str("count = 3\nfeatures = [\"pt\", \"delta_r\"]").unwrap();
        let first = Representation::Particles(list.clone());
        assert_eq!(
            sums(&first, &[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]),
            [6.0, 60.0]
        );
        let last = Representation::Particles(ParticleList {
            layout: Layout::ParticlesFirst,
            ..list
        });
        assert_eq!(sums(&last, &[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]), [6.0, 60.0]);
    }
}
