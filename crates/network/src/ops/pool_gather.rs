//! Takes the numbers at saved places of a plane: the tangent of a max-pool.

use crate::onnx::prelude::*;
use crate::ops::PoolScatter;
use crate::ops::prelude::*;

/// `y[n, c, p] = x[n, c, place[n, c, p]]`; inputs `x` and the places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PoolGather;

impl Operation for PoolGather {
    const NAME: &'static str = "PoolGather";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let [x, places] = inputs else {
            return Err(format!("expected two inputs, found {}", inputs.len()));
        };
        if places.kind != Kind::Integer || x.shape.len() < 2 || x.shape[..2] != places.shape[..2] {
            return Err(format!(
                "input {}, places {}",
                show(&x.shape),
                show(&places.shape)
            ));
        }
        Ok(vec![Type::real(places.shape.clone())])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let plane: usize = inputs[0].shape[2..].iter().product();
        let area: usize = outputs[0].shape[2..].iter().product();
        let (x, places) = (inputs[0].real(), inputs[1].integer());
        for (i, (out, &place)) in outputs[0].real().iter_mut().zip(places).enumerate() {
            *out = x[i / area * plane + place as usize];
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None, None]);
        };
        let sides = back.graph.shape(back.inputs[0])[2..].to_vec();
        Ok(vec![
            Some(back.push(PoolScatter { sides }, &[g, back.inputs[1]])?),
            None,
        ])
    }

    fn examples() -> Vec<Example<Self>> {
        let places = pellucid_core::Tensor::new(vec![1, 2, 2], vec![0, 3, 5, 5]);
        vec![Example::new(Self, &[&[1, 2, 2, 3]]).and_integers(places)]
    }
}

impl OnnxForm for PoolGather {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let [n, c] = [node.shape(0)[0].clone(), node.shape(0)[1].clone()];
        let flat = node.integers("flat", &[0, 0, -1]);
        let plane = node.between("Reshape", &[node.input(0), &flat], vec![]);
        let places = node.between("Reshape", &[node.input(1), &flat], vec![]);
        let axis = vec![AttributeProto::int("axis", 2)];
        let taken = node.between("GatherElements", &[&plane, &places], axis);
        let mut shape = vec![n, c];
        shape.extend_from_slice(&node.result()[2..]);
        node.reshape_to(&taken, &shape)
    }
}
