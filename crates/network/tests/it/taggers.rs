//! The field's taggers, as PyTorch's exporters write them, against onnxruntime
//! (forward) and PyTorch (gradients); see `fixtures/taggers/make.py`.

use pellucid_core::Tensor;
use pellucid_network::check::{self, Outputs};
use pellucid_network::graph::{Kind, Type};
use pellucid_network::onnx::{ImportSettings, import_like};
use pellucid_network::transform::gradient;
use pellucid_network::{Graph, Real, onnx};
use pellucid_onnx::Model;

use crate::fixture::{EXPORTERS, Numbers, difference, fixture, run};

pub const TAGGERS: [&str; 13] = [
    "mlp",
    "resnet1d",
    "resnet2d",
    "lstm_tagger",
    "gru_tagger",
    "particle_flow",
    "particle_net",
    "transformer",
    "particle_transformer",
    "lorentz_net",
    "egnn",
    "graph_conv",
    "interaction_net",
];

/// Single precision, of the largest number.
const SINGLE: f64 = 1e-5;
/// Double precision: the files hold these models exactly.
const DOUBLE: f64 = 1e-10;
/// Double precision where GELU is written with a root of 2 in single precision.
const ROUNDED: f64 = 1e-7;

fn double(tagger: &str, exporter: &str) -> f64 {
    match (tagger, exporter) {
        ("particle_transformer", "legacy") => ROUNDED,
        _ => DOUBLE,
    }
}

pub fn numbers(tagger: &str) -> Numbers {
    Numbers::open(&fixture("taggers", &format!("{tagger}.safetensors")))
}

pub fn tagger(tagger: &str, exporter: &str, numbers: &Numbers) -> Graph {
    let file = format!("{tagger}.{exporter}.onnx");
    let model = Model::read(fixture("taggers", &file)).unwrap();
    let types = onnx::input_types(&model).unwrap();
    let shapes: Vec<&[usize]> = types
        .iter()
        .map(|(name, _)| numbers.get(&format!("input.{name}")).shape())
        .collect();
    import_like(model, &shapes, &ImportSettings::default())
        .unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn gradients<T: Real>(graph: &Graph, numbers: &Numbers, prefix: &str) -> f64 {
    let mut graph = graph.clone();
    let output = graph.outputs()[0];
    let real: Vec<_> = graph
        .inputs()
        .iter()
        .copied()
        .filter(|&id| graph.ty(id).kind == Kind::Real)
        .collect();
    let mut inputs = numbers.inputs::<T>(&graph);
    inputs.push(numbers.get("cotangent").map(|&x| T::of(x)));
    let cotangent = graph.input("cotangent", Type::real(graph.shape(output).to_vec()));
    let made = gradient(&mut graph, output, &real, Some(cotangent)).unwrap();
    graph.set_outputs(made);
    let found = run(&graph, &inputs);
    let names = real.iter().map(|&id| graph.value(id).name.clone());
    let all: Vec<&Tensor<f64>> = names
        .map(|name| numbers.get(&format!("{prefix}.{name}")))
        .collect();
    // Of the largest gradient: that of a mask may be nothing but rounding.
    let largest = all
        .iter()
        .flat_map(|gradient| gradient.data())
        .fold(0.0_f64, |max, x| max.max(x.abs()));
    found
        .iter()
        .zip(all)
        .map(|(found, expected)| {
            let own = expected
                .data()
                .iter()
                .fold(f64::MIN_POSITIVE, |m, x| m.max(x.abs()));
            difference(found, expected) * own / largest
        })
        .fold(0.0, f64::max)
}

#[test]
fn taggers_import_unchanged_and_give_the_numbers_of_onnxruntime() {
    for name in TAGGERS {
        let numbers = numbers(name);
        for exporter in EXPORTERS {
            let graph = tagger(name, exporter, &numbers);
            let single = &run(&graph, &numbers.inputs::<f32>(&graph))[0];
            let off = difference(single, numbers.get(&format!("output.{exporter}")));
            let double = &run(&graph, &numbers.inputs::<f64>(&graph))[0];
            let off_double = difference(double, numbers.get("output"));
            println!(
                "{name}.{exporter}: {} nodes, {off:.1e} (f64 {off_double:.1e})",
                graph.nodes().len()
            );
            assert!(
                off < SINGLE && off_double < self::double(name, exporter),
                "{name}.{exporter}: {off:e} {off_double:e}"
            );
        }
    }
}

#[test]
fn gradients_of_taggers_equal_pytorch() {
    for name in TAGGERS {
        let numbers = numbers(name);
        for exporter in EXPORTERS {
            let graph = tagger(name, exporter, &numbers);
            let single = gradients::<f32>(&graph, &numbers, "gradient32");
            let double = gradients::<f64>(&graph, &numbers, "gradient");
            println!("{name}.{exporter}: gradient {single:.1e} (f64 {double:.1e})");
            assert!(
                single < SINGLE && double < self::double(name, exporter),
                "{name}.{exporter}: {single:e} {double:e}"
            );
        }
    }
}

#[test]
fn taggers_are_written_and_read_again_with_the_same_numbers() {
    for name in TAGGERS {
        let numbers = numbers(name);
        for exporter in EXPORTERS {
            let graph = tagger(name, exporter, &numbers);
            let written = onnx::export(&graph)
                .unwrap_or_else(|error| panic!("{name}.{exporter}: {error}"))
                .encode();
            let again =
                onnx::decode(&written).unwrap_or_else(|error| panic!("{name}.{exporter}: {error}"));
            let inputs = numbers.inputs::<f32>(&graph);
            let (first, second) = (run(&graph, &inputs), run(&again, &inputs));
            let off = difference(&second[0], &first[0].map(|&x| f64::from(x)));
            // Constants in double precision are written in single precision.
            assert!(off < 1e-6, "{name}.{exporter}: {off:e}");
        }
    }
}

/// The folder of the six taggers of `fixtures/taggers/production.json`, which
/// are not ours to keep here.
pub const MODELS: &str = "PELLUCID_MODELS";

#[test]
fn production_taggers_import_run_and_differentiate() {
    let Some(folder) = std::env::var_os(MODELS) else {
        println!("skipped: set {MODELS} to the folder of the production taggers");
        return;
    };
    let file = std::fs::read(fixture("taggers", "production.json")).unwrap();
    let reference: std::collections::BTreeMap<String, Outputs> =
        serde_json::from_slice(&file).unwrap();
    println!("{}", check::HEAD);
    let mut wrong = Vec::new();
    for (name, outputs) in &reference {
        let row = check::check(std::path::Path::new(&folder).join(name), Some(outputs));
        println!("{row}");
        let forward =
            matches!(&row.forward, Some(Ok(run)) if run.difference.is_some_and(|off| off < 1e-4));
        // A central difference across rectifiers in double precision.
        let gradient = matches!(row.gradient, Some(Ok(off)) if off < 1e-5);
        if !forward || !gradient {
            wrong.push(row.to_string());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
