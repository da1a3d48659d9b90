//! Which numbers of a model's inputs are told of together.

use pellucid_explain::Group;
use pellucid_observables::jets::lund::LundImage;
use pellucid_observables::{ParticleList, Representation};

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

/// The groups of input numbers that importance is told of: features, rings
/// of pixels about the axis, or blocks of the Lund plane.
pub(super) fn groups(tagger: &Tagger, rings: usize) -> Vec<Group> {
    let mut all: Vec<Group> = Vec::new();
    for (input, representation) in tagger.representations.iter().enumerate() {
        let shape = representation.shape();
        let own = match representation {
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
            Representation::Pairs(pairs) => Group::channels(&shape, 0, &pairs.names()),
            Representation::Scalars(scalars) => Group::columns(&scalars.observables),
        };
        for group in own {
            let elements = group
                .elements
                .into_iter()
                .map(|(_, element)| (input, element));
            match (
                representation,
                all.iter_mut().find(|other| other.name == group.name),
            ) {
                // A variable of several lists is one: they are views of the same
                // particles.
                (Representation::Particles(_), Some(other)) => other.elements.extend(elements),
                _ => all.push(Group {
                    elements: elements.collect(),
                    name: group.name,
                }),
            }
        }
    }
    all
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
