//! What depends on sizes: conditions, ranges, selections; and inputs that are
//! integers or truth values.

use pellucid_core::Tensor;
use pellucid_network::graph::{Kind, Type};
use pellucid_network::onnx::{self, ImportSettings};
use pellucid_network::ops::LayerNorm;
use pellucid_network::{Dim, Executor, Graph};
use pellucid_onnx::{
    AttributeProto, DataType, Dimension, DimensionProto, GraphProto, Model, NodeProto,
    OperatorSetIdProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

use crate::fixture::{fixture, run};

fn input(name: &str, kind: DataType, sides: &[&str]) -> ValueInfoProto {
    let dim = |side: &&str| DimensionProto {
        value: Some(match side.parse() {
            Ok(known) => Dimension::Value(known),
            Err(_) => Dimension::Name((*side).to_owned()),
        }),
        ..DimensionProto::default()
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type: kind.code(),
                shape: Some(TensorShapeProto {
                    dim: sides.iter().map(dim).collect(),
                }),
            }),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

fn output(name: &str) -> ValueInfoProto {
    ValueInfoProto {
        name: name.to_owned(),
        ..ValueInfoProto::default()
    }
}

fn model(input: Vec<ValueInfoProto>, tensors: Vec<TensorProto>, node: Vec<NodeProto>) -> Model {
    Model {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto {
            version: 17,
            ..OperatorSetIdProto::default()
        }],
        graph: Some(GraphProto {
            name: "g".to_owned(),
            input,
            initializer: tensors,
            node,
            output: vec![output("y")],
            ..GraphProto::default()
        }),
        ..Model::default()
    }
}

fn node(operation: &str, inputs: &[&str], output: &str) -> NodeProto {
    NodeProto::new(operation, &format!("make_{output}"), inputs, &[output])
}

fn integers(name: &str, data: &[i64]) -> TensorProto {
    TensorProto::integers(name, &[data.len()], data)
}

fn scalar(name: &str, value: i64) -> TensorProto {
    TensorProto::integers(name, &[], &[value])
}

/// `[N, P]` numbers: 0, 1, 2, …
fn counted(shape: &[usize]) -> Tensor<f64> {
    let count = shape.iter().product::<usize>();
    Tensor::new(shape.to_vec(), (0..count).map(|x| x as f64).collect())
}

fn branch(name: &str, operation: &str) -> AttributeProto {
    let out = format!("inner_{operation}");
    AttributeProto {
        name: name.to_owned(),
        r#type: 5,
        g: Some(Box::new(GraphProto {
            node: vec![NodeProto::new(operation, operation, &["x"], &[&out])],
            output: vec![output(&out)],
            ..GraphProto::default()
        })),
        ..AttributeProto::default()
    }
}

/// `y = relu(x)` if there is one particle, `−x` otherwise.
fn conditional() -> Model {
    let choose = node("If", &["alone"], "y")
        .with(branch("then_branch", "Relu"))
        .with(branch("else_branch", "Neg"));
    model(
        vec![input("x", DataType::Float, &["batch", "particles"])],
        vec![scalar("one", 1)],
        vec![
            node("Shape", &["x"], "shape"),
            node("Gather", &["shape", "one"], "count"),
            node("Equal", &["count", "one"], "alone"),
            choose,
        ],
    )
}

#[test]
fn a_condition_on_a_size_is_decided_when_the_size_is_known() {
    let sentence = onnx::import(conditional()).unwrap_err().to_string();
    assert!(
        sentence.contains("`make_y` (If)") && sentence.contains("known sizes"),
        "{sentence}"
    );
    for (particles, operation) in [(1, "Relu"), (4, "Neg")] {
        let sizes = [("particles".to_owned(), particles)];
        let graph = onnx::import_for(conditional(), &sizes).unwrap();
        assert_eq!(
            graph.producer(graph.outputs()[0]).unwrap().op.name(),
            operation
        );
        // The batch stays free.
        let input = graph.inputs()[0];
        assert_eq!(graph.shape(input)[0].name(), Some("batch"));
        let like = onnx::import_like(
            conditional(),
            &[&[7, particles]],
            &ImportSettings::default(),
        );
        let like = like.unwrap();
        assert_eq!(like.shape(like.inputs()[0]), graph.shape(input));
    }
}

#[test]
fn a_condition_on_the_data_is_refused() {
    let mut model = conditional();
    let graph = model.graph.as_mut().unwrap();
    graph.node[2] = node("Greater", &["x", "half"], "alone");
    graph
        .initializer
        .push(TensorProto::floats("half", &[], &[0.5]));
    let sizes = [("particles".to_owned(), 1), ("batch".to_owned(), 1)];
    let sentence = onnx::import_for(model, &sizes).unwrap_err().to_string();
    assert!(sentence.contains("on the data"), "{sentence}");
}

#[test]
fn a_condition_of_the_file_is_decided_at_once() {
    for (alone, operation) in [(1, "Relu"), (0, "Neg")] {
        let mut model = conditional();
        let graph = model.graph.as_mut().unwrap();
        graph.node.drain(..3);
        graph.initializer = vec![TensorProto {
            name: "alone".to_owned(),
            data_type: DataType::Bool.code(),
            raw_data: Some(vec![alone]),
            ..TensorProto::default()
        }];
        let graph = onnx::import(model).unwrap();
        let chosen = graph.producer(graph.outputs()[0]).unwrap();
        assert_eq!(chosen.op.name(), operation);
    }
}

#[test]
fn weights_of_half_precision_are_numbers_of_the_run() {
    // 1.5 and −2, which all formats hold.
    let numbers = [1.5_f32, -2.0];
    for (kind, halves) in [
        (DataType::Float16, [0x3e00_u16, 0xc000]),
        (DataType::Bfloat16, [0x3fc0, 0xc000]),
    ] {
        let raw = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
        let weight = TensorProto {
            name: "w".to_owned(),
            dims: vec![2],
            data_type: kind.code(),
            ..TensorProto::default()
        };
        for weight in [
            TensorProto {
                raw_data: Some(raw),
                ..weight.clone()
            },
            TensorProto {
                int32_data: halves.map(i32::from).to_vec(),
                ..weight
            },
        ] {
            let nodes = vec![
                node("Cast", &["w"], "single").with(AttributeProto::int("to", 1)),
                node("Mul", &["x", "single"], "y"),
            ];
            let x = input("x", DataType::Float, &["batch", "2"]);
            let graph = onnx::import(model(vec![x], vec![weight], nodes)).unwrap();
            let x = counted(&[2, 2]).map(|x| *x as f32);
            let expected: Vec<f32> = (0..4_u8)
                .map(|i| f32::from(i) * numbers[usize::from(i % 2)])
                .collect();
            assert_eq!(run(&graph, &[x])[0].data(), expected, "{kind:?}");
        }
    }
}

/// `y = x · (0, 1, …, particles − 1) · batch`.
fn ranged() -> Model {
    let float = || AttributeProto::int("to", 1);
    model(
        vec![input("x", DataType::Float, &["batch", "particles"])],
        vec![scalar("zero", 0), scalar("one", 1)],
        vec![
            node("Shape", &["x"], "shape"),
            node("Gather", &["shape", "zero"], "batch_size"),
            node("Gather", &["shape", "one"], "count"),
            node("Range", &["zero", "count", "one"], "range"),
            node("Mul", &["range", "batch_size"], "product"),
            node("Cast", &["product"], "real").with(float()),
            node("Mul", &["x", "real"], "y"),
        ],
    )
}

#[test]
fn sizes_of_the_run_are_numbers_of_the_run() {
    let graph = onnx::import(ranged()).unwrap();
    let again = onnx::decode(&onnx::export(&graph).unwrap().encode()).unwrap();
    for (batch, particles) in [(1, 3), (4, 2)] {
        let x = counted(&[batch, particles]);
        let expected: Vec<f64> = (0..batch * particles)
            .map(|i| (i * (i % particles) * batch) as f64)
            .collect();
        for graph in [&graph, &again] {
            assert_eq!(run(graph, std::slice::from_ref(&x))[0].data(), expected);
        }
    }
}

#[test]
fn a_side_is_read_backwards() {
    for (sides, particles) in [(["batch", "4"], 4), (["batch", "particles"], 3)] {
        let back = model(
            vec![input("x", DataType::Float, &sides)],
            vec![
                integers("start", &[-1]),
                integers("end", &[i64::MIN]),
                integers("axis", &[1]),
                integers("step", &[-2]),
            ],
            vec![node("Slice", &["x", "start", "end", "axis", "step"], "y")],
        );
        let graph = onnx::import(back).unwrap();
        let found = run(&graph, &[counted(&[2, particles])]);
        let expected: Vec<f64> = (0..2)
            .flat_map(|n| {
                (0..particles)
                    .rev()
                    .step_by(2)
                    .map(move |i| (n * particles + i) as f64)
            })
            .collect();
        assert_eq!(found[0].data(), expected);
    }
}

#[test]
fn the_first_particles_of_any_number_are_read_if_there_are_so_many() {
    let first = model(
        vec![input("x", DataType::Float, &["batch", "particles"])],
        vec![integers("one", &[1]), integers("three", &[3])],
        vec![node("Slice", &["x", "one", "three", "one"], "y")],
    );
    let graph = onnx::import(first).unwrap();
    assert_eq!(
        run(&graph, &[counted(&[2, 4])])[0].data(),
        [1.0, 2.0, 5.0, 6.0]
    );
    let few = counted(&[2, 2]);
    let sentence = Executor::new(&graph).call(&[&few]).unwrap_err().to_string();
    assert!(
        sentence.contains("`make_y`") && sentence.contains("a side of 2"),
        "{sentence}"
    );
}

#[test]
fn nodes_in_another_order_are_read() {
    let mut model = ranged();
    model.graph.as_mut().unwrap().node.reverse();
    let graph = onnx::import(model).unwrap();
    assert_eq!(run(&graph, &[counted(&[1, 3])])[0].data(), [0.0, 1.0, 4.0]);
}

#[test]
fn a_cycle_is_told_with_a_node_of_it() {
    let mut model = ranged();
    model.graph.as_mut().unwrap().node[1].input[0] = "product".to_owned();
    let sentence = onnx::import(model).unwrap_err().to_string();
    assert!(
        sentence.contains("cycle") && sentence.contains("make_"),
        "{sentence}"
    );
}

#[test]
fn a_selection_by_the_data_is_refused_and_one_by_sizes_is_not() {
    let selected = |flags: &str| {
        model(
            vec![input("x", DataType::Float, &["batch", "3"])],
            vec![integers("ones", &[1, 0, 1])],
            vec![
                node("NonZero", &[flags], "places"),
                node("Squeeze", &["places"], "list"),
                node("Gather", &["x", "list"], "y").with(AttributeProto::int("axis", 1)),
            ],
        )
    };
    let sentence = onnx::import(selected("x")).unwrap_err().to_string();
    assert!(
        sentence.contains("`make_places` (NonZero)") && sentence.contains("mask"),
        "{sentence}"
    );
    let graph = onnx::import(selected("ones")).unwrap();
    assert_eq!(
        run(&graph, &[counted(&[2, 3])])[0].data(),
        [0.0, 2.0, 3.0, 5.0]
    );
}

#[test]
fn division_by_a_size_of_zero_is_told_with_the_node() {
    let divided = model(
        vec![input("x", DataType::Float, &["batch", "particles"])],
        vec![integers("zero", &[0])],
        vec![
            node("Shape", &["x"], "shape"),
            node("Div", &["shape", "zero"], "parts"),
            node("Reshape", &["x", "parts"], "y"),
        ],
    );
    let sentence = onnx::import(divided).unwrap_err().to_string();
    assert!(
        sentence.contains("`make_parts` (Div)") && sentence.contains("divided by zero"),
        "{sentence}"
    );
}

/// The body of a loop that carries `h` to `h_next` by one node.
fn body_of(carry: NodeProto) -> AttributeProto {
    let scalars = |names: &[&str]| {
        let scalar = |name: &&str| input(name, DataType::Float, &[]);
        names.iter().map(scalar).collect()
    };
    let graph = GraphProto {
        node: vec![node("Identity", &["go"], "go_on"), carry],
        input: scalars(&["i", "go", "h"]),
        output: scalars(&["go_on", "h_next"]),
        ..GraphProto::default()
    };
    AttributeProto {
        name: "body".to_owned(),
        r#type: pellucid_onnx::proto::attribute_type::GRAPH,
        g: Some(Box::new(graph)),
        ..AttributeProto::default()
    }
}

#[test]
fn turns_without_number_are_refused_before_they_fill_the_memory() {
    // Each loop alone would be written out; one inside the other is a million turns.
    let turns = || TensorProto::integers("turns", &[], &[1000]);
    let inner =
        node("Loop", &["turns", "", "h"], "h_next").with(body_of(node("Relu", &["h"], "h_next")));
    let nested = node("Loop", &["turns", "", "x"], "y").with(body_of(inner));
    let x = || input("x", DataType::Float, &["batch"]);
    let sentence = onnx::import(model(vec![x()], vec![turns()], vec![nested]));
    let sentence = sentence.unwrap_err().to_string();
    assert!(sentence.contains("more than 100000 nodes"), "{sentence}");

    let graph = GraphProto {
        node: vec![node("Relu", &["slice"], "part")],
        input: vec![input("slice", DataType::Float, &[])],
        output: vec![input("part", DataType::Float, &[])],
        ..GraphProto::default()
    };
    let scan = node("Scan", &["x"], "y")
        .with(AttributeProto::int("num_scan_inputs", 1))
        .with(AttributeProto {
            name: "body".to_owned(),
            r#type: pellucid_onnx::proto::attribute_type::GRAPH,
            g: Some(Box::new(graph)),
            ..AttributeProto::default()
        });
    let long = input("x", DataType::Float, &["2000000"]);
    let sentence = onnx::import(model(vec![long], vec![], vec![scan]));
    let sentence = sentence.unwrap_err().to_string();
    assert!(sentence.contains("expected at most 100000"), "{sentence}");
}

#[test]
fn loops_whose_turns_the_data_decide_are_refused_with_the_reason() {
    let body = body_of(node("Relu", &["h"], "h_next"));
    let sentence = onnx::import(model(
        vec![
            input("x", DataType::Float, &["batch"]),
            input("turns", DataType::Int64, &[]),
        ],
        vec![],
        vec![node("Loop", &["turns", "", "x"], "y").with(body)],
    ));
    let sentence = sentence.unwrap_err().to_string();
    assert!(
        sentence.contains("(Loop)") && sentence.contains("how often it runs depends on the run"),
        "{sentence}"
    );
    for operation in ["Loop", "Scan"] {
        let sentence = onnx::import(model(
            vec![input("x", DataType::Float, &["batch"])],
            vec![],
            vec![node(operation, &["x"], "y")],
        ));
        let sentence = sentence.unwrap_err().to_string();
        assert!(
            sentence.contains(operation) && sentence.contains("no body"),
            "{sentence}"
        );
    }
}

#[test]
fn weights_that_are_no_numbers_are_refused_by_name() {
    let sick = || {
        model(
            vec![input("x", DataType::Float, &["batch"])],
            vec![TensorProto::floats("scale", &[1], &[f32::NAN])],
            vec![node("Mul", &["x", "scale"], "y")],
        )
    };
    let sentence = onnx::import(sick()).unwrap_err().to_string();
    assert!(
        sentence.contains("`scale`") && sentence.contains("NaN"),
        "{sentence}"
    );
    let settings = ImportSettings {
        nan: true,
        ..ImportSettings::default()
    };
    assert!(onnx::import_with(sick(), &settings).is_ok());
}

#[test]
fn truth_values_are_zero_and_one() {
    let masked = model(
        vec![
            input("x", DataType::Float, &["batch"]),
            input("there", DataType::Bool, &["batch"]),
        ],
        vec![TensorProto::floats("none", &[], &[-1.0])],
        vec![
            node("Not", &["there"], "absent"),
            node("Where", &["absent", "none", "x"], "y"),
        ],
    );
    let graph = onnx::import(masked).unwrap();
    let there = Tensor::new(vec![3], vec![1.0, 0.0, 1.0]);
    assert_eq!(
        run(&graph, &[counted(&[3]), there])[0].data(),
        [0.0, -1.0, 2.0]
    );
}

fn graph_tagger() -> Graph {
    onnx::read(fixture("taggers", "graph_conv.legacy.onnx")).unwrap()
}

#[test]
fn integer_inputs_are_checked_in_the_run() {
    let graph = graph_tagger();
    let kinds = graph.inputs().iter().map(|&id| graph.ty(id).kind);
    assert_eq!(kinds.filter(|&kind| kind == Kind::Integer).count(), 2);
    let says = |edge: f64| {
        let shapes: [&[usize]; 5] = [&[2, 4], &[2, 1], &[1], &[2], &[1, 3]];
        let mut given: Vec<Tensor<f64>> = shapes
            .iter()
            .map(|shape| Tensor::full(shape.to_vec(), 0.0))
            .collect();
        given[1].data_mut()[0] = edge;
        let given: Vec<&Tensor<f64>> = given.iter().collect();
        Executor::new(&graph)
            .call(&given)
            .map_err(|error| error.to_string())
    };
    assert!(says(1.0).is_ok());
    let sentence = says(2.0).unwrap_err();
    assert!(
        sentence.contains("Gather") && sentence.contains('2'),
        "{sentence}"
    );
    let sentence = says(0.5).unwrap_err();
    assert!(
        sentence.contains("`edges`") && sentence.contains("integers"),
        "{sentence}"
    );
}

#[test]
fn the_pairs_of_a_particle_transformer_need_a_known_number_of_particles() {
    let read = || Model::read(fixture("taggers", "particle_transformer.legacy.onnx")).unwrap();
    let sentence = onnx::import(read()).unwrap_err().to_string();
    assert!(
        sentence.contains("NonZero") && sentence.contains("known sizes"),
        "{sentence}"
    );
    let sizes = |particles| [("particles".to_owned(), particles)];
    // Tracing has written PyTorch's own number of particles into its attention.
    let sentence = onnx::import_for(read(), &sizes(5)).unwrap_err().to_string();
    assert!(sentence.contains("does not fit into [6,"), "{sentence}");
    let graph = onnx::import_for(read(), &sizes(6)).unwrap();
    let batch = graph
        .inputs()
        .iter()
        .map(|&id| graph.shape(id)[0].name().map(str::to_owned));
    assert!(
        batch
            .into_iter()
            .all(|name| name.as_deref() == Some("batch"))
    );
}

#[test]
fn a_value_larger_than_any_memory_is_refused_by_name() {
    let huge = model(
        vec![input("x", DataType::Float, &["batch", "1"])],
        vec![
            integers("shape", &[1 << 20, 1 << 20]),
            integers("zero", &[0]),
            integers("one", &[1]),
        ],
        vec![
            node("Slice", &["x", "zero", "one", "zero"], "first"),
            node("Expand", &["first", "shape"], "y"),
        ],
    );
    let graph = onnx::import(huge).unwrap();
    let x = counted(&[2, 1]);
    let sentence = Executor::new(&graph).call(&[&x]).unwrap_err().to_string();
    assert!(
        sentence.contains("`y`") && sentence.contains("fewer events"),
        "{sentence}"
    );
}

#[test]
fn weights_that_only_a_damaged_model_asks_for_are_not_written() {
    // Found by damaging a model: two gigabytes of ones were written.
    let mut graph = Graph::new();
    let sides = vec![Dim::symbol("batch"), Dim::fixed(1 << 31)];
    let x = graph.input("x", Type::real(sides));
    let epsilon = 1e-5;
    let norm = LayerNorm { axis: 1, epsilon };
    let outputs = graph.node("norm", norm, &[x]).unwrap();
    graph.output(outputs[0]);
    let sentence = onnx::export(&graph).unwrap_err().to_string();
    assert!(
        sentence.contains("norm") && sentence.contains("2147483648"),
        "{sentence}"
    );
}
