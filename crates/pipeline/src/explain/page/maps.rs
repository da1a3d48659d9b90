//! Where the model looks: maps of images, bars of other inputs.

use std::ops::Range;

use pellucid_core::Estimate;
use pellucid_core::statistics::quantiles;
use pellucid_report::figure::{Axis, Colours, MapGroup};
use pellucid_report::page::{Block, Choice, Look, Picker};
use pellucid_report::{Figure, Section, number, text};

use super::plane::{Picture, Plane};
use super::{View, features, names};
use crate::explain::result::{
    AttributionResult, CorrelationResult, InputResult, MethodResult, read,
};

pub(super) fn section(view: &View<'_>) -> Option<Section> {
    let attribution = view.result.attribution.as_ref()?;
    let mut section = Section::new(&view.title(&format!("Where the {} looks", view.model)));
    if let Some(outside) = attribution.outside_window {
        let percent = Estimate::new(100.0 * outside.value, 100.0 * outside.error);
        section = section.add(format!(
            "The window of the images leaves out {} % of {}’s transverse momentum on average.",
            bracketed(percent),
            view.a_one
        ));
    }
    for (place, input) in view.result.inputs.iter().enumerate() {
        let blocks = match Picture::of(&input.representation) {
            _ if input.held => Vec::new(),
            Some(picture) => of_picture(view, attribution, (place, input), picture),
            None => of_features(view, attribution, (place, input)),
        };
        for block in blocks {
            section = section.add(block);
        }
    }
    Some(section)
}

/// Diverging colours that all but one value in two hundred fit into: a single
/// pixel would make all others pale.
pub(super) fn limits<'a>(values: impl IntoIterator<Item = &'a f64>) -> Colours {
    Colours::symmetric(&[limit(values)])
}

/// The modulus that one in two hundred of the values that are not zero exceeds.
pub(super) fn limit<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    let moduli: Vec<f64> = values
        .into_iter()
        .map(|x| x.abs())
        .filter(|x| x.is_finite() && *x > 0.0)
        .collect();
    if moduli.is_empty() {
        0.0
    } else {
        quantiles(&moduli, &[0.995])[0]
    }
}

/// `(0.31 ± 0.02)`, in front of a unit.
fn bracketed(estimate: Estimate) -> String {
    let written = number::estimate(estimate);
    if written.contains('±') {
        format!("({written})")
    } else {
        written
    }
}

fn of_picture(
    view: &View<'_>,
    attribution: &AttributionResult,
    (place, input): (usize, &InputResult),
    picture: Picture<'_>,
) -> Vec<Block> {
    let plane = Plane::of(picture);
    let input = (place, input);
    let mut blocks: Vec<Block> = class_means(view, attribution, input, picture)
        .into_iter()
        .map(Block::from)
        .collect();
    let mut picker = Picker::new(Look::Tabs, "Mean attribution: choose a method");
    for method in &attribution.methods {
        let figure = mean_attribution(view, attribution, input, plane, method);
        picker = figure.into_iter().fold(picker, |picker, figure| {
            picker.choice(Choice::new(&names::method(&method.method)).add(figure))
        });
    }
    blocks.push(picker.into());
    let own = |it: &&CorrelationResult| it.input == input.1.input;
    if let Some(correlation) = attribution.correlation.iter().find(own) {
        blocks.push(correlation_map(view, attribution, place, plane, correlation).into());
    }
    blocks.extend(activating(view, attribution, place, picture).map(Block::from));
    blocks
}

/// The mean picture of signal and background, of the jets that were explained.
fn class_means(
    view: &View<'_>,
    attribution: &AttributionResult,
    (place, input): (usize, &InputResult),
    picture: Picture<'_>,
) -> Option<Figure> {
    let mut means = attribution.mean_inputs.iter();
    let mean = means.find(|mean| mean.input == input.input)?;
    let means = [&mean.signal, &mean.background].map(|mean| read(mean));
    let plane = Plane::of(picture);
    let [signal, background] = view.classes();
    let pictures = [(signal, &means[0]), (background, &means[1])]
        .map(|(class, mean)| (class, "mean".to_owned(), mean.as_slice()));
    let groups = plane.pictures(&pictures, |channel| largest(&means, channel));
    let maps = plane.maps(
        &format!("The mean {} of both classes.", view.one),
        &format!(
            "{}, as the {} sees them.",
            view.counted(attribution.events),
            view.model
        ),
        groups,
    );
    Some(maps.figure(&view.id(&format!("mean-image-{place}"))))
}

/// The brightest pixel of a channel.
fn largest<T: AsRef<[f64]>>(pictures: &[T], channel: Range<usize>) -> f64 {
    let pixels = pictures
        .iter()
        .filter_map(|picture| picture.as_ref().get(channel.clone()));
    pixels.flatten().copied().fold(0.0, f64::max)
}

fn mean_attribution(
    view: &View<'_>,
    attribution: &AttributionResult,
    (place, input): (usize, &InputResult),
    plane: Plane<'_>,
    method: &MethodResult,
) -> Option<Figure> {
    let mut maps = method.maps.iter();
    let maps = maps.find(|maps| maps.input == input.input)?;
    let maps = [&maps.signal, &maps.background].map(|map| read(map));
    let [signal, background] = view.classes();
    let name = names::method(&method.method);
    let group = MapGroup {
        label: "mean attribution".to_owned(),
        unit: names::method_unit(&method.method).to_owned(),
        colours: limits(maps.iter().flatten()),
        maps: [(&signal, &maps[0]), (&background, &maps[1])]
            .into_iter()
            .flat_map(|(class, values)| plane.maps_of(class, sum_note, values))
            .collect(),
    };
    let caption = format!(
        "Mean over the {} of each class among {}; both maps have the same limits, red speaks for {signal}.",
        view.many,
        view.counted(attribution.events)
    );
    let figure = plane
        .maps(
            &format!("Mean attribution by {name}."),
            &caption,
            vec![group],
        )
        .figure(&view.id(&format!("attribution-{}-{place}", method.method)));
    Some(figure)
}

fn sum_note(values: &[f64]) -> String {
    format!("sum {}", number::significant(values.iter().sum(), 3))
}

fn correlation_map(
    view: &View<'_>,
    attribution: &AttributionResult,
    input: usize,
    plane: Plane<'_>,
    correlation: &CorrelationResult,
) -> Figure {
    let (all, errors) = (read(&correlation.all), read(&correlation.error));
    let largest = all
        .iter()
        .enumerate()
        .filter(|(_, r)| r.is_finite())
        .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    let said = largest.map_or_else(String::new, |(i, &r)| {
        let error = errors.get(i).copied().unwrap_or(f64::NAN);
        format!(
            " The largest modulus is {}; in {} models with random weights it is {}.",
            number::estimate(Estimate::new(r.abs(), error)),
            attribution.random_models,
            number::estimate(Estimate::new(
                correlation.random_largest.mean,
                correlation.random_largest.spread
            ))
        )
    });
    let group = MapGroup {
        label: "Pearson’s correlation".to_owned(),
        unit: String::new(),
        colours: Colours::symmetric(&all),
        maps: plane.maps_of(
            &text::literal(&correlation.input),
            |_| "pixel with logit".to_owned(),
            &all,
        ),
    };
    plane
        .maps(
            "Correlation of each pixel with the logit.",
            &format!(
                "{}, both classes together.{said}",
                view.counted(attribution.events)
            ),
            vec![group],
        )
        .figure(&view.id(&format!("correlation-{input}")))
}

/// The average pictures that the nodes of the last hidden layer answer to.
fn activating(
    view: &View<'_>,
    attribution: &AttributionResult,
    input: usize,
    picture: Picture<'_>,
) -> Option<Figure> {
    let plane = Plane::of(picture);
    let nodes: Vec<_> = attribution
        .most_activating
        .iter()
        .filter_map(|node| Some((node, node.average.get(input)?)))
        .collect();
    let (first, _) = nodes.first()?;
    let averages: Vec<Vec<f64>> = nodes.iter().map(|(_, average)| read(average)).collect();
    let pictures: Vec<(String, String, &[f64])> = nodes
        .iter()
        .zip(&averages)
        .map(|((node, _), average)| {
            let note = format!(
                "{:.0} ± {:.0} % signal, $r$ {}",
                100.0 * node.signal_fraction.value,
                100.0 * node.signal_fraction.error,
                number::significant(node.correlation.value, 2)
            );
            (format!("Node {}", node.node), note, average.as_slice())
        })
        .collect();
    let groups = plane.pictures(&pictures, |channel| largest(&averages, channel));
    let caption = format!(
        "Average of the {} that activate a node of the last hidden layer most, out of {}; the nodes that follow \
         the logit most closely. Signal: the share of signal among these {}; $r$: the node’s correlation with \
         the logit over all of them.",
        view.counted(first.events),
        view.counted(attribution.events),
        view.many
    );
    Some(
        plane
            .maps("What the last hidden layer answers to.", &caption, groups)
            .figure(&view.id(&format!("most-activating-{input}"))),
    )
}

/// Mean attribution of features, particles summed.
fn of_features(
    view: &View<'_>,
    attribution: &AttributionResult,
    (place, input): (usize, &InputResult),
) -> Vec<Block> {
    let names_of = features::features(view, input);
    let classes = view.classes();
    let mut picker = Picker::new(Look::Tabs, "Mean attribution: choose a method");
    for method in &attribution.methods {
        let Some(maps) = method.maps.iter().find(|maps| maps.input == input.input) else {
            continue;
        };
        let sums =
            [&maps.signal, &maps.background].map(|map| features::sums(view, input, &read(map)));
        let values = names_of
            .iter()
            .flat_map(|&(i, ref name)| {
                [0, 1].map(|class| (format!("{name}, {}", classes[class]), sums[class][i]))
            })
            .collect();
        let name = names::method(&method.method);
        let figure = features::bars(
            &format!("Mean attribution by {name} to `{}`.", maps.input.replace('`', "")),
            &format!(
                "Mean over the {} of each class among {}, summed over particles where there are any.",
                view.many,
                view.counted(attribution.events)
            ),
            Axis::new("mean attribution", names::method_unit(&method.method)),
            values,
        )
        .figure(&view.id(&format!("attribution-{}-{place}", method.method)));
        picker = picker.choice(Choice::new(&name).add(figure));
    }
    let mut blocks = vec![picker.into()];
    blocks.extend(
        attribution
            .correlation
            .iter()
            .find(|correlation| correlation.input == input.input)
            .map(|correlation| strongest(view, attribution, input, correlation)),
    );
    blocks
}

/// For each feature the correlation with the logit that is the strongest.
fn strongest(
    view: &View<'_>,
    attribution: &AttributionResult,
    input: &InputResult,
    correlation: &CorrelationResult,
) -> Block {
    let names_of = features::features(view, input);
    let all = read(&correlation.all);
    let of = |feature: usize| {
        (0..all.len())
            .filter(|&i| feature == features::feature_of(input, i))
            .map(|i| all[i])
            .filter(|r| r.is_finite())
            .max_by(|a, b| a.abs().total_cmp(&b.abs()))
            .unwrap_or(f64::NAN)
    };
    let values = names_of
        .iter()
        .map(|&(i, ref name)| (name.clone(), of(i)))
        .collect();
    features::bars(
        &format!(
            "Correlation of the numbers of `{}` with the logit.",
            correlation.input.replace('`', "")
        ),
        &format!(
            "{}; of particles the one that correlates most. The largest modulus of models with random weights \
             is {}.",
            view.counted(attribution.events),
            number::estimate(Estimate::new(
                correlation.random_largest.mean,
                correlation.random_largest.spread
            ))
        ),
        Axis::new("Pearson’s correlation", ""),
        values,
    )
    .figure(&view.id(&format!("correlation-{}", correlation.input)))
    .into()
}
