//! zennit and captum, see `fixtures/relevance/make.py`.

use pellucid_core::Tensor;
use pellucid_network::ops::{
    AveragePool, Conv, Gemm, MaxPool, Op, Relu, Reshape, Slice, Tanh, Window,
};
use pellucid_network::transform::{
    Assignment, Bias, Bound, Composite, Layers, Propagation, SumRule, deep_lift,
};
use pellucid_network::{Dim, Executor, Graph, ValueId};

use super::{events, explain};
use crate::fixture::{Numbers, difference, fixture};

/// The explained output of the fixtures.
const TARGET: usize = 2;

fn numbers() -> Numbers {
    Numbers::open(&fixture("relevance", "relevance.safetensors"))
}

struct Net<'a> {
    graph: Graph,
    name: &'a str,
    numbers: &'a Numbers,
    weights: usize,
}

impl Net<'_> {
    fn weight(&mut self) -> ValueId {
        let tensor = self
            .numbers
            .get(&format!("{}.w.{}", self.name, self.weights));
        self.weights += 1;
        self.graph.parameter("", tensor.clone())
    }

    fn dense(&mut self, x: ValueId) -> ValueId {
        let (w, b) = (self.weight(), self.weight());
        self.graph.push(Gemm::NT, &[x, w, b]).unwrap()
    }

    fn conv(&mut self, x: ValueId) -> ValueId {
        let (w, b) = (self.weight(), self.weight());
        let op = Conv {
            window: Window::new(&[3, 3]).pad(&[1, 1]),
            groups: 1,
        };
        self.graph.push(op, &[x, w, b]).unwrap()
    }
}

/// `averaged`: with an average in the place of the maximum under windows.
fn net<'a>(name: &'a str, numbers: &'a Numbers, averaged: bool) -> (Graph, ValueId, Tensor<f64>) {
    let x = numbers.get(&format!("{name}.x")).clone();
    let mut graph = Graph::new();
    let mut h = events(&mut graph, &x.shape()[1..]);
    let mut net = Net {
        graph,
        name,
        numbers,
        weights: 0,
    };
    if name == "mlp" {
        h = net.dense(h);
        h = net.graph.push(Relu, &[h]).unwrap();
        h = net.dense(h);
        h = net.graph.push(Tanh, &[h]).unwrap();
    } else {
        let window = Window::new(&[2, 2]).stride(&[2, 2]);
        h = net.conv(h);
        h = net.graph.push(Relu, &[h]).unwrap();
        let average = AveragePool {
            window: window.clone(),
            count_pad: false,
        };
        let pool = if averaged {
            Op::from(average.clone())
        } else {
            Op::from(MaxPool { window })
        };
        h = net.graph.node("", pool, &[h]).unwrap()[0];
        h = net.conv(h);
        h = net.graph.push(Relu, &[h]).unwrap();
        h = net.graph.push(average, &[h]).unwrap();
        let shape = vec![Dim::symbol("N"), 20.into()];
        h = net.graph.push(Reshape { shape }, &[h]).unwrap();
        h = net.dense(h);
        h = net.graph.push(Relu, &[h]).unwrap();
    }
    h = net.dense(h);
    let column = Slice {
        axis: 1,
        start: TARGET.into(),
        length: Dim::fixed(1),
        step: 1,
    };
    let of = net.graph.push(column, &[h]).unwrap();
    (net.graph, of, x)
}

fn cases() -> Vec<(&'static str, Propagation)> {
    let rule = Propagation::rule;
    let composite = |composite| Propagation {
        composite: Some(composite),
        ..Propagation::default()
    };
    let (low, high) = (Bound::Number(-4.0), Bound::Number(4.0));
    let ignoring = |p: Propagation| Propagation {
        bias: Bias::Ignore,
        ..p
    };
    let alpha_beta = SumRule::AlphaBeta {
        alpha: 2.0,
        beta: 1.0,
    };
    vec![
        ("epsilon-1e-6", Propagation::default()),
        ("epsilon-0.25", Propagation::epsilon(0.25)),
        ("gamma-0.25", rule(SumRule::Gamma { gamma: 0.25 })),
        ("gamma-2", rule(SumRule::Gamma { gamma: 2.0 })),
        ("z-plus", rule(SumRule::ZPlus)),
        ("alpha-beta", rule(alpha_beta.clone())),
        ("w2", rule(SumRule::W2)),
        ("flat", rule(SumRule::Flat)),
        (
            "box",
            Propagation {
                assignments: vec![Assignment {
                    layers: Layers::First(1),
                    rule: SumRule::Box {
                        low: low.clone(),
                        high: high.clone(),
                    },
                }],
                ..Propagation::default()
            },
        ),
        ("epsilon-ignore", ignoring(Propagation::epsilon(0.01))),
        ("alpha-beta-ignore", ignoring(rule(alpha_beta))),
        ("epsilon-plus", composite(Composite::EpsilonPlus)),
        ("epsilon-plus-flat", composite(Composite::EpsilonPlusFlat)),
        (
            "epsilon-alpha2-beta1",
            composite(Composite::EpsilonAlpha2Beta1),
        ),
        (
            "epsilon-gamma-box",
            composite(Composite::EpsilonGammaBox {
                low,
                high,
                gamma: 0.25,
            }),
        ),
        ("captum-z", rule(SumRule::Z)),
    ]
}

#[test]
fn every_rule_that_zennit_and_captum_have_gives_their_maps() {
    let numbers = numbers();
    for name in ["mlp", "cnn"] {
        let (graph, of, x) = net(name, &numbers, false);
        let wrt = graph.inputs().to_vec();
        for (case, propagation) in cases() {
            let missing =
                (name, case) == ("mlp", "epsilon-gamma-box") || (name, case) == ("cnn", "captum-z");
            if missing {
                continue;
            }
            let found = explain(&graph, of, &wrt, &propagation, std::slice::from_ref(&x));
            let expected = numbers.get(&format!("{name}.{case}"));
            // The same formulas in double precision, terms added in another
            // order; captum's stabiliser has no sign at zero.
            let off = difference(&found.maps[0], expected);
            assert!(off < 1e-9, "{name} {case}: {off:e}");
            assert!(found.imbalance() < 1e-10, "{name} {case}");
        }
    }
}

/// The attribution, and what it leaves of the change of the explained value.
fn lifted(name: &str, numbers: &Numbers, averaged: bool) -> (Tensor<f64>, f64) {
    let (mut graph, of, x) = net(name, numbers, averaged);
    let input = graph.inputs()[0];
    let ty = graph.ty(input).clone();
    let baseline = graph.input("baseline", ty);
    let made = deep_lift(&mut graph, of, &[input], &[baseline]).unwrap();
    graph.set_outputs(vec![made.maps[0], of, made.reference]);
    let b = x.map(|_| 0.3);
    let mut out = Executor::<f64>::new(&graph).call(&[&x, &b]).unwrap();
    let left = (0..x.rows()).map(|event| {
        let sum: f64 = out[0].row(event).iter().sum();
        (sum - out[1].data()[event] + out[2].data()[event]).abs()
    });
    let left = left.fold(0.0, f64::max);
    (out.swap_remove(0), left)
}

#[test]
fn deep_lift_equals_captums_and_is_complete() {
    let numbers = numbers();
    for name in ["mlp", "cnn"] {
        let (found, left) = lifted(name, &numbers, true);
        let off = difference(&found, numbers.get(&format!("{name}.deep-lift")));
        assert!(off < 1e-9 && left < 1e-12, "{name}: {off:e} {left:e}");
    }
    // captum's maxima leave 1e-4 of the change; these leave rounding.
    let (_, left) = lifted("cnn", &numbers, false);
    assert!(left < 1e-12, "{left:e}");
}
