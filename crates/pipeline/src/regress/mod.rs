//! The law behind a table: `pellucid regress`.
//!
//! * [`request`]: what is asked;
//! * [`table`]: features and target from a file;
//! * [`run`](mod@run): from the file to `front.json`.

pub mod request;
pub mod run;
pub mod table;

pub use request::Request;
pub use run::{Outcome, regress};
