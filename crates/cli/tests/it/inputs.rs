//! `pellucid inputs`.

use pellucid_core::Tensor;
use pellucid_data::npz::{self, Array, read_arrays};

use crate::support::{Jets, pellucid, refusal, text};

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

#[test]
fn charges_and_kinds_are_read_where_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let jets = Jets::draw(30);
    let plain = jets.write(&folder.path().join("plain.npz"));
    let told = folder.path().join("told.npz");
    let integers = |x: &[i64]| Array::I64(Tensor::new(vec![x.len()], x.to_vec()));
    let floats = |x: Vec<f64>| Array::F64(Tensor::new(vec![x.len()], x));
    let n = jets.pt.len();
    let charges: Vec<f64> = (0..n).map(|i| (i % 3) as f64 - 1.0).collect();
    npz::write(
        &told,
        &[
            ("label", integers(&jets.label)),
            ("offsets", integers(&jets.offsets)),
            ("part_pt", floats(jets.pt.clone())),
            ("part_y", floats(jets.y.clone())),
            ("part_phi", floats(jets.phi.clone())),
            ("part_charge", floats(charges)),
            ("part_pid", floats(vec![211.0; n])),
            ("part_d0", floats(vec![0.1; n])),
            ("part_dz", floats(vec![0.2; n])),
        ],
    )
    .unwrap();
    let spec = folder.path().join("inputs.toml");
    std::fs::write(
        &spec,
        "[inputs.particles]\nkind = \"particles\"\ncount = 20\nfeatures = \"expert-augmented\"\n\
         [inputs.pairs]\nkind = \"pairs\"\ncount = 20\n\
         [inputs.lund]\nkind = \"lund\"\nbins = 8\nradius = 0.8\n\
         [inputs.colours]\nkind = \"image\"\npreset = \"quark-gluon\"\n",
    )
    .unwrap();
    let out = folder.path().join("input.npz");
    let run = |data: &std::path::Path| {
        refusal(&[
            "inputs",
            text(data),
            "--spec",
            text(&spec),
            "--out",
            text(&out),
        ])
    };
    let (code, said) = run(&plain);
    assert_eq!(code, 2);
    assert!(
        said.contains("plain.npz") && said.contains("`part_charge`"),
        "{said}"
    );
    assert!(!out.exists());
    let (code, said) = run(&told);
    assert_eq!(code, 0, "{said}");
    let arrays = read_arrays(&out).unwrap();
    for (name, shape) in [
        ("particles", vec![30, 17, 20]),
        ("pairs", vec![30, 4, 20, 20]),
        ("lund", vec![30, 1, 8, 8]),
        ("colours", vec![30, 3, 33, 33]),
    ] {
        let found = arrays.iter().find(|(found, _)| found == name);
        assert_eq!(
            found.map(|(_, array)| array.shape().to_vec()),
            Some(shape),
            "{name}"
        );
    }
}

#[test]
fn inputs_are_the_same_however_many_batches_they_are_written_in() {
    let folder = tempfile::tempdir().unwrap();
    let data = Jets::draw(50).write(&folder.path().join("jets.npz"));
    let written = |batch_rows: usize| {
        let spec = folder.path().join("inputs.toml");
        std::fs::write(
            &spec,
            format!(
                "[inputs.pairs]\nkind = \"pairs\"\ncount = 8\n\
                 [inputs.list]\nkind = \"particles\"\ncount = 8\nfeatures = [\"log_pt\"]\n\
                 [data]\nbatch_rows = {batch_rows}\n"
            ),
        )
        .unwrap();
        let out = folder.path().join("input.npz");
        let (code, said) = refusal(&[
            "inputs",
            text(&data),
            "--spec",
            text(&spec),
            "--out",
            text(&out),
        ]);
        assert_eq!(code, 0, "{said}");
        format!("{:?}", read_arrays(&out).unwrap())
    };
    let whole = written(1000);
    for batch_rows in [1, 7, 50] {
        assert_eq!(written(batch_rows), whole);
    }
}
