//! Axioms, peers and honesty of the explanations.

mod axioms;
mod figures;
mod models;
mod peers;
mod permutation;
mod taggers;
