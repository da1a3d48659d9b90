//! Taggers and files of weaver: `--spec`, `--outputs`, and a page.

use std::path::{Path, PathBuf};

use pellucid_core::Tensor;
use pellucid_data::npz::{self, Array, read_arrays};
use serde_json::Value;

use crate::report::drawn_again;
use crate::support::{pellucid, refusal, text};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../pipeline/tests/fixtures/weaver")
        .join(name)
}

const SETTINGS: &str = "replicas = 20\nshown_events = 2\n\
    [attribution]\nevents = 12\nrandom_models = 1\nmost_activating = 5\n\
    [importance]\nevents = 40\nrepeats = 2\n\
    [search]\ndegree = 2\nstart = [\"mass\"]\nshares = [0.5, 0.2]\n\
    [search.guided]\nmax_observables = 1\npairs = 500\ntrainings = 2\n\
    [search.student]\nhidden = [4]\n[search.student.training]\nepochs = 2\n";

/// The page and the result of an explanation.
fn explained(folder: &Path, model: &str, spec: &str, outputs: &str) -> (String, Value) {
    let config = folder.join("explain.toml");
    std::fs::write(&config, SETTINGS).unwrap();
    let out = folder.join("report");
    let output = pellucid(&[
        "explain",
        "--model",
        text(&fixture(model)),
        "--spec",
        text(&fixture(spec)),
        "--data",
        text(&fixture("jets.npz")),
        "--outputs",
        outputs,
        "--config",
        text(&config),
        "--out",
        text(&out),
    ]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    drawn_again(&out);
    let page = std::fs::read_to_string(out.join("index.html")).unwrap();
    let result = std::fs::read(out.join("result.json")).unwrap();
    (page, serde_json::from_slice(&result).unwrap())
}

fn follows_its_schema(result: &Value) {
    let schema = include_str!("../../../pipeline/src/explain/result.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(result)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_particle_net_is_explained_by_the_names_of_its_variables() {
    let folder = tempfile::tempdir().unwrap();
    let (page, result) = explained(
        folder.path(),
        "particlenet.onnx",
        "particlenet.preprocess.json",
        "label_W,label_QCD",
    );
    follows_its_schema(&result);
    let held = |name: &str| {
        let inputs = result["inputs"].as_array().unwrap();
        let found = inputs.iter().find(|input| input["input"] == name).unwrap();
        found["held"].as_bool().unwrap()
    };
    assert!(held("pf_mask") && !held("pf_points") && !held("pf_features"));
    // A variable of both lists is one group; a mask and what is padded are none.
    let groups: Vec<&str> = result["importance"]["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["group"].as_str().unwrap())
        .collect();
    let count = |name: &str| groups.iter().filter(|&&group| group == name).count();
    assert_eq!(count("pfcand_etarel"), 1);
    assert_eq!(count("pfcand_dxysig"), 1);
    assert_eq!(count("pfcand_mask") + count("pfcand_quality"), 0);
    assert_eq!(groups.len(), 8);
    for part in [
        "pfcand_quality",
        "pfcand_dz [cm]",
        "label\\_W",
        "do not tell these",
        "pfcand_pt_log_nopuppi",
    ] {
        assert!(
            page.contains(part) || page.contains(&part.replace('\\', "")),
            "{part}"
        );
    }
}

#[test]
fn a_particle_transformer_is_explained_with_a_data_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let (page, result) = explained(
        folder.path(),
        "part.onnx",
        "jetclass.yaml",
        "label_W,label_QCD",
    );
    follows_its_schema(&result);
    // The points of the configuration are none of the network's inputs.
    let inputs: Vec<&str> = result["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|input| input["input"].as_str().unwrap())
        .collect();
    assert_eq!(inputs, ["pf_features", "pf_vectors", "pf_mask"]);
    assert!(page.contains("part_logptrel") && page.contains("part_px [GeV]"));
    let methods = result["attribution"]["methods"].as_array().unwrap();
    assert!(!methods.is_empty());
    for method in methods {
        assert_eq!(method["maps"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn the_sign_of_delta_eta_is_that_of_a_file_of_weaver() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("weaver.npz");
    let floats = |x: Vec<f64>| Array::F64(Tensor::new(vec![x.len()], x));
    // Two massless particles on each side of the detector.
    let (pt, eta, phi) = (
        [3.0, 2.0, 3.0, 2.0],
        [1.1, 0.9, -1.1, -0.9],
        [0.1, -0.2, 0.1, -0.2],
    );
    let of = |f: &dyn Fn(usize) -> f64| floats((0..4).map(f).collect());
    let jet_eta = [1.0, -1.0];
    npz::write(
        &data,
        &[
            ("label", Array::I64(Tensor::new(vec![2], vec![0, 1]))),
            ("offsets", Array::I64(Tensor::new(vec![3], vec![0, 2, 4]))),
            ("part_px", of(&|i| pt[i] * f64::cos(phi[i]))),
            ("part_py", of(&|i| pt[i] * f64::sin(phi[i]))),
            ("part_pz", of(&|i| pt[i] * f64::sinh(eta[i]))),
            ("part_e", of(&|i| pt[i] * f64::cosh(eta[i]))),
            ("jet_pt", floats(vec![5.0, 5.0])),
            ("jet_eta", floats(jet_eta.to_vec())),
            ("jet_phi", floats(vec![0.0, 0.0])),
            ("jet_m", floats(vec![1.0, 1.0])),
        ],
    )
    .unwrap();
    let (spec, out) = (
        folder.path().join("inputs.toml"),
        folder.path().join("inputs.npz"),
    );
    std::fs::write(
        &spec,
        "[inputs.p]\nkind = \"particles\"\ncount = 2\nfeatures = \"particle-net\"\n",
    )
    .unwrap();
    let (code, said) = refusal(&[
        "inputs",
        text(&data),
        "--spec",
        text(&spec),
        "--out",
        text(&out),
    ]);
    assert_eq!(code, 0, "{said}");
    let arrays = read_arrays(&out).unwrap();
    let Some((_, Array::F32(p))) = arrays.iter().find(|(name, _)| name == "p") else {
        panic!("{arrays:?}")
    };
    for jet in 0..2 {
        let row = p.row(jet);
        // Mirrored: 0.1 and -0.1 for both jets.
        assert!(
            (row[0] - 0.1).abs() < 1e-6 && (row[1] + 0.1).abs() < 1e-6,
            "{row:?}"
        );
        for i in 0..2 {
            assert!((row[12 + i] - row[i].hypot(row[2 + i])).abs() < 1e-6);
        }
    }
}

#[test]
fn variables_are_listed_and_mistyped_ones_are_met_with_the_nearest() {
    let output = pellucid(&["inputs", "--variables"]);
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success());
    for part in [
        "pfcand_etarel",
        "where(jet_eta < 0, -1, 1) * (eta - jet_eta)",
        "dz / 10",
        "cm",
    ] {
        assert!(listed.contains(part), "{part}");
    }
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("preprocess.json");
    let text_of = std::fs::read_to_string(fixture("particlenet.preprocess.json")).unwrap();
    std::fs::write(&spec, text_of.replace("pfcand_phirel", "pfcand_phirell")).unwrap();
    let out = folder.path().join("out.npz");
    let data = fixture("jets.npz");
    let mut arguments = vec![
        "inputs",
        text(&data),
        "--spec",
        text(&spec),
        "--out",
        text(&out),
    ];
    let (code, said) = refusal(&arguments);
    assert_eq!(code, 2);
    assert!(
        said.contains("`pfcand_phirell`")
            && said.contains("`pfcand_phirel`")
            && said.contains("--missing pad"),
        "{said}"
    );
    // The advice works.
    arguments.extend(["--missing", "pad"]);
    assert_eq!(refusal(&arguments).0, 0);
}

#[test]
fn the_advice_for_a_model_that_says_nothing_of_its_inputs_can_be_followed() {
    let folder = tempfile::tempdir().unwrap();
    let data = fixture("jets.npz");
    let model = crate::support::model(&folder.path().join("bare.onnx"), false);
    let arguments = ["audit", text(&model), text(&data), "--events", "20"];
    let (code, said) = refusal(&arguments);
    assert_eq!(code, 2);
    // The section that is shown, with the observables of this network of three.
    let section = said.split_once("such as\n\n").unwrap().1;
    let section = section.split("\n\n").next().unwrap();
    let section = section.replace("\"girth\"]", "\"girth\", \"pt\"]");
    let spec = folder.path().join("inputs.toml");
    std::fs::write(&spec, &section).unwrap();
    let mut again = arguments.to_vec();
    again.extend(["--spec", text(&spec)]);
    let (code, said) = refusal(&again);
    assert_eq!(code, 0, "{section}: {said}");
}
