//! Models that take what is no number, and put another number in its place.

use pellucid_core::{Job, Tensor};
use pellucid_explain::{Explained, Inference, Method, Precision, Question};
use pellucid_network::graph::{Dim, Type};
use pellucid_network::ops::{IsNan, MatMul, Tanh, Where};
use pellucid_network::{Executor, Graph};

/// `tanh(clean(x) w)` with 0 for what is no number.
fn guarded() -> Explained {
    let mut graph = Graph::new();
    let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 3.into()]));
    let nothing = graph.push(IsNan, &[x]).unwrap();
    let zero = graph.scalar(0.0);
    let clean = graph.push(Where, &[nothing, zero, x]).unwrap();
    let w = graph.parameter("w", Tensor::new(vec![3, 1], vec![0.7, -0.4, 1.1]));
    let z = graph.push(MatMul, &[clean, w]).unwrap();
    let y = graph.push(Tanh, &[z]).unwrap();
    graph.output(y);
    let double = Inference {
        precision: Precision::F64,
        ..Inference::default()
    };
    Explained::asking(&graph, &Question::default(), double).unwrap()
}

#[test]
fn what_is_no_number_has_no_share_and_harms_no_other() {
    let model = guarded();
    let rows = |second: f64| Tensor::new(vec![2, 3], vec![0.3, second, -0.8, 1.2, 0.5, 0.1]);
    for name in [
        "gradient",
        "input-x-gradient",
        "integrated-gradients",
        "deeplift",
        "lrp-z",
        "lrp-epsilon",
        "lrp-gamma",
        "lrp-alpha-beta",
        "lrp-z-plus",
        "lrp-w2",
        "lrp-flat",
        "lrp-composite",
    ] {
        let method = Method::named(name).unwrap();
        let explain = |second: f64| {
            let inputs = [rows(second)];
            let found = model.explain(&method, &inputs, &Job::silent()).unwrap();
            (found.values[0].data().to_vec(), found.explained)
        };
        let graph = method.standalone(&model).unwrap();
        let exported = |second: f64| {
            let mut executor = Executor::<f64>::new(&graph);
            executor.call(&[&rows(second)]).unwrap()[0].data().to_vec()
        };
        let ((with, value), (mut without, expected)) = (explain(f64::NAN), explain(0.0));
        assert_eq!(value, expected, "{name}");
        // The model has no slope where its guard stands in.
        without[1] = 0.0;
        for (with, without) in with.iter().zip(&without) {
            // The same network, gone through along the same path.
            assert!((with - without).abs() < 1e-12, "{name}: {with} {without}");
        }
        let (with, mut without) = (exported(f64::NAN), exported(0.0));
        without[1] = 0.0;
        for (with, without) in with.iter().zip(&without) {
            assert!(
                (with - without).abs() < 1e-12,
                "{name}, exported: {with} {without}"
            );
        }
    }
}
