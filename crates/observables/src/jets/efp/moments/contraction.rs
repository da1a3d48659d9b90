//! Contractions of moments along the edges of graphs.
//!
//! A vertex is the tensor of its moments with an index for each neighbour, over
//! the monomials of the edge's weight. Two tensors at a time become one, in the
//! order that costs least for each graph: for every set of vertices the best way
//! to part it in two is found from those of its subsets. Tensors that several
//! graphs need are made once.

use std::collections::HashMap;

use pellucid_core::Multigraph;

use super::Memory;
use super::monomials::Monomials;

/// One step. Tensors are numbered by the order in which they are made.
#[derive(Debug)]
enum Step {
    /// Moments, entry by entry.
    Vertex(Vec<u32>),
    /// `out[i][j] = Σ_k left[rows[i][k]] number[k] right[columns[k][j]]`.
    Contract(Box<Contract>),
}

#[derive(Debug)]
struct Contract {
    left: usize,
    right: usize,
    /// How many numbers are summed.
    inner: usize,
    rows: Vec<u32>,
    numbers: Vec<f64>,
    columns: Vec<u32>,
}

/// What tells one tensor from another: the weights of a vertex's indices, or two
/// tensors and which indices of them are joined.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Vertex(Vec<usize>),
    Contract(usize, usize, Vec<(usize, usize)>),
}

/// The steps of all graphs.
#[derive(Debug, Default)]
pub(super) struct Contractions {
    steps: Vec<Step>,
    known: HashMap<Key, usize>,
    /// The tensor of each graph.
    outputs: Vec<usize>,
    work: f64,
}

/// A tensor with the edge that each index belongs to.
#[derive(Clone)]
struct Part {
    tensor: usize,
    edges: Vec<usize>,
}

impl Contractions {
    /// The multiplications of all steps.
    pub fn work(&self) -> f64 {
        self.work
    }

    /// Adds what a connected graph needs beyond what is there.
    pub fn add(&mut self, graph: &Multigraph, monomials: &Monomials) {
        let edges = graph.weighted_edges();
        let order = Order::new(graph.vertices(), &edges, monomials);
        let all = (1_usize << graph.vertices()) - 1;
        let whole = self.part(all, &order, &edges, monomials);
        self.outputs.push(whole.tensor);
    }

    fn part(
        &mut self,
        set: usize,
        order: &Order,
        edges: &[((usize, usize), usize)],
        monomials: &Monomials,
    ) -> Part {
        if set.is_power_of_two() {
            return self.vertex(set.trailing_zeros() as usize, edges, monomials);
        }
        let one = order.best[set].1;
        let a = self.part(one, order, edges, monomials);
        let b = self.part(set & !one, order, edges, monomials);
        // The same two tensors are met in the same order.
        let (a, b) = if a.tensor <= b.tensor { (a, b) } else { (b, a) };
        self.contract(&a, &b, edges, monomials)
    }

    /// The tensor of a vertex; its indices by rising weight.
    fn vertex(
        &mut self,
        vertex: usize,
        edges: &[((usize, usize), usize)],
        monomials: &Monomials,
    ) -> Part {
        let mut own: Vec<usize> = (0..edges.len())
            .filter(|&e| edges[e].0.0 == vertex || edges[e].0.1 == vertex)
            .collect();
        own.sort_by_key(|&e| edges[e].1);
        let weights: Vec<usize> = own.iter().map(|&e| edges[e].1).collect();
        let next = self.steps.len();
        let key = Key::Vertex(weights.clone());
        let tensor = *self.known.entry(key).or_insert(next);
        if tensor == next {
            let mut entries = vec![[0_u8; 4]];
            for weight in weights {
                let more = monomials.of_degree(weight);
                let sums = entries.iter().flat_map(|a| {
                    more.iter()
                        .map(move |b| std::array::from_fn(|k| a[k] + b[k]))
                });
                entries = sums.collect();
            }
            let places = entries.into_iter().filter_map(|e| monomials.position(e));
            self.steps
                .push(Step::Vertex(places.map(|p| p as u32).collect()));
        }
        Part { tensor, edges: own }
    }

    fn contract(
        &mut self,
        a: &Part,
        b: &Part,
        edges: &[((usize, usize), usize)],
        monomials: &Monomials,
    ) -> Part {
        let size = |edge: usize| monomials.of_degree(edges[edge].1).len();
        // Places of the indices: joined ones in pairs, in the order of `a`.
        let joined: Vec<(usize, usize)> = (0..a.edges.len())
            .filter_map(|i| Some((i, b.edges.iter().position(|e| *e == a.edges[i])?)))
            .collect();
        let free = |part: &Part, of: fn(&(usize, usize)) -> usize| -> Vec<usize> {
            let taken: Vec<usize> = joined.iter().map(of).collect();
            (0..part.edges.len())
                .filter(|i| !taken.contains(i))
                .collect()
        };
        let (free_a, free_b) = (free(a, |pair| pair.0), free(b, |pair| pair.1));
        let left_edges = free_a.iter().map(|&i| a.edges[i]);
        let out_edges: Vec<usize> = left_edges
            .chain(free_b.iter().map(|&i| b.edges[i]))
            .collect();

        let next = self.steps.len();
        let key = Key::Contract(a.tensor, b.tensor, joined.clone());
        let tensor = *self.known.entry(key).or_insert(next);
        if tensor == next {
            let sizes = |part: &Part| part.edges.iter().map(|&e| size(e)).collect::<Vec<_>>();
            let (sizes_a, sizes_b) = (sizes(a), sizes(b));
            let inner_a: Vec<usize> = joined.iter().map(|pair| pair.0).collect();
            let inner_b: Vec<usize> = joined.iter().map(|pair| pair.1).collect();
            let rows = offsets(&sizes_a, &free_a);
            let inner_rows = offsets(&sizes_a, &inner_a);
            let columns = offsets(&sizes_b, &free_b);
            // For every monomial of the joined edges its partners and numbers.
            let mut partners = vec![(0_usize, 1.0)];
            let strides = strides(&sizes_b);
            for (&(i, j), _) in joined.iter().zip(0..) {
                let own = monomials.partners(edges[a.edges[i]].1);
                let stride = strides[j];
                partners = partners
                    .iter()
                    .flat_map(|&(at, number)| {
                        own.iter()
                            .map(move |&(place, more)| (at + stride * place, number * more))
                    })
                    .collect();
            }
            let inner = partners.len();
            debug_assert_eq!(inner, offsets(&sizes_b, &inner_b).len());
            self.work += (rows.len() * inner * columns.len()) as f64;
            let step = Contract {
                left: a.tensor,
                right: b.tensor,
                inner,
                rows: pairs(&rows, &inner_rows),
                numbers: partners.iter().map(|&(_, number)| number).collect(),
                columns: pairs(
                    &partners.iter().map(|&(at, _)| at).collect::<Vec<_>>(),
                    &columns,
                ),
            };
            self.steps.push(Step::Contract(Box::new(step)));
        }
        Part {
            tensor,
            edges: out_edges,
        }
    }

    /// The values of all graphs from the moments in `memory`.
    #[inline(always)]
    pub fn run(&self, memory: &mut Memory, values: &mut [f64]) {
        let Memory {
            moments,
            tensors,
            rows,
            columns,
            ..
        } = memory;
        tensors.resize_with(self.steps.len().max(tensors.len()), Vec::new);
        for (i, step) in self.steps.iter().enumerate() {
            let (before, here) = tensors.split_at_mut(i);
            let out = &mut here[0];
            out.clear();
            match step {
                Step::Vertex(places) => out.extend(places.iter().map(|&p| moments[p as usize])),
                Step::Contract(step) => {
                    step.run(&before[step.left], &before[step.right], rows, columns, out);
                }
            }
        }
        for (value, &tensor) in values.iter_mut().zip(&self.outputs) {
            *value = tensors[tensor][0];
        }
    }
}

impl Contract {
    #[inline(always)]
    fn run(
        &self,
        left: &[f64],
        right: &[f64],
        rows: &mut Vec<f64>,
        columns: &mut Vec<f64>,
        out: &mut Vec<f64>,
    ) {
        let width = self.columns.len() / self.inner;
        rows.clear();
        rows.extend(self.rows.iter().map(|&at| left[at as usize]));
        for row in rows.chunks_exact_mut(self.inner) {
            for (x, number) in row.iter_mut().zip(&self.numbers) {
                *x *= number;
            }
        }
        columns.clear();
        columns.extend(self.columns.iter().map(|&at| right[at as usize]));
        if width == 1 {
            let dot = |row: &[f64]| -> f64 { row.iter().zip(&*columns).map(|(a, b)| a * b).sum() };
            out.extend(rows.chunks_exact(self.inner).map(dot));
            return;
        }
        out.resize(rows.len() / self.inner * width, 0.0);
        for (row, out) in rows
            .chunks_exact(self.inner)
            .zip(out.chunks_exact_mut(width))
        {
            for (&x, column) in row.iter().zip(columns.chunks_exact(width)) {
                for (out, &y) in out.iter_mut().zip(column) {
                    *out = x.mul_add(y, *out);
                }
            }
        }
    }
}

/// The distance of two neighbours along each index, the last one nearest.
fn strides(sizes: &[usize]) -> Vec<usize> {
    let mut stride = 1;
    let mut out: Vec<usize> = sizes
        .iter()
        .rev()
        .map(|size| {
            let here = stride;
            stride *= size;
            here
        })
        .collect();
    out.reverse();
    out
}

/// Where the entries are that differ in these indices, the last one fastest.
fn offsets(sizes: &[usize], indices: &[usize]) -> Vec<usize> {
    let strides = strides(sizes);
    let mut out = vec![0];
    for &index in indices {
        let along = |at: usize| (0..sizes[index]).map(move |k| (at, k));
        let next = out.iter().flat_map(|&at| along(at));
        out = next.map(|(at, k)| at + k * strides[index]).collect();
    }
    out
}

/// All sums of one and the other.
fn pairs(a: &[usize], b: &[usize]) -> Vec<u32> {
    let sums = a.iter().flat_map(|x| b.iter().map(move |y| (x + y) as u32));
    sums.collect()
}

/// The best way to part every set of vertices.
struct Order {
    /// The cost of a set, and one of its two parts.
    best: Vec<(f64, usize)>,
}

impl Order {
    fn new(vertices: usize, edges: &[((usize, usize), usize)], monomials: &Monomials) -> Self {
        let size = |weight| monomials.of_degree(weight).len() as f64;
        let ends: Vec<(usize, f64)> = edges
            .iter()
            .map(|&((a, b), weight)| ((1 << a) | (1 << b), size(weight)))
            .collect();
        // The edges that leave a set.
        let leaving = |set: usize, end: usize| end & set != 0 && end & set != end;
        let mut best = vec![(0.0, 0); 1 << vertices];
        for set in 1..1_usize << vertices {
            if set.is_power_of_two() {
                continue;
            }
            best[set].0 = f64::INFINITY;
            // Every subset that holds the lowest vertex.
            let lowest = set & set.wrapping_neg();
            let rest = set ^ lowest;
            let mut more = rest;
            while more != 0 {
                more = (more - 1) & rest;
                let one = lowest | more;
                let other = set ^ one;
                let open = ends
                    .iter()
                    .filter(|&&(end, _)| leaving(one, end) || leaving(other, end));
                let work: f64 = open.map(|&(_, size)| size).product();
                let cost = work + best[one].0 + best[other].0;
                if cost < best[set].0 {
                    best[set] = (cost, one);
                }
            }
        }
        Self { best }
    }
}
