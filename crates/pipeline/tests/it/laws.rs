//! Laws as networks and as mathematics.
//!
//! `fixtures/laws/law.onnx` is the network of one law that holds every operator
//! that is built in; `make.py` writes what ONNX Runtime makes of it. With
//! `PELLUCID_WRITE_FIXTURES` set the network is written anew; run `make.py` then.

use std::path::PathBuf;

use pellucid_core::Tensor;
use pellucid_network::{Executor, onnx};
use pellucid_pipeline::regress::network::network;
use pellucid_report::math;
use pellucid_symbolic::expression::Token;
use pellucid_symbolic::{Expression, Operator};

/// Every operator once, defined for x in (0, 1), y in (1, 3), z of any sign.
const LAW: &str = "x*y - y/z + 1/(x + y) + abs(z) - -sqrt(y) + cbrt(z) + z^2 + z^3 + y^x + exp(z) \
                   + log(y) + erf(z) + sin(x) + cos(y) + tan(x) + asin(x) + acos(x) + atan(z) \
                   + atan2(z, x - 0.5) + sinh(z) + cosh(z) + tanh(z) + min(x, z) + 2.5*max(x, z) \
                   + step(z)";

fn columns() -> Vec<String> {
    ["x", "y", "z"].map(str::to_owned).to_vec()
}

fn points() -> Vec<[f64; 3]> {
    let mut out = Vec::new();
    for x in [0.1, 0.45, 0.9] {
        for y in [1.2, 2.7] {
            for z in [-1.3, -0.2, 0.6] {
                out.push([x, y, z]);
            }
        }
    }
    out
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/laws")
        .join(name)
}

#[test]
fn a_network_computes_its_law_with_every_operator() {
    let law = Expression::parse(LAW, &columns()).unwrap();
    for operator in Operator::all().into_iter().filter(|o| o.is_built_in()) {
        let all = law.tokens();
        // A difference may be written with either.
        assert!(all.contains(&Token::Apply(operator)), "{operator:?}");
    }
    let graph = network(&law, &columns()).unwrap();
    let x = Tensor::new(vec![points().len(), 3], points().concat());
    let out = Executor::<f64>::new(&graph).call(&[&x]).unwrap();
    assert_eq!(out[0].shape(), [points().len(), 1]);
    for (found, point) in out[0].data().iter().zip(points()) {
        let expected = law.at(&point);
        // The network's error function is good to 1e-7 at worst.
        assert!(
            (found - expected).abs() < 1e-6,
            "{point:?}: {found} {expected}"
        );
    }
}

#[test]
fn onnx_runtime_gives_the_values_that_we_give() {
    let law = Expression::parse(LAW, &columns()).unwrap();
    let bytes = onnx::export(&network(&law, &columns()).unwrap())
        .unwrap()
        .encode();
    if std::env::var_os("PELLUCID_WRITE_FIXTURES").is_some() {
        std::fs::write(fixture("law.onnx"), &bytes).unwrap();
        std::fs::write(
            fixture("points.json"),
            serde_json::to_string(&points()).unwrap(),
        )
        .unwrap();
    }
    let there = onnx::read(fixture("law.onnx")).unwrap();
    assert_eq!(onnx::export(&there).unwrap().encode().len(), bytes.len());
    let text = std::fs::read_to_string(fixture("values.json")).unwrap();
    let values: Vec<f64> = serde_json::from_str(&text).unwrap();
    assert_eq!(values.len(), points().len());
    for (found, point) in values.iter().zip(points()) {
        let expected = law.at(&point);
        // Single precision, two dozen terms of size ten.
        assert!(
            (found - expected).abs() < 2e-5,
            "{point:?}: {found} {expected}"
        );
    }
}

#[test]
fn a_constant_law_has_a_value_for_every_row() {
    let graph = network(&Expression::constant(2.5), &columns()).unwrap();
    let x = Tensor::new(vec![2, 3], vec![1.0; 6]);
    let out = Executor::<f64>::new(&graph).call(&[&x]).unwrap();
    assert_eq!(
        (out[0].shape(), out[0].data()),
        ([2, 1].as_slice(), [2.5, 2.5].as_slice())
    );
}

#[test]
fn latex_of_every_operator_becomes_mathml() {
    let law = Expression::parse(LAW, &columns()).unwrap();
    let all = [law.latex(&columns(), 6)]
        .into_iter()
        .chain((0..law.tokens().len()).map(|end| law.part(end).latex(&columns(), 6)));
    for latex in all {
        let read = math::parse(&latex);
        assert!(read.is_ok(), "{latex}: {read:?}");
    }
}
