//! Integrated gradients of an MLP 30-128-128-64-1: 50 midpoint steps for 256
//! events, weights and data of an integer hash, the same work as `ig_peer.py`
//! beside this file does in PyTorch.
//!
//! `cargo bench -p pellucid-explain --bench ig -- [threads] [repeats] [rows…]`
//! prints wall and processor time per call in milliseconds (median, and the
//! least), and the sum of all `|A|`, which must be PyTorch's; for as many rows
//! at once as fit the cache, and for those given.

mod measure;

use measure::{absolute_sum, arguments, fill, timed, uniform};
use pellucid_core::{Job, Tensor};
use pellucid_explain::method::{IntegratedGradients, Quadrature};
use pellucid_explain::{Explained, Inference};
use pellucid_network::layers::{Activation, Architecture};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = arguments();
    let threads = arguments.first().map_or(Ok(1), |a| a.parse())?;
    let repeats: usize = arguments.get(1).map_or(Ok(40), |a| a.parse())?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()?;

    let mut graph = Architecture::dense(&[128, 128, 64], Activation::Relu).build(&[30], 1, 0)?;
    fill(&mut graph, &[30.0, 128.0, 128.0, 64.0]);
    let x: Vec<f32> = uniform(1000, 256 * 30).iter().map(|x| 2.0 * x).collect();
    let x = [Tensor::new(vec![256, 30], x)];

    let rows = arguments.iter().skip(2).map(|rows| rows.parse().map(Some));
    let mut batches = vec![None];
    batches.extend(rows.collect::<Result<Vec<_>, _>>()?);
    for batch in batches {
        let model = Explained::new(
            &graph,
            None,
            Inference {
                batch,
                ..Inference::default()
            },
        )?;
        let method = IntegratedGradients::fixed(50, Quadrature::Midpoint).into();
        let explainer = model.prepare(&method)?;
        let (found, times) = timed(repeats, || explainer.explain(&x, &Job::silent()))?;
        let sum = absolute_sum(&found.values[0]);
        let batch = batch.map_or("auto".to_owned(), |rows| rows.to_string());
        println!("ig50x256 batch={batch} {times} sum={sum:.5}");
    }
    Ok(())
}
