//! Inputs that are no pictures: numbers by name, particles summed over.

use pellucid_core::Interval;
use pellucid_observables::Representation;
use pellucid_report::figure::{Axis, Bar, Bars};

use super::{View, names};

/// The names of an input's features, as prose; none of an image.
pub(super) fn features(view: &View<'_>, representation: &Representation) -> Vec<String> {
    match representation {
        Representation::Image(_) | Representation::Lund(_) => Vec::new(),
        Representation::Particles(particles) => particles
            .names()
            .iter()
            .map(|name| format!("particles’ {}", names::observable(view.result, name)))
            .collect(),
        Representation::Pairs(pairs) => pairs
            .names()
            .iter()
            .map(|name| format!("pairs’ {}", names::observable(view.result, name)))
            .collect(),
        Representation::Scalars(scalars) => scalars
            .observables
            .iter()
            .map(|name| names::observable(view.result, name))
            .collect(),
    }
}

/// One number for each feature: the sum over the particles or the pairs.
pub(super) fn sums(representation: &Representation, values: &[f64]) -> Vec<f64> {
    let count = match representation {
        Representation::Particles(particles) => particles.names().len(),
        Representation::Pairs(pairs) => pairs.names().len(),
        _ => return values.to_vec(),
    };
    let shape = representation.shape();
    let features_first = shape.first() == Some(&count);
    let particles = (values.len() / count.max(1)).max(1);
    let mut out = vec![0.0; count];
    for (i, value) in values.iter().enumerate() {
        let feature = if features_first {
            i / particles
        } else {
            i % count
        };
        if let Some(sum) = out.get_mut(feature) {
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
