//! Adds numbers at positions that integers tell, onto zeros: the adjoint of a
//! gather.

use crate::kernels::index;
use crate::onnx::prelude::*;
use crate::ops::Gather;
use crate::ops::prelude::*;

/// Inputs: the numbers to add and the indices.
#[derive(Debug, Clone, PartialEq)]
pub struct GatherAdjoint {
    /// How the indices tell positions.
    pub places: Places,
    /// The shape of the result.
    pub shape: Vec<Dim>,
}

impl Operation for GatherAdjoint {
    const NAME: &'static str = "GatherAdjoint";
    const RULE: Rule = Rule::Collect;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let [numbers, indices] = inputs else {
            return Err(format!(
                "expected numbers and indices, found {}",
                inputs.len()
            ));
        };
        let expected = self.places.pointed_to(&self.shape, indices)?;
        if *numbers != &Type::real(expected.clone()) {
            return Err(format!(
                "expected real numbers {}, found {}",
                show(&expected),
                show(&numbers.shape)
            ));
        }
        Ok(vec![Type::real(self.shape.clone())])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        let indices = inputs[1];
        let shape = outputs[0].shape;
        let out = outputs[0].real();
        out.fill(T::ZERO);
        match self
            .places
            .addresses(shape, indices.shape, indices.integer())
        {
            Ok(at) => index::scatter(&at, inputs[0].real(), out, |a, b| a + b),
            Err(problem) => step.fail(problem),
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let places = self.places;
        let indices = back.inputs[1];
        Ok(vec![
            Some(back.push(Gather { places }, &[g, indices])?),
            None,
        ])
    }

    fn examples() -> Vec<Example<Self>> {
        let pairs = pellucid_core::Tensor::new(vec![2, 2], vec![2, -1, 0, 2]);
        let of = |places, shape: &[usize], numbers: &[usize]| {
            let shape = shape.iter().map(|&side| side.into()).collect();
            Example::new(Self { places, shape }, &[numbers]).and_integers(pairs.clone())
        };
        vec![
            of(Places::Along { axis: 1 }, &[2, 3, 2], &[2, 2, 2, 2]),
            of(Places::Elements { axis: 0 }, &[3, 2], &[2, 2]),
            of(Places::Tuples { batch: 0 }, &[3, 3, 2], &[2, 2]),
        ]
    }
}

impl OnnxForm for GatherAdjoint {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let zero = node.number("zero", 0.0);
        let reduction = AttributeProto::string("reduction", "add");
        match self.places {
            Places::Elements { axis } => {
                let shape = node.sizes("shape", &self.shape)?;
                let zeros = node.between("Expand", &[&zero, &shape], vec![]);
                let inputs = [&zeros, node.input(1), node.input(0)];
                let axis = AttributeProto::int("axis", axis as i64);
                node.emit(
                    "ScatterElements",
                    &inputs,
                    &[node.output(0)],
                    vec![axis, reduction],
                );
                Ok(())
            }
            Places::Tuples { batch: 0 } => {
                let shape = node.sizes("shape", &self.shape)?;
                let zeros = node.between("Expand", &[&zero, &shape], vec![]);
                let inputs = [&zeros, node.input(1), node.input(0)];
                node.emit("ScatterND", &inputs, &[node.output(0)], vec![reduction]);
                Ok(())
            }
            Places::Tuples { .. } => Err(node.refuse("ScatterND has no batch sides")),
            Places::Along { axis } => {
                // The side is brought to the front, where a tuple of one tells it.
                let (rank, count) = (self.shape.len(), node.shape(1).len());
                let front: Vec<usize> = (axis..axis + count)
                    .chain(0..axis)
                    .chain(axis + count..rank - 1 + count)
                    .collect();
                let perm = vec![AttributeProto::sizes("perm", &front)];
                let updates = node.between("Transpose", &[node.input(0)], perm);
                let last = node.integers("last", &[-1]);
                let tuples = node.between("Unsqueeze", &[node.input(1), &last], vec![]);
                let mut sides = self.shape.clone();
                let side = sides.remove(axis);
                sides.insert(0, side);
                let shape = node.sizes("shape", &sides)?;
                let zeros = node.between("Expand", &[&zero, &shape], vec![]);
                let inputs = [zeros.as_str(), &tuples, &updates];
                let sum = node.between("ScatterND", &inputs, vec![reduction]);
                let back: Vec<usize> = (1..=axis).chain([0]).chain(axis + 1..rank).collect();
                let perm = vec![AttributeProto::sizes("perm", &back)];
                node.emit("Transpose", &[&sum], &[node.output(0)], perm);
                Ok(())
            }
        }
    }
}
