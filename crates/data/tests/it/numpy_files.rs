use pellucid_core::Tensor;
use pellucid_data::npz::{Array, read_arrays};
use pellucid_data::{Selection, open, read};

use crate::{fixture, jets, says};

#[test]
fn offsets_and_flat_arrays_are_the_same_table_as_lists() {
    for name in ["numpy_columns.npz", "numpy_columns_compressed.npz"] {
        assert_eq!(
            read(&fixture(name), &Selection::default()).unwrap(),
            jets(),
            "{name}"
        );
        let part = read(&fixture(name), &Selection::of(["part_pt", "label"])).unwrap();
        assert_eq!(part.names(), ["part_pt", "label"]);
    }
}

#[test]
fn every_width_and_byte_order_is_read_without_loss() {
    for (name, array) in read_arrays(&fixture("numpy_kinds.npz")).unwrap() {
        let shape = vec![2, 3];
        let expected = match name.as_str() {
            "fortran" => {
                let values = (0_u8..24).map(f32::from).collect();
                Array::F32(Tensor::new(vec![2, 3, 4], values))
            }
            "scalar" => Array::F64(Tensor::new(vec![], vec![2.5])),
            "none" => Array::F32(Tensor::new(vec![0, 3], vec![])),
            "|b1" => Array::I64(Tensor::new(shape, vec![0, 1, 1, 1, 1, 1])),
            "<f8" | ">f8" => Array::F64(Tensor::new(shape, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0])),
            real if real.contains('f') => {
                Array::F32(Tensor::new(shape, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]))
            }
            _ => Array::I64(Tensor::new(shape, vec![0, 1, 2, 3, 4, 5])),
        };
        assert_eq!(array, expected, "{name}");
    }
}

#[test]
fn arrays_that_are_no_columns_are_refused_only_when_asked_for() {
    let table = read(&fixture("numpy_text.npz"), &Selection::default()).unwrap();
    assert_eq!(table.names(), ["label"]);
    says(
        &open(&fixture("numpy_text.npz"), &Selection::of(["name"])).unwrap_err(),
        &["numpy_text.npz", "`name`", "holds text"],
    );
    says(
        &open(&fixture("numpy_kinds.npz"), &Selection::of(["fortran"])).unwrap_err(),
        &["`fortran`", "shape [2, 3, 4]"],
    );
    says(
        &open(&fixture("numpy_columns.npz"), &Selection::of(["offsets"])).unwrap_err(),
        &["`offsets`", "the offsets of lists"],
    );
}

#[test]
fn arrays_of_text_and_of_objects_say_so() {
    says(
        &read_arrays(&fixture("numpy_text.npz")).unwrap_err(),
        &["`name`", "text"],
    );
    says(
        &read_arrays(&fixture("numpy_objects.npz")).unwrap_err(),
        &["`ragged`", "Python objects"],
    );
}
