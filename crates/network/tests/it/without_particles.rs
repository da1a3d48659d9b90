//! Events without particles: a side of length 0 gives numbers, or an error that
//! says what is missing, never a panic.

use pellucid_core::Tensor;
use pellucid_network::onnx::{self, ImportSettings, import_like};
use pellucid_network::transform::{Propagation, Seed, gradient, logits, relevance};
use pellucid_network::{Executor, Graph, NetworkError, ValueId};
use pellucid_onnx::Model;

use crate::fixture::{EXPORTERS, fixture};
use crate::taggers::TAGGERS;

/// The model for three events without particles, if it can be read so.
fn empty(file: &str) -> Result<Graph, NetworkError> {
    let model = Model::read(fixture("taggers", file)).unwrap();
    let types = onnx::input_types(&model).unwrap();
    let shapes: Vec<Vec<usize>> = types
        .iter()
        .map(|(_, ty)| {
            let sides = ty.shape.iter().enumerate();
            let open = |i: usize| if i == 0 { 3 } else { 0 };
            sides
                .map(|(i, side)| side.known().unwrap_or(open(i)))
                .collect()
        })
        .collect();
    let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    import_like(model, &shapes, &ImportSettings::default())
}

fn call(graph: &Graph) -> Result<Vec<Tensor<f64>>, NetworkError> {
    let inputs: Vec<Tensor<f64>> = graph
        .inputs()
        .iter()
        .map(|&id| {
            let sides = graph.shape(id).iter().enumerate();
            let open = |i: usize| if i == 0 { 3 } else { 0 };
            let shape: Vec<usize> = sides
                .map(|(i, side)| side.known().unwrap_or(open(i)))
                .collect();
            let count = shape.iter().product();
            Tensor::new(shape, vec![0.5; count])
        })
        .collect();
    Executor::new(graph).call(&inputs.iter().collect::<Vec<_>>())
}

/// Forward, gradient and relevance.
fn all(graph: &Graph) -> Result<(), NetworkError> {
    call(graph)?;
    let wrt: Vec<ValueId> = graph.inputs().to_vec();
    let mut made = graph.clone();
    let of = made.outputs()[0];
    let z = logits(&mut made, of)?;
    let slopes = gradient(&mut made, z, &wrt, None)?;
    made.set_outputs(slopes);
    call(&made)?;
    let mut made = graph.clone();
    let z = logits(&mut made, of)?;
    let found = relevance(&mut made, z, &wrt, &Propagation::default(), Seed::Value)?;
    made.set_outputs(found.maps);
    call(&made)?;
    Ok(())
}

#[test]
fn taggers_of_no_particles_run_or_say_why_not() {
    let mut ran = 0;
    for name in TAGGERS {
        for exporter in EXPORTERS {
            let file = format!("{name}.{exporter}.onnx");
            match empty(&file).and_then(|graph| all(&graph)) {
                Ok(()) => ran += 1,
                Err(error) => {
                    let said = error.to_string();
                    println!("{file}: {said}");
                    assert!(said.contains('`'), "{file}: {said}");
                }
            }
        }
    }
    // Those that sum over particles, and those that have none.
    assert!(ran >= 6, "{ran}");
}
