//! Foreign input specifications against weaver's own definitions, which
//! `fixtures/weaver/definitions.py` writes down in NumPy.

use std::path::{Path, PathBuf};

use pellucid_core::{Inputs, Job, Tensor};
use pellucid_data::npz::{Array, read_arrays};
use pellucid_explain::{Explained, Inference};
use pellucid_observables::jets::property::Property;
use pellucid_observables::particles::Missing;
use pellucid_observables::{Jets, Representation};
use pellucid_pipeline::input_spec::{Input, InputSpec, SpecFile};
use pellucid_pipeline::settings;
use pellucid_pipeline::source::{DataSettings, Source};
use pellucid_pipeline::tagger::Tagger;

/// Single precision, of files and of inputs.
const TOLERANCE: f32 = 1e-6;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/weaver")
        .join(name)
}

fn jets(path: &Path, properties: &[Property]) -> Inputs {
    let source = Source::without_truth(&[path.to_owned()], &DataSettings::default()).unwrap();
    let source = source.telling(properties.iter().copied()).unwrap();
    source.read_all(&Job::silent()).unwrap().0.inputs
}

fn expected(name: &str) -> Tensor<f32> {
    let arrays = read_arrays(&fixture("expected.npz")).unwrap();
    let found = arrays.into_iter().find(|(other, _)| other == name);
    match found {
        Some((_, Array::F32(tensor))) => tensor,
        other => panic!("{name}: {other:?}"),
    }
}

fn same(what: &str, found: &Tensor<f32>, wanted: &Tensor<f32>) {
    assert_eq!(found.shape(), wanted.shape(), "{what}");
    for (i, (a, b)) in found.data().iter().zip(wanted.data()).enumerate() {
        let scale = b.abs().max(1.0);
        assert!((a - b).abs() < TOLERANCE * scale, "{what} {i}: {a} {b}");
    }
}

#[test]
fn a_data_configuration_gives_what_weaver_gives() {
    let file = SpecFile::read(&fixture("jetclass.yaml"), Missing::Refuse).unwrap();
    let jets = jets(&fixture("jets.npz"), &file.spec.wishes());
    assert!(
        file.spec
            .untold(|property| Jets::try_from(&jets).unwrap().has(property))
            .is_empty()
    );
    for (name, tensor) in file.spec.apply(&jets).unwrap() {
        same(&name, &tensor, &expected(&name));
    }
}

#[test]
fn the_presets_are_the_published_sets() {
    let text = "[inputs.pf_points]\nkind = 'particles'\ncount = 16\npadding = 'wrap'\nfeatures = 'weaver-points'\n\
                [inputs.pf_features]\nkind = 'particles'\ncount = 16\npadding = 'wrap'\nfeatures = 'jetclass-full'\n\
                [inputs.pf_vectors]\nkind = 'particles'\ncount = 16\npadding = 'wrap'\nfeatures = 'weaver-vectors'\n\
                [inputs.pf_mask]\nkind = 'mask'\ncount = 16\n";
    let spec: InputSpec = settings::parse(text).unwrap();
    let jets = jets(&fixture("jets.npz"), &spec.needs());
    for (name, tensor) in spec.apply(&jets).unwrap() {
        same(&name, &tensor, &expected(&name));
    }
    // The two smaller sets are rows of the large one.
    let full = expected("pf_features");
    for (set, rows) in [
        (
            "jetclass-kinpid",
            vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16],
        ),
        ("jetclass-kin", vec![0, 1, 2, 3, 4, 15, 16]),
    ] {
        let text = format!(
            "[inputs.x]\nkind = 'particles'\ncount = 16\npadding = 'wrap'\nfeatures = '{set}'"
        );
        let spec: InputSpec = settings::parse(&text).unwrap();
        let (_, tensor) = spec.apply(&jets).unwrap().remove(0);
        let mut wanted = Vec::new();
        for jet in 0..jets.len() {
            for row in &rows {
                wanted.extend_from_slice(&full.row(jet)[row * 16..(row + 1) * 16]);
            }
        }
        same(
            set,
            &tensor,
            &Tensor::new(vec![jets.len(), rows.len(), 16], wanted),
        );
    }
}

#[test]
fn errors_of_impact_parameters_are_cut_in_the_particle_transformers_set() {
    let text = "[inputs.x]\nkind = 'particles'\ncount = 14\nfeatures = 'particle-transformer'";
    let spec: InputSpec = settings::parse(text).unwrap();
    let jets = jets(&fixture("jets.npz"), &spec.needs());
    let (_, tensor) = spec.apply(&jets).unwrap().remove(0);
    let mut largest: f64 = 0.0;
    for (i, jet) in Jets::try_from(&jets).unwrap().iter().enumerate() {
        for (row, property) in [(15, Property::D0Error), (16, Property::DzError)] {
            let told = jet.property(property).unwrap();
            for (k, &error) in told.iter().enumerate() {
                largest = largest.max(error);
                let found = tensor.row(i)[row * 14 + k];
                assert!((found - error.min(1.0) as f32).abs() < 1e-6);
            }
        }
    }
    assert!(largest > 1.0);
}

/// The scores of a tagger on the jets of the fixture.
fn scores(model: &Path, spec: &InputSpec, outputs: [&str; 2]) -> (Tagger, Vec<f64>) {
    let mut tagger = Tagger::read(model, Some(spec)).unwrap();
    let path = fixture("jets.npz");
    let asked = tagger.knowing(|_| true);
    let question = tagger.question(None, &outputs.map(str::to_owned)).unwrap();
    let explained = Explained::asking(&tagger.graph, &question, Inference::default()).unwrap();
    let inputs = tagger.inputs(&jets(&path, &asked)).unwrap();
    let logit = explained.scores(&inputs, &Job::silent()).unwrap().logit;
    (tagger, logit)
}

/// The same specification with lists of another length.
fn with_count(spec: &InputSpec, count: usize) -> InputSpec {
    let mut spec = spec.clone();
    for representation in spec.inputs.values_mut() {
        if let Input::Jets(Representation::Particles(list)) = representation {
            list.count = count;
        }
    }
    spec
}

#[test]
fn the_score_of_a_masked_network_does_not_depend_on_the_padding() {
    let spec = SpecFile::read(&fixture("particlenet.preprocess.json"), Missing::Refuse)
        .unwrap()
        .spec;
    let model = fixture("particlenet.onnx");
    let (tagger, long) = scores(&model, &spec, ["label_W", "label_QCD"]);
    let (_, short) = scores(&model, &with_count(&spec, 16), ["label_W", "label_QCD"]);
    for (long, short) in long.iter().zip(&short) {
        assert!((long - short).abs() < 1e-4, "{long} {short}");
    }
    let untold: Vec<&str> = tagger
        .untold
        .iter()
        .map(|one| one.variable.as_str())
        .collect();
    assert_eq!(untold, ["pfcand_quality"]);
    // The other way about is the other sign.
    let (_, other) = scores(&model, &spec, ["label_QCD", "label_W"]);
    assert!(long.iter().zip(other).all(|(a, b)| *a == -b));
}

#[test]
fn scores_are_those_of_the_peer() {
    let text = std::fs::read_to_string(fixture("scores.json")).unwrap();
    let wanted: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (name, spec) in [
        ("particlenet", "particlenet.preprocess.json"),
        ("part", "jetclass.yaml"),
    ] {
        let spec = SpecFile::read(&fixture(spec), Missing::Refuse)
            .unwrap()
            .spec;
        let model = fixture(&format!("{name}.onnx"));
        let (_, logit) = scores(&model, &spec, ["label_W", "label_QCD"]);
        let wanted = wanted[name].as_array().unwrap();
        assert_eq!(logit.len(), wanted.len());
        for (found, wanted) in logit.iter().zip(wanted) {
            let wanted = wanted.as_f64().unwrap();
            // Probabilities of a softmax in single precision, through a dozen layers.
            assert!(
                (found - wanted).abs() < 1e-3 * wanted.abs().max(1.0),
                "{name}: {found} {wanted}"
            );
        }
    }
}

#[test]
fn a_tagger_of_cms_runs_on_our_jets() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/models/cms");
    for (name, outputs) in [
        ("particlenet_ak8_scouting", ["label_H_bb", "label_QCD_all"]),
        ("particlenet_ak8_md", ["label_H_bb", "label_QCD_others"]),
        ("higgs_interaction_net", ["Hbb", "QCD"]),
    ] {
        let spec = folder.join(format!("{name}.preprocess.json"));
        if !spec.exists() {
            println!("skipped: no {}", spec.display());
            return;
        }
        let spec = SpecFile::read(&spec, Missing::Refuse).unwrap().spec;
        let model = folder.join(format!("{name}.onnx"));
        let (tagger, logit) = scores(&model, &spec, outputs);
        assert!(logit.iter().all(|x| x.is_finite()), "{name}");
        let untold: Vec<&str> = tagger
            .untold
            .iter()
            .map(|one| one.variable.as_str())
            .collect();
        for variable in ["pfcand_quality", "pfcand_btagEtaRel"] {
            assert!(untold.contains(&variable), "{name}: {untold:?}");
        }
        for told in ["pfcand_etarel", "pfcand_dz", "pfcand_mask"] {
            assert!(!untold.contains(&told), "{name}: {untold:?}");
        }
    }
}
