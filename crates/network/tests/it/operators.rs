//! Single operations in old and new forms against onnxruntime.

use crate::fixture::{Numbers, OPSETS, difference, graph, run};

#[test]
fn every_form_of_an_operation_gives_the_numbers_of_onnxruntime() {
    let mut all = Vec::new();
    for name in OPSETS {
        let numbers = Numbers::read(name);
        let graph = graph(&format!("{name}.onnx"));
        let outputs = run(&graph, &numbers.inputs::<f32>(&graph));
        let mut wrong = Vec::new();
        for (&id, output) in graph.outputs().iter().zip(&outputs) {
            let output_name = &graph.value(id).name;
            let expected = numbers.get(&format!("output.{output_name}"));
            let off = if output.shape() == expected.shape() {
                difference(output, expected)
            } else {
                f64::INFINITY
            };
            // Both compute in single precision, sums in another order.
            if off > 1e-5 {
                wrong.push(format!(
                    "{output_name}: {off:e}, {:?} {:?}",
                    output.shape(),
                    expected.shape()
                ));
            }
        }
        if !wrong.is_empty() {
            all.push(format!("{name}: {wrong:#?}"));
        }
        assert!(outputs.len() >= 5, "{name} has {} outputs", outputs.len());
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}
