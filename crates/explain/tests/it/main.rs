//! Axioms, peers and honesty of the explanations.

mod axioms;
mod cases;
mod figures;
mod guards;
mod models;
mod peers;
mod permutation;
mod taggers;
