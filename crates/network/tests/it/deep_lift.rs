//! DeepLIFT: complete, bounded by what each operation does on its own straight
//! path, and integrated gradients for one operation between linear maps.

use pellucid_core::{Tensor, random};
use pellucid_network::graph::{Kind, Type};
use pellucid_network::ops::{
    Abs, Add, Clip, CumSum, Div, ExampleInput, Exp, Expand, Gate, Gemm, LayerNorm, Log, LogSoftmax,
    MatMul, Mul, Op, Places, Pow, Reciprocal, ReduceLogSumExp, ReduceMax, ReduceMean, ReduceSum,
    Reduction, Relu, Reshape, Scatter, Sigmoid, Slice, Softmax, Sqrt, Sub, Tanh, TopK, Transpose,
    Where,
};
use pellucid_network::transform::{deep_lift, gauss_legendre, gradient};
use pellucid_network::{Dim, Executor, Graph, NetworkError, ValueId};
use rand::RngExt;

fn draw(shape: &[usize], scale: f64, seed: u64) -> Tensor<f64> {
    let mut rng = random::stream(seed, 0);
    let volume = shape.iter().product();
    let numbers = (0..volume).map(|_| scale * random::normal(&mut rng));
    Tensor::new(shape.to_vec(), numbers.collect())
}

fn push(graph: &mut Graph, op: impl Into<Op>, inputs: &[ValueId]) -> ValueId {
    graph.push(op, inputs).unwrap()
}

/// A network of rows of `width` numbers.
struct Net {
    graph: Graph,
    x: ValueId,
    of: ValueId,
}

/// `w · f(W x + b)` with a weight for each number of the result.
fn between_linear_maps(
    widths: [usize; 2],
    scale: f64,
    function: impl Fn(&mut Graph, ValueId) -> ValueId,
) -> Net {
    let [inner, outer] = widths;
    let mut graph = Graph::new();
    let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 5.into()]));
    let w = graph.parameter("w", draw(&[inner, 5], scale, 11));
    let b = graph.parameter("b", draw(&[inner], 1.0, 12));
    let z = push(&mut graph, Gemm::NT, &[x, w, b]);
    let y = function(&mut graph, z);
    let v = graph.parameter("v", draw(&[1, outer], 1.0, 13));
    let of = push(&mut graph, Gemm::NT, &[y, v]);
    Net { graph, x, of }
}

/// Attribution, explained value and reference of one event.
fn lifted(net: &Net, x: &Tensor<f64>, baseline: &Tensor<f64>) -> (Vec<f64>, f64, f64) {
    let mut graph = net.graph.clone();
    let start = graph.input("baseline", graph.ty(net.x).clone());
    let made = deep_lift(&mut graph, net.of, &[net.x], &[start]).unwrap();
    graph.set_outputs(vec![made.maps[0], net.of, made.reference]);
    let out = Executor::<f64>::new(&graph).call(&[x, baseline]).unwrap();
    (out[0].data().to_vec(), out[1].data()[0], out[2].data()[0])
}

/// Integrated gradients with many points, dense at the ends of the path, where
/// normalisations and masks change.
fn integrated(net: &Net, x: &Tensor<f64>, baseline: &Tensor<f64>) -> Vec<f64> {
    let mut graph = net.graph.clone();
    let slope = gradient(&mut graph, net.of, &[net.x], None).unwrap()[0];
    graph.set_outputs(vec![slope]);
    let mut executor = Executor::<f64>::new(&graph);
    let mut ends = vec![0.0, 1.0];
    for i in 1..30 {
        ends.extend([0.5_f64.powi(i), 1.0 - 0.5_f64.powi(i)]);
    }
    ends.extend((0..64).map(|i| f64::from(i) / 64.0));
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    let change: Vec<f64> = (x.data().iter().zip(baseline.data()))
        .map(|(x, b)| x - b)
        .collect();
    let mut total = vec![0.0; change.len()];
    for pair in ends.windows(2) {
        for (t, weight) in gauss_legendre(8) {
            let t = pair[0] + (pair[1] - pair[0]) * t;
            let at = (baseline.data().iter().zip(&change)).map(|(b, d)| b + t * d);
            let at = Tensor::new(x.shape().to_vec(), at.collect());
            let slope = executor.call(&[&at]).unwrap();
            for (total, slope) in total.iter_mut().zip(slope[0].data()) {
                *total += weight * (pair[1] - pair[0]) * slope;
            }
        }
    }
    total.iter().zip(&change).map(|(g, d)| g * d).collect()
}

fn size(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x.abs()).sum()
}

fn row_sum() -> ReduceSum {
    ReduceSum {
        axes: vec![1],
        keep: true,
    }
}

fn row_mean() -> ReduceMean {
    ReduceMean {
        axes: vec![1],
        keep: true,
    }
}

fn squares(graph: &mut Graph, x: ValueId) -> ValueId {
    let square = push(graph, Mul, &[x, x]);
    push(graph, row_sum(), &[square])
}

fn mean_square_width(graph: &mut Graph, x: ValueId, epsilon: f64) -> ValueId {
    let square = push(graph, Mul, &[x, x]);
    let mean = push(graph, row_mean(), &[square]);
    let epsilon = graph.scalar(epsilon);
    let sum = push(graph, Add, &[mean, epsilon]);
    push(graph, Sqrt, &[sum])
}

fn centred(graph: &mut Graph, x: ValueId) -> ValueId {
    let mean = push(graph, row_mean(), &[x]);
    push(graph, Sub, &[x, mean])
}

type Function = fn(&mut Graph, ValueId) -> ValueId;

/// What is put between linear maps: each one function, in one operation or in
/// several; how wide its result is.
fn functions() -> Vec<(&'static str, usize, Function)> {
    vec![
        ("softmax", 6, |g, x| push(g, Softmax { axis: 1 }, &[x])),
        ("log-softmax", 6, |g, x| {
            push(g, LogSoftmax { axis: 1 }, &[x])
        }),
        ("log-sum-exp", 1, |g, x| {
            push(
                g,
                ReduceLogSumExp {
                    axes: vec![1],
                    keep: true,
                },
                &[x],
            )
        }),
        ("log-sum-exp over two sides", 1, |g, x| {
            let shape = vec![Dim::symbol("N"), 2.into(), 3.into()];
            let x = push(g, Reshape { shape }, &[x]);
            let y = push(
                g,
                ReduceLogSumExp {
                    axes: vec![1, 2],
                    keep: false,
                },
                &[x],
            );
            push(
                g,
                Reshape {
                    shape: vec![Dim::symbol("N"), 1.into()],
                },
                &[y],
            )
        }),
        ("layer normalisation", 6, |g, x| {
            push(
                g,
                LayerNorm {
                    axis: 1,
                    epsilon: 1e-5,
                },
                &[x],
            )
        }),
        ("layer normalisation with a tiny epsilon", 6, |g, x| {
            push(
                g,
                LayerNorm {
                    axis: 1,
                    epsilon: 1e-12,
                },
                &[x],
            )
        }),
        ("layer normalisation, written out", 6, |g, x| {
            let d = centred(g, x);
            let two = g.scalar(2.0);
            let square = push(g, Pow, &[d, two]);
            let mean = push(g, row_mean(), &[square]);
            let epsilon = g.scalar(1e-5);
            let sum = push(g, Add, &[mean, epsilon]);
            let root = push(g, Sqrt, &[sum]);
            push(g, Div, &[d, root])
        }),
        ("root mean square", 6, |g, x| {
            let width = mean_square_width(g, x, 1e-6);
            push(g, Div, &[x, width])
        }),
        ("root mean square, by its inverse", 6, |g, x| {
            let width = mean_square_width(g, x, 1e-6);
            let inverse = push(g, Reciprocal, &[width]);
            push(g, Mul, &[x, inverse])
        }),
        ("unit vector", 6, |g, x| {
            let sum = squares(g, x);
            let norm = push(g, Sqrt, &[sum]);
            let norm = push(
                g,
                Clip {
                    low: 1e-12,
                    high: f64::INFINITY,
                },
                &[norm],
            );
            let shape = g.shape(x).to_vec();
            let norm = push(g, Expand { shape }, &[norm]);
            push(g, Div, &[x, norm])
        }),
        ("norm", 1, |g, x| {
            let sum = squares(g, x);
            push(g, Sqrt, &[sum])
        }),
        ("deviation", 1, |g, x| {
            let d = centred(g, x);
            mean_square_width(g, d, 1e-8)
        }),
        ("softmax with a mask, written out", 6, |g, x| {
            let mask = Tensor::new(vec![6], vec![1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
            let mask = g.constant("mask", mask);
            let power = push(g, Exp, &[x]);
            let seen = push(g, Mul, &[power, mask]);
            let sum = push(g, row_sum(), &[seen]);
            push(g, Div, &[seen, sum])
        }),
        ("shifted softmax, written out", 6, |g, x| {
            let top = push(
                g,
                ReduceMax {
                    axes: vec![1],
                    keep: true,
                },
                &[x],
            );
            let x = push(g, Sub, &[x, top]);
            let power = push(g, Exp, &[x]);
            let sum = push(g, row_sum(), &[power]);
            push(g, Div, &[power, sum])
        }),
        ("log-sum-exp, written out", 1, |g, x| {
            let power = push(g, Exp, &[x]);
            let sum = push(g, row_sum(), &[power]);
            push(g, Log, &[sum])
        }),
        ("share of a sum of moduli", 6, |g, x| {
            let square = push(g, Mul, &[x, x]);
            let one = g.scalar(0.1);
            let weight = push(g, Add, &[square, one]);
            let sum = push(g, row_sum(), &[weight]);
            push(g, Div, &[weight, sum])
        }),
        ("product of two halves", 3, |g, x| {
            let [a, b] = halves(g, x);
            push(g, Mul, &[a, b])
        }),
        ("quotient by a divisor far from zero", 3, |g, x| {
            let [a, b] = halves(g, x);
            let far = g.scalar(60.0);
            let b = push(g, Add, &[b, far]);
            push(g, Div, &[a, b])
        }),
        ("inverse of a divisor far from zero", 6, |g, x| {
            let far = g.scalar(60.0);
            let b = push(g, Add, &[x, far]);
            push(g, Reciprocal, &[b])
        }),
        ("hyperbolic tangent", 6, |g, x| push(g, Tanh, &[x])),
    ]
}

fn halves(graph: &mut Graph, x: ValueId) -> [ValueId; 2] {
    [0_usize, 3].map(|start| {
        let part = Slice {
            axis: 1,
            start: start.into(),
            length: 3.into(),
            step: 1,
        };
        push(graph, part, &[x])
    })
}

#[test]
fn one_operation_between_linear_maps_has_integrated_gradients() {
    for (name, outer, function) in functions() {
        // Scores of order one, and some that leave one winner.
        for (scale, seed) in [(1.0, 20), (3.0, 21)] {
            let net = between_linear_maps([6, outer], scale, function);
            for zero in [true, false] {
                let x = draw(&[1, 5], 1.0, seed);
                let baseline = if zero {
                    x.map(|_| 0.0)
                } else {
                    draw(&[1, 5], 1.0, seed + 40)
                };
                let (found, value, reference) = lifted(&net, &x, &baseline);
                let expected = integrated(&net, &x, &baseline);
                let scale = size(&expected).max(1e-12);
                let off = (found.iter().zip(&expected))
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f64::max);
                // The points of both are good to 1e-7.
                assert!(
                    off < 1e-6 * scale,
                    "{name}: {off:e} of {scale:e}, {found:?} {expected:?}"
                );
                let left = found.iter().sum::<f64>() - (value - reference);
                assert!(left.abs() < 1e-9 * scale, "{name}: {left:e}");
            }
        }
    }
}

/// An encoder layer over particles of four features: attention with masks that
/// are added, normalisations, a head with a softmax.
fn encoder(seed: u64, sharp: f64, layers: usize) -> Net {
    let (particles, width) = (5_usize, 8_usize);
    let mut graph = Graph::new();
    let n = Dim::symbol("N");
    let x = graph.input("x", Type::real(vec![n.clone(), particles.into(), 4.into()]));
    let mut next = seed * 100;
    let mut weight = |graph: &mut Graph, shape: &[usize], scale: f64| {
        next += 1;
        graph.parameter("", draw(shape, scale, next))
    };
    let w = weight(&mut graph, &[4, width], 0.7);
    let mut h = push(&mut graph, MatMul, &[x, w]);
    for _ in 0..layers {
        let norm = LayerNorm {
            axis: 2,
            epsilon: 1e-5,
        };
        let normal = graph.node("", norm, &[h]).unwrap()[0];
        let [q, k, v] = [sharp, 1.0, 1.0].map(|scale| {
            let w = weight(&mut graph, &[width, width], scale / (width as f64).sqrt());
            push(&mut graph, MatMul, &[normal, w])
        });
        let turn = Transpose {
            perm: vec![0, 2, 1],
        };
        let k = push(&mut graph, turn, &[k]);
        let scores = push(&mut graph, MatMul, &[q, k]);
        let mask = Tensor::new(vec![particles], vec![0.0, 0.0, 0.0, 0.0, -1e9]);
        let mask = graph.constant("", mask);
        let scores = push(&mut graph, Add, &[scores, mask]);
        let attention = push(&mut graph, Softmax { axis: 2 }, &[scores]);
        let seen = push(&mut graph, MatMul, &[attention, v]);
        h = push(&mut graph, Add, &[h, seen]);
        let normal = graph.node("", norm, &[h]).unwrap()[0];
        let w = weight(&mut graph, &[width, 2 * width], 0.4);
        let inner = push(&mut graph, MatMul, &[normal, w]);
        let inner = push(&mut graph, Relu, &[inner]);
        let w = weight(&mut graph, &[2 * width, width], 0.3);
        let outer = push(&mut graph, MatMul, &[inner, w]);
        h = push(&mut graph, Add, &[h, outer]);
    }
    let mean = ReduceMean {
        axes: vec![1],
        keep: false,
    };
    let pooled = push(&mut graph, mean, &[h]);
    let w = weight(&mut graph, &[3, width], sharp);
    let classes = push(&mut graph, Gemm::NT, &[pooled, w]);
    let classes = push(&mut graph, Softmax { axis: 1 }, &[classes]);
    let first = Slice {
        axis: 1,
        start: 0.into(),
        length: 1.into(),
        step: 1,
    };
    let of = push(&mut graph, first, &[classes]);
    Net { graph, x, of }
}

#[test]
fn attributions_through_attention_are_of_the_size_of_integrated_gradients() {
    let mut ratios = Vec::new();
    for seed in 0..6 {
        for (sharp, layers) in [(1.0, 1), (8.0, 1), (3.0, 3)] {
            let net = encoder(seed, sharp, layers);
            let x = draw(&[1, 5, 4], 1.0, seed + 500);
            let baseline = if seed % 2 == 0 {
                x.map(|_| 0.0)
            } else {
                draw(&[1, 5, 4], 1.0, seed + 600)
            };
            let (found, value, reference) = lifted(&net, &x, &baseline);
            let path = integrated(&net, &x, &baseline);
            let what = format!("encoder {seed}, {sharp}, {layers}");
            if size(&path) > 1e-9 {
                ratios.push((size(&found) / size(&path), what.clone()));
            }
            let left = found.iter().sum::<f64>() - (value - reference);
            // A softmax that leaves nothing to a class changes by less than rounding.
            let scale = (value - reference).abs().max(1e-9);
            assert!(left.abs() < 1e-6 * scale, "{what}: {left:e} of {scale:e}");
        }
    }
    assert!(ratios.iter().all(|(ratio, _)| *ratio <= 10.0), "{ratios:?}");
}

#[test]
fn a_mask_that_moves_by_a_billion_is_handed_what_it_does() {
    // Scores and an added mask; the third particle is masked in the baseline, the
    // first in the event.
    let mut graph = Graph::new();
    let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 8.into()]));
    let parts = [0_usize, 4].map(|start| {
        let part = Slice {
            axis: 1,
            start: start.into(),
            length: 4.into(),
            step: 1,
        };
        push(&mut graph, part, &[x])
    });
    let lowest = graph.scalar(-1e9);
    let mask = push(&mut graph, Mul, &[parts[1], lowest]);
    let scores = push(&mut graph, Add, &[parts[0], mask]);
    let attention = push(&mut graph, Softmax { axis: 1 }, &[scores]);
    let values = graph.parameter("", Tensor::new(vec![1, 4], vec![1.0, -2.0, 3.0, 0.5]));
    let of = push(&mut graph, Gemm::NT, &[attention, values]);
    let net = Net { graph, x, of };
    let event = |numbers: [f64; 8]| Tensor::new(vec![1, 8], numbers.to_vec());
    let x = event([0.3, 1.0, -0.4, 0.8, 1.0, 0.0, 0.0, 0.0]);
    let baseline = event([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let (found, value, reference) = lifted(&net, &x, &baseline);
    let left = found.iter().sum::<f64>() - (value - reference);
    assert!(left.abs() < 1e-9, "{left:e}");
    // The values lie between −2 and 3, so no share can be large.
    assert!(size(&found) < 15.0, "{found:?}");
    // Who is unmasked gains, with a value of 3.
    assert!(found[6] > 0.3, "{found:?}");
}

#[test]
fn choices_of_the_largest_and_collected_extremes_are_complete() {
    let places = Tensor::new(vec![4], vec![0, 2, 0, 1]);
    for seed in 0..20 {
        let whole = |function: &dyn Fn(&mut Graph, ValueId) -> ValueId, outer| {
            let net = between_linear_maps([6, outer], 1.0, function);
            let x = draw(&[1, 5], 1.0, seed);
            let baseline = draw(&[1, 5], 1.0, seed + 100);
            let (found, value, reference) = lifted(&net, &x, &baseline);
            let left = found.iter().sum::<f64>() - (value - reference);
            // Two kinks of ordered numbers may lie between the same points.
            let most = size(&found).max(1.0);
            assert!(left.abs() < 5e-3 * most, "{left:e}");
            let path = size(&integrated(&net, &x, &baseline));
            // Integrated gradients see no steps; a share is at most as large as they are.
            let most = path + (value - reference).abs();
            assert!(size(&found) < 10.0 * most.max(0.1), "{found:?} {most}");
        };
        for largest in [true, false] {
            whole(
                &|g, x| {
                    let top = TopK {
                        axis: 1,
                        k: 3.into(),
                        largest,
                    };
                    g.node("", top, &[x]).unwrap()[0]
                },
                3,
            );
        }
        for reduction in [
            Reduction::Max,
            Reduction::Min,
            Reduction::Mul,
            Reduction::Add,
            Reduction::Overwrite,
        ] {
            whole(
                &|g, x| {
                    let [a, _] = halves(g, x);
                    let rest = Slice {
                        axis: 1,
                        start: 2.into(),
                        length: 4.into(),
                        step: 1,
                    };
                    let b = push(g, rest, &[x]);
                    let at = g.constant("", places.clone());
                    // Positions along the features: events last.
                    let turn = Transpose { perm: vec![1, 0] };
                    let [a, b] = [a, b].map(|x| push(g, turn.clone(), &[x]));
                    let shape = vec![4.into(), Dim::symbol("N")];
                    let at = push(
                        g,
                        Reshape {
                            shape: vec![4.into(), 1.into()],
                        },
                        &[at],
                    );
                    let at = push(g, Expand { shape }, &[at]);
                    let scatter = Scatter {
                        places: Places::Elements { axis: 0 },
                        reduction,
                    };
                    let y = push(g, scatter, &[a, at, b]);
                    push(g, turn, &[y])
                },
                3,
            );
        }
        whole(
            &|g, x| {
                let [a, b] = halves(g, x);
                push(g, Gate, &[a, b])
            },
            3,
        );
        whole(
            &|g, x| {
                push(
                    g,
                    CumSum {
                        axis: 1,
                        reverse: false,
                        exclusive: true,
                    },
                    &[x],
                )
            },
            6,
        );
        whole(
            &|g, x| {
                let [a, b] = halves(g, x);
                let open = push(g, Sigmoid, &[b]);
                let size = push(g, Abs, &[a]);
                push(g, Where, &[open, size, b])
            },
            3,
        );
    }
}

#[test]
fn every_operation_is_complete_or_refused_by_name() {
    for (i, example) in Op::examples().iter().enumerate() {
        let mut graph = Graph::new();
        let (mut all, mut inputs, mut ends) = (Vec::new(), Vec::new(), [Vec::new(), Vec::new()]);
        let mut rng = random::stream(77, i as u64);
        for input in &example.inputs {
            match input {
                ExampleInput::Integer(tensor) => all.push(graph.constant("", tensor.clone())),
                ExampleInput::Real { shape, low, high } => {
                    let ty = Type::real(shape.iter().map(|&side| side.into()).collect());
                    let id = graph.input("x", ty);
                    all.push(id);
                    inputs.push(id);
                    let volume = shape.iter().product::<usize>();
                    for end in &mut ends {
                        let numbers = (0..volume).map(|_| rng.random_range(*low..*high));
                        end.push(Tensor::new(shape.clone(), numbers.collect()));
                    }
                }
            }
        }
        let y = graph.node("the node", example.op.clone(), &all).unwrap()[0];
        if graph.ty(y).kind == Kind::Integer {
            continue;
        }
        let axes = (0..graph.shape(y).len()).collect();
        let of = push(&mut graph, ReduceSum { axes, keep: false }, &[y]);
        let starts: Vec<ValueId> = inputs
            .iter()
            .map(|&id| graph.input("b", graph.ty(id).clone()))
            .collect();
        let made = match deep_lift(&mut graph, of, &inputs, &starts) {
            Ok(made) => made,
            Err(NetworkError::NoRule { node, .. }) => {
                assert_eq!(node, "the node");
                continue;
            }
            Err(error) => panic!("{:?}: {error}", example.op),
        };
        graph.set_outputs([made.maps, vec![of, made.reference]].concat());
        let [x, baseline] = &ends;
        let given: Vec<&Tensor<f64>> = x.iter().chain(baseline).collect();
        let out = Executor::<f64>::new(&graph).call(&given).unwrap();
        let (maps, values) = out.split_at(inputs.len());
        let sum: f64 = maps.iter().flat_map(Tensor::data).sum();
        let all: f64 = maps.iter().flat_map(Tensor::data).map(|a| a.abs()).sum();
        let change = values[0].data()[0] - values[1].data()[0];
        assert!(
            (sum - change).abs() < 1e-9 * all.max(1.0),
            "{:?}: {sum} against {change}",
            example.op
        );
    }
}
