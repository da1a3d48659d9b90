//! Observables of all jets of a file, as a table.

mod columns;
mod request;
mod run;

pub(crate) use columns::Columns;
pub use columns::{Description, list};
pub use pellucid_observables::Measure;
pub use request::{Efps, Kappa, Request};
pub use run::{Summary, observables};
