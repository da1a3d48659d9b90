//! What does Pellucid make of my ONNX file, and can my runtime explain with it?
//!
//! ```text
//! cargo run --example rewrite_onnx -- tagger.onnx again.onnx            # the same network
//! cargo run --example rewrite_onnx -- tagger.onnx again.onnx gradient   # its gradient as a network
//! ```
//!
//! With `gradient` the written network has a further input `cotangent` of the
//! output's shape, and one output per input: the gradient of
//! `Σ cotangent · output`.

use pellucid_network::graph::Type;
use pellucid_network::{onnx, transform};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, rest @ ..] = arguments.as_slice() else {
        return Err("usage: rewrite_onnx IN.onnx OUT.onnx [gradient]".into());
    };
    let mut graph = onnx::read(from)?;
    if rest == ["gradient"] {
        let output = graph.outputs()[0];
        let inputs = graph.inputs().to_vec();
        let cotangent = graph.input("cotangent", Type::real(graph.shape(output).to_vec()));
        let gradients = transform::gradient(&mut graph, output, &inputs, Some(cotangent))?;
        for (&input, &gradient) in inputs.iter().zip(&gradients) {
            let name = format!("gradient.{}", graph.value(input).name);
            graph.rename(gradient, &name);
        }
        graph.set_outputs(gradients);
    }
    onnx::write(to, &graph)?;
    println!(
        "{} nodes, {} weights",
        graph.nodes().len(),
        graph.parameter_count()
    );
    Ok(())
}
