use pellucid_core::Values;
use pellucid_data::{ColumnMap, Selection, open, read};
use proptest::prelude::*;

use crate::{ROWS, fixture, integer_lists, integers, jets, lists, real_lists, reals, says};

#[test]
fn files_of_pyarrow_and_awkward_give_the_same_table() {
    for name in [
        "pyarrow_none.parquet",
        "pyarrow_snappy.parquet",
        "pyarrow_zstd.parquet",
        "pyarrow_gzip.parquet",
        "pyarrow_pages_v2.parquet",
        "pyarrow_item.parquet",
        "pyarrow_required.parquet",
        "awkward.parquet",
        "awkward_lists32.parquet",
        "awkward_option.parquet",
    ] {
        assert_eq!(
            read(&fixture(name), &Selection::default()).unwrap(),
            jets(),
            "{name}"
        );
    }
}

#[test]
fn every_width_of_number_is_read_without_loss() {
    let table = read(&fixture("pyarrow_types.parquet"), &Selection::default()).unwrap();
    let flat = |name: &str| table.column(name).unwrap().values.clone();
    for name in ["int8", "int16", "int32", "int64"] {
        assert_eq!(flat(name), Values::Integer(integers()), "{name}");
        assert_eq!(
            flat(&format!("list_{name}")),
            Values::IntegerLists(integer_lists()),
            "{name}"
        );
    }
    for name in ["uint8", "uint16", "uint32", "uint64"] {
        assert_eq!(flat(name), Values::Integer((0..ROWS).collect()), "{name}");
        let expected = Values::IntegerLists(lists(|i, j| i + j));
        assert_eq!(flat(&format!("list_{name}")), expected, "{name}");
    }
    for name in ["float16", "float32", "float64"] {
        assert_eq!(flat(name), Values::Float(reals()), "{name}");
        assert_eq!(
            flat(&format!("list_{name}")),
            Values::FloatLists(real_lists()),
            "{name}"
        );
    }
    assert_eq!(
        flat("bool"),
        Values::Integer((0..ROWS).map(|i| i % 2).collect())
    );
    assert_eq!(
        flat("list_bool"),
        Values::IntegerLists(lists(|i, j| (i + j) % 2))
    );
    assert_eq!(flat("large_list"), Values::FloatLists(real_lists()));
    let pairs = (0..ROWS)
        .map(|i| vec![(i - 3) as f64, i as f64 - 2.5])
        .collect();
    assert_eq!(flat("fixed_list"), Values::FloatLists(pairs));
    assert_eq!(flat("dictionary"), Values::Integer(integers()));
}

#[test]
fn columns_that_are_no_numbers_are_refused_only_when_asked_for() {
    let path = fixture("pyarrow_types.parquet");
    let reader = open(&path, &Selection::of(["int8"])).unwrap();
    assert!(reader.names().contains(&"text".to_owned()));
    let all = read(&path, &Selection::default()).unwrap();
    for (name, kind) in [
        ("text", "text"),
        ("day", "dates or times"),
        ("lists_of_lists", "lists of lists"),
    ] {
        assert!(all.get(name).is_none());
        let error = open(&path, &Selection::of([name])).unwrap_err();
        says(
            &error,
            &[
                "pyarrow_types.parquet",
                &format!("`{name}`"),
                &format!("holds {kind}"),
            ],
        );
    }
}

#[test]
fn fields_of_records_are_columns_of_their_own() {
    let pairs = [
        ("jet_pt", "jet.pt"),
        ("part_pt", "part.pt"),
        ("part_pid", "part.pid"),
    ];
    let map = pairs
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect();
    let path = fixture("awkward_records.parquet");
    let table = read(&path, &Selection::default().map(ColumnMap(map))).unwrap();
    assert_eq!(table, jets());
    let one = read(&path, &Selection::of(["part.pid"])).unwrap();
    assert_eq!(
        one.columns()[0].values,
        Values::IntegerLists(integer_lists())
    );
}

#[test]
fn two_names_may_stand_for_one_column() {
    let map = ColumnMap(
        [("pt".to_owned(), "jet_pt".to_owned())]
            .into_iter()
            .collect(),
    );
    let selection = Selection::of(["pt", "label", "jet_pt"]).map(map);
    let table = read(&fixture("awkward.parquet"), &selection).unwrap();
    assert_eq!(table.names(), ["pt", "label", "jet_pt"]);
    assert_eq!(table.floats("pt").unwrap(), table.floats("jet_pt").unwrap());
}

#[test]
fn a_null_is_refused_with_its_row_in_the_whole_file() {
    for (name, parts) in [
        ("null_flat.parquet", ["`jet_pt`", "null in row 12,"]),
        ("null_list.parquet", ["`part_pt`", "null in row 12,"]),
        ("null_entry.parquet", ["`part_pt`", "null in row 13, "]),
    ] {
        for batch_rows in [1, 5, 100] {
            let selection = Selection::default().batch_rows(batch_rows);
            let error = read(&fixture(name), &selection).unwrap_err();
            let entry = name == "null_entry.parquet";
            says(&error, &[name, parts[0]]);
            says(
                &error,
                &[if entry {
                    "row 13, expected a number (entry 0 of its list)"
                } else {
                    parts[1]
                }],
            );
        }
    }
    // The null is in a column that is not asked for.
    assert!(read(&fixture("null_flat.parquet"), &Selection::of(["label"])).is_ok());
}

#[test]
fn the_reader_ends_after_an_error() {
    let selection = Selection::default().batch_rows(5);
    let mut reader = open(&fixture("null_flat.parquet"), &selection).unwrap();
    let results: Vec<bool> = reader.by_ref().map(|batch| batch.is_ok()).collect();
    assert_eq!(results, [true, true, false]);
    assert!(reader.next().is_none());
}

#[test]
fn an_integer_beyond_the_largest_is_refused() {
    let error = read(&fixture("too_large.parquet"), &Selection::default()).unwrap_err();
    says(&error, &["`event`", "9223372036854775808", "row 1"]);
}

#[test]
fn numbers_of_fixed_point_come_as_real_numbers() {
    let table = read(&fixture("pyarrow_decimal.parquet"), &Selection::default()).unwrap();
    let expected: Vec<f64> = (0..ROWS).map(|i| (i - 3) as f64 / 8.0).collect();
    for name in ["narrow", "wide"] {
        assert_eq!(table.floats(name).unwrap(), expected, "{name}");
    }
    assert_eq!(table.float_lists("lists").unwrap().row(3), [0.0, 0.5, 1.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn batches_of_any_size_are_the_same_table(batch_rows in 1_usize..30, file in 0_usize..7) {
        let path = fixture([
            "pyarrow_lz4.parquet",
            "pyarrow_brotli.parquet",
            "pyarrow_none.parquet",
            "awkward.parquet",
            "awkward_option.parquet",
            "numpy_columns.npz",
            "pyarrow_item.parquet",
        ][file]);
        let reader = open(&path, &Selection::default().batch_rows(batch_rows)).unwrap();
        prop_assert_eq!(reader.rows(), Some(ROWS as usize));
        let mut table = pellucid_core::Table::default();
        for batch in reader {
            let batch = batch.unwrap();
            prop_assert_eq!(batch.first_row, table.rows());
            let expected = batch_rows.min(ROWS as usize - table.rows());
            prop_assert_eq!(batch.table.rows(), expected);
            table.append(&batch.table).unwrap();
        }
        prop_assert_eq!(table, jets());
    }
}
