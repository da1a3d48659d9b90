//! A second implementation by dense contribution matrices: every layer is
//! probed with unit vectors for its matrix, and the rules are written down as
//! the papers have them, one event at a time.

use pellucid_core::Tensor;
use pellucid_network::ops::{Conv, Gemm, Op, Relu, Reshape, Window};
use pellucid_network::transform::{
    Assignment, Bias, Bound, Composite, Empty, Layers, Propagation, SumRule,
};
use pellucid_network::{Dim, Executor, Graph, ValueId};

use super::{draw, events, explain};

/// A layer as a matrix: `z = W x + b`.
struct Dense {
    weights: Vec<Vec<f64>>,
    bias: Vec<f64>,
    convolution: bool,
}

/// Layers with a rectifier behind each but the last.
struct Net {
    graph: Graph,
    of: ValueId,
    shape: Vec<usize>,
    layers: Vec<Dense>,
}

/// One layer by itself.
type Layer = (Op, Vec<Tensor<f64>>);

fn probe(layer: &Layer, shape: &[usize]) -> (Dense, Vec<usize>) {
    let mut graph = Graph::new();
    let x = events(&mut graph, shape);
    let mut inputs = vec![x];
    inputs.extend(layer.1.iter().map(|w| graph.parameter("", w.clone())));
    let z = graph.node("", layer.0.clone(), &inputs).unwrap()[0];
    graph.output(z);
    let mut executor = Executor::<f64>::new(&graph);
    let count: usize = shape.iter().product();
    let mut at = |j: Option<usize>| {
        let mut sides = vec![1];
        sides.extend(shape);
        let mut x = Tensor::full(sides, 0.0);
        if let Some(j) = j {
            x.data_mut()[j] = 1.0;
        }
        let z = executor.call(&[&x]).unwrap().remove(0);
        (z.data().to_vec(), z.shape()[1..].to_vec())
    };
    let (bias, out) = at(None);
    let columns: Vec<Vec<f64>> = (0..count).map(|j| at(Some(j)).0).collect();
    let weights = (0..bias.len())
        .map(|k| columns.iter().map(|column| column[k] - bias[k]).collect())
        .collect();
    let convolution = matches!(layer.0, Op::Conv(_));
    (
        Dense {
            weights,
            bias,
            convolution,
        },
        out,
    )
}

fn net(shape: &[usize], layers: Vec<Layer>) -> Net {
    let mut graph = Graph::new();
    let mut h = events(&mut graph, shape);
    let mut sides = shape.to_vec();
    let mut dense = Vec::new();
    let count = layers.len();
    for (i, layer) in layers.into_iter().enumerate() {
        if matches!(layer.0, Op::Gemm(_)) && sides.len() > 1 {
            sides = vec![sides.iter().product()];
            let shape = vec![Dim::symbol("N"), sides[0].into()];
            h = graph.push(Reshape { shape }, &[h]).unwrap();
        }
        let (matrix, out) = probe(&layer, &sides);
        let mut inputs = vec![h];
        inputs.extend(layer.1.iter().map(|w| graph.parameter("", w.clone())));
        h = graph.node(&format!("layer{i}"), layer.0, &inputs).unwrap()[0];
        if i + 1 < count {
            h = graph.push(Relu, &[h]).unwrap();
        }
        dense.push(matrix);
        sides = out;
    }
    Net {
        graph,
        of: h,
        shape: shape.to_vec(),
        layers: dense,
    }
}

fn mlp() -> Net {
    let gemm = |rows: usize, columns: usize, seed| {
        (
            Gemm::NT.into(),
            vec![draw(&[rows, columns], seed), draw(&[rows], seed + 50)],
        )
    };
    net(&[5], vec![gemm(7, 5, 1), gemm(6, 7, 2), gemm(1, 6, 3)])
}

fn cnn() -> Net {
    let conv = |o: usize, c: usize, pad: usize, seed| {
        let op = Conv {
            window: Window::new(&[3, 3]).pad(&[pad, pad]),
            groups: 1,
        };
        (
            op.into(),
            vec![draw(&[o, c, 3, 3], seed), draw(&[o], seed + 50)],
        )
    };
    let gemm = (Gemm::NT.into(), vec![draw(&[1, 12], 7), draw(&[1], 8)]);
    net(&[2, 4, 4], vec![conv(2, 2, 1, 1), conv(3, 2, 0, 2), gemm])
}

/// What one layer does.
struct Step {
    relevance: Vec<f64>,
    absorbed: f64,
    stabilised: f64,
    empty: f64,
}

fn stab(z: f64, epsilon: f64) -> f64 {
    if z < 0.0 { z - epsilon } else { z + epsilon }
}

/// The rule of one layer, from the formulas.
fn step(layer: &Dense, rule: &SumRule, p: &Propagation, x: &[f64], arrived: &[f64]) -> Step {
    let n = x.len();
    let mut out = Step {
        relevance: vec![0.0; n],
        absorbed: 0.0,
        stabilised: 0.0,
        empty: 0.0,
    };
    for (k, &r) in arrived.iter().enumerate() {
        let w = &layer.weights[k];
        let b = if p.bias == Bias::Ignore {
            0.0
        } else {
            layer.bias[k]
        };
        let c: Vec<f64> = (0..n).map(|j| x[j] * w[j]).collect();
        let connected: Vec<bool> = w.iter().map(|&w| w != 0.0).collect();
        let count = connected.iter().filter(|&&yes| yes).count() as f64;
        let positive: f64 = c.iter().map(|c| c.max(0.0)).sum::<f64>() + b.max(0.0);
        let negative: f64 = c.iter().map(|c| c.min(0.0)).sum::<f64>() + b.min(0.0);
        let z: f64 = c.iter().sum::<f64>() + b;
        // Shares of contributions, the last that of the bias.
        let with_bias: Vec<f64> = c.iter().copied().chain([b]).collect();
        let (shares, missing): (Vec<f64>, f64) = match rule {
            SumRule::Z | SumRule::Epsilon { .. } => {
                let epsilon = match rule {
                    SumRule::Z => 1e-9,
                    SumRule::Epsilon { epsilon: Some(e) } => *e,
                    _ => p.epsilon,
                };
                let s = r / stab(z, epsilon);
                (
                    with_bias.iter().map(|c| c * s).collect(),
                    (stab(z, epsilon) - z) * s,
                )
            }
            SumRule::Gamma { gamma } => {
                let more = |c: f64| c + gamma * if z < 0.0 { c.min(0.0) } else { c.max(0.0) };
                let total = z + gamma * if z < 0.0 { negative } else { positive };
                let s = r / stab(total, 1e-9);
                let all: Vec<f64> = with_bias.iter().map(|&c| more(c) * s).collect();
                (all, (stab(total, 1e-9) - total) * s)
            }
            SumRule::AlphaBeta { .. } | SumRule::ZPlus => {
                let (alpha, beta) = match rule {
                    SumRule::AlphaBeta { alpha, beta } => (*alpha, *beta),
                    _ => (1.0, 0.0),
                };
                let (mut up, mut down) = (alpha * r, -beta * r);
                if p.empty == Empty::Reassign && negative == 0.0 {
                    (up, down) = (r, 0.0);
                } else if p.empty == Empty::Reassign && positive == 0.0 {
                    (up, down) = (0.0, r);
                }
                let mut missing = 0.0;
                for (due, side) in [(up, positive), (down, negative)] {
                    if side == 0.0 {
                        out.empty += due;
                    } else {
                        missing += due * (1.0 - side / stab(side, 1e-9));
                    }
                }
                let share = |c: f64| {
                    let side = if c > 0.0 { positive } else { negative };
                    let due = if c > 0.0 { up } else { down };
                    if c == 0.0 {
                        0.0
                    } else {
                        due * c / stab(side, 1e-9)
                    }
                };
                (with_bias.iter().map(|&c| share(c)).collect(), missing)
            }
            SumRule::W2 | SumRule::Flat | SumRule::Box { .. } => {
                let v: Vec<f64> = (0..n)
                    .map(|j| match rule {
                        SumRule::W2 => w[j] * w[j],
                        SumRule::Flat => f64::from(connected[j]),
                        SumRule::Box {
                            low: Bound::Number(low),
                            high: Bound::Number(high),
                        } => c[j] - low * w[j].max(0.0) - high * w[j].min(0.0),
                        _ => unreachable!("lists of bounds are not used here"),
                    })
                    .collect();
                let own = if *rule == SumRule::W2 { b * b } else { 0.0 };
                let total: f64 = v.iter().sum::<f64>() + own;
                let s = r / stab(total, 1e-9);
                let all: Vec<f64> = v.iter().chain([&own]).map(|v| v * s).collect();
                (all, (stab(total, 1e-9) - total) * s)
            }
        };
        out.stabilised += missing;
        for j in 0..n {
            out.relevance[j] += shares[j];
            if p.bias == Bias::Share && connected[j] {
                out.relevance[j] += shares[n] / count;
            }
        }
        if p.bias == Bias::Absorb {
            out.absorbed += shares[n];
        }
    }
    out
}

fn rule_of(p: &Propagation, net: &Net, i: usize) -> SumRule {
    let convolution = net.layers[i].convolution;
    let composite = p.composite.as_ref().map(|composite| match composite {
        Composite::EpsilonPlusFlat if i == 0 => SumRule::Flat,
        Composite::EpsilonGammaBox { low, high, .. } if i == 0 => SumRule::Box {
            low: low.clone(),
            high: high.clone(),
        },
        _ if !convolution => SumRule::Epsilon { epsilon: None },
        Composite::EpsilonAlpha2Beta1 => SumRule::AlphaBeta {
            alpha: 2.0,
            beta: 1.0,
        },
        Composite::EpsilonGammaBox { gamma, .. } => SumRule::Gamma { gamma: *gamma },
        _ => SumRule::ZPlus,
    });
    let mut rule = composite.unwrap_or_else(|| p.rule.clone());
    for assignment in &p.assignments {
        let count = net.layers.len();
        let meant = match &assignment.layers {
            Layers::First(n) => i < *n,
            Layers::Last(n) => i + n >= count,
            Layers::Operation(name) => (name == "Conv") == convolution,
            Layers::Node(name) => *name == format!("layer{i}"),
        };
        if meant {
            rule = assignment.rule.clone();
        }
    }
    rule
}

/// Compares a network's relevance with the reference, on events of which some
/// are exactly zero in places.
fn compare(net: &Net, p: &Propagation) {
    let mut sides = vec![6];
    sides.extend(&net.shape);
    let mut x = draw(&sides, 99);
    x.data_mut().iter_mut().step_by(3).for_each(|x| *x = 0.0);
    let input = net.graph.inputs()[0];
    let found = explain(&net.graph, net.of, &[input], p, std::slice::from_ref(&x));
    assert!(found.imbalance() < 1e-10, "{p:?}: {}", found.imbalance());
    for event in 0..6 {
        let mut at = vec![x.row(event).to_vec()];
        for (i, layer) in net.layers.iter().enumerate() {
            let last = i + 1 == net.layers.len();
            let z = (0..layer.bias.len()).map(|k| {
                let terms = layer.weights[k].iter().zip(&at[i]).map(|(w, x)| w * x);
                terms.sum::<f64>() + layer.bias[k]
            });
            at.push(z.map(|z| if last { z } else { z.max(0.0) }).collect());
        }
        let mut relevance = at[net.layers.len()].clone();
        let (mut absorbed, mut stabilised, mut empty) = (0.0, 0.0, 0.0);
        for (i, layer) in net.layers.iter().enumerate().rev() {
            let made = step(layer, &rule_of(p, net, i), p, &at[i], &relevance);
            relevance = made.relevance;
            absorbed += made.absorbed;
            stabilised += made.stabilised;
            empty += made.empty;
        }
        let size = relevance.iter().map(|r| r.abs()).sum::<f64>().max(1.0);
        let mut pairs: Vec<(f64, f64)> = found.maps[0]
            .row(event)
            .iter()
            .copied()
            .zip(relevance.iter().copied())
            .collect();
        pairs.push((found.absorbed.data()[event], absorbed));
        pairs.push((found.stabilised.data()[event], stabilised));
        pairs.push((found.empty.data()[event], empty));
        for (i, (a, b)) in pairs.into_iter().enumerate() {
            // Sums of a hundred terms in another order, in double precision;
            // ill-conditioned where a sum nearly vanishes.
            assert!(
                (a - b).abs() < 1e-10 * size,
                "{p:?}, event {event}, {i}: {a} {b}"
            );
        }
    }
}

fn rules() -> Vec<SumRule> {
    let bound = |x| Bound::Number(x);
    vec![
        SumRule::Z,
        SumRule::Epsilon { epsilon: None },
        SumRule::Epsilon { epsilon: Some(0.3) },
        SumRule::Gamma { gamma: 0.25 },
        SumRule::AlphaBeta {
            alpha: 2.0,
            beta: 1.0,
        },
        SumRule::AlphaBeta {
            alpha: 1.0,
            beta: 0.0,
        },
        SumRule::ZPlus,
        SumRule::W2,
        SumRule::Flat,
        SumRule::Box {
            low: bound(-4.0),
            high: bound(4.0),
        },
    ]
}

#[test]
fn every_rule_equals_its_formula_on_dense_matrices() {
    for net in [mlp(), cnn()] {
        for rule in rules() {
            for bias in [Bias::Absorb, Bias::Ignore, Bias::Share] {
                for empty in [Empty::Lose, Empty::Reassign] {
                    compare(
                        &net,
                        &Propagation {
                            bias,
                            empty,
                            epsilon: 0.01,
                            ..Propagation::rule(rule.clone())
                        },
                    );
                }
            }
        }
    }
}

#[test]
fn composites_and_assignments_pick_the_layers_they_name() {
    let (low, high) = (Bound::Number(-3.0), Bound::Number(3.0));
    let composites = [
        Composite::EpsilonPlus,
        Composite::EpsilonPlusFlat,
        Composite::EpsilonAlpha2Beta1,
        Composite::EpsilonGammaBox {
            low,
            high,
            gamma: 0.5,
        },
    ];
    for composite in composites {
        let p = Propagation {
            composite: Some(composite),
            ..Propagation::default()
        };
        compare(&cnn(), &p);
    }
    let on = |layers, rule| Assignment { layers, rule };
    let p = Propagation {
        composite: Some(Composite::EpsilonPlus),
        assignments: vec![
            on(Layers::Operation("Conv".to_owned()), SumRule::W2),
            on(Layers::First(1), SumRule::Flat),
            on(Layers::Last(1), SumRule::Gamma { gamma: 1.0 }),
            on(Layers::Node("layer1".to_owned()), SumRule::ZPlus),
        ],
        ..Propagation::default()
    };
    compare(&cnn(), &p);
}

#[test]
fn an_assignment_that_means_nothing_is_refused() {
    let net = mlp();
    let p = Propagation {
        assignments: vec![Assignment {
            layers: Layers::Node("conv9".to_owned()),
            rule: SumRule::Flat,
        }],
        ..Propagation::default()
    };
    let mut graph = net.graph.clone();
    let x = graph.inputs()[0];
    let made = pellucid_network::transform::relevance(
        &mut graph,
        net.of,
        &[x],
        &p,
        pellucid_network::transform::Seed::Value,
    );
    assert!(made.unwrap_err().to_string().contains("conv9"));
}

#[test]
fn bounds_of_the_box_may_differ_for_every_number() {
    let net = mlp();
    let low: Vec<f64> = (0..5).map(|i| -3.0 - f64::from(i)).collect();
    let rule = SumRule::Box {
        low: Bound::List(low.clone()),
        high: Bound::Number(4.0),
    };
    let p = Propagation {
        assignments: vec![Assignment {
            layers: Layers::First(1),
            rule,
        }],
        ..Propagation::default()
    };
    let x = draw(&[3, 5], 4);
    let found = explain(&net.graph, net.of, &[net.graph.inputs()[0]], &p, &[x]);
    assert!(found.imbalance() < 1e-10);
}
