//! The settings of a node, typed, and how messages name a node.
//!
//! An attribute that is absent gives `None`, so that the default stands where
//! the operation is read; one of another kind is an error.

use crate::OnnxError;
use crate::proto::{AttributeProto, GraphProto, NodeProto, TensorProto, attribute_type as kind};

impl NodeProto {
    /// A node of ONNX's own operations.
    pub fn new(op_type: &str, name: &str, input: &[&str], output: &[&str]) -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            input: owned(input),
            output: owned(output),
            name: name.to_owned(),
            op_type: op_type.to_owned(),
            ..Self::default()
        }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, attribute: AttributeProto) -> Self {
        self.attribute.push(attribute);
        self
    }

    /// The node as messages name it: its name, or else what it computes, and
    /// its operation.
    pub fn label(&self) -> String {
        let set = if self.domain.is_empty() { "" } else { "." };
        let operation = format!("{}{set}{}", self.domain, self.op_type);
        match self.output.iter().find(|name| !name.is_empty()) {
            _ if !self.name.is_empty() => format!("node `{}` ({operation})", self.name),
            Some(output) => format!("the node that computes `{output}` ({operation})"),
            None => format!("a node without name and output ({operation})"),
        }
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.attribute
            .iter()
            .find(|attribute| attribute.name == name)
    }

    fn typed<'a, T>(
        &'a self,
        name: &str,
        code: i32,
        expected: &'static str,
        value: impl FnOnce(&'a AttributeProto) -> Option<T>,
    ) -> Result<Option<T>, OnnxError> {
        let Some(attribute) = self.attribute(name) else {
            return Ok(None);
        };
        // Writers of IR version 1 left the type out.
        let fits = attribute.r#type == code || attribute.r#type == 0;
        value(attribute)
            .filter(|_| fits)
            .map(Some)
            .ok_or_else(|| OnnxError::Attribute {
                node: self.label(),
                attribute: name.to_owned(),
                expected,
            })
    }

    /// A real number.
    pub fn float(&self, name: &str) -> Result<Option<f32>, OnnxError> {
        self.typed(name, kind::FLOAT, "a real number", |a| {
            Some(a.f.unwrap_or_default())
        })
    }

    /// An integer.
    pub fn int(&self, name: &str) -> Result<Option<i64>, OnnxError> {
        self.typed(name, kind::INT, "an integer", |a| {
            Some(a.i.unwrap_or_default())
        })
    }

    /// An integer that says yes (not 0) or no.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, OnnxError> {
        Ok(self.int(name)?.map(|value| value != 0))
    }

    /// A text.
    pub fn string(&self, name: &str) -> Result<Option<&str>, OnnxError> {
        self.typed(name, kind::STRING, "a text", |a| {
            std::str::from_utf8(a.s.as_deref().unwrap_or_default()).ok()
        })
    }

    /// Texts.
    pub fn strings(&self, name: &str) -> Result<Option<Vec<&str>>, OnnxError> {
        self.typed(name, kind::STRINGS, "texts", |a| {
            a.strings
                .iter()
                .map(|text| std::str::from_utf8(text).ok())
                .collect()
        })
    }

    /// A graph inside of the node.
    pub fn graph(&self, name: &str) -> Result<Option<&GraphProto>, OnnxError> {
        self.typed(name, kind::GRAPH, "a graph", |a| a.g.as_deref())
    }

    /// A tensor.
    pub fn tensor(&self, name: &str) -> Result<Option<&TensorProto>, OnnxError> {
        self.typed(name, kind::TENSOR, "a tensor", |a| a.t.as_deref())
    }

    /// Integers.
    pub fn ints(&self, name: &str) -> Result<Option<&[i64]>, OnnxError> {
        self.typed(name, kind::INTS, "integers", |a| Some(a.ints.as_slice()))
    }

    /// Real numbers.
    pub fn floats(&self, name: &str) -> Result<Option<&[f32]>, OnnxError> {
        self.typed(name, kind::FLOATS, "real numbers", |a| {
            Some(a.floats.as_slice())
        })
    }

    /// Integers that count something, such as a stride: none is negative.
    pub fn sizes(&self, name: &str) -> Result<Option<Vec<usize>>, OnnxError> {
        let Some(ints) = self.ints(name)? else {
            return Ok(None);
        };
        ints.iter()
            .map(|&value| {
                usize::try_from(value)
                    .ok()
                    .filter(|&size| i32::try_from(size).is_ok())
            })
            .collect::<Option<_>>()
            .map(Some)
            .ok_or_else(|| OnnxError::Attribute {
                node: self.label(),
                attribute: name.to_owned(),
                expected: "integers from 0 to 2147483647",
            })
    }
}

impl AttributeProto {
    fn of(name: &str, r#type: i32) -> Self {
        Self {
            name: name.to_owned(),
            r#type,
            ..Self::default()
        }
    }

    /// A real number.
    pub fn float(name: &str, value: f32) -> Self {
        Self {
            f: Some(value),
            ..Self::of(name, kind::FLOAT)
        }
    }

    /// An integer.
    pub fn int(name: &str, value: i64) -> Self {
        Self {
            i: Some(value),
            ..Self::of(name, kind::INT)
        }
    }

    /// A text.
    pub fn string(name: &str, value: &str) -> Self {
        Self {
            s: Some(value.as_bytes().to_vec()),
            ..Self::of(name, kind::STRING)
        }
    }

    /// A tensor.
    pub fn tensor(name: &str, value: TensorProto) -> Self {
        Self {
            t: Some(Box::new(value)),
            ..Self::of(name, kind::TENSOR)
        }
    }

    /// Integers.
    pub fn ints(name: &str, value: &[i64]) -> Self {
        Self {
            ints: value.to_vec(),
            ..Self::of(name, kind::INTS)
        }
    }

    /// Sizes, as integers.
    pub fn sizes(name: &str, value: &[usize]) -> Self {
        Self {
            ints: value.iter().map(|&x| x as i64).collect(),
            ..Self::of(name, kind::INTS)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_of_another_kind_is_refused_with_the_node() {
        let node = NodeProto::new("Conv", "c1", &["x"], &["y"])
            .with(AttributeProto::int("group", 2))
            .with(AttributeProto::ints("strides", &[1, -1]));
        assert_eq!(node.int("group").unwrap(), Some(2));
        assert_eq!(node.int("absent").unwrap(), None);
        let error = node.ints("group").unwrap_err().to_string();
        assert_eq!(
            error,
            "node `c1` (Conv): attribute `group` must be integers"
        );
        assert!(node.sizes("strides").is_err());
    }

    #[test]
    fn a_nameless_node_is_named_by_what_it_computes() {
        let node = NodeProto::new("Relu", "", &["x"], &["y"]);
        assert_eq!(node.label(), "the node that computes `y` (Relu)");
    }
}
