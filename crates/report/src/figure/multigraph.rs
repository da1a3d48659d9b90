//! Multigraphs, drawn small, and the energy flow polynomials that they stand for.
//!
//! ```text
//! EFP_G = Σ_{i₁…i_N} z_{i₁}^κ ⋯ z_{i_N}^κ Π_{(k,l) ∈ G} θ_{i_k i_l}^β
//! ```
//!
//! Chains are lines, rings polygons, stars stars, and K4 a triangle around a
//! vertex. For any other graph the layout minimises the stress `Σ (|x_a − x_b| − d_ab)² / d_ab²`, where
//! `d_ab` is the length of the shortest path, by majorisation, from several
//! circles; of the results the one with the fewest crossings, then the least
//! stress, is drawn. Edges between the same vertices are drawn as a bundle of
//! arcs.
//!
//! * **Reference:** E. Gansner, Y. Koren, S. North, "Graph drawing by stress
//!   majorization", GD 2004 (the update); P. Komiske, E. Metodiev,
//!   J. Thaler, JHEP 04 (2018) 013, arXiv:1712.07124, eq. 1.1 (the polynomial).

use std::f64::consts::TAU;

use pellucid_core::Multigraph;

use super::svg::{Svg, px};
use crate::markup::{Markup, put};
use crate::math;
use crate::table::Cell;

/// Pixels between joined vertices.
const EDGE: f64 = 27.0;
const RADIUS: f64 = 3.4;
const MARGIN: f64 = 7.0;

type Point = (f64, f64);

/// The multigraph as a small drawing within a line or a cell.
pub fn drawing(graph: &Multigraph) -> Markup {
    let parts = components(graph).into_iter().map(|vertices| {
        let place = lay_out(graph, &vertices);
        (vertices, place)
    });
    // Components stand side by side.
    let mut points: Vec<Point> = vec![(0.0, 0.0); graph.vertices()];
    let (mut left, mut tallest): (f64, f64) = (0.0, 0.0);
    for (vertices, place) in parts {
        let (low, high) = bounds(&place);
        for (vertex, point) in vertices.iter().zip(&place) {
            points[*vertex] = (
                left + point.0 - low.0,
                point.1 - f64::midpoint(low.1, high.1),
            );
        }
        left += high.0 - low.0 + 0.7;
        tallest = tallest.max(high.1 - low.1);
    }
    // Arcs of a bundle on a flat drawing bulge beyond its vertices.
    let bulge = graph
        .weighted_edges()
        .iter()
        .map(|(_, w)| (*w as f64 - 1.0) * 3.2)
        .fold(0.0, f64::max);
    let width = ((left - 0.7).max(0.0) * EDGE) + 2.0 * MARGIN;
    let height = tallest * EDGE + 2.0 * MARGIN + bulge;
    let at = |vertex: usize| {
        let (x, y) = points[vertex];
        (x * EDGE + MARGIN, y * EDGE + height / 2.0)
    };

    let mut svg = Svg::new();
    for ((a, b), weight) in graph.weighted_edges() {
        svg.path(&bundle(at(a), at(b), weight), "edge");
    }
    for vertex in 0..graph.vertices() {
        let (x, y) = at(vertex);
        let r = px(RADIUS);
        svg.raw(&format!(
            "<circle class=\"vertex\" cx=\"{}\" cy=\"{}\" r=\"{r}\"/>",
            px(x),
            px(y)
        ));
    }
    let (w, h) = (px(width), px(height));
    // No ids: the same graph may be drawn many times in one page.
    Markup::new(format!(
        "<svg class=\"graph\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" \
         height=\"{h}\">{}</svg>",
        describe(graph),
        svg.into_body()
    ))
}

/// The multigraph as a cell of a table; its edges are the cell's plain text.
pub fn cell(graph: &Multigraph) -> Cell {
    Cell::Drawn(drawing(graph), graph.to_string())
}

/// The multigraph beside the formula of its polynomial.
pub fn with_formula(graph: &Multigraph, kappa: f64, beta: f64) -> Cell {
    let latex = formula(graph, kappa, beta);
    let set =
        math::parse(&latex).map_or_else(|_| crate::markup::escape(&latex), |math| math.mathml());
    let html = format!(
        "<span class=\"efp\">{}{set}</span>",
        drawing(graph).as_str()
    );
    Cell::Drawn(
        Markup::new(html),
        format!("EFP({graph}; kappa={kappa}, beta={beta})"),
    )
}

fn describe(graph: &Multigraph) -> String {
    let (n, d) = (graph.vertices(), graph.degree());
    let vertices = if n == 1 { "vertex" } else { "vertices" };
    let edges = if d == 1 { "edge" } else { "edges" };
    format!("Multigraph of {n} {vertices} and {d} {edges}: {graph}")
}

/// The polynomial as LaTeX, with these exponents put in.
pub fn formula(graph: &Multigraph, kappa: f64, beta: f64) -> String {
    let n = graph.vertices();
    let name = |vertex: usize| -> String {
        let letters = ["i", "j", "k", "l", "m", "n"];
        letters
            .get(vertex)
            .map_or_else(|| format!("i_{{{vertex}}}"), ToString::to_string)
    };
    let indices: Vec<String> = (0..n).map(name).collect();
    let mut out = format!("\\sum_{{{}}}", indices.join(","));
    if kappa != 0.0 {
        for index in &indices {
            put!(out, " z_{{{index}}}{}", power(kappa));
        }
    }
    for ((a, b), weight) in graph.weighted_edges() {
        let exponent = power(beta * weight as f64);
        put!(out, " \\theta_{{{}{}}}{exponent}", indices[a], indices[b]);
    }
    if kappa == 0.0 && graph.edges().is_empty() {
        out.push_str(" 1");
    }
    out
}

/// `^{3/2}`, `^{2}`, or nothing for one.
fn power(exponent: f64) -> String {
    if exponent == 1.0 {
        return String::new();
    }
    let halves = exponent * 2.0;
    if exponent.fract() != 0.0 && halves.fract() == 0.0 {
        return format!("^{{{halves}/2}}");
    }
    format!("^{{{exponent}}}")
}

fn components(graph: &Multigraph) -> Vec<Vec<usize>> {
    let label = graph.components();
    let count = label.iter().max().map_or(0, |last| last + 1);
    (0..count)
        .map(|c| (0..graph.vertices()).filter(|&v| label[v] == c).collect())
        .collect()
}

/// Shortest paths between these vertices, which are connected.
fn distances(graph: &Multigraph, vertices: &[usize]) -> Vec<Vec<f64>> {
    let n = vertices.len();
    let mut d = vec![vec![n as f64; n]; n];
    for (i, a) in vertices.iter().enumerate() {
        d[i][i] = 0.0;
        for (j, b) in vertices.iter().enumerate() {
            if graph.edges().contains(&(*a.min(b), *a.max(b))) {
                d[i][j] = 1.0;
            }
        }
    }
    for k in 0..n {
        for i in 0..n {
            for j in 0..n {
                d[i][j] = d[i][j].min(d[i][k] + d[k][j]);
            }
        }
    }
    d
}

/// Places for these vertices, in units of an edge, wide rather than high.
fn lay_out(graph: &Multigraph, vertices: &[usize]) -> Vec<Point> {
    let n = vertices.len();
    let place = |vertex: usize| vertices.iter().position(|v| *v == vertex).unwrap_or(0);
    let own = graph
        .weighted_edges()
        .into_iter()
        .filter(|((a, _), _)| vertices.contains(a));
    let edges: Vec<(usize, usize)> = own.map(|((a, b), _)| (place(a), place(b))).collect();
    let mut points =
        regular(n, &edges).unwrap_or_else(|| least_stress(n, &edges, &distances(graph, vertices)));
    turn(&mut points, &edges);
    points
}

/// Corners of a regular polygon with sides of this length.
fn polygon(corners: usize, side: f64) -> Vec<Point> {
    let radius = side / 2.0 / (TAU / 2.0 / corners as f64).sin();
    let corner = |i: usize| (TAU * i as f64 / corners as f64).sin_cos();
    (0..corners)
        .map(corner)
        .map(|(sin, cos)| (radius * sin, -radius * cos))
        .collect()
}

/// Chains, rings, stars and the complete graph of four have one right drawing.
fn regular(n: usize, edges: &[(usize, usize)]) -> Option<Vec<Point>> {
    let near = |v: usize| -> Vec<usize> {
        let ends = edges.iter().filter(|(a, b)| *a == v || *b == v);
        ends.map(|&(a, b)| if a == v { b } else { a }).collect()
    };
    let degree: Vec<usize> = (0..n).map(|v| near(v).len()).collect();
    let chain_or_ring = degree.iter().all(|d| *d <= 2);
    let hub = degree.iter().position(|d| *d + 1 == n);
    let mut points = vec![(0.0, 0.0); n];
    if chain_or_ring {
        let ring = n > 2 && edges.len() == n;
        let places: Vec<Point> = if ring {
            polygon(n, 1.0)
        } else {
            (0..n).map(|i| (i as f64, 0.0)).collect()
        };
        let mut at = if ring {
            0
        } else {
            degree.iter().position(|d| *d < 2)?
        };
        let mut last = n;
        for place in places {
            points[at] = place;
            let next = near(at).into_iter().find(|v| *v != last);
            (last, at) = (at, next.unwrap_or(at));
        }
        return Some(points);
    }
    let (star, complete) = (edges.len() + 1 == n, n == 4 && edges.len() == 6);
    let hub = hub.filter(|_| star || complete)?;
    // The spokes of a star have the length of an edge; K4's are a little shorter.
    let corners = polygon(
        n - 1,
        if complete {
            1.5
        } else {
            2.0 * (TAU / 2.0 / (n - 1) as f64).sin()
        },
    );
    for (v, corner) in (0..n).filter(|v| *v != hub).zip(corners) {
        points[v] = corner;
    }
    Some(points)
}

/// The drawing with the fewest crossings, then the least stress.
fn least_stress(n: usize, edges: &[(usize, usize)], d: &[Vec<f64>]) -> Vec<Point> {
    let mut best: Option<((usize, f64), Vec<Point>)> = None;
    for inner in 0..=n {
        for stride in 1..=n / 2 {
            let mut points = start(n, stride, inner);
            majorise(&mut points, d);
            let score = (crossings(&points, edges), stress(&points, d));
            let better = best.as_ref().is_none_or(|(least, _)| {
                score.0 < least.0 || (score.0 == least.0 && score.1 < least.1 - 1e-6)
            });
            if better {
                best = Some((score, points));
            }
        }
    }
    best.map_or_else(|| vec![(0.0, 0.0); n], |(_, points)| points)
}

/// A circle, visited with a stride, with one vertex (if `inner < n`) in its middle.
fn start(n: usize, stride: usize, inner: usize) -> Vec<Point> {
    let radius = n as f64 / TAU;
    (0..n)
        .map(|i| {
            if i == inner {
                return (0.01, 0.02);
            }
            // A little out of round, so that no symmetry is a saddle point.
            let angle =
                TAU * ((i * stride % n) as f64 + (i * stride / n) as f64 * 0.31) / n as f64 + 0.1;
            (radius * angle.cos(), radius * angle.sin() * 0.97)
        })
        .collect()
}

fn distance(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

fn stress(points: &[Point], d: &[Vec<f64>]) -> f64 {
    let pairs = (0..points.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs
        .map(|(i, j)| ((distance(points[i], points[j]) - d[i][j]) / d[i][j]).powi(2))
        .sum()
}

/// Two hundred sweeps of the majorising update; a dozen vertices settle in far fewer.
fn majorise(points: &mut [Point], d: &[Vec<f64>]) {
    for _ in 0..200 {
        for i in 0..points.len() {
            let (mut sum, mut weights) = ((0.0, 0.0), 0.0);
            for j in (0..points.len()).filter(|&j| j != i) {
                let weight = d[i][j].powi(-2);
                let apart = distance(points[i], points[j]).max(1e-9);
                let pull = d[i][j] / apart;
                sum.0 += weight * (points[j].0 + (points[i].0 - points[j].0) * pull);
                sum.1 += weight * (points[j].1 + (points[i].1 - points[j].1) * pull);
                weights += weight;
            }
            if weights > 0.0 {
                points[i] = (sum.0 / weights, sum.1 / weights);
            }
        }
    }
}

/// Crossing edges, and vertices that lie on an edge that is not theirs.
fn crossings(points: &[Point], edges: &[(usize, usize)]) -> usize {
    let side = |a: Point, b: Point, c: Point| (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0);
    let mut count = 0;
    for (k, &(a, b)) in edges.iter().enumerate() {
        for &(c, e) in &edges[..k] {
            if a == c || a == e || b == c || b == e {
                continue;
            }
            let [pa, pb, pc, pe] = [a, b, c, e].map(|v| points[v]);
            if side(pa, pb, pc) * side(pa, pb, pe) < 0.0
                && side(pc, pe, pa) * side(pc, pe, pb) < 0.0
            {
                count += 1;
            }
        }
        for v in (0..points.len()).filter(|&v| v != a && v != b) {
            let (pa, pb, pv) = (points[a], points[b], points[v]);
            let along = distance(pa, pv) + distance(pv, pb) - distance(pa, pb);
            count += usize::from(along < 0.03);
        }
    }
    count
}

/// Turns the drawing so that it is wide and low: the direction, among those of
/// the edges and across them, that makes it lowest.
fn turn(points: &mut [Point], edges: &[(usize, usize)]) {
    let turned = |points: &[Point], angle: f64| -> Vec<Point> {
        let (sin, cos) = angle.sin_cos();
        points
            .iter()
            .map(|p| (p.0 * cos - p.1 * sin, p.0 * sin + p.1 * cos))
            .collect()
    };
    let mut angles = vec![0.0];
    for &(a, b) in edges {
        let angle = -(points[b].1 - points[a].1).atan2(points[b].0 - points[a].0);
        angles.extend([angle, angle + TAU / 4.0]);
    }
    let height = |angle: f64| {
        let (low, high) = bounds(&turned(points, angle));
        high.1 - low.1
    };
    let best = angles
        .into_iter()
        .reduce(|a, b| if height(b) < height(a) - 1e-3 { b } else { a });
    let mut out = turned(points, best.unwrap_or(0.0));
    // More of it below than above, like a triangle on its side.
    let (low, high) = bounds(&out);
    let mean = out.iter().map(|p| p.1).sum::<f64>() / out.len().max(1) as f64;
    if mean < f64::midpoint(low.1, high.1) - 1e-3 {
        for point in &mut out {
            point.1 = -point.1;
        }
    }
    points.copy_from_slice(&out);
}

fn bounds(points: &[Point]) -> (Point, Point) {
    let fold = |pick: fn(&Point) -> f64| {
        points
            .iter()
            .map(pick)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| {
                (a.min(v), b.max(v))
            })
    };
    let ((left, right), (top, bottom)) = (fold(|p| p.0), fold(|p| p.1));
    ((left, top), (right, bottom))
}

/// `weight` arcs from `a` to `b`, fanned out evenly.
fn bundle(a: Point, b: Point, weight: usize) -> String {
    let mut d = String::new();
    let length = distance(a, b).max(1e-9);
    let normal = (-(b.1 - a.1) / length, (b.0 - a.0) / length);
    for k in 0..weight {
        // The middle of a quadratic arc is half as far out as its control point.
        let out = (k as f64 - (weight as f64 - 1.0) / 2.0) * 12.0 / (weight as f64).sqrt().max(1.0);
        let (x, y) = (
            f64::midpoint(a.0, b.0) + normal.0 * out,
            f64::midpoint(a.1, b.1) + normal.1 * out,
        );
        let [x0, y0, x, y, x1, y1] = [a.0, a.1, x, y, b.0, b.1].map(px);
        if out == 0.0 {
            put!(d, "M{x0} {y0}L{x1} {y1}");
        } else {
            put!(d, "M{x0} {y0}Q{x} {y} {x1} {y1}");
        }
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(n: usize, edges: &[(usize, usize)]) -> Multigraph {
        Multigraph::new(n, edges.iter().copied()).unwrap()
    }

    fn places(graph: &Multigraph) -> Vec<Point> {
        let all: Vec<usize> = (0..graph.vertices()).collect();
        lay_out(graph, &all)
    }

    #[test]
    fn a_chain_is_a_line() {
        let (low, high) = bounds(&places(&graph(5, &[(0, 1), (1, 2), (2, 3), (3, 4)])));
        assert!(high.1 - low.1 < 0.05 && (high.0 - low.0 - 4.0).abs() < 0.05);
    }

    #[test]
    fn planar_graphs_are_drawn_without_crossings() {
        let k4 = graph(4, &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]);
        let star = graph(5, &[(0, 1), (0, 2), (0, 3), (0, 4)]);
        let kite = graph(4, &[(0, 1), (0, 2), (1, 2), (2, 3), (1, 3)]);
        let ring = graph(6, &[(0, 3), (3, 1), (1, 4), (4, 2), (2, 5), (5, 0)]);
        for graph in [k4, star, kite, ring] {
            assert_eq!(crossings(&places(&graph), graph.edges()), 0, "{graph}");
        }
    }

    #[test]
    fn every_vertex_and_every_edge_is_drawn() {
        let composite = graph(5, &[(0, 1), (0, 1), (2, 3), (3, 4)]);
        let svg = drawing(&composite);
        assert_eq!(svg.as_str().matches("<circle").count(), 5);
        let arcs: usize = svg.as_str().matches('Q').count() + svg.as_str().matches('L').count();
        assert_eq!(arcs, 4);
        assert!(!svg.as_str().contains("NaN"));
    }

    #[test]
    fn the_formula_has_a_sum_per_vertex_and_an_angle_per_edge() {
        let g = graph(3, &[(0, 1), (0, 1), (1, 2)]);
        assert_eq!(
            formula(&g, 2.0, 0.5),
            r"\sum_{i,j,k} z_{i}^{2} z_{j}^{2} z_{k}^{2} \theta_{ij} \theta_{jk}^{1/2}"
        );
        assert_eq!(
            formula(&g, 0.0, 1.0),
            r"\sum_{i,j,k} \theta_{ij}^{2} \theta_{jk}"
        );
        assert_eq!(formula(&graph(1, &[]), -1.0, 1.0), r"\sum_{i} z_{i}^{-1}");
        assert!(math::parse(&formula(&graph(8, &[(6, 7)]), 0.5, 2.0)).is_ok());
    }
}
