//! The law behind a table: `pellucid regress`.
//!
//! * [`request`]: what is asked;
//! * [`table`]: features and target from a file;
//! * [`run`](mod@run): from the file to `front.json`;
//! * [`motion`]: what trajectories hold: rates of change, invariants;
//! * [`network`](mod@network): the law as an ONNX graph;
//! * `page`: the report.

pub mod motion;
pub mod network;
mod page;
pub mod request;
pub mod run;
pub mod table;

pub use motion::{InvariantRequest, find_invariants};
pub use request::{Motion, Request};
pub use run::{Outcome, regress};
