//! A law as a network: the graph that computes it, for ONNX.

use pellucid_core::Tensor;
use pellucid_network::graph::Type;
use pellucid_network::ops;
use pellucid_network::{Dim, Graph, NetworkError, ValueId};
use pellucid_symbolic::expression::Tree;
use pellucid_symbolic::{Expression, Operator};

use crate::PipelineError;

/// Where the names of the columns stand in the file's `metadata_props`, as a
/// list in JSON.
pub const COLUMNS: &str = "pellucid.columns";
/// Where the law stands, in infix notation.
pub const LAW: &str = "pellucid.law";

/// The graph from `x` of shape (N, columns), the features in the order of the
/// table, to `y` of shape (N, 1). An operator that a user added has no ONNX form
/// and is refused.
pub fn network(law: &Expression, names: &[String]) -> Result<Graph, PipelineError> {
    let mut graph = Graph::new();
    let batch = Dim::symbol("N");
    let x = graph.input("x", Type::real(vec![batch, Dim::fixed(names.len())]));
    let mut builder = Builder { graph, x };
    let mut value = builder.tree(&Tree::from(law))?;
    if law.variables().is_empty() {
        // A constant for every row.
        let column = builder.column(0)?;
        let nothing = builder.with(ops::Mul, column, 0.0)?;
        value = builder.push(ops::Add, &[nothing, value])?;
    }
    let mut graph = builder.graph;
    graph.rename(value, "y");
    graph.output(value);
    graph.metadata = vec![
        (COLUMNS.to_owned(), serde_json::json!(names).to_string()),
        (LAW.to_owned(), law.infix(names)),
    ];
    Ok(graph)
}

struct Builder {
    graph: Graph,
    x: ValueId,
}

impl Builder {
    fn push(
        &mut self,
        op: impl Into<ops::Op>,
        inputs: &[ValueId],
    ) -> Result<ValueId, NetworkError> {
        self.graph.push(op, inputs)
    }

    fn scalar(&mut self, value: f64) -> ValueId {
        self.graph.scalar(value)
    }

    /// An operation on a value and a number.
    fn with(
        &mut self,
        op: impl Into<ops::Op>,
        a: ValueId,
        number: f64,
    ) -> Result<ValueId, NetworkError> {
        let number = self.scalar(number);
        self.push(op, &[a, number])
    }

    fn column(&mut self, place: u16) -> Result<ValueId, NetworkError> {
        let slice = ops::Slice {
            axis: 1,
            start: Dim::fixed(usize::from(place)),
            length: Dim::fixed(1),
            step: 1,
        };
        let x = self.x;
        self.push(slice, &[x])
    }

    fn tree(&mut self, tree: &Tree) -> Result<ValueId, PipelineError> {
        Ok(match tree {
            Tree::Constant(value) => {
                let one = Tensor::new(vec![1, 1], vec![*value]);
                self.graph.parameter("", one)
            }
            Tree::Variable(place) => self.column(*place)?,
            Tree::Apply(operator, arguments) => {
                let values: Vec<ValueId> = arguments
                    .iter()
                    .map(|argument| self.tree(argument))
                    .collect::<Result<_, _>>()?;
                let b = values.get(1).copied().unwrap_or(values[0]);
                self.apply(*operator, values[0], b)?
                    .ok_or_else(|| PipelineError::Setting {
                        setting: "--onnx".to_owned(),
                        problem: format!(
                            "the operator `{}` was added by a user and has no form in ONNX; \
                             search without it",
                            operator.name()
                        ),
                    })?
            }
        })
    }

    /// `None` for an operator that is not built in.
    fn apply(
        &mut self,
        operator: Operator,
        a: ValueId,
        b: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        let value = match operator {
            Operator::Add => self.push(ops::Add, &[a, b])?,
            Operator::Sub => self.push(ops::Sub, &[a, b])?,
            Operator::Mul => self.push(ops::Mul, &[a, b])?,
            Operator::Div => self.push(ops::Div, &[a, b])?,
            Operator::Neg => self.push(ops::Neg, &[a])?,
            Operator::Inv => self.push(ops::Reciprocal, &[a])?,
            Operator::Abs => self.push(ops::Abs, &[a])?,
            Operator::Sqrt => self.push(ops::Sqrt, &[a])?,
            Operator::Cbrt => self.cbrt(a)?,
            Operator::Square => self.push(ops::Mul, &[a, a])?,
            Operator::Cube => {
                let square = self.push(ops::Mul, &[a, a])?;
                self.push(ops::Mul, &[square, a])?
            }
            Operator::Pow => self.push(ops::Pow, &[a, b])?,
            Operator::Exp => self.push(ops::Exp, &[a])?,
            Operator::Log => self.push(ops::Log, &[a])?,
            Operator::Erf => self.push(ops::Erf, &[a])?,
            Operator::Sin => self.push(ops::Sin, &[a])?,
            Operator::Cos => self.push(ops::Cos, &[a])?,
            Operator::Tan => self.push(ops::Tan, &[a])?,
            Operator::Asin => self.push(ops::Asin, &[a])?,
            Operator::Acos => self.push(ops::Acos, &[a])?,
            Operator::Atan => self.push(ops::Atan, &[a])?,
            Operator::Atan2 => self.atan2(a, b)?,
            Operator::Sinh => self.push(ops::Sinh, &[a])?,
            Operator::Cosh => self.push(ops::Cosh, &[a])?,
            Operator::Tanh => self.push(ops::Tanh, &[a])?,
            Operator::Min => {
                let [a, b] = [self.push(ops::Neg, &[a])?, self.push(ops::Neg, &[b])?];
                let larger = self.push(ops::Max, &[a, b])?;
                self.push(ops::Neg, &[larger])?
            }
            Operator::Max => self.push(ops::Max, &[a, b])?,
            Operator::Step => {
                let positive = self.with(ops::Greater, a, 0.0)?;
                self.choose(positive, 1.0, 0.0)?
            }
            _ => return Ok(None),
        };
        Ok(Some(value))
    }

    /// One of two numbers.
    fn choose(&mut self, condition: ValueId, yes: f64, no: f64) -> Result<ValueId, NetworkError> {
        let [yes, no] = [self.scalar(yes), self.scalar(no)];
        self.push(ops::Where, &[condition, yes, no])
    }

    /// The real root, `sign(a) |a|^⅓`.
    fn cbrt(&mut self, a: ValueId) -> Result<ValueId, NetworkError> {
        let size = self.push(ops::Abs, &[a])?;
        let root = self.with(ops::Pow, size, 1.0 / 3.0)?;
        let sign = self.push(ops::Sign, &[a])?;
        self.push(ops::Mul, &[sign, root])
    }

    /// The angle of the point (x, y): `atan(y/x)`, by half a turn further for
    /// negative x, and 0 at the origin.
    fn atan2(&mut self, y: ValueId, x: ValueId) -> Result<ValueId, NetworkError> {
        let sizes = [self.push(ops::Abs, &[x])?, self.push(ops::Abs, &[y])?];
        let sum = self.push(ops::Add, &sizes)?;
        let origin = self.with(ops::Equal, sum, 0.0)?;
        let one = self.scalar(1.0);
        let safe = self.push(ops::Where, &[origin, one, x])?;
        let slope = self.push(ops::Div, &[y, safe])?;
        let angle = self.push(ops::Atan, &[slope])?;
        let zero = self.scalar(0.0);
        let below = self.push(ops::Greater, &[zero, y])?;
        let turn = self.choose(below, -std::f64::consts::PI, std::f64::consts::PI)?;
        let left = self.push(ops::Greater, &[zero, x])?;
        let turn = self.push(ops::Where, &[left, turn, zero])?;
        self.push(ops::Add, &[angle, turn])
    }
}
