//! A node that is being read: what the file of an operation sees of it.

use std::collections::HashMap;

use pellucid_core::Tensor;
use pellucid_onnx::{DataType, NodeProto};

use crate::error::NetworkError;
use crate::graph::{Data, Dim, Graph, Kind, Type, ValueId};
use crate::onnx::known;
use crate::onnx::operand::{Operand, decimal};
use crate::onnx::sizes::{Size, Sizes};
use crate::onnx::types::Types;
use crate::onnx::unsupported;
use crate::ops::{Extents, Op, ToInteger, ToReal, Whole};

/// A node that is being read.
pub(crate) struct Import<'i> {
    pub(super) graph: &'i mut Graph,
    pub(super) operands: &'i mut HashMap<String, Operand>,
    pub(super) types: &'i Types,
    pub(super) made: &'i mut usize,
    pub(super) opset: i64,
    pub(super) node: &'i NodeProto,
    pub(super) pushed: usize,
}

impl<'i> Import<'i> {
    /// The node as the file has it, for its attributes.
    pub(crate) fn proto(&self) -> &'i NodeProto {
        self.node
    }

    /// The version of the operations that the file means.
    pub(crate) fn opset(&self) -> i64 {
        self.opset
    }

    /// An error about this node.
    pub(crate) fn refuse(&self, problem: impl Into<String>) -> NetworkError {
        NetworkError::OnnxNode {
            node: self.node.label(),
            problem: problem.into(),
        }
    }

    /// The error of an operation that nothing here reads.
    pub(crate) fn unsupported(&self) -> NetworkError {
        unsupported::error([vec![self.node]])
    }

    /// How many inputs there are, without trailing ones that are left out.
    pub(crate) fn count(&self) -> usize {
        self.node
            .input
            .iter()
            .rposition(|name| !name.is_empty())
            .map_or(0, |last| last + 1)
    }

    /// Whether input `i` is given.
    pub(crate) fn has(&self, i: usize) -> bool {
        self.node.input.get(i).is_some_and(|name| !name.is_empty())
    }

    fn name(&self, i: usize) -> Result<&'i str, NetworkError> {
        match self.node.input.get(i) {
            Some(name) if !name.is_empty() => Ok(name),
            _ => Err(self.refuse(format!("input {} is missing", i + 1))),
        }
    }

    fn operand(&self, name: &str) -> Result<&Operand, NetworkError> {
        self.operands.get(name).ok_or_else(|| {
            self.refuse(format!(
                "it needs `{name}`, an output that the operation before it does not have here"
            ))
        })
    }

    /// A value of the graph; weights become parameters when they are first used.
    pub(super) fn value(&mut self, name: &str) -> Result<ValueId, NetworkError> {
        let value = match self.operand(name)?.clone() {
            Operand::Value(value) => return Ok(value),
            Operand::Weight {
                data,
                constant: false,
            } => self.graph.parameter(name, data),
            Operand::Weight {
                data,
                constant: true,
            } => self.graph.constant(name, data),
            Operand::Sizes(sizes) => {
                if let Some(known) = sizes.known() {
                    let data = known.into_iter().map(|x| x as f64).collect();
                    self.graph.constant(name, Tensor::new(sizes.shape, data))
                } else {
                    let integers = self.integer_value(name, sizes)?;
                    self.graph.push(ToReal, &[integers])?
                }
            }
        };
        // Integers stay integers for the next node that asks for them.
        if !matches!(self.operands.get(name), Some(Operand::Sizes(_))) {
            self.operands.insert(name.to_owned(), Operand::Value(value));
        }
        Ok(value)
    }

    /// Input `i`, which must be real numbers.
    pub(crate) fn real(&mut self, i: usize) -> Result<ValueId, NetworkError> {
        let name = self.name(i)?;
        let value = self.value(name)?;
        if self.graph.ty(value).kind != Kind::Real {
            return Err(self.refuse(format!("`{name}` holds integers, expected real numbers")));
        }
        Ok(value)
    }

    /// Input `i` as a value of the graph, of either kind: integers of the file
    /// become integers.
    pub(crate) fn either(&mut self, i: usize) -> Result<ValueId, NetworkError> {
        let name = self.name(i)?;
        match self.operand(name)?.clone() {
            Operand::Sizes(sizes) => self.integer_value(name, sizes),
            _ => self.value(name),
        }
    }

    /// Input `i` as real numbers: integers (labels, counts, columns of a table) and
    /// truth values become such.
    pub(crate) fn as_real(&mut self, i: usize) -> Result<ValueId, NetworkError> {
        let value = self.value(self.name(i)?)?;
        match self.graph.ty(value).kind {
            Kind::Integer => self.add(ToReal, &[value]),
            Kind::Real => Ok(value),
        }
    }

    /// Input `i`, which must be integers: constants, or computed in the run.
    pub(crate) fn indices(&mut self, i: usize) -> Result<ValueId, NetworkError> {
        let value = self.either(i)?;
        if self.graph.ty(value).kind != Kind::Integer {
            // Integers of a quantised model are real numbers here.
            if self.file_type(i)?.is_some_and(DataType::is_integer) {
                return self.add(ToInteger, &[value]);
            }
            return Err(self.refuse(format!(
                "`{}` holds real numbers, expected integers",
                self.graph.value(value).name
            )));
        }
        Ok(value)
    }

    /// Integers of the file, or sizes of the run, as a value of the graph.
    fn integer_value(&mut self, name: &str, sizes: Sizes) -> Result<ValueId, NetworkError> {
        let Some(known) = sizes.known() else {
            let extents = Extents {
                sizes: sizes.data.iter().map(Size::term).collect(),
                shape: sizes.shape,
            };
            return self.graph.push(extents, &[]);
        };
        let data: Option<Vec<i32>> = known.iter().map(|&x| i32::try_from(x).ok()).collect();
        let data = data.ok_or_else(|| {
            self.refuse(format!(
                "`{name}` has integers beyond 2^31, expected smaller ones"
            ))
        })?;
        Ok(self.graph.constant(name, Tensor::new(sizes.shape, data)))
    }

    /// All inputs, in one kind: integers if one of them is computed as such in
    /// the run, or all are integers of the file, else real numbers. Files mix
    /// the two only where truth values meet, which are real when computed.
    pub(crate) fn alike(&mut self) -> Result<Vec<ValueId>, NetworkError> {
        self.alike_from(0)
    }

    /// [`alike`](Self::alike) for the inputs from `first` on.
    pub(crate) fn alike_from(&mut self, first: usize) -> Result<Vec<ValueId>, NetworkError> {
        let all: Vec<usize> = (first..self.count()).collect();
        self.alike_among(&all)
    }

    /// [`alike`](Self::alike) for these inputs.
    pub(crate) fn alike_among(&mut self, inputs: &[usize]) -> Result<Vec<ValueId>, NetworkError> {
        let (mut integers, mut reals, mut sizes) = (false, false, true);
        for &i in inputs {
            let operand = self.operand(self.name(i)?)?;
            sizes &= matches!(operand, Operand::Sizes(_));
            match operand {
                Operand::Value(value) => {
                    let integer = self.graph.ty(*value).kind == Kind::Integer;
                    integers |= integer;
                    reals |= !integer;
                }
                Operand::Weight { .. } => reals = true,
                Operand::Sizes(_) => {}
            }
        }
        integers |= sizes;
        inputs
            .iter()
            .map(|&i| match (integers, reals) {
                (true, false) => self.either(i),
                (true, true) => {
                    let value = self.value(self.name(i)?)?;
                    match self.graph.ty(value).kind {
                        Kind::Integer => self.graph.push(ToReal, &[value]),
                        Kind::Real => Ok(value),
                    }
                }
                (false, _) => self.real(i),
            })
            .collect()
    }

    /// All inputs.
    pub(crate) fn reals(&mut self) -> Result<Vec<ValueId>, NetworkError> {
        (0..self.count()).map(|i| self.real(i)).collect()
    }

    /// Input `i`, which must be integers known or named.
    pub(crate) fn sizes(&self, i: usize) -> Result<&Sizes, NetworkError> {
        let name = self.name(i)?;
        match self.operand(name)? {
            Operand::Sizes(sizes) => Ok(sizes),
            _ => Err(self.refuse(format!("`{name}` must be integers that follow from shapes"))),
        }
    }

    /// Input `i`, which must be known integers.
    pub(crate) fn integers(&self, i: usize) -> Result<Vec<i64>, NetworkError> {
        let known = self.sizes(i)?.known();
        known.ok_or_else(|| self.refuse(format!("input {} depends on the run", i + 1)))
    }

    /// Known integers from input `i`, or from the attribute in which older
    /// operation sets have them.
    pub(crate) fn setting(
        &self,
        i: usize,
        attribute: &str,
    ) -> Result<Option<Vec<i64>>, NetworkError> {
        if self.has(i) {
            return self.integers(i).map(Some);
        }
        Ok(self.node.ints(attribute)?.map(<[i64]>::to_vec))
    }

    /// Input `i`, which must be one number that does not depend on the run.
    pub(crate) fn number(&self, i: usize) -> Result<f64, NetworkError> {
        self.known_number(i)?.ok_or_else(|| {
            let name = self.node.input.get(i).map_or("", String::as_str);
            self.refuse(format!("`{name}` must be one constant number"))
        })
    }

    /// Input `i` if it is one number that does not depend on the run.
    pub(crate) fn known_number(&self, i: usize) -> Result<Option<f64>, NetworkError> {
        Ok(match self.numbers(i)?.as_deref() {
            Some([number]) => Some(*number),
            _ => None,
        })
    }

    /// The numbers of input `i` if they do not depend on the run.
    pub(crate) fn numbers(&self, i: usize) -> Result<Option<Vec<f64>>, NetworkError> {
        Ok(match self.operand(self.name(i)?)? {
            Operand::Weight { data, .. } => Some(data.to_f64()),
            Operand::Sizes(sizes) => sizes
                .known()
                .map(|known| known.into_iter().map(|x| x as f64).collect()),
            Operand::Value(value) => known::numbers(self.graph, *value).map(Tensor::into_data),
        })
    }

    /// The numbers of a value that has been read, if they do not depend on the run.
    pub(crate) fn known(&self, value: ValueId) -> Option<Tensor<f64>> {
        known::numbers(self.graph, value)
    }

    /// The type that input `i` has in the file, if that is known.
    pub(crate) fn file_type(&self, i: usize) -> Result<Option<DataType>, NetworkError> {
        Ok(self.types.get(self.name(i)?))
    }

    /// An attribute that is a real number, see [`decimal`].
    pub(crate) fn float(&self, name: &str, default: f64) -> Result<f64, NetworkError> {
        Ok(self.node.float(name)?.map_or(default, decimal))
    }

    /// The numbers of input `i`, if the file holds them.
    pub(crate) fn data(&self, i: usize) -> Result<Option<Data>, NetworkError> {
        Ok(match self.operand(self.name(i)?)? {
            Operand::Weight { data, .. } => Some(data.clone()),
            Operand::Value(value) => self.graph.data(*value).cloned(),
            Operand::Sizes(_) => None,
        })
    }

    /// The shape of input `i`, without adding anything to the graph.
    pub(crate) fn operand_shape(&self, i: usize) -> Result<Vec<Dim>, NetworkError> {
        Ok(self.operand(self.name(i)?)?.shape(self.graph))
    }

    /// Whether anything reads output `i`.
    pub(crate) fn wants(&self, i: usize) -> bool {
        self.node.output.get(i).is_some_and(|name| !name.is_empty())
    }

    /// The shape of a value.
    pub(crate) fn shape(&self, value: ValueId) -> Vec<Dim> {
        self.graph.shape(value).to_vec()
    }

    /// What has been read so far.
    pub(crate) fn graph(&self) -> &Graph {
        self.graph
    }

    /// The kind of a value.
    pub(crate) fn kind(&self, value: ValueId) -> Kind {
        self.graph.ty(value).kind
    }

    /// A side counted from the front or, if negative, from the end.
    pub(crate) fn axis(&self, axis: i64, rank: usize) -> Result<usize, NetworkError> {
        let from_front = if axis < 0 {
            axis.saturating_add(rank as i64)
        } else {
            axis
        };
        usize::try_from(from_front)
            .ok()
            .filter(|&axis| axis < rank)
            .ok_or_else(|| self.refuse(format!("there is no side {axis} among {rank}")))
    }

    /// Sides, sorted, each once.
    pub(crate) fn axes(&self, axes: &[i64], rank: usize) -> Result<Vec<usize>, NetworkError> {
        let mut axes = axes
            .iter()
            .map(|&axis| self.axis(axis, rank))
            .collect::<Result<Vec<_>, _>>()?;
        axes.sort_unstable();
        axes.dedup();
        Ok(axes)
    }

    /// Adds a node to the graph. The first has the name of the file's node,
    /// further ones (of operations that need several) a number behind it.
    pub(crate) fn push(
        &mut self,
        op: impl Into<Op>,
        inputs: &[ValueId],
    ) -> Result<Vec<ValueId>, NetworkError> {
        self.pushed += 1;
        let name = self.prefix();
        let name = if self.pushed == 1 {
            name.to_owned()
        } else {
            format!("{name}/{}", self.pushed)
        };
        self.node_named(&name, op.into(), inputs)
    }

    /// Adds a node; on integers in the form that it has for them.
    fn node_named(
        &mut self,
        name: &str,
        op: Op,
        inputs: &[ValueId],
    ) -> Result<Vec<ValueId>, NetworkError> {
        let types: Vec<&Type> = inputs.iter().map(|&input| self.graph.ty(input)).collect();
        let op = Whole::where_needed(op, &types);
        self.graph.node(name, op, inputs)
    }

    /// Adds a node of one output whose name is that of the file's node with
    /// `part` behind it.
    pub(crate) fn add_as(
        &mut self,
        part: &str,
        op: impl Into<Op>,
        inputs: &[ValueId],
    ) -> Result<ValueId, NetworkError> {
        let name = format!("{}/{part}", self.prefix());
        let outputs = self.node_named(&name, op.into(), inputs)?;
        outputs
            .first()
            .copied()
            .ok_or_else(|| self.refuse("it computes nothing"))
    }

    /// The name of the node, or of what it computes.
    fn prefix(&self) -> &'i str {
        let mut outputs = self.node.output.iter();
        match (
            self.node.name.as_str(),
            outputs.find(|name| !name.is_empty()),
        ) {
            ("", Some(output)) => output,
            (name, _) => name,
        }
    }

    /// Adds a weight named as the node with `part` behind it.
    pub(crate) fn parameter(&mut self, part: &str, data: Data) -> ValueId {
        let name = format!("{}/{part}", self.prefix());
        self.graph.parameter(&name, data)
    }

    /// Adds numbers that are no weight, named as the node with `part` behind it.
    pub(crate) fn constant(&mut self, part: &str, data: Data) -> ValueId {
        let name = format!("{}/{part}", self.prefix());
        *self.made += data.shape().iter().product::<usize>();
        self.graph.constant(&name, data)
    }

    /// Adds a node of which only the first output is meant.
    pub(crate) fn add(
        &mut self,
        op: impl Into<Op>,
        inputs: &[ValueId],
    ) -> Result<ValueId, NetworkError> {
        let outputs = self.push(op, inputs)?;
        outputs
            .first()
            .copied()
            .ok_or_else(|| self.refuse("it computes nothing"))
    }

    /// Adds a number.
    pub(crate) fn scalar(&mut self, value: f64) -> ValueId {
        self.graph.scalar(value)
    }

    /// Adds a list of positions.
    pub(crate) fn positions(&mut self, positions: Vec<i32>) -> ValueId {
        let shape = vec![positions.len()];
        self.graph.constant("", Tensor::new(shape, positions))
    }

    /// The same numbers in another shape.
    pub(crate) fn reshape(
        &mut self,
        value: ValueId,
        shape: Vec<Dim>,
    ) -> Result<ValueId, NetworkError> {
        self.add(crate::ops::Reshape { shape }, &[value])
    }

    /// The same numbers in another shape, if it is another.
    pub(crate) fn reshape_if(
        &mut self,
        value: ValueId,
        shape: Vec<Dim>,
    ) -> Result<ValueId, NetworkError> {
        if self.graph.shape(value) == shape {
            return Ok(value);
        }
        self.reshape(value, shape)
    }

    /// The sides in another order, if it is another.
    pub(crate) fn transpose(
        &mut self,
        value: ValueId,
        perm: Vec<usize>,
    ) -> Result<ValueId, NetworkError> {
        if perm.iter().enumerate().all(|(i, &from)| i == from) {
            return Ok(value);
        }
        self.add(crate::ops::Transpose { perm }, &[value])
    }

    /// `first ∘ next ∘ next …`.
    pub(crate) fn chain(
        &mut self,
        op: impl Into<Op> + Copy,
        first: ValueId,
        rest: &[ValueId],
    ) -> Result<ValueId, NetworkError> {
        let mut all = first;
        for &next in rest {
            all = self.add(op, &[all, next])?;
        }
        Ok(all)
    }

    /// Refuses operations whose further outputs are asked for.
    pub(crate) fn only_outputs(&self, count: usize) -> Result<(), NetworkError> {
        let extra = self
            .node
            .output
            .iter()
            .skip(count)
            .find(|name| !name.is_empty());
        match extra {
            Some(name) => Err(self.refuse(format!("its output `{name}` is not supported"))),
            None => Ok(()),
        }
    }
}
