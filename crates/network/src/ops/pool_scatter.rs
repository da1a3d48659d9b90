//! Adds numbers at saved places of a plane: the adjoint of a max-pool.

use crate::kernels::pool;
use crate::onnx::prelude::*;
use crate::ops::PoolGather;
use crate::ops::prelude::*;

/// `x̄[n, c, place[n, c, p]] += ȳ[n, c, p]`; inputs `ȳ` and the places.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolScatter {
    /// The sides of the plane.
    pub sides: Vec<Dim>,
}

impl Operation for PoolScatter {
    const NAME: &'static str = "PoolScatter";
    const RULE: Rule = Rule::Collect;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let [g, places] = inputs else {
            return Err(format!("expected two inputs, found {}", inputs.len()));
        };
        if places.kind != Kind::Integer || places.shape != g.shape || g.shape.len() < 2 {
            return Err(format!(
                "adjoint {}, places {}",
                show(&g.shape),
                show(&places.shape)
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
        step: &Step<'_, T>,
    ) {
        let plane: usize = outputs[0].shape[2..].iter().product();
        let area: usize = inputs[0].shape[2..].iter().product();
        let (adjoint, places) = (inputs[0].real(), inputs[1].integer());
        pool::scatter(
            plane,
            area,
            adjoint,
            places,
            outputs[0].real(),
            |start, piece| {
                step.finish(start, piece);
            },
        );
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(x) = back.adjoint() else {
            return Ok(vec![None, None]);
        };
        Ok(vec![
            Some(back.push(PoolGather, &[x, back.inputs[1]])?),
            None,
        ])
    }

    fn examples() -> Vec<Example<Self>> {
        let places = pellucid_core::Tensor::new(vec![1, 2, 3], vec![0, 3, 3, 5, 1, 2]);
        vec![
            Example::new(
                Self {
                    sides: vec![2.into(), 3.into()],
                },
                &[&[1, 2, 3]],
            )
            .and_integers(places),
        ]
    }
}

impl OnnxForm for PoolScatter {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let plane: Option<usize> = self.sides.iter().map(Dim::known).product();
        let plane = plane.ok_or_else(|| node.refuse("the sides of the images must be known"))?;
        let flat = node.integers("flat", &[0, 0, -1]);
        let g = node.between("Reshape", &[node.input(0), &flat], vec![]);
        let places = node.between("Reshape", &[node.input(1), &flat], vec![]);
        let mut shape = node.shape(0)[..2].to_vec();
        shape.push(Dim::fixed(plane));
        let shape = node.sizes("shape", &shape)?;
        let zeros = node.between("ConstantOfShape", &[&shape], vec![]);
        let attributes = vec![
            AttributeProto::int("axis", 2),
            AttributeProto::string("reduction", "add"),
        ];
        let sum = node.between("ScatterElements", &[&zeros, &places, &g], attributes);
        node.reshape_to(&sum, node.result())
    }
}
