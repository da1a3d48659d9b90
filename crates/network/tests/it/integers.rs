//! Integers that are computed in the run, against onnxruntime; see
//! `fixtures/integers/make.py` and, for those of quantised models,
//! `fixtures/integers/make_quantised.py`.

use pellucid_network::transform::gradient;
use pellucid_network::{Graph, Real, onnx};
use pellucid_onnx::Model;

use crate::fixture::{Numbers, difference, fixture, run};

fn graph(name: &str) -> Graph {
    onnx::read(fixture("integers", &format!("{name}.onnx"))).unwrap()
}

/// What is wrong with the outputs of a graph: integers must be equal, real
/// numbers to what single precision rounds.
fn wrong<T: Real>(graph: &Graph, name: &str) -> Vec<String> {
    let numbers = Numbers::open(&fixture("integers", &format!("{name}.safetensors")));
    let outputs = run(graph, &numbers.inputs::<T>(graph));
    let mut wrong = Vec::new();
    for (&id, output) in graph.outputs().iter().zip(&outputs) {
        let name = &graph.value(id).name;
        let expected = numbers.get(&format!("output.{name}"));
        if output.shape() != expected.shape() {
            wrong.push(format!(
                "{name}: {:?}, {:?}",
                output.shape(),
                expected.shape()
            ));
            continue;
        }
        let whole = expected.data().iter().all(|x| x.fract() == 0.0);
        let off = difference(output, expected);
        if off > if whole { 0.0 } else { 1e-6 } {
            wrong.push(format!(
                "{name}: {:?}, {:?}",
                output.data(),
                expected.data()
            ));
        }
    }
    wrong
}

#[test]
fn every_operation_on_integers_gives_the_numbers_of_onnxruntime() {
    for (name, least) in [("integers", 60), ("quantised", 20)] {
        let graph = graph(name);
        assert!(graph.outputs().len() >= least);
        assert_eq!(wrong::<f64>(&graph, name), [""; 0]);
        assert_eq!(wrong::<f32>(&graph, name), [""; 0]);
    }
}

#[test]
fn operations_on_integers_come_back_from_a_written_file() {
    for name in ["integers", "quantised"] {
        let written = onnx::export(&graph(name)).unwrap().encode();
        let again = onnx::decode(&written).unwrap();
        assert_eq!(wrong::<f32>(&again, name), [""; 0]);
    }
}

#[test]
fn gradients_pass_the_arithmetic_of_quantised_integers() {
    let graph = graph("quantised");
    let numbers = Numbers::open(&fixture("integers", "quantised.safetensors"));
    // A step of 0.02, and a quotient by 7.
    for (name, slope) in [("Cast_int8_to_int16", 50.0), ("Div_int32", 50.0 / 7.0)] {
        let mut graph = graph.clone();
        let (x, y) = (graph.find("x").unwrap(), graph.find(name).unwrap());
        let map = gradient(&mut graph, y, &[x], None).unwrap()[0];
        graph.set_outputs(vec![map]);
        let found = run(&graph, &numbers.inputs::<f64>(&graph));
        let within = numbers.get("input.x").data().iter().zip(found[0].data());
        // Some numbers are cut at the limits of the type.
        let within = within.filter(|(x, _)| (-2.4..2.5).contains(*x));
        for (x, found) in within {
            // The step is of single precision.
            assert!((found - slope).abs() < 1e-5, "{name} at {x}: {found}");
        }
    }
}

#[test]
fn a_product_of_integers_beyond_32_bits_ends_the_run_with_the_node() {
    let mut model = Model::read(fixture("integers", "integers.onnx")).unwrap();
    model.keep_outputs(&["Mul"]).unwrap();
    let graph = onnx::import(model).unwrap();
    let numbers = Numbers::open(&fixture("integers", "integers.safetensors"));
    let mut inputs = numbers.inputs::<f64>(&graph);
    let ids = graph
        .inputs()
        .iter()
        .position(|&id| graph.value(id).name == "ids")
        .unwrap();
    inputs[ids].data_mut()[0] = 65_536.0;
    let inputs: Vec<_> = inputs.iter().collect();
    let said = pellucid_network::Executor::new(&graph)
        .call(&inputs)
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("node `n") && said.contains("32 bits"),
        "{said}"
    );
}

#[test]
fn integers_of_the_run_are_constants_to_gradient_and_relevance() {
    use pellucid_network::transform::{Propagation, Seed, relevance};
    let mut model = Model::read(fixture("integers", "integers.onnx")).unwrap();
    model.keep_outputs(&["mean_of_present"]).unwrap();
    let graph = onnx::import(model).unwrap();
    let numbers = Numbers::open(&fixture("integers", "integers.safetensors"));
    let inputs = numbers.inputs::<f64>(&graph);
    let by_name = |name: &str| {
        let mut ids = graph.inputs().iter().copied();
        ids.find(|&id| graph.value(id).name == name).unwrap()
    };
    let wrt = [by_name("x")];
    let mut made = graph.clone();
    let of = made.outputs()[0];
    let slopes = gradient(&mut made, of, &wrt, None).unwrap();
    made.set_outputs(slopes);
    // The mean over those present; nobody is present in the last event.
    let slope = &run(&made, &inputs)[0];
    let expected = [
        0.5, 0.5, 0.0, 0.0, 0.25, 0.25, 0.25, 0.25, 0.0, 0.0, 0.0, 0.0,
    ];
    assert_eq!(slope.data(), expected);
    let mut made = graph.clone();
    let found = relevance(&mut made, of, &wrt, &Propagation::default(), Seed::Value).unwrap();
    made.set_outputs(found.maps);
    let map = &run(&made, &inputs)[0];
    for (r, (x, slope)) in map
        .data()
        .iter()
        .zip(numbers.get("input.x").data().iter().zip(expected))
    {
        // The stabiliser of 1e-6 or smaller takes a little.
        assert!((r - x * slope).abs() < 1e-4, "{r} {x} {slope}");
    }
}
