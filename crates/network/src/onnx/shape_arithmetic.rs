//! Operations on integers, followed while a file is read.

use pellucid_onnx::{DataType, NodeProto};

use crate::onnx::rearrange;
use crate::onnx::sizes::{Size, Sizes, Trouble, binary, broadcast_shape, limit, number};

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
    "NonZero",
    "Trilu",
    "EyeLike",
];

/// What a node on integers computes; `None` if it is not followed.
pub(crate) fn evaluate(
    node: &NodeProto,
    inputs: &[Option<&Sizes>],
) -> Option<Result<Vec<Sizes>, Trouble>> {
    let arguments = Arguments { node, inputs };
    let zero = Sizes::new(vec![], vec![Size::Known(0)]);
    let result = match node.op_type.as_str() {
        "Identity" | "Floor" | "Ceil" => arguments.get(0).cloned(),
        "Cast" => arguments.cast(),
        "Neg" => arguments.get(0).and_then(|a| binary(&zero, a, "Sub")),
        "Not" => arguments.get(0).and_then(|a| binary(a, &zero, "Equal")),
        name @ ("Add" | "Sub" | "Mul" | "Div" | "Mod" | "Min" | "Max" | "Equal" | "Greater"
        | "Less" | "GreaterOrEqual" | "LessOrEqual" | "And" | "Or") => arguments.join(name),
        "Where" => arguments.choose(),
        "Concat" => arguments.concat(),
        "Gather" => arguments.gather(),
        "Slice" => arguments.slice(),
        "Squeeze" => arguments.squeeze(),
        "Unsqueeze" => arguments.unsqueeze(),
        "Reshape" => arguments.reshape(),
        "Flatten" => arguments.flatten(),
        "Transpose" => arguments.transpose(),
        "ReduceProd" => arguments.fold("Mul", 1),
        "ReduceSum" => arguments.fold("Add", 0),
        "Range" => arguments.range(),
        "Expand" => arguments.expand(),
        "Tile" => arguments.tile(),
        "NonZero" => arguments.non_zero(),
        "Trilu" => arguments.trilu(),
        "EyeLike" => arguments.eye_like(),
        "Split" => return Some(arguments.split()),
        _ => return None,
    };
    Some(result.map(|sizes| vec![sizes]))
}

struct Arguments<'a> {
    node: &'a NodeProto,
    inputs: &'a [Option<&'a Sizes>],
}

impl<'a> Arguments<'a> {
    fn get(&self, i: usize) -> Result<&'a Sizes, Trouble> {
        self.inputs
            .get(i)
            .copied()
            .flatten()
            .ok_or_else(|| format!("input {} is missing", i + 1).into())
    }

    fn has(&self, i: usize) -> bool {
        self.inputs.get(i).copied().flatten().is_some()
    }

    fn integers(&self, i: usize) -> Result<Vec<i64>, Trouble> {
        self.get(i)?
            .known()
            .ok_or_else(|| Trouble::Unfollowed(format!("input {} depends on the run", i + 1)))
    }

    /// Input `i`, or the attribute in which older operation sets had it.
    fn setting(&self, i: usize, attribute: &str) -> Result<Option<Vec<i64>>, Trouble> {
        if self.has(i) {
            return self.integers(i).map(Some);
        }
        let ints = self
            .node
            .ints(attribute)
            .map_err(|error| error.to_string())?;
        Ok(ints.map(<[i64]>::to_vec))
    }

    fn attribute(&self, name: &str, default: i64) -> Result<i64, Trouble> {
        Ok(self
            .node
            .int(name)
            .map_err(|error| error.to_string())?
            .unwrap_or(default))
    }

    /// Variadic operations take any number, the others two.
    fn join(&self, name: &str) -> Result<Sizes, Trouble> {
        let mut joined = self.get(0)?.clone();
        let name = match name {
            "Mod" if self.attribute("fmod", 0)? != 0 => "Fmod",
            name => name,
        };
        if !matches!(name, "Min" | "Max") {
            return binary(&joined, self.get(1)?, name);
        }
        for i in 1..self.inputs.len() {
            joined = binary(&joined, self.get(i)?, name)?;
        }
        Ok(joined)
    }

    fn cast(&self) -> Result<Sizes, Trouble> {
        let sizes = self.get(0)?.clone();
        if self.attribute("to", 0)? != i64::from(DataType::Bool.code()) {
            return Ok(sizes);
        }
        let data = sizes.data.iter().map(|size| match size {
            Size::Known(value) => Ok(Size::Known(i64::from(*value != 0))),
            Size::Named(size) => Err(Trouble::Unfollowed(format!(
                "whether the size {size} is 0 depends on the run"
            ))),
        });
        let data = data.collect::<Result<_, _>>()?;
        Ok(Sizes::new(sizes.shape.clone(), data))
    }

    fn choose(&self) -> Result<Sizes, Trouble> {
        let (condition, a, b) = (self.get(0)?, self.get(1)?, self.get(2)?);
        let shape = broadcast_shape(&condition.shape, &broadcast_shape(&a.shape, &b.shape)?)?;
        let (a, b) = (a.broadcast(&shape)?, b.broadcast(&shape)?);
        let condition = condition.broadcast(&shape)?;
        let flags = condition
            .known()
            .ok_or_else(|| Trouble::Unfollowed("the condition depends on the run".to_owned()))?;
        let pairs = a.data.into_iter().zip(b.data).zip(flags);
        let data = pairs.map(|((a, b), flag)| if flag != 0 { a } else { b });
        Ok(Sizes::new(shape, data.collect()))
    }

    fn concat(&self) -> Result<Sizes, Trouble> {
        let parts: Vec<&Sizes> = (0..self.inputs.len())
            .map(|i| self.get(i))
            .collect::<Result<_, _>>()?;
        rearrange::concat(&parts, self.attribute("axis", 0)?)
    }

    fn gather(&self) -> Result<Sizes, Trouble> {
        rearrange::gather(self.get(0)?, self.get(1)?, self.attribute("axis", 0)?)
    }

    fn slice(&self) -> Result<Sizes, Trouble> {
        let from = self.get(0)?;
        let rank = from.shape.len();
        let starts = self.setting(1, "starts")?.unwrap_or_default();
        let ends = self.setting(2, "ends")?.unwrap_or_default();
        let every = || (0..starts.len() as i64).collect();
        let axes = self.setting(3, "axes")?.unwrap_or_else(every);
        let steps = self.setting(4, "steps")?;
        let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
        let lengths = [ends.len(), axes.len(), steps.len()];
        if lengths.iter().any(|&len| len != starts.len()) {
            return Err("starts, ends, axes and steps differ in length".into());
        }
        let parts = (0..starts.len()).map(|i| {
            let axis = rearrange::side(axes[i], rank)?;
            Ok((axis, [starts[i], ends[i], steps[i]]))
        });
        rearrange::slice(from, &parts.collect::<Result<Vec<_>, Trouble>>()?)
    }

    fn squeeze(&self) -> Result<Sizes, Trouble> {
        rearrange::squeeze(self.get(0)?, self.setting(1, "axes")?.as_deref())
    }

    fn unsqueeze(&self) -> Result<Sizes, Trouble> {
        let axes = self.setting(1, "axes")?.unwrap_or_default();
        rearrange::unsqueeze(self.get(0)?, &axes)
    }

    fn reshape(&self) -> Result<Sizes, Trouble> {
        let sides = self.setting(1, "shape")?.unwrap_or_default();
        let keep = self.attribute("allowzero", 0)? == 0;
        rearrange::reshape(self.get(0)?, &sides, keep)
    }

    fn flatten(&self) -> Result<Sizes, Trouble> {
        let from = self.get(0)?;
        let rank = from.shape.len();
        let axis = self.attribute("axis", 1)?;
        let axis = if axis == rank as i64 {
            rank
        } else {
            rearrange::side(axis, rank)?
        };
        let rows: usize = from.shape[..axis].iter().product();
        let columns: usize = from.shape[axis..].iter().product();
        Ok(Sizes::new(vec![rows, columns], from.data.clone()))
    }

    fn transpose(&self) -> Result<Sizes, Trouble> {
        let from = self.get(0)?;
        let given = self.node.sizes("perm").map_err(|error| error.to_string())?;
        let perm = given.unwrap_or_else(|| (0..from.shape.len()).rev().collect());
        rearrange::transpose(from, &perm)
    }

    /// A reduction of all integers, or of one side of a matrix of them.
    fn fold(&self, name: &str, neutral: i64) -> Result<Sizes, Trouble> {
        let from = self.get(0)?;
        let rank = from.shape.len();
        let axes = self.setting(1, "axes")?.unwrap_or_default();
        let axes = axes
            .iter()
            .map(|&axis| rearrange::side(axis, rank))
            .collect::<Result<Vec<_>, _>>()?;
        if !axes.is_empty() && (0..rank).any(|i| !axes.contains(&i) && from.shape[i] != 1) {
            return Err(Trouble::Unfollowed(
                "integers are reduced over all of their sides only".to_owned(),
            ));
        }
        let all = from
            .data
            .iter()
            .try_fold(Size::Known(neutral), |all, next| number(&all, next, name))?;
        let keep = self.attribute("keepdims", 1)? == 1;
        let left = if axes.is_empty() {
            0
        } else {
            rank - axes.len().min(rank)
        };
        let shape = vec![1; if keep { rank } else { left }];
        Ok(Sizes::new(shape, vec![all]))
    }

    fn range(&self) -> Result<Sizes, Trouble> {
        let single = |i: usize| match self.integers(i)?.as_slice() {
            [value] => Ok(*value),
            _ => Err(Trouble::from("a range needs one start, end and step")),
        };
        let (start, end, step) = (single(0)?, single(1)?, single(2)?);
        if step == 0 {
            return Err("a range needs a step other than 0".into());
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

    fn expand(&self) -> Result<Sizes, Trouble> {
        let from = self.get(0)?;
        let shape = self
            .integers(1)?
            .iter()
            .map(|&side| usize::try_from(side).map_err(|_| "a side of a shape is negative".into()))
            .collect::<Result<Vec<_>, Trouble>>()?;
        from.broadcast(&broadcast_shape(&from.shape, &shape)?)
    }

    fn tile(&self) -> Result<Sizes, Trouble> {
        rearrange::tile(self.get(0)?, &self.integers(1)?)
    }

    /// The positions of what is not 0: one row per side.
    fn non_zero(&self) -> Result<Sizes, Trouble> {
        let from = self.get(0)?;
        let numbers = self.integers(0)?;
        let rank = from.shape.len();
        let found: Vec<usize> = (0..numbers.len()).filter(|&i| numbers[i] != 0).collect();
        let mut rows = Vec::with_capacity(rank * found.len());
        for axis in 0..rank {
            let row: usize = from.shape[axis + 1..].iter().product();
            let side = from.shape[axis];
            rows.extend(found.iter().map(|&i| Size::Known((i / row % side) as i64)));
        }
        Ok(Sizes::new(vec![rank, found.len()], rows))
    }

    /// The part of matrices above or below a diagonal, 0 elsewhere.
    fn trilu(&self) -> Result<Sizes, Trouble> {
        let from = self.get(0)?;
        let &[.., rows, columns] = from.shape.as_slice() else {
            return Err("expected matrices".into());
        };
        let given = if self.has(1) {
            self.integers(1)?
        } else {
            vec![0]
        };
        let &[diagonal] = given.as_slice() else {
            return Err("expected one diagonal".into());
        };
        let upper = self.attribute("upper", 1)? != 0;
        let mut made = from.clone();
        for (i, size) in made.data.iter_mut().enumerate() {
            let (row, column) = ((i / columns % rows) as i64, (i % columns) as i64);
            let behind = column.saturating_sub(row) >= diagonal;
            let on = column.saturating_sub(row) == diagonal;
            if !(behind == upper || on) {
                *size = Size::Known(0);
            }
        }
        Ok(made)
    }

    /// 1 on a diagonal of a matrix like the input, 0 elsewhere.
    fn eye_like(&self) -> Result<Sizes, Trouble> {
        let from = self.get(0)?;
        let &[rows, columns] = from.shape.as_slice() else {
            return Err("expected a matrix".into());
        };
        let diagonal = self.attribute("k", 0)?;
        let one = |i: usize| i64::from((i % columns) as i64 - (i / columns) as i64 == diagonal);
        let data = (0..rows * columns).map(|i| Size::Known(one(i))).collect();
        Ok(Sizes::new(from.shape.clone(), data))
    }

    fn split(&self) -> Result<Vec<Sizes>, Trouble> {
        let from = self.get(0)?;
        let axis = rearrange::side(self.attribute("axis", 0)?, from.shape.len())?;
        let len = from.shape[axis];
        let outputs = self.node.output.len().max(1);
        // Without sizes the last part may be shorter, see operation set 18.
        let part = len.div_ceil(outputs);
        let even = |i: usize| part.min(len.saturating_sub(i.saturating_mul(part))) as i64;
        let given = self.setting(1, "split")?;
        let parts = given.unwrap_or_else(|| (0..outputs).map(even).collect());
        rearrange::split(from, axis, &parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Dim;
    use crate::onnx::sizes::{filled, picked};

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
    fn pairs_below_the_diagonal_are_found() {
        let ones = filled(Size::Known(1), &[3, 3]).unwrap();
        let below = NodeProto::new("Trilu", "", &[], &["y"])
            .with(pellucid_onnx::AttributeProto::int("upper", 0));
        let lower = run(&below, &[&ones, &Sizes::new(vec![], vec![Size::Known(-1)])]);
        assert_eq!(lower.known().unwrap(), [0, 0, 0, 1, 0, 0, 1, 1, 0]);
        let pairs = run(&NodeProto::new("NonZero", "", &[], &["y"]), &[&lower]);
        assert_eq!(pairs.shape, [2, 3]);
        assert_eq!(pairs.known().unwrap(), [1, 2, 2, 0, 0, 1]);
        let upper = NodeProto::new("Trilu", "", &[], &["y"]);
        assert_eq!(
            run(&upper, &[&ones]).known().unwrap(),
            [1, 1, 1, 0, 1, 1, 0, 0, 1]
        );
        let eye = run(&NodeProto::new("EyeLike", "", &[], &["y"]), &[&ones]);
        assert_eq!(eye.known().unwrap(), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    }

    #[test]
    fn a_size_of_the_run_equals_no_minus_one_but_may_equal_one() {
        let size = Size::Named(Dim::symbol("particles"));
        assert_eq!(number(&size, &Size::Known(-1), "Equal"), Ok(Size::Known(0)));
        assert_eq!(number(&size, &size, "Equal"), Ok(Size::Known(1)));
        let more = number(&size, &Size::Known(3), "Add").unwrap();
        assert_eq!(number(&size, &more, "Equal"), Ok(Size::Known(0)));
        assert_eq!(number(&size, &more, "Less"), Ok(Size::Known(1)));
        assert_eq!(number(&more, &size, "Min"), Ok(size.clone()));
        assert_eq!(
            number(&size, &Size::Known(i64::MAX), "Min"),
            Ok(size.clone())
        );
        assert_eq!(number(&Size::Known(-1), &size, "Max"), Ok(size.clone()));
        assert!(matches!(
            number(&size, &Size::Known(1), "Equal"),
            Err(Trouble::Unfollowed(_))
        ));
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
