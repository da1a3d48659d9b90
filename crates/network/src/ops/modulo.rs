//! What is left of a division, broadcast: `a − b ⌊a / b⌋`, which has the sign
//! of the divisor, or with the quotient cut towards zero (C's `fmod`).

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Div, Mul, Sub};

/// The rest of a division.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Modulo {
    /// Cut the quotient towards zero.
    pub fmod: bool,
}

impl Operation for Modulo {
    const NAME: &'static str = "Modulo";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![alike(inputs, 2)?])
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        if self.fmod {
            map2(a[0], a[1], out, T::rest);
        } else {
            map2(a[0], a[1], out, |a, b| {
                let rest = a.rest(b);
                let other = rest != T::ZERO && (rest < T::ZERO) != (b < T::ZERO);
                if other { rest + b } else { rest }
            });
        }
    }

    fn mixed<T: Real>(
        &self,
        arguments: &[Numbers<'_, T>],
        out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        integers(arguments, out, |[a, b]: [i32; 2]| {
            let rest = a.checked_rem(b)?;
            let other = !self.fmod && rest != 0 && (rest < 0) != (b < 0);
            Some(if other { rest + b } else { rest })
        })
    }

    /// `ā = ȳ`, and `b̄ = −ȳ` times the whole part of the quotient, `(a − y) / b`.
    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let [a, b] = [back.inputs[0], back.inputs[1]];
        let minus = back.push(Sub, &[back.outputs[0], a])?;
        let minus = back.push(Div, &[minus, b])?;
        let minus = finite(back, minus)?;
        let db = back.push(Mul, &[g, minus])?;
        unbroadcast_all(back, vec![Some(g), Some(db)])
    }

    fn examples() -> Vec<Example<Self>> {
        // Quotients between 2.1 and 2.8, and their opposites.
        let of = |fmod, low: f64, high: f64| Example {
            op: Self { fmod },
            inputs: vec![
                ExampleInput::Real {
                    shape: vec![3, 4],
                    low,
                    high,
                },
                ExampleInput::Real {
                    shape: vec![4],
                    low: 0.95,
                    high: 1.0,
                },
            ],
        };
        vec![
            of(true, -2.6, -2.1),
            of(false, -2.6, -2.1),
            of(false, 2.1, 2.6),
        ]
    }
}

impl OnnxForm for Modulo {
    const NAMES: &'static [&'static str] = &["Mod"];

    fn import(node: &mut Import<'_>) -> Imported {
        let inputs = node.alike()?;
        let fmod = node.proto().flag("fmod")?.unwrap_or(false);
        node.push(Self { fmod }, &inputs)
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        if self.fmod || node.kind(0) == Kind::Integer {
            let fmod = AttributeProto::int("fmod", i64::from(self.fmod));
            node.same("Mod", vec![fmod]);
            return Ok(());
        }
        // ONNX has this rest for integers only.
        let [a, b] = [node.input(0), node.input(1)];
        let quotient = node.between("Div", &[a, b], vec![]);
        let whole = node.between("Floor", &[&quotient], vec![]);
        let part = node.between("Mul", &[b, &whole], vec![]);
        node.emit("Sub", &[a, &part], &[node.output(0)], vec![]);
        Ok(())
    }
}
