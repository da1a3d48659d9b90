//! What was joined with what, and at which distance.

use std::cmp::Reverse;

use crate::jets::four_vector::Pseudojet;

/// One step of a clustering.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The node that was joined, or that became a jet.
    pub first: usize,
    /// The other, a later node than the first; `None` for the beam.
    pub second: Option<usize>,
    /// The distance, `d_ij` or `d_iB`.
    pub d: f64,
}

/// A clustering, step by step.
///
/// Nodes `0..n` are the particles, node `n + k` is what step `k` made: the sum
/// of two nodes, or a jet. There are as many steps as particles.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    pub(super) particles: usize,
    pub(super) nodes: Vec<Pseudojet>,
    pub(super) steps: Vec<Step>,
}

impl History {
    /// The number of particles.
    pub fn particles(&self) -> usize {
        self.particles
    }

    /// Step after step.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Particles, and after them what every step made.
    pub fn nodes(&self) -> &[Pseudojet] {
        &self.nodes
    }

    /// The momentum of a node.
    pub fn node(&self, node: usize) -> &Pseudojet {
        &self.nodes[node]
    }

    /// The two that were joined to this node, if it is such a one.
    pub fn parents(&self, node: usize) -> Option<(usize, usize)> {
        let step = self.steps.get(node.checked_sub(self.particles)?)?;
        Some((step.first, step.second?))
    }

    /// The nodes that became jets with at least `min_pt`, by falling `pt`; of
    /// equals the later one first.
    pub fn inclusive(&self, min_pt: f64) -> Vec<usize> {
        let beam = self.steps.iter().rev().filter(|step| step.second.is_none());
        let jets = beam.map(|step| step.first);
        self.sorted(jets.filter(|&jet| self.nodes[jet].pt() >= min_pt).collect())
    }

    /// The nodes there are when `count` are left, by falling `pt`; all
    /// particles if there are not more.
    pub fn exclusive(&self, count: usize) -> Vec<usize> {
        self.after(self.particles.saturating_sub(count))
    }

    /// The nodes there are before the first step from which on distances
    /// beyond `dcut` occur, by falling `pt`.
    pub fn exclusive_to(&self, dcut: f64) -> Vec<usize> {
        let within = self.steps.iter().take_while(|step| step.d <= dcut);
        self.after(within.count())
    }

    /// The largest distance up to the step from `count + 1` to `count` nodes.
    pub fn exclusive_d(&self, count: usize) -> f64 {
        let steps = self.particles.saturating_sub(count);
        let ds = self.steps[..steps].iter().map(|step| step.d);
        ds.fold(0.0, f64::max)
    }

    /// The particles of a node, by rising number.
    pub fn constituents(&self, node: usize) -> Vec<usize> {
        let mut out = Vec::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            match node.checked_sub(self.particles).map(|k| self.steps[k]) {
                None => out.push(node),
                Some(step) => {
                    open.push(step.first);
                    open.extend(step.second);
                }
            }
        }
        out.sort_unstable();
        out
    }

    /// For every particle the place of its jet in `jets`, nodes of which none
    /// is part of another.
    pub fn assignment(&self, jets: &[usize]) -> Vec<Option<usize>> {
        let mut of = vec![None; self.nodes.len()];
        for (place, &jet) in jets.iter().enumerate() {
            of[jet] = Some(place);
        }
        for (k, step) in self.steps.iter().enumerate().rev() {
            // A beam step's node is its jet once more.
            if let (Some(place), Some(second)) = (of[self.particles + k], step.second) {
                of[step.first] = Some(place);
                of[second] = Some(place);
            }
        }
        of.truncate(self.particles);
        of
    }

    /// The nodes that are left after some steps.
    fn after(&self, steps: usize) -> Vec<usize> {
        let stop = self.particles + steps;
        let later = self.steps[steps..].iter();
        let parents = later.flat_map(|step| [Some(step.first), step.second]);
        self.sorted(parents.flatten().filter(|&node| node < stop).collect())
    }

    fn sorted(&self, mut nodes: Vec<usize>) -> Vec<usize> {
        nodes.sort_by(|&a, &b| {
            let by_pt = self.nodes[b].pt2.total_cmp(&self.nodes[a].pt2);
            by_pt.then(Reverse(a).cmp(&Reverse(b)))
        });
        nodes
    }
}
