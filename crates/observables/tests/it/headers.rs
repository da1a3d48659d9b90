//! What is read of the files of many writers: one table, so that no name changes its
//! meaning unnoticed.
//!
//! `tests/fixtures/headers/headers.txt` has the columns of each file as its writer
//! names them (a star behind those with one number per row, `!` behind lists of
//! lists), and below what is read as what, what is told, or why nothing can be read.
//! With `PELLUCID_BLESS=1` the test writes those lines anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use pellucid_observables::jets::vocabulary::{Asked, Found};

fn column(name: &str) -> Found {
    if let Some(name) = name.strip_suffix('*') {
        return Found::of(name, false);
    }
    match name.strip_suffix('!') {
        Some(name) => Found::of(name, true).refused(Some("lists of lists".to_owned())),
        None => Found::of(name, true),
    }
}

/// What becomes of columns, line by line.
fn read(columns: &str, map: &str) -> String {
    let found: Vec<Found> = columns.split_whitespace().map(column).collect();
    let pairs = map
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='));
    let map: BTreeMap<String, String> = pairs
        .map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()))
        .collect();
    let asked = Asked::of(&found).map(&map).jets();
    match asked.others(["weight".to_owned()]).plan() {
        Err(error) => format!("refused {error}\n"),
        Ok(plan) => {
            let massless = if plan.massless() { ", massless" } else { "" };
            let mut lines = format!("read {}{massless}\n", plan.convention());
            for ours in plan.names() {
                let theirs = plan.file_name(ours).unwrap_or_default();
                writeln!(lines, "  {ours} = {theirs}").unwrap();
            }
            for note in plan.notes() {
                writeln!(lines, "told {note}").unwrap();
            }
            lines
        }
    }
}

#[test]
fn every_column_of_many_writers_is_read_as_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/headers/headers.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut expected = Vec::new();
    for block in text.split("\n\n") {
        let line = |word: &str| block.lines().find_map(|line| line.strip_prefix(word));
        let (Some(title), Some(columns)) = (line("# "), line("columns ")) else {
            panic!("no title or no columns: {block}");
        };
        let map = line("map ");
        let given = map.map_or_else(String::new, |map| format!("map {map}\n"));
        let read = read(columns, map.unwrap_or_default());
        expected.push(format!("# {title}\n{given}columns {columns}\n{read}"));
    }
    assert!(expected.len() > 40);
    let expected = expected.join("\n");
    if std::env::var_os("PELLUCID_BLESS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    for (line, (found, expected)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "line {} of {}", line + 1, path.display());
    }
    assert_eq!(text.lines().count(), expected.lines().count());
}
