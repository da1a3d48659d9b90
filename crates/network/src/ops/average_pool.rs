//! The average under every window.

use crate::onnx::prelude::*;
use crate::kernels::pool;
use crate::ops::AveragePoolInput;
use crate::ops::max_pool::pooled;
use crate::ops::prelude::*;

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
    const RULE: Rule = Rule::Linear;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![Type::real(pooled(&self.window, one_real(inputs)?)?)])
    }

    fn run<T: Real>(&self, inputs: &[Input<'_, T>], outputs: &mut [Output<'_, T>], _: &Step<'_, T>) {
        let x = inputs[0];
        let channels = x.shape[1];
        let g = self.window.geometry(x.shape, outputs[0].shape, 1, channels, channels);
        pool::average(&g, self.count_pad, x.real(), outputs[0].real());
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else { return Ok(vec![None]) };
        let sides = back.graph.shape(back.inputs[0])[2..].to_vec();
        Ok(vec![Some(back.push(AveragePoolInput { pool: self.clone(), sides }, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let pool = |window, count_pad| Self { window, count_pad };
        vec![
            Example::new(pool(Window::new(&[2, 2]).stride(&[2, 2]), false), &[&[2, 2, 4, 5]]),
            Example::new(pool(Window::new(&[3, 3]).pad(&[1, 1]), true), &[&[1, 2, 4, 3]]),
            Example::new(pool(Window::new(&[3]).pad(&[1]).stride(&[2]), false), &[&[2, 2, 6]]),
        ]
    }
}

impl OnnxForm for AveragePool {
    const NAMES: &'static [&'static str] = &["AveragePool"];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = node.real(0)?;
        let sides = node.shape(x);
        let kernel = node.proto().sizes("kernel_shape")?;
        let kernel = kernel.ok_or_else(|| node.refuse("it has no kernel_shape"))?;
        let window = onnx_window::read(node, kernel, sides.get(2..).unwrap_or_default())?;
        let count_pad = node.proto().flag("count_include_pad")?.unwrap_or(false);
        node.push(Self { window, count_pad }, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        if self.window.dilation.iter().any(|&step| step != 1) {
            return Err(node.refuse("operation set 17 has no dilated average pool"));
        }
        let mut attributes = onnx_window::attributes(&self.window);
        attributes.push(AttributeProto::int("count_include_pad", i64::from(self.count_pad)));
        node.same("AveragePool", attributes);
        Ok(())
    }
}
