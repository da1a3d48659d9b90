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
//! point. Sums over points are formed in double precision, the products with `W` in
//! that of the run, as the layer itself would form them.

#![allow(
    clippy::inline_always,
    reason = "loops that `simd` compiles for wide vectors must be part of its closure"
)]

use std::array::from_fn;
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
        let kept = numbers::<T>(weights);
        let other = turned(&kept, sides[1]);
        let (rows, columns) = if self.turned {
            sides.reverse();
            (other, kept)
        } else {
            (kept, other)
        };
        let bias = match self.bias {
            None => vec![T::ZERO; sides[1]],
            Some(bias) => numbers(graph.data(bias)),
        };
        Layer {
            rows,
            columns,
            bias,
            below: T::of(self.below),
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

/// The columns of a matrix whose rows have this length, one after the other.
fn turned<T: Copy>(matrix: &[T], length: usize) -> Vec<T> {
    let columns = (0..length).map(|j| matrix.iter().skip(j).step_by(length).copied());
    columns.flatten().collect()
}

/// A rectifier and the dense layer behind it.
#[derive(Debug)]
pub(crate) struct Layer<T> {
    /// The weights: a row for each number that comes in.
    rows: Vec<T>,
    /// The same, a row for each number that goes out.
    columns: Vec<T>,
    bias: Vec<T>,
    below: T,
    /// How many numbers come in for each row of the layer.
    from: usize,
}

/// A number that changes its slope in front of a point.
#[derive(Debug, Clone, Copy)]
struct Change {
    point: u32,
    number: u32,
}

impl Change {
    fn point(self) -> usize {
        self.point as usize
    }

    fn number(self) -> usize {
        self.number as usize
    }
}

/// The way of one event through the layer, point after point.
#[derive(Debug)]
pub(crate) struct Way<'a, T> {
    layer: &'a Layer<T>,
    /// Where the numbers in front of the rectifier begin, and how far they go.
    begin: Vec<T>,
    far: Vec<T>,
    /// Whether they are above zero at the first point and at the last.
    above: Vec<[bool; 2]>,
    /// All changes, in the order of points.
    changes: Vec<Change>,
    /// `A` and `B` with the changes that have been made.
    lines: [Vec<T>; 2],
    made: usize,
    /// The terms that are added at a point, kept for the next one.
    terms: Vec<Term<T>>,
    /// `G` up to the point that is next, the same in the precision of the run, and
    /// `W_j · G` of the changes met.
    sums: Vec<f64>,
    rounded: Vec<T>,
    products: Vec<T>,
}

/// Whether a number counts as positive. What is no number does, so that it is seen
/// behind.
#[inline(always)]
fn positive<T: Real>(z: T) -> bool {
    z > T::ZERO || z.double().is_nan()
}

impl<T: Real> Layer<T> {
    /// The way from `start` to `end` of what is in front of the rectifier.
    pub fn way<S: Real>(&self, start: &[S], end: &[S], points: &[(f64, f64)]) -> Way<'_, T> {
        let begin: Vec<T> = start.iter().map(|x| T::of(x.double())).collect();
        let both = end.iter().zip(&begin);
        let far: Vec<T> = both.map(|(x, &b)| T::of(x.double()) - b).collect();
        let times: Vec<T> = points.iter().map(|&(t, _)| T::of(t)).collect();
        let first = times.first().copied().unwrap_or(T::ZERO);
        let last = times.last().copied().unwrap_or(T::ZERO);
        let mut above = vec![[false; 2]; begin.len()];
        simd(
            #[inline(always)]
            || {
                for ((above, &z), &d) in above.iter_mut().zip(&begin).zip(&far) {
                    *above = [positive(z + first * d), positive(z + last * d)];
                }
            },
        );
        let numbers = above.iter().enumerate();
        let mut changes: Vec<Change> = numbers
            .filter(|(_, [begins, ends])| begins != ends)
            .map(|(number, _)| Change {
                point: 0,
                number: number as u32,
            })
            .collect();
        simd(
            #[inline(always)]
            || {
                for change in &mut changes {
                    // As many points as are in front of the change: counting them is
                    // quicker than looking for it, since no branch has to be guessed.
                    let number = change.number();
                    let (z, d, [begins, _]) = (begin[number], far[number], above[number]);
                    let alike = |&t: &T| u32::from(positive(z + t * d) == begins);
                    change.point = times.iter().map(alike).sum();
                }
            },
        );
        changes.sort_unstable_by_key(|it| (u64::from(it.point) << 32) | u64::from(it.number));
        let rows = begin.len() / self.from;
        let width = rows * self.bias.len();
        let mut way = Way {
            layer: self,
            begin,
            far,
            above,
            products: vec![T::ZERO; changes.len()],
            changes,
            lines: [self.bias.repeat(rows), vec![T::ZERO; width]],
            made: 0,
            terms: Vec::new(),
            sums: vec![0.0; width],
            rounded: vec![T::ZERO; width],
        };
        way.begin();
        way
    }

    /// Which row of the layer a number belongs to, and where it stands in it.
    #[inline]
    fn place(&self, number: usize) -> (usize, usize) {
        // Most layers have one row for each event.
        if number < self.from {
            (0, number)
        } else {
            (number / self.from, number % self.from)
        }
    }

    /// The weights of the number that stands at `at`.
    #[inline]
    fn row(&self, at: usize) -> &[T] {
        let to = self.bias.len();
        &self.rows[at * to..][..to]
    }

    #[inline]
    fn slope(&self, above: bool) -> T {
        if above { T::ONE } else { self.below }
    }
}

impl<T: Real> Way<'_, T> {
    /// `A` and `B` at the first point.
    fn begin(&mut self) {
        for number in 0..self.begin.len() {
            let slope = self.layer.slope(self.above[number][0]);
            if slope != T::ZERO {
                self.terms.push(self.term(number, slope));
            }
        }
        let (layer, terms, lines) = (self.layer, &self.terms, &mut self.lines);
        simd(
            #[inline(always)]
            || add_terms(layer, terms, lines),
        );
        self.terms.clear();
    }

    #[inline]
    fn term(&self, number: usize, slope: T) -> Term<T> {
        let (row, at) = self.layer.place(number);
        Term {
            row,
            at,
            factors: [slope * self.begin[number], slope * self.far[number]],
        }
    }

    /// What the layer makes at a point; points come in order.
    pub fn at<S: Real>(&mut self, point: usize, t: f64, out: &mut [S]) {
        while let Some(&change) = self.changes.get(self.made)
            && change.point() <= point
        {
            let change_of_slope = -self.falls(change);
            self.terms.push(self.term(change.number(), change_of_slope));
            self.made += 1;
        }
        let t = T::of(t);
        let (layer, terms, lines) = (self.layer, &self.terms, &mut self.lines);
        simd(
            #[inline(always)]
            || {
                add_terms(layer, terms, lines);
                let [a, b] = &*lines;
                for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                    *out = S::of((a + t * b).double());
                }
            },
        );
        self.terms.clear();
    }

    /// By how much a change lets the slope fall, `s − s'`.
    #[inline]
    fn falls(&self, change: Change) -> T {
        let [before, after] = self.above[change.number()];
        self.layer.slope(before) - self.layer.slope(after)
    }

    /// Takes the adjoints of what the layer made at these points, row after row;
    /// points come in order.
    pub fn take<S: Real>(&mut self, points: &[(f64, f64)], at: Range<usize>, adjoints: &[S]) {
        let width = self.sums.len();
        let mut met = self
            .changes
            .partition_point(|change| change.point() < at.start);
        let (layer, changes, products) = (self.layer, &self.changes, &mut self.products);
        let (sums, rounded) = (&mut self.sums, &mut self.rounded);
        simd(
            #[inline(always)]
            || {
                for (point, adjoint) in at.zip(adjoints.chunks_exact(width)) {
                    let first = met;
                    while met < changes.len() && changes[met].point() == point {
                        if met == first {
                            round(sums, rounded);
                        }
                        let (row, at) = layer.place(changes[met].number());
                        let to = layer.bias.len();
                        products[met] = dot(layer.row(at), &rounded[row * to..][..to]);
                        met += 1;
                    }
                    let weight = points[point].1;
                    for (sum, g) in sums.iter_mut().zip(adjoint) {
                        *sum += weight * g.double();
                    }
                }
            },
        );
    }

    /// The weighted sum over all points of the adjoint in front of the rectifier.
    pub fn integral(&mut self) -> Vec<f64> {
        let Layer { from, bias, .. } = self.layer;
        let mut integral = vec![0.0; self.begin.len()];
        let mut products = vec![T::ZERO; self.begin.len()];
        let (sums, rounded) = (&self.sums, &mut self.rounded);
        let (layer, above) = (self.layer, &self.above);
        simd(
            #[inline(always)]
            || {
                round(sums, rounded);
                let rows = products.chunks_exact_mut(*from);
                for (products, sums) in rows.zip(rounded.chunks_exact(bias.len())) {
                    add_columns(&layer.columns, sums, products);
                }
                let ends = products.iter().zip(above);
                for (integral, (product, &[_, above])) in integral.iter_mut().zip(ends) {
                    let slope = layer.slope(above).double();
                    let product = slope * product.double();
                    // Also where the product is no number.
                    *integral = if slope == 0.0 { 0.0 } else { product };
                }
            },
        );
        for (&change, product) in self.changes.iter().zip(&self.products) {
            integral[change.number()] += self.falls(change).double() * product.double();
        }
        integral
    }
}

/// A row of the weights with its factors in `A` and `B`.
#[derive(Debug, Clone, Copy)]
struct Term<T> {
    /// Which row of the layer it belongs to, and where it stands in it.
    row: usize,
    at: usize,
    factors: [T; 2],
}

/// Adds the rows of the terms to `A` and `B`, those of one row of the layer after
/// another. For a loop that is compiled for wide vectors, as all below.
#[inline(always)]
fn add_terms<T: Real>(layer: &Layer<T>, terms: &[Term<T>], lines: &mut [Vec<T>; 2]) {
    let to = layer.bias.len();
    let [a, b] = lines;
    for terms in terms.chunk_by(|a, b| a.row == b.row) {
        let first = terms[0].row * to;
        let (a, b) = (&mut a[first..][..to], &mut b[first..][..to]);
        let (whole_a, rest_a) = a.as_chunks_mut::<TOGETHER>();
        let (whole_b, rest_b) = b.as_chunks_mut::<TOGETHER>();
        let first = whole_a.len() * TOGETHER;
        for (i, (a, b)) in whole_a.iter_mut().zip(whole_b).enumerate() {
            let (mut own_a, mut own_b) = (*a, *b);
            for term in terms {
                let row = &layer.row(term.at)[i * TOGETHER..][..TOGETHER];
                let [x, y] = term.factors;
                for ((a, b), &w) in own_a.iter_mut().zip(&mut own_b).zip(row) {
                    *a += x * w;
                    *b += y * w;
                }
            }
            (*a, *b) = (own_a, own_b);
        }
        for term in terms {
            let row = &layer.row(term.at)[first..];
            let [x, y] = term.factors;
            for ((a, b), &w) in rest_a.iter_mut().zip(rest_b.iter_mut()).zip(row) {
                *a += x * w;
                *b += y * w;
            }
        }
    }
}

/// Sums in the precision of the run.
#[inline(always)]
fn round<T: Real>(sums: &[f64], rounded: &mut [T]) {
    for (rounded, &sum) in rounded.iter_mut().zip(sums) {
        *rounded = T::of(sum);
    }
}

/// `products = Σ_c sums_c · columns_c`, with as many numbers in a column as there are
/// products.
#[inline(always)]
fn add_columns<T: Real>(columns: &[T], sums: &[T], products: &mut [T]) {
    let from = products.len();
    let (whole, rest) = products.as_chunks_mut::<TOGETHER>();
    let first = from - rest.len();
    for (i, block) in whole.iter_mut().enumerate() {
        let mut own = *block;
        for (column, &sum) in columns.chunks_exact(from).zip(sums) {
            let column = &column[i * TOGETHER..][..TOGETHER];
            for (product, &w) in own.iter_mut().zip(column) {
                *product += sum * w;
            }
        }
        *block = own;
    }
    for (column, &sum) in columns.chunks_exact(from).zip(sums) {
        for (product, &w) in rest.iter_mut().zip(&column[first..]) {
            *product += sum * w;
        }
    }
}

/// The sum of products, in sixteen interleaved partial sums.
#[inline(always)]
fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    let (blocks_a, rest_a) = a.as_chunks::<16>();
    let (blocks_b, rest_b) = b.as_chunks::<16>();
    let mut lanes = [T::ZERO; 16];
    for (a, b) in blocks_a.iter().zip(blocks_b) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let mut rest = T::ZERO;
    for (&a, &b) in rest_a.iter().zip(rest_b) {
        rest += a * b;
    }
    halved(lanes) + rest
}

/// The sum of sixteen numbers, half to half. A call of its own: together with the loop
/// that makes them, it would be compiled for pairs of numbers instead of for whole
/// registers.
#[inline(never)]
fn halved<T: Real>(lanes: [T; 16]) -> T {
    let eight: [T; 8] = from_fn(|i| lanes[i] + lanes[i + 8]);
    let four: [T; 4] = from_fn(|i| eight[i] + eight[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}
