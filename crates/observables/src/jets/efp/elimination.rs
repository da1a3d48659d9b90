//! Variable elimination: sums over vertices in the order that costs least.
//!
//! A vertex with one neighbour is summed away by a product of a matrix and a
//! vector, and leaves a message (a number per particle) with its neighbour. A
//! vertex with two neighbours is summed away by a product of two matrices, and
//! leaves a matrix between them. Where every vertex has three neighbours or
//! more (a K4), one of them is held at each particle in turn; what is left is
//! summed as before.
//!
//! All graphs share one directed graph of these steps: a step that another
//! graph has taken costs nothing. For every graph the order of vertices, and
//! the one kept for last, are chosen by trying them all (up to a bound) and
//! counting what is new.
//!
//! * **Reference:** P. Komiske, E. Metodiev, J. Thaler, arXiv:1712.07124,
//!   section 5 (variable elimination); the sharing and the loop over a held
//!   vertex are ours.

use std::collections::{BTreeMap, HashMap};

use pellucid_core::Multigraph;

/// One step. Numbers are the positions of other steps.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    /// The angles to the power of so many edges.
    Power(usize),
    /// A matrix with rows and columns exchanged.
    Transpose(usize),
    /// Two matrices multiplied element by element.
    Elementwise(usize, usize),
    /// `Σₖ left[k][a] weight[k] right[k][b]`.
    Product {
        /// The matrix that gives the rows.
        left: usize,
        /// What every `k` is weighted with.
        weight: usize,
        /// The matrix that gives the columns.
        right: usize,
    },
    /// The row of a matrix that belongs to the held vertex of this level.
    Row {
        /// The matrix.
        matrix: usize,
        /// Which held vertex: 1 is the outermost.
        level: usize,
    },
    /// The momentum fractions, times these messages.
    Weighted(Vec<usize>),
    /// `Σ_v matrix[v][u] vector[v]`, or `Σ_v matrix[u][v] vector[v]` by rows.
    Apply {
        /// The matrix.
        matrix: usize,
        /// Whether the sum goes along the rows.
        by_rows: bool,
        /// The vector.
        vector: usize,
    },
    /// The sum of a vector, at every particle.
    Spread(usize),
}

/// How the value of one graph comes out: the sum over particles of the
/// momentum fractions times these messages, times, for every held vertex,
/// its own weight.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Output {
    pub(super) messages: Vec<usize>,
    pub(super) held: Vec<usize>,
}

/// The steps of all graphs, each after those it needs.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub(super) nodes: Vec<Node>,
    /// In how many loops over a held vertex a step stands.
    pub(super) levels: Vec<usize>,
    symmetric: Vec<bool>,
    known: HashMap<Node, usize>,
    work: f64,
}

/// The number of particles for which the cost is counted.
const PARTICLES: f64 = 40.0;

/// How many partial orders are tried per graph before the best so far is taken.
const TRIALS: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Matrix {
    id: usize,
    transposed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Choice {
    Sum(usize),
    Hold(usize),
}

/// A graph partly summed.
#[derive(Clone)]
struct State {
    alive: Vec<bool>,
    messages: Vec<Vec<usize>>,
    /// Between `a < b`, with rows for `a`.
    matrices: BTreeMap<(usize, usize), Matrix>,
    held: Vec<usize>,
    root: usize,
}

struct Best {
    work: f64,
    root: usize,
    choices: Vec<Choice>,
    trials: usize,
}

impl Steps {
    /// Adds what a connected graph needs beyond what is there.
    pub(super) fn add(&mut self, graph: &Multigraph) -> Output {
        let start = self.nodes.len();
        self.work = 0.0;
        let mut best = Best {
            work: f64::INFINITY,
            root: 0,
            choices: Vec::new(),
            trials: 0,
        };
        for root in 0..graph.vertices() {
            let state = self.begin(graph, root);
            self.search(&state, &mut Vec::new(), &mut best);
            self.undo(start, 0.0);
        }
        let mut state = self.begin(graph, best.root);
        for choice in best.choices {
            self.apply(&mut state, choice);
        }
        finish(&state)
    }

    /// The multiplications of all steps for a jet of so many particles.
    pub(super) fn work(&self, particles: usize) -> f64 {
        let steps = self.nodes.iter().zip(&self.levels);
        steps
            .map(|(node, &level)| work(node, level, particles as f64))
            .sum()
    }

    pub(super) fn level(&self, node: usize) -> usize {
        self.levels[node]
    }

    fn begin(&mut self, graph: &Multigraph, root: usize) -> State {
        let mut matrices = BTreeMap::new();
        for (pair, weight) in graph.weighted_edges() {
            matrices.insert(
                pair,
                Matrix {
                    id: self.push(Node::Power(weight)),
                    transposed: false,
                },
            );
        }
        let n = graph.vertices();
        State {
            alive: vec![true; n],
            messages: vec![Vec::new(); n],
            matrices,
            held: Vec::new(),
            root,
        }
    }

    fn search(&mut self, state: &State, choices: &mut Vec<Choice>, best: &mut Best) {
        best.trials += 1;
        if self.work >= best.work {
            return;
        }
        let options = state.options();
        if options.is_empty() {
            *best = Best {
                work: self.work,
                root: state.root,
                choices: choices.clone(),
                trials: best.trials,
            };
            return;
        }
        for choice in options {
            let (mark, work) = (self.nodes.len(), self.work);
            let mut next = state.clone();
            self.apply(&mut next, choice);
            choices.push(choice);
            self.search(&next, choices, best);
            choices.pop();
            self.undo(mark, work);
            if best.trials > TRIALS && best.work.is_finite() {
                return;
            }
        }
    }

    fn undo(&mut self, mark: usize, work: f64) {
        for node in self.nodes.drain(mark..) {
            self.known.remove(&node);
        }
        self.levels.truncate(mark);
        self.symmetric.truncate(mark);
        self.work = work;
    }

    fn apply(&mut self, state: &mut State, choice: Choice) {
        let (Choice::Sum(vertex) | Choice::Hold(vertex)) = choice;
        let weight = self.weighted(std::mem::take(&mut state.messages[vertex]));
        let neighbours = state.neighbours(vertex);
        let matrices: Vec<Matrix> = neighbours.iter().map(|&u| state.take(vertex, u)).collect();
        state.alive[vertex] = false;
        if matches!(choice, Choice::Hold(_)) {
            state.held.push(weight);
            let level = state.held.len();
            for (&u, &matrix) in neighbours.iter().zip(&matrices) {
                let matrix = self.upright(matrix);
                let row = self.push(Node::Row { matrix, level });
                state.messages[u].push(row);
            }
            return;
        }
        match (neighbours.as_slice(), matrices.as_slice()) {
            (&[], _) => {
                let message = self.push(Node::Spread(weight));
                state.messages[state.root].push(message);
            }
            // `matrix` has its rows for the vertex, the message is of the columns.
            (&[u], &[matrix]) => {
                let by_rows = matrix.transposed && !self.symmetric[matrix.id];
                let message = self.push(Node::Apply {
                    matrix: matrix.id,
                    by_rows,
                    vector: weight,
                });
                state.messages[u].push(message);
            }
            (&[a, b], &[left, right]) => {
                let (left, right) = (self.upright(left), self.upright(right));
                let product = Node::Product {
                    left: left.min(right),
                    weight,
                    right: left.max(right),
                };
                let product = Matrix {
                    id: self.push(product),
                    transposed: left > right,
                };
                let product = self.between(product, state.matrices.get(&(a, b)).copied());
                state.matrices.insert((a, b), product);
            }
            _ => unreachable!("options offer to sum vertices of at most two neighbours"),
        }
    }

    /// The momentum fractions times messages.
    fn weighted(&mut self, mut messages: Vec<usize>) -> usize {
        messages.sort_unstable();
        self.push(Node::Weighted(messages))
    }

    /// The step that has the matrix as it is, not transposed.
    fn upright(&mut self, matrix: Matrix) -> usize {
        if matrix.transposed && !self.symmetric[matrix.id] {
            self.push(Node::Transpose(matrix.id))
        } else {
            matrix.id
        }
    }

    /// Element-by-element product of the matrices between two vertices.
    fn between(&mut self, new: Matrix, old: Option<Matrix>) -> Matrix {
        let Some(old) = old else { return new };
        // If one of them is symmetric, the other may stay as it lies.
        let flip = if self.symmetric[old.id] {
            new.transposed
        } else {
            old.transposed
        };
        let lay = |matrix: Matrix| Matrix {
            transposed: matrix.transposed != flip,
            ..matrix
        };
        let (a, b) = (self.upright(lay(new)), self.upright(lay(old)));
        Matrix {
            id: self.push(Node::Elementwise(a.min(b), a.max(b))),
            transposed: flip,
        }
    }

    fn push(&mut self, node: Node) -> usize {
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        let level = match &node {
            Node::Power(_) => 0,
            Node::Row { level, .. } => *level,
            Node::Transpose(a) | Node::Spread(a) => self.levels[*a],
            Node::Elementwise(a, b) => self.levels[*a].max(self.levels[*b]),
            Node::Weighted(list) => list.iter().map(|&a| self.levels[a]).max().unwrap_or(0),
            Node::Product {
                left,
                weight,
                right,
            } => self.levels[*left]
                .max(self.levels[*weight])
                .max(self.levels[*right]),
            Node::Apply { matrix, vector, .. } => self.levels[*matrix].max(self.levels[*vector]),
        };
        let symmetric = match &node {
            Node::Power(_) => true,
            Node::Elementwise(a, b) => self.symmetric[*a] && self.symmetric[*b],
            Node::Product { left, right, .. } => left == right,
            _ => false,
        };
        self.work += work(&node, level, PARTICLES);
        let id = self.nodes.len();
        self.known.insert(node.clone(), id);
        self.nodes.push(node);
        self.levels.push(level);
        self.symmetric.push(symmetric);
        id
    }
}

/// Multiplications of a step in so many loops for `m` particles, memory counted
/// roughly.
fn work(node: &Node, level: usize, m: f64) -> f64 {
    let once = match node {
        Node::Power(_) => 0.0,
        Node::Transpose(_) => 8.0 * m * m,
        Node::Elementwise(..) => 2.0 * m * m,
        Node::Product { .. } => m * m * m,
        Node::Apply { by_rows: false, .. } => m * m,
        Node::Apply { by_rows: true, .. } => 1.5 * m * m,
        Node::Row { .. } | Node::Weighted(_) | Node::Spread(_) => 4.0 * m,
    };
    once * m.powi(level as i32)
}

fn finish(state: &State) -> Output {
    let mut messages = state.messages[state.root].clone();
    messages.sort_unstable();
    Output {
        messages,
        held: state.held.clone(),
    }
}

impl State {
    fn neighbours(&self, vertex: usize) -> Vec<usize> {
        let ends = self.matrices.keys().filter_map(|&(a, b)| match vertex {
            v if v == a => Some(b),
            v if v == b => Some(a),
            _ => None,
        });
        let mut out: Vec<usize> = ends.collect();
        out.sort_unstable();
        out
    }

    /// Takes the matrix between two vertices, with rows for the first.
    fn take(&mut self, rows: usize, columns: usize) -> Matrix {
        let pair = (rows.min(columns), rows.max(columns));
        let matrix = self
            .matrices
            .remove(&pair)
            .expect("neighbours are joined by a matrix");
        Matrix {
            transposed: matrix.transposed != (rows > columns),
            ..matrix
        }
    }

    /// What may be done next; nothing once only the root is left.
    fn options(&self) -> Vec<Choice> {
        let rest = || (0..self.alive.len()).filter(|&v| self.alive[v] && v != self.root);
        // A leaf may as well go at once: no order saves more.
        if let Some(leaf) = rest().find(|&v| self.neighbours(v).len() <= 1) {
            return vec![Choice::Sum(leaf)];
        }
        let pairs: Vec<Choice> = rest()
            .filter(|&v| self.neighbours(v).len() == 2)
            .map(Choice::Sum)
            .collect();
        if pairs.is_empty() {
            rest().map(Choice::Hold).collect()
        } else {
            pairs
        }
    }
}
