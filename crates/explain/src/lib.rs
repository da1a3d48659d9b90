//! Explanations of networks, and how far to trust them.
//!
//! An [`Explained`] model is a network with the value to explain: the logit of
//! a class. A [`Method`] turns it into another network, whose run over events
//! is an [`Attribution`]: one number per input number, with what the method's
//! own axiom leaves over.
//!
//! * [`method`]: gradients, path integrals, relevance propagation by every rule,
//!   one file each;
//! * [`permutation`]: what is lost when a group of inputs is shuffled among
//!   events, whatever the model is;
//! * [`global`]: figures over many events, each with its error and its
//!   counterpart of a random model.
//!
//! ```
//! use pellucid_core::{Job, Tensor};
//! use pellucid_explain::{Explained, Inference, Method};
//! use pellucid_network::layers::{Activation, Architecture};
//!
//! let graph = Architecture::dense(&[8], Activation::Relu).build(&[3], 1, 7)?;
//! let model = Explained::new(&graph, None, Inference::default())?;
//! let jets = Tensor::new(vec![2, 3], vec![1.0, 0.5, -0.2, 0.0, 2.0, 1.0]);
//! let method = Method::named("lrp-epsilon").expect("a method of this name");
//! let relevance = model.explain(&method, &[jets], &Job::silent())?;
//! assert_eq!(relevance.values[0].shape(), [2, 3]);
//! # Ok::<(), pellucid_explain::ExplainError>(())
//! ```

mod affine;
mod attribution;
mod batching;
mod copies;
mod engine;
mod error;
mod explained;
mod frozen;
pub mod global;
pub mod group;
mod layout;
mod lists;
mod memory;
pub mod method;
pub mod permutation;
mod question;
mod rectified;
mod unexplained;

pub use attribution::{Attribution, Residual};
pub use error::ExplainError;
pub use explained::{Explained, Explainer, Inference, Precision, Scores};
pub use group::Group;
pub use lists::Lists;
pub use method::Method;
pub use question::{Question, Value, is_of_one_event};
pub use unexplained::Cause;
