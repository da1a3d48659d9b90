//! What comparisons share: 1 where they hold, else 0, of real numbers or of
//! integers, broadcast; the derivative is taken as 0.

/// A comparison, which ONNX has under the same name.
macro_rules! comparison {
    ($(#[$doc:meta])* $name:ident, $holds:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name;

        impl crate::ops::Operation for $name {
            const NAME: &'static str = stringify!($name);
            const ELEMENTWISE: bool = true;
            const RULE: crate::ops::Rule = crate::ops::Rule::Constant;

            fn infer(
                &self,
                inputs: &[&crate::graph::Type],
            ) -> Result<Vec<crate::graph::Type>, String> {
                let both = crate::ops::shapes::alike(inputs, 2)?;
                Ok(vec![crate::graph::Type::real(both.shape)])
            }

            fn block<T: crate::real::Real>(&self, a: &[&[T]], out: &mut [T]) {
                let holds: fn(T, T) -> bool = $holds;
                crate::kernels::simd::map2(a[0], a[1], out, |a, b| {
                    if holds(a, b) { T::ONE } else { T::ZERO }
                });
            }

            fn mixed<T: crate::real::Real>(
                &self,
                arguments: &[crate::exec::Numbers<'_, T>],
                out: &mut crate::exec::NumbersMut<'_, T>,
            ) -> Result<(), String> {
                crate::ops::mixed::holds(arguments, out, $holds)
            }

            fn gradient(&self, back: &mut crate::ops::Backward<'_>) -> crate::ops::Adjoints {
                crate::ops::shapes::none(back)
            }

            fn examples() -> Vec<crate::ops::Example<Self>> {
                vec![crate::ops::Example::new(Self, &[&[3, 4], &[4]])]
            }
        }

        impl crate::onnx::form::OnnxForm for $name {
            const NAMES: &'static [&'static str] = &[stringify!($name)];

            fn import(node: &mut crate::onnx::reader::Import<'_>) -> crate::onnx::form::Imported {
                let inputs = node.alike()?;
                node.push(Self, &inputs)
            }

            fn export(
                &self,
                node: &mut crate::onnx::writer::Export<'_>,
            ) -> crate::onnx::form::Exported {
                node.compare(stringify!($name));
                Ok(())
            }
        }
    };
}
pub(crate) use comparison;
