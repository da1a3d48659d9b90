//! Small files of jets and models, and the command run on them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pellucid_core::{Tensor, random};
use pellucid_data::npz::{self, Array};
use pellucid_network::layers::{Activation, Architecture};
use pellucid_pipeline::input_spec::{InputSpec, KEY};
use pellucid_pipeline::recipe::write_model;

/// Runs `pellucid` with these arguments.
pub fn pellucid(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args(arguments)
        .output()
        .unwrap()
}

/// The exit code and what was said on the standard error.
pub fn refusal(arguments: &[&str]) -> (i32, String) {
    let output = pellucid(arguments);
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Jets of two kinds as flat arrays with offsets: signal of two prongs,
/// background of one.
#[derive(Clone)]
pub struct Jets {
    pub label: Vec<i64>,
    pub offsets: Vec<i64>,
    pub pt: Vec<f64>,
    pub y: Vec<f64>,
    pub phi: Vec<f64>,
}

impl Jets {
    /// `n` jets, every second one signal.
    pub fn draw(n: usize) -> Self {
        let mut jets = Self {
            label: vec![],
            offsets: vec![0],
            pt: vec![],
            y: vec![],
            phi: vec![],
        };
        for i in 0..n {
            let mut rng = random::stream(5, i as u64);
            let signal = i % 2 == 0;
            let mut normal = || random::normal(&mut rng);
            for k in 0..12 {
                let prong = if signal && k % 2 == 1 {
                    0.4 + 0.1 * normal()
                } else {
                    0.0
                };
                jets.pt.push((3.0 + normal()).exp());
                jets.y.push(0.1 * normal());
                jets.phi.push(prong + 0.1 * normal());
            }
            jets.label.push(i64::from(signal));
            jets.offsets.push(jets.pt.len() as i64);
        }
        jets
    }

    /// Writes them as NPZ.
    pub fn write(&self, path: &Path) -> PathBuf {
        let integers = |x: &[i64]| Array::I64(Tensor::new(vec![x.len()], x.to_vec()));
        let floats = |x: &[f64]| Array::F64(Tensor::new(vec![x.len()], x.to_vec()));
        npz::write(
            path,
            &[
                ("label", integers(&self.label)),
                ("offsets", integers(&self.offsets)),
                ("part_pt", floats(&self.pt)),
                ("part_y", floats(&self.y)),
                ("part_phi", floats(&self.phi)),
            ],
        )
        .unwrap();
        path.to_owned()
    }
}

/// A small untrained tagger on three observables, or one without input
/// specification.
pub fn model(path: &Path, with_spec: bool) -> PathBuf {
    let spec: InputSpec = pellucid_pipeline::settings::parse(
        "[inputs.x]\nkind = \"scalars\"\nobservables = [\"girth\", \"lha\", \"ptd\"]\n",
    )
    .unwrap();
    let mut graph = Architecture::dense(&[8], Activation::Relu)
        .score(true)
        .build(&[3], 1, 3)
        .unwrap();
    if with_spec {
        graph.metadata.push((KEY.to_owned(), spec.to_toml()));
    }
    write_model(&graph, path).unwrap();
    path.to_owned()
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
