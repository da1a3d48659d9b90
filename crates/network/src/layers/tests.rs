//! Architectures as settings and as graphs.

use pellucid_core::Tensor;

use super::*;
use crate::Executor;
use crate::graph::{Graph, show};

fn shape_of(graph: &Graph, name: &str) -> String {
    show(graph.shape(graph.find(name).unwrap_or_else(|| panic!("no {name}"))))
}

fn numbers(graph: &Graph, name: &str) -> Vec<f64> {
    graph.data(graph.find(name).unwrap()).unwrap().to_f64()
}

const TAGGER: &str = r#"{
    "score": true,
    "layers": [
        {"kind": "conv2d", "filters": 8, "kernel": [5, 3], "padding": [2, 1], "activation": "relu"},
        {"kind": "batch-norm"},
        {"kind": "max-pool", "kernel": 2},
        {"kind": "conv2d", "filters": 12, "kernel": 3, "stride": 2, "dilation": 1, "groups": 4},
        {"kind": "activation", "function": {"leaky-relu": {"slope": 0.1}}},
        {"kind": "average-pool", "kernel": 2, "stride": 1, "padding": 1},
        {"kind": "flatten"},
        {"kind": "dense", "units": 20, "activation": "gelu"},
        {"kind": "dropout", "ratio": 0.5}
    ]
}"#;

#[test]
fn weights_have_the_names_and_the_layout_of_pytorch() {
    let architecture: Architecture = serde_json::from_str(TAGGER).unwrap();
    let graph = architecture.build(&[1, 12, 10], 1, 1).unwrap();
    let expected = [
        ("input", "[N, 1, 12, 10]"),
        ("conv1.weight", "[8, 1, 5, 3]"),
        ("conv1.bias", "[8]"),
        ("norm1.weight", "[8]"),
        ("norm1.running_var", "[8]"),
        ("conv2.weight", "[12, 2, 3, 3]"),
        ("dense1.weight", "[20, 108]"),
        ("logit.weight", "[1, 20]"),
        ("logit", "[N, 1]"),
        ("score", "[N, 1]"),
    ];
    for (name, shape) in expected {
        assert_eq!(shape_of(&graph, name), shape, "{name}");
    }
    assert_eq!(graph.value(graph.outputs()[0]).name, "score");
    // The stored moments are no weights.
    assert_eq!(
        graph.parameter_count(),
        128 + 16 + 216 + 12 + 2160 + 20 + 21
    );
    let text = serde_json::to_string(&architecture).unwrap();
    assert_eq!(
        serde_json::from_str::<Architecture>(&text).unwrap(),
        architecture
    );
}

#[test]
fn every_kind_of_layer_runs() {
    let layers = r#"[
        {"kind": "conv1d", "filters": 6, "kernel": 3, "padding": 1, "activation": "silu"},
        {"kind": "batch-norm", "momentum": 0.2},
        {"kind": "max-pool", "kernel": 3, "stride": 2, "padding": 1},
        {"kind": "average-pool", "kernel": 2},
        {"kind": "activation", "function": {"elu": {"alpha": 1.0}}},
        {"kind": "activation", "function": "selu"},
        {"kind": "activation", "function": "softplus"},
        {"kind": "global-average-pool"},
        {"kind": "softmax"},
        {"kind": "dense", "units": 4, "activation": "tanh"},
        {"kind": "dense", "units": 4, "activation": "sigmoid"}
    ]"#;
    let layers = serde_json::from_str(layers).unwrap();
    let graph = Architecture::new(layers)
        .score(true)
        .build(&[2, 20], 3, 1)
        .unwrap();
    let x = Tensor::full(vec![5, 2, 20], 0.3);
    let scores = Executor::<f32>::new(&graph).call(&[&x]).unwrap();
    assert_eq!(scores[0].shape(), [5, 3]);
    // Three numbers in single precision.
    assert!((scores[0].row(4).iter().sum::<f32>() - 1.0).abs() < 1e-6);
}

#[test]
fn unknown_settings_are_refused() {
    for layer in [
        r#"{"kind": "dense", "units": 3, "unit": 4}"#,
        r#"{"kind": "conv2d", "filters": 3, "kernel": 3, "pad": 1}"#,
        r#"{"kind": "flatten", "units": 3}"#,
        r#"{"kind": "dens", "units": 3}"#,
    ] {
        assert!(serde_json::from_str::<Layer>(layer).is_err(), "{layer}");
    }
    let list = serde_json::from_str::<Layer>(r#"{"kind": "max-pool", "kernel": "two"}"#);
    let error = list.unwrap_err().to_string();
    assert!(error.contains("a list with one per side"), "{error}");
}

#[test]
fn what_does_not_fit_is_said_with_the_layer() {
    let conv = |conv| Architecture::new(vec![Layer::Flatten {}, Layer::Conv2d(conv)]);
    let wrong = [
        (
            conv(Convolution::new(4, 3)),
            "layer 2: conv2d takes 4 sides, found [N, 72]",
        ),
        (
            Architecture::new(vec![Layer::Conv2d(Convolution {
                groups: 3,
                ..Convolution::new(6, 3)
            })]),
            "layer 1: 2 channels and 6 filters do not fall into 3 groups",
        ),
        (
            Architecture::new(vec![Layer::Dropout { ratio: 1.0 }]),
            "layer 1: ratio 1 is not in [0, 1)",
        ),
    ];
    for (architecture, message) in wrong {
        let error = architecture
            .build(&[2, 6, 6], 1, 0)
            .unwrap_err()
            .to_string();
        assert_eq!(error, message);
    }
    let large = Architecture::new(vec![Layer::MaxPool(Pooling::new(9))]);
    let error = large.build(&[2, 6, 6], 1, 0).unwrap_err().to_string();
    assert!(
        error.contains("a window of 9 does not fit an input of 6"),
        "{error}"
    );
}

#[test]
fn each_weight_has_a_stream_of_its_own() {
    let short = Architecture::dense(&[32], Activation::Relu)
        .build(&[8], 1, 4)
        .unwrap();
    let long = Architecture::dense(&[32, 32], Activation::Relu)
        .build(&[8], 1, 4)
        .unwrap();
    let other = Architecture::dense(&[32], Activation::Relu)
        .build(&[8], 1, 5)
        .unwrap();
    assert_eq!(
        numbers(&short, "dense1.weight"),
        numbers(&long, "dense1.weight")
    );
    assert_ne!(
        numbers(&short, "dense1.weight"),
        numbers(&other, "dense1.weight")
    );
}

#[test]
fn weights_begin_with_the_width_that_keeps_signals() {
    let rectified = Architecture::dense(&[300], Activation::Relu)
        .build(&[200], 1, 0)
        .unwrap();
    let he = numbers(&rectified, "dense1.weight");
    let variance = he.iter().map(|w| w * w).sum::<f64>() / he.len() as f64;
    // Five relative errors √(2 / 60,000) of a variance.
    assert!((variance * 100.0 - 1.0).abs() < 0.03, "{variance}");
    // The activation may stand in a layer of its own, behind a batch norm.
    let apart = Architecture::new(vec![
        Layer::Dense {
            units: 300,
            activation: None,
        },
        Layer::BatchNorm {
            epsilon: 1e-5,
            momentum: 0.1,
        },
        Layer::Activation {
            function: Activation::Relu,
        },
    ]);
    assert_eq!(
        numbers(&apart.build(&[200], 1, 0).unwrap(), "dense1.weight"),
        he
    );
    let narrow = Architecture::dense(&[300], Activation::Relu).gain(0.5);
    let halves = numbers(&narrow.build(&[200], 1, 0).unwrap(), "dense1.weight");
    assert!(he.iter().zip(&halves).all(|(w, half)| w * 0.5 == *half));
    assert!(narrow.gain(0.0).build(&[200], 1, 0).is_err());
    let smooth = Architecture::dense(&[300], Activation::Tanh)
        .build(&[200], 1, 0)
        .unwrap();
    let glorot = numbers(&smooth, "dense1.weight");
    let largest = glorot.iter().fold(0.0_f64, |a, w| a.max(w.abs()));
    let bound = (6.0_f64 / 500.0).sqrt();
    assert!(largest <= bound && largest > 0.999 * bound, "{largest}");
}
