//! Files of numbers become tables of named columns, batch after batch.
//!
//! ```no_run
//! use std::path::Path;
//! use pellucid_data::Selection;
//!
//! let wanted = Selection::of(["label", "part_pt"]);
//! for batch in pellucid_data::open(Path::new("jets.parquet"), &wanted)? {
//!     let batch = batch?;
//!     println!("rows {}..{}", batch.first_row, batch.first_row + batch.table.rows());
//! }
//! # Ok::<(), pellucid_data::DataError>(())
//! ```
//!
//! * **Shape:** a flat column is one number per row; a list column stays
//!   jagged (offsets and values), nothing is padded.
//! * **Numbers:** real numbers of any width become `f64`, integers and truth
//!   values `i64`, both without loss. A null, and an integer beyond `i64`, is
//!   an error that names column and row.
//! * **Units:** filled in by the canonical name of the column ([`unit()`]).
//! * **Batches:** [`Selection::batch_rows`] rows each, however the file is
//!   divided inside, so no result depends on the layout of the file. Memory is
//!   bounded by a batch (and the offsets of an NPZ file).
//! * **Rows** are counted from 0 over the whole file, as `numpy`, awkward and
//!   pandas count them.
//!
//! Tables are written as Parquet ([`parquet::Writer`]), arrays as NPZ
//! ([`npz::write()`]); a file appears whole or not at all.
//!
//! Every error names the file and says what to do about it ([`DataError`]).
//!
//! To add a format, write one file that implements the crate's `Source` trait
//! and describes itself in a `FORMAT`, and put its name into the list in
//! `format.rs`.

mod apart;
mod atomic;
mod columns;
mod csv;
mod error;
mod format;
pub mod npz;
pub mod parquet;
mod reader;
mod units;
mod wide;

pub use atomic::write_atomically;
pub use columns::{ARRAY, ColumnMap, Found, Selection};
pub use error::DataError;
pub use format::{Survey, is_text, says_nothing};
pub use reader::{Batch, NullAt, Reader, columns, open, read};
pub use units::unit;
