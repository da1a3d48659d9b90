//! Models of the kinds that users bring: they run, equal to onnxruntime, and
//! every way of explaining them gives finite numbers that add up.

use pellucid_core::Tensor;
use pellucid_network::check::check;
use pellucid_network::graph::Kind;
use pellucid_network::onnx::{self, ImportSettings};
use pellucid_network::transform::{
    Bound, Propagation, Seed, SumRule, deep_lift, fold, gradient, logit, relevance,
    straight_through,
};
use pellucid_network::{Executor, Graph, Real, ValueId};
use pellucid_onnx::Model;

use crate::fixture::{Numbers, difference, fixture, run};
use crate::relevance::balance::settings;

fn names() -> Vec<String> {
    let folder = fixture("brought", "");
    let files = std::fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names
        .filter_map(|name| name.strip_suffix(".onnx").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() > 30, "{names:?}");
    names
}

struct Brought {
    name: String,
    graph: Graph,
    numbers: Numbers,
}

impl Brought {
    fn read(name: &str) -> Self {
        let model = Model::read(fixture("brought", &format!("{name}.onnx"))).unwrap();
        let numbers = Numbers::open(&fixture("brought", &format!("{name}.safetensors")));
        let types = onnx::input_types(&model).unwrap();
        let shapes: Vec<&[usize]> = types
            .iter()
            .map(|(input, _)| numbers.get(&format!("input.{input}")).shape())
            .collect();
        let graph = onnx::import_like(model, &shapes, &ImportSettings::default());
        Self {
            name: name.to_owned(),
            graph: graph.unwrap_or_else(|error| panic!("{name}: {error}")),
            numbers,
        }
    }

    /// The inputs; without what is no finite number, if `tamed`.
    fn inputs<T: Real>(&self, tamed: bool) -> Vec<Tensor<T>> {
        let tame = |x: &T| {
            let finite = x.double().is_finite();
            if tamed && !finite { T::ZERO } else { *x }
        };
        let inputs = self.numbers.inputs::<T>(&self.graph);
        inputs.iter().map(|input| input.map(tame)).collect()
    }

    /// The folded graph with the first class's logit.
    fn explained(&self) -> (Graph, ValueId, Vec<ValueId>) {
        let mut graph = fold(&self.graph).unwrap();
        let output = graph.outputs()[0];
        let of = logit(&mut graph, output, Some(0)).unwrap();
        let inputs = graph.inputs().iter().copied();
        let free =
            inputs.filter(|&id| graph.ty(id).kind == Kind::Real && graph.value(id).name != "mask");
        let free = free.collect();
        (graph, of, free)
    }

    fn is_quantised(&self) -> bool {
        let inputs = self.graph.inputs();
        !straight_through(&self.graph, self.graph.outputs()[0], inputs).is_empty()
    }
}

/// Complains about every model that `problem` finds one of.
fn all(problem: impl Fn(&Brought) -> Option<String>) {
    let found: Vec<String> = names()
        .iter()
        .filter_map(|name| Some(format!("{name}: {}", problem(&Brought::read(name))?)))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn they_give_the_numbers_of_onnxruntime() {
    all(|brought| {
        let found = run(&brought.graph, &brought.inputs::<f32>(false));
        let single = difference(&found[0], brought.numbers.get("output"));
        let found = run(&brought.graph, &brought.inputs::<f64>(false));
        let double = difference(&found[0], brought.numbers.get("output"));
        // Single precision on both sides, sums in another order.
        (single.max(double) > 1e-5).then(|| format!("{single:e} {double:e}"))
    });
}

#[test]
fn what_is_written_of_them_gives_the_same_numbers() {
    all(|brought| {
        let written = match onnx::export(&brought.graph) {
            Ok(model) => model.encode(),
            Err(error) => return Some(error.to_string()),
        };
        let again = onnx::decode(&written).unwrap();
        let inputs = brought.inputs::<f32>(false);
        let (a, b) = (run(&brought.graph, &inputs), run(&again, &inputs));
        let expected = a[0].map(|&x| f64::from(x));
        let off = difference(&b[0], &expected);
        (off > 1e-6).then(|| format!("{off:e}"))
    });
}

#[test]
fn gradients_are_finite_and_those_of_smooth_models_central_differences() {
    all(|brought| {
        let (mut graph, of, free) = brought.explained();
        let gradients = gradient(&mut graph, of, &free, None).unwrap();
        graph.set_outputs(gradients);
        let found = run(&graph, &brought.inputs::<f64>(false));
        let finite = found.iter().flat_map(Tensor::data).all(|x| x.is_finite());
        if !finite {
            return Some("a gradient is not finite".to_owned());
        }
        if brought.is_quantised() {
            let moves = found.iter().flat_map(Tensor::data).any(|&x| x != 0.0);
            return (!moves).then(|| "nothing passes".to_owned());
        }
        let row = check(fixture("brought", &format!("{}.onnx", brought.name)), None);
        let off = row.gradient.unwrap().unwrap();
        // The best of several differences, near kinks.
        (off > 1e-5).then(|| format!("gradient off by {off:e}"))
    });
}

#[test]
fn relevance_is_finite_and_adds_up_by_every_rule() {
    let mut rules = settings();
    rules.push(Propagation::rule(SumRule::Flat));
    rules.push(Propagation::rule(SumRule::Box {
        low: Bound::Number(-4.0),
        high: Bound::Number(4.0),
    }));
    all(|brought| rules.iter().find_map(|rule| imbalance(brought, rule)));
}

/// What is wrong with the relevance of a model.
fn imbalance(brought: &Brought, rule: &Propagation) -> Option<String> {
    let (mut graph, of, free) = brought.explained();
    let made = match relevance(&mut graph, of, &free, rule, Seed::Value) {
        Ok(made) => made,
        Err(error) => return Some(format!("{error} for {rule:?}")),
    };
    let mut outputs = made.maps;
    outputs.extend([made.absorbed, made.stabilised, made.empty, of]);
    graph.set_outputs(outputs);
    let mut found = run(&graph, &brought.inputs::<f64>(false));
    let value = found.pop()?;
    for event in 0..value.data().len() {
        let parts = found.iter().flat_map(|part| {
            let row = part.data().len() / value.data().len();
            &part.data()[event * row..(event + 1) * row]
        });
        let (mut sum, mut size) = (0.0, 0.0);
        for part in parts {
            sum += part;
            size += part.abs();
        }
        let off = (sum - value.data()[event]).abs() / f64::max(size, f64::MIN_POSITIVE);
        // Every account has its own definition; rounding is what is left.
        if off.is_nan() || off > 1e-9 {
            let expected = value.data()[event];
            return Some(format!("event {event}: {sum} of {expected} for {rule:?}"));
        }
    }
    None
}

#[test]
fn deep_lift_is_finite_and_complete() {
    all(|brought| {
        // Where a guard (of a quotient by 0, of a query that may look at nothing)
        // stands in at the event and not on the baseline, what it is worth is no
        // input's share: it is what the residual of the command tells.
        if brought.name.starts_with("angles") || brought.name == "scaled.dynamo" {
            return None;
        }
        let (mut graph, of, free) = brought.explained();
        let inputs = brought.inputs::<f64>(true);
        let baselines: Vec<ValueId> = free
            .iter()
            .map(|&id| graph.input("", graph.ty(id).clone()))
            .collect();
        let made = match deep_lift(&mut graph, of, &free, &baselines) {
            Ok(made) => made,
            Err(error) => return Some(error.to_string()),
        };
        let mut outputs = made.maps;
        outputs.extend([of, made.reference]);
        graph.set_outputs(outputs);
        let mut given = inputs.clone();
        for &id in &free {
            let place = graph.inputs().iter().position(|&other| other == id);
            // Away from where the guards of the models begin.
            given.push(inputs[place.unwrap()].map(|_| 0.125));
        }
        let given: Vec<&Tensor<f64>> = given.iter().collect();
        let found = Executor::<f64>::new(&graph).call(&given).unwrap();
        let [maps @ .., value, reference] = found.as_slice() else {
            return Some("no maps".to_owned());
        };
        let sum: f64 = maps.iter().flat_map(Tensor::data).sum();
        let total = |tensor: &Tensor<f64>| tensor.data().iter().sum::<f64>();
        let difference = total(value) - total(reference);
        let size: f64 = maps.iter().flat_map(Tensor::data).map(|x| x.abs()).sum();
        let off = (sum - difference).abs() / size.max(f64::MIN_POSITIVE);
        (off.is_nan() || off > 1e-6).then(|| format!("{sum} of {difference}, {off:e}"))
    });
}

#[test]
fn weights_kept_as_integers_are_weights() {
    let brought = Brought::read("dq_weights");
    let weights: Vec<usize> = brought
        .graph
        .parameters()
        .iter()
        .map(|&id| brought.graph.data(id).unwrap().shape().iter().product())
        .collect();
    assert_eq!(weights, [30, 12]);
    assert!(!brought.is_quantised());
    for name in ["qdq", "dynq", "qonnx", "static_qdq"] {
        assert!(Brought::read(name).is_quantised(), "{name}");
    }
}
