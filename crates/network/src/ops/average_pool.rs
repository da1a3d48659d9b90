//! The average under every window.

use crate::kernels::conv::Geometry;
use crate::kernels::pool;
use crate::onnx::prelude::*;
use crate::ops::AveragePoolInput;
use crate::ops::max_pool::pooled;
use crate::ops::prelude::*;
use crate::ops::window::three;

/// Average over windows.
#[derive(Debug, Clone, PartialEq)]
pub struct AveragePool {
    /// How the window moves.
    pub window: Window,
    /// Whether padding counts as zeros, or not at all. What a last window
    /// covers beyond the padding (ceil mode) never counts.
    pub count_pad: bool,
}

impl AveragePool {
    /// Where the padding that counts ends.
    pub(crate) fn counted(&self, g: &Geometry) -> Option<[usize; 3]> {
        let after = three(&self.window.after, 0);
        self.count_pad
            .then(|| [0, 1, 2].map(|d| g.pad[d] + g.input[d] + after[d]))
    }
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
        pool::average(&g, self.counted(&g), x.real(), outputs[0].real());
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
        let mut beyond = Window::new(&[3, 2]).stride(&[2, 3]).pad(&[1, 0]);
        beyond.ceil = true;
        vec![
            Example::new(
                pool(Window::new(&[2, 2]).stride(&[2, 2]), false),
                &[&[2, 2, 4, 5]],
            ),
            Example::new(
                pool(Window::new(&[3, 3]).pad(&[1, 1]), true),
                &[&[1, 2, 4, 3]],
            ),
            Example::new(pool(beyond, true), &[&[1, 2, 6, 5]]),
            Example::new(
                pool(
                    Window::new(&[2, 3, 2]).stride(&[1, 2, 1]).pad(&[1, 1, 0]),
                    false,
                ),
                &[&[1, 2, 2, 3, 3]],
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
        let count_pad = node.proto().flag("count_include_pad")?.unwrap_or(false);
        Ok(vec![pooling::pool(node, |window| Self {
            window,
            count_pad,
        })?])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let mut attributes = onnx_window::attributes(&self.window);
        attributes.push(AttributeProto::int(
            "count_include_pad",
            i64::from(self.count_pad),
        ));
        node.same("AveragePool", attributes);
        Ok(())
    }
}
