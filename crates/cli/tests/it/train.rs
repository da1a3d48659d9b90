//! `pellucid train`, and its model explained.

use crate::support::{Jets, pellucid, text};

#[test]
fn a_recipe_makes_a_model_that_knows_its_inputs() {
    let folder = tempfile::tempdir().unwrap();
    Jets::draw(400).write(&folder.path().join("jets.npz"));
    let recipe = folder.path().join("tagger.toml");
    std::fs::write(
        &recipe,
        "files = [\"jets.npz\"]\n\
         [input]\nkind = \"scalars\"\nobservables = [\"girth\", \"lha\", \"ptd\"]\n\
         [network]\nscore = true\nlayers = [{ kind = \"dense\", units = 8, activation = \"relu\" }]\n\
         [training]\nepochs = 30\nbatch = 32\nlearning_rate = 1e-2\n",
    )
    .unwrap();
    let output = pellucid(&["train", text(&recipe), "--seed", "2", "--json"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // Two prongs against one: nearly separable by girth alone.
    assert!(
        summary["test_auc"]["value"].as_f64().unwrap() > 0.9,
        "{summary}"
    );
    assert!(folder.path().join("tagger.onnx").is_file());
    let again = pellucid(&[
        "train",
        text(&recipe),
        "--seed",
        "2",
        "--json",
        "--threads",
        "1",
    ]);
    assert_eq!(
        output.stdout, again.stdout,
        "another number of threads gives other bits"
    );
}

#[test]
fn an_unknown_layer_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = folder.path().join("tagger.toml");
    std::fs::write(
        &recipe,
        "[input]\nkind = \"scalars\"\nobservables = [\"girth\"]\n[network]\nlayers = [{ kind = \"dens\", units = 8 }]\n",
    )
    .unwrap();
    let output = pellucid(&["train", text(&recipe)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("line") && said.contains("did you mean `dense`?"),
        "{said}"
    );
}
