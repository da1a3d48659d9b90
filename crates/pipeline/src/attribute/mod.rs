//! A method's numbers for the events of a file of arrays.
//!
//! * [`request`]: what is asked;
//! * [`method`]: a method from its name and `key=value` settings;
//! * [`arrays`]: the model's inputs from an NPZ file;
//! * [`targets`]: which number of the output is explained, for each row;
//! * [`baseline`]: where paths begin;
//! * [`run`](mod@run): from files to a file;
//! * [`result`]: the arrays that are written.

pub mod arrays;
pub mod baseline;
pub mod method;
pub mod request;
pub mod result;
pub mod run;
pub mod targets;

pub use request::Request;
pub use run::{Summary, attribute};
