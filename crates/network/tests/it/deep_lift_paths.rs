//! DeepLIFT where one operation changes in several places of its path: it has the
//! integrated gradients of many points, or says in its residual how much it misses.

use pellucid_core::{Tensor, random};
use pellucid_network::graph::Type;
use pellucid_network::ops::{
    Abs, Add, Clip, Div, Equal, Exp, Gemm, Log, LogSoftmax, Mul, Op, ReduceLogSumExp, ReduceSum,
    Softmax, Sqrt, TopK, Where,
};
use pellucid_network::transform::{deep_lift, gauss_legendre, gradient};
use pellucid_network::{Dim, Executor, Graph, ValueId};

/// What is made of a row of numbers.
type Function = fn(&mut Graph, ValueId) -> ValueId;

fn push(graph: &mut Graph, op: impl Into<Op>, inputs: &[ValueId]) -> ValueId {
    graph.push(op, inputs).unwrap()
}

fn row_sum(graph: &mut Graph, x: ValueId) -> ValueId {
    let op = ReduceSum {
        axes: vec![1],
        keep: true,
    };
    push(graph, op, &[x])
}

fn draw(shape: &[usize], scale: f64, seed: u64) -> Tensor<f64> {
    let mut rng = random::stream(seed, 0);
    let volume = shape.iter().product();
    let numbers = (0..volume).map(|_| scale * random::normal(&mut rng));
    Tensor::new(shape.to_vec(), numbers.collect())
}

/// A function of rows of numbers, and one number that is explained.
struct Net {
    graph: Graph,
    x: ValueId,
    of: ValueId,
}

impl Net {
    /// The numbers of the result, each times its weight.
    fn new(width: usize, function: Function, weights: &[f64]) -> Self {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("N"), width.into()]));
        let y = function(&mut graph, x);
        let w = Tensor::new(vec![1, weights.len()], weights.to_vec());
        let w = graph.parameter("w", w);
        let of = push(&mut graph, Gemm::NT, &[y, w]);
        Self { graph, x, of }
    }

    /// The attributions of each row and what they leave of the change.
    fn lifted(&self, x: &Tensor<f64>, baseline: &Tensor<f64>) -> (Vec<f64>, Vec<f64>) {
        let mut graph = self.graph.clone();
        let start = graph.input("baseline", graph.ty(self.x).clone());
        let made = deep_lift(&mut graph, self.of, &[self.x], &[start]).unwrap();
        graph.set_outputs(vec![made.maps[0], self.of, made.reference]);
        let out = Executor::<f64>::new(&graph).call(&[x, baseline]).unwrap();
        let width = x.shape()[1];
        let left = (out[1].data().iter().zip(out[2].data()))
            .zip(out[0].data().chunks(width))
            .map(|((y, y0), row)| y - y0 - row.iter().sum::<f64>());
        (out[0].data().to_vec(), left.collect())
    }

    /// Integrated gradients of one row, in as many panels of four points.
    fn integrated(&self, x: &[f64], baseline: &[f64], panels: usize) -> Vec<f64> {
        let mut graph = self.graph.clone();
        let slope = gradient(&mut graph, self.of, &[self.x], None).unwrap()[0];
        graph.set_outputs(vec![slope]);
        let width = x.len();
        let rule = gauss_legendre(4);
        let places = (0..panels).flat_map(|i| {
            let rule = rule.iter();
            rule.map(move |(t, weight)| {
                let all = panels as f64;
                ((i as f64 + t) / all, weight / all)
            })
        });
        let places: Vec<(f64, f64)> = places.collect();
        let rows = places
            .iter()
            .flat_map(|(t, _)| (x.iter().zip(baseline)).map(move |(x, b)| b * (1.0 - t) + x * t));
        let rows = Tensor::new(vec![places.len(), width], rows.collect());
        let slopes = Executor::<f64>::new(&graph).call(&[&rows]).unwrap();
        let mut total = vec![0.0; width];
        for ((_, weight), slopes) in places.iter().zip(slopes[0].data().chunks(width)) {
            for (total, slope) in total.iter_mut().zip(slopes) {
                *total += weight * slope;
            }
        }
        let change = x.iter().zip(baseline).map(|(x, b)| x - b);
        total.iter().zip(change).map(|(g, d)| g * d).collect()
    }
}

fn size(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x.abs()).sum()
}

/// How far two lists are apart, of the size of the second.
fn off(found: &[f64], expected: &[f64]) -> f64 {
    let apart: Vec<f64> = found.iter().zip(expected).map(|(a, b)| a - b).collect();
    size(&apart) / size(expected).max(1e-12)
}

fn softmax(graph: &mut Graph, x: ValueId) -> ValueId {
    push(graph, Softmax { axis: 1 }, &[x])
}

fn softmax_in_parts(graph: &mut Graph, x: ValueId) -> ValueId {
    let power = push(graph, Exp, &[x]);
    let sum = row_sum(graph, power);
    push(graph, Div, &[power, sum])
}

fn log_softmax(graph: &mut Graph, x: ValueId) -> ValueId {
    push(graph, LogSoftmax { axis: 1 }, &[x])
}

fn log_sum_exp(graph: &mut Graph, x: ValueId) -> ValueId {
    let op = ReduceLogSumExp {
        axes: vec![1],
        keep: true,
    };
    push(graph, op, &[x])
}

fn log_sum_exp_in_parts(graph: &mut Graph, x: ValueId) -> ValueId {
    let power = push(graph, Exp, &[x]);
    let sum = row_sum(graph, power);
    push(graph, Log, &[sum])
}

#[test]
fn a_score_that_leads_only_on_the_way_is_handed_what_passes_through_it() {
    // The first score hands over to the second at a third of the path, the second to
    // the third at two thirds.
    for gap in [4.0, 10.0, 40.0, 100.0, 400.0, 4000.0] {
        let baseline = [0.0, -gap / 4.0, -gap];
        let x = [-gap, -gap / 4.0, 0.0];
        let rows = [x, baseline].map(|row| Tensor::new(vec![1, 3], row.to_vec()));
        let net = Net::new(3, softmax, &[0.0, 1.0, 0.0]);
        let (found, left) = net.lifted(&rows[0], &rows[1]);
        let expected = net.integrated(&x, &baseline, 4000);
        assert!(
            off(&found, &expected) < 5e-3,
            "{gap}: {found:?} {expected:?}"
        );
        assert!(left[0].abs() < 5e-3, "{gap}: {left:?}");
        if gap > 100.0 {
            // It wins all that the first loses, and loses it to the third.
            assert!(off(&found, &[1.0, 0.0, -1.0]) < 5e-3, "{gap}: {found:?}");
        }
        let net = Net::new(3, log_sum_exp, &[1.0]);
        let (found, _) = net.lifted(&rows[0], &rows[1]);
        let expected = net.integrated(&x, &baseline, 4000);
        assert!(
            off(&found, &expected) < 5e-3,
            "{gap}: {found:?} {expected:?}"
        );
    }
}

#[test]
fn rows_of_many_scores_have_integrated_gradients_however_far_they_are_apart() {
    let cases: [(&str, Function, bool); 5] = [
        ("softmax", softmax, false),
        ("softmax in parts", softmax_in_parts, false),
        ("log-softmax", log_softmax, false),
        ("log-sum-exp", log_sum_exp, true),
        ("log-sum-exp in parts", log_sum_exp_in_parts, true),
    ];
    for (name, function, one) in cases {
        for scale in [1.0, 10.0, 30.0, 100.0, 1000.0] {
            // Exponentials of their own overflow.
            if name.ends_with("parts") && scale > 100.0 {
                continue;
            }
            let (rows, width) = (5, 16);
            let x = draw(&[rows, width], scale, 1);
            let baseline = draw(&[rows, width], scale, 2);
            let weights = draw(&[width], 1.0, 3);
            let weights = if one { &[1.0] } else { weights.data() };
            let net = Net::new(width, function, weights);
            let (found, left) = net.lifted(&x, &baseline);
            for row in 0..rows {
                let part = row * width..(row + 1) * width;
                let found = &found[part.clone()];
                let (x, baseline) = (&x.data()[part.clone()], &baseline.data()[part]);
                let expected = net.integrated(x, baseline, 4000);
                let off = if size(&expected) > 1e-6 {
                    off(found, &expected)
                } else {
                    size(found)
                };
                // Few corners are so close to each other that seven points miss some.
                assert!(off < 0.02, "{name}, {scale}, {row}: {off:e}");
                // A change of nothing, e^−1000, is not measured by itself.
                let left = left[row].abs() / size(&expected).max(1e-6);
                assert!(left < 0.02, "{name}, {scale}, {row}: {left:e} is left");
            }
        }
    }
}

/// A vector over its length, 0 where that is 0, as `LpNormalization` is read.
fn direction(graph: &mut Graph, x: ValueId) -> ValueId {
    let square = push(graph, Mul, &[x, x]);
    let sum = row_sum(graph, square);
    let norm = push(graph, Sqrt, &[sum]);
    let (zero, one) = (graph.scalar(0.0), graph.scalar(1.0));
    let nothing = push(graph, Equal, &[norm, zero]);
    let divisor = push(graph, Where, &[nothing, one, norm]);
    push(graph, Div, &[x, divisor])
}

/// The same with a smallest length.
fn direction_of_at_least(graph: &mut Graph, x: ValueId) -> ValueId {
    let square = push(graph, Mul, &[x, x]);
    let sum = row_sum(graph, square);
    let norm = push(graph, Sqrt, &[sum]);
    let least = Clip {
        low: 1e-12,
        high: f64::INFINITY,
    };
    let norm = push(graph, least, &[norm]);
    push(graph, Div, &[x, norm])
}

/// Numbers over one more than the sum of their moduli.
fn share_of_moduli(graph: &mut Graph, x: ValueId) -> ValueId {
    let size = push(graph, Abs, &[x]);
    let sum = row_sum(graph, size);
    let one = graph.scalar(1.0);
    let sum = push(graph, Add, &[sum, one]);
    push(graph, Div, &[x, sum])
}

/// The three largest numbers, in order.
fn largest(graph: &mut Graph, x: ValueId) -> ValueId {
    let top = TopK {
        axis: 1,
        k: 3.into(),
        largest: true,
    };
    graph.node("", top, &[x]).unwrap()[0]
}

#[test]
fn a_guarded_norm_has_integrated_gradients() {
    let cases: [(&str, Function); 2] = [
        ("guarded by a choice", direction),
        ("guarded by a smallest length", direction_of_at_least),
    ];
    for (name, function) in cases {
        let net = Net::new(3, function, &[1.0, -2.0, 3.0]);
        let (x, baseline) = ([3.0, 4.0, 1.0], [1.0, -1.0, 2.0]);
        let rows = [x, baseline].map(|row| Tensor::new(vec![1, 3], row.to_vec()));
        let (found, left) = net.lifted(&rows[0], &rows[1]);
        let expected = net.integrated(&x, &baseline, 1000);
        assert!(
            off(&found, &expected) < 1e-6,
            "{name}: {found:?} {expected:?}"
        );
        assert!(left[0].abs() < 1e-9, "{name}: {left:?}");
    }
}

#[test]
fn a_vector_that_leaves_zero_is_handed_its_direction_at_once() {
    let cases: [(&str, Function); 2] = [
        ("guarded by a choice", direction),
        ("guarded by a smallest length", direction_of_at_least),
    ];
    for (name, function) in cases {
        let net = Net::new(3, function, &[1.0, -2.0, 3.0]);
        let rows = [[3.0, 4.0, 12.0], [0.0; 3]].map(|row| Tensor::new(vec![1, 3], row.to_vec()));
        // The weights times (3, 4, 12) / 13, and the other way back.
        let expected = [3.0, -8.0, 36.0].map(|x| x / 13.0);
        for (from, to, sign) in [(1, 0, 1.0), (0, 1, -1.0)] {
            let (found, left) = net.lifted(&rows[to], &rows[from]);
            let found: Vec<f64> = found.iter().map(|a| sign * a).collect();
            assert!(off(&found, &expected) < 1e-6, "{name}: {found:?}");
            assert!(left[0].abs() < 1e-6, "{name}: {left:?}");
        }
    }
}

#[test]
fn what_points_miss_between_kinks_is_small_and_seen() {
    let cases: [(&str, usize, Function); 2] = [
        ("largest numbers", 3, largest),
        ("share of moduli", 6, share_of_moduli),
    ];
    for (name, wide, function) in cases {
        let (rows, width) = (40, 6);
        let x = draw(&[rows, width], 1.0, 4);
        let baseline = draw(&[rows, width], 1.0, 5);
        let weights = draw(&[wide], 1.0, 6);
        let net = Net::new(width, function, weights.data());
        let (found, left) = net.lifted(&x, &baseline);
        let mut worst: f64 = 0.0;
        for row in 0..rows {
            let part = row * width..(row + 1) * width;
            let found = &found[part.clone()];
            let (x, baseline) = (&x.data()[part.clone()], &baseline.data()[part]);
            let expected = net.integrated(x, baseline, 20_000);
            worst = worst.max(off(found, &expected));
            let left = left[row].abs() / size(&expected);
            assert!(left < 0.02, "{name}, {row}: {left:e} is left");
        }
        assert!(worst < 0.03, "{name}: {worst:e}");
    }
}
