//! The models of `fixtures/onnx` and the numbers that belong to them.

use std::path::PathBuf;

use pellucid_core::Tensor;
use pellucid_network::{Executor, Graph, Real, onnx};
use safetensors::{Dtype, SafeTensors};

/// The models that PyTorch's exporters wrote.
pub const MODELS: [&str; 10] = [
    "mlp",
    "activations",
    "cnn1d",
    "cnn2d",
    "pooling",
    "views",
    "multi_input",
    "arithmetic",
    "tagger",
    "deep_sets",
];
/// The exporters.
pub const EXPORTERS: [&str; 2] = ["legacy", "dynamo"];
/// The operation sets of the models with one operation per output.
pub const OPSETS: [&str; 18] = [
    "further.opset7",
    "further.opset9",
    "further.opset10",
    "further.opset11",
    "further.opset13",
    "further.opset18",
    "further.opset19",
    "further.opset21",
    "further.opset23",
    "further.opset24",
    "operators.opset9",
    "operators.opset10",
    "operators.opset11",
    "operators.opset13",
    "operators.opset16",
    "operators.opset18",
    "operators.opset20",
    "operators.opset21",
];

/// Every ONNX file.
pub fn files() -> Vec<String> {
    let mut files: Vec<String> = OPSETS.iter().map(|name| format!("{name}.onnx")).collect();
    for model in MODELS {
        files.extend(
            EXPORTERS
                .iter()
                .map(|exporter| format!("{model}.{exporter}.onnx")),
        );
    }
    files
}

/// A file of a folder of fixtures.
pub fn fixture(folder: &str, file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/fixtures", folder, file]
        .iter()
        .collect()
}

pub fn path(file: &str) -> PathBuf {
    fixture("onnx", file)
}

pub fn graph(file: &str) -> Graph {
    onnx::read(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Named tensors, all in double precision, which holds both kinds exactly.
pub struct Numbers {
    tensors: Vec<(String, Tensor<f64>)>,
    pub exact: Vec<String>,
}

impl Numbers {
    pub fn read(name: &str) -> Self {
        Self::open(&path(&format!("{name}.safetensors")))
    }

    pub fn open(path: &std::path::Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let exact = header
            .metadata()
            .iter()
            .flatten()
            .filter(|(_, value)| *value == "yes");
        let exact = exact.map(|(key, _)| key.clone()).collect();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file.iter().map(|(name, view)| {
            let data = match view.dtype() {
                Dtype::F32 => {
                    let (words, _) = view.data().as_chunks();
                    words
                        .iter()
                        .map(|&word| f64::from(f32::from_le_bytes(word)))
                        .collect()
                }
                Dtype::F64 => {
                    let (words, _) = view.data().as_chunks();
                    words.iter().map(|&word| f64::from_le_bytes(word)).collect()
                }
                other => panic!("{}: {name}: {other:?}", path.display()),
            };
            (name.to_owned(), Tensor::new(view.shape().to_vec(), data))
        });
        Self {
            tensors: tensors.collect(),
            exact,
        }
    }

    pub fn get(&self, name: &str) -> &Tensor<f64> {
        let found = self.tensors.iter().find(|(other, _)| other == name);
        &found.unwrap_or_else(|| panic!("no {name}")).1
    }

    /// The inputs of a graph, in its order.
    pub fn inputs<T: Real>(&self, graph: &Graph) -> Vec<Tensor<T>> {
        let names = graph.inputs().iter().map(|&id| &graph.value(id).name);
        names
            .map(|name| self.get(&format!("input.{name}")).map(|&x| T::of(x)))
            .collect()
    }
}

/// All outputs of a graph.
pub fn run<T: Real>(graph: &Graph, inputs: &[Tensor<T>]) -> Vec<Tensor<T>> {
    let inputs: Vec<&Tensor<T>> = inputs.iter().collect();
    Executor::new(graph).call(&inputs).unwrap()
}

/// The largest difference, of the largest number.
pub fn difference<T: Real>(found: &Tensor<T>, expected: &Tensor<f64>) -> f64 {
    assert_eq!(found.shape(), expected.shape());
    let largest = expected
        .data()
        .iter()
        .fold(f64::MIN_POSITIVE, |max, x| max.max(x.abs()));
    let differences = found.data().iter().zip(expected.data()).map(|(a, b)| {
        let difference = (a.double() - b).abs();
        if difference.is_nan() {
            f64::INFINITY
        } else {
            difference
        }
    });
    differences.fold(0.0, f64::max) / largest
}
