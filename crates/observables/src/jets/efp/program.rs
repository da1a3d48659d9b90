//! The steps of all graphs in the order in which they run.
//!
//! Steps run in the order in which they were found, those inside of a loop over
//! a held vertex last. A matrix lives in a slot that is free again after its
//! last use, so that few of them move through the caches.

use super::elimination::{Node, Output, Steps};

/// Where a matrix is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// The angles to the power of so many edges.
    Power(usize),
    /// A slot of the workspace.
    Slot(usize),
}

#[derive(Debug)]
pub(super) enum Step {
    Transpose {
        out: usize,
        matrix: Place,
    },
    Elementwise {
        out: usize,
        a: Place,
        b: Place,
    },
    Product {
        out: usize,
        left: Place,
        weight: usize,
        right: Place,
    },
    Row {
        out: usize,
        matrix: Place,
        level: usize,
    },
    Weighted {
        out: usize,
        messages: Vec<usize>,
    },
    Apply {
        out: usize,
        matrix: Place,
        by_rows: bool,
        vector: usize,
    },
    Spread {
        out: usize,
        vector: usize,
    },
}

/// What runs for every jet and every point of a grid.
#[derive(Debug)]
pub(super) struct Program {
    /// Steps by the number of loops they stand in.
    pub(super) levels: Vec<Vec<Step>>,
    /// The graphs whose sum is in so many loops.
    pub(super) outputs: Vec<Vec<(usize, Output)>>,
    pub(super) slots: usize,
    pub(super) vectors: usize,
    pub(super) graphs: usize,
}

impl Program {
    pub(super) fn new(steps: &Steps, outputs: Vec<Output>) -> Self {
        let depth = 1 + outputs
            .iter()
            .map(|output| output.held.len())
            .max()
            .unwrap_or(0);
        let mut order: Vec<usize> = (0..steps.nodes.len()).collect();
        order.sort_by_key(|&node| steps.level(node));

        // The place in the order after which a matrix is not used; never, if
        // the use is in a loop and the matrix is made outside of it.
        let mut last_use = vec![0; steps.nodes.len()];
        for (time, &node) in order.iter().enumerate() {
            for matrix in matrices_of(&steps.nodes[node]) {
                let inside = steps.level(node) > steps.level(matrix);
                last_use[matrix] = if inside {
                    usize::MAX
                } else {
                    time.max(last_use[matrix])
                };
            }
        }

        let mut program = Self {
            levels: (0..depth).map(|_| Vec::new()).collect(),
            outputs: vec![Vec::new(); depth],
            slots: 0,
            vectors: steps.nodes.len(),
            graphs: outputs.len(),
        };
        let mut places: Vec<Option<Place>> = vec![None; steps.nodes.len()];
        let mut free = Vec::new();
        for (time, &node) in order.iter().enumerate() {
            let place = |places: &[Option<Place>], matrix: usize| {
                places[matrix].expect("a step comes after those it needs")
            };
            let mut slot = |places: &mut [Option<Place>]| {
                let slot = free.pop().unwrap_or_else(|| {
                    program.slots += 1;
                    program.slots - 1
                });
                places[node] = Some(Place::Slot(slot));
                slot
            };
            let out = node;
            let step = match &steps.nodes[node] {
                Node::Power(weight) => {
                    places[node] = Some(Place::Power(*weight));
                    continue;
                }
                Node::Transpose(a) => Step::Transpose {
                    matrix: place(&places, *a),
                    out: slot(&mut places),
                },
                Node::Elementwise(a, b) => Step::Elementwise {
                    a: place(&places, *a),
                    b: place(&places, *b),
                    out: slot(&mut places),
                },
                Node::Product {
                    left,
                    weight,
                    right,
                } => Step::Product {
                    left: place(&places, *left),
                    weight: *weight,
                    right: place(&places, *right),
                    out: slot(&mut places),
                },
                Node::Row { matrix, level } => Step::Row {
                    out,
                    matrix: place(&places, *matrix),
                    level: *level,
                },
                Node::Weighted(messages) => Step::Weighted {
                    out,
                    messages: messages.clone(),
                },
                Node::Apply {
                    matrix,
                    by_rows,
                    vector,
                } => Step::Apply {
                    out,
                    matrix: place(&places, *matrix),
                    by_rows: *by_rows,
                    vector: *vector,
                },
                Node::Spread(vector) => Step::Spread {
                    out,
                    vector: *vector,
                },
            };
            program.levels[steps.level(node)].push(step);
            let mut used = matrices_of(&steps.nodes[node]);
            used.dedup();
            for matrix in used {
                if let (true, Some(Place::Slot(slot))) = (last_use[matrix] == time, places[matrix])
                {
                    free.push(slot);
                }
            }
        }
        for (graph, output) in outputs.into_iter().enumerate() {
            program.outputs[output.held.len()].push((graph, output));
        }
        program
    }
}

/// The matrices that a step reads, equal ones side by side.
fn matrices_of(node: &Node) -> Vec<usize> {
    match node {
        Node::Transpose(a) => vec![*a],
        Node::Elementwise(a, b) => vec![*a, *b],
        Node::Product { left, right, .. } => vec![*left, *right],
        Node::Row { matrix, .. } | Node::Apply { matrix, .. } => vec![*matrix],
        Node::Power(_) | Node::Weighted(_) | Node::Spread(_) => Vec::new(),
    }
}
