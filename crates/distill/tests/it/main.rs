//! What the crate promises, from outside.

mod ordering;
mod pairs;
mod search;
mod toys;
