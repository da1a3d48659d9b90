//! Operations on integers, followed while a file is read.
//!
//! Integers of shapes are lists or single numbers, so most rules are those of
//! lists; what goes beyond is refused by name.

use pellucid_onnx::{DataType, NodeProto};

use crate::onnx::sizes::{Size, Sizes, binary, filled, limit, number, picked};

/// The operations that can be followed, for the list of what is supported.
pub(crate) const NAMES: &[&str] = &[
    "Shape",
    "Size",
    "ConstantOfShape",
    "Range",
    "ReduceProd",
    "Mod",
    "Min",
    "Max",
    "Not",
    "And",
    "Or",
    "LessOrEqual",
    "GreaterOrEqual",
    "Floor",
];

/// What a node on integers computes; `None` if it is not followed.
pub(crate) fn evaluate(
    node: &NodeProto,
    inputs: &[Option<&Sizes>],
) -> Option<Result<Vec<Sizes>, String>> {
    let arguments = Arguments { node, inputs };
    let one = |result: Result<Sizes, String>| Some(result.map(|sizes| vec![sizes]));
    match node.op_type.as_str() {
        "Identity" | "Floor" | "Ceil" => one(arguments.get(0).cloned()),
        "Cast" => one(arguments.cast()),
        "Neg" => one(arguments
            .get(0)
            .and_then(|a| map(a, &Size::Known(0), "Sub"))),
        "Not" => one(arguments
            .get(0)
            .and_then(|a| map(a, &Size::Known(0), "Equal"))),
        name @ ("Add" | "Sub" | "Mul" | "Div" | "Mod" | "Min" | "Max" | "Equal" | "Greater"
        | "Less" | "GreaterOrEqual" | "LessOrEqual" | "And" | "Or") => one(arguments
            .get(0)
            .and_then(|a| binary(a, arguments.get(1)?, name))),
        "Where" => one(arguments.choose()),
        "Concat" => one(arguments.concat()),
        "Gather" => one(arguments.gather()),
        "Slice" => one(arguments.slice()),
        "Squeeze" => one(arguments.get(0).cloned().map(Sizes::squeezed)),
        "Unsqueeze" => one(arguments.unsqueeze()),
        "Reshape" => one(arguments.reshape()),
        "Transpose" => one(arguments.transpose()),
        "ReduceProd" => one(arguments.get(0).and_then(|a| arguments.fold(a, "Mul", 1))),
        "ReduceSum" => one(arguments.get(0).and_then(|a| arguments.fold(a, "Add", 0))),
        "Range" => one(arguments.range()),
        "Expand" => one(arguments.expand()),
        "Split" => Some(arguments.split()),
        _ => None,
    }
}

struct Arguments<'a> {
    node: &'a NodeProto,
    inputs: &'a [Option<&'a Sizes>],
}

impl<'a> Arguments<'a> {
    fn get(&self, i: usize) -> Result<&'a Sizes, String> {
        self.inputs
            .get(i)
            .copied()
            .flatten()
            .ok_or_else(|| format!("input {} is missing", i + 1))
    }

    fn integers(&self, i: usize) -> Result<Vec<i64>, String> {
        self.get(i)?
            .known()
            .ok_or_else(|| format!("input {} depends on the run", i + 1))
    }

    /// Input `i`, or the attribute in which older operation sets had it.
    fn setting(&self, i: usize, attribute: &str) -> Result<Option<Vec<i64>>, String> {
        if self.inputs.get(i).copied().flatten().is_some() {
            return self.integers(i).map(Some);
        }
        let ints = self
            .node
            .ints(attribute)
            .map_err(|error| error.to_string())?;
        Ok(ints.map(<[i64]>::to_vec))
    }

    fn attribute(&self, name: &str, default: i64) -> Result<i64, String> {
        Ok(self
            .node
            .int(name)
            .map_err(|error| error.to_string())?
            .unwrap_or(default))
    }

    fn cast(&self) -> Result<Sizes, String> {
        let mut sizes = self.get(0)?.clone();
        if self.attribute("to", 0)? == i64::from(DataType::Bool.code()) {
            for size in &mut sizes.data {
                if let Size::Known(value) = size {
                    *value = i64::from(*value != 0);
                }
            }
        }
        Ok(sizes)
    }

    fn choose(&self) -> Result<Sizes, String> {
        let (condition, a, b) = (self.get(0)?, self.get(1)?, self.get(2)?);
        let flags = self.integers(0)?;
        let longest = [condition, a, b]
            .into_iter()
            .max_by_key(|sizes| sizes.data.len())
            .unwrap_or(a);
        let count = longest.data.len();
        let fits = |n: usize| n == count || n == 1;
        if ![condition, a, b].iter().all(|sizes| fits(sizes.data.len())) {
            return Err("integers of different shapes do not fit".to_owned());
        }
        let pick =
            |sizes: &Sizes, i: usize| sizes.data[if sizes.data.len() == 1 { 0 } else { i }].clone();
        let data = (0..count)
            .map(|i| {
                let flag = flags[if flags.len() == 1 { 0 } else { i }];
                if flag != 0 { pick(a, i) } else { pick(b, i) }
            })
            .collect();
        Ok(Sizes::new(longest.shape.clone(), data))
    }

    fn concat(&self) -> Result<Sizes, String> {
        let mut data = Vec::new();
        for i in 0..self.inputs.len() {
            data.extend(self.get(i)?.clone().flat()?.data);
        }
        limit(data.len())?;
        Ok(Sizes::new(vec![data.len()], data))
    }

    fn gather(&self) -> Result<Sizes, String> {
        let from = self.get(0)?.clone().flat()?;
        let positions = self.get(1)?;
        let data = self
            .integers(1)?
            .iter()
            .map(|&i| {
                let len = from.data.len() as i64;
                let at = usize::try_from(if i < 0 { i.saturating_add(len) } else { i }).ok();
                at.and_then(|at| from.data.get(at).cloned())
                    .ok_or_else(|| format!("there is no entry {i} among {len}"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Sizes::new(positions.shape.clone(), data))
    }

    fn slice(&self) -> Result<Sizes, String> {
        let from = self.get(0)?;
        let need = |list: Option<Vec<i64>>| match list.as_deref() {
            Some([value]) => Ok(*value),
            _ => Err("a slice of integers needs one start, end and step".to_owned()),
        };
        let start = need(self.setting(1, "starts")?)?;
        let end = need(self.setting(2, "ends")?)?;
        let axis = need(Some(self.setting(3, "axes")?.unwrap_or_else(|| vec![0])))?;
        let step = need(Some(self.setting(4, "steps")?.unwrap_or_else(|| vec![1])))?;
        // The first side counts rows of this many integers.
        let row: usize = match (axis, from.shape.as_slice()) {
            (0, [_, rest @ ..]) => rest.iter().product(),
            (-1, [_]) => 1,
            _ => return Err("integers can be sliced along their first side only".to_owned()),
        };
        let picked = picked(from.shape[0], start, end, step)?;
        let data: Vec<Size> = picked
            .iter()
            .flat_map(|&i| from.data[i * row..(i + 1) * row].iter().cloned())
            .collect();
        let mut shape = from.shape.clone();
        shape[0] = picked.len();
        Ok(Sizes::new(shape, data))
    }

    fn unsqueeze(&self) -> Result<Sizes, String> {
        let from = self.get(0)?;
        let axes = self.setting(1, "axes")?.unwrap_or_default();
        let rank = from.shape.len() + axes.len();
        if rank > 8 {
            return Err("integers with more than 8 sides are not followed".to_owned());
        }
        let mut shape = vec![0; rank];
        for axis in axes {
            let at = usize::try_from(if axis < 0 {
                axis.saturating_add(rank as i64)
            } else {
                axis
            });
            match at.ok().and_then(|at| shape.get_mut(at)) {
                Some(side @ 0) => *side = 1,
                _ => return Err(format!("there is no new side {axis} of {rank}")),
            }
        }
        let mut old = from.shape.iter();
        for side in &mut shape {
            if *side == 0 {
                *side = *old.next().unwrap_or(&1);
            }
        }
        Ok(Sizes::new(shape, from.data.clone()))
    }

    fn reshape(&self) -> Result<Sizes, String> {
        let from = self.get(0)?;
        let sides = match self.inputs.get(1).copied().flatten() {
            Some(sizes) => sizes.known(),
            None => self.setting(1, "shape")?,
        };
        let sides = sides.ok_or("a shape of integers depends on the run")?;
        let count = from.data.len();
        let refuse = || format!("{count} integers do not fit the shape {sides:?}");
        let mut rest = count;
        for &side in sides.iter().filter(|&&side| side != -1) {
            let side = usize::try_from(side)
                .ok()
                .filter(|&side| side > 0)
                .ok_or_else(refuse)?;
            rest = if rest % side == 0 {
                rest / side
            } else {
                return Err(refuse());
            };
        }
        let shape: Vec<usize> = sides
            .iter()
            .map(|&side| if side == -1 { rest } else { side as usize })
            .collect();
        let volume = shape
            .iter()
            .try_fold(1_usize, |volume, &side| volume.checked_mul(side));
        if volume != Some(count) {
            return Err(refuse());
        }
        Ok(Sizes::new(shape, from.data.clone()))
    }

    fn transpose(&self) -> Result<Sizes, String> {
        let from = self.get(0)?;
        match from.shape.as_slice() {
            [] | [_] => Ok(from.clone()),
            &[rows, columns] => {
                let data = (0..columns)
                    .flat_map(|j| (0..rows).map(move |i| from.data[i * columns + j].clone()))
                    .collect();
                Ok(Sizes::new(vec![columns, rows], data))
            }
            _ => Err("integers with more than two sides are not transposed".to_owned()),
        }
    }

    fn fold(&self, from: &Sizes, name: &str, neutral: i64) -> Result<Sizes, String> {
        let all = from
            .data
            .iter()
            .try_fold(Size::Known(neutral), |all, next| number(&all, next, name))?;
        let shape = if self.attribute("keepdims", 1)? == 1 {
            vec![1; from.shape.len()]
        } else {
            vec![]
        };
        Ok(Sizes::new(shape, vec![all]))
    }

    fn range(&self) -> Result<Sizes, String> {
        let single = |i: usize| match self.integers(i)?.as_slice() {
            [value] => Ok(*value),
            _ => Err("a range needs one start, end and step".to_owned()),
        };
        let (start, end, step) = (single(0)?, single(1)?, single(2)?);
        if step == 0 {
            return Err("a range needs a step other than 0".to_owned());
        }
        let count = (i128::from(end) - i128::from(start)).div_euclid(i128::from(step));
        limit(usize::try_from(count.max(0)).unwrap_or(usize::MAX))?;
        let mut values = Vec::new();
        let mut value = start;
        while (step > 0 && value < end) || (step < 0 && value > end) {
            values.push(value);
            value = value.saturating_add(step);
        }
        Ok(Sizes::list(&values))
    }

    fn expand(&self) -> Result<Sizes, String> {
        let from = self.get(0)?;
        let shape = self.integers(1)?;
        match (from.data.as_slice(), shape.as_slice()) {
            ([only], [count]) => filled(only.clone(), &[*count]),
            _ if shape.iter().all(|&side| side == 1) && shape.len() <= from.shape.len() => {
                Ok(from.clone())
            }
            _ => Err("only single integers are expanded to lists".to_owned()),
        }
    }

    fn split(&self) -> Result<Vec<Sizes>, String> {
        let from = self.get(0)?.clone().flat()?;
        let outputs = self.node.output.len().max(1);
        let parts = match self.setting(1, "split")? {
            Some(parts) => parts,
            None if from.data.len() % outputs == 0 => {
                vec![(from.data.len() / outputs) as i64; outputs]
            }
            None => return Err("integers do not split evenly".to_owned()),
        };
        let mut rest = from.data.as_slice();
        parts
            .iter()
            .map(|&part| {
                let part = usize::try_from(part)
                    .ok()
                    .filter(|&part| part <= rest.len());
                let (front, back) = rest.split_at(part.ok_or("integers do not split so")?);
                rest = back;
                Ok(Sizes::new(vec![front.len()], front.to_vec()))
            })
            .collect()
    }
}

fn map(a: &Sizes, with: &Size, name: &str) -> Result<Sizes, String> {
    let single = Sizes::new(vec![], vec![with.clone()]);
    if name == "Sub" {
        binary(&single, a, name)
    } else {
        binary(a, &single, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Dim;

    fn run(node: &NodeProto, inputs: &[&Sizes]) -> Sizes {
        let inputs: Vec<Option<&Sizes>> = inputs.iter().map(|&sizes| Some(sizes)).collect();
        evaluate(node, &inputs).unwrap().unwrap().remove(0)
    }

    #[test]
    fn the_size_of_a_view_is_followed() {
        let node = |name: &str| NodeProto::new(name, "", &[], &["y"]);
        let shape = Sizes::new(
            vec![3],
            vec![
                Size::Named(Dim::symbol("batch")),
                Size::Known(4),
                Size::Known(5),
            ],
        );
        let zero = Sizes::new(vec![], vec![Size::Known(0)]);
        let batch = run(&node("Gather"), &[&shape, &zero]);
        assert_eq!(batch.shape, [0_usize; 0]);
        let batch = run(&node("Unsqueeze"), &[&batch, &Sizes::list(&[0])]);
        let target = run(&node("Concat"), &[&batch, &Sizes::list(&[-1])]);
        assert_eq!(
            target.data,
            [Size::Named(Dim::symbol("batch")), Size::Known(-1)]
        );
        let volume = run(&node("ReduceProd"), &[&shape]);
        assert_eq!(
            volume.data,
            [Size::Named(&Dim::symbol("batch") * &Dim::fixed(20))]
        );
        let back = run(&node("Div"), &[&volume, &Sizes::list(&[20])]);
        assert_eq!(back.data, [Size::Named(Dim::symbol("batch"))]);
    }

    #[test]
    fn slices_follow_numpy() {
        assert_eq!(picked(5, 1, 4, 1).unwrap(), [1, 2, 3]);
        assert_eq!(picked(5, -2, i64::MAX, 1).unwrap(), [3, 4]);
        assert_eq!(picked(5, -1, i64::MIN, -2).unwrap(), [4, 2, 0]);
        assert_eq!(picked(0, -1, 9, 1).unwrap(), [0; 0]);
        assert!(picked(5, 0, 1, 0).is_err());
    }

    #[test]
    fn malicious_sizes_are_refused() {
        assert!(filled(Size::Known(0), &[1 << 40]).is_err());
        assert!(filled(Size::Known(0), &[i64::MAX, i64::MAX]).is_err());
        let range = NodeProto::new("Range", "", &[], &["y"]);
        let inputs = [0, i64::MAX, 1].map(|x| Sizes::new(vec![], vec![Size::Known(x)]));
        let inputs: Vec<Option<&Sizes>> = inputs.iter().map(Some).collect();
        assert!(evaluate(&range, &inputs).unwrap().is_err());
        assert!(number(&Size::Known(i64::MIN), &Size::Known(-1), "Div").is_err());
        assert!(number(&Size::Known(i64::MIN), &Size::Known(-1), "Mod").is_err());
    }
}
