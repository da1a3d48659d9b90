//! What is asked of a search for laws.

use std::path::{Path, PathBuf};

use pellucid_symbolic::{Limits, Settings};

use super::asked::Subject;

/// Where a table holds motions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Motion {
    /// The column of the time.
    pub time: String,
    /// The column that tells trajectories apart; one trajectory if not given.
    pub trajectory: Option<String>,
    /// Which derivative of the target is explained, 1 or 2.
    pub order: usize,
}

/// A search.
#[derive(Debug, Clone)]
pub struct Request {
    /// The tables: names, folders and patterns of CSV, Parquet or NPZ files.
    pub tables: Vec<PathBuf>,
    /// Whether rows with a number that is missing or not finite are left out.
    pub skip_bad_rows: bool,
    /// The column to explain; for a model the column that it is compared with.
    pub target: Option<String>,
    /// The model whose value is explained, not a column.
    pub model: Option<Subject>,
    /// The columns to explain it by; all others of one number per row if not given.
    pub features: Option<Vec<String>>,
    /// Search for a derivative of the target in these motions, not for itself.
    pub rate: Option<Motion>,
    /// A column of weights.
    pub weights: Option<String>,
    /// A column of standard errors of the target, instead of weights.
    pub errors: Option<String>,
    /// How to search.
    pub settings: Settings,
    /// For how long.
    pub limits: Limits,
    /// The front to write (JSON).
    pub out: PathBuf,
    /// The folder for the report; none is written if not given.
    pub report: Option<PathBuf>,
    /// The file for the selected law as a network.
    pub onnx: Option<PathBuf>,
    /// Whether to go on from the state saved beside it.
    pub resume: bool,
}

impl Request {
    /// The first of what was asked for, which errors of the whole table name.
    pub fn path(&self) -> &Path {
        self.tables.first().map_or(Path::new(""), PathBuf::as_path)
    }

    /// Where the state of the search is saved: `front.json` has `front.state.json`.
    pub fn state(&self) -> PathBuf {
        self.out.with_extension("state.json")
    }

    /// Where is written what a model was asked: `front.json` has `front.model.json`.
    pub fn told(&self) -> PathBuf {
        self.out.with_extension("model.json")
    }
}
