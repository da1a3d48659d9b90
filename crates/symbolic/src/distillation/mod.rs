//! Asking a model before searching for its law.
//!
//! A table is all that a search knows of its target; a network can be asked. Its
//! exact gradient says which inputs matter and which occur only in one
//! combination (`symmetry`), its answers at new points whether it is a sum or a product of
//! functions of different inputs (`separation`). Each such function is then
//! searched for by itself, over combinations in the place of inputs, at points where
//! all other inputs are held (`explore`). What is found that way, put together again,
//! begins the search for the whole law, which has the combinations as
//! [leaves](crate::search::Leaf).

mod explore;
mod fact;
mod quantity;
mod separation;
mod symmetry;

pub use explore::{Knowledge, Settings, ask};
pub use fact::{Fact, Kind};
pub use quantity::Quantity;
