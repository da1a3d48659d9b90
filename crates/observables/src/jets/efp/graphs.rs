//! All loopless multigraphs, each once.
//!
//! Every connected multigraph with `d` edges is one with `d - 1` edges and an
//! edge more: a graph with a cycle stays connected without an edge of the
//! cycle, a tree without a leaf. So the connected (prime) graphs grow edge by
//! edge, each brought to a canonical form and kept once; the others
//! (composite) are multisets of prime ones.
//!
//! The canonical form is the least list of edges over all labellings that
//! respect an ordered partition of the vertices: partitions are refined until
//! all vertices of a cell have the same number of edges to every other cell; a
//! cell that is left with several vertices is split by each of its vertices in
//! turn, interchangeable vertices (equal neighbours) only once.
//!
//! * **Check:** 1, 1, 2, 5, 12, 33, 103, 333 prime graphs with 0 to 7 edges;
//!   1, 1, 3, 8, 23, 66, 212, 686 in all.
//! * **Reference:** P. Komiske, E. Metodiev, J. Thaler, arXiv:1712.07124,
//!   table 2 (the counts); B. McKay, A. Piperno, arXiv:1301.1493 (refinement
//!   and individualisation).

use std::cmp::Reverse;
use std::collections::BTreeSet;

use pellucid_core::Multigraph;

use crate::ObservableError;

/// All prime graphs with at most `degree` edges: by degree, number of
/// vertices, edges; the single vertex first.
pub fn prime_graphs(degree: usize) -> Vec<Multigraph> {
    let mut out = Vec::new();
    let mut level = BTreeSet::from([build(1, Vec::new())]);
    for _ in 0..degree {
        let next = level.iter().flat_map(children).collect();
        out.extend(std::mem::replace(&mut level, next));
    }
    out.extend(level);
    out
}

/// All graphs without isolated vertices with at most `degree` edges, prime and
/// composite, and the single vertex; by degree, number of vertices, edges.
pub fn all_graphs(degree: usize) -> Vec<Multigraph> {
    let primes = prime_graphs(degree);
    let mut out = vec![primes[0].clone()];
    multisets(&primes[1..], degree, &mut Vec::new(), &mut out);
    out.sort_by_cached_key(|graph| (graph.degree(), graph.clone()));
    out
}

/// Adds every non-empty multiset of `parts` with at most `degree` edges more.
fn multisets<'a>(
    parts: &'a [Multigraph],
    degree: usize,
    chosen: &mut Vec<&'a Multigraph>,
    out: &mut Vec<Multigraph>,
) {
    for (i, part) in parts.iter().enumerate() {
        if part.degree() <= degree {
            chosen.push(part);
            out.push(join(chosen.iter().copied()));
            multisets(&parts[i..], degree - part.degree(), chosen, out);
            chosen.pop();
        }
    }
}

/// The same graph for all graphs that differ by the names of their vertices.
pub fn canonical(graph: &Multigraph) -> Multigraph {
    join(components(graph).iter())
}

/// The connected components of a graph, each in canonical form.
pub fn components(graph: &Multigraph) -> Vec<Multigraph> {
    let labels = graph.components();
    let count = labels.iter().max().map_or(0, |last| last + 1);
    (0..count)
        .map(|component| {
            let members: Vec<usize> = (0..graph.vertices())
                .filter(|&v| labels[v] == component)
                .collect();
            let place = |v: usize| members.partition_point(|&other| other < v);
            let edges = graph
                .edges()
                .iter()
                .filter(|edge| labels[edge.0] == component);
            let edges: Vec<_> = edges.map(|&(a, b)| (place(a), place(b))).collect();
            canonical_connected(members.len(), &edges)
        })
        .collect()
}

/// The graph written as edges, `0-1,1-2`; `.` is the single vertex.
///
/// Vertices may have any names of letters, digits and `_`. They are numbered
/// in the order of their names if these are whole numbers, else in the order
/// in which they are met.
pub fn parse(text: &str) -> Result<Multigraph, ObservableError> {
    let refused = |problem: String| ObservableError::Graph {
        text: text.to_owned(),
        problem,
    };
    if text.trim() == "." {
        return Ok(build(1, Vec::new()));
    }
    let mut named = Vec::new();
    for edge in text.split(',') {
        let edge = edge.trim();
        let (a, b) = edge
            .split_once('-')
            .map(|(a, b)| (a.trim(), b.trim()))
            .filter(|(a, b)| is_name(a) && is_name(b))
            .ok_or_else(|| refused(format!("`{edge}` does not join two vertices")))?;
        if a == b {
            return Err(refused(format!("`{edge}` joins a vertex with itself")));
        }
        named.push((a, b));
    }
    let mut names: Vec<&str> = Vec::new();
    for name in named.iter().flat_map(|&(a, b)| [a, b]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() > LARGEST_GRAPH {
        let found = names.len();
        return Err(refused(format!(
            "it has {found} vertices, expected at most {LARGEST_GRAPH}"
        )));
    }
    if names.iter().all(|name| name.parse::<u64>().is_ok()) {
        names.sort_by_key(|name| name.parse::<u64>().ok());
    }
    let place = |name: &str| {
        names
            .iter()
            .position(|other| *other == name)
            .unwrap_or_default()
    };
    let edges = named.iter().map(|(a, b)| (place(a), place(b))).collect();
    Ok(build(names.len(), edges))
}

/// Vertices of a graph that is written down, at most: the search for the order
/// of its sums is exact for far fewer.
const LARGEST_GRAPH: usize = 24;

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Edges known to be sound.
fn build(vertices: usize, edges: Vec<(usize, usize)>) -> Multigraph {
    Multigraph::new(vertices, edges).expect("edges join different vertices of the graph")
}

/// Graphs side by side: the larger first, vertices renumbered.
fn join<'a>(parts: impl Iterator<Item = &'a Multigraph>) -> Multigraph {
    let mut parts: Vec<&Multigraph> = parts.collect();
    parts.sort_by_key(|part| (Reverse(part.degree()), *part));
    let mut vertices = 0;
    let mut edges = Vec::new();
    for part in parts {
        edges.extend(
            part.edges()
                .iter()
                .map(|&(a, b)| (a + vertices, b + vertices)),
        );
        vertices += part.vertices();
    }
    build(vertices, edges)
}

/// All connected graphs with one edge more.
fn children(graph: &Multigraph) -> Vec<Multigraph> {
    let n = graph.vertices();
    let inner = (0..n).flat_map(|b| (0..b).map(move |a| (a, b)));
    let outer = (0..n).map(|a| (a, n));
    inner
        .chain(outer)
        .map(|edge| {
            let edges: Vec<_> = graph.edges().iter().copied().chain([edge]).collect();
            canonical_connected(n.max(edge.1 + 1), &edges)
        })
        .collect()
}

fn canonical_connected(vertices: usize, edges: &[(usize, usize)]) -> Multigraph {
    let mut weights = vec![vec![0_usize; vertices]; vertices];
    for &(a, b) in edges {
        weights[a][b] += 1;
        weights[b][a] += 1;
    }
    // Vertices with many edges come first.
    let colours = weights
        .iter()
        .map(|row| edges.len() * 2 - row.iter().sum::<usize>())
        .collect();
    let mut best = None;
    label(&weights, edges, colours, &mut best);
    build(vertices, best.unwrap_or_default())
}

/// Refines the partition, splits its first ambiguous cell, and keeps the least
/// list of edges.
fn label(
    weights: &[Vec<usize>],
    edges: &[(usize, usize)],
    mut colours: Vec<usize>,
    best: &mut Option<Vec<(usize, usize)>>,
) {
    refine(weights, &mut colours);
    let n = weights.len();
    let cell = |colour: usize| (0..n).filter(|&v| colours[v] == colour).collect::<Vec<_>>();
    let Some(ambiguous) = (0..n).map(cell).find(|cell| cell.len() > 1) else {
        // Every vertex has a place of its own.
        let named = edges
            .iter()
            .map(|&(a, b)| (colours[a].min(colours[b]), colours[a].max(colours[b])));
        let mut named: Vec<_> = named.collect();
        named.sort_unstable();
        if best.as_ref().is_none_or(|best| named < *best) {
            *best = Some(named);
        }
        return;
    };
    let twins =
        |a: usize, b: usize| (0..n).all(|v| v == a || v == b || weights[a][v] == weights[b][v]);
    for (i, &v) in ambiguous.iter().enumerate() {
        if ambiguous[..i].iter().any(|&u| twins(u, v)) {
            continue;
        }
        let mut split = colours.clone();
        for &u in &ambiguous {
            split[u] += usize::from(u != v);
        }
        label(weights, edges, split, best);
    }
}

/// Splits cells until all vertices of a cell see every cell alike. A colour is
/// the number of vertices in the cells before.
fn refine(weights: &[Vec<usize>], colours: &mut [usize]) {
    let n = weights.len();
    let mut cells = 0;
    loop {
        let signatures: Vec<_> = (0..n)
            .map(|v| {
                let mut seen: Vec<_> = (0..n)
                    .filter(|&u| weights[v][u] > 0)
                    .map(|u| (colours[u], weights[v][u]))
                    .collect();
                seen.sort_unstable();
                (colours[v], seen)
            })
            .collect();
        let mut sorted: Vec<_> = signatures.iter().collect();
        sorted.sort_unstable();
        for (colour, signature) in colours.iter_mut().zip(&signatures) {
            *colour = sorted.partition_point(|&other| other < signature);
        }
        sorted.dedup();
        if sorted.len() == cells {
            return;
        }
        cells = sorted.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random;

    #[test]
    fn the_numbers_of_graphs_are_the_known_ones() {
        let primes = prime_graphs(7);
        let all = all_graphs(7);
        let up_to =
            |graphs: &[Multigraph], d| graphs.iter().filter(|graph| graph.degree() <= d).count();
        let prime_counts: Vec<usize> = (0..=7).map(|d| up_to(&primes, d)).collect();
        let all_counts: Vec<usize> = (0..=7).map(|d| up_to(&all, d)).collect();
        assert_eq!(prime_counts, [1, 2, 4, 9, 21, 54, 157, 490]);
        assert_eq!(all_counts, [1, 2, 5, 13, 36, 102, 314, 1000]);
    }

    #[test]
    fn no_two_graphs_are_the_same_by_brute_force() {
        // Over all permutations of the vertices, without the clever labelling.
        let least = |graph: &Multigraph| {
            let n = graph.vertices();
            let mut order: Vec<usize> = (0..n).collect();
            let mut best: Option<Vec<(usize, usize)>> = None;
            permutations(&mut order, 0, &mut |order| {
                let mut edges: Vec<_> = graph
                    .edges()
                    .iter()
                    .map(|&(a, b)| (order[a].min(order[b]), order[a].max(order[b])))
                    .collect();
                edges.sort_unstable();
                if best.as_ref().is_none_or(|best| edges < *best) {
                    best = Some(edges);
                }
            });
            (n, best)
        };
        let graphs: Vec<_> = all_graphs(4).iter().map(least).collect();
        let unique: BTreeSet<_> = graphs.iter().collect();
        assert_eq!(unique.len(), graphs.len());
    }

    fn permutations(order: &mut [usize], from: usize, visit: &mut impl FnMut(&[usize])) {
        if from == order.len() {
            return visit(order);
        }
        for i in from..order.len() {
            order.swap(from, i);
            permutations(order, from + 1, visit);
            order.swap(from, i);
        }
    }

    #[test]
    fn renaming_vertices_does_not_change_the_canonical_form() {
        let mut rng = random::stream(1, 0);
        for graph in all_graphs(6) {
            let order = random::permutation(graph.vertices(), &mut rng);
            let renamed = graph.edges().iter().map(|&(a, b)| (order[a], order[b]));
            let renamed = Multigraph::new(graph.vertices(), renamed).unwrap();
            assert_eq!(canonical(&renamed), graph);
        }
    }

    #[test]
    fn a_graph_reads_as_it_is_written() {
        for graph in all_graphs(4) {
            assert_eq!(parse(&graph.to_string()).unwrap(), graph);
        }
        for bad in ["", "0", "0-0", "0-1,", "0-1;1-2", "-1-2", "a-a"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn vertices_may_have_any_names() {
        for (text, graph) in [
            ("5-7,7-9", "0-1,1-2"),
            ("9-7,7-5", "0-1,1-2"),
            ("10-9,9-100", "0-1,0-2"),
            ("0-99999999999", "0-1"),
            ("b-a, a-x_1", "0-1,1-2"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), graph, "{text}");
        }
    }
}
