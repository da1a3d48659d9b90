use std::fs;
use std::path::Path;

use pellucid_core::{Table, Values};
use pellucid_data::{Selection, open, parquet, read};
use proptest::prelude::*;

use crate::{column, jets, says};

fn written(table: &Table, pieces: &[usize]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jets.parquet");
    let mut writer = parquet::Writer::create(&path, &[("made_by", "test")]).unwrap();
    let mut start = 0;
    for &rows in pieces {
        let rows: Vec<usize> = (start..table.rows().min(start + rows)).collect();
        start += rows.len();
        writer.write(&table.select(&rows)).unwrap();
    }
    let rows: Vec<usize> = (start..table.rows()).collect();
    writer.write(&table.select(&rows)).unwrap();
    writer.finish().unwrap();
    assert_eq!(read(&path, &Selection::default()).unwrap(), *table);
    fs::read(&path).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_table_comes_back_as_it_was_written_in_any_pieces() {
    for pieces in [&[][..], &[0, 5, 0, 1], &[23]] {
        written(&jets(), pieces);
    }
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    assert_eq!(written(&jets(), &[4]), written(&jets(), &[4]));
}

#[test]
fn numbers_come_back_bit_for_bit() {
    let reals = vec![f64::NAN, -0.0, f64::INFINITY, f64::MIN_POSITIVE / 2.0, 0.1];
    let table = Table::new(vec![
        column("x", "", Values::Float(reals.clone())),
        column("n", "", Values::Integer(vec![i64::MIN, -1, 0, 1, i64::MAX])),
    ])
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    parquet::write(&path, &table).unwrap();
    let back = read(&path, &Selection::default()).unwrap();
    let bits = |x: Vec<f64>| x.into_iter().map(f64::to_bits).collect::<Vec<_>>();
    assert_eq!(bits(back.floats("x").unwrap()), bits(reals));
    assert_eq!(back.integers("n"), table.integers("n"));
}

#[test]
fn a_table_without_rows_is_a_file_that_has_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.parquet");
    parquet::write(&path, &jets().select(&[])).unwrap();
    let error = open(&path, &Selection::of(["part_pt"])).unwrap_err();
    says(&error, &["none.parquet", "no rows"]);
    let error = open(&path, &Selection::of(["part_m"])).unwrap_err();
    says(&error, &["part_m", "label, jet_pt, part_pt, part_pid"]);
}

#[test]
fn a_later_table_of_other_columns_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jets.parquet");
    let other_kind = Table::new(
        jets()
            .columns()
            .iter()
            .map(|c| match c.name.as_str() {
                "label" => column("label", "", Values::Float(vec![0.0; jets().rows()])),
                _ => c.clone(),
            })
            .collect(),
    );
    let fewer = Table::new(jets().columns()[..2].to_vec());
    for (table, parts) in [
        (other_kind.unwrap(), ["`label`", "real numbers"]),
        (fewer.unwrap(), ["part_pid", "jets.parquet"]),
    ] {
        let mut writer = parquet::Writer::create(&path, &[]).unwrap();
        writer.write(&jets()).unwrap();
        says(&writer.write(&table).unwrap_err(), &parts);
        says(&writer.finish().unwrap_err(), &["earlier part"]);
        assert!(names(folder.path()).is_empty());
    }
}

#[test]
fn an_unfinished_file_leaves_the_older_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jets.parquet");
    parquet::write(&path, &jets()).unwrap();
    let before = fs::read(&path).unwrap();
    let mut writer = parquet::Writer::create(&path, &[]).unwrap();
    writer.write(&jets().select(&[0])).unwrap();
    drop(writer);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(folder.path()), ["jets.parquet"]);
    let missing = folder.path().join("missing/jets.parquet");
    let error = parquet::Writer::create(&missing, &[]).unwrap_err();
    says(&error, &["missing/jets.parquet", "folder"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn lists_of_any_lengths_come_back(
        lists in proptest::collection::vec(proptest::collection::vec(-1e3..1e3_f64, 0..7), 1..40),
        piece in 0_usize..40,
    ) {
        let integers = lists.iter().map(|row| row.iter().map(|&x| x as i64).collect()).collect();
        let table = Table::new(vec![
            column("x", "", Values::FloatLists(lists.into_iter().collect())),
            column("n", "", Values::IntegerLists(integers)),
        ]).unwrap();
        written(&table, &[piece]);
    }
}
