//! The law behind a table: `pellucid regress`.
//!
//! * [`request`]: what is asked;
//! * `rows`: the rows of one file or of several;
//! * [`table`]: features and target from a file;
//! * [`run`](mod@run): from the file to `front.json`;
//! * [`monotone`]: what a model is a monotone function of;
//! * [`motion`]: what trajectories hold: rates of change, invariants;
//! * [`network`](mod@network): the law as an ONNX graph;
//! * [`asked`](mod@asked): a model that a search asks;
//! * [`told`](mod@told): what it told;
//! * `page`: the report.

pub mod asked;
pub mod monotone;
pub mod motion;
pub mod network;
mod page;
pub mod request;
pub(crate) mod rows;
pub mod run;
pub mod table;
pub mod told;

pub use asked::Subject;
pub use monotone::{Parallel, find_parallel};
pub use motion::{Conserved, InvariantRequest, find_invariants};
pub use request::{Motion, Request};
pub use run::{Outcome, regress};
pub use told::{Compared, Told};
