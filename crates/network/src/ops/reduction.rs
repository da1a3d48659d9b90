//! What reductions over sides share: their settings and their ONNX form.

use crate::graph::Type;
use crate::ops::reduce_sum::reduced;
use crate::ops::shapes::one_real;

/// A reduction, which ONNX has under the same name; the sides are an input of
/// it since an operation set.
macro_rules! reduction {
    ($(#[$doc:meta])* $name:ident, since $since:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            /// The sides reduced over.
            pub axes: Vec<usize>,
            /// Whether they stay, with length 1.
            pub keep: bool,
        }

        impl crate::onnx::form::OnnxForm for $name {
            const NAMES: &'static [&'static str] = &[stringify!($name)];

            fn import(node: &mut crate::onnx::reader::Import<'_>) -> crate::onnx::form::Imported {
                crate::onnx::reductions::reduce(node, |axes, keep| Self { axes, keep })
            }

            fn export(
                &self,
                node: &mut crate::onnx::writer::Export<'_>,
            ) -> crate::onnx::form::Exported {
                node.reduce(stringify!($name), &self.axes, self.keep, $since);
                Ok(())
            }
        }
    };
}
pub(crate) use reduction;

/// The type of a reduction of the only input.
pub(crate) fn reduced_type(
    inputs: &[&Type],
    axes: &[usize],
    keep: bool,
) -> Result<Vec<Type>, String> {
    Ok(vec![Type::real(reduced(one_real(inputs)?, axes, keep)?)])
}
