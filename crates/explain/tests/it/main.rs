//! Axioms, peers and honesty of the explanations.

mod axioms;
mod cases;
mod figures;
mod models;
mod peers;
mod permutation;
mod taggers;
