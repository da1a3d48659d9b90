//! Loopless multigraphs: vertices joined by any number of edges.
//!
//! An energy flow polynomial is a multigraph: a sum over particles for every
//! vertex, an angle for every edge. The type lives here because observables
//! evaluate it and the report draws it.

use serde::{Deserialize, Serialize};

/// A multigraph without loops; vertices are `0..vertices`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Multigraph {
    vertices: usize,
    edges: Vec<(usize, usize)>,
}

/// A graph as files hold it, before it is known to be sound.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    vertices: usize,
    edges: Vec<(usize, usize)>,
}

impl TryFrom<Written> for Multigraph {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        let Written { vertices, edges } = written;
        let shown = format!("{edges:?}");
        Self::new(vertices, edges).ok_or_else(|| {
            format!("expected edges between two of {vertices} vertices, found {shown}")
        })
    }
}

impl Multigraph {
    /// A graph of `vertices` vertices and these edges, repeated edges allowed;
    /// `None` if an edge is a loop or names a vertex that is not there.
    pub fn new(vertices: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> Option<Self> {
        let mut edges: Vec<_> = edges
            .into_iter()
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        edges.sort_unstable();
        let sound = edges.iter().all(|&(a, b)| a != b && b < vertices);
        sound.then_some(Self { vertices, edges })
    }

    /// The number of vertices.
    pub fn vertices(&self) -> usize {
        self.vertices
    }

    /// The edges, each with the smaller vertex first, sorted, repeats kept.
    pub fn edges(&self) -> &[(usize, usize)] {
        &self.edges
    }

    /// The degree of the polynomial: the number of edges, repeats counted.
    pub fn degree(&self) -> usize {
        self.edges.len()
    }

    /// Every joined pair of vertices once, with the number of its edges.
    pub fn weighted_edges(&self) -> Vec<((usize, usize), usize)> {
        let mut out: Vec<((usize, usize), usize)> = Vec::new();
        for &edge in &self.edges {
            match out.last_mut() {
                Some((last, weight)) if *last == edge => *weight += 1,
                _ => out.push((edge, 1)),
            }
        }
        out
    }

    /// How many edges end at each vertex.
    pub fn valencies(&self) -> Vec<usize> {
        let mut out = vec![0; self.vertices];
        for &(a, b) in &self.edges {
            out[a] += 1;
            out[b] += 1;
        }
        out
    }

    /// The connected component of every vertex, numbered from 0 in order of
    /// their first vertex.
    pub fn components(&self) -> Vec<usize> {
        let mut label: Vec<usize> = (0..self.vertices).collect();
        // Graphs have at most a dozen vertices: relabelling until nothing
        // changes is as fast as anything cleverer.
        loop {
            let mut changed = false;
            for &(a, b) in &self.edges {
                let low = label[a].min(label[b]);
                changed |= label[a] != low || label[b] != low;
                label[a] = low;
                label[b] = low;
            }
            if !changed {
                break;
            }
        }
        let mut roots = label.clone();
        roots.sort_unstable();
        roots.dedup();
        label
            .iter()
            .map(|root| roots.partition_point(|other| other < root))
            .collect()
    }

    /// Whether the graph is connected: a prime polynomial, not a product.
    pub fn is_prime(&self) -> bool {
        self.components().iter().all(|&component| component == 0)
    }

    /// The chromatic number: the fewest colours that give the ends of every
    /// edge different ones. A single vertex has 1.
    pub fn chromatic_number(&self) -> usize {
        (0..=self.vertices)
            .find(|&colours| self.colourable(colours, &mut Vec::new()))
            .unwrap_or(0)
    }

    /// The largest number of sums that have to be done at once: the particles
    /// that a step of variable elimination loops over, in the best order. The
    /// polynomial of `M` particles costs `M` to this power. A single vertex has
    /// 1, a tree 2, a cycle 3, a K4 4.
    ///
    /// This is the treewidth plus one, by a search over the sets of vertices
    /// that are summed already (H. Bodlaender et al., *On exact algorithms for
    /// treewidth*, ACM Trans. Algorithms 9, 12).
    ///
    /// # Panics
    ///
    /// For more than 24 vertices, whose sets would not fit into memory.
    pub fn elimination_complexity(&self) -> usize {
        let n = self.vertices;
        assert!(n <= 24, "{n} vertices are too many for an exact search");
        // The complexity of the best order that begins with these vertices.
        let mut best = vec![n; 1 << n];
        best[0] = 0;
        for summed in 0..1_usize << n {
            for vertex in (0..n).filter(|vertex| summed >> vertex & 1 == 0) {
                let step = self.joined_through(summed, vertex) + 1;
                let worst = step.max(best[summed]);
                let next = &mut best[summed | 1 << vertex];
                *next = worst.min(*next);
            }
        }
        best.last().copied().unwrap_or(0)
    }

    /// How many vertices a vertex is joined to, once those of the set `summed`
    /// have joined all their neighbours.
    fn joined_through(&self, summed: usize, vertex: usize) -> usize {
        let mut reached = 1_usize << vertex;
        loop {
            let inner = reached & (summed | 1 << vertex);
            let step = |set: usize, &(a, b): &(usize, usize)| {
                let ends = (inner >> a & 1) << b | (inner >> b & 1) << a;
                set | ends
            };
            let next = self.edges.iter().fold(reached, step);
            if next == reached {
                return (reached & !summed & !(1 << vertex)).count_ones() as usize;
            }
            reached = next;
        }
    }

    fn colourable(&self, colours: usize, chosen: &mut Vec<usize>) -> bool {
        let vertex = chosen.len();
        if vertex == self.vertices {
            return true;
        }
        (0..colours).any(|colour| {
            let clash = self
                .edges
                .iter()
                .any(|&(a, b)| b == vertex && chosen[a] == colour);
            if clash {
                return false;
            }
            chosen.push(colour);
            let fits = self.colourable(colours, chosen);
            chosen.pop();
            fits
        })
    }
}

impl std::fmt::Display for Multigraph {
    /// `0-1,1-2,2-0` as in the edge language of the command line; `.` for a
    /// single vertex.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.edges.is_empty() {
            return write!(f, ".");
        }
        for (i, (a, b)) in self.edges.iter().enumerate() {
            write!(f, "{}{a}-{b}", if i > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chromatic_numbers_of_known_graphs() {
        let graph =
            |n, edges: &[(usize, usize)]| Multigraph::new(n, edges.iter().copied()).unwrap();
        assert_eq!(graph(1, &[]).chromatic_number(), 1);
        assert_eq!(graph(2, &[(0, 1), (1, 0)]).chromatic_number(), 2);
        assert_eq!(graph(3, &[(0, 1), (1, 2), (2, 0)]).chromatic_number(), 3);
        assert_eq!(
            graph(4, &[(0, 1), (1, 2), (2, 3), (3, 0)]).chromatic_number(),
            2
        );
        let k4 = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
        assert_eq!(graph(4, &k4).chromatic_number(), 4);
    }

    #[test]
    fn elimination_complexities_of_known_graphs() {
        let graph =
            |n, edges: &[(usize, usize)]| Multigraph::new(n, edges.iter().copied()).unwrap();
        assert_eq!(graph(1, &[]).elimination_complexity(), 1);
        assert_eq!(
            graph(4, &[(0, 1), (0, 1), (2, 3)]).elimination_complexity(),
            2
        );
        let cycle = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)];
        assert_eq!(graph(5, &cycle).elimination_complexity(), 3);
        let k4 = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
        assert_eq!(graph(4, &k4).elimination_complexity(), 4);
        // The rim of a wheel is a cycle once the hub is held.
        let wheel = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)].into_iter();
        let wheel: Vec<_> = wheel.chain((0..5).map(|v| (v, 5))).collect();
        assert_eq!(graph(6, &wheel).elimination_complexity(), 4);
    }

    #[test]
    fn two_edges_apart_are_not_prime() {
        let graph = Multigraph::new(4, [(0, 1), (2, 3)]).unwrap();
        assert_eq!(graph.components(), [0, 0, 1, 1]);
        assert!(!graph.is_prime());
    }

    #[test]
    fn loops_and_strangers_are_refused() {
        assert!(Multigraph::new(2, [(0, 0)]).is_none());
        assert!(Multigraph::new(2, [(0, 2)]).is_none());
    }

    #[test]
    fn a_file_cannot_bring_in_a_loop() {
        let read = |text: &str| serde_json::from_str::<Multigraph>(text);
        assert!(read(r#"{"vertices": 2, "edges": [[0, 0]]}"#).is_err());
        let graph = Multigraph::new(3, [(0, 1), (1, 2)]).unwrap();
        assert_eq!(
            read(&serde_json::to_string(&graph).unwrap()).unwrap(),
            graph
        );
    }

    #[test]
    fn repeated_edges_are_weights() {
        let graph = Multigraph::new(3, [(1, 0), (0, 1), (2, 1)]).unwrap();
        assert_eq!(graph.weighted_edges(), [((0, 1), 2), ((1, 2), 1)]);
        assert_eq!(graph.valencies(), [2, 3, 1]);
    }
}
