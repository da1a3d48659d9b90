//! Relevance through what a scatter multiplies, and through scores that a mask of
//! minus infinity leaves out.

use pellucid_core::Tensor;
use pellucid_network::graph::Type;
use pellucid_network::ops::{
    Gemm, LogSoftmax, Op, Places, ReduceLogSumExp, Reduction, Scatter, Softmax, Where,
};
use pellucid_network::transform::Propagation;
use pellucid_network::{Graph, ValueId};

use super::balance::settings;
use super::{draw, events, explain, weight};

/// Six numbers of an event multiplied into three places, between dense layers.
fn multiplied(graph: &mut Graph, data_varies: bool) -> (ValueId, ValueId) {
    let x = events(graph, &[4]);
    let w = weight(graph, &[6, 4], 1);
    let updates = graph.push(Gemm::NT, &[x, w]).unwrap();
    let data = if data_varies {
        let w = weight(graph, &[3, 4], 2);
        graph.push(Gemm::NT, &[x, w]).unwrap()
    } else {
        let ones = graph.scalar(1.5);
        let shape = vec![pellucid_network::Dim::symbol("N"), 3.into()];
        graph
            .push(pellucid_network::ops::Expand { shape }, &[ones])
            .unwrap()
    };
    // The third place is not pointed to.
    let at = Tensor::new(vec![1, 6], vec![0, 1, 0, 0, 1, 0]);
    let at = graph.constant("", at);
    let shape = vec![pellucid_network::Dim::symbol("N"), 6.into()];
    let at = graph
        .push(pellucid_network::ops::Expand { shape }, &[at])
        .unwrap();
    let scatter = Scatter {
        places: Places::Elements { axis: 1 },
        reduction: Reduction::Mul,
    };
    let y = graph.push(scatter, &[data, at, updates]).unwrap();
    let w = weight(graph, &[1, 3], 3);
    (x, graph.push(Gemm::NT, &[y, w]).unwrap())
}

#[test]
fn a_product_of_scattered_numbers_shares_equally_and_balances() {
    for data_varies in [true, false] {
        let mut graph = Graph::new();
        let (x, of) = multiplied(&mut graph, data_varies);
        let input = draw(&[5, 4], 9);
        for mut propagation in settings() {
            propagation.epsilon = 0.1;
            let found = explain(&graph, of, &[x], &propagation, std::slice::from_ref(&input));
            let off = found.imbalance();
            assert!(off < 1e-10, "{off:e} for {propagation:?}");
        }
    }
    // Shares: every factor of the first place has the same share of it.
    let mut graph = Graph::new();
    let ty = Type::real(vec![1.into(), 2.into()]);
    let x = graph.input("x", ty);
    let at = graph.constant("", Tensor::new(vec![1, 2], vec![0, 0]));
    let start = graph.constant("", Tensor::new(vec![1, 1], vec![2.0]));
    let scatter = Scatter {
        places: Places::Elements { axis: 1 },
        reduction: Reduction::Mul,
    };
    let of = graph.push(scatter, &[start, at, x]).unwrap();
    let input = Tensor::new(vec![1, 2], vec![3.0, 5.0]);
    let found = explain(&graph, of, &[x], &Propagation::default(), &[input]);
    assert_eq!(found.maps[0].data(), [15.0, 15.0]);
}

#[test]
fn masked_scores_receive_nothing_and_leave_the_accounts_finite() {
    let functions: [(Op, usize); 3] = [
        (Softmax { axis: 1 }.into(), 4),
        (LogSoftmax { axis: 1 }.into(), 4),
        (
            ReduceLogSumExp {
                axes: vec![1],
                keep: true,
            }
            .into(),
            1,
        ),
    ];
    for (function, width) in functions {
        let mut graph = Graph::new();
        let x = events(&mut graph, &[3]);
        let w = weight(&mut graph, &[4, 3], 4);
        let scores = graph.push(Gemm::NT, &[x, w]).unwrap();
        let seen = graph.constant("", Tensor::new(vec![4], vec![1.0, 0.0, 1.0, 1.0]));
        let lowest = graph.scalar(f64::NEG_INFINITY);
        let scores = graph.push(Where, &[seen, scores, lowest]).unwrap();
        let y = graph.push(function.clone(), &[scores]).unwrap();
        // Of the logarithm of a softmax only what is seen.
        let zero = graph.scalar(0.0);
        let y = if width == 4 {
            graph.push(Where, &[seen, y, zero]).unwrap()
        } else {
            y
        };
        let w = weight(&mut graph, &[1, width], 5);
        let of = graph.push(Gemm::NT, &[y, w]).unwrap();
        let input = draw(&[3, 3], 6);
        for propagation in settings() {
            let found = explain(&graph, of, &[x], &propagation, std::slice::from_ref(&input));
            let off = found.imbalance();
            assert!(off < 1e-10, "{function:?}: {off:e} for {propagation:?}");
        }
    }
}
