//! The upper or lower triangle of matrices, 0 elsewhere.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Keeps `x[…, i, j]` where `j − i ≥ k` (upper) or `j − i ≤ k` (lower).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trilu {
    /// Which triangle stays.
    pub upper: bool,
    /// The diagonal at its edge: 0 is the main one, 1 the one above.
    pub k: i64,
}

impl Operation for Trilu {
    const NAME: &'static str = "Trilu";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one_real(inputs)?;
        if input.shape.len() < 2 {
            return Err(format!("expected matrices, found {}", show(&input.shape)));
        }
        Ok(vec![input.clone()])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let shape = inputs[0].shape;
        let [rows, columns] = [shape[shape.len() - 2], shape[shape.len() - 1]];
        let out = outputs[0].real();
        out.copy_from_slice(inputs[0].real());
        for (i, out) in out.chunks_exact_mut(columns.max(1)).enumerate() {
            // The first column on or above the diagonal, which is the last one kept below.
            let edge = ((i % rows) as i64).saturating_add(self.k);
            let cut = |at: i64| at.clamp(0, columns as i64) as usize;
            if self.upper {
                out[..cut(edge)].fill(T::ZERO);
            } else {
                out[cut(edge.saturating_add(1))..].fill(T::ZERO);
            }
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        Ok(vec![Some(back.push(*self, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let of = |upper, k| Self { upper, k };
        vec![
            Example::new(of(true, 0), &[&[2, 3, 4]]),
            Example::new(of(false, -1), &[&[3, 3]]),
        ]
    }
}

impl OnnxForm for Trilu {
    const NAMES: &'static [&'static str] = &["Trilu"];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = node.either(0)?;
        let k = if node.has(1) {
            node.integers(1)?
        } else {
            vec![0]
        };
        let &[k] = k.as_slice() else {
            return Err(node.refuse("expected one diagonal"));
        };
        let upper = node.proto().flag("upper")?.unwrap_or(true);
        node.push(Self { upper, k }, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let k = node.integers("k", &[self.k]);
        let upper = AttributeProto::int("upper", i64::from(self.upper));
        node.emit(
            "Trilu",
            &[node.input(0), &k],
            &[node.output(0)],
            vec![upper],
        );
        Ok(())
    }
}
