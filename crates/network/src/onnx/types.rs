//! The types of a file's values, where they are known.
//!
//! The graph has real numbers and integers only. Which integers a quantiser
//! makes, and whether a mask is of truth values, stands in the file: types of
//! inputs, weights and constants, and what operations make of them.

use std::collections::HashMap;

use pellucid_onnx::{DataType, NodeProto, TensorProto, ValueInfoProto};

/// Types by the names of values.
#[derive(Debug, Default)]
pub(crate) struct Types(HashMap<String, DataType>);

impl Types {
    /// The type of a value, if it is known.
    pub fn get(&self, name: &str) -> Option<DataType> {
        self.0.get(name).copied()
    }

    /// Notes the type of a weight.
    pub fn tensor(&mut self, name: &str, tensor: &TensorProto) {
        self.note(name, DataType::from_code(tensor.data_type));
    }

    /// Notes the type of an input.
    pub fn input(&mut self, input: &ValueInfoProto) {
        let tensor = input.r#type.as_ref().and_then(|ty| ty.tensor_type.as_ref());
        let kind = tensor.and_then(|tensor| DataType::from_code(tensor.elem_type));
        self.note(&input.name, kind);
    }

    /// Notes that a value has the type of another.
    pub fn same(&mut self, name: &str, other: &str) {
        self.note(name, self.get(other));
    }

    fn note(&mut self, name: &str, kind: Option<DataType>) {
        match kind {
            Some(kind) => self.0.insert(name.to_owned(), kind),
            None => self.0.remove(name),
        };
    }

    /// Notes the types of what a node makes.
    pub fn node(&mut self, node: &NodeProto) {
        let input = |i: usize| node.input.get(i).and_then(|name| self.get(name));
        let attribute = |name: &str| {
            let code = node.int(name).ok().flatten()?;
            DataType::from_code(i32::try_from(code).ok()?)
        };
        let kind = match node.op_type.as_str() {
            "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "And" | "Or"
            | "Not" | "Xor" | "IsNaN" | "IsInf" => Some(DataType::Bool),
            "Cast" => attribute("to"),
            "CastLike" | "Where" | "DequantizeLinear" => input(1),
            "EyeLike" => attribute("dtype").or_else(|| input(0)),
            "Constant" | "ConstantOfShape" => match node.tensor("value").ok().flatten() {
                Some(tensor) => DataType::from_code(tensor.data_type),
                None => Some(DataType::Float),
            },
            "Shape" | "Size" | "ArgMax" | "ArgMin" | "NonZero" => Some(DataType::Int64),
            "QuantizeLinear" => match node.input.get(2).filter(|name| !name.is_empty()) {
                Some(_) => input(2),
                None => attribute("output_dtype").or(Some(DataType::Uint8)),
            },
            "DynamicQuantizeLinear" => Some(DataType::Uint8),
            "QLinearMatMul" | "QLinearConv" => input(7),
            "MatMulInteger" | "ConvInteger" => Some(DataType::Int32),
            "OneHot" => input(2),
            // What a branch or a body makes, and what operations of other domains do
            // (weights of few bits become real numbers), is not told by an input.
            "If" | "Loop" | "Scan" => None,
            _ if !matches!(node.domain.as_str(), "" | "ai.onnx") => None,
            _ => input(0),
        };
        for (i, output) in node.output.iter().enumerate() {
            let kind = match (node.op_type.as_str(), i) {
                ("DynamicQuantizeLinear", 1) => Some(DataType::Float),
                ("TopK" | "MaxPool" | "Unique", 1..) => Some(DataType::Int64),
                _ => kind,
            };
            self.note(output, kind);
        }
    }
}
