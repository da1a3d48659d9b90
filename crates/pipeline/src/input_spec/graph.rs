//! A graph as a model's input: nodes with features, edges between them.
//!
//! Nodes are rows of lists, one list for each column and event. Edges are those of the
//! file, or made by a rule from the nodes of an event:
//!
//! | `edges` | edges from node `j` to node `i` |
//! |---|---|
//! | `"complete"` | for all `i ≠ j` |
//! | `{ nearest = K, in = […] }` | for the `K` nodes `j ≠ i` nearest to `i` in these columns |
//! | `{ radius = R, in = […] }` | for all `j ≠ i` with `|r_i − r_j| < R` in these columns |
//! | `{ columns = [from, to] }` | those of two columns of lists, counted from 0 in the event |
//!
//! Edges made by a rule are made anew whenever the nodes change, as when a feature is
//! exchanged between events; an attribution holds them as they are.
//!
//! * **Shapes:** of one event `x` `[P, F]`, `edge_index` `[2, E]` (from, to), `edge_attr`
//!   `[E, G]`, `batch` `[P]`, all 0.
//! * **Edge features:** columns of lists beside the columns of edges; of edges made by a
//!   rule `distance` in its columns, and `delta_NAME = NAME_j − NAME_i`.
//! * **Reference:** the layout is that of PyTorch Geometric: M. Fey, J. Lenssen,
//!   arXiv:1903.02428.

use pellucid_core::Tensor;
use pellucid_core::inputs::Inputs;
use pellucid_observables::Standardise;
use serde::{Deserialize, Serialize};

use super::columns::twice;
use super::demand::{Demand, Lists, edges_of, nodes_of};
use super::standard::{self, Standardisation};
use crate::PipelineError;

/// Which graph a model is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    /// The columns of lists that are the nodes' features, in the model's order.
    pub nodes: Vec<String>,
    /// Shift and scale of each; `"train"` in a recipe takes them from the training part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standardise: Option<Standardisation>,
    /// Where edges come from; a model of sets has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edges: Option<Edges>,
    /// What is known of each edge, in the model's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edge_features: Vec<String>,
    /// What the model calls its inputs.
    #[serde(default, skip_serializing_if = "Names::is_usual")]
    pub onnx: Names,
}

/// Where edges come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"complete\", { nearest = K, in = [columns] }, { radius = R, in = [columns] } or \
                 { columns = [from, to] }"
)]
pub enum Edges {
    /// From every node to every other.
    Complete(Complete),
    /// To each node from those nearest to it.
    Nearest {
        /// How many; all others, where there are no more.
        nearest: usize,
        /// The columns that distances are measured in.
        r#in: Vec<String>,
    },
    /// To each node from those within a radius.
    Radius {
        /// The radius, in the unit of the columns.
        radius: f64,
        /// The columns that distances are measured in.
        r#in: Vec<String>,
    },
    /// As two columns of lists say.
    Columns {
        /// Where edges begin, and where they end.
        columns: [String; 2],
    },
}

/// The word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Complete {
    /// All pairs.
    Complete,
}

/// What a model calls the parts of a graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// The nodes' features, `[P, F]`.
    pub x: String,
    /// Where edges begin and end, `[2, E]`.
    pub edge_index: String,
    /// What is known of each edge, `[E, G]`.
    pub edge_attr: String,
    /// The event of each node, `[P]`.
    pub batch: String,
    /// Where edges begin, `[E]`, of a model that takes both ends apart.
    pub from: String,
    /// Where edges end, `[E]`.
    pub to: String,
    /// The number of nodes of each event, `[1]`.
    pub count: String,
}

impl Default for Names {
    fn default() -> Self {
        let name = str::to_owned;
        Self {
            x: name("x"),
            edge_index: name("edge_index"),
            edge_attr: name("edge_attr"),
            batch: name("batch"),
            from: name("from"),
            to: name("to"),
            count: name("count"),
        }
    }
}

impl Names {
    /// Those of our own networks.
    pub fn ours() -> Self {
        Self {
            x: "input".to_owned(),
            batch: "event".to_owned(),
            ..Self::default()
        }
    }

    fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// The part that an input of the model is, by its name.
    pub fn part(&self, input: &str) -> Option<Part> {
        let parts = [
            (&self.x, Part::X),
            (&self.edge_index, Part::EdgeIndex),
            (&self.edge_attr, Part::EdgeAttr),
            (&self.batch, Part::Batch),
            (&self.from, Part::From),
            (&self.to, Part::To),
            (&self.count, Part::Count),
        ];
        parts
            .into_iter()
            .find(|(name, _)| *name == input)
            .map(|(_, part)| part)
    }
}

/// A part of a graph that is an input of a model of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The nodes' features.
    X,
    /// Both ends of all edges.
    EdgeIndex,
    /// What is known of each edge.
    EdgeAttr,
    /// The event of each node.
    Batch,
    /// Where edges begin.
    From,
    /// Where they end.
    To,
    /// The number of nodes.
    Count,
}

impl Part {
    /// Which sides of one event's are lists: 0 of nodes, 1 of edges.
    pub fn sides(self) -> Vec<Option<usize>> {
        match self {
            Self::X => vec![Some(0), None],
            Self::EdgeIndex => vec![None, Some(1)],
            Self::EdgeAttr => vec![Some(1), None],
            Self::Batch => vec![Some(0)],
            Self::From | Self::To => vec![Some(1)],
            Self::Count => vec![None],
        }
    }
}

/// A feature of edges that a rule makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// The distance of both nodes.
    Distance,
    /// The difference of a feature of the nodes, by its place.
    Difference(usize),
}

/// The graph of one event.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct One {
    /// The nodes' features, node after node.
    pub x: Vec<f32>,
    /// Where edges begin.
    pub from: Vec<usize>,
    /// Where they end.
    pub to: Vec<usize>,
    /// What is known of the edges, edge after edge.
    pub edge_attr: Vec<f32>,
}

impl Graph {
    /// An error if a setting means nothing.
    pub fn check(&self, input: &str) -> Result<(), PipelineError> {
        let wrong = |setting: &str, problem: String| {
            Err(PipelineError::Setting {
                setting: format!("inputs.{input}.{setting}"),
                problem,
            })
        };
        if self.nodes.is_empty() {
            return wrong(
                "nodes",
                "is empty, expected the name of at least one column of lists".to_owned(),
            );
        }
        if let Some(name) = twice(&self.nodes) {
            return wrong("nodes", format!("names `{name}` twice"));
        }
        let of_nodes = |r#in: &[String]| match r#in {
            [] => Some("names no column, expected one or more of the nodes' features".to_owned()),
            all => all
                .iter()
                .find(|name| !self.nodes.contains(*name))
                .map(|name| {
                    format!(
                        "names `{name}`, expected features of the nodes: {}",
                        self.nodes.join(", ")
                    )
                }),
        };
        match &self.edges {
            Some(Edges::Nearest { nearest: 0, .. }) => {
                return wrong("edges", "has nearest = 0, expected 1 or more".to_owned());
            }
            Some(Edges::Radius { radius, .. }) if radius.is_nan() || *radius <= 0.0 => {
                return wrong(
                    "edges",
                    format!("has a radius of {radius}, expected a number above 0"),
                );
            }
            Some(Edges::Nearest { r#in, .. } | Edges::Radius { r#in, .. }) => {
                if let Some(problem) = of_nodes(r#in) {
                    return wrong("edges.in", problem);
                }
            }
            None if !self.edge_features.is_empty() => {
                return wrong("edge_features", "needs edges, found none".to_owned());
            }
            _ => {}
        }
        if !matches!(self.edges, Some(Edges::Columns { .. }))
            && let Some(name) = self
                .edge_features
                .iter()
                .find(|name| self.made_feature(name).is_none())
        {
            let deltas: Vec<String> = self
                .nodes
                .iter()
                .map(|node| format!("delta_{node}"))
                .collect();
            return wrong(
                "edge_features",
                format!(
                    "names `{name}`; edges made by a rule have {}{}",
                    if self.measured().is_empty() {
                        ""
                    } else {
                        "distance, "
                    },
                    deltas.join(", ")
                ),
            );
        }
        standard::check(self.standardise.as_ref(), self.nodes.len(), input)
    }

    /// The columns that distances are measured in.
    fn measured(&self) -> &[String] {
        match &self.edges {
            Some(Edges::Nearest { r#in, .. } | Edges::Radius { r#in, .. }) => r#in,
            _ => &[],
        }
    }

    /// A feature of edges made by a rule.
    fn made_feature(&self, name: &str) -> Option<Made> {
        if name == "distance" && !self.measured().is_empty() {
            return Some(Made::Distance);
        }
        let node = name.strip_prefix("delta_")?;
        let place = self.nodes.iter().position(|other| other == node);
        place.map(Made::Difference)
    }

    /// The columns that it is made of.
    pub fn demand(&self, input: &str, demand: &mut Demand) {
        let (edges, edge_features) = match &self.edges {
            Some(Edges::Columns { columns }) => (Some(columns.clone()), self.edge_features.clone()),
            _ => (None, Vec::new()),
        };
        demand.lists(Lists {
            input: input.to_owned(),
            nodes: self.nodes.clone(),
            edges,
            edge_features,
        });
    }

    /// Shift and scale of a feature of the nodes, by its place.
    pub fn standard(&self, place: usize) -> Standardise {
        standard::of(self.standardise.as_ref(), place)
    }

    /// How many numbers each node and each edge has.
    pub fn widths(&self) -> [usize; 2] {
        [self.nodes.len(), self.edge_features.len()]
    }

    /// The graph of an event.
    pub fn one(&self, input: &str, inputs: &Inputs, event: usize) -> Result<One, PipelineError> {
        let nodes = inputs.collection(&nodes_of(input))?;
        let rows = nodes.rows(event);
        let columns: Vec<Vec<f64>> = self
            .nodes
            .iter()
            .map(|name| {
                let numbers = &inputs.feature(&nodes.name, name)?.numbers;
                Ok(rows.clone().map(|row| numbers.at(row)).collect())
            })
            .collect::<Result<_, PipelineError>>()?;
        let count = rows.len();
        let standard: Vec<Standardise> = (0..self.nodes.len())
            .map(|k| standard::of(self.standardise.as_ref(), k))
            .collect();
        let mut one = One {
            x: (0..count)
                .flat_map(|node| {
                    let of = columns.iter().zip(&standard);
                    of.map(move |(column, standard)| standard.apply(column[node]) as f32)
                })
                .collect(),
            ..One::default()
        };
        let measured: Vec<&Vec<f64>> = self
            .measured()
            .iter()
            .filter_map(|name| columns.get(self.nodes.iter().position(|node| node == name)?))
            .collect();
        let distance = |i: usize, j: usize| {
            measured
                .iter()
                .map(|column| (column[i] - column[j]).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        match &self.edges {
            None => {}
            Some(Edges::Complete(_)) => {
                for i in 0..count {
                    (0..count).filter(|&j| j != i).for_each(|j| one.join(j, i));
                }
            }
            Some(Edges::Nearest { nearest, .. }) => {
                for i in 0..count {
                    let mut others: Vec<(f64, usize)> = (0..count)
                        .filter(|&j| j != i)
                        .map(|j| (distance(i, j), j))
                        .collect();
                    others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                    others
                        .iter()
                        .take(*nearest)
                        .for_each(|&(_, j)| one.join(j, i));
                }
            }
            Some(Edges::Radius { radius, .. }) => {
                for i in 0..count {
                    (0..count)
                        .filter(|&j| j != i && distance(i, j) < *radius)
                        .for_each(|j| one.join(j, i));
                }
            }
            Some(Edges::Columns { .. }) => {
                let edges = inputs.collection(&edges_of(input))?;
                let rows = edges.rows(event);
                if let Some(ends) = &edges.ends {
                    rows.clone()
                        .for_each(|row| one.join(ends.from[row] as usize, ends.to[row] as usize));
                }
                for row in rows {
                    one.edge_attr
                        .extend(edges.features.iter().map(|it| it.numbers.at(row) as f32));
                }
                return Ok(one);
            }
        }
        for (&from, &to) in one.from.iter().zip(&one.to) {
            for name in &self.edge_features {
                let value = match self.made_feature(name) {
                    Some(Made::Difference(place)) => columns[place][from] - columns[place][to],
                    _ => distance(to, from),
                };
                one.edge_attr.push(value as f32);
            }
        }
        Ok(one)
    }

    /// Means and scales of the nodes' features over these events, where they are asked of
    /// the training part.
    pub fn trained(&mut self, input: &str, inputs: &Inputs) -> Result<(), PipelineError> {
        if !standard::is_open(self.standardise.as_ref()) {
            return Ok(());
        }
        let columns = self
            .nodes
            .iter()
            .map(|name| Ok(inputs.feature(&nodes_of(input), name)?.numbers.reals()))
            .collect::<Result<Vec<_>, PipelineError>>()?;
        standard::train(&mut self.standardise, &columns, None);
        Ok(())
    }
}

impl One {
    fn join(&mut self, from: usize, to: usize) {
        self.from.push(from);
        self.to.push(to);
    }
}

/// Graphs of all events as tensors of one shape: each part `[events, …]`, zeros behind the
/// end of each list.
pub fn part(graph: &Graph, part: Part, graphs: &[One]) -> Tensor<f32> {
    let [f, g] = graph.widths();
    let events = graphs.len();
    let nodes = |one: &One| one.x.len() / f;
    let p = graphs.iter().map(nodes).max().unwrap_or(0);
    let e = graphs.iter().map(|one| one.from.len()).max().unwrap_or(0);
    let shape = match part {
        Part::X => vec![events, p, f],
        Part::EdgeIndex => vec![events, 2, e],
        Part::EdgeAttr => vec![events, e, g],
        Part::Batch => vec![events, p],
        Part::From | Part::To => vec![events, e],
        Part::Count => vec![events, 1],
    };
    let mut tensor = Tensor::full(shape, 0.0_f32);
    let len = tensor.row_len();
    let real = |list: &[usize], out: &mut [f32]| {
        for (out, &place) in out.iter_mut().zip(list) {
            *out = place as f32;
        }
    };
    for (one, out) in graphs
        .iter()
        .zip(tensor.data_mut().chunks_exact_mut(len.max(1)))
    {
        match part {
            Part::X => out[..one.x.len()].copy_from_slice(&one.x),
            Part::EdgeAttr => out[..one.edge_attr.len()].copy_from_slice(&one.edge_attr),
            Part::EdgeIndex => {
                let (from, to) = out.split_at_mut(e);
                real(&one.from, from);
                real(&one.to, to);
            }
            Part::From => real(&one.from, out),
            Part::To => real(&one.to, out),
            Part::Count => out[0] = nodes(one) as f32,
            Part::Batch => {}
        }
    }
    tensor
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::inputs::{Collection, Extent, Feature, Numbers};
    use std::sync::Arc;

    /// Nodes at 0, 1, 3 and 10 of one event, at 5 of another.
    fn events() -> Inputs {
        let mut inputs = Inputs::new(2);
        let feature = |name: &str, numbers: &[f64]| Feature {
            name: name.to_owned(),
            unit: String::new(),
            numbers: Numbers::F64(numbers.to_vec()),
        };
        inputs
            .push(Collection {
                name: nodes_of("g"),
                extent: Extent::Lists(Arc::new(vec![0, 4, 5])),
                features: vec![
                    feature("r", &[0.0, 1.0, 3.0, 10.0, 5.0]),
                    feature("q", &[1.0, -1.0, 2.0, 0.0, 7.0]),
                ],
                ends: None,
            })
            .unwrap();
        inputs
    }

    fn graph(text: &str) -> Graph {
        let graph: Graph = toml::from_str(text).unwrap();
        graph.check("g").unwrap();
        graph
    }

    fn pairs(one: &One) -> Vec<(usize, usize)> {
        one.from
            .iter()
            .copied()
            .zip(one.to.iter().copied())
            .collect()
    }

    #[test]
    fn edges_are_made_as_the_rule_says() {
        let of = |edges: &str| {
            let graph = graph(&format!("nodes = ['r', 'q']\nedges = {edges}"));
            pairs(&graph.one("g", &events(), 0).unwrap())
        };
        assert_eq!(
            of("{ nearest = 1, in = ['r'] }"),
            [(1, 0), (0, 1), (1, 2), (2, 3)]
        );
        assert_eq!(
            of("{ radius = 2.5, in = ['r'] }"),
            [(1, 0), (0, 1), (2, 1), (1, 2)]
        );
        assert_eq!(of("'complete'").len(), 12);
        let lonely = graph("nodes = ['r']\nedges = { nearest = 3, in = ['r'] }");
        assert!(lonely.one("g", &events(), 1).unwrap().from.is_empty());
    }

    #[test]
    fn features_of_edges_are_distances_and_differences() {
        let graph = graph(
            "nodes = ['r', 'q']\nedges = { nearest = 1, in = ['r'] }\nedge_features = ['distance', 'delta_q']",
        );
        let one = graph.one("g", &events(), 0).unwrap();
        assert_eq!(one.edge_attr, [1.0, -2.0, 1.0, 2.0, 2.0, -3.0, 7.0, 2.0]);
    }

    #[test]
    fn parts_are_filled_up_with_zeros() {
        let graph = graph("nodes = ['r', 'q']\nedges = { radius = 1.5, in = ['r'] }");
        let graphs: Vec<One> = (0..2)
            .map(|event| graph.one("g", &events(), event).unwrap())
            .collect();
        let x = part(&graph, Part::X, &graphs);
        assert_eq!(x.shape(), [2, 4, 2]);
        assert_eq!(x.row(1), [5.0, 7.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let index = part(&graph, Part::EdgeIndex, &graphs);
        assert_eq!(
            (index.shape(), index.row(0)),
            (&[2, 2, 2][..], &[1.0, 0.0, 0.0, 1.0][..])
        );
        assert_eq!(part(&graph, Part::Count, &graphs).data(), [4.0, 1.0]);
    }

    #[test]
    fn rules_that_mean_nothing_are_refused() {
        for (text, part) in [
            ("nodes = []", "at least one"),
            (
                "nodes = ['r']\nedges = { nearest = 0, in = ['r'] }",
                "nearest = 0",
            ),
            ("nodes = ['r']\nedges = { nearest = 2, in = ['z'] }", "`z`"),
            ("nodes = ['r']\nedges = { radius = -1.0, in = ['r'] }", "-1"),
            (
                "nodes = ['r']\nedges = 'complete'\nedge_features = ['distance']",
                "delta_r",
            ),
            ("nodes = ['r']\nedge_features = ['w']", "needs edges"),
        ] {
            let graph: Graph = toml::from_str(text).unwrap();
            let message = graph.check("g").unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        let message = toml::from_str::<Graph>("nodes = ['r']\nedges = 'all'")
            .unwrap_err()
            .to_string();
        assert!(message.contains("complete"), "{message}");
    }
}
