//! What the file of an operation says about ONNX.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::onnx::reader::Import;
use crate::onnx::writer::Export;
use crate::ops::Operation;

/// The values of the outputs that a node was read to.
pub(crate) type Imported = Result<Vec<ValueId>, NetworkError>;

/// Whether an operation could be written.
pub(crate) type Exported = Result<(), NetworkError>;

/// How an operation is written in ONNX.
pub(crate) trait OnnxForm: Operation {
    /// The ONNX operations that are read as this one.
    const NAMES: &'static [&'static str] = &[];

    /// Adds what a node of one of these names means; the values of its outputs.
    fn import(node: &mut Import<'_>) -> Imported {
        Err(node.unsupported())
    }

    /// Adds the ONNX nodes that compute the operation.
    fn export(&self, node: &mut Export<'_>) -> Exported {
        Err(node.refuse("ONNX has no such operation"))
    }
}

/// For an operation without settings that ONNX has too, under one name.
macro_rules! plain_form {
    ($type:ident, $name:literal) => {
        impl crate::onnx::form::OnnxForm for $type {
            const NAMES: &'static [&'static str] = &[$name];

            fn import(node: &mut crate::onnx::reader::Import<'_>) -> crate::onnx::form::Imported {
                crate::onnx::logic::arithmetic(node, Self)
            }

            fn export(
                &self,
                node: &mut crate::onnx::writer::Export<'_>,
            ) -> crate::onnx::form::Exported {
                node.same($name, vec![]);
                Ok(())
            }
        }
    };
}
pub(crate) use plain_form;
