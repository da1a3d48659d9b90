//! Gaussian error linear unit: `x Φ(x)`, exactly or by its tanh form;
//! D. Hendrycks, K. Gimpel, arXiv:1606.08415, section 2.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Add, Erf, Exp, Mul, Neg, Sub, Tanh};

/// Gaussian error linear unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gelu {
    /// Use `½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))` in the place of `x Φ(x)`.
    pub tanh: bool,
}

/// `√(2/π)`.
const SCALE: f64 = 0.797_884_560_802_865_4;
const CUBE: f64 = 0.044715;

impl Operation for Gelu {
    const NAME: &'static str = "Gelu";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        let half = T::of(0.5);
        if self.tanh {
            let (scale, cube) = (T::of(SCALE), T::of(CUBE));
            map1(a[0], out, |x| {
                half * x * (T::ONE + (scale * (x + cube * x * x * x)).tanh())
            });
        } else {
            let root = T::of(std::f64::consts::FRAC_1_SQRT_2);
            map1(a[0], out, |x| half * x * (T::ONE + (x * root).erf()));
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let x = back.inputs[0];
        let (half, one) = (back.graph.scalar(0.5), back.graph.scalar(1.0));
        let square = back.push(Mul, &[x, x])?;
        // y = x c(x): the slope is c + x c'.
        let (odd, bend) = if self.tanh {
            let (scale, cube) = (back.graph.scalar(SCALE), back.graph.scalar(CUBE));
            let inner = back.push(Mul, &[square, cube])?;
            let inner = back.push(Add, &[inner, one])?;
            let inner = back.push(Mul, &[inner, x])?;
            let inner = back.push(Mul, &[inner, scale])?;
            let t = back.push(Tanh, &[inner])?;
            let steep = back.push(Mul, &[t, t])?;
            let steep = back.push(Sub, &[one, steep])?;
            let triple = back.graph.scalar(3.0 * CUBE);
            let slope = back.push(Mul, &[square, triple])?;
            let slope = back.push(Add, &[slope, one])?;
            let slope = back.push(Mul, &[slope, scale])?;
            let slope = back.push(Mul, &[slope, steep])?;
            (t, back.push(Mul, &[slope, half])?)
        } else {
            let root = back.graph.scalar(std::f64::consts::FRAC_1_SQRT_2);
            let inner = back.push(Mul, &[x, root])?;
            let erf = back.push(Erf, &[inner])?;
            let exponent = back.push(Mul, &[square, half])?;
            let exponent = back.push(Neg, &[exponent])?;
            let bell = back.push(Exp, &[exponent])?;
            let norm = back.graph.scalar(SCALE / 2.0);
            (erf, back.push(Mul, &[bell, norm])?)
        };
        let share = back.push(Add, &[odd, one])?;
        let share = back.push(Mul, &[share, half])?;
        let bend = back.push(Mul, &[x, bend])?;
        let slope = back.push(Add, &[share, bend])?;
        Ok(vec![Some(back.push(Mul, &[g, slope])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self { tanh: false }, &[&[3, 4]]),
            Example::new(Self { tanh: true }, &[&[3, 4]]),
        ]
    }
}

impl OnnxForm for Gelu {
    const NAMES: &'static [&'static str] = &["Gelu"];

    fn import(node: &mut Import<'_>) -> Imported {
        let tanh = match node.proto().string("approximate")?.unwrap_or("none") {
            "none" => false,
            "tanh" => true,
            other => return Err(node.refuse(format!("the approximation `{other}` is not known"))),
        };
        let inputs = node.reals()?;
        node.push(Self { tanh }, &inputs)
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let form = if self.tanh { "tanh" } else { "none" };
        node.same("Gelu", vec![AttributeProto::string("approximate", form)]);
        Ok(())
    }
}
