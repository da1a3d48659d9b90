//! What is one map, and what is done between maps.

use pellucid_core::Tensor;
use pellucid_network::graph::Type;
use pellucid_network::ops::{
    Add, BatchNorm, Concat, Conv, Div, Expand, Gather, Gemm, LayerNorm, MatMul, Mul, Op, Places,
    Pow, ReduceMean, Relu, Reshape, Rule, Sigmoid, Softmax, Sqrt, Sub, Tanh, Transpose, Window,
};
use pellucid_network::transform::{
    Attention, Bias, Propagation, Seed, SumRule, assignments, fold, relevance, relevance_through,
};
use pellucid_network::{Dim, Executor, Graph, ValueId};

use super::{Found, draw, events, explain, weight};

fn stab(z: f64, epsilon: f64) -> f64 {
    if z < 0.0 { z - epsilon } else { z + epsilon }
}

fn close(a: &Found, b: &Found) {
    for (i, (a, b)) in a.maps.iter().zip(&b.maps).enumerate() {
        let size = b.data().iter().fold(1e-3, |size: f64, x| size.max(x.abs()));
        for (x, y) in a.data().iter().zip(b.data()) {
            // The same sums in another order, in double precision.
            assert!((x - y).abs() < 1e-10 * size, "map {i}: {x} {y}");
        }
    }
    let sums = [
        (&a.absorbed, &b.absorbed),
        (&a.stabilised, &b.stabilised),
        (&a.empty, &b.empty),
    ];
    for (i, (a, b)) in sums.into_iter().enumerate() {
        for (x, y) in a.data().iter().zip(b.data()) {
            assert!((x - y).abs() < 1e-9, "account {i}: {x} {y}");
        }
    }
}

/// Every rule but box, with an epsilon that is felt.
fn all_rules() -> Vec<Propagation> {
    let rules = [
        SumRule::Epsilon { epsilon: Some(0.1) },
        SumRule::Gamma { gamma: 0.5 },
        SumRule::AlphaBeta {
            alpha: 2.0,
            beta: 1.0,
        },
        SumRule::ZPlus,
        SumRule::W2,
        SumRule::Flat,
    ];
    let mut all = Vec::new();
    for rule in rules {
        for bias in [Bias::Absorb, Bias::Ignore, Bias::Share] {
            all.push(Propagation {
                bias,
                ..Propagation::rule(rule.clone())
            });
        }
    }
    all
}

/// A last layer, so that relevance of several signs arrives.
fn head(graph: &mut Graph, h: ValueId, width: usize) -> ValueId {
    let h = graph.push(Tanh, &[h]).unwrap();
    let w = weight(graph, &[1, width], 90);
    graph.push(Gemm::NT, &[h, w]).unwrap()
}

#[test]
fn two_dense_layers_that_add_up_are_one_map() {
    let mut apart = Graph::new();
    let x = events(&mut apart, &[3]);
    let h = apart.input("h", Type::real(vec![Dim::symbol("N"), 4.into()]));
    let (w, u) = (
        weight(&mut apart, &[5, 3], 1),
        weight(&mut apart, &[5, 4], 2),
    );
    let (b, c) = (weight(&mut apart, &[5], 3), weight(&mut apart, &[5], 4));
    let wx = apart.push(Gemm::NT, &[x, w, b]).unwrap();
    let uh = apart.push(Gemm::NT, &[h, u]).unwrap();
    let uh = apart.push(Add, &[uh, c]).unwrap();
    let z = apart.push(Add, &[wx, uh]).unwrap();
    let of = head(&mut apart, z, 5);

    let mut joined = Graph::new();
    let jx = events(&mut joined, &[3]);
    let jh = joined.input("h", Type::real(vec![Dim::symbol("N"), 4.into()]));
    let both = joined.push(Concat { axis: 1 }, &[jx, jh]).unwrap();
    let weights: Vec<f64> = (0..5)
        .flat_map(|k| {
            let (w, u) = (draw(&[5, 3], 1), draw(&[5, 4], 2));
            [w.row(k), u.row(k)].concat().into_iter().map(|x| 0.5 * x)
        })
        .collect();
    let w = joined.parameter("", Tensor::new(vec![5, 7], weights));
    let (b, c) = (weight(&mut joined, &[5], 3), weight(&mut joined, &[5], 4));
    let b = joined.push(Add, &[b, c]).unwrap();
    let z = joined.push(Gemm::NT, &[both, w, b]).unwrap();
    let jof = head(&mut joined, z, 5);

    let inputs = [draw(&[4, 3], 7), draw(&[4, 4], 8)];
    for p in all_rules() {
        // Two biases of opposite sign are one bias only together.
        let signed = !matches!(p.rule, SumRule::Epsilon { .. } | SumRule::Flat);
        if signed && p.bias != Bias::Ignore {
            continue;
        }
        let a = explain(&apart, of, &[x, h], &p, &inputs);
        assert!(a.imbalance() < 1e-10, "{p:?}");
        close(&a, &explain(&joined, jof, &[jx, jh], &p, &inputs));
    }
}

#[test]
fn batch_normalisation_behind_a_convolution_is_a_part_of_it() {
    let mut graph = Graph::new();
    let x = events(&mut graph, &[2, 4, 4]);
    let (w, b) = (
        weight(&mut graph, &[3, 2, 3, 3], 1),
        weight(&mut graph, &[3], 2),
    );
    let conv = Conv {
        window: Window::new(&[3, 3]),
        groups: 1,
    };
    let h = graph.push(conv, &[x, w, b]).unwrap();
    let moments: Vec<ValueId> = (0..4)
        .map(|i| {
            let numbers = draw(&[3], 10 + i);
            graph.parameter("", numbers.map(|x| if i == 3 { x.abs() + 0.5 } else { *x }))
        })
        .collect();
    let norm = BatchNorm {
        epsilon: 1e-5,
        momentum: 0.9,
    };
    let h = graph
        .push(norm, &[h, moments[0], moments[1], moments[2], moments[3]])
        .unwrap();
    let shape = vec![Dim::symbol("N"), 12.into()];
    let h = graph.push(Reshape { shape }, &[h]).unwrap();
    let of = head(&mut graph, h, 12);
    graph.output(of);
    let folded = fold(&graph).unwrap();
    let (fx, fof) = (folded.inputs()[0], folded.outputs()[0]);
    let inputs = [draw(&[3, 2, 4, 4], 5)];
    for p in all_rules() {
        let signed = !matches!(p.rule, SumRule::Epsilon { .. } | SumRule::Flat);
        if signed && p.bias != Bias::Ignore {
            continue;
        }
        let a = explain(&graph, of, &[x], &p, &inputs);
        assert!(a.imbalance() < 1e-10, "{p:?}");
        close(&a, &explain(&folded, fof, &[fx], &p, &inputs));
    }
}

#[test]
fn a_residual_sum_has_its_own_stabiliser() {
    let mut graph = Graph::new();
    let x = events(&mut graph, &[3]);
    let w = weight(&mut graph, &[3, 3], 1);
    let h = graph.push(Gemm::NT, &[x, w]).unwrap();
    let of = graph.push(Add, &[h, x]).unwrap();
    let p = Propagation {
        epsilon: 0.2,
        add_epsilon: Some(0.5),
        ..Propagation::default()
    };
    let numbers = draw(&[1, 3], 3);
    let found = explain(&graph, of, &[x], &p, std::slice::from_ref(&numbers));
    let w = draw(&[3, 3], 1).map(|w| 0.5 * w);
    let x = numbers.row(0);
    let h: Vec<f64> = (0..3)
        .map(|k| (0..3).map(|j| w.row(k)[j] * x[j]).sum())
        .collect();
    for j in 0..3 {
        let own = x[j] * (h[j] + x[j]) / stab(h[j] + x[j], 0.5);
        let through: f64 = (0..3)
            .map(|k| {
                let r = h[k] * (h[k] + x[k]) / stab(h[k] + x[k], 0.5);
                w.row(k)[j] * x[j] * r / stab(h[k], 0.2)
            })
            .sum();
        assert!((found.maps[0].data()[j] - own - through).abs() < 1e-12);
    }
    assert!(found.imbalance() < 1e-12);
}

/// Particles `[N, 4, 3]`, their neighbours by fixed positions, an edge layer on
/// `[x_i, x_j − x_i]`.
fn edge_convolution(folded: bool) -> (Graph, ValueId, ValueId) {
    let mut graph = Graph::new();
    let x = events(&mut graph, &[4, 3]);
    let neighbours = Tensor::new(vec![4, 2], vec![1, 2, 0, 3, 3, 1, 2, 0]);
    let neighbours = graph.constant("", neighbours);
    let along = Gather {
        places: Places::Along { axis: 1 },
    };
    let xj = graph.push(along, &[x, neighbours]).unwrap();
    let n = Dim::symbol("N");
    let shape = vec![n.clone(), 4.into(), 1.into(), 3.into()];
    let xi = graph.push(Reshape { shape }, &[x]).unwrap();
    let shape = vec![n, 4.into(), 2.into(), 3.into()];
    let xi = graph.push(Expand { shape }, &[xi]).unwrap();
    let mut w = draw(&[6, 5], 1);
    let second = if folded {
        for i in 0..15 {
            let b = w.data()[15 + i];
            w.data_mut()[i] -= b;
        }
        xj
    } else {
        graph.push(Sub, &[xj, xi]).unwrap()
    };
    let both = graph.push(Concat { axis: 3 }, &[xi, second]).unwrap();
    let w = graph.parameter("w", w);
    let b = weight(&mut graph, &[5], 2);
    let h = graph.push(MatMul, &[both, w]).unwrap();
    let h = graph.push(Add, &[h, b]).unwrap();
    let h = graph.push(Relu, &[h]).unwrap();
    let mean = ReduceMean {
        axes: vec![1, 2],
        keep: false,
    };
    let h = graph.push(mean, &[h]).unwrap();
    let of = head(&mut graph, h, 5);
    (graph, x, of)
}

#[test]
fn an_edge_convolution_is_its_linear_form() {
    let (graph, x, of) = edge_convolution(false);
    let (folded, fx, fof) = edge_convolution(true);
    let inputs = [draw(&[3, 4, 3], 4)];
    for p in all_rules() {
        let a = explain(&graph, of, &[x], &p, &inputs);
        assert!(a.imbalance() < 1e-10, "{p:?}: {}", a.imbalance());
        close(&a, &explain(&folded, fof, &[fx], &p, &inputs));
    }
}

#[test]
fn a_product_with_the_adjacency_has_no_stabiliser_of_its_own() {
    let mut graph = Graph::new();
    let x = events(&mut graph, &[4, 3]);
    let a = graph.input("a", Type::real(vec![Dim::symbol("N"), 4.into(), 4.into()]));
    let (w, u) = (
        weight(&mut graph, &[3, 2], 1),
        weight(&mut graph, &[3, 2], 2),
    );
    let b = weight(&mut graph, &[2], 3);
    let xw = graph.push(MatMul, &[x, w]).unwrap();
    let gathered = graph.push(MatMul, &[a, xw]).unwrap();
    let root = graph.push(MatMul, &[x, u]).unwrap();
    let root = graph.push(Add, &[root, b]).unwrap();
    let of = graph.push(Add, &[gathered, root]).unwrap();
    let p = Propagation::epsilon(0.3);
    let inputs = [draw(&[1, 4, 3], 4), draw(&[1, 4, 4], 5)];
    let found = explain(&graph, of, &[x], &p, &inputs);
    assert!(found.imbalance() < 1e-12);
    let half = |shape: &[usize], seed| draw(shape, seed).map(|x| 0.5 * x);
    let (w, u, b) = (half(&[3, 2], 1), half(&[3, 2], 2), half(&[2], 3));
    let x = |j: usize, f: usize| inputs[0].data()[j * 3 + f];
    let a = |i: usize, j: usize| inputs[1].data()[i * 4 + j];
    let weight_of = |i: usize, k: usize, j: usize, f: usize| {
        a(i, j) * w.row(f)[k] + if i == j { u.row(f)[k] } else { 0.0 }
    };
    let mut expected = [0.0; 12];
    for i in 0..4 {
        for k in 0..2 {
            let mut z = b.data()[k];
            for j in 0..4 {
                for f in 0..3 {
                    z += x(j, f) * weight_of(i, k, j, f);
                }
            }
            for j in 0..4 {
                for f in 0..3 {
                    expected[j * 3 + f] += x(j, f) * weight_of(i, k, j, f) * z / stab(z, 0.3);
                }
            }
        }
    }
    for (a, b) in found.maps[0].data().iter().zip(expected) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }
}

#[test]
fn relevance_is_kept_along_every_edge_of_the_adjacency() {
    let mut graph = Graph::new();
    let x = events(&mut graph, &[4, 3]);
    let a = graph.input("a", Type::real(vec![Dim::symbol("N"), 4.into(), 4.into()]));
    let w = weight(&mut graph, &[3, 2], 1);
    let xw = graph.push(MatMul, &[x, w]).unwrap();
    let of = graph.push(MatMul, &[a, xw]).unwrap();
    let inputs = [draw(&[2, 4, 3], 4), draw(&[2, 4, 4], 5)];
    for p in all_rules() {
        let seed = Seed::Value;
        let mut graph = graph.clone();
        let made = relevance_through(&mut graph, of, &[x], &[a], &p, seed).unwrap();
        graph.set_outputs(vec![made.maps[0], made.through[0]]);
        let out = Executor::<f64>::new(&graph)
            .call(&[&inputs[0], &inputs[1]])
            .unwrap();
        // What comes along all edges from j is what j receives.
        for (event, j) in [(0, 0), (0, 3), (1, 1), (1, 2)] {
            let received: f64 = out[0].row(event)[j * 3..][..3].iter().sum();
            let along: f64 = (0..4).map(|i| out[1].row(event)[i * 4 + j]).sum();
            assert!(
                (received - along).abs() < 1e-12,
                "{p:?}: {received} {along}"
            );
        }
    }
}

#[test]
fn in_a_gated_cell_the_signal_takes_all() {
    // c' = f ⊙ c + i ⊙ g, each gate a sigmoid of the same input.
    let mut graph = Graph::new();
    let x = events(&mut graph, &[3]);
    let c = graph.input("c", Type::real(vec![Dim::symbol("N"), 2.into()]));
    let layer = |graph: &mut Graph, seed| {
        let w = weight(graph, &[2, 3], seed);
        graph.push(Gemm::NT, &[x, w]).unwrap()
    };
    let (f, i, g) = (
        layer(&mut graph, 1),
        layer(&mut graph, 2),
        layer(&mut graph, 3),
    );
    let f = graph.push(Sigmoid, &[f]).unwrap();
    let i = graph.push(Sigmoid, &[i]).unwrap();
    let g = graph.push(Tanh, &[g]).unwrap();
    let kept = graph.push(Mul, &[f, c]).unwrap();
    let new = graph.push(Mul, &[g, i]).unwrap();
    let of = graph.push(Add, &[kept, new]).unwrap();
    let p = Propagation::epsilon(0.1);
    let inputs = [draw(&[1, 3], 5), draw(&[1, 2], 6)];
    let found = explain(&graph, of, &[x, c], &p, &inputs);
    assert!(found.imbalance() < 1e-12);
    let layer = |seed| {
        let w = draw(&[2, 3], seed).map(|w| 0.5 * w);
        let z = |k: usize| {
            (0..3)
                .map(|j| w.row(k)[j] * inputs[0].data()[j])
                .sum::<f64>()
        };
        ([z(0), z(1)], w)
    };
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    let ((f, _), (i, _), (g, wg)) = (layer(1), layer(2), layer(3));
    let mut to_x = [0.0; 3];
    for k in 0..2 {
        let kept = sigmoid(f[k]) * inputs[1].data()[k];
        let new = sigmoid(i[k]) * g[k].tanh();
        // A recurrent network's cell sum has the weighted sums' epsilon.
        let s = (kept + new) / stab(kept + new, 0.1);
        assert!((found.maps[1].data()[k] - kept * s).abs() < 1e-12);
        for (j, to_x) in to_x.iter_mut().enumerate() {
            *to_x += wg.row(k)[j] * inputs[0].data()[j] * new * s / stab(g[k], 0.1);
        }
    }
    for (a, b) in found.maps[0].data().iter().zip(to_x) {
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }
}

#[test]
fn a_layer_normalisation_keeps_its_mean_and_holds_its_deviation() {
    let mut graph = Graph::new();
    let x = events(&mut graph, &[4]);
    let mean = ReduceMean {
        axes: vec![1],
        keep: true,
    };
    let m = graph.push(mean.clone(), &[x]).unwrap();
    let centred = graph.push(Sub, &[x, m]).unwrap();
    let two = graph.scalar(2.0);
    let squares = graph.push(Pow, &[centred, two]).unwrap();
    let variance = graph.push(mean, &[squares]).unwrap();
    let tiny = graph.scalar(1e-5);
    let variance = graph.push(Add, &[variance, tiny]).unwrap();
    let deviation = graph.push(Sqrt, &[variance]).unwrap();
    let normal = graph.push(Div, &[centred, deviation]).unwrap();
    let (scale, shift) = (weight(&mut graph, &[4], 1), weight(&mut graph, &[4], 2));
    let scaled = graph.push(Mul, &[normal, scale]).unwrap();
    let of = graph.push(Add, &[scaled, shift]).unwrap();
    let p = Propagation::epsilon(0.05);
    let numbers = draw(&[1, 4], 7);
    let found = explain(&graph, of, &[x], &p, std::slice::from_ref(&numbers));
    assert!(found.imbalance() < 1e-12);
    let x = numbers.row(0);
    let half = |seed| draw(&[4], seed).map(|x| 0.5 * x);
    let (scale, shift) = (half(1), half(2));
    let m = x.iter().sum::<f64>() / 4.0;
    let width = (x.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / 4.0 + 1e-5).sqrt();
    for j in 0..4 {
        let expected: f64 = (0..4)
            .map(|k| {
                let y = scale.data()[k] * (x[k] - m) / width + shift.data()[k];
                let delta = if j == k { 1.0 } else { 0.0 };
                let jacobian = scale.data()[k] * (delta - 0.25) / width;
                x[j] * jacobian * y / stab(y, 0.05)
            })
            .sum();
        assert!((found.maps[0].data()[j] - expected).abs() < 1e-12);
    }
}

#[test]
fn a_layer_normalisation_in_one_operation_is_the_one_in_single_ones() {
    let gained = |graph: &mut Graph, normal: ValueId| {
        let (scale, shift) = (weight(graph, &[4], 1), weight(graph, &[4], 2));
        let scaled = graph.push(Mul, &[normal, scale]).unwrap();
        let shifted = graph.push(Add, &[scaled, shift]).unwrap();
        head(graph, shifted, 4)
    };
    let mut single = Graph::new();
    let x = events(&mut single, &[4]);
    let mean = ReduceMean {
        axes: vec![1],
        keep: true,
    };
    let m = single.push(mean.clone(), &[x]).unwrap();
    let centred = single.push(Sub, &[x, m]).unwrap();
    let squares = single.push(Mul, &[centred, centred]).unwrap();
    let variance = single.push(mean, &[squares]).unwrap();
    let tiny = single.scalar(1e-5);
    let variance = single.push(Add, &[variance, tiny]).unwrap();
    let deviation = single.push(Sqrt, &[variance]).unwrap();
    let normal = single.push(Div, &[centred, deviation]).unwrap();
    let of = gained(&mut single, normal);

    let mut joined = Graph::new();
    let jx = events(&mut joined, &[4]);
    let norm = LayerNorm {
        axis: 1,
        epsilon: 1e-5,
    };
    let normal = joined.node("", norm, &[jx]).unwrap()[0];
    let jof = gained(&mut joined, normal);
    let inputs = [draw(&[3, 4], 7)];
    for bias in [Bias::Absorb, Bias::Ignore] {
        let p = Propagation {
            bias,
            ..Propagation::epsilon(0.05)
        };
        let a = explain(&single, of, &[x], &p, &inputs);
        assert!(a.imbalance() < 1e-12);
        close(&a, &explain(&joined, jof, &[jx], &p, &inputs));
    }
}

/// One head: queries, keys and values of `x`, softmax of their products.
fn attention() -> (Graph, ValueId, ValueId, [ValueId; 4]) {
    let mut graph = Graph::new();
    let x = events(&mut graph, &[3, 4]);
    let layer = |graph: &mut Graph, seed| {
        let w = weight(graph, &[4, 2], seed);
        graph.push(MatMul, &[x, w]).unwrap()
    };
    let (q, k, v) = (
        layer(&mut graph, 1),
        layer(&mut graph, 2),
        layer(&mut graph, 3),
    );
    let turn = Transpose {
        perm: vec![0, 2, 1],
    };
    let kt = graph.push(turn, &[k]).unwrap();
    let scores = graph.push(MatMul, &[q, kt]).unwrap();
    let root = graph.scalar(2.0_f64.sqrt());
    let scores = graph.push(Div, &[scores, root]).unwrap();
    let a = graph.push(Softmax { axis: 2 }, &[scores]).unwrap();
    let of = graph.push(MatMul, &[a, v]).unwrap();
    (graph, x, of, [q, k, v, scores])
}

#[test]
fn attention_is_constant_or_passes_by_attnlrp() {
    let (graph, x, of, [q, k, v, scores]) = attention();
    let numbers = draw(&[1, 3, 4], 9);
    let inputs = std::slice::from_ref(&numbers);
    let epsilon = 0.02;
    let constant = Propagation::epsilon(epsilon);
    let attnlrp = Propagation {
        attention: Attention::Attnlrp,
        ..Propagation::epsilon(epsilon)
    };
    let weights: Vec<Tensor<f64>> = (1..4).map(|i| draw(&[4, 2], i).map(|w| 0.5 * w)).collect();
    let layer = |w: &Tensor<f64>, i: usize, d: usize| -> f64 {
        (0..4)
            .map(|f| numbers.data()[i * 4 + f] * w.row(f)[d])
            .sum()
    };
    let root = 2.0_f64.sqrt();
    let score = |i: usize, j: usize| {
        (0..2)
            .map(|d| layer(&weights[0], i, d) * layer(&weights[1], j, d))
            .sum::<f64>()
            / root
    };
    let share =
        |i: usize, j: usize| score(i, j).exp() / (0..3).map(|l| score(i, l).exp()).sum::<f64>();
    let value = |j: usize, d: usize| layer(&weights[2], j, d);
    let out = |i: usize, d: usize| (0..3).map(|j| share(i, j) * value(j, d)).sum::<f64>();

    let found = explain(&graph, of, &[x, q, k, v], &constant, inputs);
    for j in 0..3 {
        for d in 0..2 {
            let expected: f64 = (0..3)
                .map(|i| share(i, j) * value(j, d) * out(i, d) / stab(out(i, d), epsilon))
                .sum();
            assert!((found.maps[3].data()[j * 2 + d] - expected).abs() < 1e-12);
        }
    }
    assert!(
        found.maps[1]
            .data()
            .iter()
            .chain(found.maps[2].data())
            .all(|&r| r == 0.0)
    );
    let inputs_only = explain(&graph, of, &[x], &constant, inputs);
    assert!(inputs_only.imbalance() < 1e-12);

    let found = explain(&graph, of, &[x, q, k, v, scores], &attnlrp, inputs);
    let half = |i: usize, d: usize| out(i, d) / stab(2.0 * out(i, d), epsilon);
    let to_share = |i: usize, j: usize| -> f64 {
        (0..2).map(|d| share(i, j) * value(j, d) * half(i, d)).sum()
    };
    let to_score = |i: usize, j: usize| {
        let total: f64 = (0..3).map(|l| to_share(i, l)).sum();
        score(i, j) * (to_share(i, j) - share(i, j) * total)
    };
    for i in 0..3 {
        for j in 0..3 {
            let off = found.maps[4].data()[i * 3 + j] - to_score(i, j);
            assert!(off.abs() < 1e-12, "{off}");
        }
        for d in 0..2 {
            let expected: f64 = (0..3)
                .map(|j| {
                    let product = layer(&weights[0], i, d) * layer(&weights[1], j, d) / root;
                    product * to_score(i, j) / stab(2.0 * score(i, j), epsilon)
                })
                .sum();
            assert!((found.maps[1].data()[i * 2 + d] - expected).abs() < 1e-12);
        }
    }
    assert!(explain(&graph, of, &[x], &attnlrp, inputs).imbalance() < 1e-12);
}

#[test]
fn a_value_within_a_map_tells_what_passes_through_it() {
    let mut graph = Graph::new();
    let x = events(&mut graph, &[3]);
    let (w, u) = (
        weight(&mut graph, &[2, 3], 1),
        weight(&mut graph, &[2, 3], 2),
    );
    let wx = graph.push(Gemm::NT, &[x, w]).unwrap();
    let ux = graph.push(Gemm::NT, &[x, u]).unwrap();
    let z = graph.push(Add, &[wx, ux]).unwrap();
    let p = Propagation::epsilon(0.2);
    let found = explain(&graph, z, &[x, wx, ux], &p, &[draw(&[2, 3], 3)]);
    for event in 0..2 {
        let sum = |map: usize| found.maps[map].row(event).iter().sum::<f64>();
        assert!((sum(0) - sum(1) - sum(2)).abs() < 1e-12);
        assert!(sum(1).abs() > 1e-3 && sum(2).abs() > 1e-3);
    }
}

#[test]
fn an_operation_without_a_rule_is_named() {
    let mut graph = Graph::new();
    let x = events(&mut graph, &[2]);
    let y = graph.node("power", Pow, &[x, x]).unwrap()[0];
    let p = Propagation::default();
    let plan = assignments(&graph, y, &[x], &p).unwrap();
    assert_eq!(plan[0].rule, None);
    let error = relevance(&mut graph, y, &[x], &p, Seed::Value).unwrap_err();
    assert!(error.to_string().contains("power"), "{error}");
}

#[test]
fn every_operation_states_its_rule() {
    for example in Op::examples() {
        let stated = example.op.rule() != Rule::None;
        // A product over positions has no rule: it is an error on the way.
        let product = format!("{:?}", example.op).contains("reduction: Mul");
        assert!(stated || product, "{:?}", example.op);
    }
}
