//! Does any damaged model make Pellucid panic?
//!
//! ```text
//! cargo run --release --example fuzz_onnx -- 1000000 1 crates/network/tests/fixtures/*/*.onnx
//! ```
//!
//! Makes that many damaged models (or, of `FIRST..END`, those from one number to
//! before another), with that seed, in turn from the files given: half by
//! changing bytes, half by changing numbers, names and wires.
//! Each is imported; what imports is also written, folded, differentiated, and
//! its relevance propagated. A model that makes any of it panic is kept as
//! `crash-SEED-NUMBER.onnx` in the folder `target/fuzz`, and the number of
//! them is the exit code.

mod damage;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use pellucid_core::random::stream;
use pellucid_network::graph::Kind;
use pellucid_network::transform::{Propagation, Seed, fold, gradient, relevance};
use pellucid_network::{Graph, onnx};
use pellucid_onnx::Model;

/// Everything that is done with a graph before it runs; errors are answers.
fn exercise(graph: &Graph) {
    let _ = onnx::export(graph);
    let _ = fold(graph);
    let Some(&output) = graph.outputs().first() else {
        return;
    };
    let inputs = graph.inputs().iter().copied();
    let real: Vec<_> = inputs
        .filter(|&id| graph.ty(id).kind == Kind::Real)
        .collect();
    if graph.ty(output).kind == Kind::Real {
        let _ = gradient(&mut graph.clone(), output, &real, None);
        let settings = Propagation::default();
        let _ = relevance(&mut graph.clone(), output, &real, &settings, Seed::Value);
    }
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, seed, files @ ..] = arguments.as_slice() else {
        return Err("usage: fuzz_onnx COUNT SEED FILE.onnx…".into());
    };
    let (first, end) = count.split_once("..").unwrap_or(("0", count));
    let (first, end, seed): (u64, u64, u64) = (first.parse()?, end.parse()?, seed.parse()?);
    if files.is_empty() {
        return Err("usage: fuzz_onnx COUNT SEED FILE.onnx…".into());
    }
    let whole: Vec<(Vec<u8>, Model)> = files
        .iter()
        .map(|file| Ok((std::fs::read(file)?, Model::read(file)?)))
        .collect::<Result<_, Box<dyn std::error::Error>>>()?;
    let (mut imported, mut crashes) = (0_u64, 0_u64);
    let mut slowest = (Duration::ZERO, 0);
    for case in first..end {
        let mut random = stream(seed, case);
        let (file, model) = &whole[(case / 2) as usize % whole.len()];
        let damaged = if case % 2 == 0 {
            damage::bytes(file, &mut random)
        } else {
            damage::model(model, &mut random).encode()
        };
        let start = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(|| match onnx::decode(&damaged) {
            Ok(graph) => {
                exercise(&graph);
                1
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                0
            }
        }));
        slowest = slowest.max((start.elapsed(), case));
        if let Ok(one) = done {
            imported += one;
            continue;
        }
        crashes += 1;
        std::fs::create_dir_all("target/fuzz")?;
        let name = format!("target/fuzz/crash-{seed}-{case}.onnx");
        std::fs::write(&name, &damaged)?;
        let source = &files[(case / 2) as usize % files.len()];
        eprintln!("{name}, made from {source}");
    }
    println!(
        "{} damaged models from {} files: {imported} imported, {crashes} panics, slowest {:.2} s (case {})",
        end.saturating_sub(first),
        whole.len(),
        slowest.0.as_secs_f64(),
        slowest.1
    );
    Ok(ExitCode::from(u8::try_from(crashes).unwrap_or(u8::MAX)))
}
