//! The guided search among the columns of a table: which of them decide as a score
//! does?
//!
//! The score may come from anywhere: a network of another program, trees, a
//! formula, a person. Three steps, of which only the first and the last know files:
//!
//! * [`read`]: columns of tables become a [`Sample`];
//! * `compute`: from a sample to a [`Found`], plain and whole;
//! * `draw`: from a [`Found`] alone to a page.

mod compute;
mod draw;
mod read;
mod request;

use std::path::{Path, PathBuf};

use pellucid_core::Job;
use pellucid_data::write_atomically;

pub use compute::{Column, Found, Sample, compute};
pub use draw::draw;
pub use read::read;
pub use request::{Request, Settings};

use crate::PipelineError;
use crate::source::files::{self, check_out};

/// What was found and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What was found.
    pub found: Found,
    /// The files written: the result, and a page where a folder was asked for.
    pub written: Vec<PathBuf>,
}

/// Reads, searches and writes. An interrupted search keeps the steps that were
/// finished.
pub fn search(request: &Request, job: &Job) -> Result<Outcome, PipelineError> {
    request.settings.check()?;
    let (json, page) = outputs(&request.out);
    let asked = files::expand(&request.tables)?;
    for out in std::iter::once(&json).chain(&page) {
        check_out(out, asked.paths.iter().map(PathBuf::as_path))?;
    }
    let sample = read(request, job)?;
    let found = compute(&sample, &request.settings, request.seed, job)?;
    let mut written = vec![json.clone()];
    if page.is_some() {
        let folder = &request.out;
        std::fs::create_dir_all(folder).map_err(|source| PipelineError::File {
            path: folder.clone(),
            source,
        })?;
    }
    write_atomically(&json, |file| {
        serde_json::to_writer_pretty(&mut *file, &found).map_err(std::io::Error::other)?;
        std::io::Write::write_all(file, b"\n")
    })?;
    if let Some(page) = page {
        let html = draw(&found);
        write_atomically(&page, |file| {
            std::io::Write::write_all(file, html.as_bytes())
        })?;
        written.insert(0, page);
    }
    Ok(Outcome { found, written })
}

/// The result, and the page of a folder: a name that ends with `.json` is a file.
fn outputs(out: &Path) -> (PathBuf, Option<PathBuf>) {
    let file = out
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"));
    if file && !out.is_dir() {
        return (out.to_owned(), None);
    }
    (out.join("result.json"), Some(out.join("index.html")))
}
