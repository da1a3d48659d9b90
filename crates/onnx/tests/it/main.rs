//! Files that the `onnx` package wrote, whole and damaged.

mod external;
mod mutation;
mod peer;

use std::path::PathBuf;

fn fixture(name: &str) -> PathBuf {
    [
        env!("CARGO_MANIFEST_DIR"),
        "tests/fixtures/every_field",
        name,
    ]
    .iter()
    .collect()
}
