//! The page that describes the house is true of it.

use std::collections::BTreeMap;
use std::path::Path;

/// The crates of ARCHITECTURE.md's table, with what each may depend on.
fn table() -> Vec<(String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let name = cells[0].trim().trim_matches('`').to_owned();
        let last = cells[cells.len() - 1].trim();
        let above = if last == "all above" {
            rows.iter().map(|(name, _)| name.clone()).collect()
        } else {
            last.split(',')
                .map(|name| name.trim().trim_matches('`').to_owned())
                .filter(|name| !name.is_empty())
                .collect()
        };
        rows.push((name, above));
    }
    rows
}

/// The crates that each crate imports, by its manifest.
fn manifests() -> BTreeMap<String, Vec<String>> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(crates).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dev-dependencies]").next().unwrap();
        let ours = dependencies
            .lines()
            .filter_map(|line| line.strip_prefix("pellucid-"))
            .filter_map(|line| line.split(['.', ' ', '=']).next())
            .map(str::to_owned)
            .collect();
        out.insert(name, ours);
    }
    out
}

#[test]
fn every_crate_that_is_named_exists_and_every_crate_is_named() {
    let mut named: Vec<String> = table().into_iter().map(|(name, _)| name).collect();
    named.sort();
    let existing: Vec<String> = manifests().into_keys().collect();
    assert_eq!(named, existing);
}

#[test]
fn no_crate_imports_against_the_arrows() {
    let manifests = manifests();
    let table = table();
    for (place, (name, allowed)) in table.iter().enumerate() {
        for import in &manifests[name] {
            assert!(
                allowed.contains(import),
                "{name} imports {import}, its arrow allows {allowed:?}"
            );
            let above = table[..place].iter().any(|(other, _)| other == import);
            assert!(
                above,
                "{name} imports {import}, which does not stand above it"
            );
        }
    }
}
