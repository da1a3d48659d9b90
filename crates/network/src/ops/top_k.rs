//! The `k` largest (or smallest) numbers of every line along a side, best
//! first, and their positions. Of equals the first comes first; what is not a
//! number counts as the largest.

use crate::kernels::index;
use crate::kernels::lines::Lines;
use crate::onnx::prelude::*;
use crate::ops::GatherAdjoint;
use crate::ops::prelude::*;

/// Outputs: the numbers, and their positions along the side.
#[derive(Debug, Clone, PartialEq)]
pub struct TopK {
    /// The side.
    pub axis: usize,
    /// How many.
    pub k: Dim,
    /// Whether the largest are wanted, or the smallest.
    pub largest: bool,
}

/// Whether `a` is to stand before `b`, which comes later in the line.
#[inline]
fn before<T: Real>(largest: bool, a: T, b: T) -> bool {
    if largest {
        a.is_nan() || a >= b
    } else {
        b.is_nan() || a <= b
    }
}

/// Writes the places of the best numbers of a line, best first.
fn select<T: Real>(largest: bool, line: &[T], places: &mut [i32]) {
    let k = places.len();
    if k == 0 {
        return;
    }
    // Few of many: each number that beats the last one kept moves up.
    if k <= 32 || k * 8 < line.len() {
        let mut kept = 0;
        for (i, &x) in line.iter().enumerate() {
            if kept == k && before(largest, line[places[k - 1] as usize], x) {
                continue;
            }
            let mut at = if kept < k { kept } else { k - 1 };
            while at > 0 && !before(largest, line[places[at - 1] as usize], x) {
                places[at] = places[at - 1];
                at -= 1;
            }
            places[at] = i as i32;
            kept = (kept + 1).min(k);
        }
        return;
    }
    let mut order: Vec<i32> = (0..line.len() as i32).collect();
    order.sort_by(|&i, &j| {
        let (a, b) = (line[i as usize], line[j as usize]);
        match (before(largest, a, b), before(largest, b, a)) {
            (true, false) => std::cmp::Ordering::Less,
            (false, true) => std::cmp::Ordering::Greater,
            _ => std::cmp::Ordering::Equal,
        }
    });
    places.copy_from_slice(&order[..k]);
}

impl Operation for TopK {
    const NAME: &'static str = "TopK";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one_real(inputs)?;
        let mut shape = input.shape.clone();
        let side = shape
            .get_mut(self.axis)
            .ok_or_else(|| format!("no side {} in {}", self.axis, show(&input.shape)))?;
        if let (Some(k), Some(side)) = (self.k.known(), side.known())
            && k > side
        {
            return Err(format!("there are no {k} numbers along a side of {side}"));
        }
        *side = self.k.clone();
        Ok(vec![Type::real(shape.clone()), Type::integer(shape)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        let x = inputs[0];
        let [values, places] = outputs else { return };
        let (k, side) = (places.shape[self.axis], x.shape[self.axis]);
        if k > side {
            let problem = format!("there are no {k} numbers along a side of {side}");
            places.integer().fill(0);
            return step.fail(problem);
        }
        Lines::new(x.shape, self.axis).map(x.real(), places.integer(), k, |line, places| {
            select(self.largest, line, places);
        });
        let elements = Places::Elements { axis: self.axis };
        match elements.addresses(x.shape, values.shape, places.integer()) {
            Ok(at) => index::gather(&at, x.real(), values.real()),
            Err(problem) => step.fail(problem),
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let adjoint = GatherAdjoint {
            places: Places::Elements { axis: self.axis },
            shape: back.graph.shape(back.inputs[0]).to_vec(),
        };
        Ok(vec![Some(back.push(adjoint, &[g, back.outputs[1]])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let of = |axis, k: usize, largest| Self {
            axis,
            k: k.into(),
            largest,
        };
        vec![
            Example::new(of(1, 2, true), &[&[3, 5]]),
            Example::new(of(0, 2, false), &[&[4, 3]]),
        ]
    }
}

impl OnnxForm for TopK {
    const NAMES: &'static [&'static str] = &["TopK"];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = node.either(0)?;
        let rank = node.shape(x).len();
        let axis = node.axis(node.proto().int("axis")?.unwrap_or(-1), rank)?;
        // Before operation set 10 an attribute.
        let k = match node.proto().int("k")? {
            Some(k) => Size::Known(k).dim(),
            None => match node.sizes(1)?.data.as_slice() {
                [k] => k.dim(),
                _ => None,
            },
        };
        let k = k.ok_or_else(|| node.refuse("expected one k that is not negative"))?;
        let largest = node.proto().flag("largest")?.unwrap_or(true);
        node.push(Self { axis, k, largest }, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let k = node.sizes("k", std::slice::from_ref(&self.k))?;
        let attributes = vec![
            AttributeProto::int("axis", self.axis as i64),
            AttributeProto::int("largest", i64::from(self.largest)),
        ];
        // Runtimes want a name for both outputs, read or not.
        let unread = [0, 1].map(|i| (!node.needs(i)).then(|| node.temporary("unread")));
        let name = |i: usize| unread[i].as_deref().unwrap_or(node.output(i));
        let outputs = [name(0), name(1)];
        node.emit("TopK", &[node.input(0), &k], &outputs, attributes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_selected_alike() {
        let line: Vec<f64> = (0..200).map(|i| f64::from(i * 7919 % 101)).collect();
        for largest in [true, false] {
            let mut few = vec![0; 20];
            let mut many = vec![0; 100];
            select(largest, &line, &mut few);
            select(largest, &line, &mut many);
            assert_eq!(few, many[..20]);
            for pair in many.windows(2) {
                let [a, b] = [line[pair[0] as usize], line[pair[1] as usize]];
                assert!(if largest { a > b } else { a < b } || a == b && pair[0] < pair[1]);
            }
        }
        let mut places = [0; 2];
        select(true, &[1.0, f64::NAN, 3.0], &mut places);
        assert_eq!(places, [1, 2]);
        select(false, &[1.0, f64::NAN, 3.0], &mut places);
        assert_eq!(places, [0, 2]);
    }
}
