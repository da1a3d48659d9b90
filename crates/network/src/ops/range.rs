//! Integers in a row: `start, start + step, …`.

use pellucid_core::Tensor;

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// `length` integers from `start` on; it has no inputs. Start and length may
/// depend on the sizes of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// The first integer.
    pub start: Dim,
    /// From one to the next.
    pub step: i32,
    /// How many there are.
    pub length: Dim,
}

/// More numbers than a range of the file may write out.
const MOST: f64 = 1e6;

impl Operation for Range {
    const NAME: &'static str = "Range";
    const RULE: Rule = Rule::Constant;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        if !inputs.is_empty() {
            return Err(format!("expected no input, found {}", inputs.len()));
        }
        Ok(vec![Type::integer(vec![self.length.clone()])])
    }

    fn run<T: Real>(&self, _: &[Input<'_, T>], outputs: &mut [Output<'_, T>], step: &Step<'_, T>) {
        let start = match self.start.evaluate_signed(step.bindings) {
            Ok(start) => start,
            Err(problem) => return step.fail(problem),
        };
        let out = outputs[0].integer();
        for (i, out) in out.iter_mut().enumerate() {
            let number = i64::from(self.step)
                .checked_mul(i as i64)
                .and_then(|far| start.checked_add(far));
            match number.and_then(|number| i32::try_from(number).ok()) {
                Some(number) => *out = number,
                None => return step.fail("it reaches beyond 2^31"),
            }
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        none(back)
    }

    fn examples() -> Vec<Example<Self>> {
        let op = Self {
            start: 4.into(),
            step: -2,
            length: 3.into(),
        };
        vec![Example::new(op, &[])]
    }
}

impl OnnxForm for Range {
    const NAMES: &'static [&'static str] = &["Range"];

    fn import(node: &mut Import<'_>) -> Imported {
        match (node.sizes(0), node.sizes(1), node.sizes(2)) {
            (Ok(start), Ok(end), Ok(step)) => {
                let range = of_sizes(node, [start, end, step])?;
                node.push(range, &[])
            }
            _ => of_numbers(node),
        }
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let step = Dim::fixed(self.step.unsigned_abs() as usize);
        let far = &self.length * &step;
        let end = if self.step < 0 {
            &self.start - &far
        } else {
            &self.start + &far
        };
        let mut scalars = Vec::new();
        for (hint, size) in [("start", &self.start), ("end", &end)] {
            let list = node.sizes(hint, std::slice::from_ref(size))?;
            scalars.push(node.between("Squeeze", &[&list], vec![]));
        }
        let step = node.integers("step", &[i64::from(self.step)]);
        scalars.push(node.between("Squeeze", &[&step], vec![]));
        let inputs: Vec<&str> = scalars.iter().map(String::as_str).collect();
        node.emit("Range", &inputs, &[node.output(0)], vec![]);
        Ok(())
    }
}

/// A range whose bounds are sizes of the run.
fn of_sizes(node: &Import<'_>, bounds: [&Sizes; 3]) -> Result<Range, NetworkError> {
    let single = |sizes: &Sizes| match sizes.data.as_slice() {
        [size] => Ok(size.term()),
        _ => Err(node.refuse("a range needs one start, end and step")),
    };
    let (start, end) = (single(bounds[0])?, single(bounds[1])?);
    let step = match bounds[2].data.as_slice() {
        [Size::Known(step)] => i32::try_from(*step).ok().filter(|&step| step != 0),
        _ => None,
    };
    let step = step.ok_or_else(|| node.refuse("a range needs a known step other than 0"))?;
    let far = if step < 0 {
        &start - &end
    } else {
        &end - &start
    };
    let size = Dim::fixed(step.unsigned_abs() as usize);
    let length = (&far + &(&size - &Dim::fixed(1))).quotient(&size);
    Ok(Range {
        start,
        step,
        length,
    })
}

/// Real numbers in a row, which must be known.
fn of_numbers(node: &mut Import<'_>) -> Imported {
    let (start, end, step) = (node.number(0)?, node.number(1)?, node.number(2)?);
    let count = ((end - start) / step).ceil().max(0.0);
    // A step of 0 gives no number.
    if count.is_nan() || count > MOST {
        return Err(node.refuse(format!("{count} numbers in a row, expected at most {MOST}")));
    }
    let numbers: Vec<f64> = (0..count as usize)
        .map(|i| start + step * i as f64)
        .collect();
    let tensor = Tensor::new(vec![numbers.len()], numbers);
    Ok(vec![node.constant("numbers", tensor.into())])
}
