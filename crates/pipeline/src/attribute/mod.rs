//! A method's numbers for the events of a file of arrays.
//!
//! * [`request`]: what is asked;
//! * [`method`]: a method from its name and `key=value` settings;
//! * [`arrays`]: the model's inputs from an NPZ file;
//! * [`number`]: the precision they are held in;
//! * [`lists`]: events of different length;
//! * [`targets`]: which number of the output is explained, for each row;
//! * [`baseline`]: where paths begin;
//! * [`cut`](mod@cut): which events are explained together, in which order;
//! * [`task`]: the work itself;
//! * [`kept`]: what is finished of it;
//! * [`run`](mod@run): from files to a file;
//! * [`result`]: the arrays that are written.

pub mod arrays;
pub mod baseline;
pub mod cut;
pub mod kept;
pub mod lists;
pub mod method;
pub mod number;
pub mod request;
pub mod result;
pub mod run;
pub mod targets;
pub mod task;

pub use request::Request;
pub use run::{Summary, attribute};
