//! The jobs against peers and on whole files.

mod efp;
mod laws;
mod reweight;
mod select;
mod source;
mod weaver;
