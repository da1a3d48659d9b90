//! `pellucid inputs`.

use pellucid_data::npz::{Array, read_arrays};

use crate::support::{Jets, pellucid, text};

#[test]
fn inputs_and_labels_are_written_as_the_specification_says() {
    let folder = tempfile::tempdir().unwrap();
    let data = Jets::draw(30).write(&folder.path().join("jets.npz"));
    let spec = folder.path().join("inputs.toml");
    std::fs::write(
        &spec,
        "[inputs.image]\nkind = \"image\"\npixels = 9\nhalf_width = 0.8\n\
         [inputs.shapes]\nkind = \"scalars\"\nobservables = [\"girth\", \"multiplicity\"]\n",
    )
    .unwrap();
    let out = folder.path().join("input.npz");
    let output = pellucid(&[
        "inputs",
        text(&data),
        "--spec",
        text(&spec),
        "--out",
        text(&out),
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let arrays = read_arrays(&out).unwrap();
    let shape = |name: &str| {
        arrays
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, array)| array.shape().to_vec())
    };
    assert_eq!(shape("image"), Some(vec![30, 1, 9, 9]));
    assert_eq!(shape("shapes"), Some(vec![30, 2]));
    let Some((_, Array::I64(labels))) = arrays.iter().find(|(name, _)| name == "label") else {
        panic!("no labels among {arrays:?}")
    };
    assert_eq!(labels.data()[..4], [1, 0, 1, 0]);
    let Some((_, Array::F32(shapes))) = arrays.iter().find(|(name, _)| name == "shapes") else {
        panic!("no shapes among {arrays:?}")
    };
    assert_eq!(shapes.row(0)[1], 12.0);
}
