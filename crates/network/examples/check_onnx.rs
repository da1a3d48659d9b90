//! Which of these taggers can Pellucid explain?
//!
//! ```text
//! cargo run --release --example check_onnx -- FOLDER                  # or single files
//! python tests/fixtures/taggers/compare_folder.py FOLDER outputs.json # onnxruntime on the same inputs
//! cargo run --release --example check_onnx -- FOLDER --against outputs.json
//! ```
//!
//! Prints one row per file: whether it imports, how long a run takes, how far
//! it is from onnxruntime, how far the gradient is from a central difference,
//! what is missing in the balance of relevance, and what went wrong.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pellucid_network::check::{self, Outputs, check};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut places, mut reference) = (Vec::new(), BTreeMap::<String, Outputs>::new());
    while let Some(argument) = arguments.next() {
        if argument == "--against" {
            let file = arguments.next().ok_or("--against needs a file")?;
            reference = serde_json::from_slice(&std::fs::read(file)?)?;
        } else {
            places.push(PathBuf::from(argument));
        }
    }
    if places.is_empty() {
        return Err("usage: check_onnx FOLDER|FILE… [--against outputs.json]".into());
    }
    let mut files = Vec::new();
    for place in places {
        if place.is_dir() {
            let entries: Result<Vec<_>, _> = std::fs::read_dir(&place)?.collect();
            let paths = entries?.into_iter().map(|entry| entry.path());
            files.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "onnx")));
        } else {
            files.push(place);
        }
    }
    files.sort();
    println!("{}", check::HEAD);
    for file in files {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        println!("{}", check(&file, reference.get(&name)));
    }
    Ok(())
}
