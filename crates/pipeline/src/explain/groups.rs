//! Which numbers of a model's inputs are told of together.

use pellucid_explain::Group;
use pellucid_observables::Representation;
use pellucid_observables::jets::lund::LundImage;

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
    let mut all = Vec::new();
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
            Representation::Particles(particles) => {
                let names = particles.names();
                let axis = usize::from(shape[0] != names.len());
                Group::channels(&shape, axis, &names)
            }
            Representation::Lund(image) => lund_blocks(image),
            Representation::Pairs(pairs) => Group::channels(&shape, 0, &pairs.names()),
            Representation::Scalars(scalars) => Group::columns(&scalars.observables),
        };
        all.extend(own.into_iter().map(|group| {
            Group {
                elements: group
                    .elements
                    .into_iter()
                    .map(|(_, element)| (input, element))
                    .collect(),
                ..group
            }
        }));
    }
    all
}
