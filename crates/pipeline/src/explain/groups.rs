//! Which numbers of a model's inputs are told of together.

use pellucid_explain::Group;
use pellucid_explain::permutation::FeatureGroup;
use pellucid_observables::jets::lund::LundImage;
use pellucid_observables::{ParticleList, Representation};

use crate::input_spec::array::Array;
use crate::input_spec::columns::Columns;
use crate::input_spec::demand::{EVENT, edges_of, nodes_of};
use crate::input_spec::graph::{Edges, Part};
use crate::input_spec::{Any, Input, Port};
use crate::tagger::Tagger;

/// Blocks of the Lund plane along each side.
const LUND_BLOCKS: usize = 4;

/// Blocks of a Lund image, named by their angles and momenta.
fn lund_blocks(image: &LundImage) -> Vec<Group> {
    let side = image.bins.div_ceil(LUND_BLOCKS);
    let blocks = image.bins.div_ceil(side);
    let range = |[low, high]: [f64; 2], place: usize| {
        let edge =
            |pixel: usize| low + (high - low) * pixel.min(image.bins) as f64 / image.bins as f64;
        [edge(place * side), edge((place + 1) * side)]
    };
    let mut groups = Group::blocks(1, image.bins, image.bins, side);
    for (i, group) in groups.iter_mut().enumerate() {
        let [a, b] = range(image.angles, i % blocks);
        let [c, d] = range(image.kts, i / blocks);
        group.name = format!(r"${a:.1} < \ln R/\Delta < {b:.1},\; {c:.1} < \ln k_T < {d:.1}$");
    }
    groups
}

/// Blocks of a field along each side.
const FIELD_BLOCKS: usize = 4;

/// The groups of input numbers that rankings are of: features, rings
/// of pixels about the axis, blocks of the Lund plane or of a field. `lengths` are the
/// numbers of one event's inputs in the data.
pub(super) fn groups(tagger: &Tagger, rings: usize, lengths: &[usize]) -> Vec<Group> {
    let mut all: Vec<Group> = Vec::new();
    for (input, port) in tagger.ports.iter().enumerate() {
        let own = match &port.input {
            Input::Jets(representation) => of_jets(tagger, input, representation, rings),
            Input::Any(any) => of_any(port, any, lengths.get(input).copied().unwrap_or(0)),
        };
        for group in own {
            let elements = group
                .elements
                .into_iter()
                .map(|(_, element)| (input, element));
            let list = matches!(&port.input, Input::Jets(Representation::Particles(_)));
            match all.iter_mut().find(|other| other.name == group.name) {
                // A variable of several lists is one: they are views of the same
                // particles.
                Some(other) if list => other.elements.extend(elements),
                _ => all.push(Group {
                    elements: elements.collect(),
                    name: group.name,
                }),
            }
        }
    }
    all
}

fn of_jets(
    tagger: &Tagger,
    input: usize,
    representation: &Representation,
    rings: usize,
) -> Vec<Group> {
    match representation {
        Representation::Image(image) => {
            let channels = image.channels.len();
            let mut groups = Group::rings(channels, image.pixels, image.pixels, rings);
            for (i, group) in groups.iter_mut().enumerate() {
                let edge = |i: usize| image.half_width * i as f64 / rings as f64;
                group.name = if i + 1 == rings {
                    format!("$r > {:.2}$", edge(i))
                } else {
                    format!("${:.2} < r < {:.2}$", edge(i), edge(i + 1))
                };
            }
            groups
        }
        Representation::Particles(particles) => of_particles(tagger, input, particles),
        Representation::Mask(_) => Vec::new(),
        Representation::Lund(image) => lund_blocks(image),
        Representation::Pairs(pairs) => Group::channels(&representation.shape(), 0, &pairs.names()),
        Representation::Scalars(scalars) => Group::columns(&scalars.observables),
    }
}

/// Groups of the numbers of one input of any kind; it has `length` of them.
fn of_any(port: &Port, any: &Any, length: usize) -> Vec<Group> {
    match any {
        Any::Columns(columns) => {
            let features = columns.feature_of();
            feature_groups_of_columns(columns)
                .into_iter()
                .map(|group| {
                    let member = |&element: &usize| {
                        group
                            .features
                            .contains(&columns.features[features[element]])
                    };
                    Group::new(group.name, (0..features.len()).filter(member))
                })
                .collect()
        }
        Any::Array(array) => of_array(&port.name, array),
        Any::Graph(graph) => {
            let names = match port.part {
                Some(Part::X) => &graph.nodes,
                Some(Part::EdgeAttr) => &graph.edge_features,
                _ => return Vec::new(),
            };
            let width = names.len().max(1);
            let of = |(place, name): (usize, &String)| {
                let name = match port.part {
                    Some(Part::X) => name.clone(),
                    _ => format!("edges’ {name}"),
                };
                Group::new(name, (place..length).step_by(width))
            };
            names.iter().enumerate().map(of).collect()
        }
    }
}

/// Blocks of a picture, pieces of another array, or its channels.
fn of_array(input: &str, array: &Array) -> Vec<Group> {
    let channels = array.channel_count();
    if let Some([height, width]) = array.picture() {
        let side = height.max(width).div_ceil(FIELD_BLOCKS);
        return Group::blocks(channels, height, width, side);
    }
    let pieces = array.pieces(input).into_iter();
    pieces
        .map(|(name, range)| Group::new(name, range))
        .collect()
}

/// Columns that move together: those that the specification joins, each other by itself.
fn feature_groups_of_columns(columns: &Columns) -> Vec<FeatureGroup> {
    let group = |name: &String, features: Vec<String>| FeatureGroup {
        name: name.clone(),
        collection: EVENT.to_owned(),
        features,
    };
    let joined = columns.groups.values().flatten();
    let joined: Vec<&String> = joined.collect();
    let alone = columns
        .features
        .iter()
        .filter(|name| !joined.contains(name));
    let alone = alone.map(|name| group(name, vec![name.clone()]));
    let named = columns
        .groups
        .iter()
        .map(|(name, members)| group(name, members.clone()));
    named.chain(alone).collect()
}

/// The features of collections that are exchanged between events; those of several inputs
/// are one where they are of one collection.
pub(super) fn feature_groups(tagger: &Tagger) -> Vec<FeatureGroup> {
    let mut all: Vec<FeatureGroup> = Vec::new();
    for (name, input) in &tagger.spec.inputs {
        let Input::Any(any) = input else { continue };
        let own = match any {
            Any::Columns(columns) => feature_groups_of_columns(columns),
            Any::Array(_) => Vec::new(),
            Any::Graph(graph) => {
                let of = |collection: String, names: &[String], before: &str| {
                    let group = |feature: &String| FeatureGroup {
                        name: format!("{before}{feature}"),
                        collection: collection.clone(),
                        features: vec![feature.clone()],
                    };
                    names.iter().map(group).collect::<Vec<_>>()
                };
                let mut groups = of(nodes_of(name), &graph.nodes, "");
                if matches!(graph.edges, Some(Edges::Columns { .. })) {
                    groups.extend(of(edges_of(name), &graph.edge_features, "edges’ "));
                }
                groups
            }
        };
        for group in own {
            if !all.contains(&group) {
                all.push(group);
            }
        }
    }
    all
}

/// The groups of the numbers of arrays alone.
pub(super) fn of_arrays(tagger: &Tagger, groups: Vec<Group>) -> Vec<Group> {
    let of_array = |&(input, _): &(usize, usize)| {
        let port = &tagger.ports[input].input;
        matches!(port, Input::Any(Any::Array(_)))
    };
    let groups = groups.into_iter();
    groups
        .filter(|group| group.elements.iter().any(of_array))
        .collect()
}

/// One group for each variable of a list that the files tell; a mask and what has
/// its pad value everywhere are no groups.
fn of_particles(tagger: &Tagger, input: usize, list: &ParticleList) -> Vec<Group> {
    if tagger.is_held(input) {
        return Vec::new();
    }
    let volume: usize = list.shape().iter().product();
    let names = list.names().into_iter().enumerate();
    names
        .filter(|(_, name)| tagger.tells(input, name))
        .map(|(feature, name)| {
            Group::new(name, (0..volume).filter(|&i| list.feature_of(i) == feature))
        })
        .collect()
}

/// The same groups by the places of the explained inputs, as attributions have
/// them; what is held is left out.
pub(super) fn of_explained(groups: Vec<Group>, free: &[usize]) -> Vec<Group> {
    let of = |group: Group| {
        let elements = group.elements.into_iter().filter_map(|(input, element)| {
            let place = free.iter().position(|&other| other == input)?;
            Some((place, element))
        });
        Group {
            elements: elements.collect(),
            name: group.name,
        }
    };
    let groups = groups.into_iter().map(of);
    groups.filter(|group| !group.elements.is_empty()).collect()
}
