//! The largest number under every window, and its place.
//!
//! The places (positions in the plane of their channel) are a second output,
//! so that the gradient is a scatter to saved places. The first of equals
//! wins; padding never does.

use crate::kernels::pool;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Add, PoolScatter, Range};

/// Maximum over windows.
#[derive(Debug, Clone, PartialEq)]
pub struct MaxPool {
    /// How the window moves.
    pub window: Window,
}

/// The output shape of a pool.
pub(crate) fn pooled(window: &Window, input: &Type) -> Result<Vec<Dim>, String> {
    window.check()?;
    if input.shape.len() != window.rank() + 2 {
        return Err(format!(
            "expected {} sides, found {}",
            window.rank() + 2,
            show(&input.shape)
        ));
    }
    let mut shape = input.shape[..2].to_vec();
    for d in 0..window.rank() {
        shape.push(window.output(d, &input.shape[d + 2])?);
    }
    Ok(shape)
}

impl Operation for MaxPool {
    const NAME: &'static str = "MaxPool";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let shape = pooled(&self.window, one_real(inputs)?)?;
        Ok(vec![Type::real(shape.clone()), Type::integer(shape)])
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
        let [out, places] = outputs else { return };
        pool::max(&g, x.real(), out.real(), places.integer());
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let sides = back.graph.shape(back.inputs[0])[2..].to_vec();
        Ok(vec![Some(
            back.push(PoolScatter { sides }, &[g, back.outputs[1]])?,
        )])
    }

    fn examples() -> Vec<Example<Self>> {
        let even = Self {
            window: Window::new(&[2, 2]).stride(&[2, 2]),
        };
        let over = Self {
            window: Window::new(&[3, 2]).stride(&[2, 1]).pad(&[1, 1]),
        };
        let line = Self {
            window: Window::new(&[3]).stride(&[2]),
        };
        let deep = Self {
            window: Window::new(&[2, 2, 3]).stride(&[1, 2, 1]).pad(&[0, 1, 1]),
        };
        vec![
            Example::new(even, &[&[2, 2, 4, 5]]),
            Example::new(over, &[&[2, 2, 4, 5]]),
            Example::new(line, &[&[2, 2, 7]]),
            Example::new(deep, &[&[1, 2, 3, 4, 3]]),
        ]
    }
}

impl OnnxForm for MaxPool {
    const NAMES: &'static [&'static str] = &["MaxPool"];

    fn import(node: &mut Import<'_>) -> Imported {
        node.only_outputs(2)?;
        if node.wants(1) {
            return with_places(node);
        }
        Ok(vec![pooling::pool(node, |window| Self { window })?])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let attributes = onnx_window::attributes(&self.window);
        if !node.needs(1) {
            node.emit("MaxPool", &[node.input(0)], &[node.output(0)], attributes);
            return Ok(());
        }
        // Places within a channel are what is left after whole channels.
        let plane: Option<usize> = node.shape(0)[2..].iter().map(Dim::known).product();
        let plane = plane.ok_or_else(|| node.refuse("the sides of the images must be known"))?;
        let places = node.temporary("places");
        node.emit(
            "MaxPool",
            &[node.input(0)],
            &[node.output(0), &places],
            attributes,
        );
        let plane = node.integers("plane", &[plane as i64]);
        node.emit("Mod", &[&places, &plane], &[node.output(1)], vec![]);
        Ok(())
    }
}

/// A max-pool whose places are read: ONNX counts them over all images and
/// channels, this graph over one channel.
fn with_places(node: &mut Import<'_>) -> Imported {
    if node.proto().flag("storage_order")?.unwrap_or(false) {
        return Err(node.refuse("places counted column by column are not supported"));
    }
    let x = node.real(0)?;
    let shape = node.shape(x);
    let kernel = node.proto().sizes("kernel_shape")?;
    let kernel = kernel.ok_or_else(|| node.refuse("it has no kernel_shape"))?;
    let sides = shape.get(2..).unwrap_or_default();
    let plane: Option<usize> = sides.iter().map(Dim::known).product();
    let plane = plane.and_then(|plane| i32::try_from(plane).ok());
    let plane = plane.ok_or_else(|| node.refuse("its places need images of a known size"))?;
    let window = onnx_window::read(node, &kernel, sides)?;
    let made = node.push(MaxPool { window }, &[x])?;
    let mut planes = node.shape(made[0]);
    planes[2..].fill(Dim::fixed(1));
    let first = Range {
        start: Dim::fixed(0),
        step: plane,
        length: volume(&planes),
    };
    let first = node.add(first, &[])?;
    let first = node.reshape(first, planes)?;
    let places = node.add(Add, &[made[1], first])?;
    Ok(vec![made[0], places])
}
