//! The transpose of an average pool: every window's adjoint is shared
//! equally among the numbers it averaged.

use crate::kernels::pool;
use crate::onnx::prelude::*;
use crate::ops::AveragePool;
use crate::ops::prelude::*;

/// Adjoint of [`AveragePool`].
#[derive(Debug, Clone, PartialEq)]
pub struct AveragePoolInput {
    /// The pool.
    pub pool: AveragePool,
    /// The spatial sides of the pool's input.
    pub sides: Vec<Dim>,
}

impl Operation for AveragePoolInput {
    const NAME: &'static str = "AveragePoolInput";
    const RULE: Rule = Rule::Pool;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let g = one_real(inputs)?;
        self.pool.window.check()?;
        if g.shape.len() != self.sides.len() + 2 {
            return Err(format!(
                "adjoint {} of a pool over {}",
                show(&g.shape),
                show(&self.sides)
            ));
        }
        let mut shape = g.shape[..2].to_vec();
        shape.extend(self.sides.iter().cloned());
        Ok(vec![Type::real(shape)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let adjoint = inputs[0];
        let channels = adjoint.shape[1];
        let window = &self.pool.window;
        let g = window.geometry(outputs[0].shape, adjoint.shape, 1, channels, channels);
        pool::average_back(&g, self.pool.counted(&g), adjoint.real(), outputs[0].real());
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(x) = back.adjoint() else {
            return Ok(vec![None]);
        };
        Ok(vec![Some(back.push(self.pool.clone(), &[x])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let pool = AveragePool {
            window: Window::new(&[2, 2]).stride(&[2, 2]),
            count_pad: false,
        };
        vec![Example::new(
            Self {
                pool,
                sides: vec![4.into(), 5.into()],
            },
            &[&[2, 2, 2, 2]],
        )]
    }
}

impl OnnxForm for AveragePoolInput {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let known = |shape: &[Dim]| shape.iter().map(Dim::known).collect::<Option<Vec<usize>>>();
        let (Some(adjoint), Some(sides)) = (known(&node.shape(0)[1..]), known(&self.sides)) else {
            return Err(node.refuse("the channels and sides of the images must be known"));
        };
        let channels = adjoint[0];
        let (mut input, mut output) = (vec![1, channels], vec![1]);
        input.extend(sides);
        output.extend(&adjoint);
        // Every window's share, then a transposed convolution with ones.
        let g = self
            .pool
            .window
            .geometry(&input, &output, 1, channels, channels);
        let shares: Vec<f32> = (0..g.area())
            .map(|at| pool::divisor(&g, at, self.pool.counted(&g)))
            .map(|count| (1.0 / count) as f32)
            .collect();
        let plane = [&[1, 1], &adjoint[1..]].concat();
        let shares = node.numbers("shares", &plane, &shares);
        let shared = node.between("Mul", &[node.input(0), &shares], vec![]);
        let kernel = [&[channels, 1], self.pool.window.kernel.as_slice()].concat();
        let ones = node.ones(&kernel)?;
        let attributes = onnx_window::transposed(node, &self.pool.window, &self.sides, channels)?;
        node.emit(
            "ConvTranspose",
            &[&shared, &ones],
            &[node.output(0)],
            attributes,
        );
        Ok(())
    }
}
