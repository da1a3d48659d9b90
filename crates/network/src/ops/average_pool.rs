//! The average under every window.

use crate::kernels::pool;
use crate::onnx::prelude::*;
use crate::ops::max_pool::pooled;
use crate::ops::prelude::*;
use crate::ops::{AveragePoolInput, Pad, Slice};

/// Average over windows.
#[derive(Debug, Clone, PartialEq)]
pub struct AveragePool {
    /// How the window moves.
    pub window: Window,
    /// Whether padding counts as zeros, or not at all.
    pub count_pad: bool,
}

impl Operation for AveragePool {
    const NAME: &'static str = "AveragePool";
    const RULE: Rule = Rule::Pool;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![Type::real(pooled(&self.window, one_real(inputs)?)?)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let x = inputs[0];
        let channels = x.shape[1];
        let g = self
            .window
            .geometry(x.shape, outputs[0].shape, 1, channels, channels);
        pool::average(&g, self.count_pad, x.real(), outputs[0].real());
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let sides = back.graph.shape(back.inputs[0])[2..].to_vec();
        Ok(vec![Some(back.push(
            AveragePoolInput {
                pool: self.clone(),
                sides,
            },
            &[g],
        )?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let pool = |window, count_pad| Self { window, count_pad };
        vec![
            Example::new(
                pool(Window::new(&[2, 2]).stride(&[2, 2]), false),
                &[&[2, 2, 4, 5]],
            ),
            Example::new(
                pool(Window::new(&[3, 3]).pad(&[1, 1]), true),
                &[&[1, 2, 4, 3]],
            ),
            Example::new(
                pool(Window::new(&[3]).pad(&[1]).stride(&[2]), false),
                &[&[2, 2, 6]],
            ),
        ]
    }
}

impl OnnxForm for AveragePool {
    const NAMES: &'static [&'static str] = &["AveragePool"];

    fn import(node: &mut Import<'_>) -> Imported {
        let mut x = node.real(0)?;
        let sides = node.shape(x);
        let kernel = node.proto().sizes("kernel_shape")?;
        let kernel = kernel.ok_or_else(|| node.refuse("it has no kernel_shape"))?;
        let mut window = onnx_window::read(node, &kernel, sides.get(2..).unwrap_or_default())?;
        let count_pad = node.proto().flag("count_include_pad")?.unwrap_or(false);
        if !(count_pad && window.ceil) {
            return node.push(Self { window, count_pad }, &[x]);
        }
        // Padding counts, what a last window covers beyond it does not: the
        // padding becomes part of the image.
        let ends =
            pooled(&window, &Type::real(sides.clone())).map_err(|problem| node.refuse(problem))?;
        for d in 0..window.rank() {
            let (before, after) = (window.before[d], window.after[d]);
            if before + after > 0 {
                let (axis, start) = (d + 2, Dim::fixed(before));
                let length = &sides[axis] + &Dim::fixed(before + after);
                x = node.add(
                    Pad {
                        axis,
                        start,
                        length,
                        step: 1,
                        value: 0.0,
                    },
                    &[x],
                )?;
                (window.before[d], window.after[d]) = (0, 0);
            }
        }
        let mut y = node.add(
            Self {
                window,
                count_pad: false,
            },
            &[x],
        )?;
        // A window that begins in the padding behind is none.
        for (axis, end) in ends.into_iter().enumerate().skip(2) {
            if node.shape(y)[axis] != end {
                let part = Slice {
                    axis,
                    start: Dim::fixed(0),
                    length: end,
                    step: 1,
                };
                y = node.add(part, &[y])?;
            }
        }
        Ok(vec![y])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        if self.window.dilation.iter().any(|&step| step != 1) {
            return Err(node.refuse("operation set 17 has no dilated average pool"));
        }
        let mut attributes = onnx_window::attributes(&self.window);
        attributes.push(AttributeProto::int(
            "count_include_pad",
            i64::from(self.count_pad),
        ));
        node.same("AveragePool", attributes);
        Ok(())
    }
}
