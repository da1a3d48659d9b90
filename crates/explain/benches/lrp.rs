//! Relevance of 250 images of 28 × 28 in a CNN (16@3×3, 32@3×3, dense 64, 10
//! classes), weights and images of an integer hash: the work of `lrp_peer.py`
//! beside this file, which does it with zennit.
//!
//! `cargo bench -p pellucid-explain --bench lrp -- [threads] [repeats]` prints
//! wall and processor time per call in milliseconds (median, and the least),
//! and the sum of all `|R|`, which must be zennit's to single precision.

mod measure;

use measure::{absolute_sum, arguments, fill, timed, uniform};
use pellucid_core::{Job, Tensor};
use pellucid_explain::method::{CompositeName, LrpAlphaBeta, LrpComposite, LrpEpsilon, LrpZPlus};
use pellucid_explain::{Explained, Inference, Method};
use pellucid_network::layers::{Activation, Architecture, Convolution, Layer, Pooling};

const IMAGES: usize = 250;

fn convolution(filters: usize) -> Layer {
    Layer::Conv2d(Convolution {
        activation: Some(Activation::Relu),
        ..Convolution::new(filters, 3).padding(1)
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = arguments();
    let threads = arguments.first().map_or(Ok(1), |a| a.parse())?;
    let repeats: usize = arguments.get(1).map_or(Ok(10), |a| a.parse())?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()?;

    let layers = vec![
        convolution(16),
        Layer::MaxPool(Pooling::new(2)),
        convolution(32),
        Layer::MaxPool(Pooling::new(2)),
        Layer::Dense {
            units: 64,
            activation: Some(Activation::Relu),
        },
    ];
    let mut graph = Architecture::new(layers).build(&[1, 28, 28], 10, 0)?;
    fill(&mut graph, &[9.0, 144.0, 1568.0, 64.0]);
    let x = [Tensor::new(
        vec![IMAGES, 1, 28, 28],
        uniform(1000, IMAGES * 28 * 28),
    )];
    let model = Explained::new(&graph, Some(3), Inference::default())?;

    let plus_flat = LrpComposite {
        composite: CompositeName::EpsilonPlusFlat,
        ..LrpComposite::default()
    };
    let methods: [(&str, Method); 4] = [
        ("epsilon", LrpEpsilon::default().into()),
        ("alpha2-beta1", LrpAlphaBeta::default().into()),
        ("z-plus", LrpZPlus::default().into()),
        ("epsilon-plus-flat", plus_flat.into()),
    ];
    for (name, method) in methods {
        let explainer = model.prepare(&method)?;
        let (found, times) = timed(repeats, || explainer.explain(&x, &Job::silent()))?;
        println!("{name} {times} sum={:.5}", absolute_sum(&found.values[0]));
    }
    Ok(())
}
