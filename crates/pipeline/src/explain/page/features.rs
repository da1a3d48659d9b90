//! Inputs that are no pictures: numbers by name, particles summed over.

use pellucid_core::Interval;
use pellucid_observables::Representation;
use pellucid_report::figure::{Axis, Bar, Bars};
use pellucid_report::text;

use super::{View, names};
use crate::explain::result::InputResult;
use crate::input_spec::graph::Part;
use crate::input_spec::{Any, Input};

/// The features of an input by their places, with their names as prose; none of an
/// image. What the files do not tell, and masks, are left out.
pub(super) fn features(view: &View<'_>, input: &InputResult) -> Vec<(usize, String)> {
    let named = |list: Vec<String>, of: &str| -> Vec<(usize, String)> {
        let names = list.iter().enumerate();
        let told = names.filter(|(_, name)| input.tells(name));
        told.map(|(place, name)| (place, format!("{of}{}", names::variable(view, name))))
            .collect()
    };
    match &input.representation {
        _ if input.held => Vec::new(),
        Input::Jets(representation) => match representation {
            Representation::Image(_) | Representation::Lund(_) | Representation::Mask(_) => {
                Vec::new()
            }
            Representation::Particles(particles) => named(particles.names(), "particles’ "),
            Representation::Pairs(pairs) => named(pairs.names(), "pairs’ "),
            Representation::Scalars(scalars) => named(scalars.observables.clone(), ""),
        },
        Input::Any(Any::Columns(columns)) => {
            let names = columns.features.iter().enumerate();
            names
                .map(|(place, name)| (place, text::literal(name)))
                .collect()
        }
        Input::Any(Any::Array(array)) => {
            let pieces = array.pieces(&input.input).into_iter().enumerate();
            pieces
                .map(|(place, (name, _))| (place, text::literal(&name)))
                .collect()
        }
        Input::Any(Any::Graph(graph)) => match graph.onnx.part(&input.input) {
            Some(Part::EdgeAttr) => named(graph.edge_features.clone(), "edges’ "),
            _ => named(graph.nodes.clone(), "nodes’ "),
        },
    }
}

/// The place of a number of an input among its features.
pub(super) fn feature_of(input: &InputResult, element: usize) -> usize {
    match &input.representation {
        Input::Jets(Representation::Particles(list)) => list.feature_of(element),
        Input::Jets(Representation::Pairs(pairs)) => element / (pairs.count * pairs.count).max(1),
        Input::Jets(_) => element,
        Input::Any(Any::Columns(columns)) => columns
            .feature_of()
            .get(element)
            .copied()
            .unwrap_or(element),
        Input::Any(Any::Array(array)) => {
            let pieces = array.pieces(&input.input);
            let place = pieces
                .iter()
                .position(|(_, range)| range.contains(&element));
            place.unwrap_or(0)
        }
        Input::Any(Any::Graph(_)) => element % input.shape.last().copied().unwrap_or(1).max(1),
    }
}

/// One number for each feature: the sum over the particles, the pairs, the nodes.
pub(super) fn sums(view: &View<'_>, input: &InputResult, values: &[f64]) -> Vec<f64> {
    let count = features(view, input)
        .last()
        .map_or(0, |(place, _)| place + 1);
    let count = match &input.representation {
        Input::Jets(Representation::Particles(particles)) => particles.names().len(),
        Input::Jets(Representation::Pairs(pairs)) => pairs.names().len(),
        Input::Jets(_) => return values.to_vec(),
        Input::Any(_) => count,
    };
    let mut out = vec![0.0; count];
    for (i, value) in values.iter().enumerate() {
        if let Some(sum) = out.get_mut(feature_of(input, i)) {
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
    use super::*;
    use crate::explain::result::sample::sample;

    fn sums_of(representation: &str, shape: &[usize], values: &[f64]) -> Vec<f64> {
        let result = sample();
        let input = InputResult {
            shape: shape.to_vec(),
            representation: toml::from_str(representation).unwrap(),
            ..result.inputs[0].clone()
        };
        sums(&View::new(&result), &input, values)
    }

    #[test]
    fn particles_are_summed_in_either_layout() {
        let list = "kind = 'particles'\ncount = 3\nfeatures = ['pt', 'delta_r']";
        let values = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0];
        assert_eq!(sums_of(list, &[2, 3], &values), [6.0, 60.0]);
        let last = format!("{list}\nlayout = 'particles-first'");
        let values = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0];
        assert_eq!(sums_of(&last, &[3, 2], &values), [6.0, 60.0]);
    }

    #[test]
    fn categories_nodes_and_sites_are_summed() {
        let columns = "kind = 'columns'\nfeatures = ['a', 'b']\ncategories = { a = [0, 1, 2] }";
        assert_eq!(sums_of(columns, &[4], &[1.0, 2.0, 3.0, 4.0]), [6.0, 4.0]);
        let graph = "kind = 'graph'\nnodes = ['a', 'b']";
        assert_eq!(sums_of(graph, &[2], &[1.0, 2.0, 3.0, 4.0]), [4.0, 6.0]);
        let array = "kind = 'array'\nshape = [16]";
        let pieces = sums_of(array, &[16], &[1.0; 16]);
        assert_eq!(pieces, [2.0; 8]);
    }
}
