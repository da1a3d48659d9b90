//! A rectifier and the dense layer behind it, along a straight line.
//!
//! Let `z(t) = z₀ + t d`, `h = σ(z)` with `σ` of slope 1 above zero and `α` below,
//! and `u = c + Wᵀ h`. Each `z_j` changes sign at most once on the way, so that
//! between two such changes `u` is a straight line too,
//!
//! $$ u(t) = A + t\,B, \qquad A = c + \sum_j s_j z_{0j} W_j, \quad
//!      B = \sum_j s_j d_j W_j , $$
//!
//! with slopes `s_j ∈ {α, 1}`, and a change adds one row of `W` to `A` and `B`. In
//! place of a product at each point there is one row for each number that
//! changes its sign. Back, with `g_p` the adjoint of `u` at point `p` of weight
//! `w_p`, and number `j` changing its slope from `s_j` to `s'_j` in front of point
//! `k_j`,
//!
//! $$ \sum_p w_p \frac{\partial f}{\partial z_j}\Big|_p
//!      = s'_j\, W_j \cdot G_P + (s_j - s'_j)\, W_j \cdot G_{k_j},
//!      \qquad G_k = \sum_{p<k} w_p\, g_p . $$
//!
//! Both are identities: only rounding differs from running the layer at every
//! point, and all sums here are formed in double precision.

use std::ops::Range;

use pellucid_network::graph::Data;
use pellucid_network::kernels::simd::simd;
use pellucid_network::ops::Op;
use pellucid_network::{Graph, Real, ValueId};

/// Columns whose sums stay in registers while rows pass by.
const TOGETHER: usize = 32;

/// Where in a network a rectifier and a dense layer follow a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// What the layer makes.
    pub out: ValueId,
    weights: ValueId,
    /// Whether the weights are kept as `[out, in]`.
    turned: bool,
    bias: Option<ValueId>,
    /// The rectifier's slope below zero.
    below: f64,
}

impl Place {
    /// The place behind `z`, if nothing else reads `z` or what the rectifier makes.
    pub fn behind(graph: &Graph, z: ValueId) -> Option<Self> {
        let rectifier = only_reader(graph, z)?;
        let below = match &graph.nodes()[rectifier].op {
            Op::Relu(_) => 0.0,
            Op::LeakyRelu(leaky) => leaky.slope,
            _ => return None,
        };
        let hidden = graph.nodes()[rectifier].outputs[0];
        let layer = &graph.nodes()[only_reader(graph, hidden)?];
        let turned = match &layer.op {
            Op::Gemm(gemm) if !gemm.trans_a => gemm.trans_b,
            Op::MatMul(_) => false,
            _ => return None,
        };
        let weights = *layer.inputs.get(1)?;
        let sides = graph.data(weights)?.shape();
        let bias = layer.inputs.get(2).copied();
        let &[first, second] = sides else {
            return None;
        };
        let made = if turned { first } else { second };
        let known = first > 0
            && second > 0
            && match bias {
                Some(bias) => graph.data(bias)?.shape() == [made],
                None => true,
            };
        (layer.inputs[0] == hidden && known).then_some(Self {
            out: layer.outputs[0],
            weights,
            turned,
            bias,
            below,
        })
    }

    /// The layer of this place in its network.
    pub fn layer<T: Real>(&self, graph: &Graph) -> Layer<T> {
        let weights = graph.data(self.weights);
        let mut sides = weights.map_or(vec![1, 1], |data| data.shape().to_vec());
        let mut weights = numbers::<T>(weights);
        if self.turned {
            let from = sides[1];
            let columns = (0..from).map(|j| weights.iter().skip(j).step_by(from).copied());
            weights = columns.flatten().collect();
            sides.reverse();
        }
        let bias = match self.bias {
            None => vec![0.0; sides[1]],
            Some(bias) => numbers::<f64>(graph.data(bias)),
        };
        Layer {
            weights,
            bias,
            below: self.below,
            from: sides[0],
        }
    }
}

/// The only node that reads a value, by position, if it is no output.
fn only_reader(graph: &Graph, id: ValueId) -> Option<usize> {
    if graph.outputs().contains(&id) {
        return None;
    }
    let needed = graph.needed_for(graph.outputs());
    let nodes = graph.nodes().iter().enumerate().zip(needed);
    let mut readers = nodes
        .filter(|((_, node), needed)| *needed && node.inputs.contains(&id))
        .map(|((i, _), _)| i);
    let first = readers.next()?;
    readers.next().is_none().then_some(first)
}

fn numbers<T: Real>(data: Option<&Data>) -> Vec<T> {
    match data {
        Some(Data::F32(x)) => x.data().iter().map(|&x| T::of(f64::from(x))).collect(),
        Some(Data::F64(x)) => x.data().iter().map(|&x| T::of(x)).collect(),
        Some(Data::I32(x)) => x.data().iter().map(|&x| T::of(f64::from(x))).collect(),
        None => Vec::new(),
    }
}

/// A rectifier and the dense layer behind it.
#[derive(Debug)]
pub(crate) struct Layer<T> {
    /// A row for each number that comes in.
    weights: Vec<T>,
    bias: Vec<f64>,
    below: f64,
    /// How many numbers come in for each row of the layer.
    from: usize,
}

/// A number that changes its slope in front of a point.
#[derive(Debug, Clone, Copy)]
struct Change {
    point: usize,
    number: usize,
}

/// The way of one event through the layer, point after point.
#[derive(Debug)]
pub(crate) struct Way<'a, T> {
    layer: &'a Layer<T>,
    /// Where the numbers in front of the rectifier begin, and how far they go.
    line: Vec<[f64; 2]>,
    /// All changes, in the order of points.
    changes: Vec<Change>,
    /// Slopes at the first point and at the last.
    slopes: Vec<[f64; 2]>,
    /// `A` and `B` with the changes that have been made.
    lines: [Vec<f64>; 2],
    made: usize,
    /// The terms that are added at a point, kept for the next one.
    terms: Vec<Term>,
    /// `G` up to the point that is next, and `W_j · G` of the changes met.
    sums: Vec<f64>,
    products: Vec<f64>,
}

impl<T: Real> Layer<T> {
    /// The way from `start` to `end` of what is in front of the rectifier.
    pub fn way<S: Real>(&self, start: &[S], end: &[S], points: &[(f64, f64)]) -> Way<'_, T> {
        let line: Vec<[f64; 2]> = start
            .iter()
            .zip(end)
            .map(|(start, end)| [start.double(), end.double() - start.double()])
            .collect();
        // What is no number counts as positive, so that it is seen behind.
        let positive = |line: &[f64; 2], t: f64| {
            let z = line[0] + t * line[1];
            z > 0.0 || z.is_nan()
        };
        let slope = |positive: bool| if positive { 1.0 } else { self.below };
        let (first, last) = match points {
            [] => (0.0, 0.0),
            [(only, _)] => (*only, *only),
            [(first, _), .., (last, _)] => (*first, *last),
        };
        let mut changes = Vec::with_capacity(line.len());
        let mut slopes = Vec::with_capacity(line.len());
        for (number, line) in line.iter().enumerate() {
            let [begin, end] = [first, last].map(|t| positive(line, t));
            slopes.push([slope(begin), slope(end)]);
            if begin != end {
                let point = points.partition_point(|&(t, _)| positive(line, t) == begin);
                changes.push(Change { point, number });
            }
        }
        changes.sort_unstable_by_key(|change| (change.point, change.number));
        let rows = line.len() / self.from;
        let width = rows * self.bias.len();
        let mut way = Way {
            layer: self,
            line,
            products: vec![0.0; changes.len()],
            changes,
            slopes,
            lines: [self.bias.repeat(rows), vec![0.0; width]],
            made: 0,
            terms: Vec::new(),
            sums: vec![0.0; width],
        };
        way.begin();
        way
    }

    fn row(&self, number: usize) -> &[T] {
        let to = self.bias.len();
        &self.weights[number % self.from * to..][..to]
    }
}

impl<T: Real> Way<'_, T> {
    /// `A` and `B` at the first point.
    fn begin(&mut self) {
        let slopes = self.slopes.iter().zip(&self.line).enumerate();
        self.terms.extend(
            slopes
                .filter(|(_, (slopes, _))| slopes[0] != 0.0)
                .map(|(number, (slopes, line))| Term::new(number, slopes[0], line)),
        );
        self.add();
    }

    /// Adds the rows of the terms, those of one row of the layer after another.
    fn add(&mut self) {
        let to = self.layer.bias.len();
        let from = self.layer.from;
        let [a, b] = &mut self.lines;
        let same = |a: &Term, b: &Term| a.number / from == b.number / from;
        for terms in self.terms.chunk_by(same) {
            let first = terms[0].number / from * to;
            let columns = first..first + to;
            add_rows(self.layer, terms, &mut a[columns.clone()], &mut b[columns]);
        }
        self.terms.clear();
    }

    /// What the layer makes at a point; points come in order.
    pub fn at<S: Real>(&mut self, point: usize, t: f64, out: &mut [S]) {
        while let Some(change) = self.changes.get(self.made).filter(|it| it.point <= point) {
            let [before, after] = self.slopes[change.number];
            let line = &self.line[change.number];
            self.terms
                .push(Term::new(change.number, after - before, line));
            self.made += 1;
        }
        self.add();
        let [a, b] = &self.lines;
        simd(
            #[inline(always)]
            || {
                for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
                    *out = S::of(a + t * b);
                }
            },
        );
    }

    /// Takes the adjoints of what the layer made at these points, row after row;
    /// points come in order.
    pub fn take<S: Real>(&mut self, points: &[(f64, f64)], at: Range<usize>, adjoints: &[S]) {
        let width = self.sums.len();
        let mut met = self
            .changes
            .partition_point(|change| change.point < at.start);
        for (point, adjoint) in at.zip(adjoints.chunks_exact(width)) {
            while let Some(change) = self.changes.get(met).filter(|it| it.point == point) {
                self.products[met] = self.product(change.number);
                met += 1;
            }
            let (sums, weight) = (&mut self.sums, points[point].1);
            simd(
                #[inline(always)]
                || {
                    for (sum, g) in sums.iter_mut().zip(adjoint) {
                        *sum += weight * g.double();
                    }
                },
            );
        }
    }

    /// `W_j · G`.
    fn product(&self, number: usize) -> f64 {
        let to = self.layer.bias.len();
        let first = number / self.layer.from * to;
        dot(self.layer.row(number), &self.sums[first..first + to])
    }

    /// The weighted sum over all points of the adjoint in front of the rectifier.
    pub fn integral(&self) -> Vec<f64> {
        let slopes = self.slopes.iter().enumerate();
        let mut integral: Vec<f64> = slopes
            .map(|(number, &[_, last])| match last {
                0.0 => 0.0,
                last => last * self.product(number),
            })
            .collect();
        for (change, product) in self.changes.iter().zip(&self.products) {
            let [before, after] = self.slopes[change.number];
            integral[change.number] += (before - after) * product;
        }
        integral
    }
}

/// A row of the weights with its factors in `A` and `B`.
#[derive(Debug, Clone, Copy)]
struct Term {
    number: usize,
    factors: [f64; 2],
}

impl Term {
    fn new(number: usize, slope: f64, line: &[f64; 2]) -> Self {
        Self {
            number,
            factors: line.map(|x| slope * x),
        }
    }
}

/// Adds the rows of `terms` to `a` and `b`.
fn add_rows<T: Real>(layer: &Layer<T>, terms: &[Term], a: &mut [f64], b: &mut [f64]) {
    simd(
        #[inline(always)]
        || {
            let (whole_a, rest_a) = a.as_chunks_mut::<TOGETHER>();
            let (whole_b, rest_b) = b.as_chunks_mut::<TOGETHER>();
            let first = whole_a.len() * TOGETHER;
            for (i, (a, b)) in whole_a.iter_mut().zip(whole_b).enumerate() {
                let (mut own_a, mut own_b) = (*a, *b);
                for term in terms {
                    let row = &layer.row(term.number)[i * TOGETHER..][..TOGETHER];
                    let [x, y] = term.factors;
                    for ((a, b), w) in own_a.iter_mut().zip(&mut own_b).zip(row) {
                        let w = w.double();
                        *a += x * w;
                        *b += y * w;
                    }
                }
                (*a, *b) = (own_a, own_b);
            }
            for term in terms {
                let row = &layer.row(term.number)[first..];
                let [x, y] = term.factors;
                for ((a, b), w) in rest_a.iter_mut().zip(rest_b.iter_mut()).zip(row) {
                    let w = w.double();
                    *a += x * w;
                    *b += y * w;
                }
            }
        },
    );
}

/// The sum of products, in interleaved partial sums.
fn dot<T: Real>(a: &[T], b: &[f64]) -> f64 {
    let (blocks_a, rest_a) = a.as_chunks::<TOGETHER>();
    let (blocks_b, rest_b) = b.as_chunks::<TOGETHER>();
    let mut lanes = [0.0; TOGETHER];
    // Added up outside: together with the loop, the sum of all lanes is compiled
    // for pairs of numbers instead of for whole registers.
    simd(
        #[inline(always)]
        || {
            let mut own = lanes;
            for (a, b) in blocks_a.iter().zip(blocks_b) {
                for ((lane, a), b) in own.iter_mut().zip(a).zip(b) {
                    *lane += a.double() * b;
                }
            }
            lanes = own;
        },
    );
    let mut half = TOGETHER / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
        half /= 2;
    }
    let rest = rest_a.iter().zip(rest_b).map(|(a, b)| a.double() * b);
    lanes[0] + rest.sum::<f64>()
}
